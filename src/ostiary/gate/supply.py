"""Whether a gate has the power to serve: a value, and time as an argument.

    mains -> on battery -> low -> asleep -> returning -> mains

A supply is believed in what costs nothing, and not in what would: one that does not
answer wakes nobody, and lets nobody sleep who has mains. Silence after it said that it
runs on its battery is taken for a low battery, as NUT's own upsmon does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Supply(StrEnum):
    """What a supply says of itself."""

    MAINS = "mains"
    BATTERY = "battery"
    LOW = "low"
    UNKNOWN = "unknown"


class Stage(StrEnum):
    """How far a power cut has come."""

    MAINS = "mains"
    ON_BATTERY = "on-battery"
    LOW = "low"
    ASLEEP = "asleep"
    RETURNING = "returning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long something has to last before it counts, in seconds.

    Attributes:
        low: a low battery, before the gate sleeps.
        lost: silence on battery, before it is taken for a low battery.
        back: mains, before a gate that slept wakes.
    """

    low: float
    lost: float
    back: float


@dataclass(frozen=True, slots=True)
class Power:
    """What is known of a gate's power.

    Attributes:
        stage: how far the cut has come.
        since: since when, in seconds on a clock that never runs backwards.
        heard: when the supply was last heard.
    """

    stage: Stage
    since: float
    heard: float

    @classmethod
    def new(cls, seconds: float) -> "Power":
        """At a start: what runs has power, until its supply says otherwise."""
        return cls(Stage.MAINS, seconds, seconds)

    @property
    def is_asleep(self) -> bool:
        """Whether the gate is not to serve."""
        return self.stage in _SLEEPING


_SLEEPING: Final = frozenset({Stage.ASLEEP, Stage.RETURNING})

_NEXT: Final[Mapping[tuple[Stage, Supply], Stage]] = MappingProxyType(
    {
        (Stage.MAINS, Supply.BATTERY): Stage.ON_BATTERY,
        (Stage.MAINS, Supply.LOW): Stage.LOW,
        (Stage.ON_BATTERY, Supply.MAINS): Stage.MAINS,
        (Stage.ON_BATTERY, Supply.LOW): Stage.LOW,
        (Stage.LOW, Supply.MAINS): Stage.MAINS,
        (Stage.LOW, Supply.BATTERY): Stage.ON_BATTERY,
        (Stage.ASLEEP, Supply.MAINS): Stage.RETURNING,
        (Stage.RETURNING, Supply.BATTERY): Stage.ASLEEP,
        (Stage.RETURNING, Supply.LOW): Stage.ASLEEP,
        (Stage.RETURNING, Supply.UNKNOWN): Stage.ASLEEP,
    }
)
"""What follows at once from what the supply says; all else stays as it is."""


def advance(power: Power, said: Supply, seconds: float, patience: Patience) -> Power:
    """Take what the supply says now.

    Args:
        power: what is known so far.
        said: by the supply; unknown where it does not answer.
        seconds: when.
        patience: how long what has to last.
    """
    heard = power.heard if said is Supply.UNKNOWN else seconds
    stage = _NEXT.get((power.stage, said), power.stage)
    if stage is not power.stage:
        return Power(stage, seconds, heard)
    stage = _in_time(power, said, seconds, patience)
    since = power.since if stage is power.stage else seconds
    return Power(stage, since, heard)


def _in_time(power: Power, said: Supply, seconds: float, patience: Patience) -> Stage:
    """What follows once the same has been said for long enough."""
    lasted = seconds - power.since
    match power.stage, said:
        case (Stage.ON_BATTERY, Supply.UNKNOWN):
            lost = seconds - power.heard >= patience.lost
            return Stage.LOW if lost else power.stage
        # A low battery of which nothing is heard any more has not got better.
        case (Stage.LOW, Supply.LOW | Supply.UNKNOWN):
            return Stage.ASLEEP if lasted >= patience.low else power.stage
        case (Stage.RETURNING, Supply.MAINS):
            return Stage.MAINS if lasted >= patience.back else power.stage
        case _:
            return power.stage


def read_status(text: str) -> Supply:
    """What the `ups.status` of NUT says (docs of NUT 2.8, new-drivers: status data).

    Args:
        text: words such as "OL CHRG", "OB DISCHRG LB"; words that are not known here
            say nothing.
    """
    words = frozenset(text.split())
    if "FSD" in words:
        return Supply.LOW
    match "OL" in words, "OB" in words:
        case (True, False):
            return Supply.MAINS
        case (False, True):
            return Supply.LOW if "LB" in words else Supply.BATTERY
        case _:
            # Neither, or both: whatever that is, it is no answer.
            return Supply.UNKNOWN
