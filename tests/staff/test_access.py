"""Access tokens, and the file they lie in."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.errors import ConfigurationError
from ostiary.staff.access import (
    MOST_TOKENS,
    AccessToken,
    AccessTokens,
    Scope,
    digest_of,
    dump_tokens,
    load_tokens,
    write_secret,
)

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECRET = write_secret(b"s" * 32)
TILL = AccessToken("till", (Scope.ISSUE, Scope.READ), digest_of(SECRET), AT)
OTHER = AccessToken("other", (Scope.READ,), digest_of("x"), AT)
BOTH = AccessTokens((OTHER, TILL))

names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,31}", fullmatch=True)
tokens = st.builds(
    AccessToken,
    names,
    st.sets(st.sampled_from(Scope), min_size=1).map(lambda each: tuple(sorted(each))),
    st.binary(min_size=32, max_size=32),
    st.integers(0, 10**9).map(lambda seconds: AT + timedelta(seconds=seconds)),
)


@given(st.lists(tokens, unique_by=lambda each: each.name, max_size=5))
def test_a_file_of_tokens_says_what_was_written(made: list[AccessToken]) -> None:
    all_ = AccessTokens(tuple(sorted(made, key=lambda each: each.name)))
    assert load_tokens(dump_tokens(all_)) == all_


@given(st.binary(max_size=300))
def test_a_file_of_rubbish_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(ConfigurationError, match="tokens that cannot be read"):
        load_tokens(data)


@given(st.integers(0, 600), st.integers(1, 255))
def test_a_changed_byte_of_it_never_escapes_as_something_else(
    place: int, by: int
) -> None:
    data = bytearray(dump_tokens(BOTH))
    data[place % len(data)] ^= by
    with suppress(ConfigurationError):
        dump_tokens(load_tokens(bytes(data)))


@pytest.mark.parametrize(
    "members",
    [
        {"name": "Till"},
        {"name": "../till"},
        {"name": "till"},
        {"scopes": []},
        {"scopes": ["passes:read", "passes:issue"]},
        {"scopes": ["passes:read", "passes:read"]},
        {"scopes": ["everything"]},
        {"scopes": "passes:read"},
        {"sha256": "00"},
        {"sha256": "zz" * 32},
        {"expires": "tomorrow"},
        {"expires": -1},
        {"expires": 2**70},
        {"more": 1},
    ],
)
def test_a_token_that_cannot_be_one_is_refused(members: dict[str, object]) -> None:
    content = json.loads(dump_tokens(BOTH))
    content["tokens"][0] |= members
    with pytest.raises(ConfigurationError, match="tokens that cannot be read") as error:
        load_tokens(json.dumps(content).encode())
    assert "everything" not in str(error.value)


def test_another_version_is_refused() -> None:
    data = dump_tokens(BOTH).replace(b'"version": 1', b'"version": 2')
    with pytest.raises(ConfigurationError, match="version"):
        load_tokens(data)


@given(st.text(st.characters(codec=None), max_size=80))
def test_only_the_secret_itself_is_one(sent: str) -> None:
    before = AT - timedelta(seconds=1)
    assert (BOTH.presented(sent, before) == TILL) == (sent == SECRET)


def test_it_counts_until_its_very_end() -> None:
    assert BOTH.presented(SECRET, AT - timedelta(seconds=1)) == TILL
    assert BOTH.presented(SECRET, AT) is None


def test_nothing_kept_or_shown_holds_the_secret() -> None:
    assert SECRET.startswith("ostiary_")
    assert SECRET.encode() not in dump_tokens(BOTH)
    assert digest_of(SECRET).hex() not in repr(BOTH)
    with pytest.raises(ValueError, match="32 bytes"):
        write_secret(b"short")


def test_an_account_changes_with_all_that_is_said_of_a_token() -> None:
    assert len({TILL.account, OTHER.account}) == 2
    assert len(TILL.account) == 32


def test_one_of_each_name_and_not_too_many() -> None:
    with pytest.raises(ConfigurationError, match="each once"):
        BOTH.added(TILL)
    with pytest.raises(ConfigurationError, match="no token 'lost'"):
        BOTH.without("lost")
    assert BOTH.without("till") == AccessTokens((OTHER,))
    many = AccessTokens()
    for number in range(MOST_TOKENS):
        named = AccessToken(f"t{number}", (Scope.READ,), bytes(32), AT)
        many = many.added(named)
    with pytest.raises(ConfigurationError, match="at most"):
        many.added(TILL)
