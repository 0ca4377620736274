"""How a picture comes before the gate: as a camera of 1280 x 720 would show it.

Pictures of other cameras stand in for it. What each way of showing them adds that no
camera saw is said beside it.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeAlias

import cv2
import numpy as np

from ostiary.config import Vision
from ostiary.ports import FaceDetector
from ostiary.terms import Image

WIDTH: Final = 1280
HEIGHT: Final = 720
"""Of a gate's camera, in pixels."""

FACE_HEIGHT: Final = 200
"""Of a face on the mark in such a picture, in pixels: the zone is 3.2 faces wide."""

_EYE_LEVEL: Final = 0.42
"""Where the middle of a face on the mark lies, in heights of the picture."""

Shown: TypeAlias = Callable[[Image], Image]
"""From a picture of the data to a picture of the standing zone."""


class View(StrEnum):
    """How pictures are shown to the gate."""

    BY_SIZE = "by-size"
    """As they are from 720 lines on; smaller ones on the mark."""

    AS_TAKEN = "as-taken"
    """As they are, with the default standing zone: for pictures of a gate's camera."""

    ENLARGED = "enlarged"
    """Enlarged to 720 lines, with black beside them."""

    ON_THE_MARK = "on-the-mark"
    """The largest face at the size that it has on the mark. Beyond the picture its edge
    is repeated, which no camera does."""


def shown(view: View, detector: FaceDetector) -> Shown:
    """The way from a picture of the data to one of the standing zone.

    Args:
        view: which.
        detector: finds the face that is put on the mark.
    """
    match view:
        case View.BY_SIZE:
            return lambda picture: (
                zone_of(picture)
                if picture.shape[0] >= HEIGHT
                else _on_the_mark(picture, detector)
            )
        case View.AS_TAKEN:
            return zone_of
        case View.ENLARGED:
            return _enlarged
        case View.ON_THE_MARK:
            return lambda picture: _on_the_mark(picture, detector)


def zone_of(picture: Image) -> Image:
    """The default standing zone of a picture."""
    return Vision().zone.crop(picture)


def _enlarged(picture: Image) -> Image:
    height, width = picture.shape[:2]
    size = round(width * HEIGHT / height), HEIGHT
    enlarged = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    beside = max(0, WIDTH - size[0])
    edges = (0, 0, beside // 2, beside - beside // 2)
    whole = cv2.copyMakeBorder(enlarged, *edges, cv2.BORDER_CONSTANT)
    return zone_of(np.asarray(whole, np.uint8))


def _on_the_mark(picture: Image, detector: FaceDetector) -> Image:
    faces = detector.detect(picture)
    face = max(faces, key=lambda face: face.box[2], default=None)
    if face is None:
        return zone_of(picture)
    left, top, width, height = face.box
    scale = FACE_HEIGHT / height
    across = WIDTH / 2 - scale * (left + width / 2)
    down = _EYE_LEVEL * HEIGHT - scale * (top + height / 2)
    moved = np.array([[scale, 0, across], [0, scale, down]])
    edge = cv2.BORDER_REPLICATE
    whole = cv2.warpAffine(picture, moved, (WIDTH, HEIGHT), borderMode=edge)
    return zone_of(np.asarray(whole, np.uint8))
