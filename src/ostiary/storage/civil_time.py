"""Civil clocks, from the time zone database of the machine."""

from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ostiary.journal.hours import utc_alone


def civil_zone(name: str) -> tzinfo | None:
    """The clock of that name in the IANA time zone database; None: there is none."""
    try:
        return utc_alone(name) or ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
