"""A gate that is told to stop, or loses its power, at any moment of a transaction."""

import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from ostiary.gate import loop
from ostiary.gate.loop import Gate
from ostiary.storage.attempts import AttemptsFile
from ostiary.storage.high_water import HighWaterFile
from ostiary.transaction import (
    AwaitingFace,
    Effect,
    Event,
    Idle,
    Rules,
    State,
    machine,
    step,
)
from tests.gate.visits import AT, Day, Visit

if TYPE_CHECKING:
    from _typeshed import TraceFunction

World: TypeAlias = Any  # tests/gate/conftest.py makes it
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
STOPPED = 143
POINTS = 100
"""At how many lines of one transaction it is told to stop."""

ENDING = 60
"""Lines of the end, when all of that is being done already."""


class Interruption:
    """Leaves as a signal does, at a line of the loop or of the transaction.

    Args:
        line: which one; every line that is reached counts, from 0.
    """

    def __init__(self, line: int) -> None:
        self.reached = 0
        self._line = line

    def trace(
        self, frame: FrameType, event: str, _argument: object
    ) -> "TraceFunction | None":
        """For `sys.settrace`."""
        if frame.f_code.co_filename not in {loop.__file__, machine.__file__}:
            return None
        if event == "line":
            self.reached += 1
            if self.reached > self._line:
                sys.settrace(None)
                sys.exit(STOPPED)
        return self.trace


def served(world: World, day: Day, line: int) -> tuple[Gate, int]:
    """The gate after it was told to stop at that line, and how many were reached."""
    gate: Gate = world.gate()
    gate._gear.knowledge.at(AT)
    stop, tracing = Interruption(line), sys.gettrace()
    sys.settrace(stop.trace)
    try:
        with suppress(SystemExit):
            gate.run(day)
    finally:
        sys.settrace(tracing)
    return gate, stop.reached


def test_whatever_line_it_is_stopped_at_the_door_is_shut_and_nothing_is_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.rules = Rules(0.5, passage_seconds=0.2, rest_seconds=0.2)
    held: list[AwaitingFace] = []

    def noting(
        state: State, event: Event, seconds: float, rules: Rules
    ) -> tuple[State, tuple[Effect, ...]]:
        if isinstance(state, AwaitingFace):
            held.append(state)
        return step(state, event, seconds, rules)

    text = world.issue().text
    _, lines = served(world, Day(Visit(text)), 1 << 30)
    assert world.display.reasons == ["holder-verified"]
    monkeypatch.setattr(loop, "step", noting)
    opened = 0
    for line in range(0, lines - ENDING, lines // POINTS):
        held.clear()
        day = Day(Visit(text))
        gate, _ = served(world, day, line)
        assert not world.door.is_open, line
        assert isinstance(gate._state, Idle), line
        assert not any(picture.any() for picture in day.shown), line
        for state in held:
            assert not state.reference.values.any(), line
            assert not any(p.features.values.any() for p in state.probes), line
        opened = world.door.openings
    assert 1 < opened < POINTS, "it was stopped before the door opened, and after"


WRITING = """
import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from ostiary.credential import HighWater
from ostiary.storage.attempts import AttemptsFile
from ostiary.storage.high_water import HighWaterFile

folder = Path(sys.argv[1])
attempts, record = AttemptsFile(folder / "attempts"), HighWaterFile(folder / "record")
for number in count(int(sys.argv[2])):
    print(number, flush=True)
    attempts.write(number % 30)
    time = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    record.raise_to(HighWater(time=time))
"""
"""Writes both files over and over; says what it is about to write."""


def test_a_power_cut_leaves_what_was_there_or_what_was_to_be(tmp_path: Path) -> None:
    attempts = AttemptsFile(tmp_path / "attempts")
    record = HighWaterFile(tmp_path / "record")
    draw = random.Random(5)  # noqa: S311 - when, and no secret
    written = last = 0
    for _ in range(4):
        begins = str(last + 1)
        with subprocess.Popen(  # noqa: S603 - this very interpreter
            [sys.executable, "-c", WRITING, str(tmp_path), begins],
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            told = [process.stdout.readline()]
            time.sleep(draw.uniform(0, 0.1))
            process.send_signal(signal.SIGKILL)
            told += process.stdout.readlines()
        last = int(told[-1])
        # Whoever begins with one has written the one before.
        least = last - 1 if len(told) > 1 else written
        assert attempts.read() in {each % 30 for each in range(least, last + 1)}
        noted = record.read().time or BEGAN
        written = round((noted - BEGAN).total_seconds())
        assert least <= written <= last
