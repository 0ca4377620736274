import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ostiary.comparison import (
    BUILT_IN_THRESHOLDS,
    compare,
    decide,
    fuse,
    odd_one_out,
)
from ostiary.terms import ComparisonDecision, Features

EXTRACTOR = "test/1"


def unit(values: NDArray[np.float32]) -> Features:
    return Features(EXTRACTOR, values / np.linalg.norm(values))


@st.composite
def unit_features(draw: st.DrawFn, dimensions: int = 16) -> Features:
    seed = draw(st.integers(0, 2**32 - 1))
    generator = np.random.default_rng(seed)
    return unit(generator.standard_normal(dimensions, dtype=np.float32))


@given(unit_features(), unit_features())
def test_a_score_is_a_symmetric_cosine(one: Features, other: Features) -> None:
    score = compare(one, other)
    assert -1 <= score <= 1
    assert score == compare(other, one)


@given(unit_features())
def test_nothing_is_closer_than_itself_nor_farther_than_its_opposite(
    one: Features,
) -> None:
    opposite = Features(EXTRACTOR, -one.values)
    assert compare(one, one) == pytest.approx(1, abs=1e-6)
    assert compare(one, opposite) == pytest.approx(-1, abs=1e-6)


def test_different_extractors_are_never_compared() -> None:
    one = unit(np.ones(4, np.float32))
    with pytest.raises(ValueError, match="different extractors"):
        compare(one, Features("other/1", one.values))


def test_overwritten_features_score_nothing() -> None:
    one = unit(np.ones(4, np.float32))
    assert compare(one, Features(EXTRACTOR, np.zeros(4, np.float32))) == 0.0


def test_features_that_are_no_numbers_never_match() -> None:
    one = unit(np.ones(4, np.float32))
    broken = Features(EXTRACTOR, np.full(4, np.nan, np.float32))
    assert decide(compare(one, broken), -1.0) is ComparisonDecision.NON_MATCH


@given(st.lists(unit_features(), min_size=1, max_size=5))
def test_a_fusion_has_length_one_and_is_the_closest_to_all(
    samples: list[Features],
) -> None:
    fused = fuse(samples)
    assert np.linalg.norm(fused.values) == pytest.approx(1, abs=1e-5)
    closeness = sum(compare(fused, sample) for sample in samples)
    for other in samples:
        assert closeness >= sum(compare(other, sample) for sample in samples) - 1e-5


@given(unit_features(), st.integers(1, 4))
def test_fusing_copies_changes_nothing_and_leaves_the_samples_alone(
    one: Features, copies: int
) -> None:
    before = one.values.copy()
    fused = fuse([one] * copies)
    np.testing.assert_allclose(fused.values, before, atol=1e-6)
    assert np.array_equal(one.values, before)
    assert not np.shares_memory(fused.values, one.values)


def test_there_is_no_mean_of_nothing() -> None:
    with pytest.raises(ValueError, match="exactly one extractor"):
        fuse([])


def test_there_is_no_mean_over_extractors() -> None:
    one = unit(np.ones(4, np.float32))
    with pytest.raises(ValueError, match="exactly one extractor"):
        fuse([one, Features("other/1", one.values)])


@given(unit_features())
def test_there_is_no_mean_of_opposites(one: Features) -> None:
    with pytest.raises(ValueError, match="mean direction"):
        fuse([one, Features(EXTRACTOR, -one.values)])


def test_there_is_no_mean_of_what_is_no_number() -> None:
    with pytest.raises(ValueError, match="mean direction"):
        fuse([Features(EXTRACTOR, np.full(4, np.nan, np.float32))])


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_a_match_is_a_score_from_the_threshold_upwards(
    score: float, threshold: float
) -> None:
    matched = decide(score, threshold) is ComparisonDecision.MATCH
    assert matched == (score >= threshold)


@given(st.floats(allow_nan=True))
def test_neither_score_nor_threshold_may_be_no_number(value: float) -> None:
    assert decide(math.nan, value) is ComparisonDecision.NON_MATCH
    assert decide(value, math.nan) is ComparisonDecision.NON_MATCH


def test_a_threshold_of_zero_is_a_threshold() -> None:
    assert decide(0.0, 0.0) is ComparisonDecision.MATCH
    assert decide(-0.01, 0.0) is ComparisonDecision.NON_MATCH


def test_built_in_thresholds_are_cosines_that_refuse_strangers() -> None:
    assert all(0 < threshold < 1 for threshold in BUILT_IN_THRESHOLDS.values())


def test_one_person_has_no_odd_one_out() -> None:
    one = unit(np.array([1, 0.2, 0, 0], np.float32))
    other = unit(np.array([1, 0, 0.3, 0], np.float32))
    assert odd_one_out([one], 0.5) is None
    assert odd_one_out([one, other, one], 0.5) is None


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_stranger_among_samples_is_found(place: int) -> None:
    stranger = unit(np.array([0, 0, 0, 1], np.float32))
    samples = [unit(np.array([1, 0.1 * n, 0, 0], np.float32)) for n in range(2)]
    samples.insert(place, stranger)
    found = odd_one_out(samples, 0.9)
    assert found is not None
    kept = [sample.values.any() for sample in samples]
    assert all(kept)


def test_two_people_have_an_odd_one_out() -> None:
    one, other = (unit(np.eye(4, dtype=np.float32)[n]) for n in range(2))
    assert odd_one_out([one, other], 0.5) == 0
