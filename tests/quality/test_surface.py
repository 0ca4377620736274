"""Measures of the light and of what can be seen, on drawn faces."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ostiary.quality import (
    ENROLMENT_LIMITS,
    MEASURES,
    Assessment,
    Component,
    QualityLimits,
    assess,
    eye_brightness,
    eye_opening,
    flaw_of_aligned,
    flaw_of_assessed,
    flaw_of_face,
    flaw_of_surface,
    mouth_redness,
    over_exposure,
    pitch,
    under_exposure,
    unified,
    uniformity,
)
from ostiary.reasons import Reason
from ostiary.terms import Face, Image, Mesh
from tests.quality.drawn_mesh import drawn_mesh

LIMITS = QualityLimits()
SKIN = (110, 130, 180)
MESH = drawn_mesh()
"""Eyes at 120 and 180, 140 down; the chin at 242."""

FACE = Face(
    box=(90, 70, 120, 180),
    landmarks=np.zeros((5, 2), np.float32),
    right_eye=(120, 140),
    left_eye=(180, 140),
    nose=(150, 176),
)


def skin(seed: int = 0) -> Image:
    """A face of one colour, a little uneven."""
    noise = np.random.default_rng(seed).normal(0, 8, (300, 300, 1))
    return np.clip(np.array(SKIN) + noise, 0, 255).astype(np.uint8)


def covered(top: int, bottom: int, colour: tuple[int, int, int]) -> Image:
    """A face with cloth over some rows."""
    image = skin()
    image[top:bottom] = colour
    return image


def times(factor: float) -> Image:
    return np.asarray(np.clip(skin() * factor, 0, 255), np.uint8)


def half_dark() -> Image:
    image = skin()
    image[:, :150] = image[:, :150] // 3
    return image


def test_a_bare_well_lit_face_has_no_flaw() -> None:
    assert flaw_of_surface(skin(), MESH, LIMITS) is None
    assert flaw_of_surface(skin(), MESH, ENROLMENT_LIMITS) is None


@pytest.mark.parametrize("tone", [(35, 45, 70), (60, 80, 120), (190, 205, 235)])
def test_no_tone_of_skin_is_a_flaw(tone: tuple[int, int, int]) -> None:
    image = np.clip(skin().astype(np.int16) - SKIN + tone, 0, 255).astype(np.uint8)
    assert flaw_of_surface(image, MESH, ENROLMENT_LIMITS) is None


def test_a_picture_without_colour_is_no_flaw() -> None:
    grey = skin()[:, :, 1:2].repeat(3, axis=2)
    assert mouth_redness(grey, MESH.points) == pytest.approx(0, abs=0.05)
    assert flaw_of_surface(grey, MESH, ENROLMENT_LIMITS) is None


@pytest.mark.parametrize(
    ("image", "mesh", "reason"),
    [
        (skin(), drawn_mesh(presence=9.9), Reason.FACE_COVERED),
        (skin(), drawn_mesh(pitch_degrees=40), Reason.FACE_TURNED),
        (skin(), drawn_mesh(pitch_degrees=-30), Reason.FACE_TURNED),
        (times(0.1), MESH, Reason.FACE_TOO_DARK),
        (times(3.0), MESH, Reason.FACE_TOO_BRIGHT),
        (covered(185, 260, (190, 160, 110)), MESH, Reason.FACE_COVERED),
        (covered(185, 260, (120, 120, 120)), MESH, Reason.FACE_COVERED),
        # A mask from the cheekbones down hides the cheeks too.
        (covered(155, 260, (190, 160, 110)), MESH, Reason.FACE_COVERED),
        (covered(155, 260, (200, 200, 200)), MESH, Reason.FACE_COVERED),
        (covered(125, 160, (20, 20, 20)), MESH, Reason.EYES_COVERED),
        (skin(), drawn_mesh(opening=0.01), Reason.EYES_CLOSED),
    ],
)
def test_each_flaw_of_the_surface_has_its_reason(
    image: Image, mesh: Mesh, reason: Reason
) -> None:
    assert flaw_of_surface(image, mesh, LIMITS) is reason


def test_enrolment_asks_for_more() -> None:
    assert flaw_of_surface(half_dark(), MESH, LIMITS) is None
    assert flaw_of_surface(half_dark(), MESH, ENROLMENT_LIMITS) is Reason.FACE_HALF_LIT
    nodding = drawn_mesh(pitch_degrees=30)
    assert flaw_of_surface(skin(), nodding, LIMITS) is None
    assert flaw_of_surface(skin(), nodding, ENROLMENT_LIMITS) is Reason.FACE_TURNED


@given(
    light=st.builds(lambda gain: half_dark() * gain, st.floats(0, 4))
    | st.builds(lambda gain: skin() * gain, st.floats(0, 4)),
    face=st.builds(lambda nose: replace(FACE, nose=(nose, 176)), st.floats(120, 180)),
    mesh=st.builds(
        drawn_mesh,
        pitch_degrees=st.floats(-60, 60),
        presence=st.floats(0, 30),
        opening=st.floats(0, 0.1),
    ),
    softness=st.integers(0, 6),
    limits=st.sampled_from([LIMITS, ENROLMENT_LIMITS]),
)
def test_a_face_assessed_whole_has_the_flaw_that_is_met_first(
    light: NDArray[np.float64],
    face: Face,
    mesh: Mesh,
    softness: int,
    limits: QualityLimits,
) -> None:
    image, aligned = np.clip(light, 0, 255).astype(np.uint8), soft(softness)
    assert flaw_of_assessed(assess(image, face, mesh, aligned), limits) is (
        flaw_of_face(face, 300, 300, limits)
        or flaw_of_surface(image, mesh, limits)
        or flaw_of_aligned(aligned, limits)
    )


def soft(steps: int) -> Image:
    """An aligned picture of edges, softened so many times."""
    image = np.random.default_rng(1).integers(0, 256, (8, 8, 3)).astype(np.float64)
    image = image.repeat(16, axis=0).repeat(16, axis=1)
    for _ in range(steps):
        near = [np.roll(image, shift, axis) for axis in (0, 1) for shift in (-2, 2)]
        image = (image + sum(near)) / 5
    return image.astype(np.uint8)


def test_no_limit_of_enrolment_is_looser() -> None:
    rising = {"inter_eye_pixels", "uniformity", "presence", "mouth_redness"}
    rising |= {"eye_brightness", "eye_opening"}
    falling = {"outside_fraction", "turn", "roll_degrees", "blur", "pitch_degrees"}
    falling |= {"under_exposed", "over_exposed"}
    for name in rising:
        assert getattr(ENROLMENT_LIMITS, name) >= getattr(LIMITS, name)
    for name in falling:
        assert getattr(ENROLMENT_LIMITS, name) <= getattr(LIMITS, name)
    # Who counts as standing there is one question, to gate and desk alike.
    zone = {"zone_pixels", "zone_share"}
    for name in zone:
        assert getattr(ENROLMENT_LIMITS, name) == getattr(LIMITS, name)
    assert rising | falling | zone == set(QualityLimits.__slots__)


@pytest.mark.parametrize("measured", [0.02, 0.05, 0.09])
def test_an_opening_is_measured_in_distances_of_eyes_and_chin(measured: float) -> None:
    near = drawn_mesh(opening=measured, inter_eye=90)
    assert eye_opening(near.points) == pytest.approx(measured, rel=0.02)


def test_the_eye_that_is_opened_less_counts() -> None:
    points = drawn_mesh(opening=0.06).points
    points[[385, 386, 387], 1] = points[[380, 374, 373], 1]
    assert eye_opening(points) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("degrees", [-40.0, 0.0, 5.0, 45.0])
def test_a_nod_is_measured_in_degrees(degrees: float) -> None:
    leaning = drawn_mesh(pitch_degrees=degrees).points
    assert pitch(leaning) == pytest.approx(degrees - 5, abs=0.01)


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.2])
def test_brightness_is_no_colour_and_no_cover(factor: float) -> None:
    assert mouth_redness(times(factor), MESH.points) == pytest.approx(0, abs=0.05)
    assert eye_brightness(times(factor), MESH.points) == pytest.approx(1, abs=0.05)


def test_hair_over_the_forehead_is_no_cover() -> None:
    fringe = covered(60, 120, (28, 30, 34))
    assert mouth_redness(fringe, MESH.points) > LIMITS.mouth_redness


def test_redder_lips_are_no_cover() -> None:
    assert mouth_redness(covered(195, 212, (90, 90, 190)), MESH.points) > 0.2


def test_exposures_are_parts_of_the_face() -> None:
    assert under_exposure(times(0.1), MESH.points) == 1
    assert over_exposure(times(3.0), MESH.points) == 1
    half = skin()
    half[:, :150] = 0
    assert under_exposure(half, MESH.points) == pytest.approx(0.5, abs=0.05)
    assert under_exposure(skin(), MESH.points) == over_exposure(skin(), MESH.points)


def test_light_from_one_side_is_not_uniform() -> None:
    assert uniformity(skin(), MESH.points) > 0.7
    assert uniformity(half_dark(), MESH.points) < 0.1


def test_a_face_beyond_the_pictures_edge_is_measured_all_the_same() -> None:
    away = drawn_mesh(middle=(-900.0, 5000.0))
    for measure in (under_exposure, over_exposure, uniformity, eye_brightness):
        assert math.isfinite(measure(skin(), away.points))


def test_points_in_one_place_are_not_assessed_and_no_crash() -> None:
    nowhere = Mesh(np.zeros((468, 3), np.float32), 28)
    assert math.isnan(eye_opening(nowhere.points))
    assert flaw_of_surface(skin(), nowhere, LIMITS) is Reason.EYES_CLOSED


def test_measuring_leaves_picture_and_mesh_alone() -> None:
    image, mesh = skin(), drawn_mesh()
    before = image.copy(), mesh.points.copy()
    flaw_of_surface(image, mesh, ENROLMENT_LIMITS)
    assert np.array_equal(image, before[0])
    assert np.array_equal(mesh.points, before[1])


def test_everything_is_assessed() -> None:
    assessments = assess(skin(), FACE, MESH, skin()[:128, :128])
    assert list(assessments) == list(Component) == list(MEASURES)
    assert all(assessments.values())
    assert 0 <= unified(assessments.values()) <= 100


def test_what_cannot_be_measured_of_a_mesh_is_not_assessed() -> None:
    nowhere = Mesh(np.zeros((468, 3), np.float32), MESH.presence)
    assessments = assess(skin(), FACE, nowhere, skin()[:128, :128])
    assert assessments[Component.FACE_VISIBLE]
    assert assessments[Component.EYES_OPEN] is None
    whole = assess(skin(), FACE, MESH, skin()[:128, :128])
    assert unified(assessments.values()) < unified(whole.values())


def test_a_unified_score_is_the_mean_of_the_components() -> None:
    found = [Assessment(1.0, 100), Assessment(0.2, 50), None]
    assert unified(found) == 50
    assert unified(found[:1]) == 100
    with pytest.raises(ValueError, match="needs assessments"):
        unified([])


@pytest.mark.parametrize("name", Component)
def test_components_go_from_0_to_100_in_the_direction_of_their_limit(
    name: Component,
) -> None:
    measure = MEASURES[name]
    assert measure.component(measure.worst) == 0
    assert measure.component(measure.best) == 100
    assert measure.component((measure.worst + measure.best) / 2) == 50


@given(st.sampled_from(list(Component)), st.floats(allow_nan=False))
def test_a_component_is_never_out_of_range(name: Component, native: float) -> None:
    assert 0 <= MEASURES[name].component(native) <= 100


def test_values_that_hold_biometrics_do_not_show_them() -> None:
    assert repr(MESH) == "Mesh()"
