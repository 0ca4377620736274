"""What time it is, for commands."""

from datetime import UTC, datetime

from ostiary.gate.clock import SystemClock


def now() -> datetime:
    """The machine's wall-clock time, in UTC, to the second: what formats can say."""
    return SystemClock(UTC).now().replace(microsecond=0)
