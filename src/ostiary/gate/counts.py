"""Outcomes, outages and alarms by the hour: all that the gate remembers.

No time finer than the hour, no identifier. The hour is the gate's civil one. A desk
counts what it is asked in the same way (`ostiary.web.desk.tally`).
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

from ostiary.reasons import Reason
from ostiary.terms import AccessDecision

Counted: TypeAlias = AccessDecision | Reason
"""A decision; or a reason alone, of an outage or an alarm."""

Hours: TypeAlias = Mapping[datetime, Mapping[Counted, int]]

_Kind = TypeVar("_Kind")


class HourlyCounts(Generic[_Kind]):
    """How many of each kind fell into each hour not yet taken out."""

    def __init__(self) -> None:
        self._hours: dict[datetime, Counter[_Kind]] = {}

    def add(self, counted: _Kind, at: datetime) -> None:
        """Count one in its hour."""
        self._hours.setdefault(hour_of(at), Counter())[counted] += 1

    def take_before(self, at: datetime) -> Mapping[datetime, Mapping[_Kind, int]]:
        """Take out all hours but the one of `at`, in order."""
        now = hour_of(at)
        return self._take([hour for hour in self._hours if hour != now])

    def take_all(self) -> Mapping[datetime, Mapping[_Kind, int]]:
        """Take out every hour, in order."""
        return self._take(list(self._hours))

    def _take(self, hours: list[datetime]) -> Mapping[datetime, Mapping[_Kind, int]]:
        return {hour: self._hours.pop(hour) for hour in sorted(hours)}


def hour_of(at: datetime) -> datetime:
    """When the hour of that moment began."""
    return at.replace(minute=0, second=0, microsecond=0)
