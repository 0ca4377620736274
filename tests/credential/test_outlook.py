"""What lies ahead of an owner: the times without a key in use, and no others."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import (
    Act,
    Entries,
    Entry,
    Gap,
    IssuerPublicKey,
    LifeCycle,
    gaps,
    new_issuer_key,
    new_zone_key,
)

AT = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
UNTIL = AT + 90 * DAY
KEYS = [new_issuer_key("acme", os.urandom).public for _ in range(4)]


def life(begins: int, ending: int, *, compromised: bool = False) -> LifeCycle:
    found = AT if compromised else None
    return LifeCycle(AT + begins * DAY, AT + ending * DAY, AT + 400 * DAY, found)


def issuers(*lives: LifeCycle) -> Entries:
    pairs = zip(KEYS, lives, strict=False)
    zones = frozenset({"north"})
    return Entries(issuers=tuple(Entry(key, life, zones) for key, life in pairs))


def days(entries: Entries) -> list[tuple[int, int]]:
    found = gaps(entries, AT, UNTIL)
    return [((gap.begins - AT).days, (gap.ends - AT).days) for gap in found]


@pytest.mark.parametrize(
    ("lives", "expected"),
    [
        ([life(-10, 200)], []),
        ([life(-10, 90)], []),
        ([life(-10, 89)], [(89, 90)]),
        ([life(-10, 0)], [(0, 90)]),
        ([life(10, 200)], [(0, 10)]),
        ([life(200, 300)], [(0, 90)]),
        ([life(-10, 30), life(30, 200)], []),
        ([life(30, 200), life(-10, 20)], [(20, 30)]),
        ([life(-10, 30, compromised=True), life(30, 200)], [(0, 30)]),
        ([life(-10, 200), life(10, 20)], []),
    ],
)
def test_a_gap_is_a_time_without_an_active_key(
    lives: list[LifeCycle], expected: list[tuple[int, int]]
) -> None:
    assert days(issuers(*lives)) == expected


def test_a_key_for_lists_alone_issues_nothing() -> None:
    entry = Entry(KEYS[0], life(-10, 5))
    assert days(Entries(issuers=(entry,))) == []


def test_zones_are_looked_at_too() -> None:
    key = new_zone_key("north", 0, AT - DAY, AT + 50 * DAY, os.urandom).public
    entry = Entry(key, LifeCycle.between(AT - DAY, AT + 50 * DAY))
    assert list(gaps(Entries(zones=(entry,)), AT, UNTIL)) == [
        Gap("zone north", AT + 50 * DAY, UNTIL)
    ]


SPANS = st.tuples(st.integers(-20, 120), st.integers(1, 60))


@given(st.lists(SPANS, min_size=1, max_size=4), st.integers(0, 89))
def test_on_each_day_there_is_a_key_or_a_gap(
    spans: list[tuple[int, int]], day: int
) -> None:
    lives = [life(begins, begins + length) for begins, length in spans]
    active = any(one.may(Act.ISSUE, AT + day * DAY) for one in lives)
    gap = any(begins <= day < ends for begins, ends in days(issuers(*lives)))
    assert active != gap


def test_another_issuer_does_not_fill_a_gap() -> None:
    other = IssuerPublicKey("fair", KEYS[1].key)
    zones = frozenset({"north"})
    entries = Entries(
        issuers=(
            Entry(KEYS[0], life(-10, 5), zones),
            Entry(other, life(-10, 200), zones),
        )
    )
    assert [gap.whose for gap in gaps(entries, AT, UNTIL)] == ["issuer acme"]
