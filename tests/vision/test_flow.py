"""Real optical flow over rendered surfaces; the points of the mesh are given."""

from typing import Final

import cv2
import numpy as np
import pytest

from benchmarks.motion import EYES, HALF, Points, Pose, mean_depth, seen
from benchmarks.motion import Body as Surface
from ostiary.presentation.challenge import LEAST_RELIEF, Move, Sight, read
from ostiary.presentation.parallax import Parallax, measure
from ostiary.terms import Image, Mesh
from ostiary.vision.face_mesh import POINTS
from ostiary.vision.flow import RIGID, AbsentMeter, FlowMeter, _nobody

SIZE: Final = 300
FOCAL: Final = 850.0
AHEAD: Final = Pose()
STEPS: Final = 6
"""Of the search for the point of a surface that a pixel shows."""

REACH: Final = 110
GRID: Final = np.arange(-REACH, REACH + 1, dtype=np.float64)
DEPTHS: Final = mean_depth(np.array([(x, y) for y in GRID for x in GRID])).reshape(
    len(GRID), -1
)


def depth_of(places: Points, *, flat: bool) -> Points:
    """Of the mean head, looked up by the millimetre."""
    if flat:
        return np.zeros(len(places))
    # OpenCV takes no row or column of more than 32767.
    x, y = (places + REACH).astype(np.float32).T.reshape(2, -1, 4)
    found = cv2.remap(DEPTHS.astype(np.float32), x, y, cv2.INTER_LINEAR)
    return np.asarray(found, np.float64).ravel()


def look(places: Points, pose: Pose, *, flat: bool) -> Points:
    """Where points of a face are in the picture: n x 2, in pixels."""
    surface = np.column_stack([places, depth_of(places, flat=flat)])
    return seen(Surface(places, surface), pose, FOCAL, 0.0) + SIZE / 2


def skin(seed: int) -> Image:
    """A texture with grain of several sizes, 2 pixels to a millimetre."""
    rng = np.random.default_rng(seed)
    grey = np.zeros((440, 440))
    for size in (1.5, 3.0, 6.0, 12.0):
        grain = cv2.GaussianBlur(rng.normal(size=grey.shape), (0, 0), size)
        grey += grain / np.std(grain)
    grey = np.clip(128 + 22 * grey, 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


SKINS: Final = {seed: skin(seed) for seed in (0, 5)}


def rendered(pose: Pose, *, flat: bool, seed: int = 0) -> Image:
    """What a camera sees of a textured head, or of a sheet, in that pose."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE].astype(np.float64)
    pixels = np.column_stack([columns.ravel(), rows.ravel()])
    millimetres = pose.distance / FOCAL
    places = (pixels - SIZE / 2) * millimetres
    for _ in range(STEPS):
        missed = pixels - look(places, pose, flat=flat)
        places = np.clip(places + missed * millimetres, -REACH, REACH)
    texture = (2 * places + 220).reshape(SIZE, SIZE, 2).astype(np.float32)
    picture = cv2.remap(SKINS[seed], texture[..., 0], texture[..., 1], cv2.INTER_LINEAR)
    noise = np.random.default_rng(seed + 1).normal(0, 2, picture.shape)
    return np.asarray(np.clip(picture + noise, 0, 255), np.uint8)


def meshed(pose: Pose, *, flat: bool = False) -> Mesh:
    """The points where they are on a face in that pose."""
    rng = np.random.default_rng(0)
    places = rng.uniform(-0.75, 0.75, (POINTS, 2)) * HALF
    places[[33, 133]] = (-EYES / 2, -15)
    places[[263, 362]] = (EYES / 2, -15)
    mesh = np.empty((POINTS, 3), np.float32)
    # On a sheet too the network imagines a head.
    mesh[:, :2] = look(places, pose, flat=flat)
    mesh[:, 2] = -mean_depth(places) * FOCAL / pose.distance
    return Mesh(mesh, 28.0)


NOWHERE: Final = Mesh(np.zeros((POINTS, 3), np.float32), 28.0)


def measured(pose: Pose, *, flat: bool, other: int = 0) -> Parallax | None:
    """A look straight ahead, then one in that pose."""
    meter = FlowMeter()
    meter.begin(rendered(AHEAD, flat=flat), meshed(AHEAD, flat=flat))
    return meter.measure(rendered(pose, flat=flat, seed=other), meshed(pose, flat=flat))


@pytest.mark.parametrize(
    ("pose", "move"),
    [
        (Pose(left=15), Move.TURN_LEFT),
        (Pose(left=-15), Move.TURN_RIGHT),
        (Pose(down=15), Move.NOD),
        (Pose(down=-15), Move.LOOK_UP),
        (Pose(roll=4, shift=(10, -5)), Move.LOOK_AHEAD),
    ],
)
def test_a_head_that_turns_shows_its_relief(pose: Pose, move: Move | Sight) -> None:
    parallax = measured(pose, flat=False)
    assert parallax is not None
    assert read(parallax) is move


@pytest.mark.parametrize("pose", [Pose(left=15), Pose(down=20), Pose(left=-30)])
def test_a_sheet_that_turns_shows_none(pose: Pose) -> None:
    parallax = measured(pose, flat=True)
    assert parallax is not None
    assert parallax.relief < LEAST_RELIEF / 3


def test_a_sheet_that_turns_far_is_seen_to_be_one() -> None:
    parallax = measured(Pose(left=32), flat=True)
    assert read(parallax) is Sight.PICTURE


def test_growth_is_measured() -> None:
    parallax = measured(Pose(distance=AHEAD.distance / 1.35), flat=False)
    assert parallax is not None
    assert parallax.growth == pytest.approx(1.35, abs=0.05)


def test_another_face_is_not_assessed() -> None:
    assert measured(Pose(left=10), flat=False, other=5) is None


def test_nothing_is_assessed_without_a_first_look() -> None:
    assert FlowMeter().measure(rendered(AHEAD, flat=False), meshed(AHEAD)) is None


def test_a_mesh_without_extent_begins_nothing_and_shows_nothing() -> None:
    meter = FlowMeter()
    picture = rendered(AHEAD, flat=False)
    meter.begin(picture, NOWHERE)
    assert not meter.begun
    meter.begin(picture, meshed(AHEAD))
    assert meter.measure(picture, NOWHERE) is None


def test_the_first_look_is_overwritten() -> None:
    meter = FlowMeter()
    meter.begin(rendered(AHEAD, flat=False), meshed(AHEAD))
    first = meter._first
    assert meter.begun
    assert first is not None
    assert first.crop.any()
    assert "crop" not in repr(first)
    meter.forget()
    held = (first.points, first.depth, first.place, first.crop, first.detail)
    assert not any(kept.any() for kept in (*held, first.skin))
    meter.forget()


def test_an_absent_meter_assesses_nothing() -> None:
    meter = AbsentMeter()
    picture = np.zeros((8, 8, 3), np.uint8)
    meter.begin(picture, NOWHERE)
    assert not meter.begun
    assert meter.measure(picture, NOWHERE) is None
    meter.forget()


def test_no_point_moves_by_itself() -> None:
    """Corners of eyes, lips and chin are left out; the tip of the nose is not."""
    assert not set(RIGID) & {33, 133, 263, 362, 0, 13, 14, 17, 61, 291, 152, 10}
    assert 1 in RIGID
    assert len(RIGID) == 320


def test_the_fit_on_nothing_goes_all_the_way_with_as_many_points() -> None:
    """Or it would not overwrite what a real one leaves in the library's memory."""
    nobody = _nobody()
    assert len(nobody.here) == len(RIGID)
    assert measure(nobody) is not None
