"""`ostiary audit`: what it needs, what it prints, how it ends."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ostiary.cli.application import app
from ostiary.errors import ConfigurationError, JournalError, StorageError
from ostiary.storage.journal import Journal
from tests.conftest import drawn


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Of an owner who has signed a trust list."""
    path = tmp_path / "home"
    for words in (("keys", "new", "root", "ada"), ("trust", "sign")):
        result = CliRunner().invoke(app, [*words, "--home", str(path)])
        assert result.exit_code == 0, result.output
    return path


def audit(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["audit", *map(str, words)])


def test_the_home_is_audited_without_a_word(home: Path, tmp_path: Path) -> None:
    page = tmp_path / "audit.html"
    result = audit("--home", home, "--html", page)
    assert result.exit_code == 0, result.output
    assert "trust-signed, by" in result.output
    assert f"Wrote {page}" in result.output
    assert page.read_text().startswith("<!doctype html>")


def test_a_copy_takes_its_key_and_is_compared_with_what_was_kept(
    home: Path, tmp_path: Path
) -> None:
    reader = Journal.open(home / "journal").reader
    kept = tmp_path / "kept"
    kept.write_bytes(reader.note())
    words = (reader.path, "--key", reader.key.text, "--against", kept, "--json")
    result = audit(*words)
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["logs"][0]["kept"] == [2]
    assert isinstance(audit(reader.path).exception, ConfigurationError)
    nobody = audit("--home", tmp_path / "nobody").exception
    assert isinstance(nobody, ConfigurationError)


def test_what_is_wrong_ends_with_1(home: Path) -> None:
    journal = Journal.open(home / "journal")
    journal.append(b"rubbish")
    result = audit("--home", home)
    assert result.exit_code == 1
    assert "entry-unreadable" in result.output


def test_rubbish_in_the_place_of_a_file_is_refused(home: Path, tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(b"\xff\n\n" + drawn(b"rubbish")(40))
    for option in ("--against", "--policy"):
        result = audit("--home", home, option, rubbish)
        assert isinstance(result.exception, JournalError)
        assert option != "--against" or f"{rubbish}" in str(result.exception)
        missing = audit("--home", home, option, tmp_path / "missing")
        assert isinstance(missing.exception, StorageError)
    assert isinstance(audit("--home", home, "--key", "rubbish").exception, JournalError)
