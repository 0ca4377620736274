"""What there is to compare, and what comes of comparing it.

samples -> references and probes -> comparisons, mated and non-mated
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Final

from ostiary.credential.template import Coding
from ostiary.errors import EvaluationError
from ostiary.evaluation.acquisition import FaceRule, Progress, Samples
from ostiary.evaluation.dataset import DataSet, Picture
from ostiary.evaluation.groups import Sides, sides_of
from ostiary.evaluation.intervals import Weights, draw_people
from ostiary.evaluation.scores import Mated, mated_scores, non_mated_histogram
from ostiary.evaluation.trials import (
    Codec,
    Enrolled,
    Integers,
    Subjects,
    Trial,
    enrol_all,
    probes_of,
    subjects_of,
)
from ostiary.reasons import Reason
from ostiary.vision.chain import FaceChain

MOST_TOLD: Final = 3
"""Files that are named where there is no report to name them all in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How references, probes and transactions are made.

    Attributes:
        enrolment_images: pictures to a reference.
        probe_images: pictures to a probe.
        attempts: how often a person may try within a transaction.
        coding: how a credential carries a reference; None: features as they are.
        face: which face of a picture counts.
    """

    enrolment_images: int
    probe_images: int
    attempts: int
    coding: Coding | None
    face: FaceRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What there is to compare.

    Attributes:
        data: the pictures that could be read.
        samples: what they yielded.
        subjects: whose they are.
        weights: how often each person was drawn.
        unreadable: pictures that could not be read, by name, and why.
    """

    data: DataSet
    samples: Samples
    subjects: Subjects
    weights: Weights
    unreadable: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What came of it.

    Attributes:
        enrolled: the references, and the failures to enrol.
        trial: the comparisons.
        mated: the mated ones' scores.
        histogram: how many non-mated scores fall into each bin.
    """

    enrolled: Enrolled
    trial: Trial
    mated: Mated
    histogram: Integers

    @property
    def sides(self) -> Sides:
        """How many references and probes there are of each person."""
        return sides_of(self.trial)


def material_of(data_set: DataSet, samples: Samples) -> Material:
    """The pictures that could be read, with what they yielded.

    Raises:
        EvaluationError: not one could be read.
    """
    names = [picture.name for picture in data_set.pictures]
    unreadable = dict.fromkeys(data_set.astray, "lies in no person's directory")
    for name, reason in zip(names, samples.unreadable, strict=True):
        if reason is not None:
            unreadable[name] = reason
    rows = [row for row, why in enumerate(samples.unreadable) if why is None]
    if not rows:
        raise EvaluationError("not one of the pictures could be read")
    read = samples.of(rows)
    pictures = [data_set.pictures[row] for row in rows]
    data = replace(data_set, pictures=_with_qualities(pictures, read))
    subjects = subjects_of(data)
    return Material(
        data=data,
        samples=read,
        subjects=subjects,
        weights=draw_people(len(subjects.names)),
        unreadable=unreadable,
    )


def _with_qualities(
    pictures: Sequence[Picture], samples: Samples
) -> tuple[Picture, ...]:
    """With the qualities that were measured, unless the table gives any itself."""
    if any(picture.quality is not None for picture in pictures):
        return tuple(pictures)
    return tuple(
        replace(picture, quality=quality)
        for picture, quality in zip(pictures, samples.qualities, strict=True)
    )


def compare_all(
    material: Material, chain: FaceChain, protocol: Protocol, progress: Progress
) -> Compared:
    """Make references and probes, and compare every one with every one.

    Raises:
        EvaluationError: nobody can be compared with themselves, or with anybody else.
    """
    subjects, samples = material.subjects, material.samples
    enrolled = enrol_all(
        subjects,
        samples,
        protocol.enrolment_images,
        chain.threshold,
        Codec(chain.extractor, protocol.coding),
    )
    single = protocol.enrolment_images == protocol.probe_images == 1
    as_fit = samples.enrolment_failures == samples.failures
    alike = single and as_fit and protocol.coding is None
    probes = probes_of(subjects, samples, protocol.probe_images)
    trial = Trial(
        people=len(subjects.names),
        references=enrolled.side,
        probes=enrolled.side if alike else probes,
        across=subjects.across,
    )
    compared = Compared(
        enrolled=enrolled,
        trial=trial,
        mated=mated_scores(trial),
        histogram=non_mated_histogram(trial, partial(progress, "comparisons")),
    )
    if not compared.mated.bins.size:
        raise EvaluationError(
            "nobody can be compared with themselves: it takes people with enough "
            f"pictures for a reference and a probe; {_failed_enrolments(enrolled)}, "
            f"and {_unreadable(material.unreadable)}"
        )
    if not compared.sides.non_mated:
        raise EvaluationError("nobody can be compared with anybody else")
    return compared


def _failed_enrolments(enrolled: Enrolled) -> str:
    reasons = counted(enrolled.failures)
    listed = ", ".join(f"{reason} {count:,}" for reason, count in reasons.items())
    failed = f"{len(enrolled.failures):,} of {enrolled.tried:,} enrolments failed"
    return f"{failed} ({listed})" if listed else failed


def _unreadable(files: Mapping[str, str]) -> str:
    told = f"{len(files):,} files could not be read"
    first = "; ".join(
        f"{name}: {why}" for name, why in islice(files.items(), MOST_TOLD)
    )
    return f"{told}, such as {first}" if first else told


def counted(reasons: Sequence[Reason]) -> dict[str, int]:
    """How often each reason, the most frequent first."""
    return {reason.value: count for reason, count in Counter(reasons).most_common()}
