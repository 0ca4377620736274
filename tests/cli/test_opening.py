"""`ostiary opening`."""

import hashlib
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ostiary.cli.application import app
from ostiary.credential import cbor
from ostiary.errors import (
    ConfigurationError,
    JournalError,
    StorageError,
    WriteFailedError,
)
from ostiary.journal import (
    AuthenticatorAdded,
    AuthenticatorSuspended,
    OpeningRules,
    UserCheck,
    load_entry,
)
from ostiary.staff import Account, StaffRole
from ostiary.staff.passwords import NOBODY
from ostiary.storage.authenticators import AuthenticatorsFile
from ostiary.storage.home import Home
from ostiary.storage.journal import Journal
from tests.authenticator import drawn_key

IDENTIFIER = bytes(range(20))
_POINT = drawn_key(b"kim")
COSE = bytes(cbor.encode({1: 2, 3: -7, -1: 1, -2: _POINT[1:33], -3: _POINT[33:]}))
TEXT = f"{IDENTIFIER.hex()}.{COSE.hex()}"
ANOTHER = f"{IDENTIFIER[::-1].hex()}.{COSE.hex()}"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    kim = Account("kim", StaffRole.ATTENDANT, NOBODY)
    made.staff.change(lambda staff: staff.added(kim))
    return made


def invoke(home: Home, *words: str) -> Result:
    return CliRunner().invoke(app, ["opening", *words, "--home", str(home.path)])


def entries(home: Home) -> list[object]:
    reader = Journal.open(home.journal_path).reader
    return [load_entry(entry) for entry in reader.entries()]


def test_rules_stand_in_the_journal(home: Home) -> None:
    origins = ("https://b.example", "https://a.example")
    options = [word for origin in origins for word in ("--origin", origin)]
    result = invoke(home, "rules", *options, "--relying-party", "example")
    assert result.exit_code == 0, result.output
    (rules,) = entries(home)
    assert isinstance(rules, OpeningRules)
    assert rules.origins == tuple(sorted(origins))
    assert rules.user is UserCheck.VERIFIED


@pytest.mark.parametrize(
    "words",
    [
        ("--origin", "https://a.example", "--pause", "-1"),
        ("--origin", "https://a.example", "--most-an-hour", "0"),
        ("--origin", "https://a.example", "--origin", "https://a.example"),
        ("--origin", ""),
    ],
)
def test_rules_that_cannot_be_are_not_entered(
    home: Home, words: tuple[str, ...]
) -> None:
    result = invoke(home, "rules", *words)
    assert isinstance(result.exception, ConfigurationError)
    assert not home.journal_path.exists()


def test_an_authenticator_is_entered_suspended_and_listed(home: Home) -> None:
    assert invoke(home, "add", "kim", TEXT).exit_code == 0
    assert invoke(home, "suspend", "kim").exit_code == 0
    added, suspended = entries(home)
    assert isinstance(added, AuthenticatorAdded)
    assert isinstance(suspended, AuthenticatorSuspended)
    assert added.attendant == suspended.attendant
    assert dict(home.authenticators.read()) == {"kim": IDENTIFIER}
    assert added.attendant.hex() in invoke(home, "list").output


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("lee", TEXT, ConfigurationError),
        ("kim", "", ConfigurationError),
        ("kim", "rubbish", ConfigurationError),
        ("kim", TEXT + ".00", ConfigurationError),
        ("kim", f"{'00' * 15}.{COSE.hex()}", ConfigurationError),
        ("kim", f"{IDENTIFIER.hex()}.{COSE.hex()[:-2]}", JournalError),
        ("kim", "7" * 100_000, ConfigurationError),
    ],
)
def test_what_is_no_registration_is_refused(
    home: Home, name: str, text: str, error: type[Exception]
) -> None:
    assert isinstance(invoke(home, "add", name, text).exception, error)
    assert not home.journal_path.exists()
    assert dict(home.authenticators.read()) == {}


def test_nobody_is_suspended_who_has_none(home: Home) -> None:
    assert isinstance(invoke(home, "suspend", "kim").exception, ConfigurationError)


def test_an_account_has_one_authenticator_at_a_time(home: Home) -> None:
    assert invoke(home, "add", "kim", TEXT).exit_code == 0
    refused = invoke(home, "add", "kim", ANOTHER).exception
    assert isinstance(refused, ConfigurationError)
    assert "opening suspend kim" in str(refused)
    assert len(entries(home)) == 1
    assert dict(home.authenticators.read()) == {"kim": IDENTIFIER}
    assert invoke(home, "suspend", "kim").exit_code == 0
    assert invoke(home, "add", "kim", ANOTHER).exit_code == 0
    assert dict(home.authenticators.read()) == {"kim": IDENTIFIER[::-1]}


def test_the_same_authenticator_may_be_given_longer(home: Home) -> None:
    for _ in range(2):
        assert invoke(home, "add", "kim", TEXT).exit_code == 0
    assert len(entries(home)) == 2


def test_nobody_gets_the_authenticator_of_somebody_else(home: Home) -> None:
    lee = Account("lee", StaffRole.ATTENDANT, NOBODY)
    home.staff.change(lambda staff: staff.added(lee))
    assert invoke(home, "add", "kim", TEXT).exit_code == 0
    refused = invoke(home, "add", "lee", TEXT).exception
    assert isinstance(refused, ConfigurationError)
    assert "that of kim" in str(refused)
    assert len(entries(home)) == 1


@pytest.fixture
def torn(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An authenticator stands in the journal, and its file could not be written."""

    def fail(*_: object) -> None:
        raise StorageError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(AuthenticatorsFile, "put", fail)
        assert isinstance(invoke(home, "add", "kim", TEXT).exception, StorageError)
    assert len(entries(home)) == 1
    assert dict(home.authenticators.read()) == {}
    return home


def test_what_was_entered_and_not_written_is_done_by_the_same_command(
    torn: Home,
) -> None:
    assert "(no account)" in invoke(torn, "list").output
    assert invoke(torn, "add", "kim", TEXT).exit_code == 0
    assert dict(torn.authenticators.read()) == {"kim": IDENTIFIER}
    said = invoke(torn, "list").output
    assert "kim" in said
    assert "(no account)" not in said


def test_what_was_entered_and_not_written_is_no_second_one_of_anybody(
    torn: Home,
) -> None:
    refused = invoke(torn, "add", "kim", ANOTHER).exception
    assert isinstance(refused, ConfigurationError)
    key = hashlib.sha256(IDENTIFIER).hexdigest()
    assert key in str(refused)
    assert invoke(torn, "suspend", key).exit_code == 0
    assert invoke(torn, "add", "kim", ANOTHER).exit_code == 0
    for unknown in ("00" * 32, "rubbish", ""):
        result = invoke(torn, "suspend", unknown)
        assert isinstance(result.exception, ConfigurationError)


def test_what_cannot_be_entered_gives_nobody_an_authenticator(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise WriteFailedError("the disk is full")

    monkeypatch.setattr(Journal, "append", fail)
    assert isinstance(invoke(home, "add", "kim", TEXT).exception, WriteFailedError)
    assert dict(home.authenticators.read()) == {}
