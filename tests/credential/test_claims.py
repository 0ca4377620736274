"""Claims on the wire: what is written, what is read, what is refused as what."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import (
    BiometricReference,
    Claims,
    Coding,
    Hours,
    StatusReference,
)
from ostiary.credential.cbor import Encodable, Key, encode
from ostiary.credential.claims import read_claims, write_claims
from ostiary.credential.limits import LIMITS
from ostiary.errors import CredentialError
from ostiary.reasons import Reason

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CLAIMS = Claims(
    issuer="desk.example",
    zones=("north",),
    issued_at=AT,
    not_before=AT,
    expires_at=AT + DAY,
    identifier=bytes(range(16)),
    status=StatusReference("https://status.example/1", 4711),
    hours={"north": (Hours(frozenset({0, 6}), 480, 1440),)},
    reference=BiometricReference("test/1", Coding.INT4, b"\x12\x34"),
)
FACE: dict[Key, Encodable] = {0: b"\x12\x34", 1: 1, 2: 100, 3: "test/1/int4"}
WIRE: dict[Key, Encodable] = {
    1: "desk.example",
    3: "north",
    4: 1_780_401_600,
    5: 1_780_315_200,
    6: 1_780_315_200,
    7: bytes(range(16)),
    169: {62: [FACE]},
    65535: {"status_list": {"idx": 4711, "uri": "https://status.example/1"}},
    -65537: {"north": [[0b1000001, 480, 1440]]},
}

names = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1
).filter(lambda name: name.isprintable() and len(name.encode()) <= 40)
moments = st.integers(0, 4_000_000_000)
windows = st.builds(
    lambda days, ends: Hours(frozenset(days), min(ends), max(ends)),
    st.sets(st.integers(0, 6), min_size=1),
    st.sets(st.integers(0, 1440), min_size=2, max_size=2),
)
references = st.builds(
    BiometricReference,
    names,
    st.sampled_from(Coding),
    st.binary(min_size=1, max_size=300),
)


@st.composite
def any_claims(draw: st.DrawFn) -> Claims:
    zones = draw(st.lists(names, max_size=4, unique=True))
    hours = st.lists(windows, min_size=1, max_size=14).map(tuple)
    start, end = sorted(draw(st.sets(moments, min_size=2, max_size=2)))
    uris = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
    return Claims(
        issuer=draw(names),
        zones=tuple(zones),
        issued_at=datetime.fromtimestamp(draw(moments), UTC),
        not_before=datetime.fromtimestamp(start, UTC),
        expires_at=datetime.fromtimestamp(end, UTC),
        identifier=draw(st.binary(min_size=16, max_size=16)),
        status=draw(
            st.none()
            | st.builds(
                StatusReference, uris, st.integers(0, 8 * LIMITS.status_list_bytes - 1)
            )
        ),
        hours=draw(st.dictionaries(st.sampled_from(zones), hours)) if zones else {},
        reference=draw(st.none() | references),
    )


def read(wire: Mapping[Key, Encodable]) -> Claims:
    return read_claims(memoryview(encode(wire)))


def refusal(wire: Mapping[Key, Encodable]) -> Reason:
    with pytest.raises(CredentialError) as refused:
        read(wire)
    return refused.value.reason


def test_claims_are_laid_out_as_specified() -> None:
    assert cbor2.loads(bytes(write_claims(CLAIMS))) == WIRE
    assert read(WIRE) == CLAIMS


@given(any_claims())
def test_what_is_written_is_read_again(claims: Claims) -> None:
    assert read_claims(memoryview(write_claims(claims))) == claims


def test_a_faceless_pass_holds_a_version_and_nothing_else() -> None:
    claims = replace(CLAIMS, reference=None)
    assert cbor2.loads(bytes(write_claims(claims)))[169] == {2: "1"}
    assert read(WIRE | {169: {2: "1"}}).reference is None


def test_both_published_forms_of_the_face_are_read() -> None:
    assert read(WIRE | {169: {62: FACE}}) == CLAIMS
    assert read(WIRE | {169: encode({62: [FACE]})}) == CLAIMS


def test_the_reference_stays_in_the_buffer_that_was_read() -> None:
    buffer = encode(WIRE)
    reference = read_claims(memoryview(buffer)).reference
    assert reference is not None
    assert isinstance(reference.data, memoryview)
    assert reference.data.obj is buffer


@pytest.mark.parametrize("claim", [1, 4, 5, 6, 7, 169])
def test_every_claim_that_must_be_there_is_missed(claim: int) -> None:
    wire = {key: value for key, value in WIRE.items() if key != claim}
    assert refusal(wire) is Reason.CLAIMS_MALFORMED


@pytest.mark.parametrize(
    "change",
    [
        {2: "subject"},
        {"name": 1},
        {1: ""},
        {1: 1},
        {3: ""},
        {3: []},
        {3: ["north"]},
        {3: ["north", "north"]},
        {3: ["north", 1]},
        {3: ["a", "b", "c", "d", "e"]},
        {4: 1_780_315_200},
        {4: -1},
        {6: 1 << 63},
        {7: bytes(15)},
        {7: "0123456789abcdef"},
        {65535: {}},
        {65535: {"status_list": {"idx": -1, "uri": "u"}}},
        {65535: {"status_list": {"idx": 1 << 40, "uri": "u"}}},
        {65535: {"status_list": {"idx": 1, "uri": "u u"}}},
        {65535: {"status_list": {"idx": 1, "uri": "u", "x": 1}}},
        {65535: {"status_list": {"idx": 1, "uri": "u"}, "x": 1}},
        {-65537: {}},
        {-65537: []},
        {-65537: {1: [[1, 0, 1]]}},
        {-65537: {"south": [[1, 0, 1]]}},
        {-65537: {"north": []}},
        {-65537: {"north": 1}},
        {-65537: {"north": [[1, 0, 1]] * 15}},
        {-65537: {"north": [[0, 0, 1]]}},
        {-65537: {"north": [[128, 0, 1]]}},
        {-65537: {"north": [[1, 1, 1]]}},
        {-65537: {"north": [[1, -1, 1]]}},
        {-65537: {"north": [[1, 0, 1441]]}},
        {-65537: {"north": [[1, 0]]}},
        {-65537: {"north": [b"\x01\x00\x01"]}},
        {169: {}},
        {169: 7},
        {169: {2: "2"}},
        {169: {2: "1", 62: [FACE]}},
        {169: {4: "A Name", 62: [FACE]}},
        {169: {16: b"a photograph"}},
    ],
)
def test_claims_with_anything_wrong_are_refused(change: dict[Key, Encodable]) -> None:
    assert refusal(WIRE | change) is Reason.CLAIMS_MALFORMED


@pytest.mark.parametrize("payload", [1, "x", b"x", [1]])
def test_claims_are_a_map(payload: Encodable) -> None:
    with pytest.raises(CredentialError) as refused:
        read_claims(memoryview(encode(payload)))
    assert refused.value.reason is Reason.CLAIMS_MALFORMED


@pytest.mark.parametrize(
    ("face", "reason"),
    [
        (1, Reason.REFERENCE_MALFORMED),
        ([], Reason.REFERENCE_MALFORMED),
        ([FACE, FACE], Reason.REFERENCE_MALFORMED),
        ([FACE | {4: 1}], Reason.REFERENCE_MALFORMED),
        ([{0: b"x", 1: 1, 2: 100}], Reason.REFERENCE_MALFORMED),
        ([FACE | {0: "text"}], Reason.REFERENCE_MALFORMED),
        ([FACE | {0: b""}], Reason.REFERENCE_MALFORMED),
        ([FACE | {0: bytes(1025)}], Reason.REFERENCE_MALFORMED),
        ([FACE | {3: "/int4"}], Reason.REFERENCE_MALFORMED),
        ([FACE | {1: 0}], Reason.REFERENCE_INCOMPATIBLE),
        ([FACE | {2: 101}], Reason.REFERENCE_INCOMPATIBLE),
        ([FACE | {3: "test/1/float"}], Reason.REFERENCE_INCOMPATIBLE),
        ([FACE | {3: "int4"}], Reason.REFERENCE_MALFORMED),
    ],
)
def test_a_face_with_anything_wrong_has_its_reason(
    face: Encodable, reason: Reason
) -> None:
    assert refusal(WIRE | {169: {62: face}}) is reason


def test_identity_data_in_a_byte_string_are_read_as_strictly() -> None:
    assert refusal(WIRE | {169: b"\xa1\x02"}) is Reason.CBOR_TRUNCATED
    assert refusal(WIRE | {169: b"\xa1\x02\x611\x00"}) is Reason.CBOR_TRAILING


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-06-01T07:59:59+02:00", False),
        ("2026-06-01T08:00:00+02:00", True),
        ("2026-06-01T23:59:59-11:00", True),
        ("2026-06-02T08:00:00+00:00", False),
        ("2026-06-07T08:00:00+00:00", True),
    ],
)
def test_hours_are_read_on_the_clock_that_is_given(at: str, *, expected: bool) -> None:
    moment = datetime.fromisoformat(at)
    assert CLAIMS.allow_hour("north", moment) is expected
    assert CLAIMS.allow_hour("south", moment)


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": ""},
        {"zones": ("north", "north")},
        {"zones": ("a", "b", "c", "d", "e"), "hours": {}},
        {"zones": ("",), "hours": {}},
        {"identifier": bytes(8)},
        {"expires_at": AT},
        {"issued_at": AT.replace(tzinfo=None)},
        {"not_before": AT.replace(microsecond=1)},
        {"hours": {"south": CLAIMS.hours["north"]}},
        {"hours": {"north": ()}},
        {"hours": {"north": CLAIMS.hours["north"] * 15}},
    ],
)
def test_claims_have_limits(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"name|zone|identifier|window|moment|hours"):
        replace(CLAIMS, **change)


@pytest.mark.parametrize(
    ("weekdays", "start", "end"),
    [([], 0, 1), ([7], 0, 1), ([0], 1, 1), ([0], -1, 1), ([0], 0, 1441)],
)
def test_hours_have_limits(weekdays: list[int], start: int, end: int) -> None:
    with pytest.raises(ValueError, match=r"weekdays|window"):
        Hours(frozenset(weekdays), start, end)


def test_no_representation_shows_identifier_or_template() -> None:
    shown = repr(CLAIMS)
    assert "identifier" not in shown
    assert "data" not in shown
