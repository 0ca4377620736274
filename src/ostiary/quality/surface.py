"""The light on a face, from the picture beneath the mesh.

The face is looked at through patches: four points of the mesh each, in MediaPipe's
order, and 16 x 16 samples between them.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ostiary.terms import Image

Quad: TypeAlias = tuple[int, int, int, int]
"""Points of the mesh: upper left, upper right, lower right, lower left in a picture."""

LUMA: Final = np.array([0.114, 0.587, 0.299], np.float32)
"""Weights of blue, green and red (ITU-R BT.601)."""

CHEEKS: Final[tuple[Quad, Quad]] = ((117, 101, 205, 123), (330, 346, 352, 425))
FOREHEAD: Final[Quad] = (104, 333, 336, 107)

_HALVES: Final[tuple[Quad, Quad]] = ((104, 9, 200, 136), (9, 333, 365, 200))
"""From the forehead to the chin, left and right of the nose in the picture."""

_SIDE: Final = 16

_DARK: Final = 25
_BRIGHT: Final = 247
"""Luma up to which, and from which, a sample is black or white: those of OFIQ, the
reference implementation of ISO/IEC 29794-5."""

_BINS: Final = 32
"""Of a histogram of luma. OFIQ has 256, of all pixels; a half has 256 samples here."""


def _bilinear(side: int) -> NDArray[np.float32]:
    """Weights of the four corners for each of side x side samples between them."""
    steps = (np.arange(side, dtype=np.float32) + 0.5) / side
    down, right = (
        axis.reshape(-1) for axis in np.meshgrid(steps, steps, indexing="ij")
    )
    up, left = 1 - down, 1 - right
    return np.stack([up * left, up * right, down * right, down * left], axis=1)


_WEIGHTS: Final = _bilinear(_SIDE)


def patch(image: Image, points: NDArray[np.float32], quad: Quad) -> Image:
    """Samples of the picture between four points of the mesh: 256 x 3, uint8, BGR."""
    return at(image, _WEIGHTS @ points[list(quad), :2])


def at(image: Image, places: NDArray[np.float32]) -> Image:
    """The pixels of the picture nearest to n places: n x 3; its edge is continued."""
    height, width = image.shape[:2]
    columns, rows = np.rint(places[:, :2]).astype(np.int64).T
    inside = np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)
    return np.asarray(image[inside], np.uint8)


def under_exposure(image: Image, points: NDArray[np.float32]) -> float:
    """Part of the face that is too dark to show anything, 0 to 1.

    Args:
        image: height x width x 3, uint8, BGR.
        points: 468 x 3, the mesh.
    """
    return float(np.mean(_luma(image, points, _HALVES) <= _DARK))


def over_exposure(image: Image, points: NDArray[np.float32]) -> float:
    """Part of the face that is too bright to show anything, 0 to 1.

    Args:
        image: height x width x 3, uint8, BGR.
        points: 468 x 3, the mesh.
    """
    return float(np.mean(_luma(image, points, _HALVES) >= _BRIGHT))


def uniformity(image: Image, points: NDArray[np.float32]) -> float:
    """How alike the light is on both halves of the face.

    Args:
        image: height x width x 3, uint8, BGR.
        points: 468 x 3, the mesh.

    Returns:
        What the histograms of luma share, 0 (one-sided) to 1, as in OFIQ.
    """
    right, left = (_histogram(_luma(image, points, [half])) for half in _HALVES)
    return float(np.minimum(right, left).sum())


def _luma(
    image: Image, points: NDArray[np.float32], quads: Sequence[Quad]
) -> NDArray[np.float32]:
    """Luma of all samples of some patches, 0 to 255."""
    return np.concatenate([patch(image, points, quad) @ LUMA for quad in quads])


def _histogram(luma: NDArray[np.float32]) -> NDArray[np.float64]:
    counts, _ = np.histogram(luma, bins=_BINS, range=(0, 256))
    return counts / luma.size


def median_luma(
    image: Image, points: NDArray[np.float32], quads: Sequence[Quad]
) -> float:
    """Median luma of some patches, 0 to 255."""
    return float(np.median(_luma(image, points, quads)))
