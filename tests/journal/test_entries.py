"""Entries: one form each, a closed set, and nothing about whoever passes."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import Hours, cbor
from ostiary.errors import JournalError, MalformedError
from ostiary.journal import (
    JOURNAL_LIMITS,
    Answer,
    Assertion,
    AuthenticatorAdded,
    AuthenticatorSuspended,
    ClockSet,
    DeskHour,
    DoorReleased,
    GateHour,
    JournalEntry,
    KeyAlgorithm,
    ManualOpening,
    Opening,
    OpeningHours,
    OpeningReason,
    OpeningRules,
    OwnerAct,
    OwnerActKind,
    UserCheck,
    dump_entry,
    leaf_hash,
    load_entry,
    told_count,
)
from ostiary.journal.hours import in_order
from ostiary.terms import ReleaseCause
from tests.authenticator import drawn_key
from tests.conftest import NOW

Members: TypeAlias = dict[cbor.Key, cbor.Encodable]

DIGEST = bytes(range(32))
HOUR = NOW.replace(minute=0)
OPENING = Opening(NOW, "north", OpeningReason.FALSE_NON_MATCH, DIGEST, bytes(32))
ASSERTION = Assertion(bytes(37), b"{}", bytes(70))
OPENED = ManualOpening(OPENING, ASSERTION)
ACT = OwnerAct(NOW, OwnerActKind.TRUST_SIGNED, DIGEST, (bytes(8), bytes([1] * 8)))
DESK = DeskHour(HOUR, DIGEST, 12, 1)
GATE = GateHour(HOUR, "north", 412, 10, 0, 12)
RELEASED = DoorReleased(NOW, "north", ReleaseCause.WIRED)
KEY = drawn_key(b"attendant")
ADDED = AuthenticatorAdded(
    NOW, DIGEST, KeyAlgorithm.ES256, KEY, NOW + timedelta(days=365)
)
SUSPENDED = AuthenticatorSuspended(NOW, DIGEST)
RULES = OpeningRules(
    NOW, "gate.example", ("https://gate.example",), UserCheck.VERIFIED, 6, 30
)
FOR_TWO_REASONS = dataclasses.replace(
    RULES, reasons=(OpeningReason.ACCESSIBILITY, OpeningReason.EMERGENCY)
)
TWICE = ManualOpening(OPENING, ASSERTION, Answer(bytes(32), ASSERTION))
OFFICE = Hours(frozenset(range(5)), 480, 1080)
NIGHT = Hours(frozenset({5, 6}), 0, 1440)
STRICT = dataclasses.replace(
    RULES, signers=2, hours=in_order("Europe/Berlin", (NIGHT, OFFICE))
)
CLOCK = ClockSet(NOW)
EXAMPLES = (
    *(OPENED, ACT, DESK, GATE, RELEASED),
    *(ADDED, SUSPENDED, RULES, TWICE, STRICT, CLOCK),
)

digests = st.binary(min_size=32, max_size=32)
moments = st.integers(0, 253_402_300_799).map(
    lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
names = st.text("abc-é ", min_size=1, max_size=20).filter(
    lambda name: name == name.strip()
)
assertions = st.builds(
    Assertion,
    st.binary(min_size=37, max_size=300),
    st.binary(min_size=2, max_size=300),
    st.binary(min_size=8, max_size=100),
)
openings = st.builds(
    ManualOpening,
    st.builds(
        Opening, moments, names, st.sampled_from(OpeningReason), digests, digests
    ),
    assertions,
    st.none() | st.builds(Answer, digests, assertions),
)
acts = st.builds(
    OwnerAct,
    moments,
    st.sampled_from(OwnerActKind),
    digests,
    st.sets(st.binary(min_size=8, max_size=8), max_size=5).map(sorted).map(tuple),
)
hours = st.builds(
    DeskHour,
    moments.map(lambda moment: moment.replace(minute=0, second=0)),
    digests,
    st.integers(0, 1_000_000),
    st.integers(0, 1_000_000),
)
counts = st.just(0) | st.integers(10, 1_000_000)
gate_hours = st.builds(
    GateHour,
    moments.map(lambda moment: moment.replace(minute=0, second=0)),
    names,
    counts,
    counts,
    counts,
    counts,
)
windows = st.builds(
    Hours,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 719),
    st.integers(720, 1440),
)
opening_hours = st.builds(
    in_order,
    st.sampled_from(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"]),
    st.lists(windows, min_size=1, max_size=16).map(tuple),
)
rules = st.builds(
    OpeningRules,
    moments,
    st.just("gate.example"),
    st.sets(st.sampled_from(["https://a.example", "https://b.example"]), min_size=1)
    .map(sorted)
    .map(tuple),
    st.sampled_from(UserCheck),
    st.integers(1, 1_000),
    st.integers(0, 3_600),
    st.integers(1, 2),
    st.none() | opening_hours,
    reasons=st.sets(st.sampled_from(OpeningReason), min_size=1).map(sorted).map(tuple),
)
suspensions = st.builds(AuthenticatorSuspended, moments, digests)
clocks = st.builds(ClockSet, moments)
releases = st.builds(DoorReleased, moments, names, st.sampled_from(ReleaseCause))
entries: st.SearchStrategy[JournalEntry] = (
    openings
    | acts
    | hours
    | gate_hours
    | releases
    | rules
    | suspensions
    | clocks
    | st.just(ADDED)
)


def members_of(entry: JournalEntry) -> Members:
    """What an entry says, to be said otherwise."""
    value = cbor.decode(dump_entry(entry))
    assert isinstance(value, dict)
    return {key: plain(each) for key, each in value.items()}


def plain(value: cbor.Value) -> cbor.Encodable:
    match value:
        case dict():
            return {key: plain(each) for key, each in value.items()}
        case list():
            return [plain(each) for each in value]
        case cbor.Tagged():
            raise TypeError
        case _:
            return value


@given(entries)
def test_every_entry_comes_back_from_its_one_form(entry: JournalEntry) -> None:
    data = dump_entry(entry)
    assert load_entry(data) == entry
    assert len(data) <= JOURNAL_LIMITS.entry_bytes


@given(st.binary(max_size=400))
def test_any_bytes_are_an_entry_or_a_documented_error(data: bytes) -> None:
    try:
        entry = load_entry(data)
    except JournalError:
        return
    assert dump_entry(entry) == data


@given(
    entry=st.sampled_from(EXAMPLES), place=st.integers(0, 10**6), bit=st.integers(0, 7)
)
def test_a_changed_bit_makes_another_entry_or_none(
    entry: JournalEntry, place: int, bit: int
) -> None:
    data = bytearray(dump_entry(entry))
    data[place % len(data)] ^= 1 << bit
    try:
        other = load_entry(bytes(data))
    except JournalError:
        return
    assert other != entry
    assert dump_entry(other) == data


FURTHER = ("second", "signers", "hours")
"""Members that stand there only where they say something."""


@pytest.mark.parametrize("entry", [OPENED, RULES])
def test_entries_of_one_signer_at_any_hour_are_what_they_always_were(
    entry: JournalEntry,
) -> None:
    assert not set(FURTHER) & set(members_of(entry))


@pytest.mark.parametrize("entry", EXAMPLES)
def test_what_is_not_listed_is_refused(entry: JournalEntry) -> None:
    said = members_of(entry)
    for spoilt in (
        {**said, "holder": "somebody"},
        {**said, "kind": "passage"},
        {**said, "at": -1},
        {**said, "at": "now"},
        *(
            {key: each for key, each in said.items() if key != gone}
            for gone in said
            if gone not in FURTHER
        ),
    ):
        with pytest.raises(JournalError):
            load_entry(bytes(cbor.encode(spoilt)))


WINDOW: Members = {"weekdays": 31, "start": 480, "end": 1080}


@pytest.mark.parametrize(
    ("entry", "name", "value"),
    [
        (OPENED, "reason", "my cousin"),
        (OPENED, "attendant", bytes(31)),
        (OPENED, "commitment", b""),
        (OPENED, "gate", "north\n"),
        (OPENED, "gate", "n" * 65),
        (OPENED, "assertion", {}),
        (ACT, "act", "something"),
        (ACT, "what", bytes(33)),
        (ACT, "by", [bytes(8), bytes(8)]),
        (ACT, "by", [bytes(9)]),
        (ACT, "by", ["alice"]),
        (ACT, "by", [bytes([each] * 8) for each in range(33)]),
        (DESK, "issued", -1),
        (DESK, "revoked", 1_000_001),
        (DESK, "at", 1_795_262_401),
        (DESK, "account", bytes(8)),
        (GATE, "passages", 9),
        (GATE, "faces", 1_000_001),
        (GATE, "others", -1),
        (GATE, "gate", ""),
        (GATE, "at", 1_795_262_401),
        (RELEASED, "cause", "somebody leaned on it"),
        (RELEASED, "gate", "north\u202e"),
        (ADDED, "algorithm", "RS256"),
        (ADDED, "key", KEY[:-1]),
        (ADDED, "key", b"\x04" + bytes(64)),
        (ADDED, "key", b"\x02" + KEY[1:33]),
        (ADDED, "attendant", bytes(31)),
        (ADDED, "until", 1),
        (SUSPENDED, "attendant", b""),
        (RULES, "relying_party", "Ada Lovelace"),
        (RULES, "origins", []),
        (RULES, "origins", ["https://b.example", "https://a.example"]),
        (RULES, "origins", [f"https://{each}.example" for each in range(9)]),
        (RULES, "user", "asleep"),
        (RULES, "most_an_hour", 0),
        (RULES, "most_an_hour", 1_001),
        (RULES, "pause", 3_601),
        (RULES, "reasons", []),
        (RULES, "reasons", ["emergency", "accessibility"]),
        (RULES, "reasons", ["emergency", "emergency"]),
        (RULES, "reasons", ["my cousin"]),
        (RULES, "reasons", ["\u202eycnegreme"]),
        (RULES, "reasons", [7]),
        (RULES, "reasons", sorted(OpeningReason)),
        (RULES, "signers", 1),
        (RULES, "signers", 0),
        (RULES, "signers", 3),
        (RULES, "signers", "two"),
        (RULES, "hours", {}),
        (RULES, "hours", {"time_zone": "UTC", "windows": []}),
        (RULES, "hours", {"time_zone": "UTC", "windows": [WINDOW, WINDOW]}),
        (RULES, "hours", {"time_zone": "UTC", "windows": [WINDOW], "name": "Ada"}),
        (RULES, "hours", {"time_zone": "Ada Lovelace", "windows": [WINDOW]}),
        (RULES, "hours", {"time_zone": "../etc", "windows": [WINDOW]}),
        (RULES, "hours", {"time_zone": "a" * 65, "windows": [WINDOW]}),
        (RULES, "hours", {"time_zone": "UTC", "windows": [{**WINDOW, "end": 480}]}),
        (RULES, "hours", {"time_zone": "UTC", "windows": [{**WINDOW, "end": 1441}]}),
        (RULES, "hours", {"time_zone": "UTC", "windows": [{**WINDOW, "weekdays": 0}]}),
        (
            RULES,
            "hours",
            {"time_zone": "UTC", "windows": [{**WINDOW, "weekdays": 128}]},
        ),
        (RULES, "hours", {"time_zone": "UTC", "windows": [[31, 480, 1080]]}),
        (
            RULES,
            "hours",
            {
                "time_zone": "UTC",
                "windows": [
                    {"weekdays": 31, "start": minute, "end": 1080}
                    for minute in range(17)
                ],
            },
        ),
        (TWICE, "second", {}),
        (TWICE, "second", {"attendant": bytes(31)}),
        (TWICE, "second", {"attendant": bytes(32)}),
    ],
)
def test_values_out_of_range_are_refused(
    entry: JournalEntry, name: str, value: cbor.Encodable
) -> None:
    with pytest.raises(JournalError):
        load_entry(bytes(cbor.encode({**members_of(entry), name: value})))


@pytest.mark.parametrize(
    ("name", "length"),
    [
        ("authenticator_data", 36),
        ("authenticator_data", 1_025),
        ("client_data", 1_025),
        ("signature", 513),
    ],
)
def test_an_assertion_has_its_lengths(name: str, length: int) -> None:
    assertion = members_of(OPENED)["assertion"]
    assert isinstance(assertion, dict)
    spoilt: Members = {
        **members_of(OPENED),
        "assertion": {**assertion, name: bytes(length)},
    }
    with pytest.raises(JournalError, match=name):
        load_entry(bytes(cbor.encode(spoilt)))


def test_no_message_quotes_what_was_read() -> None:
    spoilt: Members = {**members_of(OPENED), "reason": "Ada Lovelace"}
    with pytest.raises(JournalError) as caught:
        load_entry(bytes(cbor.encode(spoilt)))
    assert "Ada" not in str(caught.value)


def test_the_longest_entry_fits_and_a_longer_one_is_refused() -> None:
    opening = dataclasses.replace(OPENING, gate="n" * 64)
    longest = Assertion(bytes(1_024), bytes(1_024), bytes(512))
    data = dump_entry(ManualOpening(opening, longest, Answer(bytes(32), longest)))
    assert len(data) <= JOURNAL_LIMITS.entry_bytes
    assert dump_entry(load_entry(data)) == data
    with pytest.raises(JournalError, match="at most"):
        load_entry(bytes(JOURNAL_LIMITS.entry_bytes + 1))


def test_the_challenge_is_the_hash_of_the_entry_without_its_assertion() -> None:
    said = members_of(OPENED)
    del said["assertion"]
    assert OPENING.challenge == leaf_hash(bytes(cbor.encode(said)))
    other = dataclasses.replace(OPENING, gate="south")
    assert other.challenge != OPENING.challenge


def test_the_second_signs_the_same_and_no_more() -> None:
    assert TWICE.opening.challenge == OPENED.opening.challenge
    assert [each.attendant for each in TWICE.answers] == [DIGEST, bytes(32)]


@given(openings, openings)
def test_no_two_openings_share_a_challenge(
    one: ManualOpening, other: ManualOpening
) -> None:
    same = one.opening == other.opening
    assert (one.opening.challenge == other.opening.challenge) == same


def test_nothing_about_whoever_passes_can_be_said() -> None:
    """Charter, 3 and 8: every member there is, as a list that a change has to touch."""
    examples = (*EXAMPLES, FOR_TWO_REASONS)
    said = {name for entry in examples for name in members_of(entry)}
    assert said == {
        *("kind", "at", "gate", "reason", "attendant", "commitment", "assertion"),
        *("act", "what", "by", "account", "issued", "revoked"),
        *("passages", "passes", "faces", "others"),
        "cause",
        *("algorithm", "key", "until"),
        *("relying_party", "origins", "user", "most_an_hour", "pause"),
        "reasons",
        *("signers", "hours", "second"),
    }


def test_rules_that_offer_every_reason_do_not_list_them() -> None:
    assert "reasons" not in members_of(RULES)
    assert members_of(FOR_TWO_REASONS)["reasons"] == ["accessibility", "emergency"]
    with pytest.raises(ValueError, match="in order"):
        dataclasses.replace(RULES, reasons=tuple(OpeningReason))


def test_an_opening_shows_no_commitment_and_no_assertion() -> None:
    shown = repr(ManualOpening(OPENING, ASSERTION))
    assert "commitment" not in shown
    assert "signature" not in shown


def test_hours_are_read_on_the_civil_clock_that_they_name() -> None:
    hours = OpeningHours("Europe/Berlin", (OFFICE,))
    berlin = ZoneInfo("Europe/Berlin")
    # 8:00 in Berlin, in winter and in summer.
    for month, hour in ((1, 7), (7, 6)):
        begins = datetime(2026, month, 1, hour, tzinfo=UTC)
        assert hours.contain(begins, berlin)
        assert not hours.contain(begins - timedelta(seconds=1), berlin)
    # Monday there, and still Sunday in UTC.
    night = OpeningHours("Asia/Seoul", (Hours(frozenset({0}), 0, 60),))
    sunday = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
    assert night.contain(sunday, ZoneInfo("Asia/Seoul"))


def test_a_moment_needs_its_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        dataclasses.replace(ACT, at=NOW.replace(tzinfo=None))


def test_what_the_strict_reader_refuses_is_told_as_such() -> None:
    with pytest.raises(MalformedError):
        cbor.decode(b"\xf6")
    with pytest.raises(JournalError, match="strict CBOR"):
        load_entry(b"\xf6")


def test_small_counts_are_not_told() -> None:
    told = {each: told_count(each) for each in (0, 1, 9, 10, 11, 2_000_000)}
    assert told == {0: 0, 1: 0, 9: 0, 10: 10, 11: 11, 2_000_000: 1_000_000}
