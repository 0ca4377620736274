"""A scanner that types (a "keyboard wedge"), read from Linux' event device.

The device is grabbed, so that what it types reaches nothing else on the machine: no
shell, no login, no log. Keys are read as a keyboard of the United States has them,
which is what scanners are delivered for. Structure and codes: Linux,
`uapi/linux/input.h` and `input-event-codes.h`.
"""

import fcntl
import os
import select
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from ostiary.capture.readers.attached import WAIT_SECONDS
from ostiary.capture.readers.line import NOTHING, Line
from ostiary.erasure import overwrite
from ostiary.errors import CaptureError
from ostiary.ports import Clock

EVENT: Final = struct.Struct("llHHi")
"""`struct input_event`: seconds, microseconds, type, code, value."""

_GRAB: Final = 0x40044590
"""EVIOCGRAB: _IOW('E', 0x90, int)."""

_MOST_EVENTS: Final = 256
"""Events that are read at once."""

_SYNCHRONISATION, _KEY = 0x00, 0x01
_DROPPED: Final = 3
"""SYN_DROPPED: the kernel's buffer ran over, and keys are missing."""

_RELEASED, _PRESSED = 0, 1
_SHIFTS: Final = frozenset({42, 54})

_ROWS: Final = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (55, "*", "*"),
    (57, " ", " "),
    (71, "789-456+1230.", "789-456+1230."),
    (98, "/", "/"),
    (28, "\n", "\n"),
    (96, "\n", "\n"),
)
"""First key of a row, and what its keys type without and with shift."""

KEYS: Final[Mapping[tuple[int, bool], int]] = MappingProxyType(
    {
        (first + place, shifted): ord(character)
        for first, plain, capital in _ROWS
        for shifted, row in ((False, plain), (True, capital))
        for place, character in enumerate(row)
    }
)
"""From a key, and whether shift is held, to a character."""


class Keys:
    """Follows the keys of one scanner."""

    def __init__(self) -> None:
        self._held: set[int] = set()

    def typed(self, events: Iterable[tuple[int, int, int]]) -> Iterator[int]:
        """The characters of events: type, code, value of each."""
        for kind, code, value in events:
            if kind == _SYNCHRONISATION and code == _DROPPED:
                self._held.clear()
                yield NOTHING
            elif kind == _KEY and code in _SHIFTS:
                self._hold(code, value)
            elif kind == _KEY and value == _PRESSED:
                yield KEYS.get((code, bool(self._held)), NOTHING)

    def _hold(self, code: int, value: int) -> None:
        if value == _RELEASED:
            self._held.discard(code)
        else:
            self._held.add(code)


def grab(device: int) -> None:
    """Have all events of an open device to ourselves.

    Raises:
        OSError: it is no input device, or somebody else's already.
    """
    fcntl.ioctl(device, _GRAB, 1)


class KeyboardScanner:
    """One opened event device.

    Args:
        path: such as "/dev/input/by-id/usb-...-event-kbd".
        clock: tells when keys came.
        take_over: what keeps others from hearing it.

    Raises:
        CaptureError: it is not there, is no input device, or cannot be grabbed.
    """

    def __init__(
        self, path: str, clock: Clock, take_over: Callable[[int], None] = grab
    ) -> None:
        self._clock = clock
        self._line = Line()
        self._keys = Keys()
        self._buffer = bytearray(EVENT.size * _MOST_EVENTS)
        self._filled = 0
        try:
            self._device = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, ValueError):
            raise CaptureError("the scanner does not open") from None
        try:
            take_over(self._device)
        except OSError:
            os.close(self._device)
            raise CaptureError("the scanner cannot be had for the gate alone") from None

    def read(self) -> Sequence[str]:
        """What was typed up to an Enter.

        Raises:
            CaptureError: it is gone.
        """
        self._fill()
        typed = self._keys.typed(self._events())
        return tuple(self._line.take(typed, self._clock.seconds()))

    def release(self) -> None:
        """Let go of it, and overwrite what was not read to its end."""
        os.close(self._device)
        self._line.forget()
        overwrite(self._buffer)

    def _fill(self) -> None:
        """Wait a moment for events, and take those that have come."""
        try:
            ready, _, _ = select.select([self._device], [], [], WAIT_SECONDS)
            if not ready:
                return
            came = os.readv(self._device, [memoryview(self._buffer)[self._filled :]])
        except OSError:
            came = 0
        if came == 0:
            raise CaptureError("the scanner is gone")
        self._filled += came

    def _events(self) -> Iterator[tuple[int, int, int]]:
        """The whole events that have come; what is left of one is kept."""
        whole = self._filled - self._filled % EVENT.size
        events = memoryview(self._buffer)[:whole]
        for _, _, kind, code, value in EVENT.iter_unpack(events):
            yield kind, code, value
        rest = self._filled - whole
        self._buffer[:rest] = self._buffer[whole : self._filled]
        self._buffer[rest:] = bytes(len(self._buffer) - rest)
        self._filled = rest
