"""FMR and FNMR, per comparison and per person, at thresholds and all along.

Per person means that every person weighs the same: someone of whom there are many
pictures would otherwise decide the rate alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ostiary.evaluation.intervals import Interval, Weights, bounds
from ostiary.evaluation.scores import BINS, Mated
from ostiary.evaluation.trials import Integers

Doubles: TypeAlias = NDArray[np.float64]

_ROUNDING: Final = 1e-6
"""1e-5 of 13 million is 130, and not the 129.99... that floats make of it."""


def false_match_counts(histogram: Integers) -> Integers:
    """By bin, how many non-mated scores lie in it or above."""
    return np.cumsum(histogram[::-1])[::-1]


def bin_at_fmr(counts: Integers, fmr: float) -> int:
    """The lowest bin at which no more than that share of non-mated scores lies.

    Args:
        counts: as `false_match_counts` gives them.
        fmr: the share, 0 to 1.
    """
    allowed = math.floor(fmr * int(counts[0]) + _ROUNDING)
    # Counts fall; past the last bin there is nothing.
    return int(np.searchsorted(-counts, -allowed))


def equal_error_rate(fmr: Doubles, fnmr: Doubles) -> float:
    """Where the two meet: their mean at the bin where they differ least."""
    nearest = int(np.argmin(np.abs(fmr - fnmr)))
    return float(fmr[nearest] + fnmr[nearest]) / 2


def false_non_match_rates(mated: Mated, people: int) -> tuple[Doubles, Doubles]:
    """By bin, the FNMR at its lowest score: per comparison, and per person."""
    shares = 1 / np.bincount(mated.persons, minlength=people)[mated.persons]
    plain = np.bincount(mated.bins, minlength=BINS)
    weighted = np.bincount(mated.bins, shares, minlength=BINS)
    return _below(plain), _below(weighted)


def _below(weights: NDArray[np.generic]) -> Doubles:
    """By bin, the share of the weight that lies below it."""
    sums: Doubles = np.concatenate([[0.0], np.cumsum(weights)[:-1]])
    return sums / float(np.sum(weights))


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalRates:
    """Each person's own share of errors among their mated comparisons.

    Attributes:
        persons: of whom there are mated comparisons.
        rates: people x thresholds.
        errors: by threshold, how many comparisons failed.
        comparisons: how many there are.
    """

    persons: Integers
    rates: Doubles = field(repr=False)
    errors: Integers
    comparisons: int

    def mean(self) -> Doubles:
        """By threshold, the mean over people."""
        means: Doubles = self.rates.mean(axis=0)
        return means

    def intervals(self, weights: Weights) -> list[Interval]:
        """By threshold, the interval of that mean."""
        own = weights[self.persons, 1:].astype(np.float64)
        with np.errstate(invalid="ignore"):  # Replicates in which none of them is.
            replicates = (self.rates.T @ own) / own.sum(axis=0)
        people = len(self.persons)
        return [
            bounds(values, int(errors), people)
            for values, errors in zip(replicates, self.errors, strict=True)
        ]


def personal_rates(mated: Mated, bins: Sequence[int]) -> PersonalRates:
    """Each person's FNMR at the lowest score of each bin."""
    persons, own = np.unique(mated.persons, return_inverse=True)
    counts = np.bincount(own)
    missed = [np.bincount(own, mated.bins < each) for each in bins]
    return PersonalRates(
        persons=persons,
        rates=np.array(missed).T / counts[:, None],
        errors=np.array(missed).sum(axis=1).astype(np.int64),
        comparisons=len(mated.bins),
    )
