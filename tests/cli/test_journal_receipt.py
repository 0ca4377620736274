"""`ostiary journal receipt`: which opening it is of, and for which pass."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ostiary.capture.qr import qr_png
from ostiary.cli.application import app
from ostiary.cli.pass_file import read_pass
from ostiary.credential import inspect_opened
from ostiary.errors import CannotUnsealError, ConfigurationError, JournalError
from ostiary.journal import (
    Assertion,
    ManualOpening,
    Opening,
    OpeningReason,
    Receipt,
    commit,
    dump_entry,
    write_receipt,
)
from ostiary.storage.home import Home, read_zone_key
from ostiary.storage.journal import Journal
from tests.conftest import NOW, drawn

NONCE = bytes(range(32))
ASSERTION = Assertion(bytes(37), b"{}", bytes(70))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


@dataclass
class Opened:
    """A home whose journal has an opening for one of two passes."""

    home: Path
    own: Path
    other: Path
    receipt: str

    @property
    def zone_key(self) -> Path:
        (path,) = Home.at(self.home).zone_key_paths("north")
        return path

    def check(self, *words: str | Path) -> Result:
        return invoke("journal", "receipt", *words, "--home", self.home)


def invoke(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, words)])


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    home, own, other = tmp_path / "home", tmp_path / "own.txt", tmp_path / "other.txt"
    wanted = ("issue", "--faceless", "--zone", "north", "--days", "1", "--out")
    for words in (
        ("keys", "new", "root", "ada"),
        ("keys", "new", "issuer", "acme"),
        ("keys", "new", "zone", "north"),
        ("trust", "add", "acme", "--zone", "north"),
        ("trust", "sign"),
        (*wanted, own),
        (*wanted, other),
    ):
        result = invoke(*words, "--home", home)
        assert result.exit_code == 0, (words, result.output, result.exception)
    (path,) = Home.at(home).zone_key_paths("north")
    identifier = inspect_opened(read_pass(own), [read_zone_key(path)]).identifier
    journal = Journal.open(home / "journal")
    reason, attendant = OpeningReason.FALSE_NON_MATCH, bytes(32)
    first = Opening(NOW, "north", reason, attendant, bytes(32))
    opening = Opening(NOW, "north", reason, attendant, commit(NONCE, identifier))
    for each in (first, opening):
        journal.append(dump_entry(ManualOpening(each, ASSERTION)))
    receipt = Receipt(journal.reader.key.name, opening.challenge, NONCE)
    return Opened(home, own, other, write_receipt(receipt))


def test_anybody_sees_that_it_was_entered(opened: Opened) -> None:
    result = opened.check(opened.receipt)
    assert result.exit_code == 0
    assert "gate north opened by hand, false-non-match" in result.output
    assert "Not checked: for which pass" in result.output


def test_whoever_opens_the_pass_sees_whether_it_was_for_it(opened: Opened) -> None:
    key = ("--zone-key", opened.zone_key)
    own = opened.check(opened.receipt, "--pass", opened.own, *key)
    assert own.exit_code == 0
    assert "It was opened for this pass." in own.output
    other = opened.check(opened.receipt, "--pass", opened.other, *key)
    assert other.exit_code == 1
    assert "It was opened for another pass." in other.output


def test_it_is_read_off_a_photograph_and_out_of_a_file(
    opened: Opened, tmp_path: Path
) -> None:
    picture, text = tmp_path / "receipt.png", tmp_path / "receipt.txt"
    picture.write_bytes(qr_png(opened.receipt, "M"))
    text.write_text(f"{opened.receipt}\n")
    for each in (picture, text):
        assert opened.check(each).exit_code == 0


def test_an_auditor_needs_a_copy_of_the_log_and_its_key(
    opened: Opened, tmp_path: Path
) -> None:
    reader = Journal.open(opened.home / "journal").reader
    words = ("--log", reader.path, "--key", reader.key.text)
    result = invoke("journal", "receipt", opened.receipt, *words)
    assert result.exit_code == 0
    other = Journal.begin(tmp_path / "journal", "home", drawn(b"other")).reader
    words = ("--log", other.path, "--key", other.key.text)
    result = invoke("journal", "receipt", opened.receipt, *words)
    assert isinstance(result.exception, ConfigurationError)
    assert "of the journal" in str(result.exception)


def test_an_opening_that_was_never_entered_is_told(opened: Opened) -> None:
    name = Journal.open(opened.home / "journal").reader.key.name
    result = opened.check(write_receipt(Receipt(name, bytes(32), NONCE)))
    assert result.exit_code == 1
    assert "No opening of this journal" in result.output


def test_what_is_no_receipt_is_refused_by_name(opened: Opened, tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish.txt"
    rubbish.write_text("HELLO")
    for words, error in (
        ((opened.receipt[:-9],), JournalError),
        ((rubbish,), JournalError),
        ((opened.own,), JournalError),
        ((opened.receipt, "--pass", opened.own), ConfigurationError),
        ((opened.receipt, "--zone-key", opened.zone_key), ConfigurationError),
    ):
        assert isinstance(opened.check(*words).exception, error), words


def test_whoever_gives_what_cannot_be_read_is_told_what_can(
    opened: Opened, tmp_path: Path
) -> None:
    picture = tmp_path / "photo.heic"
    picture.write_bytes(bytes(10_000))
    for given in (picture, tmp_path / "missing.png", opened.receipt.lower()):
        error = opened.check(given).exception
        assert isinstance(error, ConfigurationError), given
        assert ".jpeg, .jpg, .png, .webp" in str(error), given
        assert "begins with OSTIARY-RECEIPT:" in str(error), given


def test_a_key_of_another_zone_opens_nothing(opened: Opened) -> None:
    assert invoke("keys", "new", "zone", "south", "--home", opened.home).exit_code == 0
    (south,) = Home.at(opened.home).zone_key_paths("south")
    words = ("--pass", opened.own, "--zone-key", south)
    result = opened.check(opened.receipt, *words)
    assert isinstance(result.exception, CannotUnsealError)


def test_a_journal_that_was_changed_shows_nothing(opened: Opened) -> None:
    path = opened.home / "journal/log/tile/entries/000.p"
    for bundle in path.iterdir():
        bundle.write_bytes(bundle.read_bytes().replace(b"north", b"south"))
    result = opened.check(opened.receipt)
    assert isinstance(result.exception, JournalError)
    assert "opened by hand" not in result.output
