"""The tables of evidence, over their whole domain."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from ostiary.presentation.fusion import (
    ASKED,
    DECISIONS,
    WORST_FIRST,
    Asking,
    decide,
    worst,
)
from ostiary.terms import Appearance, Challenge, PresentationDecision

DOMAIN = list(product(Appearance, Challenge))


def test_the_tables_cover_their_domains() -> None:
    assert set(DECISIONS) == set(Appearance)
    assert all(set(row) == set(Challenge) for row in DECISIONS.values())
    assert set(ASKED) == set(Asking)
    assert sorted(WORST_FIRST) == sorted(Appearance)


def test_three_cells_are_bona_fide_and_no_others() -> None:
    bona_fide = PresentationDecision.BONA_FIDE
    assert [cell for cell in DOMAIN if decide(*cell) is bona_fide] == [
        (Appearance.SUFFICES, Challenge.NOT_ASKED),
        (Appearance.SUFFICES, Challenge.MADE),
        (Appearance.OPEN, Challenge.MADE),
    ]


def test_an_attack_by_its_looks_stays_one_whatever_moves_follow() -> None:
    decided = {decide(Appearance.ATTACK, challenge) for challenge in Challenge}
    assert decided == {PresentationDecision.SUSPECTED_ATTACK}


def test_a_sheet_is_suspected_whatever_it_looks_like() -> None:
    decided = {decide(looks, Challenge.PICTURE) for looks in Appearance}
    assert decided == {PresentationDecision.SUSPECTED_ATTACK}


def test_nothing_assessed_is_never_good() -> None:
    for challenge in Challenge:
        decided = decide(Appearance.NOT_ASSESSED, challenge)
        assert decided is not PresentationDecision.BONA_FIDE


@given(st.lists(st.sampled_from(Appearance), min_size=1))
def test_parts_do_not_outvote_each_other(parts: list[Appearance]) -> None:
    """By what each decides once the moves were made: no part makes another good."""
    decisions = [decide(looks, Challenge.MADE) for looks in parts]
    whole = decide(worst(*parts), Challenge.MADE)
    assert whole in decisions
    for bad in (
        PresentationDecision.SUSPECTED_ATTACK,
        PresentationDecision.NOT_ASSESSED,
    ):
        if bad in decisions:
            assert whole is bad
            break
    assert worst(*parts) in parts


def test_nobody_is_asked_to_move_who_looks_like_an_attack() -> None:
    for asked in ASKED.values():
        assert not asked & {Appearance.ATTACK, Appearance.NOT_ASSESSED}
