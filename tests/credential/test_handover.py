"""A zone's key on its way to a gate: opened by that gate alone, and never changed."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import (
    Entries,
    Entry,
    GateKey,
    GatePublicKey,
    LifeCycle,
    ListedGate,
    cbor,
    dump_key,
    hand_over,
    load_key,
    new_gate_key,
    new_issuer_key,
    new_zone_key,
    receivers,
    take_over,
)
from ostiary.credential.cose import Algorithm, Header
from ostiary.credential.sealing import seal
from ostiary.errors import TrustListError

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def drawn(seed: bytes) -> Callable[[int], bytes]:
    count = iter(range(1 << 32))
    return lambda size: hashlib.shake_256(seed + b"%d" % next(count)).digest(size)


DRAW = drawn(b"handover")
GATE = new_gate_key("north-door", DRAW)
ZONE = new_zone_key("north", 3, AT, AT + timedelta(days=90), DRAW)
SEALED = hand_over(ZONE, (GATE.public,), DRAW)
HEADERS: Mapping[cbor.Key, cbor.Encodable] = {
    Header.TYPE: "application/ostiary-zone-key+cose",
    "zone": "north",
    "epoch": 3,
    "gate": "north-door",
}


def sealed_as(content: bytes, headers: Mapping[cbor.Key, cbor.Encodable]) -> bytes:
    return bytes(seal(bytearray(content), (GATE.public,), DRAW, headers))


def test_the_gate_takes_over_what_was_handed_to_it() -> None:
    taken = take_over(SEALED, GATE)
    assert taken.public == ZONE.public
    assert taken.key.private_bytes_raw() == ZONE.key.private_bytes_raw()


def test_the_file_shows_for_whom_it_is_and_nothing_of_the_key() -> None:
    assert b"north-door" in SEALED
    assert ZONE.key.private_bytes_raw() not in SEALED
    assert dump_key(ZONE)[40:60] not in SEALED


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(new_gate_key("south-door", DRAW), id="another gate"),
        pytest.param(new_gate_key("north-door", DRAW), id="another key of that name"),
        pytest.param(GateKey("other", GATE.key), id="another name for that key"),
    ],
)
def test_no_other_gate_takes_it_over(key: GateKey) -> None:
    with pytest.raises(TrustListError):
        take_over(SEALED, key)


@pytest.mark.parametrize(
    "change",
    [
        {"zone": "south"},
        {"epoch": 4},
        {"gate": "south-door"},
        {Header.TYPE: "application/ostiary-root+cbor"},
        {"more": 1},
    ],
)
def test_it_is_marked_with_what_it_holds(change: dict[cbor.Key, int | str]) -> None:
    message = sealed_as(dump_key(ZONE), {**HEADERS, **change})
    with pytest.raises(TrustListError):
        take_over(message, GATE)


def test_marks_that_were_changed_on_the_way_do_not_open() -> None:
    with pytest.raises(TrustListError, match="cannot-unseal"):
        take_over(SEALED.replace(b"north-door", b"south-door"), GATE)


def test_another_algorithm_is_refused() -> None:
    message = sealed_as(dump_key(ZONE), {**HEADERS, Header.ALGORITHM: Algorithm.EDDSA})
    with pytest.raises(TrustListError, match="cose-algorithm"):
        take_over(message, GATE)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        dump_key(ZONE.public),
        dump_key(GATE),
        dump_key(new_issuer_key("acme", DRAW)),
    ],
)
def test_only_a_zones_private_key_is_taken_over(content: bytes) -> None:
    with pytest.raises(TrustListError):
        take_over(sealed_as(content, HEADERS), GATE)


def test_a_pass_is_no_key_and_a_huge_file_is_not_read() -> None:
    for data in (sealed_as(dump_key(ZONE), {}), bytes(5000), b""):
        with pytest.raises(TrustListError):
            take_over(data, GATE)


@given(place=st.integers(0, len(SEALED) - 1), bit=st.integers(0, 7))
def test_no_bit_can_be_changed(place: int, bit: int) -> None:
    changed = bytearray(SEALED)
    changed[place] ^= 1 << bit
    with pytest.raises(TrustListError):
        take_over(bytes(changed), GATE)


@given(data=st.binary(max_size=300))
def test_whatever_comes_only_the_documented_error_comes_out(data: bytes) -> None:
    for each in (data, SEALED[: len(data)], SEALED + data + b"\0"):
        with pytest.raises(TrustListError):
            take_over(each, GATE)


def test_a_key_of_a_gate_that_agrees_on_nothing_is_refused() -> None:
    nothing = GatePublicKey("north-door", X25519PublicKey.from_public_bytes(bytes(32)))
    with pytest.raises(ValueError, match="no secret"):
        hand_over(ZONE, (nothing,), DRAW)


def test_both_keys_of_a_gate_open_it_while_one_follows_the_other() -> None:
    following = new_gate_key("north-door", DRAW)
    sealed = hand_over(ZONE, (GATE.public, following.public), DRAW)
    for key in (GATE, following):
        assert take_over(sealed, key).public == ZONE.public


def test_one_file_is_for_one_gate() -> None:
    other = new_gate_key("south-door", DRAW)
    for gates in ((GATE.public, other.public), ()):
        with pytest.raises(ValueError, match="one gate"):
            hand_over(ZONE, gates, DRAW)


def listed(key: GateKey, life: LifeCycle, *zones: str) -> ListedGate:
    return Entry(key.public, life, frozenset(zones))


LIFE = LifeCycle(AT, AT + 9 * DAY, AT + 10 * DAY)


def test_a_key_goes_to_the_keys_of_the_gate_that_are_in_use() -> None:
    old, following = GATE, new_gate_key("north-door", DRAW)
    entries = Entries(
        gates=(
            listed(old, LIFE, "north"),
            listed(following, LifeCycle.between(AT + DAY, AT + 90 * DAY), "north"),
        )
    )
    assert receivers(entries, "north-door", "north", AT) == (old.public,)
    both = (old.public, following.public)
    assert receivers(entries, "north-door", "north", AT + DAY) == both
    assert receivers(entries, "north-door", "north", AT + 9 * DAY) == both[1:]


@pytest.mark.parametrize(
    ("life", "zone", "gate", "days", "message"),
    [
        (LIFE, "south", "north-door", 0, "not for zone 'south'"),
        (LIFE, "north", "south-door", 0, "no gate 'south-door'"),
        (LIFE, "north", "north-door", -1, "its key is new"),
        (LIFE, "north", "north-door", 9, "its key is ending"),
        (LIFE, "north", "north-door", 10, "its key is ended"),
        (replace(LIFE, compromised_at=AT), "north", "north-door", 0, "is compromised"),
    ],
)
def test_no_other_gate_is_given_a_key(
    life: LifeCycle, zone: str, gate: str, days: int, message: str
) -> None:
    entries = Entries(gates=(listed(GATE, life, "north", "east"),))
    with pytest.raises(TrustListError, match=message):
        receivers(entries, gate, zone, AT + days * DAY)


def test_keys_of_gates_travel_in_files() -> None:
    assert load_key(dump_key(GATE.public)) == GATE.public
    private = load_key(dump_key(GATE))
    assert isinstance(private, GateKey)
    assert private.public == GATE.public


def test_a_gate_key_whose_halves_do_not_belong_together_is_refused() -> None:
    other = dump_key(new_gate_key("north-door", DRAW)).decode()
    mine = dump_key(GATE).decode()
    x = next(line for line in mine.splitlines() if '"x"' in line)
    y = next(line for line in other.splitlines() if '"x"' in line)
    with pytest.raises(TrustListError, match="halves"):
        load_key(mine.replace(x, y).encode())


def test_a_key_shows_nothing_private_when_it_is_printed() -> None:
    shown = repr(GATE) + repr(take_over(SEALED, GATE))
    assert "X25519PrivateKey" not in shown
