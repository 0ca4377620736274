"""One key follows another, and at no moment is there none, or one too few."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import (
    Entries,
    Entry,
    IssuerPublicKey,
    LifeCycle,
    State,
    ZonePublicKey,
    new_issuer_key,
    new_zone_key,
)
from ostiary.credential.rotation import Rotation, rotate_issuer, rotate_zone
from ostiary.errors import TrustListError

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LEAD = 14 * DAY
ROTATION = Rotation(AT, LEAD, 365 * DAY)


def drawn(seed: bytes) -> Callable[[int], bytes]:
    count = iter(range(1 << 32))
    return lambda size: hashlib.shake_256(seed + b"%d" % next(count)).digest(size)


DRAW = drawn(b"rotation")
NORTH, SOUTH = frozenset({"north"}), frozenset({"south"})


def issuer(name: str = "acme") -> IssuerPublicKey:
    return new_issuer_key(name, DRAW).public


def zone(epoch: int, start: int, end: int, name: str = "north") -> ZonePublicKey:
    window = AT + start * DAY, AT + end * DAY
    return new_zone_key(name, epoch, *window, DRAW).public


def life(start: int, end: int) -> LifeCycle:
    return LifeCycle.between(AT + start * DAY, AT + end * DAY)


OLD, OLD_ZONE = issuer(), zone(0, -60, 120)
ENTRIES = Entries(
    issuers=(
        Entry(issuer("other"), life(-60, 400), SOUTH),
        Entry(OLD, life(-60, 300), NORTH),
    ),
    zones=(
        Entry(OLD_ZONE, life(-60, 120)),
        Entry(zone(0, -60, 900, "south"), life(-60, 900)),
    ),
)


def test_the_next_issuer_key_takes_over_when_the_lead_is_over() -> None:
    following = issuer()
    other, old, new = rotate_issuer(ENTRIES, following, ROTATION).issuers
    assert other == ENTRIES.issuers[0]
    assert (new.key, new.zones) == (following, NORTH)
    assert old.life.state(AT) is State.ACTIVE
    assert new.life.state(AT) is State.NEW
    assert old.life.state(AT + LEAD) is State.ENDING
    assert new.life.state(AT + LEAD) is State.ACTIVE
    assert new.life.ends_at == AT + LEAD + 365 * DAY


def test_the_old_issuer_key_counts_as_long_as_a_pass_of_its_zones_can_last() -> None:
    _, old, _ = rotate_issuer(ENTRIES, issuer(), ROTATION).issuers
    assert old.life.ends_at == AT + 120 * DAY


def test_passes_sealed_to_a_next_zone_key_before_the_switch_count_too() -> None:
    listed = Entry(zone(1, 0, 400), life(13, 400))
    later = Entry(zone(2, 0, 500), life(14, 500))
    entries = replace(ENTRIES, zones=(*ENTRIES.zones, listed, later))
    _, old, _ = rotate_issuer(entries, issuer(), ROTATION).issuers
    assert old.life.ends_at == AT + 400 * DAY


def test_without_a_listed_zone_the_old_end_stays() -> None:
    _, old, _ = rotate_issuer(replace(ENTRIES, zones=()), issuer(), ROTATION).issuers
    assert old.life.ends_at == AT + 300 * DAY


def test_the_next_zone_key_takes_over_and_the_old_one_opens_until_its_epoch_ends() -> (
    None
):
    following = zone(1, 0, 379)
    south, old, new = rotate_zone(ENTRIES, following, ROTATION).zones
    assert south == ENTRIES.zones[1]
    assert new.key == following
    assert old.life == LifeCycle(AT - 60 * DAY, AT + LEAD, AT + 120 * DAY)
    assert new.life.active_from == AT + LEAD


@given(day=st.integers(0, 378), lead=st.integers(1, 120))
def test_at_every_moment_one_key_is_in_use(day: int, lead: int) -> None:
    rotation = Rotation(AT, lead * DAY, (379 - lead) * DAY)
    entries = rotate_issuer(ENTRIES, issuer(), rotation)
    entries = rotate_zone(entries, zone(1, 0, 379), rotation)
    for own in (entries.issuers[1:], entries.zones[1:]):
        states = [entry.life.state(AT + day * DAY) for entry in own]
        assert states.count(State.ACTIVE) == 1


def test_a_lead_that_leaves_a_gap_is_refused() -> None:
    rotation = Rotation(AT, 121 * DAY, DAY)
    with pytest.raises(TrustListError, match="another lead"):
        rotate_zone(ENTRIES, zone(1, 0, 400), rotation)
    with pytest.raises(TrustListError, match="another lead"):
        rotate_issuer(ENTRIES, issuer(), Rotation(AT, 301 * DAY, DAY))


def test_a_key_is_not_followed_twice() -> None:
    entries = rotate_zone(ENTRIES, zone(1, 0, 379), ROTATION)
    entries = rotate_issuer(entries, issuer(), ROTATION)
    with pytest.raises(TrustListError, match=r"listed already.*2026-06-15"):
        rotate_zone(entries, zone(2, 0, 379), ROTATION)
    with pytest.raises(TrustListError, match=r"listed already.*2026-06-15"):
        rotate_issuer(entries, issuer(), ROTATION)


def test_once_it_has_taken_over_it_can_be_followed_in_its_turn() -> None:
    entries = rotate_zone(ENTRIES, zone(1, 0, 379), ROTATION)
    later = Rotation(AT + 100 * DAY, LEAD, 365 * DAY)
    *_, second, third = rotate_zone(entries, zone(2, 100, 479), later).zones
    assert second.life.ending_from == third.life.active_from == AT + 114 * DAY


def test_nothing_follows_a_key_that_is_not_listed() -> None:
    with pytest.raises(TrustListError, match="no key of issuer 'nobody'"):
        rotate_issuer(ENTRIES, issuer("nobody"), ROTATION)
    with pytest.raises(TrustListError, match="no key of zone 'east'"):
        rotate_zone(ENTRIES, zone(0, 0, 379, "east"), ROTATION)


def test_after_a_compromised_key_the_next_one_is_listed_and_the_old_stays_so() -> None:
    stolen = replace(
        ENTRIES.issuers[1], life=replace(life(-60, 300), compromised_at=AT)
    )
    entries = replace(ENTRIES, issuers=(stolen,))
    at_once = Rotation(AT, timedelta(0), 365 * DAY)
    old, new = rotate_issuer(entries, issuer(), at_once).issuers
    assert old == stolen
    assert new.life.state(AT) is State.ACTIVE
    assert new.zones == NORTH


def test_a_key_of_this_very_moment_is_not_followed_at_once() -> None:
    fresh = replace(ENTRIES, issuers=(Entry(OLD, life(0, 300), NORTH),))
    with pytest.raises(TrustListError, match="another lead"):
        rotate_issuer(fresh, issuer(), Rotation(AT, timedelta(0), DAY))
