"""Accounts, and the file they lie in."""

import json
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.errors import ConfigurationError
from ostiary.staff import (
    Account,
    Accounts,
    StaffRole,
    State,
    dump_accounts,
    load_accounts,
)
from ostiary.staff.accounts import MOST_ACCOUNTS
from ostiary.staff.passwords import NOBODY

KIM = Account("kim", StaffRole.ATTENDANT, NOBODY)
LEE = Account("lee", StaffRole.OWNER, NOBODY, State.SUSPENDED)
BOTH = Accounts((KIM, LEE))

names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,31}", fullmatch=True)
accounts = st.builds(
    Account,
    names,
    st.sampled_from(StaffRole),
    st.just(NOBODY),
    st.sampled_from(State),
)


@given(st.lists(accounts, unique_by=lambda each: each.name, max_size=5))
def test_a_file_says_what_was_written(made: list[Account]) -> None:
    staff = Accounts(tuple(sorted(made, key=lambda each: each.name)))
    assert load_accounts(dump_accounts(staff)) == staff


@given(st.binary(max_size=300))
def test_rubbish_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(ConfigurationError, match="accounts that cannot be read"):
        load_accounts(data)


@given(st.integers(0, 400), st.integers(1, 255))
def test_a_changed_byte_never_escapes_as_something_else(place: int, by: int) -> None:
    data = bytearray(dump_accounts(BOTH))
    data[place % len(data)] ^= by
    with suppress(ConfigurationError):
        # Either refused, or still accounts: nothing else comes out.
        dump_accounts(load_accounts(bytes(data)))


def changed(**members: object) -> bytes:
    content = json.loads(dump_accounts(BOTH))
    content["accounts"][0] |= members
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    "members",
    [
        {"name": "Kim"},
        {"name": "кim"},
        {"name": "-kim"},
        {"name": "lee"},
        {"name": "k" * 33},
        {"name": "zoe"},
        {"role": "director"},
        {"state": "on leave"},
        {"password": "a good long password"},
        {"password": NOBODY.replace("m=65536", "m=4294967295")},
        {"password": NOBODY.replace("t=3", "t=99999")},
        {"password": NOBODY.replace("argon2id", "argon2i")},
        {"password": NOBODY + "\n"},
        {"note": "likes tea"},
    ],
    ids=str,
)
def test_what_is_no_account_is_refused(members: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        load_accounts(changed(**members))


def test_another_version_and_members_twice_are_refused() -> None:
    data = dump_accounts(BOTH)
    for former, new in ((b'"version": 1', b'"version": 2'), (b'"name"', b'"role"')):
        with pytest.raises(ConfigurationError):
            load_accounts(data.replace(former, new))


def test_a_suspended_account_is_found_and_cannot_be_used() -> None:
    assert BOTH.find("lee") == LEE
    assert BOTH.active("lee") is None
    assert BOTH.active("kim") == KIM
    assert BOTH.active("nobody") is None


def test_changes() -> None:
    zoe = replace(KIM, name="ada")
    assert [each.name for each in BOTH.added(zoe)] == ["ada", "kim", "lee"]
    assert BOTH.changed(replace(KIM, role=StaffRole.OWNER)).all[0].role == "owner"
    assert BOTH.without("kim") == Accounts((LEE,))


def test_a_name_is_taken_once_and_changed_only_if_there() -> None:
    with pytest.raises(ConfigurationError, match="each once"):
        BOTH.added(KIM)
    for change in (BOTH.without, BOTH.existing):
        with pytest.raises(ConfigurationError, match="no account 'zoe'"):
            change("zoe")


def test_there_are_no_more_than_fit() -> None:
    many = tuple(replace(KIM, name=f"a{number:04}") for number in range(MOST_ACCOUNTS))
    with pytest.raises(ConfigurationError, match="at most"):
        Accounts(many).added(KIM)
    # And those that are allowed can be read again.
    assert load_accounts(dump_accounts(Accounts(many))).all == many


def test_a_digest_changes_with_the_account_and_needs_the_salt() -> None:
    owner = replace(KIM, role=StaffRole.OWNER)
    forms = (KIM, LEE, replace(KIM, state=State.SUSPENDED), owner)
    digests = [each.digest for each in forms]
    assert all(first != second for first, second in pairwise(digests))
    assert "AAAA" not in repr(KIM)
