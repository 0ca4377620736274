"""The parts of a face: which way it nods, whether eyes and mouth can be seen.

Numbers are points of the mesh, in MediaPipe's order.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ostiary.quality.surface import (
    CHEEKS,
    FOREHEAD,
    Quad,
    at,
    median_luma,
    patch,
)
from ostiary.terms import Image

_TOP: Final = 10
_CHIN: Final = 152
_LEVEL_DEGREES: Final = 5.0
"""How far the mesh of a level head leans: the median of LFW is 5.5, of NUAA 3.6."""

_CORNERS: Final = (33, 133, 263, 362)
"""Of both eyes."""

_LIDS: Final = (
    ((160, 159, 158), (144, 145, 153)),
    ((387, 386, 385), (373, 374, 380)),
)
"""Upper and lower lid, right eye and left eye."""

_LIPS: Final = (
    *(61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375),
    *(321, 405, 314, 17, 84, 181, 91, 146, 82, 87, 312, 317),
)
_UPPER_CHEEKS: Final = (118, 119, 101, 100, 347, 348, 330, 329)

_TIP_OF_NOSE: Final[Quad] = (198, 420, 278, 48)

_ABOUT_EYES: Final[tuple[Quad, Quad]] = ((226, 244, 233, 31), (464, 446, 261, 453))

_GREY_LEVELS: Final = 4.0
"""Added to medians before they are divided, so that noise in the dark is no colour."""

_LUMA_LEVELS: Final = 8.0
"""The same for brightness."""


def pitch(points: NDArray[np.float32]) -> float:
    """How far the head nods, in degrees: 0 level, positive down, -90 to 90.

    Args:
        points: 468 x 3, the mesh.
    """
    across, down, deep = (float(step) for step in points[_CHIN] - points[_TOP])
    return math.degrees(math.atan2(deep, math.hypot(across, down))) - _LEVEL_DEGREES


def eye_opening(points: NDArray[np.float32]) -> float:
    """How far the eye that is opened less is open.

    The measure "eyes open" of ISO/IEC 29794-5 as OFIQ takes it, where 0.02 is 50 of
    100.

    Args:
        points: 468 x 3, the mesh.

    Returns:
        Widest distance of its lids, in distances from the middle of the eyes to the
        chin; NaN where those coincide.
    """
    flat = points[:, :2].astype(np.float64)
    height = math.dist(flat[list(_CORNERS)].mean(axis=0), flat[_CHIN])
    opening = min(
        np.linalg.norm(flat[list(upper)] - flat[list(lower)], axis=1).max()
        for upper, lower in _LIDS
    )
    return float(opening) / height if height else math.nan


def eye_brightness(image: Image, points: NDArray[np.float32]) -> float:
    """How bright the darker eye and its lids are, in the brightness of the cheeks.

    Dark glasses take it down, and so does the shade of a brim.

    Args:
        image: height x width x 3, uint8, BGR.
        points: 468 x 3, the mesh.
    """
    darker = min(median_luma(image, points, [eye]) for eye in _ABOUT_EYES)
    cheeks = median_luma(image, points, CHEEKS)
    return (darker + _LUMA_LEVELS) / (cheeks + _LUMA_LEVELS)


def mouth_redness(image: Image, points: NDArray[np.float32]) -> float:
    """How much redder mouth and nose are than the skin about them.

    A bare mouth is about as red as the skin or redder, whatever the skin; cloth is
    less, but for red and brown cloth. A scarf leaves the cheeks bare, so that lips
    less red than both cheeks and forehead tell of one. A mask leaves the forehead, and
    then the nose has to be as pale as the lips, since hair hides foreheads too. Nothing
    can be told of a picture without colour: 0.

    Args:
        image: height x width x 3, uint8, BGR.
        points: 468 x 3, the mesh.

    Returns:
        Difference of the logarithms of red over green, for the paler of the two.
    """
    lips = _redness(at(image, points[list(_LIPS)]))
    nose = _redness(patch(image, points, _TIP_OF_NOSE))
    cheeks = _redness(at(image, points[list(_UPPER_CHEEKS)]))
    forehead = _redness(patch(image, points, FOREHEAD))
    scarf = lips - min(cheeks, forehead)
    mask = max(lips, nose) - forehead
    return min(scarf, mask)


def _redness(samples: Image) -> float:
    _, green, red = np.median(samples, axis=0) + _GREY_LEVELS
    return math.log(red / green)
