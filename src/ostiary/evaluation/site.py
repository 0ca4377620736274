"""What volunteers gave, as the data set of an evaluation, and what so many can show."""

import math
from datetime import datetime
from pathlib import Path

import numpy as np

from ostiary.calibration import Fusion
from ostiary.evaluation.acquisition import FaceRule, Progress, Samples
from ostiary.evaluation.comparing import Protocol
from ostiary.evaluation.dataset import DataSet, Picture
from ostiary.evaluation.intervals import rule_of_3
from ostiary.evaluation.results import Evaluation
from ostiary.evaluation.verification import evaluate_samples
from ostiary.evaluation.volunteers import Captures
from ostiary.vision.chain import FaceChain


def data_of(name: str, captures: Captures) -> tuple[DataSet, Samples]:
    """The captures as pictures with their samples; there are no files behind them.

    All were taken at the gate, under its limits, those that stand for enrolled pictures
    too: what a desk would not enrol is not known of them.

    Args:
        name: of the data set.
        captures: what the volunteers gave.

    Returns:
        Pictures by volunteer, session and frame, and their samples in the same order.
        The features are a copy, for the caller to overwrite.
    """
    sittings = sorted(
        captures.sittings, key=lambda each: (each.volunteer, each.session)
    )
    frames = [
        (sitting, number)
        for sitting in sittings
        for number in range(len(sitting.features))
    ]
    pictures = tuple(
        Picture(Path(label), label, sitting.volunteer, sitting.session)
        for sitting, number in frames
        for label in (f"{sitting.volunteer}/{sitting.session}/{number}",)
    )
    samples = Samples(
        features=np.concatenate([each.features for each in sittings]),
        failures=(None,) * len(frames),
        enrolment_failures=(None,) * len(frames),
        qualities=(None,) * len(frames),
        unreadable=(None,) * len(frames),
        # Each its own: frames are not compared as files.
        digests=tuple(number.to_bytes(32, "big") for number in range(len(frames))),
    )
    return DataSet(name=name, pictures=pictures, has_sessions=True, labels={}), samples


def evaluate_captures(
    name: str,
    captures: Captures,
    chain: FaceChain,
    fusion: Fusion,
    *,
    target_fmr: float,
    at: datetime,
    progress: Progress,
) -> Evaluation:
    """Measure the error rates of a site's gate on its volunteers.

    Args:
        name: of the site.
        captures: what the volunteers gave; the caller overwrites it.
        chain: the gate's; it made the features.
        fusion: frames that stand for enrolled pictures, and for those of the gate.
        target_fmr: the FMR to look for a threshold for.
        at: now.
        progress: is told how far it has come.

    Raises:
        EvaluationError: nobody has two sessions with enough frames, or there is only
            one volunteer.
    """
    data_set, samples = data_of(name, captures)
    protocol = Protocol(
        enrolment_images=fusion.enrolment_images,
        probe_images=fusion.probe_images,
        attempts=1,
        coding=chain.coding,
        face=FaceRule.SOLE,
    )
    return evaluate_samples(
        data_set,
        samples,
        chain,
        protocol,
        fmrs=(target_fmr,),
        at=at,
        progress=progress,
    )


def lowest_fmr(people: int) -> float:
    """The lowest FMR that so many people could show, if none were taken for another."""
    return rule_of_3(people * (people - 1) // 2)


def people_for(fmr: float) -> int:
    """How many people it takes at least to show that FMR.

    Args:
        fmr: above 0, at most 1.
    """
    # n (n - 1) / 2 pairs, of which 3 / fmr are needed.
    people = math.ceil((1 + math.sqrt(1 + 8 * 3 / fmr)) / 2)
    # Rounding may have put it one too high.
    return people - 1 if lowest_fmr(people - 1) <= fmr else people
