"""Audits tell releases of doors by gate, cause and hour, over all journals."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from ostiary.audit import Evidence, audit_logs, to_html, to_json, to_text
from ostiary.audit.tables import tables_of
from ostiary.journal import DoorReleased, dump_entry
from ostiary.storage.journal import Journal
from ostiary.terms import ReleaseCause
from tests.conftest import NOW, drawn

HOUR = f"{NOW:%F %H} h"
LATER = NOW + timedelta(hours=2)


def test_releases_of_several_gates_stand_in_one_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    journals = [
        Journal.begin(tmp_path / name, name, drawn(name.encode()))
        for name in ("north", "south")
    ]
    wired, supply = ReleaseCause.WIRED, ReleaseCause.SUPPLY
    minute = timedelta(minutes=1)
    for journal, gate, at, cause in (
        (journals[0], "north", NOW, wired),
        (journals[0], "north", NOW + minute, wired),
        # Entered again after a failure that left it there: told once.
        (journals[0], "north", NOW + minute, wired),
        (journals[0], "north", LATER, supply),
        (journals[1], "south", NOW, wired),
    ):
        journal.append(dump_entry(DoorReleased(at, gate, cause)))
    keys = {each.reader.key.name: each.reader.key for each in journals}
    audit = audit_logs([each.reader.path for each in journals], Evidence(keys))
    assert audit.findings == ()
    (table,) = (each for each in tables_of(audit) if "releases" in each.title)
    assert list(table.rows) == [
        ("north", "supply-failed", f"{LATER:%F %H} h", "1"),
        ("north", "wired-release", HOUR, "2"),
        ("south", "wired-release", HOUR, "1"),
    ]
    for told in (to_text(audit), to_html(audit)):
        assert "Emergency releases" in told
    told = json.loads(to_json(audit))["logs"][1]["releases"]
    assert told == [{"at": NOW.isoformat(), "gate": "south", "cause": "wired-release"}]
