"""People are the sample: replicates against plain loops, and rules of thumb tried."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.evaluation.groups import Grouping, Partition, Tally, sides_of, whole
from ostiary.evaluation.intervals import (
    REPLICATES,
    bounds,
    draw_people,
    pairs_of_people,
    rule_of_3,
)
from ostiary.evaluation.rates import (
    bin_at_fmr,
    equal_error_rate,
    false_match_counts,
    false_non_match_rates,
    personal_rates,
)
from ostiary.evaluation.results import Rate
from ostiary.evaluation.scores import (
    BINS,
    Mated,
    bin_of_threshold,
    mated_scores,
    non_mated_histogram,
    non_mated_hits,
)
from ostiary.evaluation.trials import Side, Subjects, Trial, windows

GROUPS = Partition("side", ("left", "right"), np.array([0, 1, 0, 1, 1, 0]))


def silent(done: int, total: int) -> None:
    """Nobody watches."""


def drawn(seed: int, *, symmetric: bool) -> Trial:
    generator = np.random.default_rng(seed)
    persons = np.sort(np.concatenate([np.arange(6), generator.integers(0, 6, 14)]))
    values = generator.standard_normal((2, 20, 4)).astype(np.float32)
    values /= np.linalg.norm(values, axis=2, keepdims=True)
    subjects = Subjects(
        names=tuple("abcdef"), persons=persons, sittings=persons, across=False
    )
    ring = windows(subjects, 1)
    side = Side(windows=ring, features=(values[0],))
    other = side if symmetric else Side(windows=ring, features=(values[1],))
    return Trial(people=6, references=side, probes=other, across=False)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), symmetric=st.booleans())
def test_a_replicate_counts_a_comparison_as_often_as_both_its_people_were_drawn(
    *, seed: int, symmetric: bool
) -> None:
    trial, weights = drawn(seed, symmetric=symmetric), draw_people(6)
    thresholds = [bin_of_threshold(0.7), bin_of_threshold(0.2)]
    tally = Tally(trial, thresholds, [whole(6), GROUPS], weights)
    tally.count(silent)
    persons = trial.references.windows.persons
    hits = [
        (persons[r], persons[p], b)
        for each in non_mated_hits(trial, thresholds[1], silent)
        for r, p, b in zip(each.references, each.probes, each.bins, strict=True)
    ]
    pairs = [
        (one, other)
        for place, one in enumerate(persons)
        for other in (persons[place:] if symmetric else persons)
        if one != other
    ]
    everybody, grouped = tally.false_matches(0), tally.false_matches(1)
    assert everybody.non_mated[0, 0] == len(pairs)
    assert everybody.pairs[0, 0] == 15
    for level, threshold in enumerate(thresholds):
        found = [(one, other) for one, other, place in hits if place >= threshold]
        assert everybody.counts[level, 0, 0] == len(found)
        for replicate in (0, REPLICATES - 1):
            drawn_as = weights[:, 1 + replicate].astype(int)
            many = sum(int(drawn_as[o] * drawn_as[p]) for o, p in found)
            of = sum(int(drawn_as[o] * drawn_as[p]) for o, p in pairs)
            assert everybody.replicates[level, 0, 0, replicate] == pytest.approx(
                many / of
            )
    for low, high in ((0, 0), (0, 1), (1, 1)):
        members = GROUPS.members
        cell = {low, high}
        mine = [
            (one, other)
            for one, other in pairs
            if sorted((members[one], members[other])) == [low, high]
        ]
        assert grouped.non_mated[low, high] == len(mine)
        assert grouped.pairs[low, high] == len({frozenset(pair) for pair in mine})
        errors = [
            1
            for one, other, _ in hits
            if sorted((members[one], members[other])) == [low, high]
        ]
        assert grouped.counts[1, low, high] == len(errors), cell


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), symmetric=st.booleans())
def test_the_fmr_per_person_is_the_mean_over_people(
    *, seed: int, symmetric: bool
) -> None:
    trial = drawn(seed, symmetric=symmetric)
    threshold = bin_of_threshold(0.3)
    tally = Tally(trial, [threshold], [whole(6)], draw_people(6))
    tally.count(silent)
    persons = trial.references.windows.persons
    errors, compared = np.zeros(6), np.zeros(6)
    for each in non_mated_hits(trial, threshold, silent):
        for side in (each.references, each.probes):
            np.add.at(errors, persons[side], 1)
    for place, one in enumerate(persons):
        for other in persons[place:] if symmetric else persons:
            if one != other:
                compared[[one, other]] += 1
    assert tally.fmr_per_person()[0] == pytest.approx((errors / compared).mean())


def test_groups_come_worst_first_with_their_ratio_to_the_whole() -> None:
    trial, weights = drawn(3, symmetric=False), draw_people(6)
    place = bin_of_threshold(0.5)
    tally = Tally(trial, [place], [whole(6), GROUPS], weights)
    tally.count(silent)
    mated = mated_scores(trial)
    everybody = tally.false_matches(0)
    rate = Rate(
        fmr=0.1,
        threshold=0.5,
        false_matches=int(everybody.counts[0, 0, 0]),
        fmr_low=0,
        fmr_high=1,
        fmr_per_person=0,
        fnmr=0.5,
        fnmr_per_person=float(personal_rates(mated, [place]).mean()[0]),
        fnmr_low=0,
        fnmr_high=1,
        mated=len(mated.bins),
        non_mated=int(everybody.non_mated[0, 0]),
    )
    found = Grouping(
        partition=GROUPS,
        matches=tally.false_matches(1),
        mated=mated,
        weights=weights,
    ).rates([rate])
    assert {(each.group, each.other) for each in found} == {
        ("left", "left"),
        ("left", "right"),
        ("right", "right"),
    }
    worst = [max(each.fmr_ratio or 0, each.fnmr_ratio or 0) for each in found]
    assert worst == sorted(worst, reverse=True)
    for each in found:
        assert each.fmr_ratio == pytest.approx(each.group_fmr / everybody.fmr(0))
        assert (each.fnmr_per_person is None) == (each.group != each.other)
        assert each.fmr_low <= each.group_fmr <= each.fmr_high
    assert sum(each.false_matches for each in found) == rate.false_matches
    assert sum(each.mated for each in found) == rate.mated


@given(
    enrolled=st.lists(st.integers(0, 2), min_size=5, max_size=5),
    shown=st.lists(st.integers(0, 2), min_size=5, max_size=5),
)
def test_pairs_of_people_are_counted_once(
    enrolled: list[int], shown: list[int]
) -> None:
    pairs = {
        frozenset((one, other))
        for one, other in product(range(5), repeat=2)
        if one != other and enrolled[one] and shown[other]
    }
    assert pairs_of_people(np.array(enrolled), np.array(shown)) == len(pairs)


def test_people_are_drawn_alike_every_time_and_all_in_all_as_many() -> None:
    weights = draw_people(50)
    np.testing.assert_array_equal(weights, draw_people(50))
    assert (weights[:, 0] == 1).all()
    assert (weights[:, 1:].sum(axis=0) == 50).all()


def test_without_errors_the_rule_of_3_speaks() -> None:
    none = np.zeros(10)
    assert bounds(none, 0, 300).high == 0.01
    assert bounds(none, 0, 2).high == 1.0
    assert rule_of_3(0) == 1.0
    # Replicates without the people concerned say nothing.
    assert bounds(np.array([np.nan, 0.5, 0.5]), 7, 10**6).low == 0.5


@pytest.mark.parametrize(
    ("spread", "most"), [(0.0, 0.06), (0.5, 0.07), (1.0, 0.09), (1.5, 0.13)]
)
def test_the_rule_of_3_over_pairs_of_people_holds_for_people_who_differ(
    spread: float, most: float
) -> None:
    """30 people; pairs match at random, some people's more often than others'.

    `spread`: deviation of people's own rates, as a share of the mean. Nothing is seen
    although the rate is 3/435 in 5 % of such data sets, or a little more.
    """
    generator = np.random.default_rng(20261121)
    people, runs = 30, 4000
    pairs = np.array(list(combinations(range(people), 2)))
    assert len(pairs) == pairs_of_people(np.ones(people, int), np.ones(people, int))
    own = np.ones((runs, people))
    if spread:
        own = generator.gamma(1 / spread**2, spread**2, (runs, people))
    odds = rule_of_3(len(pairs)) * own[:, pairs[:, 0]] * own[:, pairs[:, 1]]
    missed = (generator.random(odds.shape) < odds).any(axis=1)
    assert 1 - missed.mean() < most


# -- Rates ---------------------------------------------------------------------------


def test_a_threshold_lets_no_more_through_than_asked_for() -> None:
    histogram = np.zeros(BINS, np.int64)
    histogram[[10, 20, 30]] = [90, 9, 1]
    counts = false_match_counts(histogram)
    assert bin_at_fmr(counts, 0.1) == 11
    assert bin_at_fmr(counts, 0.01) == 21
    assert bin_at_fmr(counts, 0.0) == 31
    assert bin_at_fmr(counts, 1.0) == 0


@given(seed=st.integers(0, 10**6), fmr=st.floats(1e-4, 0.9))
def test_the_threshold_is_the_lowest_that_does(seed: int, fmr: float) -> None:
    histogram = non_mated_histogram(drawn(seed, symmetric=True), silent)
    counts = false_match_counts(histogram)
    place = bin_at_fmr(counts, fmr)
    assert counts[place] <= fmr * counts[0] + 1e-5
    assert place == 0 or counts[place - 1] > fmr * counts[0]


def mated_of(bins: list[int], persons: list[int]) -> Mated:
    numbers = np.arange(len(bins))
    return Mated(
        bins=np.array(bins),
        persons=np.array(persons),
        references=numbers,
        probes=numbers,
    )


def test_per_person_everybody_weighs_the_same() -> None:
    # One person of nine comparisons without an error, one of one that fails.
    mated = mated_of([500] * 9 + [100], [0] * 9 + [4])
    found = personal_rates(mated, [300])
    assert found.mean().tolist() == [0.5]
    assert found.errors.tolist() == [1]
    plain, weighted = false_non_match_rates(mated, 5)
    assert plain[300] == pytest.approx(0.1)
    assert weighted[300] == pytest.approx(0.5)
    assert plain[100] == 0
    [interval] = found.intervals(draw_people(5))
    assert interval.low == 0.0
    assert interval.high == 1.0


def test_the_equal_error_rate_is_where_the_two_meet() -> None:
    fmr, fnmr = np.linspace(1, 0, 101), np.linspace(0, 0.5, 101)
    assert equal_error_rate(fmr, fnmr) == pytest.approx(1 / 3, abs=0.01)


def test_what_is_compared_is_told_without_comparing() -> None:
    for symmetric in (True, False):
        trial = drawn(1, symmetric=symmetric)
        counted = non_mated_histogram(trial, silent).sum()
        assert sides_of(trial).non_mated == counted
