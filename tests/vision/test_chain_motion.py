"""Which looks count while moves are asked for: the first ahead, later ones turned."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from typing_extensions import override

from ostiary.credential import Coding
from ostiary.errors import ModelError
from ostiary.gate.stopwatch import StageTimes
from ostiary.presentation.challenge import Motion
from ostiary.presentation.continuity import Place
from ostiary.presentation.parallax import Parallax
from ostiary.quality import QualityLimits
from ostiary.reasons import Reason
from ostiary.terms import Face, Features, Image, Mesh, Undetermined
from ostiary.vision.chain import FaceChain, Grade
from tests.quality.drawn_mesh import LENIENT, drawn_mesh

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
    same: bool = True
    score: float | None = 0.8
    mesh: Mesh | None = field(default_factory=drawn_mesh)
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

    def look(self, image: Image, face: Face) -> Mesh | None:
        return self.mesh

    def align(self, image: Image, face: Face, mesh: Mesh) -> Image:
        square = np.indices((64, 64)).sum(axis=0) // 4 % 2 * 255 * self.sharp
        return np.repeat(square[:, :, None], 3, axis=2).astype(np.uint8)

    def extract(self, aligned: Image) -> Features:
        return Features(self.identity, np.array([1, 0, 0, 0], np.float32))

    def assess(self, image: Image, face: Face) -> float | None:
        return self.score

    def begin(self, image: Image, mesh: Mesh) -> None:
        self.begun = True

    def measure(self, image: Image, mesh: Mesh) -> Parallax | None:
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
        mesh=scripted,
        features=scripted,
        limits=LENIENT,
        enrolment_limits=QualityLimits(),
    )
    return chain.observe_motion(
        ZONE, scripted, scripted, lambda _: scripted.same, StageTimes()
    )


def test_a_first_look_ahead_begins() -> None:
    scripted = Scripted(turn=0.1)
    look = observe(scripted)
    assert isinstance(look, Motion)
    assert look.parallax is SEEN
    assert look.place == Place(70, 150, 100)
    assert look.scores == (0.8,)
    assert scripted.begun


def test_what_a_failing_meter_leaves_is_overwritten() -> None:
    features = Features("scripted/1", np.array([1, 0, 0, 0], np.float32))

    class Failing(Scripted):
        @override
        def extract(self, aligned: Image) -> Features:
            return features

        @override
        def measure(self, image: Image, mesh: Mesh) -> Parallax | None:
            raise ModelError("a runtime fails")

    with pytest.raises(ModelError):
        observe(Failing())
    assert not features.values.any()


def test_somebody_elses_first_look_begins_nothing_but_is_judged() -> None:
    scripted = Scripted(same=False, score=0.1)
    look = observe(scripted)
    assert isinstance(look, Motion)
    assert look.scores == (0.1,)
    assert not scripted.begun


def test_a_look_that_the_detector_cannot_assess_is_none_that_was_not_judged() -> None:
    look = observe(Scripted(score=None))
    assert isinstance(look, Motion)
    assert look.scores == (None,)


@pytest.mark.parametrize(
    ("scripted", "reason"),
    [
        (Scripted(turn=0.2), Reason.FACE_TURNED),
        (Scripted(side=200), Reason.FACE_TOO_CLOSE),
        (Scripted(sharp=False), Reason.FACE_BLURRED),
        (Scripted(faces=0), Reason.NO_FACE),
        (Scripted(mesh=drawn_mesh(pitch_degrees=40)), Reason.FACE_TURNED),
        (Scripted(mesh=None), Reason.FACE_COVERED),
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
    look = observe(later)
    assert isinstance(look, Motion)
    # Nobody knows what the networks make of it.
    assert look.scores == ()


def test_a_later_look_ahead_is_judged_again() -> None:
    look = observe(Scripted(begun=True))
    assert isinstance(look, Motion)
    assert look.scores == (0.8,)


def test_a_later_look_without_a_mesh_shows_no_face_that_could_be_aligned() -> None:
    scripted = Scripted(begun=True, mesh=None)
    assert observe(scripted) == Undetermined(Reason.FACE_COVERED)
    assert not scripted.measured


def test_the_mesh_of_a_look_is_overwritten() -> None:
    mesh = drawn_mesh()
    observe(Scripted(mesh=mesh))
    assert not mesh.points.any()


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
