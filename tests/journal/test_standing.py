"""Who may open by hand, and that gates and audits agree about it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.journal import (
    Assertion,
    AssertionFault,
    AuthenticatorSuspended,
    Fault,
    JournalEntry,
    ManualOpening,
    Opening,
    OpeningFault,
    OpeningReason,
    OpeningRules,
    OwnerAct,
    OwnerActKind,
    Standing,
    UserCheck,
)
from tests.authenticator import ORIGIN, PARTY, Authenticator
from tests.conftest import NOW

UNTIL = NOW + timedelta(days=1)
RULES = OpeningRules(NOW, PARTY, (ORIGIN,), UserCheck.VERIFIED, 2, 30)
UNSIGNED = Assertion(bytes(37), b"{}", bytes(8))


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def opening_of(
    key: Authenticator,
    seconds: float,
    gate: str = "north",
    commitment: bytes = bytes(32),
) -> Opening:
    reason = OpeningReason.EMERGENCY
    return Opening(after(seconds), gate, reason, key.attendant, commitment)


def standing_after(entries: Iterable[JournalEntry]) -> Standing:
    standing = Standing()
    for entry in entries:
        standing.see(entry)
    return standing


@pytest.fixture
def ada() -> Authenticator:
    return Authenticator(b"ada")


def test_whoever_is_entered_opens(ada: Authenticator) -> None:
    standing = standing_after([RULES, ada.added(NOW, UNTIL)])
    opened = ada.open(opening_of(ada, 1))
    assert standing.judge(opened) == ()
    assert standing.see(opened) == ()


def test_nobody_opens_while_nothing_is_entered(ada: Authenticator) -> None:
    found = Standing().objections(opening_of(ada, 1))
    assert set(found) == {OpeningFault.NO_RULES, OpeningFault.UNKNOWN}


@pytest.mark.parametrize(
    ("seconds", "fault"),
    [
        (-121, OpeningFault.CLOCK_BACK),
        (24 * 3600, OpeningFault.ENDED),
    ],
)
def test_moments_at_which_nobody_opens(
    ada: Authenticator, seconds: float, fault: OpeningFault
) -> None:
    standing = standing_after([RULES, ada.added(NOW, UNTIL)])
    assert standing.objections(opening_of(ada, seconds)) == (fault,)


def test_a_suspended_authenticator_opens_nothing_until_it_is_added_again(
    ada: Authenticator,
) -> None:
    entries: list[JournalEntry] = [RULES, ada.added(NOW, UNTIL)]
    standing = standing_after(
        [*entries, AuthenticatorSuspended(after(1), ada.attendant)]
    )
    assert standing.objections(opening_of(ada, 2)) == (OpeningFault.SUSPENDED,)
    # Drawn up before the owner's act: what is told first is what anybody can act on.
    assert standing.objections(opening_of(ada, 0))[0] is OpeningFault.SUSPENDED
    standing.see(ada.added(after(2), UNTIL))
    assert standing.objections(opening_of(ada, 3)) == ()


def test_one_who_opens_again_at_once_has_to_wait(ada: Authenticator) -> None:
    standing = standing_after([RULES, ada.added(NOW, UNTIL)])
    standing.see(ada.open(opening_of(ada, 1)))
    assert standing.objections(opening_of(ada, 30)) == (OpeningFault.TOO_SOON,)
    assert standing.objections(opening_of(ada, 31)) == ()


def test_an_hour_holds_so_many_openings_of_one_and_others_have_their_own(
    ada: Authenticator,
) -> None:
    kim = Authenticator(b"kim")
    standing = standing_after([RULES, ada.added(NOW, UNTIL), kim.added(NOW, UNTIL)])
    for seconds in (1, 100):
        standing.see(ada.open(opening_of(ada, seconds)))
    assert standing.objections(opening_of(ada, 3600)) == (OpeningFault.TOO_MANY,)
    assert standing.objections(opening_of(kim, 3600)) == ()
    assert standing.objections(opening_of(ada, 3601)) == ()


def test_another_key_under_the_same_name_is_not_free_of_what_was_opened(
    ada: Authenticator,
) -> None:
    standing = standing_after([RULES, ada.added(NOW, UNTIL)])
    standing.see(ada.open(opening_of(ada, 1)))
    kim = Authenticator(b"kim")
    standing.see(replace(ada.added(after(2), UNTIL), key=kim.key))
    assert standing.objections(opening_of(ada, 3)) == (OpeningFault.TOO_SOON,)
    # Its counter begins anew.
    other = replace(kim.open(opening_of(ada, 31)), opening=opening_of(ada, 31))
    assert standing.judge(other) == ()


def test_what_is_in_force_is_entered_not_suspended_and_not_at_its_end(
    ada: Authenticator,
) -> None:
    assert not Standing().is_in_force(ada.attendant, NOW)
    standing = standing_after([RULES, ada.added(NOW, UNTIL)])
    assert standing.is_in_force(ada.attendant, after(1))
    assert not standing.is_in_force(ada.attendant, UNTIL)
    standing.see(AuthenticatorSuspended(after(1), ada.attendant))
    assert not standing.is_in_force(ada.attendant, after(2))


def test_a_replayed_entry_is_told_from_a_new_one(ada: Authenticator) -> None:
    standing = standing_after([RULES, ada.added(NOW, UNTIL)])
    opened = ada.open(opening_of(ada, 1))
    standing.see(opened)
    faults = standing.judge(opened)
    assert {OpeningFault.REPLAYED, AssertionFault.CLONED} <= set(faults)


def test_an_assertion_is_for_one_gate(ada: Authenticator) -> None:
    standing = standing_after([RULES, ada.added(NOW, UNTIL)])
    opened = ada.open(opening_of(ada, 1))
    elsewhere = replace(opened, opening=replace(opened.opening, gate="south"))
    assert standing.judge(elsewhere) == (AssertionFault.CHALLENGE,)


def test_what_an_unsigned_entry_says_counts_against_haste(ada: Authenticator) -> None:
    standing = standing_after([RULES, ada.added(NOW, UNTIL)])
    assert standing.see(ManualOpening(opening_of(ada, 1), UNSIGNED)) != ()
    assert OpeningFault.TOO_SOON in standing.objections(opening_of(ada, 2))


KEYS = (Authenticator(b"ada"), Authenticator(b"kim"))


@st.composite
def journals(draw: st.DrawFn) -> list[JournalEntry]:
    """Anything that can be entered, in any order and at any pace."""
    entries: list[JournalEntry] = []
    # Anew for each: they count.
    keys = (Authenticator(b"ada"), Authenticator(b"kim"))
    for _ in range(draw(st.integers(0, 12))):
        key = draw(st.sampled_from(keys))
        seconds = draw(st.integers(0, 4000))
        opening = opening_of(key, seconds)
        choices: tuple[JournalEntry, ...] = (
            replace(RULES, at=after(seconds)),
            key.added(after(seconds), UNTIL),
            AuthenticatorSuspended(after(seconds), key.attendant),
            OwnerAct(after(seconds), OwnerActKind.KEY_ROTATED, bytes(32)),
            ManualOpening(opening, UNSIGNED),
            key.open(opening),
        )
        entries.append(draw(st.sampled_from(choices)))
    return entries


@given(journals())
def test_what_a_gate_is_told_before_an_audit_finds_afterwards(
    entries: list[JournalEntry],
) -> None:
    standing = Standing()
    for entry in entries:
        before: tuple[Fault, ...] | None = None
        if isinstance(entry, ManualOpening):
            before = standing.judge(entry)
            assert set(standing.objections(entry.opening)) <= set(before)
        found = standing.see(entry)
        assert before is None or set(before) == set(found)


@given(journals())
def test_limits_hold_whatever_is_tried(entries: list[JournalEntry]) -> None:
    standing = Standing()
    opened: list[Opening] = []
    for entry in (RULES, *(key.added(NOW, UNTIL) for key in KEYS), *entries):
        if not standing.see(entry) and isinstance(entry, ManualOpening):
            opened.append(entry.opening)
    for key in KEYS:
        moments = [each.at for each in opened if each.attendant == key.attendant]
        assert moments == sorted(moments)
        for at in moments:
            recent = [
                each
                for each in moments
                if timedelta() <= at - each < timedelta(hours=1)
            ]
            assert len(recent) <= RULES.most_an_hour
