import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.presentation import CLEAR_ATTACK, judge
from ostiary.terms import Appearance

SCORES = st.floats(0, 1)
NO_SCORES = st.sampled_from([None, math.nan, math.inf, -math.inf, -0.1, 1.1])


@given(st.lists(SCORES, min_size=1, max_size=5), SCORES)
def test_the_mean_decides_unless_a_frame_is_a_clear_attack(
    scores: list[float], threshold: float
) -> None:
    mean = math.fsum(scores) / len(scores)
    kind = Appearance.SUFFICES if mean >= threshold else Appearance.OPEN
    if min(scores) < CLEAR_ATTACK:
        kind = Appearance.ATTACK
    assert judge(scores, threshold) is kind


@given(st.lists(SCORES, max_size=4), st.integers(0, 4), SCORES)
def test_no_frames_outvote_a_clear_attack(
    scores: list[float], position: int, threshold: float
) -> None:
    mixed = [*scores]
    mixed.insert(position, math.nextafter(CLEAR_ATTACK, 0))
    assert judge(mixed, threshold) is Appearance.ATTACK


@given(st.lists(SCORES, max_size=4), NO_SCORES, st.integers(0, 4), SCORES)
def test_one_frame_without_a_score_leaves_all_unassessed(
    scores: list[float], missing: float | None, position: int, threshold: float
) -> None:
    mixed: list[float | None] = [*scores]
    mixed.insert(position, missing)
    assert judge(mixed, threshold) is Appearance.NOT_ASSESSED


@given(SCORES)
def test_nothing_seen_is_nothing_assessed(threshold: float) -> None:
    assert judge([], threshold) is Appearance.NOT_ASSESSED


@given(st.lists(SCORES, min_size=1, max_size=5))
def test_a_threshold_that_is_no_number_lets_nobody_pass(scores: list[float]) -> None:
    assert judge(scores, math.nan) in {Appearance.OPEN, Appearance.ATTACK}


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.5], Appearance.SUFFICES),
        ([0.49], Appearance.OPEN),
        ([0.7, 0.3], Appearance.SUFFICES),
        ([0.65, 0.34], Appearance.OPEN),
        ([0.9, 0.9, 0.0], Appearance.ATTACK),
        ([0.9, 0.9, 0.29], Appearance.ATTACK),
        ([0.9, None], Appearance.NOT_ASSESSED),
    ],
)
def test_examples_at_one_half(scores: list[float | None], expected: Appearance) -> None:
    assert judge(scores, 0.5) is expected
