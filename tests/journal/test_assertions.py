"""Assertions: those that hold, and each way in which one does not, by its name."""

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import cbor
from ostiary.errors import JournalError
from ostiary.journal import (
    Assertion,
    AssertionFault,
    KeyAlgorithm,
    ManualOpening,
    Opening,
    OpeningReason,
    OpeningRules,
    UserCheck,
    judge_assertion,
    read_cose_key,
)
from tests.authenticator import (
    IS_SYNCED,
    MAY_BE_SYNCED,
    ORIGIN,
    PARTY,
    PRESENT,
    VERIFIED,
    Authenticator,
)
from tests.conftest import NOW

RULES = OpeningRules(NOW, PARTY, (ORIGIN,), UserCheck.VERIFIED, 6, 0)
LATER = NOW + timedelta(days=365)


def opening_of(key: Authenticator, gate: str = "north") -> Opening:
    return Opening(NOW, gate, OpeningReason.ACCESSIBILITY, key.attendant, bytes(32))


def fault(
    key: Authenticator,
    opened: ManualOpening,
    rules: OpeningRules = RULES,
    counted: int = 0,
) -> AssertionFault | None:
    challenge, said = opened.opening.challenge, opened.assertion
    return judge_assertion(challenge, said, key.added(NOW, LATER), rules, counted).fault


@pytest.mark.parametrize("algorithm", KeyAlgorithm)
def test_an_answer_for_this_opening_holds(algorithm: KeyAlgorithm) -> None:
    key = Authenticator(b"ada", algorithm=algorithm)
    opened = key.open(opening_of(key))
    challenge, said = opened.opening.challenge, opened.assertion
    judged = judge_assertion(challenge, said, key.added(NOW, LATER), RULES, 0)
    assert (judged.fault, judged.counter) == (None, 1)


def test_an_answer_for_another_entry_or_gate_is_refused() -> None:
    key = Authenticator(b"ada")
    opened = key.open(opening_of(key))
    moved = replace(opened, opening=opening_of(key, "south"))
    assert fault(key, moved) is AssertionFault.CHALLENGE
    later = replace(opened.opening, at=NOW + timedelta(seconds=1))
    assert fault(key, replace(opened, opening=later)) is AssertionFault.CHALLENGE


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"type": "webauthn.create"}, AssertionFault.TYPE),
        ({"type": 1}, AssertionFault.CLIENT_DATA),
        ({"challenge": "AAAA"}, AssertionFault.CLIENT_DATA),
        ({"origin": "https://gate.example.evil"}, AssertionFault.ORIGIN),
        ({"origin": "http://gate.example"}, AssertionFault.ORIGIN),
        ({"crossOrigin": True}, AssertionFault.CROSS_ORIGIN),
        ({"crossOrigin": "false"}, AssertionFault.CROSS_ORIGIN),
        ({"topOrigin": ORIGIN}, AssertionFault.CROSS_ORIGIN),
    ],
)
def test_what_the_browser_said_is_checked(
    said: dict[str, object], expected: AssertionFault
) -> None:
    key = Authenticator(b"ada")
    assert fault(key, key.open(opening_of(key), said=said)) is expected


def test_what_browsers_add_is_passed_over() -> None:
    key = Authenticator(b"ada")
    hint = "do not compare clientDataJSON against a template"
    assert fault(key, key.open(opening_of(key), said={"other_keys": hint})) is None


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (VERIFIED, AssertionFault.NOT_PRESENT),
        (PRESENT, AssertionFault.NOT_VERIFIED),
        (PRESENT | VERIFIED | IS_SYNCED, AssertionFault.AUTHENTICATOR_DATA),
        (PRESENT | VERIFIED | 0x40, AssertionFault.AUTHENTICATOR_DATA),
        (PRESENT | VERIFIED | 0x80, AssertionFault.AUTHENTICATOR_DATA),
        (PRESENT | VERIFIED | MAY_BE_SYNCED | IS_SYNCED, None),
    ],
)
def test_what_the_authenticator_said_is_checked(
    flags: int, expected: AssertionFault | None
) -> None:
    key = Authenticator(b"ada")
    assert fault(key, key.open(opening_of(key), flags=flags)) is expected


