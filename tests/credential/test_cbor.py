"""The strict CBOR reader and writer, with cbor2 as the oracle."""

from typing import Any, TypeAlias

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential.cbor import Encodable, Tagged, Value, decode, encode
from ostiary.credential.limits import LIMITS
from ostiary.erasure import overwrite
from ostiary.errors import MalformedError
from ostiary.reasons import Reason

Plain: TypeAlias = Any  # the oracle's values: int, str, bytes, list, dict

INTEGERS = st.integers(-(1 << 64), (1 << 64) - 1)
LEAVES = INTEGERS | st.text() | st.binary()


def containing(elements: st.SearchStrategy[Plain]) -> st.SearchStrategy[Plain]:
    keys = INTEGERS | st.text()
    return (
        elements
        | st.lists(elements, max_size=4)
        | st.dictionaries(keys, elements, max_size=4)
    )


VALUES = containing(containing(containing(LEAVES)))


def plain(value: Value) -> Plain:
    """A value as cbor2 would return it."""
    match value:
        case memoryview():
            return bytes(value)
        case list():
            return [plain(element) for element in value]
        case dict():
            return {key: plain(element) for key, element in value.items()}
        case Tagged():
            raise AssertionError("tags are compared by themselves")
        case _:
            return value


def reencode(value: Value) -> bytes:
    """The one encoding of a value; the writer itself puts tags outermost only."""
    match value:
        case Tagged():
            head = encode(0, tag=value.number)[:-1]
            return bytes(head) + reencode(value.content)
        case list():
            body = b"".join(reencode(element) for element in value)
            return bytes(encode([0] * len(value)))[: -len(value) or None] + body
        case dict():
            head = encode(dict.fromkeys(range(len(value)), 0))
            start = len(encode([0] * len(value))) - len(value)
            body = b"".join(
                bytes(encode(key)) + reencode(element) for key, element in value.items()
            )
            return bytes(head[:start]) + body
        case _:
            return bytes(encode(value))


def outcome(data: bytes | bytearray) -> Value | Reason:
    try:
        return decode(data)
    except MalformedError as error:
        return error.reason


@given(VALUES)
def test_what_is_written_is_read_again_by_both(value: Plain) -> None:
    encoded = bytes(encode(value))
    assert plain(decode(encoded)) == value
    assert cbor2.loads(encoded) == value


ORDERED_ALIKE = st.recursive(
    LEAVES,
    lambda elements: (
        st.lists(elements, max_size=4)
        | st.dictionaries(st.integers(0, (1 << 64) - 1), elements, max_size=4)
        | st.dictionaries(st.text(), elements, max_size=4)
    ),
    max_leaves=8,
)
"""cbor2 orders keys by length first (RFC 7049); within one type that is our order."""


@given(ORDERED_ALIKE)
def test_both_write_the_same(value: Plain) -> None:
    assert encode(value) == cbor2.dumps(value, canonical=True)


@given(st.binary(max_size=40))
def test_whatever_is_read_has_no_other_encoding(data: bytes) -> None:
    value = outcome(data)
    if isinstance(value, Reason):
        assert value.startswith("cbor-")
    else:
        assert reencode(value) == data


@given(VALUES, st.data())
def test_a_mutation_is_refused_or_is_another_canonical_value(
    value: Plain, data: st.DataObject
) -> None:
    encoded = bytearray(encode(value))
    place = data.draw(st.integers(0, len(encoded) - 1))
    encoded[place] ^= data.draw(st.integers(1, 255))
    read = outcome(encoded)
    assert isinstance(read, Reason) or reencode(read) == encoded


@given(VALUES, st.data())
def test_nothing_cut_and_nothing_appended_is_read(
    value: Plain, data: st.DataObject
) -> None:
    encoded = bytes(encode(value))
    cut = data.draw(st.integers(0, len(encoded) - 1))
    assert outcome(encoded[:cut]) is Reason.CBOR_TRUNCATED
    tail = data.draw(st.binary(min_size=1, max_size=4))
    assert outcome(encoded + tail) is Reason.CBOR_TRAILING


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", Reason.CBOR_TRUNCATED),
        ("19ff", Reason.CBOR_TRUNCATED),
        ("5bffffffffffffffff", Reason.CBOR_TRUNCATED),
        ("9bffffffffffffffff00", Reason.CBOR_TRUNCATED),
        ("0000", Reason.CBOR_TRAILING),
        ("5f4100ff", Reason.CBOR_INDEFINITE),
        ("bfff", Reason.CBOR_INDEFINITE),
        ("ff", Reason.CBOR_INDEFINITE),
        ("1817", Reason.CBOR_NOT_CANONICAL),
        ("1900ff", Reason.CBOR_NOT_CANONICAL),
        ("1a0000ffff", Reason.CBOR_NOT_CANONICAL),
        ("1b00000000ffffffff", Reason.CBOR_NOT_CANONICAL),
        ("a220000100", Reason.CBOR_NOT_CANONICAL),
        ("a201000100", Reason.CBOR_DUPLICATE_KEY),
        ("a3010002000100", Reason.CBOR_DUPLICATE_KEY),
        ("81" * 9 + "00", Reason.CBOR_TOO_DEEP),
        ("c1" * 9 + "00", Reason.CBOR_TOO_DEEP),
        ("990400" + "00" * 1024, Reason.CBOR_TOO_MANY),
        ("9903ff" + "a0" * 1024, Reason.CBOR_TRAILING),
        ("1c", Reason.CBOR_UNSUPPORTED),
        ("f4", Reason.CBOR_UNSUPPORTED),
        ("f6", Reason.CBOR_UNSUPPORTED),
        ("f93c00", Reason.CBOR_UNSUPPORTED),
        ("61ff", Reason.CBOR_UNSUPPORTED),
        ("a14100f5", Reason.CBOR_UNSUPPORTED),
        ("a1810000", Reason.CBOR_UNSUPPORTED),
    ],
)
def test_each_way_of_breaking_the_subset_has_its_reason(
    data: str, reason: Reason
) -> None:
    assert outcome(bytes.fromhex(data)) is reason


def test_nesting_is_read_up_to_the_limit() -> None:
    value = decode(b"\x81" * LIMITS.cbor_depth + b"\x00")
    assert reencode(value) == b"\x81" * LIMITS.cbor_depth + b"\x00"


def test_tags_are_read_and_written() -> None:
    assert decode(encode([1], tag=96)) == Tagged(96, [1])
    assert decode(b"\xd8\x3d\xd2\x01") == Tagged(61, Tagged(18, 1))


def test_nil_is_written_for_the_key_derivation_context_only() -> None:
    assert encode([None, 1]) == b"\x82\xf6\x01"
    assert outcome(b"\x82\xf6\x01") is Reason.CBOR_UNSUPPORTED


def test_byte_strings_are_views_that_vanish_with_their_buffer() -> None:
    buffer = encode({1: b"template", 2: [b"again"]})
    value = decode(buffer)
    assert isinstance(value, dict)
    view, again = value[1], value[2]
    assert isinstance(again, list)
    overwrite(buffer)
    assert plain(view) == bytes(8)
    assert plain(again) == [bytes(5)]


@pytest.mark.parametrize("value", [1 << 64, -(1 << 64) - 1, "\ud800"])
def test_what_the_subset_cannot_hold_is_not_written(value: Encodable) -> None:
    with pytest.raises(ValueError, match=r"64 bits|surrogates"):
        encode(value)
