"""Rates of wrong decisions and their intervals, people being the sample.

Presentations of one subject are alike, so that a hundred of them are far from a hundred
trials. Intervals therefore come from subjects: the bootstrap over subjects (ISO/IEC
19795-1, annex on statistics), widened to what so few of them may leave unseen. A kind
of person who always fails may be that frequent and not be among them, whatever the
others' rates are (Clopper and Pearson 1934, none of n, one-sided).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ostiary.evaluation.pad.presentations import Presentation

Floats: TypeAlias = NDArray[np.float64]

ERROR_OF_BOUNDS: Final = 0.05
"""How often an interval may miss."""

_RESAMPLES: Final = 4000
_SEED: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How often something happened, with a 95 % interval over subjects.

    Attributes:
        count: how often it happened.
        of: among how many presentations.
        subjects: of how many subjects.
        subjects_with: to how many of them it happened at least once.
        rate: `count` over `of`; None of nothing.
        low: lower bound of the rate; None of nothing.
        high: upper bound of it; None of nothing.
        per_subject: each one's own rate.
    """

    count: int
    of: int
    subjects: int
    subjects_with: int
    rate: float | None
    low: float | None
    high: float | None
    per_subject: Mapping[str, float]


def share(
    among: Sequence[Presentation], happened: Callable[[Presentation], bool]
) -> Share:
    """How often something happened among presentations.

    Args:
        among: those that count.
        happened: whether it did.
    """
    counts: dict[str, list[int]] = {}
    for each in among:
        own = counts.setdefault(each.subject, [0, 0])
        own[0] += happened(each)
        own[1] += 1
    table = np.array([counts[subject] for subject in sorted(counts)]).reshape(-1, 2)
    count, total = (int(column) for column in table.sum(axis=0))
    bounds = _bounds(table) if total else (None, None)
    return Share(
        count=count,
        of=total,
        subjects=len(counts),
        subjects_with=int((table[:, 0] > 0).sum()),
        rate=count / total if total else None,
        low=bounds[0],
        high=bounds[1],
        per_subject={name: own[0] / own[1] for name, own in sorted(counts.items())},
    )


def highest_unseen(subjects: int) -> float:
    """The share of subjects below which none of so many may well have shown it.

    Exact and one-sided at 95 %: (1 - p) ** n = 0.05.
    """
    return float(1 - ERROR_OF_BOUNDS ** (1 / subjects)) if subjects else 1.0


def _bounds(table: NDArray[np.int64]) -> tuple[float, float]:
    """Of a rate, from rows of errors and presentations, one for each subject."""
    unseen = highest_unseen(len(table))
    drawn = np.random.default_rng(_SEED).integers(
        len(table), size=(_RESAMPLES, len(table))
    )
    sums = table[drawn].sum(axis=1)
    half = ERROR_OF_BOUNDS / 2
    low, high = np.quantile(sums[:, 0] / sums[:, 1], [half, 1 - half])
    return min(float(low), 1 - unseen), max(float(high), unseen)


def bpcer_at(attacks: Floats, bona_fide: Floats, apcer: float) -> float:
    """BPCER at the lowest threshold that lets no more than that share of attacks pass.

    Args:
        attacks: scores of one species, at least one.
        bona_fide: scores of people, at least one.
        apcer: 0 to 1.
    """
    falling = np.sort(attacks)[::-1]
    passing = int(np.floor(apcer * len(falling)))
    if passing >= len(falling):
        return 0.0
    # Above the first attack that may not pass.
    return float((bona_fide <= falling[passing]).mean())


def area_under_curve(attacks: Floats, bona_fide: Floats) -> float:
    """How often a person scores above an attack; half of the ties count."""
    ordered = np.sort(attacks)
    below = np.searchsorted(ordered, bona_fide, side="left")
    up_to = np.searchsorted(ordered, bona_fide, side="right")
    return float((below + up_to).sum() / (2 * len(attacks) * len(bona_fide)))


def equal_error_rate(attacks: Floats, bona_fide: Floats) -> float:
    """Where APCER and BPCER meet, as the mean of both where they come closest."""
    apcer, bpcer = error_curve(attacks, bona_fide)
    nearest = int(np.argmin(np.abs(apcer - bpcer)))
    return float((apcer[nearest] + bpcer[nearest]) / 2)


def error_curve(attacks: Floats, bona_fide: Floats) -> tuple[Floats, Floats]:
    """APCER, falling, and BPCER, rising, over all thresholds that differ."""
    thresholds = np.unique(np.concatenate([attacks, bona_fide, [np.inf]]))
    apcer = 1 - np.searchsorted(np.sort(attacks), thresholds) / len(attacks)
    bpcer = np.searchsorted(np.sort(bona_fide), thresholds) / len(bona_fide)
    return apcer, bpcer
