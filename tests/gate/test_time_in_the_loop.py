"""The gate's frames keep the time, whether anybody comes or not."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest

from ostiary.capture.qr import qr_image
from ostiary.credential import LIMITS
from ostiary.reasons import Reason
from ostiary.storage.high_water import HighWaterFile
from ostiary.terms import Frame, Image

World: TypeAlias = Any  # tests/gate/conftest.py makes it
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class TimedFilm:
    """Pictures, each with what the clock says; the other clock goes on by seconds."""

    scenes: Sequence[tuple[Image, datetime]]

    def frames(self) -> Iterator[Frame]:
        for number, (picture, at) in enumerate(self.scenes):
            yield Frame(picture, at, number)

    def close(self) -> None:
        pass


def run(world: World, scenes: Sequence[tuple[Image, datetime]]) -> None:
    """Start a gate as a command does, and let it see these."""
    gate = world.gate()
    gate._gear.knowledge.at(AT)
    gate.run(TimedFilm(scenes))


def test_a_night_without_anybody_is_noted(
    world: World, empty_scene: Callable[[], Image]
) -> None:
    run(world, [(empty_scene(), AT + minute * MINUTE) for minute in range(39)])
    noted = HighWaterFile(world.home.high_water_path).read().time
    assert noted == AT + 3 * LIMITS.clock_step


def test_a_clock_that_jumps_back_between_two_frames_is_noticed(
    world: World, empty_scene: Callable[[], Image]
) -> None:
    text = world.issue().text
    run(
        world,
        [
            (empty_scene(), AT + 7 * MINUTE),
            (qr_image(text), AT + 7 * MINUTE - LIMITS.clock_setback - MINUTE),
        ],
    )
    assert world.display.reasons == [Reason.CLOCK_BEHIND]
    assert not world.vision.looked_at


def test_what_cannot_be_noted_does_not_end_the_gate(
    world: World, empty_scene: Callable[[], Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = world.issue().text
    world.knowledge().at(AT)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    gate = world.gate()
    gate._gear.knowledge.at(AT)
    monkeypatch.setattr("os.replace", fail)
    later = AT + LIMITS.clock_step
    gate.run(TimedFilm([(empty_scene(), later), (qr_image(text), later)]))
    assert world.display.reasons == [Reason.GATE_NOT_READY]
