"""The record of the newest lists: it only rises, and only good bytes are read."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import (
    LIMITS,
    HighWater,
    StatusList,
    dump_high_water,
    load_high_water,
)
from ostiary.errors import TrustListError

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

KEYS = st.tuples(st.sampled_from(["acme", "fair"]), st.sampled_from(["urn:1", "urn:2"]))
MOMENTS = st.integers(-1000, 1000).map(lambda seconds: AT + timedelta(seconds=seconds))
RECORDS = st.dictionaries(KEYS, MOMENTS).map(HighWater)


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


@given(RECORDS, RECORDS)
def test_two_records_join_to_the_higher_whatever_the_order(
    one: HighWater, other: HighWater
) -> None:
    assert one.joined(other) == other.joined(one)
    assert one.joined(other).joined(one) == one.joined(other)


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


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {"version": 2, "status_lists": []},
        {"version": 1, "status_lists": {}},
        {"version": 1, "status_lists": [], "more": 1},
        {"version": 1, "status_lists": [1]},
        {"version": 1, "status_lists": [ENTRY, ENTRY]},
        {"version": 1, "status_lists": [ENTRY | {"iat": -1}]},
        {"version": 1, "status_lists": [ENTRY | {"iat": 1.5}]},
        {"version": 1, "status_lists": [ENTRY | {"issuer": ""}]},
        {"version": 1, "status_lists": [ENTRY | {"uri": "a b"}]},
        {"version": 1, "status_lists": [ENTRY | {"more": 1}]},
        {"version": 1, "status_lists": [], "": " " * LIMITS.high_water_bytes},
    ],
)
def test_a_record_with_anything_wrong_is_refused(content: object) -> None:
    with pytest.raises(TrustListError):
        load_high_water(json.dumps(content).encode())


@given(st.binary(max_size=100))
def test_junk_is_no_record(data: bytes) -> None:
    with pytest.raises(TrustListError):
        load_high_water(data)


def test_a_record_that_could_not_be_read_again_is_not_written() -> None:
    marks = {("acme", f"urn:{'u' * 200}{number}"): AT for number in range(5000)}
    with pytest.raises(TrustListError, match="longer"):
        dump_high_water(HighWater(marks))
