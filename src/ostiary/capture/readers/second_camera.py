"""A camera of its own for codes; the gate's camera sees faces alone.

Its pictures serve to read codes and for nothing else, and are overwritten one by one.
"""

import threading
from contextlib import ExitStack, suppress
from typing import Final

from ostiary.capture.attention import Attention
from ostiary.capture.qr import read_qr
from ostiary.capture.readers.readings import Readings
from ostiary.erasure import overwrite
from ostiary.errors import CaptureError
from ostiary.ports import Clock, LiveSource
from ostiary.reasons import Reason
from ostiary.terms import Frame, Image, Outage, Sight

_END_SECONDS: Final = 2.0
"""How long closing waits for the thread."""

_PASSING: Final = frozenset({Reason.CAMERA_BLANK})
"""Outages that are no fault of a reader: a pass that lies on its lens."""


class SecondCamera:
    """Codes that are held before another camera.

    Args:
        source: belongs to this object from here on.
        attention: slows that camera down while nothing moves before it.
        clock: tells how old a reading is.
    """

    def __init__(self, source: LiveSource, attention: Attention, clock: Clock) -> None:
        self._source = source
        self._attention = attention
        self._readings = Readings(clock)
        self._fault: Reason | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="codes", daemon=True)
        self._thread.start()

    @property
    def fault(self) -> Reason | None:
        """That it gives no pictures; None: it serves."""
        return self._fault

    def read(self, image: Image | None) -> tuple[str, ...]:
        """What was read since it was last asked."""
        del image
        return tuple(self._readings.take())

    def close(self) -> None:
        """Stop, and let go of the camera."""
        self._closed.set()
        self._thread.join(_END_SECONDS)
        self._readings.take()

    def _run(self) -> None:
        with ExitStack() as ending:
            ending.callback(self._source.close)
            # However the thread ends, nobody reads any more.
            ending.callback(self._fail)
            ending.enter_context(suppress(CaptureError))
            for sight in self._source.frames():
                self._look(sight)
                if self._closed.is_set():
                    return

    def _fail(self) -> None:
        self._fault = Reason.READER_FAULT

    def _look(self, sight: Sight) -> None:
        match sight:
            case Frame(image):
                try:
                    self._fault = None
                    if self._attention.look(sight):
                        self._readings.add(read_qr(image))
                finally:
                    overwrite(image)
            case Outage(reason):
                self._attention.rouse()
                passes = reason in _PASSING
                self._fault = None if passes else Reason.READER_FAULT
