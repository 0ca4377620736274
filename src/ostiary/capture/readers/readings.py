"""What a reader's thread has read and the gate has not taken yet."""

import threading
from collections.abc import Iterable, Sequence
from typing import Final

from ostiary.ports import Clock

FRESH_SECONDS: Final = 2.0
"""How long a reading counts. Whoever showed a pass to a gate that was busy, or without
its camera, shows it again; it does not open to somebody who comes later."""

MOST: Final = 4
"""Readings that are kept; the latest."""


class Readings:
    """Texts on their way from one thread to another: few, and none of them for long.

    Python offers no way to overwrite a text; it is let go.

    Args:
        clock: tells how old a reading is.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: list[tuple[float, str]] = []

    def add(self, texts: Iterable[str]) -> None:
        """Keep what was read."""
        seconds = self._clock.seconds()
        with self._lock:
            self._kept = [*self._kept, *((seconds, text) for text in texts)][-MOST:]

    def take(self) -> Sequence[str]:
        """The distinct texts that are fresh; none of them is kept."""
        seconds = self._clock.seconds()
        with self._lock:
            kept, self._kept = self._kept, []
        fresh = (text for at, text in kept if 0 <= seconds - at < FRESH_SECONDS)
        return tuple(dict.fromkeys(fresh))
