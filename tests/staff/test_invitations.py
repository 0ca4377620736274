"""Codes with which somebody chooses a password of their own."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.staff import (
    Account,
    Accounts,
    Invitations,
    StaffRole,
    State,
    make_verifier,
)
from ostiary.staff.invitations import MOST_CODES, SERVES_SECONDS
from tests.conftest import drawn

VERIFIER = make_verifier("four words on tea", bytes(16))
KIM = Account("kim", StaffRole.ATTENDANT, VERIFIER)
ALL = Accounts((KIM,))


@pytest.fixture
def invitations() -> Invitations:
    return Invitations(drawn(b"codes"))


def test_a_code_is_read_however_it_is_typed(invitations: Invitations) -> None:
    code = invitations.invite(KIM, 0)
    assert len(code) == 24 + 5
    for typed in (code, code.upper(), code.replace("-", ""), f" {code} \n"):
        assert invitations.invited(typed, ALL, 1) == KIM


@given(st.text(max_size=64))
def test_nothing_else_is_a_code(typed: str) -> None:
    invitations = Invitations(drawn(b"codes"))
    invitations.invite(KIM, 0)
    assert invitations.invited(typed, ALL, 1) is None


@pytest.mark.parametrize("seconds", [-1, SERVES_SECONDS])
def test_a_code_serves_for_a_day(invitations: Invitations, seconds: float) -> None:
    assert invitations.invited(invitations.invite(KIM, 0), ALL, seconds) is None


def test_a_code_ends_with_the_password_of_its_time_and_with_the_next_code(
    invitations: Invitations,
) -> None:
    first = invitations.invite(KIM, 0)
    code = invitations.invite(KIM, 1)
    assert invitations.invited(first, ALL, 2) is None
    suspended = replace(KIM, state=State.SUSPENDED)
    assert invitations.invited(code, Accounts((suspended,)), 2) == suspended
    other = replace(KIM, verifier=make_verifier("five words on tea", bytes(16)))
    assert invitations.invited(code, Accounts((other,)), 2) is None
    assert invitations.invited(code, Accounts(), 2) is None


def test_there_are_so_many_codes_and_no_more(invitations: Invitations) -> None:
    names = [f"kim-{number:02}" for number in range(MOST_CODES + 1)]
    known = Accounts(tuple(replace(KIM, name=name) for name in names))
    codes = [invitations.invite(each, 0) for each in known]
    served = [invitations.invited(code, known, 1) for code in codes]
    assert served == [None, *known.all[1:]]
