"""What may be a password, and what is kept in place of one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.staff import check_new_password, is_password, make_verifier
from ostiary.staff.passwords import (
    MOST_CHARACTERS,
    NOBODY,
    SALT_BYTES,
    check_verifier,
)

GOOD = "four words on tea"
SALT = bytes(range(SALT_BYTES))


def test_a_verifier_fits_its_password_alone() -> None:
    verifier = make_verifier(GOOD, SALT)
    check_verifier(verifier)
    assert GOOD not in verifier
    assert is_password(verifier, GOOD)
    assert not is_password(verifier, GOOD + " ")
    assert not is_password(NOBODY, GOOD)
    assert verifier != make_verifier(GOOD, SALT[::-1])


def test_two_keyboards_write_one_password() -> None:
    composed, apart = "caf\u00e9 au lait deux", "cafe\u0301 au lait deux"
    assert is_password(make_verifier(composed, SALT), apart)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "at least 15"),
        ("fourteen chars", "at least 15"),
        ("a b" * 100, "at most"),
        ("aaaaaaaaaaaaaaaaaaaaa", "one key"),
        ("the Kim password is", "holds the name"),
        ("four words\x00on tea", "typed and seen"),
        ("four words\non tea!", "typed and seen"),
    ],
)
def test_what_is_no_password_is_refused(password: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_new_password(password, "kim")


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "correct horse battery",
        "이것은아주긴비밀번호입니다하하하",
        "x7" * 8 + "abcd",
    ],
)
def test_any_characters_do(password: str) -> None:
    check_new_password(password, "kim")


@settings(max_examples=8, deadline=None)
@given(st.text(max_size=2000))
def test_nothing_typed_escapes(password: str) -> None:
    assert not is_password(NOBODY, password)


def test_a_password_of_megabytes_and_half_a_character_are_none() -> None:
    assert not is_password(NOBODY, "x" * 10_000_000)
    assert not is_password(NOBODY, "\ud800" * MOST_CHARACTERS)


def test_a_salt_has_its_length() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        make_verifier(GOOD, b"salt")
