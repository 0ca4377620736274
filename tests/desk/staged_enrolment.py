"""Enrolments without models: what is seen in a picture goes by its colour."""

from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from itertools import count
from typing import Final

import numpy as np
from PIL import Image as Pillow

from ostiary.comparison import fuse, odd_one_out
from ostiary.credential import Coding
from ostiary.desk.enrolment import ASSESSED, Enrolment
from ostiary.errors import EnrolmentError
from ostiary.ports import AttackDetector
from ostiary.reasons import Reason
from ostiary.terms import (
    Appearance,
    Face,
    Features,
    Image,
    Observation,
    Probe,
    Undetermined,
)

DIMENSIONS: Final = 64
PERSON, OTHER, NOBODY, SCREEN, UNSURE = "green", "yellow", "black", "red", "blue"
"""What pictures show, as Pillow calls the colours."""

_CLOSE: Final = 0.9

_SQUARE: Final = 16
_NUMBERS: Final = count()


def picture(colour: str, kind: str = "JPEG") -> bytes:
    """A picture's file, of one colour but for its number: no two are the same."""
    image, number = Pillow.new("RGB", (64, 48), colour), next(_NUMBERS)
    for bit in range(8):
        if number >> bit & 1:
            across, down = bit % 4 * _SQUARE, (1 + bit // 4) * _SQUARE
            image.paste("gray", (across, down, across + _SQUARE, down + _SQUARE))
    file = BytesIO()
    image.save(file, kind)
    return file.getvalue()


class StagedChain:
    """Sees what the colour says."""

    extractor: Final = "test/1"
    coding: Final = Coding.INT8

    def __init__(self) -> None:
        self.taken: list[Features] = []
        self.looked_at: list[Image] = []

    def acquire(self, photograph: Image, attacks: AttackDetector) -> Observation:
        self.looked_at.append(photograph)
        blue, green, red = (int(value) > 60 for value in photograph[0, 0])
        if not (blue or green or red):
            return Undetermined(Reason.NO_FACE)
        values = np.zeros(DIMENSIONS, np.float32)
        values[1 if red and green else 0] = 1
        features = Features(self.extractor, values)
        self.taken.append(features)
        place = (0.0, 0.0)
        box, points = (0.0, 0.0, 1.0, 1.0), np.zeros((5, 2), np.float32)
        face = Face(box, points, place, place, place)
        return Probe(features, attacks.assess(photograph, face))

    def unite(self, samples: Sequence[Features]) -> Features:
        if odd_one_out(samples, _CLOSE) is not None:
            raise EnrolmentError(Reason.NON_MATCH, "several people")
        return fuse(samples)

    def forget(self) -> None:
        pass


class StagedAttacks:
    """Red is a screen, blue is neither, all else is a person."""

    identity: Final = "staged"

    def assess(self, image: Image, face: Face) -> float | None:
        del face
        blue, green, red = (int(value) > 60 for value in image[0, 0])
        if red and not green:
            return 0.1
        return 0.5 if blue else 0.9

    def forget(self) -> None:
        pass


def staged(
    chain: StagedChain, taken_of: frozenset[Appearance] = ASSESSED
) -> Callable[[], Enrolment]:
    """What makes enrolments."""
    return partial(Enrolment, chain, StagedAttacks(), taken_of)
