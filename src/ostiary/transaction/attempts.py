"""How often a pass, and a gate, may be tried in vain. After NIST SP 800-63B.

A try is a comparison that did not end in a grant. Of each pass some are free; each one
after them costs a longer delay, up to the longest. Of a whole gate a number is free at
once, and one more with each minute. To be told to wait costs nothing and prolongs
nothing, so whoever waits gets in: docs/adr/0037.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from ostiary.credential.jsonfile import read_object
from ostiary.errors import TrustListError
from ostiary.reasons import Reason

FREE_TRIES: Final = 5
"""Tries in a row of one pass without any delay (SP 800-63B-4, 3.2.3). It has ten where
attack detection was shown to thwart nine in ten attacks of each kind; ours was not."""

FIRST_DELAY: Final = 30.0
"""Seconds after the last free try (there too); doubled with each that follows."""

LONGEST_DELAY: Final = 960.0
"""Seconds. It makes a hundred tries a day at most, and is how long the holder of a pass
that was copied waits at most."""

FORGOTTEN: Final = 86_400.0
"""Seconds after which nothing is left of the tries of a pass."""

MOST_PASSES: Final = 4096
"""Passes whose tries are kept. To push one out takes as many other good passes."""

GATE_TRIES: Final = 30
"""Tries at one gate at once, of all passes together."""

GATE_SECONDS: Final = 60.0
"""Seconds to one more."""

MARK_STEP: Final = 5
"""The mark on the disk goes by fives: a file that changed with each try would tell when
the latest was."""

MAX_BYTES: Final = 256
"""Longest file of the mark, in bytes."""

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Tries:
    """Of one pass.

    Attributes:
        failed: how many tries in a row.
        since: when the latest was, on a clock that never runs backwards.
    """

    failed: int
    since: float

    def wait(self, seconds: float) -> float:
        """Seconds until the next one is allowed; 0: it is.

        Args:
            seconds: now. If the clock ran backwards all the same, the whole delay.
        """
        if self.failed < FREE_TRIES:
            return 0.0
        # The exponent is bounded, since nobody counts the tries of a week.
        doublings = min(self.failed - FREE_TRIES, 10)
        delay = min(FIRST_DELAY * 2.0**doublings, LONGEST_DELAY)
        # Added, not taken off: whoever waits until then finds nothing left of it.
        return max(0.0, self.since + delay - max(seconds, self.since))


@dataclass(frozen=True, slots=True)
class Attempts:
    """Of a gate. Times are seconds on a clock that never runs backwards.

    Attributes:
        level: tries at the gate, less those that time has taken off; from 0 on.
        at: when the level was such.
        passes: what stands for a pass in this process alone -> its tries; the one whose
            latest try is the oldest first.
    """

    level: float
    at: float
    passes: Mapping[bytes, Tries] = field(
        default_factory=lambda: MappingProxyType({}), repr=False
    )

    def refusal(self, tag: bytes, seconds: float) -> Reason | None:
        """Why a pass cannot be tried now; None: it can."""
        tries = self.passes.get(tag)
        if tries is not None and tries.wait(seconds) > 0:
            return Reason.TRIED_TOO_OFTEN
        if self.level_at(seconds) > GATE_TRIES - 1:
            return Reason.GATE_TRIED_TOO_OFTEN
        return None

    def level_at(self, seconds: float) -> float:
        """The level now."""
        return max(0.0, self.level - max(0.0, seconds - self.at) / GATE_SECONDS)

    def charged(self, tag: bytes, seconds: float) -> "Attempts":
        """After one more try of a pass."""
        passes = self._remembered(seconds)
        former = passes.pop(tag, Tries(0, seconds))
        passes = dict(list(passes.items())[-(MOST_PASSES - 1) :])
        passes[tag] = Tries(former.failed + 1, seconds)
        level = self.level_at(seconds) + 1
        return Attempts(level, seconds, MappingProxyType(passes))

    def cleared(self, tag: bytes, seconds: float, charged: int) -> "Attempts":
        """After the holder of a pass was verified.

        Args:
            tag: the pass, whose tries are forgotten.
            seconds: now.
            charged: tries that were charged on the way there, and are taken off the
                gate's level again; what went before stays on it.
        """
        passes = self._remembered(seconds)
        passes.pop(tag, None)
        level = max(0.0, self.level_at(seconds) - charged)
        return Attempts(level, seconds, MappingProxyType(passes))

    def _remembered(self, seconds: float) -> dict[bytes, Tries]:
        return {
            tag: tries
            for tag, tries in self.passes.items()
            if seconds - tries.since < FORGOTTEN
        }


def next_mark(mark: int, level: float) -> int:
    """What the disk is to say of a gate's level: never less, and seldom anything new.

    Args:
        mark: what it says.
        level: the level now.
    """
    if mark - 2 * MARK_STEP < level <= mark:
        return mark
    return MARK_STEP * math.ceil(level / MARK_STEP)


def dump_mark(mark: int) -> bytes:
    """The file of a gate's mark: a JSON object, UTF-8, ending in a line feed."""
    return (json.dumps({"version": _VERSION, "tries": mark}) + "\n").encode()


def load_mark(data: bytes) -> int:
    """Read the file of a gate's mark.

    Whatever is not written as `dump_mark` does counts as a gate that was tried too
    often: it mends itself, a minute for each try, and nothing is won by spoiling it.
    """
    try:
        members = read_object(data, MAX_BYTES)
        version, mark = members.integer("version"), members.integer("tries")
        members.finish()
    except TrustListError:
        return GATE_TRIES
    known = version == _VERSION and 0 <= mark <= GATE_TRIES
    return mark if known else GATE_TRIES
