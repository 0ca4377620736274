"""Who may open by hand, and that gates and audits agree about it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import Hours
from ostiary.journal import (
    Answer,
    Assertion,
    AssertionFault,
    AuthenticatorSuspended,
    ClockSet,
    Fault,
    GateHour,
    JournalEntry,
    ManualOpening,
    Opening,
    OpeningFault,
    OpeningHours,
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


def test_only_a_reason_that_the_owner_offers_opens(ada: Authenticator) -> None:
    narrow = replace(RULES, at=after(1), reasons=(OpeningReason.OTHER,))
    standing = standing_after([RULES, ada.added(NOW, UNTIL), narrow])
    opened = ada.open(opening_of(ada, 2))
    assert standing.judge(opened) == (OpeningFault.REASON,)
    assert standing.see(opened) == (OpeningFault.REASON,)
    standing.see(replace(RULES, at=after(3)))
    assert OpeningFault.REASON not in standing.judge(ada.open(opening_of(ada, 60)))


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


# Two attendants.

TWO = replace(RULES, signers=2)


def signed(
    first: Authenticator, second: Authenticator, opening: Opening
) -> ManualOpening:
    """By both of them."""
    other = second.open(opening).assertion
    return replace(first.open(opening), second=Answer(second.attendant, other))


@pytest.fixture
def kim() -> Authenticator:
    return Authenticator(b"kim")


@pytest.fixture
def both(ada: Authenticator, kim: Authenticator) -> Standing:
    """Two attendants, where two sign."""
    return standing_after([TWO, ada.added(NOW, UNTIL), kim.added(NOW, UNTIL)])


def test_two_attendants_open_where_two_have_to(
    both: Standing, ada: Authenticator, kim: Authenticator
) -> None:
    opened = signed(ada, kim, opening_of(ada, 1))
    assert both.judge(opened) == ()
    assert both.see(opened) == ()
    # It counts for both of them.
    for each in (ada, kim):
        assert both.objections(opening_of(each, 2)) == (OpeningFault.TOO_SOON,)


def test_one_alone_opens_nothing_where_two_have_to(
    both: Standing, ada: Authenticator
) -> None:
    assert both.judge(ada.open(opening_of(ada, 1))) == (OpeningFault.ALONE,)


def test_what_else_is_wrong_is_told_before_that_another_is_missing(
    both: Standing, ada: Authenticator, kim: Authenticator
) -> None:
    forged = kim.open(opening_of(ada, 1))
    faults = both.judge(forged)
    assert faults == (AssertionFault.SIGNATURE, OpeningFault.ALONE)


def test_one_attendant_twice_is_one(both: Standing, ada: Authenticator) -> None:
    assert OpeningFault.TWICE in both.judge(signed(ada, ada, opening_of(ada, 1)))


def test_one_key_under_two_names_is_one(
    both: Standing, ada: Authenticator, kim: Authenticator
) -> None:
    both.see(replace(kim.added(NOW, UNTIL), key=ada.key))
    opening = opening_of(ada, 1)
    other = Answer(kim.attendant, ada.open(opening).assertion)
    opened = replace(ada.open(opening), second=other)
    assert OpeningFault.TWICE in both.judge(opened)
    assert OpeningFault.TWICE in both.see(opened)


def test_the_second_has_limits_and_an_end_of_their_own(
    both: Standing, ada: Authenticator, kim: Authenticator
) -> None:
    stranger = Authenticator(b"mallory")
    unknown = both.judge(signed(ada, stranger, opening_of(ada, 1)))
    assert unknown == (OpeningFault.UNKNOWN,)
    both.see(signed(kim, ada, opening_of(kim, 1)))
    third = Authenticator(b"lee")
    both.see(third.added(after(2), UNTIL))
    assert both.judge(signed(third, kim, opening_of(third, 20))) == (
        OpeningFault.TOO_SOON,
    )
    both.see(AuthenticatorSuspended(after(40), kim.attendant))
    assert both.judge(signed(third, kim, opening_of(third, 40))) == (
        OpeningFault.SUSPENDED,
    )


def test_the_second_signs_this_entry_with_their_own_key(
    both: Standing, ada: Authenticator, kim: Authenticator
) -> None:
    opening = opening_of(ada, 1)
    first, other = ada.open(opening), kim.open(opening_of(ada, 2)).assertion
    elsewhere = replace(first, second=Answer(kim.attendant, other))
    assert both.judge(elsewhere) == (AssertionFault.CHALLENGE,)
    own = replace(first, second=Answer(kim.attendant, ada.open(opening).assertion))
    assert both.judge(own) == (AssertionFault.SIGNATURE,)


def test_a_second_signature_that_nobody_asked_for_does_no_harm(
    ada: Authenticator, kim: Authenticator
) -> None:
    added = ada.added(NOW, UNTIL), kim.added(NOW, UNTIL)
    standing = standing_after([RULES, *added])
    assert standing.judge(signed(ada, kim, opening_of(ada, 1))) == ()


# Hours.


def hours_of(zone: str, begins: int, ends: int) -> OpeningRules:
    window = Hours(frozenset(range(7)), begins, ends)
    return replace(RULES, hours=OpeningHours(zone, (window,)))


def test_outside_of_hours_nobody_opens_whatever_the_reason(ada: Authenticator) -> None:
    minute = 60 * NOW.hour + NOW.minute
    rules = hours_of("UTC", minute, minute + 1)
    standing = standing_after([rules, ada.added(NOW, UNTIL)])
    assert standing.objections(opening_of(ada, 59)) == ()
    assert opening_of(ada, 60).reason is OpeningReason.EMERGENCY
    assert standing.objections(opening_of(ada, 60)) == (OpeningFault.HOURS,)


def test_hours_that_cannot_be_judged_are_not_taken_for_kept(
    ada: Authenticator,
) -> None:
    rules = hours_of("Nowhere/At_All", 0, 1440)
    standing = standing_after([rules, ada.added(NOW, UNTIL)])
    assert standing.objections(opening_of(ada, 1)) == (OpeningFault.ZONE,)


def test_no_moment_of_an_entry_is_too_late_to_be_judged(ada: Authenticator) -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    window = Hours(frozenset(range(7)), 0, 1440)
    rules = replace(RULES, hours=OpeningHours("Asia/Seoul", (window,)))
    standing = Standing(ZoneInfo)
    for entry in (rules, ada.added(NOW, last)):
        standing.see(entry)
    opening = replace(opening_of(ada, 1), at=last - timedelta(seconds=1))
    assert standing.objections(opening) == (OpeningFault.HOURS,)


# Time.


def act(seconds: float) -> OwnerAct:
    return OwnerAct(after(seconds), OwnerActKind.KEY_ROTATED, bytes(32))


@pytest.mark.parametrize(("seconds", "back"), [(0, False), (1, False), (-1, True)])
def test_an_act_while_an_opening_is_signed_does_not_refuse_it(
    ada: Authenticator, seconds: float, *, back: bool
) -> None:
    standing = standing_after([RULES, ada.added(NOW, UNTIL), act(120)])
    faults = standing.judge(ada.open(opening_of(ada, seconds)))
    assert (OpeningFault.CLOCK_BACK in faults) is back


def test_many_small_steps_back_are_found_as_one_large_one(ada: Authenticator) -> None:
    standing = standing_after([RULES, ada.added(NOW, UNTIL), act(1000)])
    assert [standing.see(act(seconds)) for seconds in (900, 881, 870, 790)] == [
        (),
        (),
        (OpeningFault.CLOCK_BACK,),
        (OpeningFault.CLOCK_BACK,),
    ]


def test_a_wrong_clock_once_does_not_shut_doors_for_good(ada: Authenticator) -> None:
    years = 10 * 365 * 24 * 3600
    standing = standing_after([RULES, ada.added(NOW, UNTIL), act(years)])
    assert standing.objections(opening_of(ada, 1)) == (OpeningFault.CLOCK_BACK,)
    # Another act is no remedy: it would set the measure back unseen.
    standing.see(act(2))
    assert standing.objections(opening_of(ada, 3)) == (OpeningFault.CLOCK_BACK,)
    assert standing.see(ClockSet(after(4))) == ()
    assert standing.objections(opening_of(ada, 5)) == ()


def test_setting_the_clock_right_does_not_make_room_for_more(
    ada: Authenticator,
) -> None:
    far = timedelta(days=3650)
    standing = standing_after([RULES, ada.added(NOW, NOW + 2 * far)])
    ahead = replace(opening_of(ada, 0), at=NOW + far)
    for number in range(2):
        later = replace(ahead, at=ahead.at + timedelta(minutes=number))
        assert standing.see(ada.open(later)) == ()
    standing.see(ClockSet(after(100)))
    assert standing.objections(opening_of(ada, 110)) == (
        OpeningFault.TOO_SOON,
        OpeningFault.TOO_MANY,
    )
    assert standing.objections(opening_of(ada, 3699)) == (OpeningFault.TOO_MANY,)
    assert standing.objections(opening_of(ada, 3700)) == ()


FAR = timedelta(days=3650)
HOUR = 3600


def set_back(*keys: Authenticator) -> Standing:
    """After a clock that was ten years ahead, and is right since `after(1)`."""
    added = (key.added(NOW, NOW + 2 * FAR) for key in keys)
    ahead = replace(act(0), at=NOW + FAR)
    return standing_after([RULES, *added, ahead, ClockSet(after(1))])


def test_an_opening_drawn_up_before_the_clock_was_set_is_refused_and_no_measure(
    ada: Authenticator,
) -> None:
    standing = set_back(ada)
    # Not more than two minutes before the act, or it had been refused when drawn up.
    for seconds in (-120, 60):
        at = NOW + FAR + timedelta(seconds=seconds)
        opened = ada.open(replace(opening_of(ada, 0), at=at))
        assert OpeningFault.AHEAD in standing.judge(opened)
        assert OpeningFault.AHEAD in standing.see(opened)
        assert standing.latest == after(1)
    # It was entered, so it counts, as of the moment that is known.
    assert standing.objections(opening_of(ada, 32)) == (OpeningFault.TOO_MANY,)
    assert standing.objections(opening_of(ada, HOUR + 1)) == ()


@pytest.mark.parametrize(
    "told",
    [
        act(122),
        GateHour(after(HOUR), "north", 0, 0, 0, 0),
        ClockSet(after(122)),
    ],
)
def test_once_time_has_gone_on_an_opening_is_as_any_other(
    ada: Authenticator, told: JournalEntry
) -> None:
    standing = set_back(ada)
    late = replace(opening_of(ada, 0), at=NOW + FAR)
    standing.see(act(121))
    assert standing.objections(late) == (OpeningFault.AHEAD,)
    standing.see(told)
    assert standing.objections(late) == ()


def test_nobody_is_doubted_for_what_a_clock_said_an_hour_ahead(
    ada: Authenticator,
) -> None:
    standing = standing_after([RULES, ada.added(NOW, UNTIL), act(HOUR)])
    standing.see(ClockSet(after(1)))
    assert standing.objections(opening_of(ada, HOUR)) == ()
    assert standing.objections(opening_of(ada, 3 * HOUR + 1)) == (OpeningFault.AHEAD,)


def test_rules_that_change_and_keys_that_come_back_make_no_room_for_more(
    ada: Authenticator,
) -> None:
    standing = standing_after([RULES, ada.added(NOW, UNTIL)])
    for seconds in (1, 100):
        standing.see(ada.open(opening_of(ada, seconds)))
    standing.see(AuthenticatorSuspended(after(101), ada.attendant))
    standing.see(ada.added(after(102), UNTIL))
    standing.see(replace(RULES, at=after(103)))
    assert standing.objections(opening_of(ada, 200)) == (OpeningFault.TOO_MANY,)
    # Stricter rules count what was opened before them.
    standing.see(replace(RULES, at=after(104), most_an_hour=1, pause=3600))
    assert standing.objections(opening_of(ada, 3600)) == (
        OpeningFault.TOO_SOON,
        OpeningFault.TOO_MANY,
    )


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
            replace(TWO, at=after(seconds)),
            replace(hours_of("UTC", 720, 760), at=after(seconds)),
            ClockSet(after(seconds)),
            signed(key, draw(st.sampled_from(keys)), opening),
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
        for place, at in enumerate(moments):
            recent = [
                each
                for each in moments[: place + 1]
                if timedelta() <= at - each < timedelta(hours=1)
            ]
            assert len(recent) <= RULES.most_an_hour


@given(journals())
def test_what_opens_has_as_many_signers_as_it_has_to(
    entries: list[JournalEntry],
) -> None:
    standing = Standing()
    for entry in (RULES, *(key.added(NOW, UNTIL) for key in KEYS), *entries):
        if not standing.see(entry) and isinstance(entry, ManualOpening):
            assert standing.rules is not None
            signers = {each.attendant for each in entry.answers}
            assert len(signers) >= standing.rules.signers
            assert len(signers) == len(entry.answers)
