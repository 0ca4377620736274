"""Pictures of a gate's camera as they would be under worse conditions.

Arithmetic on pictures that were taken in good light. It shows which way a detector
errs, and roughly when; it does not stand in for people in a dark hall, and for no
attack at all: what a printed page does in back light was not photographed either.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from ostiary.terms import Face, Image

Floats: TypeAlias = NDArray[np.float32]

Condition: TypeAlias = Callable[[Image, Face], Image]
"""From a picture of the standing zone with a face to another of the same size."""

_GAMMA: Final = 2.2
"""From grey levels to light, roughly."""

_SEED: Final = 1


def dark(image: Image, face: Face) -> Image:
    """A tenth of the light, and noise of 4 grey levels."""
    del face
    light = _light(image) * np.float32(0.1)
    return _noisy(_levels(light), 4.0)


def back_light(image: Image, face: Face) -> Image:
    """Four times the light behind, half of it on the head and below."""
    height, width = image.shape[:2]
    left, top, across, down = face.box
    person = np.zeros((height, width), np.float32)
    middle = round(left + across / 2), round(top + down / 2)
    cv2.ellipse(
        person, middle, (round(0.7 * across), round(0.75 * down)), 0, 0, 360, 1, -1
    )
    shoulders = round(left - 0.6 * across), round(left + 1.6 * across)
    cv2.rectangle(
        person, (shoulders[0], round(top + 1.15 * down)), (shoulders[1], height), 1, -1
    )
    person = np.asarray(cv2.GaussianBlur(person, (0, 0), 0.05 * across), np.float32)
    gain = 4.0 - 3.5 * person[:, :, None]
    return _levels(_light(image) * gain.astype(np.float32))


def blurred(image: Image, face: Face) -> Image:
    """Out of focus: softened by a hundredth of the face's width."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 0.01 * face.box[2]), np.uint8)


def moving(image: Image, face: Face) -> Image:
    """Smeared sideways, over a thirtieth of the face's width."""
    length = max(3, round(face.box[2] / 30))
    smear = np.full((1, length), 1 / length, np.float32)
    return np.asarray(cv2.filter2D(image, -1, smear), np.uint8)


def small(image: Image, face: Face) -> Image:
    """From further away: the face 110 pixels high, the zone's edge repeated."""
    height, width = image.shape[:2]
    left, top, across, down = face.box
    scale = 110 / down
    shrunk = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    shift = (
        width / 2 - scale * (left + across / 2),
        0.4 * height - scale * (top + down / 2),
    )
    moved = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
    edge = cv2.BORDER_REPLICATE
    whole = cv2.warpAffine(shrunk, moved, (width, height), borderMode=edge)
    return np.asarray(whole, np.uint8)


def glasses(image: Image, face: Face) -> Image:
    """Dark frames, drawn."""
    drawn = image.copy()
    eyes = np.array([face.right_eye, face.left_eye])
    apart = float(np.linalg.norm(eyes[1] - eyes[0]))
    thick = max(2, round(0.05 * apart))
    colour = (30, 30, 35)
    tilt = float(np.degrees(np.arctan2(*(eyes[1] - eyes[0])[::-1])))
    size = round(0.38 * apart), round(0.28 * apart)
    for eye in eyes:
        cv2.ellipse(drawn, _pixel(eye), size, tilt, 0, 360, colour, thick, cv2.LINE_AA)
    bridge = eyes[0] + 0.38 * (eyes[1] - eyes[0]), eyes[0] + 0.62 * (eyes[1] - eyes[0])
    cv2.line(drawn, _pixel(bridge[0]), _pixel(bridge[1]), colour, thick, cv2.LINE_AA)
    return drawn


CONDITIONS: Final[Mapping[str, Condition]] = MappingProxyType(
    {
        "a tenth of the light": dark,
        "back light": back_light,
        "out of focus": blurred,
        "moving": moving,
        "far away": small,
        "drawn glasses": glasses,
    }
)
"""Each of them by the name that reports give it."""


def _light(image: Image) -> Floats:
    """0 to 1, proportional to light."""
    return np.power(image / np.float32(255), np.float32(_GAMMA), dtype=np.float32)


def _levels(light: Floats) -> Image:
    levels = 255 * np.clip(light, 0, 1) ** np.float32(1 / _GAMMA)
    return np.round(levels).astype(np.uint8)


def _noisy(image: Image, sigma: float) -> Image:
    noise = np.random.default_rng(_SEED).normal(0, sigma, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def _pixel(point: NDArray[np.float64]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
