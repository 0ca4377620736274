"""People who never were: block patterns as faces, and a chain that sees them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from ostiary.credential.template import Coding
from ostiary.terms import Face, Features, Image, Mesh
from ostiary.vision.chain import FaceChain, Grade
from tests.quality.drawn_mesh import LENIENT, PatternMesher

SIDE = 128
FACE = Face(
    box=(20, 20, 90, 90),
    landmarks=np.zeros((5, 2), np.float32),
    right_eye=(45, 55),
    left_eye=(85, 55),
    nose=(65, 75),
)


class PatternDetector:
    """A face in every picture but black ones; two in white ones."""

    def detect(self, image: Image) -> Sequence[Face]:
        if not image.any():
            return ()
        return (FACE, FACE) if image.min() > 250 else (FACE,)

    def forget(self) -> None:
        """Nothing is held."""


@dataclass
class PatternExtractor:
    """The mean colours of 64 blocks."""

    identity: str = "pattern/1"
    dimensions: int = 192
    extracted: int = 0
    stops_after: int = 10**9

    def align(self, image: Image, face: Face, mesh: Mesh) -> Image:
        return image

    def extract(self, aligned: Image) -> Features:
        if self.extracted >= self.stops_after:
            raise KeyboardInterrupt
        self.extracted += 1
        blocks = aligned.reshape(8, 16, 8, 16, 3).mean(axis=(1, 3)).reshape(-1)
        values = (blocks - blocks.mean()).astype(np.float32)
        return Features(self.identity, values / np.linalg.norm(values))

    def forget(self) -> None:
        """Nothing is held."""


def pattern_chain(extractor: PatternExtractor) -> FaceChain:
    return FaceChain(
        name="pattern",
        grade=Grade.EVALUATION,
        coding=Coding.INT8,
        threshold=0.3,
        detector=PatternDetector(),
        mesh=PatternMesher(),
        features=extractor,
        limits=LENIENT,
        enrolment_limits=LENIENT,
    )


def pattern(person: int, sample: int, noise: int = 60) -> Image:
    """One person's picture: 128 x 128 x 3, uint8."""
    own = np.random.default_rng(person).integers(60, 196, (8, 8, 3))
    changes = np.random.default_rng(1000 * person + sample)
    changed = own + changes.integers(-noise, noise + 1, (8, 8, 3))
    blocks = np.clip(changed, 0, 250).astype(np.uint8)
    image: Image = blocks.repeat(16, axis=0).repeat(16, axis=1)
    return image


def save(path: Path, image: Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(image).save(path)


@pytest.fixture
def people(tmp_path: Path) -> Callable[[int, int], Path]:
    """Writes so many people with so many pictures each, and says where."""

    def write(count: int, pictures: int) -> Path:
        folder = tmp_path / "people"
        folder.mkdir()
        for person in range(count):
            for sample in range(1, pictures + 1):
                name = f"P{person:02}"
                save(folder / name / f"{name}_{sample:04}.png", pattern(person, sample))
        return folder

    return write
