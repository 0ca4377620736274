"""The gate's hours, entered in its journal: what rates of openings are compared with.

Only hours that the gate saw whole are entered, each once. One that it did not, or that
could not be written, is missing, and the auditor says so; nothing else waits for it.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from typing_extensions import override

from ostiary.errors import JournalError
from ostiary.gate.counts import hour_of
from ostiary.gate.displays import Display
from ostiary.journal import GateHour, dump_entry, told_count
from ostiary.reasons import Reason
from ostiary.storage.journal import Journal
from ostiary.terms import AccessDecision, Outcome

_HOUR: Final = timedelta(hours=1)


class _Ending(Enum):
    """How presentations end, as coarsely as an hour tells it."""

    PASSAGE = "passages"
    PASS = "passes"  # noqa: S105 - what somebody shows
    FACE = "faces"
    OTHER = "others"


def _between(first: Reason, last: Reason) -> frozenset[Reason]:
    """Reasons stand in the order in which a gate meets them."""
    every = list(Reason)
    return frozenset(every[every.index(first) : every.index(last) + 1])


_PASSES: Final = _between(Reason.SEVERAL_PASSES, Reason.REFERENCE_INCOMPATIBLE)
_LISTS: Final = _between(Reason.CLOCK_BEHIND, Reason.TRUST_ROLLED_BACK)
"""Of the gate's own lists and clock, which no pass mends."""
_FACES: Final = _between(Reason.NO_FACE, Reason.NON_MATCH)


class HourEntries(Display):
    """Enters hours that are over.

    Args:
        journal: the gate's.
        gate: its name, as entries have it.
    """

    def __init__(self, journal: Journal, gate: str) -> None:
        self._journal = journal
        self._gate = gate
        self._counts: Counter[_Ending] = Counter()
        self._hour: datetime | None = None
        self._whole = False
        self._entered: datetime | None = None

    @override
    def pass_time(self, at: datetime) -> None:
        """Enter the hour that is over, if it was seen whole."""
        hour = hour_of(at.astimezone(UTC))
        if hour == self._hour:
            return
        before, self._hour = self._hour, hour
        followed = before is not None and hour - before == _HOUR
        if before is not None and followed and self._whole:
            self._enter(before)
        # The first hour was not seen from its beginning. A leap of the clock ends one
        # before its end, and begins one after its beginning.
        self._whole = followed
        self._counts.clear()

    @override
    def announce(
        self, decision: AccessDecision, at: datetime, stages: Mapping[str, float]
    ) -> None:
        """Count how it ended."""
        del stages
        self.pass_time(at)
        if decision.outcome is not Outcome.REFER:  # Which has not ended yet.
            self._counts[_ending_of(decision)] += 1

    def _enter(self, hour: datetime) -> None:
        if self._entered is not None and hour <= self._entered:
            return  # The clock was set back: an hour is told once.
        self._entered = hour
        told = {each.value: told_count(self._counts[each]) for each in _Ending}
        with suppress(JournalError):
            self._journal.append(dump_entry(GateHour(hour, self._gate, **told)))


def _ending_of(decision: AccessDecision) -> _Ending:
    if decision.outcome is Outcome.GRANT:
        return _Ending.PASSAGE
    if decision.reason in _PASSES - _LISTS:
        return _Ending.PASS
    return _Ending.FACE if decision.reason in _FACES else _Ending.OTHER
