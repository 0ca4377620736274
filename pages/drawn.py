"""Drawn faces, for screenshots and for tests of the mirror: nobody is photographed."""

import cv2
import numpy as np

from ostiary.terms import Image

_WALL = (214, 220, 222)
_SKIN = (120, 165, 214)
_HAIR = (46, 54, 70)
_COAT = (132, 92, 58)
_LINE = (60, 74, 110)


def drawn_face(sway: int = 0) -> Image:
    """Somebody drawn, in the standing zone: 720 x 640 x 3, uint8, BGR.

    Args:
        sway: how far to the side they stand, in pixels.
    """
    picture = np.full((720, 640, 3), _WALL, np.uint8)
    x = 320 + sway
    _ellipse(picture, (x, 760), (270, 230), _COAT)
    cv2.rectangle(picture, (x - 48, 470), (x + 48, 580), _SKIN, -1, cv2.LINE_AA)
    _ellipse(picture, (x, 330), (172, 206), _HAIR)
    _ellipse(picture, (x, 368), (142, 182), _SKIN)
    for eye in (x - 56, x + 56):
        _ellipse(picture, (eye, 352), (21, 13), (245, 245, 245))
        _ellipse(picture, (eye, 352), (9, 11), _HAIR)
        cv2.ellipse(picture, (eye, 322), (30, 12), 0, 200, 340, _HAIR, 7, cv2.LINE_AA)
    cv2.line(picture, (x, 370), (x - 10, 418), _LINE, 5, cv2.LINE_AA)
    cv2.line(picture, (x - 10, 418), (x + 12, 420), _LINE, 5, cv2.LINE_AA)
    cv2.ellipse(picture, (x, 450), (50, 26), 0, 20, 160, _LINE, 7, cv2.LINE_AA)
    return picture


def _ellipse(
    picture: Image,
    centre: tuple[int, int],
    axes: tuple[int, int],
    colour: tuple[int, int, int],
) -> None:
    cv2.ellipse(picture, centre, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)
