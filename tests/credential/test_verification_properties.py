"""Verification against whatever may be held before the camera."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import (
    BiometricReference,
    Claims,
    Coding,
    GateKnowledge,
    Hours,
    StatusList,
    StatusReference,
    VerifiedCredential,
    issue,
    issue_unsealed,
    new_issuer_key,
    new_zone_key,
    verify,
)
from ostiary.credential.claims import write_claims
from ostiary.credential.sealing import seal
from ostiary.credential.signing import sign
from ostiary.credential.text import read_base45, read_text, write_text
from ostiary.errors import CredentialError
from ostiary.reasons import Reason
from tests.owner import in_force, listed, trusted

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
AT: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)
URI: Final = "https://status.example/1"
DIMENSIONS: Final = 64
ZONES: Final = ("north", "south", "east", "west")


def drawn(label: str) -> Callable[[int], bytes]:
    count = iter(range(1 << 32))
    return lambda size: hashlib.shake_256(f"{label} {next(count)}".encode()).digest(
        size
    )


ISSUER = new_issuer_key("desk.example", drawn("issuer"))
KEYS = {
    zone: new_zone_key(zone, 0, AT - DAY, AT + 90 * DAY, drawn(zone)) for zone in ZONES
}
TRUSTED = trusted(ISSUER.public, AT - DAY, AT + DAY, ZONES)
TRUST = in_force(TRUSTED, *map(listed, KEYS.values()))
STATUS = StatusList("desk.example", URI, AT, AT + DAY, DAY, bytes(8), signer=TRUSTED)


def knowledge(zone: str = "north", *, unsafe: bool = False) -> GateKnowledge:
    return GateKnowledge(
        zone=zone,
        zone_keys=(KEYS[zone],),
        trust=TRUST,
        status_lists=(STATUS,),
        max_status_age=DAY,
        extractor="test/1",
        dimensions=DIMENSIONS,
        unsafe_accept_unsealed=unsafe,
        unsafe_accept_without_status=unsafe,
    )


def template(coding: Coding, seed: int) -> bytes:
    """Legal whatever the coding: every element is 1 or 2."""
    digest = hashlib.shake_256(str(seed).encode()).digest(DIMENSIONS)
    steps = [1 + byte % 2 for byte in digest]
    if coding is Coding.INT8:
        return bytes(steps)
    return bytes(
        high << 4 | low for high, low in zip(steps[::2], steps[1::2], strict=True)
    )


@st.composite
def good_claims(draw: st.DrawFn) -> Claims:
    """Claims that a gate takes at `AT`, a Monday noon."""
    zones = draw(st.lists(st.sampled_from(ZONES), min_size=1, unique=True))
    noon = Hours(frozenset({0}), 0, 1440)
    coding = draw(st.sampled_from(Coding))
    data = template(coding, draw(st.integers(0, 99)))
    reference = BiometricReference("test/1", coding, data)
    ago = draw(st.integers(0, 86_400))
    return Claims(
        issuer=ISSUER.name,
        zones=tuple(zones),
        issued_at=AT - timedelta(seconds=ago),
        not_before=AT - timedelta(seconds=draw(st.integers(0, 86_400))),
        expires_at=AT + timedelta(seconds=draw(st.integers(1, 89 * 86_400))),
        identifier=draw(st.binary(min_size=16, max_size=16)),
        status=StatusReference(URI, draw(st.integers(0, STATUS.size - 1))),
        hours=draw(st.dictionaries(st.sampled_from(zones), st.just((noon,)))),
        reference=draw(st.none() | st.just(reference)),
    )


CLAIMS = Claims(
    issuer=ISSUER.name,
    zones=("north",),
    issued_at=AT,
    not_before=AT,
    expires_at=AT + DAY,
    identifier=bytes(16),
    status=StatusReference(URI, 3),
    hours={"north": (Hours(frozenset({0}), 0, 1440),)},
    reference=BiometricReference("test/1", Coding.INT4, template(Coding.INT4, 1)),
)
TEXT = issue(CLAIMS, ISSUER, [KEYS["north"].public], drawn("text"))
SIGNED = bytes(sign(write_claims(CLAIMS), ISSUER))
GATE = knowledge()
UNSAFE_GATE = knowledge(unsafe=True)


def outcome(text: str, gate: GateKnowledge = GATE) -> VerifiedCredential | Reason:
    """Anything but a verdict or a CredentialError fails the test."""
    try:
        return verify(text, gate, AT)
    except CredentialError as error:
        return error.reason


def sealed(signed: bytes) -> str:
    keys = [KEYS["north"].public]
    return write_text(seal(bytearray(signed), keys, drawn("sealed")))


def spell(packed: bytes) -> str:
    """Base45 as RFC 9285 words it, without the library."""
    text = []
    for place in range(0, len(packed), 2):
        value = int.from_bytes(packed[place : place + 2])
        letters = len(packed[place : place + 2]) + 1
        text += [ALPHABET[value // 45**power % 45] for power in range(letters)]
    return "".join(text)


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """One byte changed, taken out or put in, or the end cut off or added to."""
    place = draw(st.integers(0, len(content) - 1))
    before, byte, after = content[:place], content[place], content[place + 1 :]
    return draw(
        st.sampled_from(
            [
                before + bytes([byte ^ draw(st.integers(1, 255))]) + after,
                before + after,
                before + bytes([draw(st.integers(0, 255)), byte]) + after,
                before,
                content + draw(st.binary(min_size=1, max_size=3)),
            ]
        ).filter(lambda changed: changed != content)
    )


@given(st.text(alphabet=ALPHABET, max_size=300) | st.text(max_size=50))
def test_no_random_text_is_a_pass(text: str) -> None:
    assert isinstance(outcome(text), Reason)
    assert isinstance(outcome(text, UNSAFE_GATE), Reason)


@given(st.binary(max_size=300))
def test_no_random_message_is_a_pass(message: bytes) -> None:
    assert isinstance(outcome(write_text(message), UNSAFE_GATE), Reason)
    assert isinstance(outcome(sealed(message)), Reason)


@given(st.integers(0, len(TEXT) - 1), st.sampled_from(ALPHABET))
def test_a_text_with_another_letter_is_no_other_pass(place: int, letter: str) -> None:
    text = TEXT[:place] + letter + TEXT[place + 1 :]
    found = outcome(text)
    assert isinstance(found, Reason) or read_text(text) == read_text(TEXT)


@given(damaged(read_base45(TEXT)))
def test_a_damaged_stream_is_no_other_pass(packed: bytes) -> None:
    """zlib's header and padding have spare bits; the message behind has none."""
    text = spell(packed)
    found = outcome(text)
    assert isinstance(found, Reason) or read_text(text) == read_text(TEXT)


