"""Whether a gate can serve, and why not: looked at by the clock, never with a passage.

What is told here is read by other machines at any moment they like. So it changes when
a cable is pulled or a list grows old, and not because somebody came: files are looked
at once a minute, and a covered lens, which may be a pass held over it, by the hour.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from typing_extensions import override

from ostiary.credential import GateKnowledge
from ostiary.credential.clock import is_behind
from ostiary.errors import ConfigurationError, StorageError, TrustListError
from ostiary.gate.counts import hour_of
from ostiary.gate.displays import Display
from ostiary.gate.knowledge import KnowledgeFiles
from ostiary.gate.supply import Stage
from ostiary.gate.ups import PowerWatch
from ostiary.ports import Clock
from ostiary.reasons import Reason

_LOOK_SECONDS: Final = 60.0
"""How often files are looked at."""

STUCK_SECONDS: Final = 10.0
"""After how long without a sight a gate's loop stands still. A camera that fails gives
an outage several times a second."""

_AT_ONCE: Final = frozenset({Reason.CAMERA_FAULT, Reason.POWER_FAILING})
"""Outages that nobody makes by passing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What is known of a gate at one moment.

    Attributes:
        troubles: why it cannot serve; empty: it can.
        issued: when each status list that can be used was issued, by its file.
        unusable: the files of lists that cannot be used.
        trust_ends: when trust runs out; None where there is none.
        power: how far a power cut has come; None: nobody is asked.
        broker: whether that of Home Assistant hears the gate; None: there is none.
    """

    troubles: tuple[Reason, ...] = (Reason.GATE_NOT_READY,)
    issued: Mapping[Path, datetime] = field(default_factory=dict)
    unusable: tuple[Path, ...] = ()
    trust_ends: datetime | None = None
    power: Stage | None = None
    broker: bool | None = None


class Watching(Display):
    """Keeps a gate's condition for whoever asks, in any thread.

    Args:
        knowledge: the gate's files.
        clock: how long ago something was.
        power: the watch of its supply, if it has one.
        broker: says whether the broker of Home Assistant hears the gate, if it has one.

    Attributes:
        power: as it was given.
    """

    def __init__(
        self,
        knowledge: KnowledgeFiles,
        clock: Clock,
        power: PowerWatch | None = None,
        broker: Callable[[], bool] | None = None,
    ) -> None:
        self._knowledge = knowledge
        self._clock = clock
        self.power = power
        self._broker = broker
        self._files = Condition()
        self._looked: float | None = None
        self._beat = clock.seconds()
        self._hour: datetime | None = None
        self._fault: Reason | None = None
        self._shown: Reason | None = None
        self._reader: Reason | None = None

    @property
    def condition(self) -> Condition:
        """What is known now."""
        files, devices = self._files, (self._shown, self._reader)
        return Condition(
            troubles=(*files.troubles, *filter(None, devices)),
            issued=files.issued,
            unusable=files.unusable,
            trust_ends=files.trust_ends,
            power=None if self.power is None else self.power.power.stage,
            broker=None if self._broker is None else self._broker(),
        )

    @property
    def is_live(self) -> bool:
        """Whether the gate's loop goes round."""
        return self._clock.seconds() - self._beat < STUCK_SECONDS

    @override
    def pass_time(self, at: datetime) -> None:
        """Note that the loop goes round; look at the files now and again."""
        self._beat = self._clock.seconds()
        if self._looked is None or self._beat - self._looked >= _LOOK_SECONDS:
            self._looked = self._beat
            self._files = self._look(at)
        if hour_of(at) != self._hour:
            self._hour, self._shown = hour_of(at), self._fault

    @override
    def camera(self, fault: Reason | None, at: datetime) -> None:
        """Note it; what may be somebody's doing is shown by the hour."""
        self._fault = fault
        if fault in _AT_ONCE or (fault is None and self._shown in _AT_ONCE):
            self._shown = fault

    @override
    def reader(self, fault: Reason | None, at: datetime) -> None:
        """Note it, and show it at once: nobody makes it by passing."""
        self._reader = fault

    def _look(self, at: datetime) -> Condition:
        try:
            knowledge = self._knowledge.at(at)
        except (ConfigurationError, StorageError, TrustListError):
            return Condition()
        issued = self._knowledge.lists_issued()
        return Condition(
            troubles=tuple(troubles(knowledge, at)),
            issued={path: each for path, each in issued.items() if each},
            unusable=tuple(path for path, each in issued.items() if not each),
            trust_ends=knowledge.trust.ends_at,
        )


def troubles(knowledge: GateKnowledge, at: datetime) -> Iterator[Reason]:
    """Why a gate that knows this can let nobody in now."""
    trust = knowledge.trust
    if is_behind(at, (trust.issued_at, *knowledge.high_water.moments)):
        yield Reason.CLOCK_BEHIND
    if knowledge.high_water.is_above_trust(trust):
        yield Reason.TRUST_ROLLED_BACK
    if not trust.is_in_force(at):
        yield Reason.TRUST_EXPIRED
    if not knowledge.unsafe_accept_without_status:
        yield from _status_troubles(knowledge, at)


def _status_troubles(knowledge: GateKnowledge, at: datetime) -> Iterator[Reason]:
    """Why no pass has a status that counts; nothing while one list is good."""
    above = knowledge.high_water.is_above
    lists = [each for each in knowledge.status_lists if not above(each)]
    if not knowledge.status_lists:
        yield Reason.STATUS_UNKNOWN
    elif not lists:
        yield Reason.STATUS_ROLLED_BACK
    elif all(
        at >= min(each.expires_at, each.issued_at + knowledge.max_status_age)
        for each in lists
    ):
        yield Reason.STATUS_STALE


def age_of(issued_at: datetime, at: datetime) -> timedelta:
    """How old a list is; never below nothing, whatever the clocks say."""
    return max(at - issued_at, timedelta())
