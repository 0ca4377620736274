"""Who may open by hand, as pages and commands set it down."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ostiary.desk.attendants import Admission, Attendants
from ostiary.errors import ConfigurationError
from ostiary.journal import OpeningRules, UserCheck, dump_entry
from ostiary.journal.register import RegisterEntry
from ostiary.storage.home import Home
from ostiary.storage.journal import Journal
from tests.authenticator import ORIGIN, PARTY, Authenticator
from tests.conftest import NOW

RULES = OpeningRules(NOW, PARTY, (ORIGIN,), UserCheck.VERIFIED, 6, 30)
ADA = Authenticator(b"ada")
UNTIL = NOW + timedelta(days=365)


@pytest.fixture
def attendants(tmp_path: Path) -> Attendants:
    home = Home(tmp_path / "home")

    def enter(entry: RegisterEntry) -> None:
        journal = Journal.begin(home.journal_path, "home", os.urandom)
        journal.append(dump_entry(entry))

    return Attendants(home, enter)


def test_nothing_is_in_force_where_nothing_was_entered(attendants: Attendants) -> None:
    assert attendants.rules() is None
    assert attendants.admissions(NOW) == ()


def test_what_is_in_force_is_what_the_journal_says(attendants: Attendants) -> None:
    attendants.rule(RULES)
    stricter = OpeningRules(NOW, PARTY, (ORIGIN,), UserCheck.VERIFIED, 6, 30, 2)
    attendants.rule(stricter)
    assert attendants.rules() == stricter


@pytest.mark.parametrize(
    ("party", "origin"),
    [
        ("gate.example", "https://gate.example"),
        ("example", "https://gate.example:8443"),
        ("gate1", "https://gate1:8443"),
        ("localhost", "http://localhost:8470"),
        ("localhost", "http://gate.localhost"),
    ],
)
def test_pages_that_a_browser_asks_on_are_put_in_force(
    attendants: Attendants, party: str, origin: str
) -> None:
    rules = replace(RULES, relying_party=party, origins=(origin,))
    attendants.rule(rules)
    assert attendants.rules() == rules


@pytest.mark.parametrize(
    ("party", "origin", "said"),
    [
        # A browser writes none of these so.
        ("localhost", "http://localhost:8470/", "address of a page"),
        ("localhost", "localhost:8470", "address of a page"),
        ("gate.example", "https://gate.example:443", "address of a page"),
        ("gate.example", "https://Gate.example", "address of a page"),
        ("gate.example", "https://gate.example/attend", "address of a page"),
        ("gate.example", "https://kim@gate.example", "address of a page"),
        ("127.0.0.1", "http://127.0.0.1:8470", "address of a page"),
        ("1", "https://1", "address of a page"),
        # Nor is an authenticator asked there.
        ("gate.example", "http://gate.example", "without a certificate"),
        ("localhost", "https://gate.example", "not the host's name"),
        ("gate.example", "https://evilgate.example", "not the host's name"),
        ("a.gate.example", "https://gate.example", "not the host's name"),
    ],
)
def test_pages_on_which_no_authenticator_answers_are_not_put_in_force(
    attendants: Attendants, party: str, origin: str, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        attendants.rule(replace(RULES, relying_party=party, origins=(origin,)))
    assert not attendants.home.journal_path.exists()


def test_a_key_that_is_of_no_account_is_told_until_it_is_suspended(
    attendants: Attendants,
) -> None:
    attendants.enter(ADA.added(NOW, UNTIL))
    assert attendants.admissions(NOW) == (Admission(None, ADA.attendant, UNTIL),)
    assert attendants.admissions(UNTIL) == ()
    attendants.suspend(ADA.attendant.hex(), NOW)
    assert attendants.admissions(NOW) == ()


def test_a_key_that_was_never_entered_cannot_be_suspended(
    attendants: Attendants,
) -> None:
    with pytest.raises(ConfigurationError, match="no authenticator"):
        attendants.suspend("00" * 32, NOW)
    assert not attendants.home.journal_path.exists()
