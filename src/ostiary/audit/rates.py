"""Rates with their intervals, and the limits of a funnel plot.

A gate where few pass has a wide interval, so gates are not ranked: each is compared
with what chance makes of the common rate at its own number of passages (Spiegelhalter,
"Funnel plots for comparing institutional performance", Statistics in Medicine 2005).
"""

import math
from dataclasses import dataclass
from typing import Final

_Z: Final = 1.959964
"""Of 95 %, both sides."""

WARNING: Final = 0.025
ALARM: Final = 0.001
"""How much chance leaves beyond each limit, on each side."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many.

    Attributes:
        count: that it is about.
        trials: of which.
    """

    count: int
    trials: int

    @property
    def value(self) -> float:
        """The rate, 0 to 1; not a number of nothing."""
        return self.count / self.trials if self.trials else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """At 95 % (Wilson, 1927), each end within 0 to 1."""
        if not self.trials:
            return 0.0, 1.0
        spread = _Z * _Z / self.trials
        centre = (self.value + spread / 2) / (1 + spread)
        variance = self.value * (1 - self.value) / self.trials
        half = _Z / (1 + spread) * math.sqrt(variance + spread / (4 * self.trials))
        low = max(0.0, centre - half) if self.count else 0.0
        high = min(1.0, centre + half) if self.count < self.trials else 1.0
        return low, high


def most_by_chance(trials: int, rate: float, beyond: float) -> int:
    """The count that chance passes with that probability at most (binomial)."""
    return _quantile(trials, rate, 1 - beyond)


def least_by_chance(trials: int, rate: float, beyond: float) -> int:
    """The count that chance stays below with that probability at most (binomial)."""
    return _quantile(trials, rate, beyond)


def _quantile(trials: int, rate: float, level: float) -> int:
    """The smallest count whose cumulative probability reaches the level."""
    if not 0 < rate < 1:
        return trials if rate >= 1 else 0
    odds, total = math.log(rate) - math.log1p(-rate), 0.0
    log_probability = trials * math.log1p(-rate)
    for count in range(trials):
        total += math.exp(log_probability)
        if total >= level:
            return count
        log_probability += math.log((trials - count) / (count + 1)) + odds
    return trials
