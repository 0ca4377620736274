"""Pictures made small enough for a face detector."""

from typing import Final

import cv2
import numpy as np

from ostiary.terms import Image

MAX_WIDTH_PIXELS: Final = 640
"""Faces large enough for the extractor are found at this width, and it keeps the
detector under 10 ms."""


class ReducedPicture:
    """A buffer of ours that holds the last reduced picture."""

    def __init__(self) -> None:
        self._buffer: Image = np.zeros((0, 0, 3), np.uint8)

    def of(self, image: Image) -> tuple[Image, float]:
        """A picture at most `MAX_WIDTH_PIXELS` wide, never enlarged.

        Args:
            image: height x width x 3, uint8.

        Returns:
            The reduced picture, which is overwritten by the next call (or the given
            one, where it is narrow enough), and its width over the given one's.
        """
        height, width = image.shape[:2]
        if width <= MAX_WIDTH_PIXELS:
            return image, 1.0
        factor = MAX_WIDTH_PIXELS / width
        size = MAX_WIDTH_PIXELS, max(1, round(height * factor))
        if self._buffer.shape[1::-1] != size:
            self.forget()
            self._buffer = np.zeros((size[1], size[0], 3), np.uint8)
        cv2.resize(image, size, dst=self._buffer, interpolation=cv2.INTER_AREA)
        return self._buffer, factor

    def forget(self) -> None:
        """Overwrite the buffer."""
        self._buffer.fill(0)
