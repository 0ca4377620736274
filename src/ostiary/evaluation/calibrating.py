"""From an evaluation to a calibration, or to why there can be none."""

import math
from datetime import datetime

from ostiary.calibration import Calibration, DataSet, Fusion, calibrated_threshold
from ostiary.credential import Coding
from ostiary.errors import EvaluationError
from ostiary.evaluation.results import Evaluation


def calibration_of(
    evaluation: Evaluation, target_fmr: float, at: datetime
) -> Calibration:
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
            f"with {evaluation.people} people you can show FMR <= {supported:.2g}, not "
            f"{target_fmr:g}: a lower target takes more people"
        )
    measured, upper = _thresholds(evaluation, target_fmr)
    try:
        return Calibration(
            extractor=evaluation.extractor,
            coding=Coding(evaluation.coding),
            fusion=Fusion(evaluation.enrolment_images, evaluation.probe_images),
            target_fmr=target_fmr,
            threshold=calibrated_threshold(upper, evaluation.extractor),
            measured=measured,
            upper=upper,
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


def _thresholds(evaluation: Evaluation, target_fmr: float) -> tuple[float, float]:
    """Where the measured FMR meets the target, and where its upper bound does."""
    for rate in evaluation.rates:
        if math.isclose(rate.fmr, target_fmr) and rate.threshold_high is not None:
            return rate.threshold, rate.threshold_high
    measured = ", ".join(f"{rate.fmr:g}" for rate in evaluation.rates) or "none"
    raise EvaluationError(
        f"FMR {target_fmr:g} was not measured; it was for: {measured}"
    )
