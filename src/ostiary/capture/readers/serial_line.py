"""A scanner on a serial line, or on USB as one (CDC ACM): "/dev/ttyACM0"."""

from collections.abc import Sequence
from typing import Final

import serial

from ostiary.capture.readers.attached import WAIT_SECONDS
from ostiary.capture.readers.line import Line
from ostiary.errors import CaptureError
from ostiary.ports import Clock

_MOST_BYTES: Final = 4096
"""Bytes that are taken at once."""


class SerialScanner:
    """One opened line: 8 data bits, no parity, 1 stop bit.

    Args:
        path: its device.
        baud: its speed, in bits a second; USB takes any.
        clock: tells when bytes came.

    Raises:
        CaptureError: it is not there, is no serial line, or somebody else has it.
    """

    def __init__(self, path: str, baud: int, clock: Clock) -> None:
        self._clock = clock
        self._line = Line()
        try:
            self._port = serial.Serial(path, baud, timeout=WAIT_SECONDS, exclusive=True)
        except (serial.SerialException, OSError, ValueError):
            raise CaptureError("the scanner's serial line does not open") from None

    def read(self) -> Sequence[str]:
        """What was read up to the end of a line.

        Raises:
            CaptureError: it is gone.
        """
        try:
            # One byte waits for its time; the rest of them lie there already.
            sent = self._port.read(1)
            sent += self._port.read(min(self._port.in_waiting, _MOST_BYTES))
        except (serial.SerialException, OSError, TypeError):
            # TypeError: pyserial's, of a line that was pulled while it was read.
            raise CaptureError("the scanner is gone") from None
        return tuple(self._line.take(sent, self._clock.seconds()))

    def release(self) -> None:
        """Let go of it, and overwrite what was not read to its end."""
        self._line.forget()
        self._port.close()
