"""Outcomes, outages and alarms by the hour: all that the gate remembers.

No time finer than the hour, no identifier. The hour is the gate's civil one.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

from ostiary.reasons import Reason
from ostiary.terms import AccessDecision

Counted: TypeAlias = AccessDecision | Reason
"""A decision; or a reason alone, of an outage or an alarm."""

Hours: TypeAlias = Mapping[datetime, Mapping[Counted, int]]


class HourlyCounts:
    """How many of each kind fell into each hour not yet taken out."""

    def __init__(self) -> None:
        self._hours: dict[datetime, Counter[Counted]] = {}

    def add(self, counted: Counted, at: datetime) -> None:
        """Count one in its hour."""
        self._hours.setdefault(hour_of(at), Counter())[counted] += 1

    def take_before(self, at: datetime) -> Hours:
        """Take out all hours but the one of `at`, in order."""
        now = hour_of(at)
        return self._take([hour for hour in self._hours if hour != now])

    def take_all(self) -> Hours:
        """Take out every hour, in order."""
        return self._take(list(self._hours))

    def _take(self, hours: list[datetime]) -> Hours:
        return {hour: self._hours.pop(hour) for hour in sorted(hours)}


def hour_of(at: datetime) -> datetime:
    """When the hour of that moment began."""
    return at.replace(minute=0, second=0, microsecond=0)
