"""What may be a password, and what is kept in place of one."""

import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.staff import check_new_password, is_password, make_verifier
from ostiary.staff.passwords import (
    LEAST_CHARACTERS,
    MOST_CHARACTERS,
    NOBODY,
    ROWS,
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
        ("abababababababababab", "one key"),
        ("x7" * 8 + "abcd", "row of keys"),
        ("qwertyuiopasdfghjkl", "row of keys"),
        ("poiuytrewq-qwertyuiop", "row of keys"),
        ("1234567890123456", "row of keys"),
        ("QwertzUiop!!0987654321", "row of keys"),
        ("azertyuiop qsdfghjklm", "row of keys"),
        ("tea-1234567890-tea", "row of keys"),
        ("the Kim of four words", "hold the name"),
        ("four words of KIM's", "hold the name"),
        ("Ostiary four words", "words ostiary"),
        ("my pASSword on tea", "words ostiary, password"),
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
        "x7" * 8 + "kjhp",
        "first a party of defenders",
        "four words 1234 on tea",
        "qwertyuiop of four words",
    ],
)
def test_any_characters_do(password: str) -> None:
    check_new_password(password, "kim")


@pytest.mark.parametrize("name", ["a", "7", "of"])
def test_a_name_that_stands_in_many_words_is_not_looked_for(name: str) -> None:
    check_new_password("7 words of black tea", name)


@given(st.text(max_size=3 * MOST_CHARACTERS), st.sampled_from(["kim", "a"]))
def test_whatever_is_typed_can_be_one_or_is_refused(password: str, name: str) -> None:
    with suppress(ValueError):
        check_new_password(password, name)
        assert len(unicodedata.normalize("NFC", password)) >= LEAST_CHARACTERS


@given(
    st.sampled_from(ROWS),
    st.integers(0, 30),
    st.integers(LEAST_CHARACTERS, MOST_CHARACTERS),
    st.booleans(),
)
def test_no_run_along_the_keys_is_one(
    row: str,
    begin: int,
    length: int,
    back: bool,  # noqa: FBT001 - drawn
) -> None:
    keys = row[::-1] if back else row
    run = "".join(keys[(begin + at) % len(keys)] for at in range(length))
    with pytest.raises(ValueError, match="row of keys"):
        check_new_password(run, "kim")


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
