"""Whether anything moves before a camera, told from a picture of a thousand spots."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ostiary.capture.digests import STEP
from ostiary.erasure import overwrite
from ostiary.terms import Image

SPOT_PIXELS: Final = 32
"""Side of a spot: a face at the mark is six of them wide, and tells nobody from
anybody."""

_ANYTHING: Final = 255.0
_GREEN: Final = 1
"""The channel that stands for grey: it has the least noise."""


class Motion:
    """Compares each picture with the one before, which it keeps as spots alone."""

    def __init__(self) -> None:
        self._spots: NDArray[np.uint8] = np.zeros((0, 0), np.uint8)

    def change(self, image: Image) -> float:
        """Largest change of a spot since the last picture, in grey levels, 0 to 255.

        Args:
            image: height x width x 3, uint8, BGR. A first one, or one of another size,
                has changed altogether.
        """
        spots = _spots(image)
        before, self._spots = self._spots, spots
        change = _ANYTHING
        if before.shape == spots.shape:
            change = float(cv2.absdiff(before, spots).max())
        overwrite(before)
        return change

    def forget(self) -> None:
        """Overwrite the spots; the next picture counts as a first one."""
        overwrite(self._spots)
        self._spots = np.zeros((0, 0), np.uint8)


def _spots(image: Image) -> NDArray[np.uint8]:
    some = np.ascontiguousarray(image[::STEP, ::STEP, _GREEN])
    height, width = image.shape[:2]
    size = max(1, width // SPOT_PIXELS), max(1, height // SPOT_PIXELS)
    try:
        return np.asarray(cv2.resize(some, size, interpolation=cv2.INTER_AREA))
    finally:
        overwrite(some)
