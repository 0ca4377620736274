"""What is told of what goes on at a gate, and whoever listens.

People are told at once, the owner by the hour: a line per passage would be a passage
history. No display hears who somebody is, or a score.
"""

from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import datetime
from enum import StrEnum
from typing import TextIO

from typing_extensions import override

from ostiary.presentation.challenge import Move
from ostiary.reasons import Reason
from ostiary.terms import AccessDecision, Image


class Stage(StrEnum):
    """Where a transaction stands, as far as a display may know: nothing of whose."""

    IDLE = "idle"
    FACE = "face"
    MOVES = "moves"
    ATTENDANT = "attendant"
    DOOR = "door"
    PASSAGE = "passage"
    REST = "rest"


def say(page: TextIO, line: str) -> None:
    """Print a line. People stand at the gate: a full disk does not stop it."""
    with suppress(OSError, ValueError):
        print(line, file=page, flush=True)


class Display:
    """Somewhere to show what goes on; this one shows nothing.

    A kind of display overrides what it shows. None of them raises, and none keeps the
    gate waiting.
    """

    def pass_time(self, at: datetime) -> None:
        """It is now; told with every frame, whether anybody is there or not."""

    def enter(self, stage: Stage) -> None:
        """The transaction came to another stage; told before what follows from it."""

    def mirror(self, zone: Image, seconds: float) -> None:
        """What stands in the zone, told while a face is awaited and at no other time.

        Args:
            zone: height x width x 3, uint8, BGR; overwritten soon after this returns.
                Whoever copies from it overwrites the copy.
            seconds: on a clock that never runs backwards.
        """

    def announce(
        self, decision: AccessDecision, at: datetime, stages: Mapping[str, float]
    ) -> None:
        """A decision was taken; `stages` are mean milliseconds per run."""

    def guide(self, reason: Reason) -> None:
        """The person can do something so that a probe can be taken."""

    def prompt(self, move: Move) -> None:
        """The person is asked for a move."""

    def call_attendant(self, reason: Reason) -> None:
        """Somebody should come and look."""

    def camera(self, fault: Reason | None, at: datetime) -> None:
        """The camera fails from now on; None: it serves again. Told when it changes."""

    def reader(self, fault: Reason | None, at: datetime) -> None:
        """As `camera`, of the reader of passes."""

    def alarm(self, reason: Reason, at: datetime) -> None:
        """Something is wrong with the passage from now on; one of `passage.ALARMS`."""

    def alarm_over(self, reason: Reason, at: datetime) -> None:
        """It is not wrong any more."""

    def close(self) -> None:
        """The gate ends."""


class Several(Display):
    """Tells each of several displays, in their order."""

    def __init__(self, *displays: Display) -> None:
        self._displays = displays

    @override
    def pass_time(self, at: datetime) -> None:
        for each in self._displays:
            each.pass_time(at)

    @override
    def enter(self, stage: Stage) -> None:
        for each in self._displays:
            each.enter(stage)

    @override
    def mirror(self, zone: Image, seconds: float) -> None:
        for each in self._displays:
            each.mirror(zone, seconds)

    @override
    def announce(
        self, decision: AccessDecision, at: datetime, stages: Mapping[str, float]
    ) -> None:
        for each in self._displays:
            each.announce(decision, at, stages)

    @override
    def guide(self, reason: Reason) -> None:
        for each in self._displays:
            each.guide(reason)

    @override
    def prompt(self, move: Move) -> None:
        for each in self._displays:
            each.prompt(move)

    @override
    def call_attendant(self, reason: Reason) -> None:
        for each in self._displays:
            each.call_attendant(reason)

    @override
    def camera(self, fault: Reason | None, at: datetime) -> None:
        for each in self._displays:
            each.camera(fault, at)

    @override
    def reader(self, fault: Reason | None, at: datetime) -> None:
        for each in self._displays:
            each.reader(fault, at)

    @override
    def alarm(self, reason: Reason, at: datetime) -> None:
        for each in self._displays:
            each.alarm(reason, at)

    @override
    def alarm_over(self, reason: Reason, at: datetime) -> None:
        for each in self._displays:
            each.alarm_over(reason, at)

    @override
    def close(self) -> None:
        with ExitStack() as ending:
            for each in reversed(self._displays):
                ending.callback(each.close)


class Recorder(Display):
    """Keeps the latest decision, for whoever wants to do something with it.

    Attributes:
        decision: the decision; None while there is none.
        at: when it was taken.
        stages: mean milliseconds per run of each stage.
        prompts: what the person was asked for before it, in order.
    """

    def __init__(self) -> None:
        self.prompts: list[Move] = []
        self.decision: AccessDecision | None = None
        self.at: datetime | None = None
        self.stages: Mapping[str, float] = {}

    @override
    def announce(
        self, decision: AccessDecision, at: datetime, stages: Mapping[str, float]
    ) -> None:
        """Keep it."""
        self.decision, self.at, self.stages = decision, at, dict(stages)

    @override
    def prompt(self, move: Move) -> None:
        """Keep it."""
        self.prompts.append(move)
