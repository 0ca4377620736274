"""Status lists: written, signed, read, and refused in every other shape."""

import hashlib
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import (
    Entry,
    LifeCycle,
    StatusList,
    new_issuer_key,
    read_status_list,
    sign_status_list,
)
from ostiary.credential.cbor import Encodable, Key, encode
from ostiary.credential.limits import LIMITS
from ostiary.credential.signing import sign
from ostiary.errors import StatusError, TrustListError
from ostiary.reasons import Reason
from ostiary.storage.register import MAX_SIZE
from tests.owner import in_force, trusted

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ISSUER = new_issuer_key("desk.example", lambda size: b"\x01" * size)
STRANGER = new_issuer_key("desk.example", lambda size: b"\x02" * size)
TRUST = in_force(trusted(ISSUER.public, AT - DAY, AT + DAY, ()))
LIST = StatusList(
    issuer="desk.example",
    uri="https://status.example/1",
    issued_at=AT,
    expires_at=AT + 30 * DAY,
    ttl=timedelta(hours=12),
    bits=b"\x01\x80\x00",
)
TOKEN = sign_status_list(LIST, ISSUER)

HEADERS: dict[Key, Encodable] = {16: "application/statuslist+cwt"}
CLAIMS: dict[Key, Encodable] = {
    2: LIST.uri,
    4: int(LIST.expires_at.timestamp()),
    6: int(LIST.issued_at.timestamp()),
    65533: {"bits": 1, "lst": zlib.compress(LIST.bits)},
    65534: 43_200,
}


def token(changes: dict[Key, Encodable], headers: dict[Key, Encodable]) -> bytes:
    claims = {
        label: value for label, value in (CLAIMS | changes).items() if value is not None
    }
    return bytes(sign(encode(claims), ISSUER, headers))


@given(st.binary(min_size=1, max_size=200), st.integers(1, 10**6))
def test_a_signed_list_is_read_again(bits: bytes, ttl: int) -> None:
    status = replace(LIST, bits=bits, ttl=timedelta(seconds=ttl))
    assert read_status_list(sign_status_list(status, ISSUER), TRUST, AT) == status


def test_the_token_is_laid_out_as_specified() -> None:
    assert read_status_list(token({}, HEADERS), TRUST, AT) == LIST


def test_bits_count_from_the_least_significant() -> None:
    revoked = [index for index in range(LIST.size) if LIST.is_revoked(index)]
    assert revoked == [0, 15]
    assert LIST.size == 24


@pytest.mark.parametrize("index", [-1, 24, 1 << 40])
def test_a_list_does_not_speak_of_what_lies_outside(index: int) -> None:
    with pytest.raises(StatusError) as refused:
        LIST.is_revoked(index)
    assert refused.value.reason is Reason.STATUS_INVALID


@pytest.mark.parametrize(
    "changes",
    [
        {2: None},
        {2: "with space"},
        {4: None},
        {4: 0},
        {6: None},
        {6: -1},
        {6: 1 << 63},
        {65533: {"bits": 2, "lst": zlib.compress(b"\0")}},
        {65533: {"bits": 1}},
        {65533: {"bits": 1, "lst": b"junk"}},
        {65533: {"bits": 1, "lst": zlib.compress(b"")}},
        {65533: {"bits": 1, "lst": zlib.compress(b"\0")[:-1]}},
        {65533: {"bits": 1, "lst": zlib.compress(b"\0") + b"\0"}},
        {65533: {"bits": 1, "lst": zlib.compress(b"\0"), "aggregation_uri": "x"}},
        {65534: None},
        {65534: 0},
        {65534: -1},
        {65534: 1 << 63},
        {1: "desk.example"},
    ],
)
def test_a_token_with_anything_wrong_is_refused(
    changes: dict[Key, Encodable],
) -> None:
    with pytest.raises(TrustListError):
        read_status_list(token(changes, HEADERS), TRUST, AT)


@pytest.mark.parametrize(
    "headers", [{}, {16: "application/statuslist+jwt"}, HEADERS | {2: [16]}]
)
def test_a_token_says_what_it_is(headers: dict[Key, Encodable]) -> None:
    with pytest.raises(TrustListError):
        read_status_list(token({}, headers), TRUST, AT)


def test_inflation_is_bounded() -> None:
    bits = zlib.compress(bytes(LIMITS.status_list_bytes + 1))
    changes: dict[Key, Encodable] = {65533: {"bits": 1, "lst": bits}}
    with pytest.raises(TrustListError, match="inflates"):
        read_status_list(token(changes, HEADERS), TRUST, AT)


def test_tokens_are_bounded() -> None:
    with pytest.raises(TrustListError, match="longer"):
        read_status_list(bytes(LIMITS.status_token_bytes + 1), TRUST, AT)


def test_a_list_that_does_not_compress_may_be_too_long() -> None:
    noise = hashlib.shake_256(b"").digest(LIMITS.status_token_bytes)
    with pytest.raises(ValueError, match="at most"):
        sign_status_list(replace(LIST, bits=noise), ISSUER)


@pytest.mark.parametrize("size", [10_000_000, MAX_SIZE])
def test_a_list_of_millions_that_does_not_compress_is_read_again(size: int) -> None:
    bits = hashlib.shake_256(b"").digest(size // 8)
    read = read_status_list(
        sign_status_list(replace(LIST, bits=bits), ISSUER), TRUST, AT
    )
    assert read.size == size
    assert read.bits == bits


def test_only_a_trusted_issuer_is_believed() -> None:
    with pytest.raises(TrustListError, match="no issuer"):
        read_status_list(sign_status_list(LIST, STRANGER), TRUST, AT)
    with pytest.raises(TrustListError, match="no issuer"):
        read_status_list(TOKEN, in_force(), AT)
    with pytest.raises(TrustListError, match="did not count"):
        read_status_list(TOKEN, TRUST, AT + DAY)


def test_a_key_that_is_ending_still_signs_lists() -> None:
    ending = in_force(
        Entry(ISSUER.public, LifeCycle(AT - 2 * DAY, AT - DAY, AT + 2 * DAY))
    )
    assert read_status_list(TOKEN, ending, AT + DAY) == LIST
    new = in_force(Entry(ISSUER.public, LifeCycle.between(AT + DAY, AT + 2 * DAY)))
    with pytest.raises(TrustListError, match="did not count"):
        read_status_list(TOKEN, new, AT + DAY)


def test_the_name_is_the_signers() -> None:
    with pytest.raises(ValueError, match="own"):
        sign_status_list(replace(LIST, issuer="fair.example"), ISSUER)


@given(st.data())
def test_one_changed_byte_is_refused(data: st.DataObject) -> None:
    changed = bytearray(TOKEN)
    place = data.draw(st.integers(0, len(changed) - 1))
    changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(TrustListError):
        read_status_list(bytes(changed), TRUST, AT)


@given(st.binary(max_size=60))
def test_junk_is_refused(data: bytes) -> None:
    with pytest.raises(TrustListError):
        read_status_list(data, TRUST, AT)


def test_the_time_of_reading_carries_its_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        read_status_list(TOKEN, TRUST, AT.replace(tzinfo=None))


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": ""},
        {"uri": ""},
        {"uri": "é"},
        {"uri": "u" * 257},
        {"expires_at": AT},
        {"issued_at": AT.replace(microsecond=5)},
        {"ttl": timedelta(0)},
        {"ttl": timedelta(milliseconds=1500)},
        {"bits": b""},
        {"bits": bytes(LIMITS.status_list_bytes + 1)},
    ],
)
def test_lists_have_limits(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"name|address|window|moment|live|bits"):
        replace(LIST, **change)
