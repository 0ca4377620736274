"""Pictures that are already there, shown to a gate one after the other."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

import numpy as np

from ostiary.ports import Clock
from ostiary.terms import Frame, Image

SECONDS_PER_STILL: Final = 0.1
"""Time between two pictures, as their stamps have it."""

LONG_AFTER: Final = 3600.0
"""When the last, blank frame comes, in seconds: it ends whatever still waits."""


class Stills:
    """Each picture as one frame, and a blank one long after them.

    Args:
        images: height x width x 3, uint8, BGR; the gate overwrites them.
        clock: gives the time of the first.
    """

    def __init__(self, images: Sequence[Image], clock: Clock) -> None:
        self._images = images
        self._clock = clock

    def frames(self) -> Iterator[Frame]:
        """The pictures in their order, then the blank one."""
        began, seconds = self._clock.now(), self._clock.seconds()
        blank = np.zeros((1, 1, 3), np.uint8)
        for number, image in enumerate(self._images):
            offset = number * SECONDS_PER_STILL
            yield Frame(image, began + timedelta(seconds=offset), seconds + offset)
        # Waiting is counted on this clock; on the wall it is still now.
        yield Frame(blank, began, seconds + LONG_AFTER)

    def close(self) -> None:
        """Nothing is held."""
