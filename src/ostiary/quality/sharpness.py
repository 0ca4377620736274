"""Sharpness of a face, told by its opposite."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ostiary.quality.surface import LUMA
from ostiary.terms import Image

_WINDOW: Final = 9
"""Length of the averaging window, in pixels (Crete et al.)."""


def blur(aligned: Image) -> float:
    """How little a picture loses when it is blurred further.

    The measure of Crete et al., "The blur effect: perception and estimation with a new
    no-reference perceptual blur metric" (2007), on the middle of the face, where no
    border of the picture can reach. Contrast and brightness do not change it.

    Args:
        aligned: side x side x 3, uint8, BGR.

    Returns:
        0 (sharp) to 1 (nothing left to lose; a blank picture too).
    """
    margin = aligned.shape[0] // 8
    middle = aligned[margin:-margin, margin:-margin]
    luma = middle @ LUMA
    return max(_blur_along_rows(luma), _blur_along_rows(luma.T))


def _blur_along_rows(luma: NDArray[np.float32]) -> float:
    """Share of the differences between neighbours that averaging leaves, 0 to 1."""
    sums = np.cumsum(luma, axis=1, dtype=np.float64)
    averaged = (sums[:, _WINDOW:] - sums[:, :-_WINDOW]) / _WINDOW
    half = _WINDOW // 2
    original = luma[:, half + 1 : -half]
    before = np.abs(np.diff(original, axis=1))
    after = np.abs(np.diff(averaged, axis=1))
    total = float(before.sum())
    lost = float(np.maximum(before - after, 0).sum())
    return 1 - lost / total if total > 0 else 1.0
