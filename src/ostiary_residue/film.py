"""A film for a gate's camera, in memory alone.

It is not compressed, so that what is in it is known to the bit.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ostiary.capture.qr import qr_image
from ostiary.terms import Face, Image

HEIGHT: Final = 360
WIDTH: Final = 480
"""The smallest picture in which a code and a face are both large enough."""

_ZONE_SHARE: Final = 0.42
"""Larger side of a face, in the standing zone's width, which is half of the picture's:
no face is too close, and none too small."""

_NOISE: Final = 2.0
"""Standard deviation of the camera's noise, in grey levels."""

_DOTS: Final = 3
"""Side of a code's module, in pixels."""

Planes = NDArray[np.uint8]
"""A picture in the camera's own form, I420: height * 3 / 2 x width."""


class Camera:
    """Makes pictures, each with noise of its own, as a sensor does."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        sheet = rng.normal(0, _NOISE, (2 * HEIGHT, 2 * WIDTH))
        self._noise = np.rint(sheet).astype(np.int8)

    def take(self, planes: Planes) -> Planes:
        """This picture, with noise."""
        down, across = self._rng.integers(0, (HEIGHT, WIDTH))
        noise = self._noise[down : down + HEIGHT, across : across + WIDTH]
        noisy = planes.copy()
        bright = planes[:HEIGHT].astype(np.int16) + noise
        noisy[:HEIGHT] = np.clip(bright, 0, 255)
        return noisy


def scene_with_nobody() -> Planes:
    """A plain wall."""
    return _planes(np.full((HEIGHT, WIDTH, 3), 150, np.uint8))


def scene_with_code(text: str) -> Planes:
    """A code that is held up."""
    code = qr_image(text)
    dots = code.shape[0] // 8 * _DOTS
    small = cv2.resize(code, (dots, dots), interpolation=cv2.INTER_NEAREST)
    picture = np.full((HEIGHT, WIDTH, 3), 150, np.uint8)
    top, left = (HEIGHT - dots) // 2, (WIDTH - dots) // 2
    picture[top : top + dots, left : left + dots] = small
    return _planes(picture)


def scene_with_face(photograph: Image, face: Face) -> Planes:
    """Somebody of a photograph on the mark, as large as a gate wants them."""
    left, top, width, height = face.box
    scale = _ZONE_SHARE * WIDTH / 2 / max(width, height)
    scaled = cv2.resize(
        photograph, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
    )
    across = WIDTH / 2 - scale * (left + width / 2)
    down = HEIGHT / 2 - scale * (top + height / 2)
    picture = cv2.warpAffine(
        scaled,
        np.array([[1, 0, across], [0, 1, down]]),
        (WIDTH, HEIGHT),
        borderMode=cv2.BORDER_REPLICATE,
    )
    return _planes(np.asarray(picture, np.uint8))


def as_picture(planes: Planes) -> Image:
    """The same in blue, green and red, or nearly: each decoder rounds its own way."""
    return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420), np.uint8)


@dataclass(frozen=True, slots=True)
class Film:
    """A film that lies in memory and has no name in any file system.

    Attributes:
        descriptor: the open file.
    """

    descriptor: int

    @property
    def path(self) -> str:
        """How a process that inherits the descriptor names it."""
        return f"/proc/self/fd/{self.descriptor}"

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode."""
        found = os.fstat(self.descriptor)
        return found.st_dev, found.st_ino


@contextmanager
def shot(pictures: Iterable[Planes]) -> Iterator[Film]:
    """A film of pictures, one each second (YUV4MPEG2, C420jpeg)."""
    descriptor = os.memfd_create("film")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(b"YUV4MPEG2 W%d H%d F1:1 Ip A1:1 C420jpeg\n" % (WIDTH, HEIGHT))
            for planes in pictures:
                file.write(b"FRAME\n")
                file.write(planes.data)
        yield Film(descriptor)
    finally:
        os.close(descriptor)


def _planes(picture: Image) -> Planes:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), np.uint8)
