"""The wired release comes first, and is entered as soon as the journal takes it."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.actuators import SimulatedDoor
from ostiary.audit.trail import Trail
from ostiary.errors import StorageError, TamperedError, WriteFailedError
from ostiary.gate.displays import Several
from ostiary.gate.openings import HandOpenings
from ostiary.gate.release_entries import NAME, RETRY, ReleaseEntries
from ostiary.journal import (
    DoorReleased,
    JournalEntry,
    OpeningRules,
    OwnerAct,
    OwnerActKind,
    Standing,
    UserCheck,
    dump_entry,
    load_entry,
)
from ostiary.reasons import Reason
from ostiary.storage.journal import Appended, Journal
from ostiary.storage.releases import MOST, ReleasesFile
from ostiary.terms import Contact, Doorway, Outage, ReleaseCause, Sight
from ostiary.transaction import Alarm, Rules
from ostiary.transaction.passage import Watch, observe
from tests.conftest import NOW, drawn

World = Any
"""The fixture's type; test modules import nothing from one another."""


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    return Journal.begin(tmp_path / "journal", "north", drawn(b"north"))


def entered(journal: Journal) -> list[JournalEntry]:
    return [load_entry(data) for data in journal.reader.entries()]


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def broken(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(self: Journal, entry: bytes) -> Appended:
        raise error

    monkeypatch.setattr(Journal, "append", refuse)


def test_a_release_is_entered_with_gate_time_and_cause(journal: Journal) -> None:
    releases = ReleaseEntries(journal, "north")
    releases.alarm(Reason.DOOR_FORCED, NOW)
    releases.alarm(Reason.WIRED_RELEASE, later(1.7).astimezone(ZoneInfo("Asia/Seoul")))
    releases.alarm_over(Reason.WIRED_RELEASE, later(12))
    releases.alarm(Reason.LOCK_UNPOWERED, later(20))
    assert entered(journal) == [
        DoorReleased(later(1), "north", ReleaseCause.WIRED),
        DoorReleased(later(20), "north", ReleaseCause.SUPPLY),
    ]


@pytest.mark.parametrize("error", [WriteFailedError("full"), TamperedError("torn")])
def test_what_cannot_be_entered_is_kept_over_a_restart(
    journal: Journal, error: Exception
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        broken(patch, error)
        releases = ReleaseEntries(journal, "north")
        releases.alarm(Reason.WIRED_RELEASE, NOW)
        releases.pass_time(later(30))
        releases.pass_time(later(200))
    assert entered(journal) == []
    # The gate was switched off and on again, and the disk is in order.
    again = ReleaseEntries(journal, "north")
    assert again.damage is None
    again.pass_time(later(900))
    assert entered(journal) == [DoorReleased(NOW, "north", ReleaseCause.WIRED)]
    # Once, and nothing waits any more.
    assert ReleasesFile(journal.path / NAME).read() == ()
    again.pass_time(later(9_000))
    ReleaseEntries(journal, "north").pass_time(later(18_000))
    assert len(entered(journal)) == 1


def test_the_next_release_takes_along_what_waits(journal: Journal) -> None:
    with pytest.MonkeyPatch.context() as patch:
        broken(patch, WriteFailedError("full"))
        releases = ReleaseEntries(journal, "north")
        releases.alarm(Reason.WIRED_RELEASE, NOW)
    releases.alarm(Reason.LOCK_UNPOWERED, later(5))
    assert [type(each) for each in entered(journal)] == [DoorReleased, DoorReleased]
    assert ReleasesFile(journal.path / NAME).read() == ()


def test_it_is_tried_again_by_the_minute_and_not_with_each_frame(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[bytes] = []

    def refuse(self: Journal, entry: bytes) -> Appended:
        tries.append(entry)
        raise WriteFailedError("full")

    monkeypatch.setattr(Journal, "append", refuse)
    releases = ReleaseEntries(journal, "north")
    releases.alarm(Reason.WIRED_RELEASE, NOW)
    for second in range(1, 181):
        releases.pass_time(later(second))
    assert len(tries) == 1 + 180 // RETRY.total_seconds()
    # A clock that was set back does not stop it.
    releases.pass_time(later(-5_000))
    assert len(tries) == 5


def test_a_full_disk_keeps_them_in_memory(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        broken(patch, WriteFailedError("full"))
        patch.setattr("ostiary.storage.releases.write_atomically", _no_room)
        releases = ReleaseEntries(journal, "north")
        releases.alarm(Reason.WIRED_RELEASE, NOW)
        releases.alarm(Reason.LOCK_UNPOWERED, later(5))
    releases.pass_time(later(100))
    assert [type(each) for each in entered(journal)] == [DoorReleased, DoorReleased]


def _no_room(path: Path, data: bytes) -> None:
    raise StorageError("no space left")


def test_whoever_plays_with_the_call_point_fills_no_disk(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch, WriteFailedError("full"))
    releases = ReleaseEntries(journal, "north")
    for number in range(MOST + 9):
        releases.alarm(Reason.WIRED_RELEASE, later(number))
    kept = ReleasesFile(journal.path / NAME).read()
    assert len(kept) == MOST
    assert kept[0].at == NOW


def test_a_note_that_cannot_be_read_is_said_and_stops_nothing(journal: Journal) -> None:
    (journal.path / NAME).write_text("rubbish")
    releases = ReleaseEntries(journal, "north")
    assert "rubbish" not in str(releases.damage)
    assert NAME in str(releases.damage)
    releases.alarm(Reason.WIRED_RELEASE, NOW)
    assert len(entered(journal)) == 1


def test_one_that_comes_late_is_no_clock_that_went_back(journal: Journal) -> None:
    act = OwnerAct(later(60), OwnerActKind.STAFF_ADDED, bytes(32))
    released = DoorReleased(NOW, "north", ReleaseCause.WIRED)
    rules = OpeningRules(later(61), "a", ("http://a",), UserCheck.PRESENT, 1, 0)
    standing = Standing()
    assert [standing.see(each) for each in (act, released, rules)] == [(), (), ()]


def test_one_that_was_entered_twice_is_told_once() -> None:
    trail = Trail("north")
    released = DoorReleased(NOW, "north", ReleaseCause.WIRED)
    for each in (released, released, DoorReleased(NOW, "south", ReleaseCause.WIRED)):
        trail.see(dump_entry(each))
    assert [each.gate for each in trail.releases] == ["north", "south"]
    assert trail.findings == []


class Wires:
    """Frames of nobody, and what the door's wires tell with each of them."""

    def __init__(self, door: SimulatedDoor, told: list[ReleaseCause | None]) -> None:
        self._door = door
        self._told = told

    def frames(self) -> Iterator[Sight]:
        for number, cause in enumerate(self._told):
            self._door.release = cause
            self._door.contact = Contact.OPEN if cause else Contact.SHUT
            yield Outage(Reason.CAMERA_FAULT, later(number), float(number))

    def close(self) -> None:
        pass


def test_the_door_is_free_before_anything_is_entered(
    world: World, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through the real loop: a journal that fails holds nobody up."""
    free: list[bool] = []

    def append(self: Journal, entry: bytes) -> Appended:
        free.append(world.door.walk_through())
        raise WriteFailedError("full")

    monkeypatch.setattr(Journal, "append", append)
    shown = world.display
    world.display = Several(shown, ReleaseEntries(journal, "north"))
    told = [None, ReleaseCause.WIRED, ReleaseCause.WIRED, *[None] * 30]
    world.gate().run(Wires(world.door, told))
    assert free == [True]
    # Nobody forced it, and it was not held open.
    assert shown.alarms == [
        (Reason.WIRED_RELEASE, True),
        (Reason.WIRED_RELEASE, False),
    ]


@given(told=st.lists(st.sampled_from([None, *ReleaseCause]), max_size=60))
def test_each_release_is_entered_once_and_none_that_was_not(
    told: list[ReleaseCause | None],
) -> None:
    watch, began = Watch(), []
    for number, cause in enumerate(told):
        door = Doorway(Contact.SHUT, release=cause)
        watch, alarms = observe(watch, door, 20.0 * number, Rules(0.5))
        began += [each.reason for each in alarms if isinstance(each, Alarm)]
    edges = [
        now for before, now in zip([None, *told], told, strict=False) if now != before
    ]
    causes = {
        Reason.WIRED_RELEASE: ReleaseCause.WIRED,
        Reason.LOCK_UNPOWERED: ReleaseCause.SUPPLY,
    }
    assert [causes[each] for each in began] == [each for each in edges if each]


def test_openings_by_hand_go_on_after_a_release(journal: Journal) -> None:
    openings = HandOpenings(journal, "north", drawn(b"openings"))
    ReleaseEntries(journal, "north").alarm(Reason.WIRED_RELEASE, NOW)
    assert openings.damage is None
    assert not openings.enter(1.0)
