"""Overwriting what has served: the one place where it is done."""

import numpy as np
from numpy.typing import NDArray


def overwrite(*buffers: bytearray | NDArray[np.generic]) -> None:
    """Fill buffers with zeros, in place, so that every view of them shows it."""
    for buffer in buffers:
        if isinstance(buffer, bytearray):
            buffer[:] = bytes(len(buffer))
        else:
            buffer.fill(0)
