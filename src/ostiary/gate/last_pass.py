"""The pass that was verified last at a gate, for as long as a receipt may be wanted.

In memory alone, and in one place: its identifier is overwritten when another pass is
shown, when the door opens, when a receipt was made of it, and when time is up.
"""

from typing import Final

from ostiary.erasure import overwrite
from ostiary.journal import commit

HELD_SECONDS: Final = 120.0
"""An attendant who was called walks over, signs in and asks."""


class LastPass:
    """Of one gate. Times are seconds on a clock that never runs backwards."""

    def __init__(self) -> None:
        self._identifier = bytearray()
        self._since = 0.0

    def note(self, identifier: bytes | None, seconds: float) -> None:
        """Keep another one in its place; None: nobody's.

        Args:
            identifier: of a pass that was verified just now; 16 bytes.
            seconds: now.
        """
        overwrite(self._identifier)
        self._identifier = bytearray(identifier or b"")
        self._since = seconds

    def pass_time(self, seconds: float) -> None:
        """Let go of it when its time is up, or when the clock ran backwards."""
        if not 0 <= seconds - self._since < HELD_SECONDS:
            self.note(None, seconds)

    def age(self, seconds: float) -> int | None:
        """For how many seconds it has been kept; None: there is none."""
        self.pass_time(seconds)
        return int(seconds - self._since) if self._identifier else None

    def commit(self, nonce: bytes) -> bytes | None:
        """The commitment to it under a nonce of 32 bytes; None: there is none."""
        return commit(nonce, self._identifier) if self._identifier else None
