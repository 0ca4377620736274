"""A gate with an attendants' page: how it starts, and what keeps it from starting."""

import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from ostiary.config import Attendants, Pages
from ostiary.errors import (
    ConfigurationError,
    StorageError,
    TrustListError,
)
from ostiary.gate.attendants import ConsoleAttendant
from ostiary.gate.clock import SystemClock
from ostiary.gate.condition import Watching
from ostiary.gate.displays import Display
from ostiary.gate.loaded import Loaded
from ostiary.gate.logs import JsonLog, Log
from ostiary.journal import OpeningRules, UserCheck, dump_entry
from ostiary.storage.journal import Journal
from ostiary.storage.staff import StaffFile
from ostiary.web.gate.assembly import with_console
from pages.staged import configured
from tests.conftest import NOW
from tests.web.attended import KIM


class Knowledge:
    """Everything is in order."""

    def fault(self, _at: object) -> None:
        return None


@dataclass(frozen=True)
class Gear:
    """As much of a gate's equipment as pages are joined to."""

    display: Display
    knowledge: Knowledge
    attendant: ConsoleAttendant
    by_hand: Callable[[float], bool] = lambda _: False
    note_pass: Callable[[bytes | None, float], None] = lambda *_: None
    loaded: Loaded = field(default_factory=dict)


def start(attendants: Attendants, form: type[Log] = Log) -> str:
    """What a gate says when it starts with that."""
    page = io.StringIO()
    config = replace(configured(Pages(port=0)), attendants=attendants)
    gear: Any = Gear(Display(), Knowledge(), ConsoleAttendant())
    clock = SystemClock(config.clock_zone)
    watching = Watching(gear.knowledge, clock)
    joined = with_console(gear, config, clock, watching, form(page))
    joined.display.pass_time(NOW)
    joined.display.close()
    return page.getvalue()


@pytest.mark.enable_socket
def test_it_says_where_the_page_is_and_whether_anybody_can_sign_in(
    tmp_path: Path,
) -> None:
    staff = tmp_path / "staff.json"
    said = start(Attendants(staff=staff))
    assert said.startswith("attendants: http://127.0.0.1:")
    assert "nobody can sign in yet" in said
    StaffFile(staff).change(lambda known: known.added(KIM))
    assert start(Attendants(staff=staff)).endswith("/attend\n")
    said = json.loads(start(Attendants(staff=staff), JsonLog))
    assert said["text"].startswith("attendants: http://127.0.0.1:")


@pytest.mark.enable_socket
def test_without_accounts_there_is_no_page_for_attendants() -> None:
    assert start(Attendants()) == ""


@pytest.mark.enable_socket
def test_a_gate_starts_with_a_damaged_journal_and_not_without_its_key(
    tmp_path: Path,
) -> None:
    staff = StaffFile(tmp_path / "staff.json")
    staff.change(lambda known: known.added(KIM))
    path = tmp_path / "journal"
    with pytest.raises(StorageError):
        start(Attendants(staff=staff.path, journal=path))
    journal = Journal.begin(path, "home", os.urandom)
    rules = OpeningRules(NOW, "localhost", ("http://a",), UserCheck.PRESENT, 1, 0)
    journal.append(dump_entry(rules))
    said = start(Attendants(staff=staff.path, journal=path))
    assert "attendants: " in said
    assert "opened by hand" not in said
    (path / "log/tile/entries/000.p/1").unlink()
    said = start(Attendants(staff=staff.path, journal=path))
    assert "attendants: " in said
    assert "nothing is opened by hand: " in said
    assert "is missing" in said


def test_files_that_cannot_be_used_keep_it_from_starting(tmp_path: Path) -> None:
    path = tmp_path / "staff.json"
    StaffFile(path).change(lambda known: known.added(KIM))
    with pytest.raises(StorageError):
        start(Attendants(staff=path, gates=(tmp_path / "missing.gate.json",)))
    path.chmod(0o644)
    with pytest.raises(TrustListError, match="chmod 600"):
        start(Attendants(staff=path))
    path.write_text("{}")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match=r"staff\.json"):
        start(Attendants(staff=path))
