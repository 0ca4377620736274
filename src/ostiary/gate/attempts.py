"""Counts tries: of each pass in memory, of the gate on the disk as well.

What stands for a pass is a keyed digest of its identifier, under a key that ends with
the process. Nothing of a pass is written.
"""

import hmac
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from ostiary.credential import VerifiedCredential
from ostiary.errors import StorageError
from ostiary.reasons import Reason
from ostiary.transaction.attempts import GATE_SECONDS, Attempts, next_mark

_KEY_BYTES: Final = 32


class Mark(Protocol):
    """Where a gate's number of tries outlives it; `AttemptsFile` is one."""

    def read(self) -> int:
        """What it says.

        Raises:
            StorageError: it cannot be read.
        """
        ...

    def write(self, mark: int) -> None:
        """Let it say this.

        Raises:
            StorageError: it cannot be written.
        """
        ...


class NoMark:
    """Of a gate that is there for one decision, at the desk: nothing outlives it."""

    def read(self) -> int:
        """Always 0."""
        return 0

    def write(self, mark: int) -> None:
        """Nothing."""


class AttemptCounter:
    """The tries of one gate, for as long as it runs.

    Args:
        file: what outlives the process.
        randomness: that many random bytes.
    """

    def __init__(self, file: Mark, randomness: Callable[[int], bytes]) -> None:
        self._file = file
        self._key = randomness(_KEY_BYTES)
        self._attempts: Attempts | None = None
        self._mark = 0
        self._tag = b""
        self._charged = 0
        self._looked = -math.inf

    def admit(self, credential: VerifiedCredential, seconds: float) -> Reason | None:
        """Why a pass with a face cannot be tried now; None: it can, and tries are its.

        A pass without a face is not compared, so it is not limited.
        """
        if credential.reference is None:
            return None
        try:
            attempts = self._known(seconds)
            self._note(attempts.level_at(seconds))
        except StorageError:
            # What cannot be counted is not allowed.
            return Reason.GATE_NOT_READY
        self._charged = 0
        self._tag = hmac.digest(self._key, credential.identifier, "sha256")
        return attempts.refusal(self._tag, seconds)

    def charge(self, seconds: float) -> None:
        """Count a try of the pass that was admitted last, on the disk if need be.

        If the disk does not do it, no other pass is admitted until it does.
        """
        if self._attempts is not None:
            self._charged += 1
            self._attempts = self._attempts.charged(self._tag, seconds)
            with suppress(StorageError):
                self._note(self._attempts.level_at(seconds))

    def clear(self, seconds: float) -> None:
        """Forget the tries of the pass that was admitted last: its holder was there."""
        if self._attempts is not None:
            self._attempts = self._attempts.cleared(self._tag, seconds, self._charged)

    def pass_time(self, seconds: float) -> None:
        """Let the mark come down, by the clock and not with somebody who comes.

        Once a minute at most, however often it is told: a disk may be full.
        """
        if 0 <= seconds - self._looked < GATE_SECONDS:
            return
        self._looked = seconds
        with suppress(StorageError):
            self._note(self._known(seconds).level_at(seconds))

    def _known(self, seconds: float) -> Attempts:
        if self._attempts is None:
            self._mark = self._file.read()
            self._attempts = Attempts(float(self._mark), seconds)
        return self._attempts

    def _note(self, level: float) -> None:
        mark = next_mark(self._mark, level)
        if mark != self._mark:
            self._file.write(mark)
            self._mark = mark
