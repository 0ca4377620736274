import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.quality import (
    QualityLimits,
    blur,
    face_side,
    flaw_in_zone,
    flaw_of_aligned,
    flaw_of_face,
    fraction_outside,
    inter_eye_distance,
    roll,
    sole_face,
    turn,
)
from ostiary.reasons import Reason
from ostiary.terms import Face, Image

LIMITS = QualityLimits()
WIDTH, HEIGHT = 640, 480


def face(
    *,
    centre: complex = 320 + 240j,
    inter_eye: float = 60,
    nose_offset: float = 0,
    slope: float = 0,
    box_sides: float = 2.2,
) -> Face:
    """A face drawn from its measures; the box is about the eyes' middle."""
    across = inter_eye * complex(math.cos(slope), math.sin(slope))
    right, left = centre - across / 2, centre + across / 2
    nose = centre + across * complex(nose_offset, 0.6)
    side = inter_eye * box_sides
    return Face(
        box=(centre.real - side / 2, centre.imag - side / 2, side, side),
        landmarks=np.zeros((5, 2), np.float32),
        right_eye=(right.real, right.imag),
        left_eye=(left.real, left.imag),
        nose=(nose.real, nose.imag),
    )


def flaw(face: Face) -> Reason | None:
    return flaw_of_face(face, WIDTH, HEIGHT, LIMITS)


def in_zone(face: Face) -> Reason | None:
    return flaw_in_zone(face, WIDTH, HEIGHT, LIMITS)


def texture(side: int = 128, seed: int = 0) -> Image:
    """Noise with the spectrum of ordinary pictures: coarse structure is stronger."""
    generator = np.random.default_rng(seed)
    picture = np.zeros((side, side, 3))
    for size in (4, 8, 16, 32, 64, 128):
        noise = generator.uniform(-1, 1, (size, size, 3))
        picture += cv2.resize(noise, (side, side)) / size
    return np.asarray(np.clip(128 + 500 * picture, 0, 255), np.uint8)


def blurred(image: Image, pixels: float) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), pixels), np.uint8)


def test_exactly_one_face_counts() -> None:
    one, other = face(), face(centre=100 + 100j)
    assert sole_face([], LIMITS) is Reason.NO_FACE
    assert sole_face([one], LIMITS) is one
    assert sole_face([one, other], LIMITS) is Reason.SEVERAL_FACES
    assert sole_face([one] * 3, LIMITS) is Reason.SEVERAL_FACES


def test_who_stands_behind_the_zone_is_not_in_it() -> None:
    one, behind = face(), face(centre=100 + 100j, inter_eye=28)
    assert behind.box[3] < LIMITS.zone_pixels
    assert sole_face([behind, one, behind], LIMITS) is one
    assert sole_face([behind, behind], LIMITS) is Reason.NO_FACE
    just_inside = face(centre=100 + 100j, inter_eye=LIMITS.zone_pixels / 2.2)
    assert sole_face([one, just_inside], LIMITS) is Reason.SEVERAL_FACES


def test_a_face_whose_size_is_no_number_counts() -> None:
    broken = replace(face(), box=(0.0, 0.0, math.nan, math.nan))
    assert sole_face([face(), broken], LIMITS) is Reason.SEVERAL_FACES


def test_an_ordinary_face_has_no_flaw() -> None:
    assert flaw(face()) is None


@pytest.mark.parametrize(
    ("flawed", "reason"),
    [
        (face(inter_eye=31), Reason.FACE_TOO_SMALL),
        (face(centre=20 + 240j), Reason.FACE_CUT_OFF),
        (face(centre=320 + 470j), Reason.FACE_CUT_OFF),
        (face(nose_offset=0.4), Reason.FACE_TURNED),
        (face(nose_offset=-0.4), Reason.FACE_TURNED),
        (face(slope=math.radians(25)), Reason.FACE_TURNED),
        (face(slope=math.radians(-25)), Reason.FACE_TURNED),
        (face(slope=math.radians(180)), Reason.FACE_TURNED),
    ],
)
def test_each_flaw_has_its_reason(flawed: Face, reason: Reason) -> None:
    assert flaw(flawed) is reason


def test_a_face_that_fills_the_zone_is_too_close() -> None:
    largest = LIMITS.zone_share * HEIGHT / 2.2
    just, over = face(inter_eye=largest - 0.5), face(inter_eye=largest + 0.5)
    assert in_zone(just) is None
    assert in_zone(over) is Reason.FACE_TOO_CLOSE
    # The shorter side counts, whichever it is; a photograph has no such limit.
    assert flaw_in_zone(just, HEIGHT - 8, WIDTH, LIMITS) is Reason.FACE_TOO_CLOSE
    assert flaw(over) is None


def test_too_close_comes_before_cut_off() -> None:
    looming = face(inter_eye=200, centre=100 + 240j)
    assert flaw(looming) is Reason.FACE_CUT_OFF
    assert in_zone(looming) is Reason.FACE_TOO_CLOSE


