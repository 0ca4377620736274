"""Axes: where a value lies along one, and which values are written beside it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Protocol

_NORMAL: Final = NormalDist()
_SUPERSCRIPTS: Final = str.maketrans("-0123456789", "\u207b⁰¹²³⁴⁵⁶⁷⁸⁹")
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_TICKS: Final = 6
_DEVIATE_TICKS: Final = (
    *(1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.05),
    *(0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.99),
)


class Scale(Protocol):
    """One axis."""

    @property
    def label(self) -> str:
        """What stands beside it."""
        ...

    def at(self, value: float) -> float:
        """0 at the beginning to 1 at the end; values beyond are drawn at the edge."""
        ...

    def ticks(self) -> Sequence[tuple[float, str]]:
        """Values to mark, and how they are written."""
        ...


@dataclass(frozen=True, slots=True)
class Linear:
    """Equal steps.

    Attributes:
        label: what stands beside the axis.
        low: value at its beginning.
        high: value at its end; above `low`.
        percent: whether values are fractions, written in per cent.
    """

    label: str
    low: float
    high: float
    percent: bool = False

    def at(self, value: float) -> float:
        """0 to 1."""
        return _clipped((value - self.low) / (self.high - self.low))

    def ticks(self) -> Sequence[tuple[float, str]]:
        """About six round values."""
        rough = (self.high - self.low) / _TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * each for each in _STEPS if power * each >= rough * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        values = [step * number for number in range(first, last + 1)]
        return [(value, self._written(value)) for value in values]

    def _written(self, value: float) -> str:
        return percent(value) if self.percent else f"{value:.6g}"


@dataclass(frozen=True, slots=True)
class Logarithmic:
    """Equal steps for equal ratios.

    Attributes:
        label: what stands beside the axis.
        low: value at its beginning; above 0.
        high: value at its end; above `low`.
        percent: whether values are fractions, written in per cent.
    """

    label: str
    low: float
    high: float
    percent: bool = False

    def at(self, value: float) -> float:
        """0 to 1; what is not above 0 is drawn at the beginning."""
        if not value > 0:
            return 0.0
        return _clipped(math.log(value / self.low) / math.log(self.high / self.low))

    def ticks(self) -> Sequence[tuple[float, str]]:
        """Powers of ten."""
        first = math.ceil(math.log10(self.low) - 1e-9)
        last = math.floor(math.log10(self.high) + 1e-9)
        powers = range(first, last + 1)
        return [
            (10.0**power, percent(10.0**power) if self.percent else power_of_ten(power))
            for power in powers
        ]


@dataclass(frozen=True, slots=True)
class NormalDeviate:
    """Equal steps of the normal deviate.

    On two such axes, scores that are normally distributed make a straight line (Martin
    et al., "The DET curve in assessment of detection task performance", 1997).

    Attributes:
        label: what stands beside the axis.
        low: rate at its beginning; above 0.
        high: rate at its end; above `low`, below 1.
    """

    label: str
    low: float
    high: float

    def at(self, value: float) -> float:
        """0 to 1."""
        inside = min(max(value, self.low), self.high)
        low, high = _NORMAL.inv_cdf(self.low), _NORMAL.inv_cdf(self.high)
        return _clipped((_NORMAL.inv_cdf(inside) - low) / (high - low))

    def ticks(self) -> Sequence[tuple[float, str]]:
        """Round percentages, without their sign: there are many of them."""
        inside = [each for each in _DEVIATE_TICKS if self.low <= each <= self.high]
        return [(value, f"{100 * value:.10g}") for value in inside]


def percent(rate: float) -> str:
    """A rate in per cent, to three places: `0.0123 %`."""
    value = 100 * rate
    if value == 0:
        return "0 %"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{decimals}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def scientific(rate: float) -> str:
    """A small rate to two places, such as `7.7e-7`."""
    mantissa, _, exponent = f"{rate:.1e}".partition("e")
    return f"{mantissa}e{int(exponent)}" if rate else "0"


def power_of_ten(power: int) -> str:
    """Such as 10 to the power of -4, with raised digits."""
    return f"10{str(power).translate(_SUPERSCRIPTS)}"


def _clipped(place: float) -> float:
    return min(1.0, max(0.0, place))
