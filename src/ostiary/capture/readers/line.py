"""The characters of one reading, until the scanner says that it is over.

Bounded in length and in time. What is too long, or breaks off, becomes one text that no
pass has, so that it is refused like any other code that cannot be read, and whoever
stands there is told to show it again.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ostiary.credential.limits import LIMITS
from ostiary.erasure import overwrite

UNREADABLE: Final = "\ufffd"
"""Stands for a reading that is not whole. It is not in base45's alphabet."""

GAP_SECONDS: Final = 1.0
"""Longest pause within one reading: a scanner sends at once, a person at a keyboard
takes longer."""

NOTHING: Final = 0xFF
"""A byte that stands for anything that is no character: it makes a line unreadable."""

_ENDS: Final = frozenset(b"\r\n")


class Line:
    """What one scanner has sent of a reading that is not over yet."""

    def __init__(self) -> None:
        self._held = bytearray(LIMITS.text_characters)
        self._length = 0
        self._latest = 0.0

    def take(self, sent: Iterable[int], seconds: float) -> Iterator[str]:
        """The readings that are over now, each as one text.

        Args:
            sent: bytes in their order; carriage return or line feed ends a reading.
            seconds: when they came, on a clock that never runs backwards.
        """
        if self._length and not 0 <= seconds - self._latest < GAP_SECONDS:
            self.forget()
            yield UNREADABLE
        for byte in sent:
            self._latest = seconds
            if byte not in _ENDS:
                self._add(byte)
            elif self._length:
                yield self._text()

    def forget(self) -> None:
        """Overwrite what is held."""
        overwrite(self._held)
        self._length = 0

    def _add(self, byte: int) -> None:
        if self._length < len(self._held):
            self._held[self._length] = byte
        # One more than fits says that it was too long; more than that says nothing.
        self._length = min(self._length + 1, len(self._held) + 1)

    def _text(self) -> str:
        try:
            if self._length > len(self._held):
                return UNREADABLE
            return str(memoryview(self._held)[: self._length], "ascii", "replace")
        finally:
            self.forget()
