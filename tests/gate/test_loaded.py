"""What a gate is started on stands in its journal, once for each change of it."""

import hashlib
import io
import os
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ostiary.audit import Evidence, audit_logs, to_json, to_text
from ostiary.config import Attendants, Pages
from ostiary.errors import StorageError, WriteFailedError
from ostiary.gate.displays import Display
from ostiary.gate.journalled import journalled
from ostiary.gate.loaded import (
    Loaded,
    certificate_loaded,
    enter_loaded,
    threshold_digest,
)
from ostiary.gate.logs import Log
from ostiary.gate.openings import NotOpened
from ostiary.journal import OpeningReason, OwnerAct, OwnerActKind, load_entry
from ostiary.storage.journal import Appended, Journal
from pages.staged import configured
from tests.conftest import NOW, drawn

CONFIGURATION = OwnerActKind.CONFIGURATION_LOADED
THRESHOLD = OwnerActKind.THRESHOLD_CHANGED
ONE, OTHER = bytes(32), bytes(range(32))


@dataclass(frozen=True)
class Gear:
    """As much of a gate's equipment as its journal is joined to."""

    loaded: Loaded
    display: Display = field(default_factory=Display)
    by_hand: object = None
    note_pass: object = None


class Clock:
    """Stands still."""

    def now(self) -> datetime:
        return NOW

    def seconds(self) -> float:
        return 0.0


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    return Journal.begin(tmp_path / "journal", "north", drawn(b"north"))


def entered(journal: Journal) -> list[tuple[OwnerActKind, bytes]]:
    found = map(load_entry, journal.reader.entries())
    return [(each.act, each.what) for each in found if isinstance(each, OwnerAct)]


def test_what_changed_is_entered_and_a_restart_is_not(journal: Journal) -> None:
    enter_loaded(journal, {CONFIGURATION: ONE, THRESHOLD: ONE}, NOW)
    enter_loaded(journal, {CONFIGURATION: ONE, THRESHOLD: ONE}, NOW)
    enter_loaded(journal, {CONFIGURATION: OTHER, THRESHOLD: ONE}, NOW)
    # Going back is a change as well.
    enter_loaded(journal, {CONFIGURATION: ONE, THRESHOLD: ONE}, NOW)
    assert entered(journal) == [
        (CONFIGURATION, ONE),
        (THRESHOLD, ONE),
        (CONFIGURATION, OTHER),
        (CONFIGURATION, ONE),
    ]


def test_an_auditor_reads_of_each_change(journal: Journal) -> None:
    for each in (ONE, OTHER):
        enter_loaded(journal, {CONFIGURATION: each}, NOW)
    key = journal.reader.key
    audit = audit_logs([journal.reader.path], Evidence({key.name: key}))
    for told in (to_text(audit), to_json(audit)):
        assert f"configuration-loaded, by no key: {ONE.hex()}" in told
        assert f"configuration-loaded, by no key: {OTHER.hex()}" in told


def start(journal: Journal, loaded: Loaded) -> tuple[str, Any]:
    """What a gate says that begins on that, and its openings by hand."""
    page = io.StringIO()
    config = replace(
        configured(Pages()),
        attendants=Attendants(staff=Path("staff"), journal=journal.path),
    )
    gear: Any = Gear(loaded)
    joined, openings = journalled(gear, config, journal.path, Clock(), Log(page))
    assert joined.by_hand == openings.enter
    assert joined.note_pass == openings.last_pass.note
    return page.getvalue(), openings


def test_a_gate_enters_what_it_starts_on(journal: Journal) -> None:
    said, openings = start(journal, {CONFIGURATION: OTHER})
    assert said == ""
    assert openings.damage is None
    assert entered(journal) == [(CONFIGURATION, OTHER)]


def test_where_it_cannot_be_entered_nothing_is_opened_by_hand(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Journal, entry: bytes) -> Appended:
        raise WriteFailedError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", refuse)
        said, openings = start(journal, {CONFIGURATION: OTHER})
    assert "nothing is opened by hand: no space left" in said
    reason = OpeningReason.EMERGENCY
    assert openings.draw("wish", ONE, reason, NOW, 1.0) is None
    assert [each.refusal for each in openings.take_ended()] == [NotOpened.DAMAGED]


def test_releases_that_are_not_known_are_said(journal: Journal) -> None:
    (journal.path / "releases-not-entered").write_text("rubbish")
    said, openings = start(journal, {})
    assert "releases before this start are not known" in said
    assert openings.damage is None


def test_a_threshold_and_its_chain_have_one_digest() -> None:
    said = hashlib.sha256(b"retail-0095/1/int8 0.4375").digest()
    assert threshold_digest("retail-0095/1/int8", 0.4375) == said
    assert threshold_digest("retail-0095/1/int8", 0.43750001) != said


def test_the_pages_certificate_is_named_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "certificate.pem"
    path.write_bytes(b"of somebody")
    (loaded,) = certificate_loaded(Pages(certificate=path)).items()
    digest = hashlib.sha256(b"of somebody").digest()
    assert loaded == (OwnerActKind.CERTIFICATE_LOADED, digest)
    assert certificate_loaded(Pages()) == {}
    with pytest.raises(StorageError):
        certificate_loaded(Pages(certificate=tmp_path / "missing"))
