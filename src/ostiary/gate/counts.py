"""Outcomes by the hour: all that the gate remembers of those who passed.

No time finer than the hour, no identifier. The hour is the gate's civil one.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from ostiary.terms import AccessDecision

Hours = Mapping[datetime, Mapping[AccessDecision, int]]


class HourlyCounts:
    """How many decisions of each kind fell into each hour not yet taken out."""

    def __init__(self) -> None:
        self._hours: dict[datetime, Counter[AccessDecision]] = {}

    def add(self, decision: AccessDecision, at: datetime) -> None:
        """Count one decision in its hour."""
        self._hours.setdefault(hour_of(at), Counter())[decision] += 1

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
