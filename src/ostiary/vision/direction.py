"""From what a network says to features: only the direction counts, on both sides."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ostiary.comparison import fuse
from ostiary.errors import ModelError
from ostiary.terms import Features, Image


def features_from(extractor: str, values: NDArray[np.float32]) -> Features:
    """Features that point where `values` points, in the same memory.

    Args:
        extractor: identity of the extractor.
        values: d float32 of any length but zero; scaled in place to length 1.

    Raises:
        ModelError: zero, infinite, or no numbers: the network is at fault.
    """
    length = float(np.linalg.norm(values))
    if not 0 < length < np.inf:
        raise ModelError(f"{extractor} gave no features")
    values /= length
    return Features(extractor, values)


def of_both_sides(sample: Callable[[Image], Features], aligned: Image) -> Features:
    """Features of a face and of its mirror image, fused: docs/adr/0009.

    Args:
        sample: makes features of one picture; must accept a mirrored view.
        aligned: side x side x 3, uint8, BGR.

    Returns:
        Features of length 1; the two that went into them are overwritten.
    """
    sides = [sample(aligned), sample(aligned[:, ::-1])]
    fused = fuse(sides)
    for side in sides:
        side.values.fill(0)
    return fused
