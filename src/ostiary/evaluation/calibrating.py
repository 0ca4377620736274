"""From an evaluation to a calibration, or to why there can be none."""

import math
from dataclasses import dataclass
from datetime import datetime

from ostiary.calibration import Calibration, DataSet, Fusion, calibrated_threshold
from ostiary.credential import Coding
from ostiary.errors import EvaluationError
from ostiary.evaluation.results import Evaluation, UpperEnd


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A calibration and its price.

    Attributes:
        calibration: what a gate takes.
        fnmr_per_person: FNMR of one comparison at its threshold, mean over people.
    """

    calibration: Calibration
    fnmr_per_person: float


def calibrate(evaluation: Evaluation, target_fmr: float, at: datetime) -> Calibrated:
    """The threshold at which the upper bound of the FMR is not above the target.

    Args:
        evaluation: what was measured.
        target_fmr: the FMR of one comparison that is not to be passed.
        at: now, aware, in whole seconds.

    Raises:
        EvaluationError: so few people cannot show the target, it was not measured, or
            references were not coded as passes carry them.
    """
    supported = evaluation.lowest_supported_fmr
    if target_fmr < supported:
        raise EvaluationError(
            f"with {evaluation.people_pairs:,} pairs of people you can show FMR <= "
            f"{supported:.2g}, not {target_fmr:g}: a lower target takes more people"
        )
    measured, end = _thresholds(evaluation, target_fmr)
    threshold = calibrated_threshold(end.threshold, evaluation.extractor)
    at_end = threshold == end.threshold
    try:
        calibration = Calibration(
            extractor=evaluation.extractor,
            coding=Coding(evaluation.coding),
            fusion=Fusion(evaluation.enrolment_images, evaluation.probe_images),
            target_fmr=target_fmr,
            threshold=threshold,
            measured=measured,
            upper=end.threshold,
            data=DataSet(
                name=evaluation.data_set,
                people=evaluation.people,
                images=evaluation.images,
                mated=evaluation.mated,
                non_mated=evaluation.non_mated,
            ),
            made_at=at,
            tool=evaluation.tool,
        )
    except ValueError as error:
        raise EvaluationError(f"no calibration can say this: {error}") from None
    return Calibrated(
        calibration,
        end.fnmr_per_person if at_end else evaluation.built_in.fnmr_per_person,
    )


def _thresholds(evaluation: Evaluation, target_fmr: float) -> tuple[float, UpperEnd]:
    """Where the measured FMR meets the target, and where its upper bound does."""
    for rate in evaluation.rates:
        if rate.upper_end is not None and math.isclose(rate.fmr, target_fmr):
            return rate.threshold, rate.upper_end
    measured = ", ".join(f"{rate.fmr:g}" for rate in evaluation.rates) or "none"
    raise EvaluationError(
        f"FMR {target_fmr:g} was not measured; it was for: {measured}"
    )
