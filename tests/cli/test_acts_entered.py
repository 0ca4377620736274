"""Owners' acts on keys, settings and gates stand in a journal before they are done."""

import errno
import hashlib
import os
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ostiary.cli.application import app
from ostiary.cli.clock import now
from ostiary.credential import HighWater, dump_high_water
from ostiary.errors import JournalError, StorageError
from ostiary.journal import OwnerAct, OwnerActKind, load_entry
from ostiary.storage.high_water import HighWaterFile
from ostiary.storage.home import Home
from ostiary.storage.journal import Journal
from tests.conftest import drawn
from tests.web.certificates import write_certificate

GATE = """
zone = "north"
time_zone = "UTC"
[files]
root = "root.cose"
trust = "trust.cose"
status_lists = []
[passage]
door = "simulated"
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Of an owner with keys of each kind, and a trust list in force."""
    path = tmp_path / "home"
    run(path, "keys", "new", "root", "ada")
    run(path, "keys", "new", "issuer", "acme")
    run(path, "keys", "new", "zone", "north")
    run(path, "keys", "new", "settings", "owner")
    run(path, "keys", "new", "gate", "door")
    run(path, "trust", "add", "acme", "--zone", "north")
    run(path, "trust", "add", path / "settings/owner.public.json")
    run(path, "trust", "add", path / "gates/door.public.json", "--zone", "north")
    run(path, "trust", "sign")
    return Home.at(path)


def invoke(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, words)])


def run(home: Path, *words: str | Path) -> str:
    result = invoke(*words, "--home", home)
    assert result.exit_code == 0, (words, result.output, result.exception)
    return result.output


def acts(journal: Path) -> list[OwnerAct]:
    found = map(load_entry, Journal.open(journal).reader.entries())
    return [each for each in found if isinstance(each, OwnerAct)]


def test_a_key_that_is_handed_over_is_entered(home: Home, tmp_path: Path) -> None:
    run(home.path, "keys", "hand-over", "north", "--to", "door", "--out", tmp_path)
    (key,) = home.zone_keys("north")
    act = acts(home.journal_path)[-1]
    assert act.act is OwnerActKind.KEY_HANDED_OVER
    raw = key.public.key.public_bytes_raw()
    assert act.what == hashlib.sha256(raw).digest()


def test_settings_that_are_signed_are_entered_with_who_signs(
    home: Home, tmp_path: Path
) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(GATE)
    run(home.path, "trust", "sign-file", path)
    act = acts(home.journal_path)[-1]
    assert act.act is OwnerActKind.SETTINGS_SIGNED
    assert act.what == hashlib.sha256(GATE.encode()).digest()
    assert act.by == (home.settings_key("owner").identifier,)


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A gate's configuration, which names a journal of its own."""
    write_certificate(tmp_path)
    Journal.begin(tmp_path / "journal", "north", drawn(b"north"))
    path = tmp_path / "gate.toml"
    path.write_text(
        GATE + '[attendants]\nstaff = "staff.json"\njournal = "journal"\n'
        'token = "token"\n[pages]\ncertificate = "certificate.pem"\nkey = "key.pem"\n'
    )
    return path


def test_a_gate_that_is_shared_has_it_in_its_journal(
    gate: Path, tmp_path: Path
) -> None:
    out = tmp_path / "north.gate.json"
    result = invoke("staff", "share", out, "--config", gate)
    assert result.exit_code == 0, result.output
    (act,) = acts(tmp_path / "journal")
    assert act.act is OwnerActKind.GATE_SHARED
    assert act.what == hashlib.sha256(out.read_bytes()).digest()


def lie_ahead(gate: Path) -> HighWaterFile:
    """Somebody showed the gate a time that was far from true."""
    file = HighWaterFile(gate.with_name("high-water.json"))
    ahead = now() + timedelta(days=900)
    file.path.write_bytes(dump_high_water(HighWater(time=ahead)))
    return file


def test_a_record_that_is_lowered_is_entered_without_a_name(
    gate: Path, tmp_path: Path
) -> None:
    file = lie_ahead(gate)
    result = invoke("gate", "recover", "--config", gate, "--by", "Ada Lovelace")
    assert result.exit_code == 0, (result.output, result.exception)
    (act,) = acts(tmp_path / "journal")
    assert act.act is OwnerActKind.RECORD_LOWERED
    assert act.what == hashlib.sha256(file.path.read_bytes()).digest()
    entries = list(Journal.open(tmp_path / "journal").reader.entries())
    assert all(b"Ada" not in each for each in entries)


def test_without_a_journal_it_is_said_that_nothing_is_entered(
    gate: Path, tmp_path: Path
) -> None:
    gate.write_text(GATE)
    lie_ahead(gate)
    result = invoke("gate", "recover", "--config", gate, "--by", "Ada Lovelace")
    assert result.exit_code == 0
    assert "Not entered anywhere" in result.output
    assert acts(tmp_path / "journal") == []


def test_what_cannot_be_entered_at_a_gate_is_not_done(
    gate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = lie_ahead(gate)
    former = file.path.read_bytes()

    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        for words in (
            ("gate", "recover", "--by", "Ada Lovelace"),
            ("staff", "share", tmp_path / "out"),
        ):
            result = invoke(*words, "--config", gate)
            assert isinstance(result.exception, (JournalError, StorageError))
    assert file.path.read_bytes() == former
    assert not (tmp_path / "out").exists()
    assert acts(tmp_path / "journal") == []