@given(damaged(read_text(TEXT)))
def test_a_damaged_seal_is_no_pass(message: bytes) -> None:
    assert isinstance(outcome(write_text(message)), Reason)


@given(damaged(SIGNED))
def test_a_damaged_signature_is_no_pass_sealed_or_not(signed: bytes) -> None:
    assert isinstance(outcome(sealed(signed)), Reason)
    assert isinstance(outcome(write_text(signed), UNSAFE_GATE), Reason)


@given(damaged(bytes(write_claims(CLAIMS))))
def test_damaged_claims_are_refused_or_other_claims(payload: bytes) -> None:
    """Signed by the issuer itself, so some are passes; none is another exception."""
    outcome(sealed(bytes(sign(bytearray(payload), ISSUER))))


@pytest.mark.parametrize("bit", range(256))
def test_the_sender_has_one_spelling(bit: int) -> None:
    message = bytearray(read_text(TEXT))
    curve_and_length = b"\x20\x04\x21\x58\x20"  # -1: 4, -2: 32 bytes
    start = message.index(curve_and_length) + len(curve_and_length)
    message[start + bit // 8] ^= 1 << bit % 8
    assert isinstance(outcome(write_text(message)), Reason)


@given(good_claims())
def test_what_is_issued_is_verified_in_each_of_its_zones(claims: Claims) -> None:
    keys = [KEYS[zone].public for zone in claims.zones]
    text = issue(claims, ISSUER, keys, drawn("round trip"))
    for zone in ZONES:
        found = outcome(text, knowledge(zone))
        assert isinstance(found, Reason) is (zone not in claims.zones)
        if isinstance(found, VerifiedCredential):
            assert_same(found, claims)


@given(good_claims())
def test_the_unsealed_form_is_verified_by_an_unsafe_gate_only(claims: Claims) -> None:
    text = issue_unsealed(claims, ISSUER)
    zone = claims.zones[0]
    assert outcome(text, knowledge(zone)) is Reason.NOT_SEALED
    found = outcome(text, knowledge(zone, unsafe=True))
    assert isinstance(found, VerifiedCredential)
    assert_same(found, claims)


def assert_same(verified: VerifiedCredential, claims: Claims) -> None:
    assert verified.issuer == claims.issuer
    assert verified.issuer == claims.issuer
    assert (verified.reference is None) == (claims.reference is None)
    if verified.reference is not None:
        assert np.linalg.norm(verified.reference.values) == pytest.approx(1, abs=1e-5)
