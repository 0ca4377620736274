"""Sessions: their secrets, limits and ends."""

import os
from dataclasses import replace

import pytest

from ostiary.staff import Account, Accounts, Limits, Sessions, StaffRole, State
from ostiary.staff.passwords import NOBODY
from ostiary.staff.sessions import MOST_OF_ONE, MOST_SESSIONS

KIM = Account("kim", StaffRole.ATTENDANT, NOBODY)
STAFF = Accounts((KIM,))
LIMITS = Limits(idle_seconds=100, whole_seconds=1000)


@pytest.fixture
def sessions() -> Sessions:
    return Sessions(LIMITS, os.urandom)


def test_a_secret_is_long_and_never_kept(sessions: Sessions) -> None:
    secrets = {sessions.begin(KIM, 0) for _ in range(3)}
    assert {len(each) for each in secrets} == {43}
    assert len(secrets) == 3
    held = repr(vars(sessions))
    assert not any(each in held for each in secrets)


def test_it_is_found_by_its_secret_alone(sessions: Sessions) -> None:
    secret = sessions.begin(KIM, 0)
    found = sessions.find(secret, STAFF, 1)
    assert found is not None
    assert found.csrf != secret
    for other in ("", secret[:-1], secret + "A", "\ud800", "x" * 100_000):
        assert sessions.find(other, STAFF, 1) is None


def test_it_ends_when_nobody_does_anything(sessions: Sessions) -> None:
    secret = sessions.begin(KIM, 0)
    sessions.use(secret, 99)
    assert sessions.find(secret, STAFF, 198) is not None
    assert sessions.find(secret, STAFF, 199) is None
    # And it stays ended, whatever the clock says then.
    assert sessions.find(secret, STAFF, 100) is None


def test_it_ends_after_the_working_day(sessions: Sessions) -> None:
    secret = sessions.begin(KIM, 0)
    for second in range(0, 1000, 50):
        sessions.use(secret, second)
    assert sessions.find(secret, STAFF, 999) is not None
    assert sessions.find(secret, STAFF, 1000) is None


@pytest.mark.parametrize(
    "staff",
    [
        Accounts(),
        Accounts((replace(KIM, state=State.SUSPENDED),)),
        Accounts((replace(KIM, role=StaffRole.OWNER),)),
        Accounts((replace(KIM, verifier=NOBODY.replace("$AAA", "$AAB")),)),
    ],
    ids=["removed", "suspended", "another role", "another password"],
)
def test_it_ends_when_the_account_changes(sessions: Sessions, staff: Accounts) -> None:
    secret = sessions.begin(KIM, 0)
    assert sessions.find(secret, staff, 1) is None
    assert sessions.find(secret, STAFF, 1) is None


def test_it_ends_at_the_sign_out(sessions: Sessions) -> None:
    secret = sessions.begin(KIM, 0)
    sessions.end(secret)
    sessions.end(secret)
    sessions.use(secret, 1)
    assert sessions.find(secret, STAFF, 1) is None


def test_there_are_so_many_and_the_idle_ones_go_first(sessions: Sessions) -> None:
    mine = [sessions.begin(KIM, second) for second in range(MOST_OF_ONE + 1)]
    alive = [sessions.find(each, STAFF, 10) is not None for each in mine]
    assert alive == [False] + [True] * MOST_OF_ONE
    for number in range(MOST_SESSIONS):
        sessions.begin(replace(KIM, name=f"a{number}"), 20)
    assert len(sessions) == MOST_SESSIONS
    assert sessions.find(mine[-1], STAFF, 21) is None
