"""How long the stages of one transaction took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class StageTimes:
    """Adds up wall-clock time by stage, until it is asked and starts anew."""

    def __init__(self) -> None:
        self._spent: dict[str, float] = {}
        self._runs: dict[str, int] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time spent inside to the stage of that name."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._spent[name] = self._spent.get(name, 0.0) + time.perf_counter() - began
            self._runs[name] = self._runs.get(name, 0) + 1

    def take(self) -> dict[str, float]:
        """Mean milliseconds per run of each stage, and start anew."""
        means = {n: 1000 * s / self._runs[n] for n, s in self._spent.items()}
        self._spent.clear()
        self._runs.clear()
        return means
