"""From measured rates to a threshold: at its upper end, or not at all."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from ostiary.calibration import Fusion
from ostiary.comparison import BUILT_IN_THRESHOLDS
from ostiary.credential import Coding
from ostiary.errors import EvaluationError
from ostiary.evaluation.calibrating import calibrate
from ostiary.evaluation.results import Evaluation, dump_evaluation, read_evaluation
from ostiary.evaluation.site import (
    data_of,
    evaluate_captures,
    lowest_fmr,
    people_for,
)
from ostiary.evaluation.volunteers import Captures, Sitting
from ostiary.terms import Face, Features, Image, Mesh
from ostiary.vision.chain import FaceChain, Grade
from tests.quality.drawn_mesh import LENIENT, PatternMesher

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
EXTRACTOR = "retail-0095/2"
PEOPLE, FRAMES, DIMENSIONS = 24, 4, 8
ONE, TWO = Fusion(1, 2), Fusion(2, 2)


class Unused:
    """Stands for models that are not needed once there are samples."""

    identity = EXTRACTOR
    dimensions = DIMENSIONS

    def detect(self, image: Image) -> Sequence[Face]:
        raise AssertionError

    def align(self, image: Image, face: Face, mesh: Mesh) -> Image:
        raise AssertionError

    def extract(self, aligned: Image) -> Features:
        raise AssertionError

    def forget(self) -> None:
        pass


CHAIN = FaceChain(
    name="scripted",
    grade=Grade.OPERATIONAL,
    coding=Coding.INT8,
    threshold=0.5,
    detector=Unused(),
    mesh=PatternMesher(),
    features=Unused(),
    limits=LENIENT,
    enrolment_limits=LENIENT,
)


def captures() -> Captures:
    """People in few dimensions, so that many are alike."""
    generator = np.random.default_rng(3)
    sittings = []
    for person in range(PEOPLE):
        own = generator.normal(size=DIMENSIONS)
        for session in "12":
            rows = own + 0.4 * generator.normal(size=(FRAMES, DIMENSIONS))
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            sitting = Sitting(
                volunteer=f"v{person:02}",
                session=session,
                consent="2026-11",
                features=rows.astype(np.float32),
            )
            sittings.append(sitting)
    return Captures(EXTRACTOR, DIMENSIONS, tuple(sittings))


def evaluation(
    target: float, fusion: Fusion = TWO, threshold: float = 0.5
) -> Evaluation:
    return evaluate_captures(
        "hall",
        captures(),
        replace(CHAIN, threshold=threshold),
        fusion,
        target_fmr=target,
        at=AT,
        progress=lambda *_: None,
    )


def test_the_samples_are_the_volunteers_own() -> None:
    given = captures()
    data, samples = data_of("hall", given)
    assert [p.person for p in data.pictures[: 2 * FRAMES]] == ["v00"] * 2 * FRAMES
    assert data.has_sessions
    assert np.array_equal(samples.features[:FRAMES], given.sittings[0].features)
    # Overwriting the samples leaves what is sealed as it is.
    samples.features.fill(0)
    assert given.sittings[0].features.any()


@pytest.mark.parametrize("target", [0.3, 0.1, 0.03])
def test_the_upper_end_holds_the_target_where_the_measured_one_does_not(
    target: float,
) -> None:
    # One picture enrols whatever the threshold, so that the same pairs are compared.
    (rate,) = evaluation(target, ONE).rates
    assert rate.false_matches / rate.non_mated <= target < rate.fmr_high
    end = rate.upper_end
    assert end is not None
    assert end.threshold > rate.threshold
    there = evaluation(target, ONE, end.threshold).built_in
    assert there.fmr_high <= target
    assert there.fnmr_per_person == end.fnmr_per_person
    # Its steps are of a sixth of the false matches: somewhat lower does not do.
    assert evaluation(target, ONE, end.threshold - 0.05).built_in.fmr_high > target


def test_a_calibration_says_what_was_measured() -> None:
    measured = evaluation(0.03)
    calibrated = calibrate(measured, 0.03, AT)
    made = calibrated.calibration
    (rate,) = measured.rates
    assert rate.upper_end is not None
    assert made.measured == rate.threshold
    assert made.threshold == made.upper == rate.upper_end.threshold
    assert calibrated.fnmr_per_person == rate.upper_end.fnmr_per_person
    assert (made.extractor, made.coding) == (EXTRACTOR, Coding.INT8)
    assert made.fusion == TWO
    assert (made.data.name, made.data.people) == ("hall", PEOPLE)
    assert made.data.images == PEOPLE * 2 * FRAMES
    assert made.tool.startswith("ostiary ")


def test_where_the_built_in_threshold_is_stricter_it_stands_with_its_price() -> None:
    measured = evaluation(0.3, ONE, BUILT_IN_THRESHOLDS[EXTRACTOR])
    calibrated = calibrate(measured, 0.3, AT)
    made = calibrated.calibration
    assert made.upper < made.threshold == BUILT_IN_THRESHOLDS[EXTRACTOR]
    assert calibrated.fnmr_per_person == measured.built_in.fnmr_per_person


def test_an_evaluation_from_a_file_makes_the_same_calibration() -> None:
    measured = evaluation(0.1)
    read = read_evaluation(dump_evaluation(measured))
    assert calibrate(read, 0.1, AT) == calibrate(measured, 0.1, AT)


def test_a_target_that_so_few_people_cannot_show_is_refused() -> None:
    measured = evaluation(0.1)
    with pytest.raises(
        EvaluationError, match=r"with 276 pairs of people .* 0\.011, not 0\.01"
    ):
        calibrate(measured, 0.01, AT)


def test_a_target_that_was_not_measured_is_refused() -> None:
    with pytest.raises(EvaluationError, match=r"not measured; it was for: 0\.1"):
        calibrate(evaluation(0.1), 0.2, AT)


def test_uncoded_references_make_no_calibration() -> None:
    uncoded = replace(evaluation(0.1), coding="none")
    with pytest.raises(EvaluationError, match="no calibration can say this"):
        calibrate(uncoded, 0.1, AT)


@pytest.mark.parametrize("fmr", [1.0, 0.5, 0.1, 3 / 435, 0.001, 1e-4, 1e-6])
def test_no_fewer_people_can_show_a_rate(fmr: float) -> None:
    people = people_for(fmr)
    assert lowest_fmr(people) <= fmr
    assert people <= 3 or lowest_fmr(people - 1) > fmr


def test_thirty_people_show_seven_in_a_thousand_at_best() -> None:
    assert lowest_fmr(30) == pytest.approx(3 / 435)
    assert people_for(3 / 435) == 30
