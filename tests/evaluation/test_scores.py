"""Every comparison is counted, once, whatever the blocks; against plain loops."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.evaluation import scores
from ostiary.evaluation.acquisition import Floats
from ostiary.evaluation.scores import (
    BINS,
    bin_of_threshold,
    bins_of,
    mated_scores,
    non_mated_histogram,
    non_mated_hits,
    threshold_of,
)
from ostiary.evaluation.trials import Side, Subjects, Trial, windows


def silent(done: int, total: int) -> None:
    """Nobody watches."""


def directions(generator: np.random.Generator, count: int) -> Floats:
    values = generator.standard_normal((count, 8)).astype(np.float32)
    unit: Floats = values / np.linalg.norm(values, axis=1, keepdims=True)
    return unit


def drawn_trial(seed: int, attempts: int = 1, *, symmetric: bool) -> Trial:
    generator = np.random.default_rng(seed)
    persons = np.sort(generator.integers(0, 6, generator.integers(2, 30)))
    subjects = Subjects(
        names=tuple("abcdef"), persons=persons, sittings=persons, across=False
    )
    ring = windows(subjects, 1)
    references = Side(windows=ring, features=(directions(generator, len(persons)),))
    caps = tuple(
        generator.uniform(-1, 1, len(persons)).astype(np.float32)
        for _ in range(attempts if attempts > 1 else 0)
    )
    probes = Side(
        windows=ring,
        features=tuple(directions(generator, len(persons)) for _ in range(attempts)),
        caps=caps,
    )
    return Trial(
        people=6,
        references=references,
        probes=references if symmetric else probes,
        across=False,
    )


def plainly(trial: Trial, *, mated: bool) -> list[float]:
    """The score of every comparison of one kind, one after the other."""
    found = []
    persons = trial.references.windows.persons
    for one, other in product(range(len(persons)), repeat=2):
        if (persons[one] == persons[other]) is not np.bool_(mated) or one == other:
            continue
        if trial.symmetric and other < one:
            continue
        attempts = [
            float(trial.references.features[0][one] @ features[other])
            for features in trial.probes.features
        ]
        if trial.probes.caps:
            limits = [float(caps[other]) for caps in trial.probes.caps]
            attempts = list(map(min, attempts, limits))
        found.append(max(attempts))
    return found


@given(seed=st.integers(0, 10**6), symmetric=st.booleans(), rows=st.integers(1, 40))
def test_every_comparison_is_counted_once(
    *, seed: int, symmetric: bool, rows: int
) -> None:
    trial = drawn_trial(seed, symmetric=symmetric)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scores, "ROWS", rows)
        histogram = non_mated_histogram(trial, silent)
    expected = np.array(plainly(trial, mated=False), np.float32)
    assert histogram.sum() == len(expected)
    # Products are summed in another order: a score may lie in the bin beside.
    places = np.repeat(np.arange(BINS), histogram)
    assert np.abs(places - np.sort(bins_of(expected))).max(initial=0) <= 1


@given(seed=st.integers(0, 10**6), attempts=st.integers(2, 3))
def test_a_transaction_counts_with_its_best_attempt_within_its_cap(
    seed: int, attempts: int
) -> None:
    trial = drawn_trial(seed, attempts, symmetric=False)
    histogram = non_mated_histogram(trial, silent)
    expected = np.sort(np.array(plainly(trial, mated=False), np.float32))
    places = np.repeat(np.arange(BINS), histogram)
    assert np.abs(places - np.sort(bins_of(expected))).max(initial=0) <= 1
    own = np.sort(mated_scores(trial).bins)
    expected = np.array(plainly(trial, mated=True), np.float32)
    assert np.abs(own - np.sort(bins_of(expected))).max(initial=0) <= 1


@given(seed=st.integers(0, 10**6), symmetric=st.booleans(), place=st.floats(-0.9, 0.9))
def test_the_second_look_finds_what_the_histogram_counted(
    *, seed: int, symmetric: bool, place: float
) -> None:
    trial = drawn_trial(seed, symmetric=symmetric)
    lowest = bin_of_threshold(place)
    counted = int(non_mated_histogram(trial, silent)[lowest:].sum())
    hits = list(non_mated_hits(trial, lowest, silent))
    assert sum(len(each.bins) for each in hits) == counted
    persons = trial.references.windows.persons
    for each in hits:
        assert (persons[each.references] != persons[each.probes]).all()


@given(seed=st.integers(0, 10**6), symmetric=st.booleans())
def test_mated_comparisons_are_those_of_one_person(
    *, seed: int, symmetric: bool
) -> None:
    trial = drawn_trial(seed, symmetric=symmetric)
    mated = mated_scores(trial)
    expected = np.array(plainly(trial, mated=True), np.float32)
    assert len(mated.bins) == len(expected)
    places = np.sort(bins_of(expected))
    assert np.abs(np.sort(mated.bins) - places).max(initial=0) <= 1
    persons = trial.references.windows.persons
    assert (persons[mated.references] == mated.persons).all()
    assert (persons[mated.probes] == mated.persons).all()


@given(place=st.integers(0, BINS - 1))
def test_a_threshold_has_five_decimals_and_a_bin(place: int) -> None:
    assert bin_of_threshold(threshold_of(place)) == place
    assert threshold_of(place) == float(f"{threshold_of(place):.5f}")


def test_rounding_beyond_the_ends_does_not_count() -> None:
    assert bins_of(np.array([-1.0000001, 1.0000002], np.float32)).tolist() == [
        0,
        BINS - 1,
    ]
