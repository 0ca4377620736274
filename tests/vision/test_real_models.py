"""The real networks on the development data: right on a fixed handful, no rates.

Error rates are measured by `ostiary evaluate`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import platformdirs
import pytest

from ostiary.comparison import BUILT_IN_THRESHOLDS, compare, fuse
from ostiary.config import Vision
from ostiary.errors import EnrolmentError, ModelError
from ostiary.ports import AttackDetector
from ostiary.presentation import judge
from ostiary.reasons import Reason
from ostiary.terms import (
    Appearance,
    Face,
    Features,
    Image,
    Probe,
    Undetermined,
)
from ostiary.vision.appearance import AppearanceDetector
from ostiary.vision.chain import FaceChain, open_attack_detector, open_chain
from ostiary.vision.store import ModelStore, Standing

pytestmark = [pytest.mark.models, pytest.mark.data]

PEOPLE = 5
PICTURES = 3

EVERY_BONA_FIDE_FRAME = 20
EVERY_PRINT = 30


@dataclass(frozen=True)
class Person:
    """Pictures of one person; a failing test must not print them."""

    pictures: tuple[Image, ...] = field(repr=False)


class NoStopwatch:
    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        yield


@pytest.fixture(scope="session")
def store(models: str) -> ModelStore:
    cache = platformdirs.user_cache_path("ostiary") / "models"
    return ModelStore(Path(models), cache)


MODELS = {
    "retail-0095": "retail-0095",
    "fused": "mobilefacenet",
    "dlib-resnet": "dlib-resnet",
}
"""By chain, the model that is its own."""


@pytest.fixture(scope="session", params=MODELS)
def chain(request: pytest.FixtureRequest, store: ModelStore) -> FaceChain:
    name: str = request.param
    model = MODELS[name]
    if Standing.MISSING in store.verify(model).values():
        pytest.skip(f"{model} is not here: run `ostiary models pull {model}`")
    return open_chain(name, store)


@pytest.fixture(scope="session")
def attacks(store: ModelStore) -> AttackDetector:
    return open_attack_detector("appearance", store)


@pytest.fixture(scope="session")
def people(chain: FaceChain, data: str) -> list[Person]:
    """The first few people of the data with enough pictures that are fit for use."""
    found: list[Person] = []
    for folder in sorted(Path(data, "lfw-dev").iterdir()):
        pictures = [load(path) for path in sorted(folder.iterdir())[:PICTURES]]
        if len(pictures) == PICTURES and usable(chain, pictures):
            found.append(Person(tuple(pictures)))
        if len(found) == PEOPLE:
            return found
    raise AssertionError("the data hold too few people")


def load(path: Path) -> Image:
    return np.asarray(cv2.imread(str(path)), np.uint8)


def usable(chain: FaceChain, pictures: list[Image]) -> bool:
    try:
        chain.enrol(pictures)
        chain.enrol(pictures[:-1])
    except EnrolmentError:
        return False
    return True


def reason_of(chain: FaceChain, image: Image, attacks: AttackDetector) -> Reason | None:
    """Why a picture is undetermined; None: it gives a probe."""
    observation = chain.observe(image, attacks, NoStopwatch())
    return observation.reason if isinstance(observation, Undetermined) else None


def probe_of(chain: FaceChain, image: Image, attacks: AttackDetector) -> Features:
    observation = chain.observe(image, attacks, NoStopwatch())
    assert isinstance(observation, Probe)
    return observation.features


def smaller(image: Image, factor: float) -> Image:
    """The picture reduced, in the middle of a grey one of the same size."""
    reduced = cv2.resize(
        image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA
    )
    whole = np.full_like(image, 128)
    top = (image.shape[0] - reduced.shape[0]) // 2
    left = (image.shape[1] - reduced.shape[1]) // 2
    whole[top : top + reduced.shape[0], left : left + reduced.shape[1]] = reduced
    return whole


def test_features_are_unit_vectors_of_the_promised_length(
    chain: FaceChain, people: list[Person], attacks: AttackDetector
) -> None:
    features = probe_of(chain, people[0].pictures[0], attacks)
    assert features.extractor == chain.extractor
    assert features.extractor in BUILT_IN_THRESHOLDS
    assert features.values.shape == (chain.dimensions,)
    assert features.values.dtype == np.float32
    assert np.linalg.norm(features.values) == pytest.approx(1, abs=1e-5)


def test_everyone_is_closer_to_their_own_reference(
    chain: FaceChain, people: list[Person], attacks: AttackDetector
) -> None:
    references = [chain.enrol(person.pictures[:-1]) for person in people]
    probes = [probe_of(chain, person.pictures[-1], attacks) for person in people]
    scores = np.array([[compare(r, p) for p in probes] for r in references])
    mated = scores.diagonal()
    non_mated = scores[~np.eye(PEOPLE, dtype=np.bool_)]
    assert mated.min() > non_mated.max()
    assert non_mated.max() < BUILT_IN_THRESHOLDS[chain.extractor]


def test_the_same_picture_gives_the_same_bits(
    chain: FaceChain, people: list[Person], attacks: AttackDetector
) -> None:
    first = probe_of(chain, people[0].pictures[0], attacks)
    probe_of(chain, people[1].pictures[0], attacks)
    chain.forget()
    second = probe_of(chain, people[0].pictures[0], attacks)
    assert np.array_equal(first.values, second.values)


def test_the_mirror_image_of_a_face_is_the_same_face(
    chain: FaceChain, people: list[Person]
) -> None:
    face = people[0].pictures[0]
    mirrored = np.ascontiguousarray(face[:, ::-1])
    assert compare(chain.enrol([face]), chain.enrol([mirrored])) > 0.95


def test_a_reference_is_the_mean_of_its_photographs(
    chain: FaceChain, people: list[Person]
) -> None:
    one, other, _ = people[0].pictures
    apart = fuse([chain.enrol([one]), chain.enrol([other])])
    together = chain.enrol([one, other])
    np.testing.assert_allclose(together.values, apart.values, atol=1e-6)


def test_a_large_photograph_gives_nearly_the_same(
    chain: FaceChain, people: list[Person]
) -> None:
    face = people[0].pictures[0]
    large = np.asarray(cv2.resize(face, None, fx=6, fy=6), np.uint8)
    assert compare(chain.enrol([face]), chain.enrol([large])) > 0.95


def test_what_is_no_single_good_face_is_undetermined(
    chain: FaceChain, people: list[Person], attacks: AttackDetector
) -> None:
    face, other = people[0].pictures[0], people[1].pictures[0]
    blank = np.full_like(face, 128)
    blurred = np.asarray(cv2.GaussianBlur(face, (0, 0), 4), np.uint8)
    beside = np.ascontiguousarray(np.hstack([face, other]))
    assert reason_of(chain, face, attacks) is None
    assert reason_of(chain, blank, attacks) is Reason.NO_FACE
    # dlib's detector sees no face in some blurred pictures.
    unseen = {Reason.NO_FACE} if chain.name == "dlib-resnet" else set()
    assert reason_of(chain, blurred, attacks) in {Reason.FACE_BLURRED} | unseen
    assert reason_of(chain, beside, attacks) is Reason.SEVERAL_FACES


def painted(chain: FaceChain, image: Image, colour: int) -> Image:
    """The picture with cloth over nose, mouth and chin."""
    (face,) = chain.detector.detect(image)
    mesh = chain.mesh.look(image, face)
    assert mesh is not None
    jaw = (
        137,
        215,
        136,
        149,
        176,
        152,
        400,
        378,
        365,
        435,
        366,
        352,
        266,
        197,
        36,
        123,
    )
    corners = np.rint(mesh.points[list(jaw), :2]).astype(np.int32)
    worn = image.copy()
    cv2.fillPoly(worn, [cv2.convexHull(corners)], (colour, colour, colour))
    return worn


def test_a_painted_mask_is_seen_on_most(
    chain: FaceChain, people: list[Person], attacks: AttackDetector
) -> None:
    """Grey cloth drawn by a program: it shows that the measure reacts, no rate."""
    told = [
        reason_of(chain, painted(chain, picture, 150), attacks)
        for person in people
        for picture in person.pictures
    ]
    # dlib's detector misses some covered faces altogether.
    hidden = told.count(Reason.FACE_COVERED) + told.count(Reason.NO_FACE)
    assert Reason.FACE_COVERED in told
    assert hidden >= 0.7 * len(told)


def test_a_face_far_away_is_too_small_or_not_seen(
    chain: FaceChain, people: list[Person], attacks: AttackDetector
) -> None:
    # dlib's detector sees no face narrower than about 80 pixels.
    expected = {
        "retail-0095": {Reason.FACE_TOO_SMALL},
        "fused": {Reason.FACE_TOO_SMALL},
        "dlib-resnet": {Reason.FACE_TOO_SMALL, Reason.NO_FACE},
    }
    for person in people:
        far = smaller(person.pictures[0], 0.6)
        assert reason_of(chain, far, attacks) in expected[chain.name]


def test_faces_are_told_in_pixels_of_the_whole_picture(
    chain: FaceChain, people: list[Person]
) -> None:
    errors = []
    for person in people:
        face = person.pictures[0]
        large = np.asarray(cv2.resize(face, None, fx=6, fy=6), np.uint8)
        (found,) = chain.detector.detect(face)
        (enlarged,) = chain.detector.detect(large)
        distance = enlarged.landmarks / 6 - found.landmarks
        errors.append(np.abs(distance).mean() / found.box[2])
    assert np.median(errors) < 0.05


def test_the_subjects_right_eye_is_the_left_one_in_the_picture(
    chain: FaceChain, people: list[Person]
) -> None:
    for person in people:
        (face,) = chain.detector.detect(person.pictures[0])
        assert face.right_eye[0] < face.nose[0] < face.left_eye[0]
        assert face.nose[1] > max(face.right_eye[1], face.left_eye[1])
        assert face.landmarks.shape == (5, 2)


def test_forgetting_overwrites_every_buffer_within_reach(
    chain: FaceChain, people: list[Person], attacks: AttackDetector, store: ModelStore
) -> None:
    large = np.asarray(cv2.resize(people[0].pictures[0], None, fx=6, fy=6), np.uint8)
    # Not the one that has already seen, and forgotten, pictures of other sizes.
    chain = open_chain(chain.name, store)
    probe_of(chain, large, attacks)
    drivers = (chain.detector, chain.mesh, chain.features, attacks)
    before = buffers(drivers)
    assert before
    assert all(buffer.any() for buffer in before)
    chain.forget()
    attacks.forget()
    after = buffers(drivers)
    assert not any(buffer.any() for buffer in before + after)


def buffers(holder: object, depth: int = 3) -> list[np.ndarray]:
    """Every array that can be reached from a driver of ours and holds a picture."""
    if isinstance(holder, np.ndarray):
        return [holder]
    if isinstance(holder, tuple):
        return [found for part in holder for found in buffers(part, depth)]
    if depth == 0 or not type(holder).__module__.startswith("ostiary"):
        return []
    held = [value for name, value in vars(holder).items() if name != "_targets"]
    return [found for value in held for found in buffers(value, depth - 1)]


def test_altered_models_are_never_loaded(models: str, tmp_path: Path) -> None:
    altered = tmp_path / "face-reidentification-retail-0095"
    altered.mkdir()
    for path in Path(models, altered.name).iterdir():
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        (altered / path.name).write_bytes(content)
    for sound in ("yunet", "mediapipe"):
        (tmp_path / sound).symlink_to(Path(models, sound))
    with pytest.raises(ModelError, match="expected sha256"):
        open_chain("retail-0095", ModelStore(tmp_path, tmp_path))


def standing(frame: Image) -> Image:
    """The default zone of a camera of 1280 x 720, filled by an enlarged frame."""
    enlarged = cv2.resize(frame, (960, 720))
    camera = cv2.copyMakeBorder(enlarged, 0, 0, 160, 160, cv2.BORDER_CONSTANT)
    return Vision().zone.crop(np.asarray(camera, np.uint8))


def decisions_of(
    data: str, kind: str, every: int, store: ModelStore, attacks: AttackDetector
) -> list[Appearance]:
    """What the looks of single frames say, of those that give a probe."""
    chain = open_chain("retail-0095", store)
    found = []
    for path in sorted(Path(data, "nuaa-dev", kind).glob("*/*.jpg"))[::every]:
        seen = chain.observe(standing(load(path)), attacks, NoStopwatch())
        if isinstance(seen, Probe):
            found.append(judge([seen.bona_fide_score]))
    return found


def test_bona_fide_frames_pass_in_the_standing_zone_and_prints_do_not(
    data: str, store: ModelStore, attacks: AttackDetector
) -> None:
    people = decisions_of(data, "bona-fide", EVERY_BONA_FIDE_FRAME, store, attacks)
    prints = decisions_of(data, "print", EVERY_PRINT, store, attacks)
    assert len(people) >= 8
    assert len(prints) >= 12
    assert people.count(Appearance.SUFFICES) >= len(people) - 1
    assert Appearance.SUFFICES not in prints


@dataclass
class Noting:
    """An attack detector that notes what each network says."""

    detector: AppearanceDetector
    identity: str = "noting"
    said: list[tuple[float, ...]] = field(default_factory=list)

    def assess(self, image: Image, face: Face) -> float | None:
        self.said.append(self.detector.probabilities(image, face))
        return None

    def forget(self) -> None:
        self.detector.forget()


def test_every_network_tells_most_prints_from_most_people(
    data: str, store: ModelStore
) -> None:
    """None of them was put together wrongly, or shown the wrong pixels."""
    noting = Noting(AppearanceDetector(store))
    chain = open_chain("retail-0095", store)
    median = {}
    for kind in ("bona-fide", "print"):
        noting.said = []
        for path in sorted(Path(data, "nuaa-dev", kind).glob("*/*.jpg"))[::30]:
            chain.observe(standing(load(path)), noting, NoStopwatch())
        median[kind] = np.median(noting.said, axis=0)
    assert (median["bona-fide"] > 0.9).all()
    assert (median["print"] < 0.1).all()


def test_nobody_is_suspected_for_standing_too_close(
    data: str, store: ModelStore, attacks: AttackDetector
) -> None:
    """A small camera's zone is narrow: such frames do not count, for a reason."""
    chain = open_chain("retail-0095", store)
    reasons = set()
    for path in sorted(Path(data, "nuaa-dev", "bona-fide").glob("*/*.jpg"))[::20]:
        seen = chain.observe(Vision().zone.crop(load(path)), attacks, NoStopwatch())
        if isinstance(seen, Undetermined):
            reasons.add(seen.reason)
        else:
            decision = judge([seen.bona_fide_score])
            assert decision is Appearance.SUFFICES
    assert Reason.FACE_TOO_CLOSE in reasons


def test_a_score_does_not_depend_on_what_was_seen_before(
    people: list[Person], chain: FaceChain, attacks: AttackDetector
) -> None:
    first, second = people[0].pictures[0], people[1].pictures[0]
    face: Face = chain.detector.detect(first)[0]
    once = attacks.assess(first, face)
    attacks.assess(second, chain.detector.detect(second)[0])
    attacks.forget()
    assert attacks.assess(first, face) == once