@pytest.mark.parametrize(
    ("flawed", "reason"),
    [
        (face(inter_eye=31), Reason.FACE_TOO_SMALL),
        (face(centre=20 + 240j), Reason.FACE_CUT_OFF),
        (face(nose_offset=0.4), Reason.FACE_TURNED),
    ],
)
def test_other_flaws_count_in_the_zone_too(flawed: Face, reason: Reason) -> None:
    assert in_zone(flawed) is reason


@pytest.mark.parametrize("size", [(math.nan, 90), (90, math.nan), (-90, 90)])
def test_a_box_that_has_no_side_is_never_far_enough_away(
    size: tuple[float, float],
) -> None:
    broken = replace(face(), box=(0.0, 0.0, *size))
    assert math.isnan(face_side(broken))
    assert in_zone(broken) is Reason.FACE_TOO_CLOSE


@pytest.mark.parametrize("field", ["box", "right_eye", "left_eye", "nose"])
def test_a_measure_that_is_no_number_is_a_flaw(field: str) -> None:
    values = {
        name: getattr(face(), name) for name in Face.__slots__ if name != "landmarks"
    }
    values[field] = (math.nan,) * len(values[field])
    broken = Face(landmarks=np.zeros((5, 2), np.float32), **values)
    assert flaw(broken) is not None


def test_eyes_in_one_place_are_a_flaw_and_no_crash() -> None:
    assert flaw(face(inter_eye=0)) is Reason.FACE_TOO_SMALL
    assert math.isnan(turn(face(inter_eye=0)))


@given(
    st.floats(1, 500),
    st.floats(-3, 3),
    st.floats(-math.pi, math.pi),
    st.complex_numbers(max_magnitude=1000, allow_nan=False),
)
def test_measures_do_not_depend_on_one_another(
    inter_eye: float, nose_offset: float, slope: float, centre: complex
) -> None:
    drawn = face(
        centre=centre, inter_eye=inter_eye, nose_offset=nose_offset, slope=slope
    )
    assert inter_eye_distance(drawn) == pytest.approx(inter_eye, rel=1e-6, abs=1e-6)
    assert turn(drawn) == pytest.approx(nose_offset, abs=1e-6)
    turned = math.radians(roll(drawn)) - slope
    assert math.cos(turned) == pytest.approx(1)


@given(st.floats(-700, 1300), st.floats(-500, 1000), st.floats(1, 300))
def test_a_fraction_outside_is_a_fraction(x: float, y: float, inter_eye: float) -> None:
    drawn = face(centre=complex(x, y), inter_eye=inter_eye)
    outside = fraction_outside(drawn, WIDTH, HEIGHT)
    assert -1e-9 <= outside <= 1


def test_fractions_outside_by_hand() -> None:
    half = face(centre=complex(0, 240))
    corner = face(centre=complex(WIDTH, HEIGHT))
    gone = face(centre=complex(-500, 240))
    assert fraction_outside(face(), WIDTH, HEIGHT) == 0
    assert fraction_outside(half, WIDTH, HEIGHT) == pytest.approx(0.5)
    assert fraction_outside(corner, WIDTH, HEIGHT) == pytest.approx(0.75)
    assert fraction_outside(gone, WIDTH, HEIGHT) == 1
    assert fraction_outside(face(box_sides=0), WIDTH, HEIGHT) == 1


def test_blur_grows_with_blurring() -> None:
    picture = texture()
    measures = [blur(picture)]
    measures += [blur(blurred(picture, pixels)) for pixels in (1, 2, 3, 4)]
    assert measures == sorted(measures)
    assert 0 <= measures[0] < LIMITS.blur < measures[-1] <= 1


@pytest.mark.parametrize("side", [128, 150])
def test_sharp_passes_and_blurred_does_not(side: int) -> None:
    picture = texture(side)
    assert flaw_of_aligned(picture, LIMITS) is None
    assert flaw_of_aligned(blurred(picture, 4), LIMITS) is Reason.FACE_BLURRED


def test_smearing_in_one_direction_is_blur() -> None:
    still = texture()
    moved = np.asarray(cv2.blur(still, (17, 1)), np.uint8)
    assert flaw_of_aligned(moved, LIMITS) is Reason.FACE_BLURRED
    assert blur(moved) == pytest.approx(blur(moved.transpose(1, 0, 2)))


def test_neither_brightness_nor_contrast_is_blur() -> None:
    picture = texture()
    faint = np.asarray(picture // 4 + 100, np.uint8)
    assert blur(faint) == pytest.approx(blur(picture), abs=0.02)


def test_a_blank_picture_has_nothing_to_lose() -> None:
    blank = np.full((128, 128, 3), 128, np.uint8)
    assert blur(blank) == 1
    assert flaw_of_aligned(blank, LIMITS) is Reason.FACE_BLURRED


def test_measuring_leaves_the_picture_alone() -> None:
    picture = texture()
    before = picture.copy()
    blur(picture)
    assert np.array_equal(picture, before)
