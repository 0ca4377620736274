"""Intervals that respect that people, not comparisons, are the sample.

Everybody is compared with everybody, so comparisons are not independent: one person
whom others resemble stands behind many false matches. People are therefore drawn anew
with replacement, and a comparison counts as often as its people were drawn, the one
times the other: both sides of a non-mated comparison are resampled (Owen, "The
pigeonhole bootstrap", 2007; for biometrics Bolle, Ratha and Pankanti, "Error analysis
of pattern recognition systems: the subsets bootstrap", 2004, and Poh, Martin and
Bengio, 2007). It errs on the wide side where false matches are few.

Where nothing was seen there is nothing to resample. With 95 % confidence a rate is then
below 3/n, of n independent trials (the rule of 3, ISO/IEC 19795-1); n counts people, or
pairs of people, and never their pictures (docs/adr/0027).
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ostiary.evaluation.trials import Integers

REPLICATES: Final = 400
"""How often people are drawn anew."""

SEED: Final = 20261121
"""An evaluation of the same data gives the same intervals."""

_OUTER: Final = (2.5, 97.5)
_RULE_OF_3: Final = 3.0

Weights: TypeAlias = NDArray[np.uint8]
"""People x (1 + replicates): how often each was drawn; in the first column, once."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds of a rate, at 95 %."""

    low: float
    high: float


def draw_people(people: int) -> Weights:
    """People drawn anew, with replacement: people x (1 + `REPLICATES`) uint8."""
    generator = np.random.default_rng(SEED)
    drawn = generator.multinomial(people, np.full(people, 1 / people), REPLICATES)
    return np.column_stack([np.ones(people), drawn.T]).astype(np.uint8)


def bounds(values: NDArray[np.float64], errors: int, independent: int) -> Interval:
    """The interval of a rate.

    Args:
        values: the rate in each replicate; not a number where nothing was drawn.
        errors: how many errors were seen.
        independent: how many independent trials there were.
    """
    most = rule_of_3(independent)
    if errors == 0:
        return Interval(0.0, most)
    low, high = np.nanpercentile(values, _OUTER)
    # What so few people could show at best is no less than this.
    return Interval(float(low), max(float(high), most))


def rule_of_3(independent: int) -> float:
    """Upper bound of a rate when not one of so many independent trials failed."""
    return min(1.0, _RULE_OF_3 / independent) if independent else 1.0


def pairs_of_people(references: Integers, probes: Integers) -> int:
    """How many different pairs of people are compared.

    Args:
        references: by person, how many references there are.
        probes: by person, how many probes.
    """
    enrolled, shown = references > 0, probes > 0
    both = int((enrolled & shown).sum())
    return int(enrolled.sum()) * int(shown.sum()) - both - both * (both - 1) // 2
