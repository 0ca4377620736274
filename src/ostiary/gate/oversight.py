"""Whoever watches over a gate: its service manager, its figures, its power."""

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from typing_extensions import override

from ostiary.config import GateConfig, unsafe_settings
from ostiary.gate.condition import Watching
from ostiary.gate.counts import hour_of
from ostiary.gate.displays import Display, Several
from ostiary.gate.listener import Listener, Pages
from ostiary.gate.logs import Log
from ostiary.gate.loop import Equipment
from ostiary.gate.metrics import Figures, GateCollector
from ostiary.gate.supervision import Supervised
from ostiary.gate.supply import Stage
from ostiary.gate.ups import PowerWatch
from ostiary.ports import Clock

STAGES: Final[Mapping[Stage, str]] = MappingProxyType(
    {
        Stage.MAINS: "the power is back",
        Stage.ON_BATTERY: "the power has failed; the gate runs on its battery",
        Stage.LOW: "the battery is low",
        Stage.ASLEEP: "the gate sleeps until the power is back",
        Stage.RETURNING: "the power is back; the gate waits whether it stays",
    }
)
"""What the owner is told of a power cut."""


def overseen(
    gear: Equipment,
    config: GateConfig,
    clock: Clock,
    watching: Watching,
    log: Log,
) -> Equipment:
    """The same equipment, watched over as the configuration says.

    Args:
        gear: a gate's equipment.
        config: which of it is wanted.
        clock: the gate's.
        watching: keeps its condition.
        log: where the owner is told of power cuts.

    Raises:
        ConfigurationError: nothing can listen where the figures are to be had.
    """
    displays: list[Display] = [Supervised(os.environ, clock), watching]
    if watching.power is not None:
        displays.append(PowerLog(watching.power, log))
    if config.metrics is not None:
        figures = Figures()
        collector = GateCollector(figures, watching, clock, unsafe_settings(config))
        listener = Listener(config.metrics.address, Pages(collector, watching))
        displays += [figures, listener]
    return replace(gear, display=Several(*displays, gear.display))


class PowerLog(Display):
    """Tells the owner how far a power cut has come, when that changes.

    Args:
        power: the watch of the supply.
        log: where it is told.
    """

    def __init__(self, power: PowerWatch, log: Log) -> None:
        self._power = power
        self._log = log
        self._told = Stage.MAINS

    @override
    def pass_time(self, at: datetime) -> None:
        stage = self._power.power.stage
        if stage is not self._told:
            self._told = stage
            self._log.tell("power", STAGES[stage], hour_of(at), stage=stage)
