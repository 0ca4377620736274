"""Whether a gate can serve, as others see it: by the clock, never with a passage."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from ostiary.credential import LIMITS
from ostiary.gate.condition import STUCK_SECONDS, Watching
from ostiary.reasons import Reason

World: TypeAlias = Any  # tests/gate/conftest.py makes it
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


class Clock:
    """A clock that goes on by itself only when the test says so."""

    def __init__(self) -> None:
        self.monotonic = 0.0

    def now(self) -> datetime:
        return NOON

    def seconds(self) -> float:
        return self.monotonic


class Watched:
    """A gate's condition, looked at over a time; the wall clock may do as it likes."""

    def __init__(self, world: World) -> None:
        self.clock = Clock()
        self.watching = Watching(world.knowledge(), self.clock)

    def at(self, at: datetime) -> tuple[Reason, ...]:
        self.clock.monotonic += 61
        self.watching.pass_time(at)
        return self.watching.condition.troubles


def test_nothing_is_known_before_the_first_look(world: World) -> None:
    watched = Watched(world)
    assert watched.watching.condition.troubles == (Reason.GATE_NOT_READY,)
    assert watched.at(NOON) == ()


def test_lists_and_trust_grow_old(world: World) -> None:
    watched = Watched(world)
    assert watched.at(NOON + DAY - MINUTE) == ()
    assert watched.at(NOON + DAY) == (Reason.STATUS_STALE,)
    world.publish(NOON + DAY)
    assert watched.at(NOON + DAY + MINUTE) == ()
    assert Reason.TRUST_EXPIRED in watched.at(NOON + 5000 * DAY)


def test_a_clock_that_is_wrong_at_boot_is_told_and_mends_itself(world: World) -> None:
    watched = Watched(world)
    assert watched.at(NOON) == ()
    assert Reason.CLOCK_BEHIND in watched.at(NOON - 10 * 365 * DAY)
    assert Reason.CLOCK_BEHIND in watched.at(NOON - LIMITS.clock_setback - MINUTE)
    assert watched.at(NOON + MINUTE) == ()
    # Ahead, lists are too old; nothing is noted of it, so that it mends itself too.
    assert Reason.STATUS_STALE in watched.at(NOON + 3 * 365 * DAY)
    assert watched.at(NOON + 2 * MINUTE) == ()


def test_an_older_list_is_told(world: World) -> None:
    watched = Watched(world)
    watched.at(NOON)
    world.publish(NOON - HOUR)
    assert watched.at(NOON) == (Reason.STATUS_ROLLED_BACK,)
    (path,) = world.home.status_paths()
    assert watched.watching.condition.unusable == (path,)


@pytest.mark.parametrize("which", ["trust_path", "root_path", "high_water_path"])
def test_files_that_cannot_be_read_are_told(world: World, which: str) -> None:
    watched = Watched(world)
    watched.at(NOON)
    path: Path = getattr(world.home, which)
    kept = path.read_bytes()
    path.write_bytes(b"damaged")
    if which == "high_water_path":
        watched = Watched(world)
    assert watched.at(NOON) == (Reason.GATE_NOT_READY,)
    path.write_bytes(kept)
    assert watched.at(NOON) == ()


def test_files_are_looked_at_by_the_clock_alone(world: World) -> None:
    watched = Watched(world)
    watched.at(NOON)
    before = watched.watching.condition
    world.publish(NOON + MINUTE)
    watched.clock.monotonic += 10
    watched.watching.pass_time(NOON + MINUTE)
    assert watched.watching.condition == before
    watched.at(NOON + 2 * MINUTE)
    assert watched.watching.condition != before


def test_a_camera_that_is_gone_is_told_at_once(world: World) -> None:
    watched = Watched(world)
    watched.at(NOON)
    for fault in (Reason.CAMERA_FAULT, Reason.POWER_FAILING):
        watched.watching.camera(fault, NOON)
        assert watched.watching.condition.troubles == (fault,)
        watched.watching.camera(None, NOON)
        assert not watched.watching.condition.troubles


def test_a_reader_that_is_gone_is_told_at_once_beside_the_camera(world: World) -> None:
    watched = Watched(world)
    watched.at(NOON)
    watched.watching.reader(Reason.READER_FAULT, NOON)
    watched.watching.camera(Reason.CAMERA_FAULT, NOON)
    told = [watched.watching.condition.troubles]
    watched.watching.camera(None, NOON)
    told.append(watched.watching.condition.troubles)
    watched.watching.reader(None, NOON)
    told.append(watched.watching.condition.troubles)
    both = (Reason.CAMERA_FAULT, Reason.READER_FAULT)
    assert told == [both, (Reason.READER_FAULT,), ()]


def test_a_covered_lens_is_told_by_the_hour(world: World) -> None:
    """A pass held over it would else tell the minute."""
    watched = Watched(world)
    watched.at(NOON)
    watched.watching.camera(Reason.CAMERA_BLANK, NOON)
    assert watched.at(NOON + 59 * MINUTE) == ()
    assert watched.at(NOON + HOUR) == (Reason.CAMERA_BLANK,)
    watched.watching.camera(None, NOON)
    assert watched.at(NOON + HOUR + MINUTE) == (Reason.CAMERA_BLANK,)
    assert watched.at(NOON + 2 * HOUR) == ()


def test_a_loop_that_stands_still_is_not_live(world: World) -> None:
    watched = Watched(world)
    watched.at(NOON)
    assert watched.watching.is_live
    watched.clock.monotonic += STUCK_SECONDS
    assert not watched.watching.is_live


def test_thirty_days_without_a_network(world: World) -> None:
    """With the owner's leave a gate serves on an old list, says its age, and stops."""
    config = world.home.path / "gate.toml"
    config.write_text(
        config.read_text() + "[credentials]\nmax_status_age_hours = 720\n"
    )
    bits_for = 45 * DAY
    world.publish_until(NOON, NOON + bits_for)
    watched = Watched(world)
    days = []
    for day in range(40):
        at = NOON + day * DAY
        troubles = watched.at(at)
        (issued,) = watched.watching.condition.issued.values()
        assert at - issued == day * DAY
        notices = list(watched.watching._knowledge.notices(at))
        assert any("a newer list was due" in each for each in notices) == (day > 0)
        if not troubles:
            days.append(day)
        else:
            assert troubles == (Reason.STATUS_STALE,)
    assert days == list(range(30))
