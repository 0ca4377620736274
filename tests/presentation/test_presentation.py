import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.presentation import ATTACK, SUFFICES, judge
from ostiary.presentation.appearance import MOST_LOG_ODDS, OFFSET, WEIGHTS, fuse
from ostiary.terms import Appearance

SCORES = st.floats(0, 1)
NOT_CLEARLY_FALSE = st.floats(ATTACK, 1)
NO_SCORES = st.sampled_from([None, math.nan, math.inf, -math.inf, -0.1, 1.1])
PROBABILITIES = st.tuples(*[SCORES] * len(WEIGHTS))


@given(st.lists(NOT_CLEARLY_FALSE, min_size=1, max_size=5))
def test_the_mean_of_frames_without_a_clear_attack_suffices_or_leaves_it_open(
    scores: list[float],
) -> None:
    enough = math.fsum(scores) / len(scores) >= SUFFICES
    assert judge(scores) is (Appearance.SUFFICES if enough else Appearance.OPEN)


@given(st.lists(SCORES, max_size=4), st.integers(0, 4))
def test_no_frames_outvote_a_clear_attack(scores: list[float], position: int) -> None:
    mixed = [*scores]
    mixed.insert(position, math.nextafter(ATTACK, 0))
    assert judge(mixed) is Appearance.ATTACK


@given(st.lists(SCORES, max_size=4), NO_SCORES, st.integers(0, 4))
def test_one_frame_without_a_score_leaves_all_unassessed(
    scores: list[float], missing: float | None, position: int
) -> None:
    mixed: list[float | None] = [*scores]
    mixed.insert(position, missing)
    assert judge(mixed) is Appearance.NOT_ASSESSED


def test_nothing_seen_is_nothing_assessed() -> None:
    assert judge([]) is Appearance.NOT_ASSESSED


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.67], Appearance.SUFFICES),
        ([0.66], Appearance.OPEN),
        ([0.34], Appearance.OPEN),
        ([0.33], Appearance.ATTACK),
        ([0.9, 0.8, 0.4], Appearance.SUFFICES),
        ([0.9, 0.5, 0.5], Appearance.OPEN),
        ([0.9, 0.9, 0.0], Appearance.ATTACK),
        ([0.9, None], Appearance.NOT_ASSESSED),
    ],
)
def test_examples(scores: list[float | None], expected: Appearance) -> None:
    assert judge(scores) is expected


@given(PROBABILITIES)
def test_a_fused_score_is_never_surer_than_the_people_it_was_learned_from(
    probabilities: tuple[float, ...],
) -> None:
    score = fuse(probabilities)
    assert score is not None
    assert 0.06 < score < 0.94


@given(PROBABILITIES, st.integers(0, len(WEIGHTS) - 1), SCORES)
def test_more_of_any_network_is_never_less(
    probabilities: tuple[float, ...], network: int, more: float
) -> None:
    raised = list(probabilities)
    raised[network] = max(raised[network], more)
    assert (fuse(raised) or 0) >= (fuse(probabilities) or 1)


def test_no_network_is_above_the_sum_of_the_others() -> None:
    for weight in WEIGHTS:
        assert 0 < weight <= sum(WEIGHTS) - weight + 1e-9


@pytest.mark.parametrize("network", range(len(WEIGHTS)))
def test_one_fooled_network_alone_lets_nobody_pass(network: int) -> None:
    probabilities = [float(n == network) for n in range(len(WEIGHTS))]
    assert judge([fuse(probabilities)]) is not Appearance.SUFFICES


@given(PROBABILITIES, st.integers(0, len(WEIGHTS) - 1), NO_SCORES)
def test_a_network_that_gives_no_probability_leaves_the_frame_unassessed(
    probabilities: tuple[float, ...], network: int, value: float | None
) -> None:
    broken = list(probabilities)
    broken[network] = math.nan if value is None else value
    assert fuse(broken) is None


def test_a_score_is_the_weighted_log_odds() -> None:
    odds = MOST_LOG_ODDS * sum(WEIGHTS) + OFFSET
    assert fuse([1.0] * len(WEIGHTS)) == pytest.approx(1 / (1 + math.exp(-odds)))
    assert fuse([0.5] * len(WEIGHTS)) == pytest.approx(1 / (1 + math.exp(-OFFSET)))


def test_a_network_too_few_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="shorter"):
        fuse([0.5])
