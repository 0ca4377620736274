"""What time it is, for commands."""

from datetime import UTC, datetime
from typing import Final

from ostiary.errors import ConfigurationError
from ostiary.gate.clock import SystemClock

FIRST_RELEASE: Final = datetime(2026, 11, 1, tzinfo=UTC)
"""No key, list or pass of ours is older."""


def now() -> datetime:
    """The machine's wall-clock time, in UTC, to the second: what formats can say.

    Raises:
        ConfigurationError: a time at which Ostiary was not there yet.
    """
    told = SystemClock(UTC).now().replace(microsecond=0)
    if told < FIRST_RELEASE:
        raise ConfigurationError(f"the clock says {told:%Y-%m-%d %H:%M}; set it first")
    return told
