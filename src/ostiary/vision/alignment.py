"""Turning, scaling and shifting a face to where an extractor expects it."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ostiary.erasure import overwrite
from ostiary.terms import Image


def similarity(
    points: NDArray[np.float32], targets: NDArray[np.float32]
) -> NDArray[np.float64]:
    """The rotation, scale and shift that carry points closest to their targets.

    In closed form, so that the same face always gives the same square: with points as
    complex numbers it is the least-squares line w = a z + b (Umeyama 1991, in the
    plane, where no reflection can come out).

    Args:
        points: n x 2, not all the same.
        targets: n x 2.

    Returns:
        2 x 3 matrix that takes (x, y, 1) to the target's x and y.

    Raises:
        ValueError: all points are the same, or some are no numbers.
    """
    z, w = _complex(points), _complex(targets)
    middle = z.mean()
    z -= middle
    spread = np.vdot(z, z).real
    if not spread > 0:
        raise ValueError("points without extent cannot be aligned")
    a = np.vdot(z, w - w.mean()) / spread
    b = w.mean() - a * middle
    # Freed as it is, NumPy would keep so small an array, with the points in it.
    overwrite(z)
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def _complex(points: NDArray[np.float32]) -> NDArray[np.complex128]:
    """As x + yi, with no array on the way that would be left with them."""
    z = np.empty(len(points), np.complex128)
    z.real, z.imag = points[:, 0], points[:, 1]
    return z


class AlignedFace:
    """A square of ours that holds the last aligned face.

    Attributes:
        image: side x side x 3, uint8, BGR; black where the picture does not reach.
    """

    def __init__(self, side: int, targets: NDArray[np.float32]) -> None:
        """Prepare the square.

        Args:
            side: in pixels.
            targets: n x 2, where the landmarks should lie, as fractions of the side.
        """
        self.image: Final[Image] = np.zeros((side, side, 3), np.uint8)
        self._side = side
        self._targets = targets * np.float32(side)

    def take(self, image: Image, landmarks: NDArray[np.float32]) -> Image:
        """Align a face.

        Args:
            image: the picture, height x width x 3, uint8.
            landmarks: n x 2, in pixels of the picture.

        Returns:
            `image` of this value, overwritten by the next call.
        """
        matrix = similarity(landmarks, self._targets)
        size = self._side, self._side
        try:
            cv2.warpAffine(image, matrix, size, dst=self.image, flags=cv2.INTER_LINEAR)
        finally:
            overwrite(matrix)
        return self.image

    def forget(self) -> None:
        """Overwrite the square."""
        self.image.fill(0)
