"""Size, base45 and zlib: one spelling, bounded, nothing left over."""

import zlib

import pytest
from base45 import b45encode
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential.limits import LIMITS
from ostiary.credential.text import read_base45, read_text, write_text
from ostiary.errors import MalformedError
from ostiary.reasons import Reason

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def spell(packed: bytes) -> str:
    text: str = b45encode(packed).decode("ascii")
    return text


def outcome(text: str) -> bytes | Reason:
    try:
        return read_base45(text)
    except MalformedError as error:
        return error.reason


def refusal(text: str) -> Reason:
    with pytest.raises(MalformedError) as refused:
        read_text(text)
    return refused.value.reason


@pytest.mark.parametrize("level", range(10))
def test_any_zlib_stream_is_read(level: int) -> None:
    message = bytes(range(256)) * 4
    assert read_text(spell(zlib.compress(message, level))) == message


@given(st.binary(max_size=1_500))
def test_what_is_written_is_read_again(message: bytes) -> None:
    assert read_text(write_text(message)) == message


@given(st.text(alphabet=ALPHABET, max_size=12) | st.text(max_size=12))
def test_base45_has_one_spelling(text: str) -> None:
    octets = outcome(text)
    if isinstance(octets, Reason):
        assert octets is Reason.TEXT_NOT_BASE45
    else:
        assert spell(octets) == text


@pytest.mark.parametrize(
    "text", ["A", "ABCD", ":::", "GGW", "::", "bb8", "BB8\n", "BB8 \n", "BB\u00c8", "é"]
)
def test_base45_is_not_forgiven_anything(text: str) -> None:
    assert refusal(text) is Reason.TEXT_NOT_BASE45


def test_the_longest_text_is_read_and_no_longer_one() -> None:
    longest = "0" * LIMITS.text_characters
    assert refusal(longest) is Reason.ZLIB_DAMAGED
    assert refusal(longest + "0") is Reason.TEXT_TOO_LONG


def test_inflation_is_bounded() -> None:
    full = bytes(LIMITS.inflated_bytes)
    assert read_text(spell(zlib.compress(full))) == full
    assert refusal(spell(zlib.compress(full + b"\0"))) is Reason.INFLATES_TOO_FAR


def test_streams_that_are_damaged() -> None:
    packed = zlib.compress(b"a credential", 0)
    assert refusal("") is Reason.ZLIB_DAMAGED
    assert refusal(spell(packed[:-1])) is Reason.ZLIB_DAMAGED
    assert refusal(spell(b"\0" + packed)) is Reason.ZLIB_DAMAGED
    assert refusal(spell(packed[:-1] + b"\0")) is Reason.ZLIB_DAMAGED


def test_streams_that_need_a_dictionary() -> None:
    deflater = zlib.compressobj(zdict=b"credential")
    packed = deflater.compress(b"a credential") + deflater.flush()
    assert refusal(spell(packed)) is Reason.ZLIB_DAMAGED


@given(st.binary(min_size=1, max_size=8))
def test_nothing_may_follow_the_stream(tail: bytes) -> None:
    packed = zlib.compress(b"a credential", 0)
    assert refusal(spell(packed + tail)) is Reason.ZLIB_TRAILING
