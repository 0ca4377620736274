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


def test_a_clock_that_is_wrong_at_boot_is_no_longer_once_it_is_set(
    world: World, empty_scene: Callable[[], Image]
) -> None:
    """The time service steps it while people wait; nobody has to touch the gate."""
    world.knowledge().at(AT)
    text = world.issue().text
    boot = datetime(1970, 1, 1, 0, 0, 20, tzinfo=UTC)
    gate = world.gate()
    # As at a start: what is read at once is read by the wrong clock.
    gate._gear.knowledge.at(boot)
    gate.run(
        TimedFilm(
            [
                (qr_image(text), boot),
                *((empty_scene(), AT + MINUTE) for _ in range(8)),
                (qr_image(text), AT + MINUTE),
                *((empty_scene(), AT + MINUTE) for _ in range(4)),
            ]
        )
    )
    assert world.display.reasons == [Reason.CLOCK_BEHIND, Reason.HOLDER_VERIFIED]


def test_a_clock_that_jumps_ahead_and_is_put_right_serves_again(
    world: World, empty_scene: Callable[[], Image]
) -> None:
    text = world.issue().text
    years = timedelta(days=3650)
    run(
        world,
        [
            (qr_image(text), AT + years),
            *((empty_scene(), AT + years) for _ in range(8)),
            (qr_image(text), AT + MINUTE),
            *((empty_scene(), AT + MINUTE) for _ in range(4)),
        ],
    )
    assert world.display.reasons == [Reason.ZONE_KEY_ENDED, Reason.HOLDER_VERIFIED]


def test_a_jump_between_pass_and_face_neither_opens_nor_hangs(
    world: World, empty_scene: Callable[[], Image]
) -> None:
    """Time-outs go by the other clock; what was verified stays verified."""
    text = world.issue().text
    day = timedelta(days=1)
    run(
        world,
        [
            (qr_image(text), AT),
            (empty_scene(), AT - day),
            (empty_scene(), AT + day),
            (empty_scene(), AT - day),
        ],
    )
    assert world.display.reasons == [Reason.HOLDER_VERIFIED]


def test_thirty_days_without_a_network(
    world: World, empty_scene: Callable[[], Image]
) -> None:
    """Where its owner allows that: the pass opens on the last day, and not after."""
    config = world.home.path / "gate.toml"
    config.write_text(
        config.read_text() + "[credentials]\nmax_status_age_hours = 696\n"
    )
    world.publish_until(AT, AT + timedelta(days=60))
    text = world.issue().text
    last = AT + timedelta(days=29) - MINUTE
    scenes = [(empty_scene(), AT + timedelta(hours=hour)) for hour in range(28 * 24)]
    scenes += [(qr_image(text), last), *((empty_scene(), last) for _ in range(20))]
    scenes += [(qr_image(text), last + 2 * MINUTE)]
    run(world, scenes)
    assert world.display.reasons == [Reason.HOLDER_VERIFIED, Reason.STATUS_STALE]
