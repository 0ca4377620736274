"""Signatures beside files: what is changed, of another kind or gate, is refused."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import (
    FileKind,
    SettingsKey,
    new_settings_key,
    read_file_signature,
    sign_file,
)
from ostiary.errors import TrustListError

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = new_settings_key("owner", lambda size: b"\x01" * size)
OTHER = new_settings_key("owner", lambda size: b"\x02" * size)
FILE = b'zone = "north"\n'
CONFIGURATION, CALIBRATION = FileKind.CONFIGURATION, FileKind.CALIBRATION

SIGNATURE = sign_file(FILE, CONFIGURATION, None, NOW, KEY)
FOR_NORTH = sign_file(FILE, CONFIGURATION, "north-door", NOW, KEY)


def test_a_file_as_it_was_signed_is_accepted() -> None:
    signature = read_file_signature(FOR_NORTH)
    assert signature.signed_at == NOW
    assert signature.gate == "north-door"
    checked = signature.check(
        FILE, CONFIGURATION, "north-door", [OTHER.public, KEY.public]
    )
    assert checked == KEY.public


@pytest.mark.parametrize("gate", [None, "north-door"])
def test_a_file_for_any_gate_is_accepted_by_each(gate: str | None) -> None:
    signature = read_file_signature(SIGNATURE)
    assert signature.check(FILE, CONFIGURATION, gate, [KEY.public]) == KEY.public


@pytest.mark.parametrize(
    ("signature", "read", "keys", "told"),
    [
        (SIGNATURE, (FILE + b" ", CONFIGURATION, None), [KEY], "changed"),
        (SIGNATURE, (b"", CONFIGURATION, None), [KEY], "changed"),
        (SIGNATURE, (FILE, CALIBRATION, None), [KEY], "signed as"),
        (FOR_NORTH, (FILE, CONFIGURATION, "south-door"), [KEY], "for the gate"),
        (FOR_NORTH, (FILE, CONFIGURATION, None), [KEY], "for the gate"),
        (SIGNATURE, (FILE, CONFIGURATION, None), [OTHER], "may sign settings"),
        (SIGNATURE, (FILE, CONFIGURATION, None), [], "may sign settings"),
    ],
)
def test_a_signature_of_anything_else_is_refused(
    signature: bytes,
    read: tuple[bytes, FileKind, str | None],
    keys: list[SettingsKey],
    told: str,
) -> None:
    with pytest.raises(TrustListError, match=told):
        read_file_signature(signature).check(*read, [key.public for key in keys])


def test_the_signature_is_a_detached_cose_sign1() -> None:
    message = cbor2.loads(FOR_NORTH)
    assert message.tag == 18
    protected, unprotected, content, signature = message.value
    assert (unprotected, content) == ({}, None)
    assert cbor2.loads(protected) == {
        1: -8,
        3: "application/ostiary-configuration+toml",
        4: KEY.identifier,
        15: {3: "north-door", 6: int(NOW.timestamp())},
    }
    signed = cbor2.dumps(["Signature1", protected, b"", FILE])
    KEY.key.public_key().verify(signature, signed)


def rewritten(header: object, *, after: bytes = b"\xa0\xf6\x58\x40") -> bytes:
    protected = cbor2.dumps(header, canonical=True)
    return b"\xd2\x84" + cbor2.dumps(protected) + after + bytes(64)


HEADER = {1: -8, 3: CONFIGURATION.value, 4: KEY.identifier, 15: {6: 0}}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xd2\x84",
        SIGNATURE[:-1],
        SIGNATURE + b"\x00",
        SIGNATURE[1:],
        b"\xd2" + SIGNATURE,
        b"\x00" * 600,
        rewritten({**HEADER, 1: -7}),
        rewritten({**HEADER, 1: -19}),
        rewritten({**HEADER, 3: "text/plain"}),
        rewritten({**HEADER, 3: 42}),
        rewritten({**HEADER, 4: b"short"}),
        rewritten({**HEADER, 15: {}}),
        rewritten({**HEADER, 15: {6: -1}}),
        rewritten({**HEADER, 15: {6: 0, 3: ""}}),
        rewritten({**HEADER, 15: {6: 0, 3: 7}}),
        rewritten({**HEADER, 15: {6: 0, 4: 9}}),
        rewritten({**HEADER, 16: "more"}),
        rewritten([]),
        rewritten(HEADER, after=b"\xa0\x40\x58\x40"),
        rewritten(HEADER, after=b"\xa1\xf6\x58\x40"),
        b"\xd2\x84\xa0\xa0\xf6\x58\x40" + bytes(64),
    ],
)
def test_anything_but_what_is_written_is_refused(data: bytes) -> None:
    with pytest.raises(TrustListError):
        read_file_signature(data)


def test_the_header_that_these_tests_change_is_one_that_is_read() -> None:
    assert read_file_signature(rewritten(HEADER)).gate is None


@given(st.binary(max_size=200))
def test_only_the_documented_error_comes_of_any_bytes(noise: bytes) -> None:
    for data in (noise, b"\xd2\x84" + noise + SIGNATURE[-68:]):
        with suppress(TrustListError):
            read_file_signature(data)


@given(st.integers(0, 8 * len(FOR_NORTH) - 1))
def test_no_bit_of_a_signature_can_be_changed(bit: int) -> None:
    changed = bytearray(FOR_NORTH)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(TrustListError):
        read_file_signature(bytes(changed)).check(
            FILE, CONFIGURATION, "north-door", [KEY.public]
        )


@given(
    st.binary(max_size=50),
    st.sampled_from(FileKind),
    st.none() | st.from_regex(r"[a-z][a-z-]{0,30}[a-z]", fullmatch=True),
    st.integers(0, 10**9),
)
def test_what_is_written_is_read(
    content: bytes, kind: FileKind, gate: str | None, seconds: int
) -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    read = read_file_signature(sign_file(content, kind, gate, at, KEY))
    assert (read.kind, read.gate, read.signed_at) == (kind, gate, at)
    read.check(content, kind, gate, [KEY.public])


@pytest.mark.parametrize("gate", ["", " north", "x" * 100])
def test_a_gate_has_a_name(gate: str) -> None:
    with pytest.raises(ValueError, match="name"):
        sign_file(FILE, CONFIGURATION, gate, NOW, KEY)
