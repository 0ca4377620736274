"""The order of the chain, with a detector, an extractor and a detector of attacks that
do as they are told."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import platformdirs
import pytest

from ostiary.comparison import BUILT_IN_THRESHOLDS
from ostiary.credential.template import Coding
from ostiary.errors import EnrolmentError, ModelError
from ostiary.quality import ENROLMENT_LIMITS, QualityLimits
from ostiary.reasons import Reason
from ostiary.terms import Face, Features, Image, Mesh, Probe, Undetermined
from ostiary.vision.chain import (
    FaceChain,
    Grade,
    attack_detector_names,
    chain_names,
    grade_of,
    open_attack_detector,
    open_chain,
)
from ostiary.vision.store import ModelStore, Standing
from tests.quality.drawn_mesh import drawn_mesh

SIDE = 128
LAST_MODEL = {"fused": "mobilefacenet"}
"""Of a chain that is not named after its own model."""

FACE = Face(
    box=(200, 150, 150, 150),
    landmarks=np.zeros((5, 2), np.float32),
    right_eye=(240, 200),
    left_eye=(310, 200),
    nose=(275, 240),
)
SMALL = Face(
    box=(200, 150, 70, 70),
    landmarks=np.zeros((5, 2), np.float32),
    right_eye=(222, 175),
    left_eye=(248, 175),
    nose=(235, 190),
)
CLOSE = Face(
    box=(190, 60, 250, 300),
    landmarks=np.zeros((5, 2), np.float32),
    right_eye=(250, 170),
    left_eye=(380, 170),
    nose=(315, 240),
)
BEHIND = Face(
    box=(20, 15, 30, 30),
    landmarks=np.zeros((5, 2), np.float32),
    right_eye=(30, 25),
    left_eye=(40, 25),
    nose=(35, 30),
)


def sharp() -> Image:
    """Coarse structure with sharp edges."""
    generator = np.random.default_rng(1)
    blocks = generator.integers(0, 256, (SIDE // 16, SIDE // 16, 3), np.uint8)
    return blocks.repeat(16, axis=0).repeat(16, axis=1)


def picture() -> Image:
    return np.full((480, 640, 3), 128, np.uint8)


@dataclass
class ToldDetector:
    found: list[list[Face]]
    forgotten: int = 0

    def detect(self, image: Image) -> Sequence[Face]:
        return self.found.pop(0)

    def forget(self) -> None:
        self.forgotten += 1


def bare() -> Mesh:
    """The mesh of a bare, level face."""
    return drawn_mesh(middle=(275, 200), inter_eye=70)


@dataclass
class ToldMesh:
    """Makes each mesh anew, since whoever asked for it overwrites it."""

    make: Callable[[], Mesh | None] = bare
    made: list[Mesh | None] = field(default_factory=list)
    forgotten: int = 0

    def look(self, image: Image, face: Face) -> Mesh | None:
        self.made.append(self.make())
        return self.made[-1]

    def forget(self) -> None:
        self.forgotten += 1


@dataclass
class ToldExtractor:
    aligned: Image
    directions: list[list[float]]
    made: list[Features] = field(default_factory=list)
    meshes: list[Mesh] = field(default_factory=list)
    identity: str = "told/1"
    dimensions: int = 2
    forgotten: int = 0

    def align(self, image: Image, face: Face, mesh: Mesh) -> Image:
        # Overwritten when the look is over, and whole until then.
        assert mesh.points.any()
        self.meshes.append(mesh)
        return self.aligned

    def extract(self, aligned: Image) -> Features:
        values = np.array(self.directions.pop(0), np.float32)
        self.made.append(Features(self.identity, values))
        return self.made[-1]

    def forget(self) -> None:
        self.forgotten += 1


@dataclass
class ToldAttackDetector:
    score: float | None
    seen: list[Face] = field(default_factory=list)
    identity: str = "told"

    def assess(self, image: Image, face: Face) -> float | None:
        self.seen.append(face)
        return self.score

    def forget(self) -> None:
        raise AssertionError("the gate forgets, not the chain")


class Stages:
    """Which stages there were, in the order in which they began."""

    def __init__(self) -> None:
        self.names: list[str] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        if name not in self.names:
            self.names.append(name)
        yield


def chain_of(
    found: list[list[Face]],
    aligned: Image | None = None,
    directions: list[list[float]] | None = None,
    mesh: ToldMesh | None = None,
) -> tuple[FaceChain, ToldDetector, ToldExtractor]:
    detector = ToldDetector(found)
    image = sharp() if aligned is None else aligned
    extractor = ToldExtractor(image, [[1, 0]] if directions is None else directions)
    chain = FaceChain(
        name="told",
        grade=Grade.EVALUATION,
        coding=Coding.INT8,
        threshold=0.5,
        detector=detector,
        mesh=ToldMesh() if mesh is None else mesh,
        features=extractor,
        limits=QualityLimits(),
        enrolment_limits=ENROLMENT_LIMITS,
    )
    return chain, detector, extractor


@pytest.mark.parametrize("score", [0.9, 0.0, None])
def test_one_good_face_gives_a_probe(score: float | None) -> None:
    chain, _, extractor = chain_of([[FACE]])
    attacks, stages = ToldAttackDetector(score), Stages()
    observation = chain.observe(picture(), attacks, stages)
    assert isinstance(observation, Probe)
    assert observation.features is extractor.made[0]
    assert observation.bona_fide_score == score
    assert attacks.seen == [FACE]
    assert stages.names == ["detect", "quality", "align", "attack", "features"]


@pytest.mark.parametrize(
    ("found", "reason", "stages"),
    [
        ([], Reason.NO_FACE, ["detect"]),
        ([FACE, FACE], Reason.SEVERAL_FACES, ["detect"]),
        # There is no best of all faces in the zone.
        ([FACE, SMALL], Reason.SEVERAL_FACES, ["detect"]),
        ([SMALL], Reason.FACE_TOO_SMALL, ["detect"]),
        # Nobody could tell it from a picture of a face.
        ([CLOSE], Reason.FACE_TOO_CLOSE, ["detect"]),
        ([BEHIND], Reason.NO_FACE, ["detect"]),
    ],
)
def test_what_is_not_one_good_face_is_undetermined(
    found: list[Face], reason: Reason, stages: list[str]
) -> None:
    chain, _, extractor = chain_of([found])
    attacks, seen = ToldAttackDetector(1.0), Stages()
    assert chain.observe(picture(), attacks, seen) == Undetermined(reason)
    assert seen.names == stages
    assert not attacks.seen
    assert not extractor.made


def test_who_stands_behind_the_zone_is_nobodys_companion() -> None:
    chain, _, _ = chain_of([[BEHIND, FACE]])
    attacks = ToldAttackDetector(1.0)
    assert isinstance(chain.observe(picture(), attacks, Stages()), Probe)
    assert attacks.seen == [FACE]


def test_a_photograph_may_be_filled_by_its_face() -> None:
    chain, _, _ = chain_of([[CLOSE]])
    np.testing.assert_array_equal(chain.enrol([picture()]).values, [1, 0])


def test_photographs_of_two_people_make_no_reference() -> None:
    chain, _, extractor = chain_of([[FACE]] * 2, directions=[[1, 0], [0.4, 0.9165]])
    with pytest.raises(EnrolmentError, match="photograph 1: does not match") as caught:
        chain.enrol([picture(), picture()])
    assert caught.value.reason is Reason.NON_MATCH
    assert not any(sample.values.any() for sample in extractor.made)


def test_a_blurred_face_is_never_compared() -> None:
    aligned = np.asarray(cv2.GaussianBlur(sharp(), (0, 0), 6), np.uint8)
    chain, _, extractor = chain_of([[FACE]], aligned)
    attacks, stages = ToldAttackDetector(1.0), Stages()
    observation = chain.observe(picture(), attacks, stages)
    assert observation == Undetermined(Reason.FACE_BLURRED)
    assert stages.names == ["detect", "quality", "align"]
    assert not extractor.made


@pytest.mark.parametrize("make", [lambda: None, lambda: drawn_mesh(presence=5)])
def test_a_covered_face_is_never_compared(make: Callable[[], Mesh | None]) -> None:
    chain, _, extractor = chain_of([[FACE], [FACE]], mesh=ToldMesh(make))
    attacks, stages = ToldAttackDetector(1.0), Stages()
    observation = chain.observe(picture(), attacks, stages)
    assert observation == Undetermined(Reason.FACE_COVERED)
    assert stages.names == ["detect", "quality"]
    with pytest.raises(EnrolmentError, match="photograph 1: face-covered"):
        chain.enrol([picture()])
    assert not attacks.seen
    assert not extractor.made


def test_a_small_face_is_told_to_come_nearer_whether_or_not_a_mesh_is_seen() -> None:
    chain, _, _ = chain_of([[SMALL]], mesh=ToldMesh(lambda: None))
    with pytest.raises(EnrolmentError, match="photograph 1: face-too-small"):
        chain.enrol([picture()])


def test_a_face_is_aligned_by_the_mesh_that_its_quality_was_judged_by() -> None:
    told = ToldMesh()
    chain, _, extractor = chain_of([[FACE], [FACE]], mesh=told)
    chain.observe(picture(), ToldAttackDetector(1.0), Stages())
    chain.appraise(picture())
    assert all(
        mesh is one for mesh, one in zip(extractor.meshes, told.made, strict=True)
    )


def test_enrolment_asks_for_more_than_the_gate() -> None:
    nodding = ToldMesh(lambda: drawn_mesh(pitch_degrees=30))
    chain, _, _ = chain_of([[FACE], [FACE]], mesh=nodding)
    seen = chain.observe(picture(), ToldAttackDetector(1.0), Stages())
    assert isinstance(seen, Probe)
    with pytest.raises(EnrolmentError, match="photograph 1: face-turned"):
        chain.enrol([picture()])


def test_the_mesh_is_overwritten_as_soon_as_it_has_served() -> None:
    told = ToldMesh()
    chain, _, _ = chain_of([[FACE]], mesh=told)
    chain.observe(picture(), ToldAttackDetector(1.0), Stages())
    (mesh,) = told.made
    assert mesh is not None
    assert not mesh.points.any()
    chain.forget()
    assert told.forgotten == 1


def test_enrolment_fuses_all_photographs_and_forgets_each() -> None:
    chain, detector, extractor = chain_of(
        [[FACE], [FACE]], directions=[[1, 0], [0.6, 0.8]]
    )
    reference = chain.enrol([picture(), picture()])
    assert reference.extractor == "told/1"
    expected = np.array([1.6, 0.8]) / np.linalg.norm([1.6, 0.8])
    np.testing.assert_allclose(reference.values, expected, atol=1e-6)
    assert not any(sample.values.any() for sample in extractor.made)
    assert detector.forgotten == extractor.forgotten == 1


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ([], Reason.NO_FACE),
        ([FACE, FACE], Reason.SEVERAL_FACES),
        ([SMALL], Reason.FACE_TOO_SMALL),
    ],
)
def test_an_unusable_photograph_is_named_by_its_number(
    found: list[Face], reason: Reason
) -> None:
    chain, detector, extractor = chain_of([[FACE], found])
    with pytest.raises(EnrolmentError, match=f"photograph 2: {reason}") as caught:
        chain.enrol([picture(), picture()])
    assert caught.value.reason is reason
    assert not any(sample.values.any() for sample in extractor.made)
    assert detector.forgotten == extractor.forgotten == 1


def test_there_is_no_reference_from_no_photographs() -> None:
    chain, _, _ = chain_of([])
    with pytest.raises(ValueError, match="one extractor"):
        chain.enrol([])


def test_a_chain_tells_what_credentials_need() -> None:
    chain, _, _ = chain_of([])
    assert (chain.extractor, chain.dimensions) == ("told/1", 2)


def test_what_there_is_can_be_asked_before_anything_is_loaded() -> None:
    assert chain_names() == ("retail-0095", "fused", "dlib-resnet")
    assert attack_detector_names() == ("appearance", "absent")
    assert grade_of("retail-0095") is Grade.OPERATIONAL
    assert grade_of("fused") is Grade.OPERATIONAL
    assert grade_of("dlib-resnet") is Grade.EVALUATION


@pytest.mark.models
@pytest.mark.parametrize("name", chain_names())
def test_an_opened_chain_is_what_its_name_promised(name: str, models: str) -> None:
    store = ModelStore(Path(models), platformdirs.user_cache_path("ostiary") / "models")
    model = LAST_MODEL.get(name, name)
    if Standing.MISSING in store.verify(model).values():
        pytest.skip(f"{model} is not here: run `ostiary models pull {model}`")
    chain = open_chain(name, store)
    assert (chain.name, chain.grade) == (name, grade_of(name))
    assert chain.threshold == BUILT_IN_THRESHOLDS[chain.extractor]


def test_names_that_nobody_has_are_refused(tmp_path: Path) -> None:
    store = ModelStore(None, tmp_path)
    with pytest.raises(ModelError, match="known: retail-0095, fused, dlib-resnet"):
        grade_of("other")
    with pytest.raises(ModelError, match="known: retail-0095, fused, dlib-resnet"):
        open_chain("other", store)
    with pytest.raises(ModelError, match="known: appearance, absent"):
        open_attack_detector("other", store)


def test_missing_models_are_an_error(tmp_path: Path) -> None:
    store = ModelStore(None, tmp_path)
    for name, missing in (("retail-0095", "yunet"), ("dlib-resnet", "dlib-resnet")):
        with pytest.raises(ModelError, match=f"ostiary models pull {missing}"):
            open_chain(name, store)
    with pytest.raises(ModelError, match="ostiary models pull minifasnet"):
        open_attack_detector("appearance", store)


def test_absent_attack_detection_assesses_nothing(tmp_path: Path) -> None:
    absent = open_attack_detector("absent", ModelStore(None, tmp_path))
    assert absent.identity == "absent"
    assert absent.assess(picture(), FACE) is None
    absent.forget()
