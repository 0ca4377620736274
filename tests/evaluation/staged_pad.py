"""People and prints that never were: each picture says in its colour what is on it.

Blue is who it is, green the score of the attack detector, red how many faces.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ostiary.credential.template import Coding
from ostiary.terms import Face, Features, Image, Mesh
from ostiary.vision.chain import FaceChain, Grade
from tests.quality.drawn_mesh import LENIENT, PatternMesher

EXTRACTOR = "staged/1"
FACE = Face(
    box=(220, 250, 200, 240),
    landmarks=np.zeros((5, 2), np.float32),
    right_eye=(280, 340),
    left_eye=(360, 340),
    nose=(320, 390),
)


def picture(person: int, score: int, faces: int = 1, *, seed: int = 0) -> Image:
    """1280 x 720; person and score 0 to 255."""
    image = np.empty((720, 1280, 3), np.uint8)
    image[:] = person, score, faces
    # Some texture within the face, so that light can be measured.
    spread = np.random.default_rng(seed).integers(0, 2, (240, 200), np.uint8)
    image[250:490, 540:740, 2] += 40 * spread
    return image


def save(path: Path, image: Image) -> None:
    """Without loss."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)


@dataclass
class StagedVision:
    """Detector, extractor and attack detector of such pictures."""

    identity: str = EXTRACTOR
    dimensions: int = 4

    def detect(self, image: Image) -> Sequence[Face]:
        return [FACE] * int(image[0, 0, 2])

    def align(self, image: Image, face: Face, mesh: Mesh) -> Image:
        square = np.indices((64, 64)).sum(axis=0) // 4 % 2 * 255
        aligned = np.repeat(square[:, :, None], 3, axis=2).astype(np.uint8)
        aligned[0, 0] = image[0, 0]
        return aligned

    def extract(self, aligned: Image) -> Features:
        values = np.zeros(4, np.float32)
        values[int(aligned[0, 0, 0]) % 4] = 1
        return Features(EXTRACTOR, values)

    def assess(self, image: Image, face: Face) -> float | None:
        score = int(image[0, 0, 1])
        return None if score == 255 else score / 250

    def forget(self) -> None:
        """Nothing is held."""


def staged_chain() -> FaceChain:
    vision = StagedVision()
    return FaceChain(
        name="staged",
        grade=Grade.EVALUATION,
        coding=Coding.INT8,
        threshold=0.5,
        detector=vision,
        mesh=PatternMesher(),
        features=vision,
        limits=LENIENT,
        enrolment_limits=LENIENT,
    )
