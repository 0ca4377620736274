"""When pictures are worth a closer look: a value, and time as an argument.

    awake: all pictures, and codes are looked for in each
    asleep: some eight pictures a second, and codes once a second

Whatever moves wakes it. Codes are looked for asleep too, so that somebody whose pass
appears without anything moving (a screen that lights up slowly in the dark) waits a
second and not for ever.
"""

from dataclasses import dataclass, replace
from typing import Final

MOVED_LEVELS: Final = 6.0
"""Change of one spot, in grey levels of 256, that counts as motion. The noise of a
sensor in bad light (sigma 6) changes a spot of 64 samples by less."""

AWAKE_SECONDS: Final = 3.0
"""How long it stays awake after the latest motion."""

LOOK_SECONDS: Final = 0.05
"""How long after a look pictures are passed over asleep; the one after those is looked
at. With a camera of ten pictures a second or more it is at most a fifth of a second
away, and with one of fifteen it is every other one."""

CODES_SECONDS: Final = 1.0
"""Longest time between two looks for codes asleep."""


@dataclass(frozen=True, slots=True)
class Idling:
    """What is known of a scene. Times are seconds on a clock that never runs back.

    Attributes:
        moved: when something last moved.
        looked: when codes were last looked for; so they are in a picture of that time.
    """

    moved: float
    looked: float

    def is_awake(self, seconds: float) -> bool:
        """Whether all pictures are wanted; so they are if the clock runs back."""
        return seconds - self.moved < AWAKE_SECONDS

    def pace(self, seconds: float) -> float:
        """How long the pictures that follow may be passed over, in seconds."""
        return 0.0 if self.is_awake(seconds) else LOOK_SECONDS


def advance(idling: Idling, change: float, seconds: float) -> Idling:
    """Take what one picture tells.

    Args:
        idling: what is known so far.
        change: largest change of a spot since the picture before, in grey levels, 0 to
            255.
        seconds: when it was taken.
    """
    # Written so that NaN wakes it.
    moved = idling.moved if change < MOVED_LEVELS else seconds
    now = replace(idling, moved=moved)
    rested = 0 <= seconds - now.looked < CODES_SECONDS
    if rested and not now.is_awake(seconds):
        return now
    return replace(now, looked=seconds)
