"""Which looks count while moves are asked for: the first ahead, later ones turned."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from ostiary.credential import Coding
from ostiary.gate.stopwatch import StageTimes
from ostiary.presentation.challenge import Motion
from ostiary.presentation.parallax import Parallax
from ostiary.quality import QualityLimits
from ostiary.reasons import Reason
from ostiary.terms import Face, Features, Image, Undetermined
from ostiary.vision.chain import FaceChain, Grade
from tests.quality.drawn_mesh import PatternMesher

SEEN = Parallax(0.1, 0.0, 1.0, 0.95)
ZONE = np.zeros((480, 320, 3), np.uint8)


@dataclass
class Scripted:
    """Detector, extractor and meter in one; the test says how a face is turned."""

    turn: float = 0.0
    side: float = 100.0
    faces: int = 1
    sharp: bool = True
    begun: bool = False
    measured: int = 0
    identity: str = "scripted/1"
    dimensions: int = 4
    forgotten: list[str] = field(default_factory=list)

    def detect(self, image: Image) -> list[Face]:
        face = Face(
            box=(20, 100, self.side, self.side),
            landmarks=np.zeros((5, 2), np.float32),
            right_eye=(50, 140),
            left_eye=(90, 140),
            nose=(70 + 40 * self.turn, 160),
        )
        return [face] * self.faces

    def align(self, image: Image, face: Face) -> Image:
        square = np.indices((64, 64)).sum(axis=0) // 4 % 2 * 255 * self.sharp
        return np.repeat(square[:, :, None], 3, axis=2).astype(np.uint8)

    def extract(self, aligned: Image) -> Features:
        return Features(self.identity, np.array([1, 0, 0, 0], np.float32))

    def begin(self, image: Image, face: Face) -> None:
        self.begun = True

    def measure(self, image: Image, face: Face) -> Parallax | None:
        self.measured += 1
        return SEEN

    def forget(self) -> None:
        self.begun = False


def observe(scripted: Scripted) -> Motion | Undetermined:
    chain = FaceChain(
        name="scripted",
        grade=Grade.EVALUATION,
        coding=Coding.INT8,
        threshold=0.5,
        detector=scripted,
        mesh=PatternMesher(),
        features=scripted,
        limits=QualityLimits(),
        enrolment_limits=QualityLimits(),
    )
    return chain.observe_motion(ZONE, scripted, StageTimes())


def test_a_first_look_ahead_begins() -> None:
    scripted = Scripted(turn=0.1)
    look = observe(scripted)
    assert isinstance(look, Motion)
    assert look.parallax is SEEN
    assert scripted.begun


@pytest.mark.parametrize(
    ("scripted", "reason"),
    [
        (Scripted(turn=0.2), Reason.FACE_TURNED),
        (Scripted(side=200), Reason.FACE_TOO_CLOSE),
        (Scripted(sharp=False), Reason.FACE_BLURRED),
        (Scripted(faces=0), Reason.NO_FACE),
        (Scripted(faces=2), Reason.SEVERAL_FACES),
    ],
)
def test_any_other_first_look_does_not(scripted: Scripted, reason: Reason) -> None:
    assert observe(scripted) == Undetermined(reason)
    assert not scripted.begun
    assert not scripted.measured


@pytest.mark.parametrize("later", [Scripted(turn=-0.7), Scripted(side=250)])
def test_a_later_look_may_be_turned_or_near(later: Scripted) -> None:
    later.begun = True
    assert isinstance(observe(later), Motion)


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        (Scripted(turn=0.9), Reason.FACE_TURNED),
        (Scripted(side=280), Reason.FACE_TOO_CLOSE),
        (Scripted(faces=2), Reason.SEVERAL_FACES),
    ],
)
def test_but_not_any_further(later: Scripted, reason: Reason) -> None:
    later.begun = True
    assert observe(later) == Undetermined(reason)
