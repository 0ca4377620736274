"""Mesh, flow and fit on real frames: people who turned, prints that were turned."""

from pathlib import Path

import pytest

from ostiary.capture.photographs import load_photograph
from ostiary.evaluation.pad.views import View, shown
from ostiary.gate.stopwatch import StageTimes
from ostiary.ports import MotionMeter
from ostiary.presentation import judge
from ostiary.presentation.challenge import Motion, Move, Reading, Sight, read
from ostiary.presentation.fusion import Asking
from ostiary.presentation.parallax import Parallax
from ostiary.terms import Appearance, Features
from ostiary.vision.chain import open_attack_detector, open_chain, open_motion_meter
from ostiary.vision.face_mesh import FaceMesh
from ostiary.vision.flow import AbsentMeter
from ostiary.vision.store import ModelStore
from ostiary.vision.yunet import YuNetDetector

pytestmark = [pytest.mark.models, pytest.mark.data]


@pytest.fixture(scope="module")
def store(models: str) -> ModelStore:
    return ModelStore(Path(models), Path(models))


@pytest.fixture(scope="module")
def meter(store: ModelStore) -> MotionMeter:
    return open_motion_meter(Asking.ALWAYS)


def measured(
    data: str, store: ModelStore, meter: MotionMeter, first: str, second: str
) -> Parallax | None:
    """Between two frames, by their paths in the data."""
    detector = YuNetDetector(store)
    images = [load_photograph(Path(data, "nuaa-dev", path)) for path in (first, second)]
    faces = [
        max(detector.detect(image), key=lambda face: face.box[2]) for image in images
    ]
    mesher = FaceMesh(store)
    before, after = (
        mesher.look(image, face) for image, face in zip(images, faces, strict=True)
    )
    assert before is not None
    assert after is not None
    meter.forget()
    meter.begin(images[0], before)
    return meter.measure(images[1], after)


PEOPLE = "bona-fide/0004/0004_01_00_01"
PRINTS = "print/0001/0001_00_03_02"


@pytest.mark.parametrize(
    ("frames", "reading"),
    [
        ((f"{PEOPLE}_406.jpg", f"{PEOPLE}_358.jpg"), Move.TURN_RIGHT),
        ((f"{PEOPLE}_235.jpg", f"{PEOPLE}_391.jpg"), Move.TURN_LEFT),
        ((f"{PEOPLE}_235.jpg", f"{PEOPLE}_235.jpg"), Move.LOOK_AHEAD),
        ((f"{PRINTS}_280.jpg", f"{PRINTS}_90.jpg"), Sight.PICTURE),
        ((f"{PRINTS}_280.jpg", f"{PRINTS}_3.jpg"), Sight.PICTURE),
    ],
)
def test_people_turn_and_prints_are_seen_to_be_flat(
    data: str,
    store: ModelStore,
    meter: MotionMeter,
    frames: tuple[str, str],
    reading: Reading,
) -> None:
    assert read(measured(data, store, meter, *frames)) is reading


def test_two_people_are_not_taken_for_one(
    data: str, store: ModelStore, meter: MotionMeter
) -> None:
    frame = sorted(Path(data, "nuaa-dev", "bona-fide", "0008").iterdir())[0]
    other = f"bona-fide/0008/{frame.name}"
    assert measured(data, store, meter, f"{PEOPLE}_235.jpg", other) is None


def anybody(features: Features) -> bool:
    del features
    return True


def test_a_look_at_a_person_gives_features_and_parallax(
    data: str, store: ModelStore, meter: MotionMeter
) -> None:
    """The chain's way: the first look begins, the second is measured from it."""
    chain = open_chain("retail-0095", store)
    attacks = open_attack_detector("appearance", store)
    zone_of = shown(View.ON_THE_MARK, chain.detector)
    meter.forget()
    folder = Path(data, "nuaa-dev", "bona-fide", "0008")
    looks = [
        chain.observe_motion(
            zone_of(load_photograph(path)), meter, attacks, anybody, StageTimes()
        )
        for path in sorted(folder.iterdir())[:4]
    ]
    seen = [look for look in looks if isinstance(look, Motion)]
    assert len(seen) >= 2
    assert meter.begun
    assert all(look.features.values.shape == (256,) for look in seen)
    scores = [score for look in seen for score in look.scores]
    assert judge(scores) is Appearance.SUFFICES
    chain.forget()
    attacks.forget()
    meter.forget()


def test_where_nobody_is_asked_nothing_is_measured() -> None:
    assert isinstance(open_motion_meter(Asking.NEVER), AbsentMeter)
