"""A reader that is plugged in: a thread reads, and opens it again when it is back.

The gate never waits for it. A device that is connected and says nothing cannot be told
from one before which nobody stands.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from ostiary.capture.readers.readings import Readings
from ostiary.errors import CaptureError
from ostiary.ports import Clock
from ostiary.reasons import Reason
from ostiary.terms import Image

WAIT_SECONDS: Final = 0.1
"""How long one look at a device waits: a reading is late by no more than a frame."""

PAUSE_SECONDS: Final = 1.0
"""Between two openings. Opening a device that is not there costs next to nothing."""

_END_SECONDS: Final = 2.0
"""How long closing waits for the thread."""


class Scanner(Protocol):
    """An opened device that reads codes or tags."""

    def read(self) -> Sequence[str]:
        """What it has read since; waits `WAIT_SECONDS` at most.

        Raises:
            CaptureError: it is gone.
        """
        ...

    def release(self) -> None:
        """Let go of it, and overwrite what was not read to its end."""
        ...


class AttachedReader:
    """Readings of a device, as they come.

    Args:
        open_scanner: opens the device; called again, in a thread, until it opens.
        clock: tells how old a reading is.
        pause: seconds between two openings.
    """

    def __init__(
        self,
        open_scanner: Callable[[], Scanner],
        clock: Clock,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        self._open_scanner = open_scanner
        self._pause = pause
        self._readings = Readings(clock)
        self._fault: Reason | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
        self._thread.start()

    @property
    def fault(self) -> Reason | None:
        """That it is not there; None: it serves, or is not opened yet."""
        return self._fault

    def read(self, image: Image | None) -> Sequence[str]:
        """What was read since it was last asked."""
        del image
        return self._readings.take()

    def close(self) -> None:
        """Stop, and let go of the device."""
        self._closed.set()
        self._thread.join(_END_SECONDS)
        self._readings.take()

    def _run(self) -> None:
        try:
            while not self._closed.is_set():
                self._serve()
                self._fault = Reason.READER_FAULT
                self._closed.wait(self._pause)
        finally:
            # However the thread ends, nobody reads any more.
            self._fault = Reason.READER_FAULT

    def _serve(self) -> None:
        """Read until it is gone or closed."""
        try:
            scanner = self._open_scanner()
        except CaptureError:
            return
        try:
            while not self._closed.is_set():
                texts = scanner.read()
                self._fault = None
                self._readings.add(texts)
        except CaptureError:
            return
        finally:
            scanner.release()