def test_presence_suffices_where_the_rules_say_so() -> None:
    key = Authenticator(b"ada")
    rules = replace(RULES, user=UserCheck.PRESENT)
    assert fault(key, key.open(opening_of(key), flags=PRESENT), rules) is None


def test_another_party_and_trailing_data_are_refused() -> None:
    key = Authenticator(b"ada")
    other = key.open(opening_of(key), party="other.example")
    assert fault(key, other) is AssertionFault.RELYING_PARTY
    longer = key.open(opening_of(key), extra=b"x")
    assert fault(key, longer) is AssertionFault.AUTHENTICATOR_DATA


@pytest.mark.parametrize("algorithm", KeyAlgorithm)
def test_anothers_signature_is_refused(algorithm: KeyAlgorithm) -> None:
    ada = Authenticator(b"ada", algorithm=algorithm)
    eve = Authenticator(b"eve", algorithm=algorithm)
    assert fault(ada, eve.open(opening_of(ada))) is AssertionFault.SIGNATURE


@pytest.mark.parametrize(
    ("before", "now", "cloned"),
    [
        (0, 0, False),
        (0, 1, False),
        (1, 2, False),
        (2, 2, True),
        (3, 2, True),
        (1, 0, True),
    ],
)
def test_a_counter_grows_or_is_none(before: int, now: int, *, cloned: bool) -> None:
    key = Authenticator(b"ada", counter=now - 1 if now else None)
    found = fault(key, key.open(opening_of(key)), counted=before)
    assert found is (AssertionFault.CLONED if cloned else None)


@given(
    which=st.sampled_from(["authenticator_data", "client_data", "signature"]),
    place=st.integers(0, 10**6),
    bit=st.integers(0, 7),
)
def test_no_bit_of_an_assertion_can_be_changed(
    which: str, place: int, bit: int
) -> None:
    key = Authenticator(b"ada")
    opened = key.open(opening_of(key))
    data = bytearray(getattr(opened.assertion, which))
    data[place % len(data)] ^= 1 << bit
    spoilt = replace(opened.assertion, **{which: bytes(data)})
    assert fault(key, replace(opened, assertion=spoilt)) is not None


@given(
    st.binary(min_size=37, max_size=80), st.binary(min_size=2), st.binary(min_size=8)
)
def test_any_bytes_are_refused_by_a_name(one: bytes, two: bytes, three: bytes) -> None:
    key = Authenticator(b"ada")
    opened = ManualOpening(opening_of(key), Assertion(one, two[:99], three[:99]))
    assert fault(key, opened) in set(AssertionFault)


def test_a_member_twice_is_refused() -> None:
    key = Authenticator(b"ada")
    opened = key.open(opening_of(key))
    twice = opened.assertion.client_data[:-1] + b', "origin": "https://evil"}'
    assert json.loads(twice)["origin"] == "https://evil"
    spoilt = replace(opened.assertion, client_data=twice)
    assert fault(key, replace(opened, assertion=spoilt)) is AssertionFault.CLIENT_DATA


def test_keys_are_read_as_authenticators_hand_them_out() -> None:
    key = Authenticator(b"ada").key
    es256: dict[cbor.Key, cbor.Encodable] = {
        1: 2,
        3: -7,
        -1: 1,
        -2: key[1:33],
        -3: key[33:],
    }
    assert read_cose_key(bytes(cbor.encode(es256))) == (KeyAlgorithm.ES256, key)
    ed = Authenticator(b"eve", algorithm=KeyAlgorithm.EDDSA).key
    eddsa: dict[cbor.Key, cbor.Encodable] = {1: 1, 3: -8, -1: 6, -2: ed}
    assert read_cose_key(bytes(cbor.encode(eddsa))) == (KeyAlgorithm.EDDSA, ed)
    with pytest.raises(JournalError, match="neither"):
        read_cose_key(bytes(cbor.encode({**es256, 3: -257})))


@given(st.binary(max_size=100))
def test_any_other_bytes_are_no_key(data: bytes) -> None:
    with pytest.raises(JournalError):
        read_cose_key(data)


def test_a_specification_s_own_example_of_base64url_is_unpadded() -> None:
    key = Authenticator(b"ada")
    padded = base64.urlsafe_b64encode(opening_of(key).challenge).decode()
    opened = key.open(opening_of(key), said={"challenge": padded})
    assert fault(key, opened) is AssertionFault.CLIENT_DATA
