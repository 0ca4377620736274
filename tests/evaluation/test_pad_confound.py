import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.evaluation.pad.confound import CALIPER, Frames, confound, matched
from ostiary.evaluation.pad.logistic import fit, log_odds, probability


def frames(people: int, attacks: int, apart: float, seed: int = 0) -> Frames:
    """Scores tell all; light differs between the classes by so many deviations."""
    generator = np.random.default_rng(seed)
    bona_fide = np.array([True] * people + [False] * attacks)
    light = generator.normal(0, 1, (len(bona_fide), 3)) + apart * bona_fide[:, None]
    scores = np.where(bona_fide, 0.9, 0.1)
    subjects = np.array([str(number % 4) for number in range(len(bona_fide))])
    return Frames(light, scores, bona_fide, subjects)


@settings(max_examples=30)
@given(
    st.integers(1, 30), st.integers(1, 30), st.floats(0, 3), st.integers(0, 2**32 - 1)
)
def test_matched_frames_are_as_many_of_each_and_close_in_every_measure(
    people: int, attacks: int, apart: float, seed: int
) -> None:
    given_frames = frames(people, attacks, apart, seed)
    chosen = matched(given_frames)
    assert len(set(chosen.tolist())) == len(chosen)
    kept = given_frames[chosen]
    assert kept.bona_fide.sum() * 2 == len(chosen)
    spread = given_frames.light.std(axis=0)
    light = kept.light / np.where(spread > 0, spread, 1)
    for person in light[kept.bona_fide]:
        nearest = np.abs(light[~kept.bona_fide] - person).max(axis=1).min()
        assert nearest <= CALIPER + 1e-9


def test_light_that_separates_is_told_and_matching_takes_it_away() -> None:
    found = confound(frames(300, 300, 1.0), "print")
    assert found is not None
    assert found.light_before > 0.85
    assert found.pairs > 30
    assert found.light_after is not None
    assert found.light_after < 0.75
    assert found.score_after == 1.0
    assert (found.apcer_after, found.bpcer_after, found.eer_after) == (0, 0, 0)


def test_a_detector_that_learned_the_light_is_left_with_nothing() -> None:
    learned = frames(400, 400, 1.0)
    scores = probability(learned.light.sum(axis=1) - 1.5)
    found = confound(
        Frames(learned.light, scores, learned.bona_fide, learned.subjects), "print"
    )
    assert found is not None
    assert found.score_before > 0.85
    assert found.score_after is not None
    assert found.score_after < 0.75


def test_too_few_to_compare() -> None:
    assert confound(frames(1, 50, 0.0), "print") is None
    apart = confound(frames(50, 50, 50.0), "print")
    assert apart is not None
    assert (apart.pairs, apart.score_after) == (0, None)


def test_a_regression_finds_what_made_the_data() -> None:
    generator = np.random.default_rng(1)
    values = generator.normal(size=(20000, 2))
    targets = probability(values @ np.array([1.5, -0.5]) + 0.3)
    found = fit(values, targets, np.full(20000, 1 / 20000), 1e-9)
    assert found == pytest.approx([1.5, -0.5, 0.3], abs=1e-4)
    assert probability(log_odds(values, found)) == pytest.approx(targets, abs=1e-4)
