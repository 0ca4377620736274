"""The gate's two clocks."""

import time
from dataclasses import dataclass
from datetime import datetime, tzinfo


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clocks.

    Attributes:
        zone: civil time zone in which `now` is told.
    """

    zone: tzinfo

    def now(self) -> datetime:
        """Wall-clock time in the gate's civil time zone; may be wrong, may jump."""
        return datetime.fromtimestamp(time.time(), self.zone)  # noqa: TID251 - the clock

    def seconds(self) -> float:
        """Seconds on a clock that never runs backwards."""
        return time.monotonic()
