"""Hours in the gate's journal: whole ones, once each, and no small numbers."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ostiary.gate.hour_entries import HourEntries
from ostiary.journal import GateHour, load_entry
from ostiary.reasons import Reason
from ostiary.storage.journal import Journal
from ostiary.terms import AccessDecision, Outcome
from tests.conftest import drawn

START = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
GRANTED = AccessDecision(Outcome.GRANT, Reason.HOLDER_VERIFIED)


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    return Journal.begin(tmp_path / "journal", "north", drawn(b"north"))


def after(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def entered(journal: Journal) -> list[GateHour]:
    found = [load_entry(data) for data in journal.reader.entries()]
    return [each for each in found if isinstance(each, GateHour)]


def refused(reason: Reason) -> AccessDecision:
    return AccessDecision(Outcome.REFUSE, reason)


def test_hours_that_were_seen_whole_are_entered_with_what_may_be_told(
    journal: Journal,
) -> None:
    hours = HourEntries(journal, "north")
    hours.pass_time(START)
    hours.announce(GRANTED, after(0.1), {})
    for decision, count in (
        (GRANTED, 12),
        (refused(Reason.EXPIRED), 11),
        (refused(Reason.NON_MATCH), 9),
        (refused(Reason.TRUST_EXPIRED), 10),
        (AccessDecision(Outcome.REFER, Reason.ATTENDANT_CONFIRMED), 20),
    ):
        for _ in range(count):
            hours.announce(decision, after(1), {})
    hours.pass_time(after(2))
    hours.pass_time(after(3))
    ten = datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert entered(journal) == [
        GateHour(ten, "north", passages=12, passes=11, faces=0, others=10),
        GateHour(ten + timedelta(hours=1), "north", 0, 0, 0, 0),
    ]


def test_hours_around_a_leap_of_the_clock_are_not_told(journal: Journal) -> None:
    hours = HourEntries(journal, "north")
    for each in (0, 1, 2, 9, 10, 11, 9, 10, 11, 12, 13):
        hours.pass_time(after(each))
    # 11 and 20 were cut short by a leap, and 18 begun by one. 19 came twice.
    assert [each.at.hour for each in entered(journal)] == [10, 19, 20, 21]


def test_hours_are_those_of_utc(journal: Journal) -> None:
    hours = HourEntries(journal, "north")
    for each in range(4):
        hours.pass_time(after(each).astimezone(ZoneInfo("Asia/Kolkata")))
    assert [each.at.minute for each in entered(journal)] == [0, 0]


def test_a_journal_that_cannot_be_written_holds_nothing_up(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = HourEntries(journal, "north")
    hours.pass_time(START)
    hours.pass_time(after(1))

    def full(*_: object) -> None:
        raise OSError(28, "full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        hours.pass_time(after(2))
    hours.pass_time(after(3))
    assert entered(journal)[-1].at.hour == 11
