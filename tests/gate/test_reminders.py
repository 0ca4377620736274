"""The owner is reminded of overdue lists by the hour, and never of a passage."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any, TypeAlias

from ostiary.gate.displays import Recorder
from ostiary.gate.reminders import Reminding
from ostiary.presentation.challenge import Move
from ostiary.reasons import Reason
from ostiary.terms import AccessDecision, Outcome

World: TypeAlias = Any  # tests/gate/conftest.py makes it
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
REFUSED = AccessDecision(Outcome.REFUSE, Reason.NON_MATCH)
STAGES: Mapping[str, float] = {}


def test_an_overdue_list_is_told_at_the_start_and_once_an_hour(world: World) -> None:
    page, shown = StringIO(), Recorder()
    files = world.knowledge()
    files.at(NOON)
    display = Reminding(shown, files, page)

    display.remind(NOON + 59 * HOUR / 60)
    assert page.getvalue() == ""
    for minute in (60, 61, 119, 120):
        display.pass_time(NOON + minute * HOUR / 60)
    display.announce(REFUSED, NOON + 3 * HOUR, STAGES)

    lines = page.getvalue().splitlines()
    assert [line.split("  ")[0] for line in lines] == [
        "2026-11-21 13h",
        "2026-11-21 14h",
    ]
    assert all("acme.cwt: a newer list was due by 2026-11-21 13:00" in x for x in lines)
    assert shown.decision == REFUSED


def test_a_list_that_cannot_be_used_is_told(world: World) -> None:
    page = StringIO()
    files = world.knowledge()
    (path,) = world.home.status_paths()
    path.write_bytes(b"half a file")
    files.at(NOON)
    Reminding(Recorder(), files, page).remind(NOON)
    assert "acme.cwt: no status list that can be used" in page.getvalue()


def test_a_rolled_back_list_is_told(world: World) -> None:
    page = StringIO()
    files = world.knowledge()
    files.at(NOON)
    world.publish(NOON - HOUR)
    files.at(NOON)
    Reminding(Recorder(), files, page).remind(NOON)
    assert "older than a list that was used before" in page.getvalue()


class Told:
    """A display that keeps all that it is told."""

    def __init__(self, told: list[object]) -> None:
        self._told = told

    def pass_time(self, at: datetime) -> None:
        self._told.append(at)

    def announce(self, *of: object) -> None:
        self._told.append(of)

    def guide(self, reason: Reason) -> None:
        self._told.append(reason)

    def prompt(self, move: Move) -> None:
        self._told.append(move)

    def call_attendant(self, reason: Reason) -> None:
        self._told.append(reason)

    def camera(self, fault: Reason | None, at: datetime) -> None:
        self._told.append((fault, at))

    def close(self) -> None:
        self._told.append("closed")


def test_everything_else_is_passed_on() -> None:
    told: list[object] = []

    class NoNotices:
        def notices(self, at: datetime) -> tuple[str, ...]:
            return ()

    knowledge: Any = NoNotices()
    display = Reminding(Told(told), knowledge, StringIO())
    display.pass_time(NOON)
    display.announce(REFUSED, NOON, STAGES)
    display.guide(Reason.NO_FACE)
    display.prompt(Move.NOD)
    display.call_attendant(Reason.ATTACK_SUSPECTED)
    display.camera(Reason.CAMERA_FAULT, NOON)
    display.close()
    assert told == [
        NOON,
        (REFUSED, NOON, STAGES),
        Reason.NO_FACE,
        Move.NOD,
        Reason.ATTACK_SUSPECTED,
        (Reason.CAMERA_FAULT, NOON),
        "closed",
    ]
