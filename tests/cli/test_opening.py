"""`ostiary opening`."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ostiary.cli.application import app
from ostiary.cli.clock import now
from ostiary.credential import cbor
from ostiary.credential.windows import window_text
from ostiary.desk.attendants import fingerprint
from ostiary.errors import (
    ConfigurationError,
    JournalError,
    StorageError,
    WriteFailedError,
)
from ostiary.journal import (
    AuthenticatorAdded,
    AuthenticatorSuspended,
    ClockSet,
    OpeningReason,
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


def cose(seed: bytes) -> bytes:
    point = drawn_key(seed)
    return bytes(cbor.encode({1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]}))


COSE = cose(b"kim")
TEXT = f"{IDENTIFIER.hex()}.{COSE.hex()}"
ANOTHER = f"{IDENTIFIER[::-1].hex()}.{cose(b'another').hex()}"
RENAMED = f"{IDENTIFIER[::-1].hex()}.{COSE.hex()}"


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
    assert "Nobody opens until 1 may" in result.output
    # What was not asked for is told too: rules before these are gone.
    assert "signed by 1, at any hour" in result.output


def test_rules_may_offer_some_reasons(home: Home) -> None:
    words = ("--reason", "other", "--reason", "emergency")
    result = invoke(home, "rules", "--origin", "http://localhost:8470", *words)
    assert result.exit_code == 0, result.output
    (rules,) = entries(home)
    assert isinstance(rules, OpeningRules)
    assert rules.reasons == (OpeningReason.EMERGENCY, OpeningReason.OTHER)


def test_the_digits_to_compare_are_printed(home: Home) -> None:
    result = invoke(home, "add", "kim", TEXT)
    assert fingerprint(IDENTIFIER, COSE) in result.output


def test_rules_for_two_attendants_and_hours_stand_in_the_journal(home: Home) -> None:
    hours = ("--hours", "sat-sun,10:00-16:00", "--hours", "mon-fri,08:00-18:00")
    words = ("--origin", "http://localhost:8470", "--two", *hours)
    assert invoke(home, "rules", *words, "--time-zone", "Europe/Berlin").exit_code == 0
    (rules,) = entries(home)
    assert isinstance(rules, OpeningRules)
    assert rules.signers == 2
    assert rules.hours is not None
    assert rules.hours.time_zone == "Europe/Berlin"
    assert [window_text(each) for each in rules.hours.windows] == [
        "mon tue wed thu fri 08:00-18:00",
        "sat sun 10:00-16:00",
    ]
    shown = CliRunner().invoke(app, ["journal", "show", "--home", str(home.path)])
    assert "signed by 2" in shown.output
    assert "sat sun 10:00-16:00, Europe/Berlin" in shown.output
    assert invoke(home, "add", "kim", TEXT).exit_code == 0
    again = ("rules", "--origin", "http://localhost:8470")
    assert "Nobody opens until 2 may" in invoke(home, *again, "--two").output
    assert "Nobody opens" not in invoke(home, *again).output


OFFICE = "mon-fri,08:00-18:00"


@pytest.mark.parametrize(
    "words",
    [
        ("--hours", OFFICE),
        ("--time-zone", "Europe/Berlin"),
        ("--hours", OFFICE, "--time-zone", "Nowhere/At_All"),
        ("--hours", OFFICE, "--time-zone", "../../etc/passwd"),
        ("--hours", OFFICE, "--time-zone", "Europe"),
        ("--hours", "always", "--time-zone", "UTC"),
        ("--hours", "mon,18:00-08:00", "--time-zone", "UTC"),
        ("--hours", "mon,08:60-09:00", "--time-zone", "UTC"),
        ("--hours", "mon,\u0660\u0668:00-09:00", "--time-zone", "UTC"),
        ("--hours", "", "--time-zone", "UTC"),
        (
            *(
                f"--hours=mon,00:00-{minute // 60:02}:{minute % 60:02}"
                for minute in range(1, 18)
            ),
            "--time-zone",
            "UTC",
        ),
    ],
)
def test_hours_that_cannot_be_are_not_entered(
    home: Home, words: tuple[str, ...]
) -> None:
    result = invoke(home, "rules", "--origin", "http://localhost:8470", *words)
    assert isinstance(result.exception, ConfigurationError)
    assert "hours of openings" in str(result.exception)
    assert not home.journal_path.exists()


def test_a_clock_is_set_right_where_it_was_ahead_and_nowhere_else(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = ("rules", "--origin", "http://localhost:8470")
    assert isinstance(invoke(home, "clock").exception, ConfigurationError)
    assert invoke(home, *rules).exit_code == 0
    assert isinstance(invoke(home, "clock").exception, ConfigurationError)
    right = now()
    with monkeypatch.context() as patched:
        ahead = right + timedelta(days=3650)
        patched.setattr("ostiary.cli.opening.now", lambda: ahead)
        assert invoke(home, *rules).exit_code == 0
    # What is entered now would look like a clock that went back.
    for words in (rules, ("add", "kim", TEXT)):
        refused = invoke(home, *words).exception
        assert isinstance(refused, ConfigurationError)
        assert "ostiary opening clock" in str(refused)
    said = invoke(home, "clock")
    assert said.exit_code == 0
    assert f"{right.year + 9}" in said.output or f"{right.year + 10}" in said.output
    *_, last = entries(home)
    assert isinstance(last, ClockSet)
    assert isinstance(invoke(home, "clock").exception, ConfigurationError)
    assert invoke(home, "add", "kim", TEXT).exit_code == 0


def test_a_suspension_does_not_wait_for_a_clock(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = now()
    with monkeypatch.context() as patched:
        patched.setattr("ostiary.cli.opening.now", lambda: right + timedelta(days=1))
        assert invoke(home, "add", "kim", TEXT).exit_code == 0
    assert invoke(home, "suspend", "kim").exit_code == 0
    assert "does not open" in invoke(home, "list").output


@pytest.mark.parametrize(
    "words",
    [
        ("--origin", "http://localhost:8470", "--pause", "-1"),
        ("--origin", "http://localhost:8470", "--reason", "other", "--reason", "other"),
        ("--origin", "http://localhost:8470", "--most-an-hour", "0"),
        ("--origin", "http://localhost:8470", "--origin", "http://localhost:8470"),
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


def test_a_key_under_another_name_makes_nobody_two_attendants(home: Home) -> None:
    lee = Account("lee", StaffRole.ATTENDANT, NOBODY)
    home.staff.change(lambda staff: staff.added(lee))
    assert invoke(home, "add", "kim", TEXT).exit_code == 0
    for name in ("lee", "kim"):
        # Nor when it is suspended: the key would come back under another name.
        refused = invoke(home, "add", name, RENAMED).exception
        assert isinstance(refused, ConfigurationError)
        assert "has this key" in str(refused)
        assert invoke(home, "suspend", "kim").exit_code == 0
    assert dict(home.authenticators.read()) == {"kim": IDENTIFIER}
    assert invoke(home, "add", "kim", TEXT).exit_code == 0


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
