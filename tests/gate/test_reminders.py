"""The owner is reminded of overdue lists by the hour, and never of a passage."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any, TypeAlias

import pytest

from ostiary.errors import TrustListError
from ostiary.gate.reminders import Reminding

World: TypeAlias = Any  # tests/gate/conftest.py makes it
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_an_overdue_list_is_told_at_the_start_and_once_an_hour(world: World) -> None:
    page = StringIO()
    files = world.knowledge()
    files.at(NOON)
    display = Reminding(files, page)

    display.pass_time(NOON + 59 * HOUR / 60)
    assert page.getvalue() == ""
    for minute in (60, 61, 119, 120):
        display.pass_time(NOON + minute * HOUR / 60)

    lines = page.getvalue().splitlines()
    assert [line.split("  ")[0] for line in lines] == [
        "2026-11-21 13h",
        "2026-11-21 14h",
    ]
    assert all("acme.cwt: a newer list was due by 2026-11-21 13:00" in x for x in lines)


def test_a_list_that_cannot_be_used_is_told(world: World) -> None:
    page = StringIO()
    files = world.knowledge()
    (path,) = world.home.status_paths()
    path.write_bytes(b"half a file")
    files.at(NOON)
    Reminding(files, page).pass_time(NOON)
    assert "acme.cwt: no status list that can be used" in page.getvalue()


def test_a_rolled_back_list_is_told(world: World) -> None:
    page = StringIO()
    files = world.knowledge()
    files.at(NOON)
    world.publish(NOON - HOUR)
    files.at(NOON)
    Reminding(files, page).pass_time(NOON)
    assert "older than a list that was used before" in page.getvalue()


def test_a_trust_list_that_is_torn_while_the_gate_runs_does_not_end_it(
    world: World,
) -> None:
    page = StringIO()
    files = world.knowledge()
    files.at(NOON)
    path = files._config.files.trust
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TrustListError):
        files.at(NOON)
    display = Reminding(files, page)
    display.pass_time(NOON)
    assert "nothing is verified" in page.getvalue()
    path.write_bytes(whole)
    files.at(NOON)
    page.truncate(0)
    display.pass_time(NOON + HOUR / 2)
    assert page.getvalue() == ""
