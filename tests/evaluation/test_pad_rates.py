import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.evaluation.pad.presentations import Presentation
from ostiary.evaluation.pad.rates import (
    area_under_curve,
    bpcer_at,
    equal_error_rate,
    error_curve,
    highest_unseen,
    share,
)

SCORES = st.lists(st.sampled_from([n / 10 for n in range(11)]), min_size=1, max_size=30)


def presentation(subject: str, score: float) -> Presentation:
    return Presentation("print", subject, "s", 1, 0.0, (score,), None)


def test_eight_subjects_without_an_error_bound_it_below_a_third() -> None:
    among = [presentation(str(n), 0.1) for n in range(8) for _ in range(75)]
    found = share(among, lambda each: each.score > 0.5)
    assert (found.count, found.of, found.subjects, found.subjects_with) == (
        0,
        600,
        8,
        0,
    )
    assert found.low == found.rate == 0
    # (1 - p) ** 8 = 0.05, whatever the number of frames.
    assert found.high == pytest.approx(0.3123, abs=1e-4)
    assert found.high == highest_unseen(8)


def test_every_subject_failing_is_the_mirror_of_none() -> None:
    found = share([presentation(str(n), 0.9) for n in range(8)], lambda _: True)
    assert found.low == pytest.approx(1 - 0.3123, abs=1e-4)
    assert found.high == 1.0


def test_one_person_who_is_always_refused_shows() -> None:
    among = [presentation(str(n), 0.9) for n in range(7) for _ in range(10)]
    among += [presentation("last", 0.1)] * 10
    found = share(among, lambda each: each.score < 0.5)
    assert found.rate == 1 / 8
    assert found.subjects_with == 1
    assert found.per_subject["last"] == 1.0
    assert found.low == 0.0
    # Drawn anew, that person comes up to three times in eight.
    assert found.high == pytest.approx(3 / 8)


def test_the_interval_does_not_narrow_with_more_frames_of_the_same_people() -> None:
    few = [presentation(str(n), 0.1 * (n % 3)) for n in range(8)]
    once = share(few, lambda each: each.score > 0.15)
    often = share(few * 50, lambda each: each.score > 0.15)
    assert (once.low, once.high) == (often.low, often.high)


def test_nothing_counted_has_no_rate() -> None:
    found = share([], lambda _: True)
    assert (found.rate, found.low, found.high, found.of) == (None, None, None, 0)


@given(SCORES, SCORES, st.sampled_from([0.0, 0.01, 0.05, 0.5, 1.0]))
def test_bpcer_at_an_apcer_is_that_of_the_lowest_threshold(
    attacks: list[float], people: list[float], apcer: float
) -> None:
    thresholds = sorted({*attacks, *people, 2.0})
    best = min(
        sum(person < threshold for person in people) / len(people)
        for threshold in thresholds
        if sum(attack >= threshold for attack in attacks) <= apcer * len(attacks)
    )
    assert bpcer_at(np.array(attacks), np.array(people), apcer) == pytest.approx(best)


@given(SCORES, SCORES)
def test_the_area_counts_pairs(attacks: list[float], people: list[float]) -> None:
    pairs = [
        1.0 if person > attack else 0.5 if person == attack else 0.0
        for person in people
        for attack in attacks
    ]
    area = area_under_curve(np.array(attacks), np.array(people))
    assert area == pytest.approx(sum(pairs) / len(pairs))


@given(SCORES, SCORES)
def test_the_curve_counts_errors(attacks: list[float], people: list[float]) -> None:
    apcer, bpcer = error_curve(np.array(attacks), np.array(people))
    thresholds = [*sorted({*attacks, *people}), float("inf")]
    for place, threshold in enumerate(thresholds):
        passing = sum(attack >= threshold for attack in attacks) / len(attacks)
        refused = sum(person < threshold for person in people) / len(people)
        assert apcer[place] == pytest.approx(passing)
        assert bpcer[place] == pytest.approx(refused)


@given(SCORES)
def test_attacks_and_people_that_score_alike_cannot_be_told(
    scores: list[float],
) -> None:
    values = np.array(scores)
    assert area_under_curve(values, values) == pytest.approx(0.5)
    assert equal_error_rate(values, values) >= 0.25


def test_what_is_apart_has_no_error() -> None:
    attacks, people = np.array([0.1, 0.2]), np.array([0.8, 0.9])
    assert equal_error_rate(attacks, people) == 0
    assert area_under_curve(attacks, people) == 1
