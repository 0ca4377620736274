"""The funnel plot of all gates, in the coordinates of a picture."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ostiary.audit.gates import GateFigures, common_rate
from ostiary.audit.rates import ALARM, WARNING, least_by_chance, most_by_chance

WIDTH: Final = 640
HEIGHT: Final = 360
LEFT: Final = 64
TOP: Final = 16
RIGHT: Final = 624
BOTTOM: Final = 316
_STEPS: Final = 60
_TICKS: Final = 4


@dataclass(frozen=True, slots=True)
class Dot:
    """One gate."""

    x: float
    y: float
    name: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    place: float
    label: str


@dataclass(frozen=True, slots=True)
class Funnel:
    """All that is drawn; places in pixels from the upper left corner.

    Attributes:
        centre: height of the common rate.
        warning: lines of the limits that chance passes once in 40 times each.
        alarm: lines of those that it passes once in 1,000 times each.
        dots: gates.
        across: marks of numbers of people.
        up: marks of rates.
    """

    centre: float
    warning: tuple[str, str]
    alarm: tuple[str, str]
    dots: Sequence[Dot]
    across: Sequence[Tick]
    up: Sequence[Tick]


def funnel_of(gates: Sequence[GateFigures]) -> Funnel | None:
    """The plot; None where nothing can be compared."""
    shown = [gate for gate in gates if gate.rate.trials]
    common = common_rate(shown)
    if not 0 < common.value < 1:  # Nor where nothing was told, and it is no number.
        return None
    widest = 1.1 * max(gate.rate.trials for gate in shown)
    highest = 1.25 * max(*(gate.rate.value for gate in shown), 2 * common.value)

    def x_of(trials: float) -> float:
        return LEFT + (RIGHT - LEFT) * trials / widest

    def y_of(rate: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * min(1.0, rate / highest)

    def line(limit: Callable[[int, float, float], int], beyond: float) -> str:
        return " ".join(
            f"{x_of(n):.1f},{y_of(limit(n, common.value, beyond) / n):.1f}"
            for n in _numbers(widest)
        )

    def both(beyond: float) -> tuple[str, str]:
        return line(least_by_chance, beyond), line(most_by_chance, beyond)

    quarters = [each / _TICKS for each in range(_TICKS + 1)]
    return Funnel(
        y_of(common.value),
        both(WARNING),
        both(ALARM),
        [Dot(x_of(g.rate.trials), y_of(g.rate.value), g.name) for g in shown],
        [Tick(x_of(widest * each), f"{widest * each:,.0f}") for each in quarters],
        [Tick(y_of(highest * each), f"{highest * each:.2%}") for each in quarters],
    )


def _numbers(widest: float) -> Iterator[int]:
    """Numbers of people at which limits are worked out, each once."""
    shares = ((each / _STEPS) ** 2 for each in range(1, _STEPS + 1))
    return iter(sorted({max(1, round(widest * share)) for share in shares}))
