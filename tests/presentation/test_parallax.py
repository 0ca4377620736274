"""Relief shows when a head turns, and never on a sheet; simulated points."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.motion import (
    EYES,
    FACE_WIDTH,
    SPECIES,
    Body,
    Camera,
    Points,
    Pose,
    face_points,
    flat,
    head,
    mean_depth,
    picture,
    track,
    view,
)
from ostiary.presentation.challenge import LEAST_RELIEF, Move, Sight, read
from ostiary.presentation.parallax import (
    FEWEST_POINTS,
    LEAST_SIMILARITY,
    MOST_INCONSISTENCY,
    Parallax,
    Track,
    measure,
)

CAMERA = Camera(noise_pixels=0.5)
EYES_PIXELS = CAMERA.face_pixels * EYES / FACE_WIDTH


def pair(first: Body, second: Body, after: Pose, seed: int = 0) -> Track:
    """A look straight ahead, and one in that pose."""
    rng = np.random.default_rng(seed)
    lens = view(CAMERA, Pose().distance, rng)
    here, there = lens.look(first, Pose(), rng), lens.look(second, after, rng)
    return track(first.face, here, there, EYES_PIXELS)


def head_turned(after: Pose, seed: int = 0) -> Track:
    rng = np.random.default_rng(seed)
    person = head(face_points(CAMERA.points, rng), rng)
    return pair(person, person, after, seed)


def measured(shown: Track) -> Parallax:
    parallax = measure(shown)
    assert parallax is not None
    return parallax


@pytest.mark.parametrize(
    ("pose", "move"),
    [
        (Pose(left=18), Move.TURN_LEFT),
        (Pose(left=-18), Move.TURN_RIGHT),
        (Pose(down=18), Move.NOD),
        (Pose(down=-18), Move.LOOK_UP),
        (Pose(distance=Pose().distance / 1.4), Move.COME_CLOSER),
        (Pose(roll=8, shift=(30, 10)), Move.LOOK_AHEAD),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_each_move_shows_as_what_it_is(
    pose: Pose, move: Move | Sight, seed: int
) -> None:
    assert read(measured(head_turned(pose, seed))) is move


@pytest.mark.parametrize("species", SPECIES)
@pytest.mark.parametrize("seed", range(5))
def test_no_picture_shows_the_relief_of_a_move(species: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = picture(species, face_points(CAMERA.points, rng), rng)
    pose = Pose(left=rng.uniform(-20, 20), down=rng.uniform(-20, 20))
    assert measured(pair(first, second, pose, seed)).relief < LEAST_RELIEF


def test_a_sheet_that_is_tilted_far_is_seen_to_be_one() -> None:
    rng = np.random.default_rng(0)
    sheet = flat(face_points(CAMERA.points, rng), rng)
    parallax = measured(pair(sheet, sheet, Pose(left=35)))
    assert parallax.foreshortening == pytest.approx(np.cos(np.radians(35)), abs=0.06)
    assert read(parallax) is Sight.PICTURE


def test_size_is_told_apart_from_relief() -> None:
    parallax = measured(head_turned(Pose(distance=Pose().distance / 1.5)))
    assert parallax.growth == pytest.approx(1.5, abs=0.1)
    assert parallax.relief < LEAST_RELIEF / 2


@given(st.lists(st.floats(-0.2, 0.2), min_size=12, max_size=12))
def test_no_quadratic_motion_counts_as_relief(coefficients: list[float]) -> None:
    """Shifts, slopes, sizes, tilts, and most of a bend are quadratic in x and y."""
    shown = head_turned(Pose(left=15))
    x, y = shown.here.T
    basis = np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y])
    added = basis @ np.array(coefficients).reshape(6, 2)
    before = measured(shown)
    after = measured(replace(shown, flow=shown.flow + added))
    assert (after.right, after.down) == pytest.approx((before.right, before.down))


@given(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_the_parallax_is_what_moved_with_the_depth(right: float, down: float) -> None:
    still = replace(head_turned(Pose()), flow=np.zeros((CAMERA.points, 2)))
    moved = replace(still, flow=np.outer(still.depth, (right, down)))
    parallax = measured(moved)
    assert (parallax.right, parallax.down) == pytest.approx((right, down), abs=1e-6)


def test_a_few_points_that_are_far_off_count_for_little() -> None:
    shown = head_turned(Pose(left=15))
    astray = shown.flow.copy()
    astray[:30] += 0.5
    before, after = measured(shown), measured(replace(shown, flow=astray))
    assert after.right == pytest.approx(before.right, abs=0.03)


def with_points(shown: Track, count: int) -> Track:
    inconsistency = np.full(CAMERA.points, MOST_INCONSISTENCY)
    inconsistency[:count] = 0.0
    return replace(shown, inconsistency=inconsistency)


NOT_A_NUMBER = np.full((CAMERA.points, 2), np.nan)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda shown: replace(shown, similarity=LEAST_SIMILARITY),
        lambda shown: replace(shown, similarity=np.nan),
        lambda shown: with_points(shown, FEWEST_POINTS - 1),
        lambda shown: replace(shown, inconsistency=np.full(CAMERA.points, np.nan)),
        lambda shown: replace(shown, flow=NOT_A_NUMBER),
        lambda shown: replace(shown, there=NOT_A_NUMBER),
        lambda shown: replace(shown, here=NOT_A_NUMBER),
        lambda shown: replace(shown, depth=NOT_A_NUMBER[:, 0]),
        lambda shown: replace(shown, depth=np.zeros(CAMERA.points)),
        lambda shown: replace(shown, here=np.zeros((CAMERA.points, 2))),
    ],
)
def test_what_does_not_fit_is_not_assessed(spoil: Callable[[Track], Track]) -> None:
    assert measure(spoil(head_turned(Pose(left=15)))) is None
    assert measure(with_points(head_turned(Pose(left=15)), FEWEST_POINTS))


def test_nothing_of_a_face_shows_in_a_representation() -> None:
    assert repr(head_turned(Pose())) == "Track(similarity=1.0)"


def test_the_mean_head_varies_as_the_mesh_does() -> None:
    rng = np.random.default_rng(0)
    face: Points = face_points(2000, rng)
    x, y = (face / EYES).T
    basis = np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y])
    depth = mean_depth(face) / EYES
    rest = depth - basis @ np.linalg.lstsq(basis, depth, rcond=None)[0]
    assert np.std(rest) == pytest.approx(0.08, abs=0.01)
