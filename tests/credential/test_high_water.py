"""The record of the newest lists: it only rises, and only good bytes are read."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import (
    LIMITS,
    HighWater,
    StatusList,
    TrustList,
    TrustMark,
    dump_high_water,
    load_high_water,
    read_trust,
)
from ostiary.errors import TrustListError
from tests.owner import ROOT, signed_trust, trust_list

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

KEYS = st.tuples(st.sampled_from(["acme", "fair"]), st.sampled_from(["urn:1", "urn:2"]))
MOMENTS = st.integers(-1000, 1000).map(lambda seconds: AT + timedelta(seconds=seconds))
TRUST_MARKS = st.builds(
    TrustMark, st.integers(1, 3), st.integers(1, 3), st.binary(min_size=32, max_size=32)
)
RECORDS = st.builds(
    HighWater,
    marks=st.dictionaries(KEYS, MOMENTS),
    root=st.integers(0, 3),
    trust=st.none() | TRUST_MARKS,
    time=st.none() | MOMENTS,
)


def status(issued_at: datetime, issuer: str = "acme", uri: str = "urn:1") -> StatusList:
    return StatusList(issuer, uri, issued_at, issued_at + HOUR, HOUR, b"\0")


LISTS = st.lists(st.builds(lambda key, at: status(at, *key), KEYS, MOMENTS))


@given(RECORDS)
def test_what_was_written_is_read_again(record: HighWater) -> None:
    assert load_high_water(dump_high_water(record)) == record


@given(RECORDS, LISTS)
def test_it_only_ever_rises(record: HighWater, lists: Sequence[StatusList]) -> None:
    raised = record.raised_by(lists, AT)
    for key, moment in record.marks.items():
        assert raised.marks[key] >= moment
    assert raised.raised_by(lists, AT) == raised


@given(RECORDS, LISTS)
def test_a_list_is_behind_once_a_newer_one_was_used(
    record: HighWater, lists: Sequence[StatusList]
) -> None:
    raised = record.raised_by(lists, AT)
    for one in lists:
        newer = [
            other
            for other in lists
            if (other.issuer, other.uri) == (one.issuer, one.uri)
            and not other.is_ahead(AT)
            and other.issued_at > one.issued_at
        ]
        assert raised.is_above(one) == (bool(newer) or record.is_above(one))


def test_a_list_of_the_future_raises_nothing() -> None:
    skew = LIMITS.clock_skew
    ahead = status(AT + skew + timedelta(seconds=1))
    assert HighWater().raised_by([ahead], AT) == HighWater()
    assert HighWater().raised_by([status(AT + skew)], AT) != HighWater()


def test_lists_of_other_issuers_and_addresses_do_not_count() -> None:
    record = HighWater().raised_by([status(AT)], AT)
    assert record.is_above(status(AT - HOUR))
    assert not record.is_above(status(AT))
    assert not record.is_above(status(AT - HOUR, issuer="fair"))
    assert not record.is_above(status(AT - HOUR, uri="urn:2"))


ENTRY = {"issuer": "acme", "uri": "urn:1", "iat": 1}


GOOD: dict[str, object] = {"version": 2, "status_lists": [], "root": 0}
TRUST = {"root": 1, "version": 1, "sha256": "A" * 43}


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        GOOD | {"version": 1},
        GOOD | {"status_lists": {}},
        GOOD | {"more": 1},
        GOOD | {"status_lists": [1]},
        GOOD | {"status_lists": [ENTRY, ENTRY]},
        GOOD | {"status_lists": [ENTRY | {"iat": -1}]},
        GOOD | {"status_lists": [ENTRY | {"iat": 1.5}]},
        GOOD | {"status_lists": [ENTRY | {"issuer": ""}]},
        GOOD | {"status_lists": [ENTRY | {"uri": "a b"}]},
        GOOD | {"status_lists": [ENTRY | {"more": 1}]},
        GOOD | {"root": -1},
        GOOD | {"root": "1"},
        GOOD | {"trust": 1},
        GOOD | {"trust": TRUST | {"version": 0}},
        GOOD | {"trust": TRUST | {"sha256": "A"}},
        GOOD | {"trust": TRUST | {"more": 1}},
        GOOD | {"time": -1},
        GOOD | {"": " " * LIMITS.high_water_bytes},
    ],
)
def test_a_record_with_anything_wrong_is_refused(content: object) -> None:
    with pytest.raises(TrustListError):
        load_high_water(json.dumps(content).encode())


def test_a_record_of_nothing_is_read() -> None:
    assert load_high_water(json.dumps(GOOD).encode()) == HighWater()
    assert load_high_water(json.dumps(GOOD | {"trust": TRUST}).encode()).trust


@given(st.binary(max_size=100))
def test_junk_is_no_record(data: bytes) -> None:
    with pytest.raises(TrustListError):
        load_high_water(data)


def test_a_record_that_could_not_be_read_again_is_not_written() -> None:
    marks = {("acme", f"urn:{'u' * 200}{number}"): AT for number in range(5000)}
    with pytest.raises(TrustListError, match="longer"):
        dump_high_water(HighWater(marks))


def trust(version: int, root_version: int = 1, **changes: datetime) -> TrustList:
    unsigned = trust_list(version=version, root_version=root_version, **changes)
    return read_trust(signed_trust(unsigned), replace(ROOT, version=root_version))


@given(RECORDS, RECORDS)
def test_of_two_records_the_higher_of_each_counts(
    one: HighWater, other: HighWater
) -> None:
    joined = one.joined(other)
    assert joined.marks == other.joined(one).marks
    assert joined.root == max(one.root, other.root)
    assert joined.joined(one) == joined.joined(other) == joined
    for record in (one, other):
        if record.trust is not None:
            assert joined.trust is not None
            assert joined.trust.height >= record.trust.height
        if record.time is not None:
            assert joined.time is not None
            assert joined.time >= record.time


def test_an_older_trust_list_is_behind() -> None:
    record = HighWater().raised_by_trust(trust(2), AT)
    assert record.root == 1
    assert not record.is_above_trust(trust(2))
    assert not record.is_above_trust(trust(3))
    assert record.is_above_trust(trust(1))


def test_another_list_of_the_same_version_is_refused() -> None:
    record = HighWater().raised_by_trust(trust(2), AT)
    other = trust(2, expires_at=AT + HOUR)
    assert record.is_above_trust(other)
    assert record.raised_by_trust(other, AT) == record


def test_a_list_under_a_later_root_document_is_the_later() -> None:
    record = HighWater().raised_by_trust(trust(2**60), AT)
    assert not record.is_above_trust(trust(1, root_version=2))
    raised = record.raised_by_trust(trust(1, root_version=2), AT)
    assert raised.root == 2
    assert raised.is_above_trust(trust(2**60))


def test_an_older_root_document_is_refused_with_any_list() -> None:
    record = HighWater(root=2)
    assert record.is_above_trust(trust(5))


@pytest.mark.parametrize(
    "unused",
    [
        trust(2, issued_at=AT + HOUR),
        trust(2, expires_at=AT),
        trust_list(version=2),
    ],
    ids=["of the future", "expired", "not signed"],
)
def test_a_trust_list_that_cannot_be_used_raises_nothing(unused: TrustList) -> None:
    assert HighWater().raised_by_trust(unused, AT) == HighWater()


@pytest.mark.parametrize(
    "fields", [(0, 1, bytes(32)), (1, 0, bytes(32)), (1, 1, bytes(31))]
)
def test_a_trust_mark_names_a_list(fields: tuple[int, int, bytes]) -> None:
    with pytest.raises(ValueError, match=r"from 1|32 bytes"):
        TrustMark(*fields)
