"""A camera that is let go while the power fails.

What the gate then sees is an outage, as of a camera that is gone: whoever is being
served is refused, what was biometric is overwritten, and the door is shut.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Final

from ostiary.errors import CaptureError
from ostiary.gate.ups import PowerWatch
from ostiary.ports import Clock, LiveSource
from ostiary.reasons import Reason
from ostiary.terms import Outage, Sight

_TICK_SECONDS: Final = 0.5
"""How long a moment without a camera is."""


class SleepingSource:
    """Another source, while there is power for it.

    Args:
        open_source: opens it; called again after each sleep.
        watch: of the power; started and ended with this.
        clock: stamps outages.

    Raises:
        CaptureError: it does not open the first time.
    """

    def __init__(
        self, open_source: Callable[[], LiveSource], watch: PowerWatch, clock: Clock
    ) -> None:
        self._open_source = open_source
        self._watch = watch
        self._clock = clock
        self._source: LiveSource | None = open_source()
        self._closed = threading.Event()
        watch.start()

    def frames(self) -> Iterator[Sight]:
        """What the source shows; outages while the power fails, until it is closed."""
        while not self._closed.is_set():
            if self._watch.power.is_asleep:
                yield self._outage(Reason.POWER_FAILING)
            elif self._source is None and not self._wakes():
                yield self._outage(Reason.CAMERA_FAULT)
            else:
                yield from self._awake()
                if not self._watch.power.is_asleep:
                    return

    def close(self) -> None:
        """Let go of everything; harmless when done twice."""
        self._closed.set()
        self._watch.close()
        self._let_go()

    def _awake(self) -> Iterator[Sight]:
        if self._source is None:
            return
        for sight in self._source.frames():
            yield sight
            if self._watch.power.is_asleep:
                break
        self._let_go()

    def _wakes(self) -> bool:
        """Whether the camera opens; one that has just got power may not, for a time."""
        try:
            self._source = self._open_source()
        except CaptureError:
            return False
        return True

    def _let_go(self) -> None:
        source, self._source = self._source, None
        if source is not None:
            source.close()

    def _outage(self, reason: Reason) -> Outage:
        self._closed.wait(_TICK_SECONDS)
        return Outage(reason, self._clock.now(), self._clock.seconds())
