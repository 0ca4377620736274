"""How soon after failed sign-ins the next one is looked at.

After a few free tries each one costs a longer delay. To be told to wait costs nothing
and prolongs nothing. What is counted is held in memory, in slots: their number is
fixed, so that a flood of names or addresses takes no memory and pushes nothing out. Two
names in one slot share their delay; which do, nobody can tell, since a key of the
process says it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

SLOTS: Final = 4096

FREE: Final = 4
"""Failed tries in a row without any delay."""

FIRST_DELAY: Final = 4.0
"""Seconds after the last free one; doubled with each that follows."""

FORGOTTEN: Final = 3600.0
"""Seconds after which nothing is left of the tries."""


@dataclass(frozen=True, slots=True)
class _Tries:
    failed: int
    since: float


class Throttle:
    """Delays for one kind of thing: names, or addresses.

    Args:
        longest: longest delay, in seconds.
        randomness: that many random bytes, unpredictable to anyone.
    """

    def __init__(self, longest: float, randomness: Callable[[int], bytes]) -> None:
        self._longest = longest
        self._key = randomness(32)
        self._slots: dict[int, _Tries] = {}

    def wait(self, what: str, seconds: float) -> float:
        """Seconds until the next try is looked at; 0: it is.

        Args:
            what: the name or address.
            seconds: now, on a clock that never runs backwards.
        """
        tries = self._slots.get(self._slot(what))
        if tries is None or tries.failed < FREE:
            return 0.0
        # The exponent is bounded, since nobody counts the tries of a week.
        doublings = min(tries.failed - FREE, 16)
        delay = min(FIRST_DELAY * 2.0**doublings, self._longest)
        return max(0.0, delay - max(0.0, seconds - tries.since))

    def fail(self, what: str, seconds: float) -> None:
        """Count a try that failed, before it is known that it does."""
        slot = self._slot(what)
        tries = self._slots.get(slot)
        fresh = tries is not None and seconds - tries.since < FORGOTTEN
        failed = tries.failed if tries is not None and fresh else 0
        self._slots[slot] = _Tries(failed + 1, seconds)

    def succeed(self, what: str) -> None:
        """Forget the tries of whoever was let in."""
        self._slots.pop(self._slot(what), None)

    def _slot(self, what: str) -> int:
        digest = hashlib.blake2b(
            what.encode(errors="surrogatepass"), key=self._key, digest_size=8
        ).digest()
        return int.from_bytes(digest) % SLOTS
