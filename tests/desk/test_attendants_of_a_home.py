"""Who may open by hand, as pages and commands set it down."""

import os
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
