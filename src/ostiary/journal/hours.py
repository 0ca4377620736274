"""When doors may be opened by hand, on a civil clock that the entry names.

The hours of passes are read on the gate's civil clock; these are read on one that
stands beside them, so that an audit needs to know nothing of the gate.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final, TypeAlias

from ostiary.credential import Hours, cbor
from ostiary.credential.jsonfile import Members

MOST_WINDOWS: Final = 16
_DAYS: Final = 7
_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(/[A-Za-z0-9_+\-]+)*")
_ZONE_CHARACTERS: Final = 64

Zones: TypeAlias = Callable[[str], tzinfo | None]
"""The civil clock of a name of the IANA time zone database; None: not known here."""


def utc_alone(name: str) -> tzinfo | None:
    """The clocks that are known without a database: one."""
    return UTC if name == "UTC" else None


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Windows on one civil clock.

    Attributes:
        time_zone: by its name in the IANA database.
        windows: in order, each once, 1 to 16.
    """

    time_zone: str
    windows: tuple[Hours, ...]

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a name that cannot be one, or windows in another form.
        """
        known = len(self.time_zone) <= _ZONE_CHARACTERS
        if not known or not _ZONE.fullmatch(self.time_zone):
            raise ValueError("a time zone is named as the IANA database names it")
        numbers = [_numbers(window) for window in self.windows]
        if numbers != sorted(set(numbers)) or not 0 < len(numbers) <= MOST_WINDOWS:
            raise ValueError(f"1 to {MOST_WINDOWS} windows stand in order, each once")

    def contain(self, at: datetime, zone: tzinfo) -> bool:
        """Whether the moment lies inside of one, on that clock."""
        try:
            local = at.astimezone(zone)
        except OverflowError:
            # In the last hours of the year 9999, which an entry may well name.
            return False
        return any(window.contain(local) for window in self.windows)


def in_order(time_zone: str, windows: tuple[Hours, ...]) -> OpeningHours:
    """The hours of those windows, whatever their order.

    Raises:
        ValueError: as of `OpeningHours`.
    """
    return OpeningHours(time_zone, tuple(sorted(set(windows), key=_numbers)))


def hours_members(hours: OpeningHours) -> cbor.Encodable:
    """Them as an entry has them."""
    rows: list[cbor.Encodable] = []
    for window in hours.windows:
        weekdays, start, end = _numbers(window)
        rows.append({"weekdays": weekdays, "start": start, "end": end})
    said: cbor.Encodable = {"time_zone": hours.time_zone, "windows": rows}
    return said


def read_hours(members: Members) -> OpeningHours:
    """Read what `hours_members` makes.

    Raises:
        TrustListError: a member is missing or of another type.
        ValueError: anything else but that.
    """
    zone = members.text("time_zone")
    windows = tuple(_read_window(each) for each in members.objects("windows"))
    members.finish()
    return OpeningHours(zone, windows)


def _read_window(members: Members) -> Hours:
    mask = members.integer("weekdays")
    start, end = members.integer("start"), members.integer("end")
    members.finish()
    if not 0 < mask < 1 << _DAYS:
        raise ValueError("weekdays are 7 bits, and at least one is set")
    return Hours(frozenset(day for day in range(_DAYS) if mask >> day & 1), start, end)


def _numbers(window: Hours) -> tuple[int, int, int]:
    """Weekdays as bits, Monday the lowest; minutes since midnight."""
    mask = sum(1 << weekday for weekday in window.weekdays)
    return mask, window.start_minute, window.end_minute
