import cv2
import numpy as np
import pytest

from ostiary.evaluation.pad.conditions import CONDITIONS
from ostiary.terms import Image
from tests.evaluation.staged_pad import FACE


def zone() -> Image:
    generator = np.random.default_rng(1)
    return generator.integers(60, 180, (720, 640, 3), np.uint8)


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_changes_a_copy_the_same_way_each_time(name: str) -> None:
    before = zone()
    changed = CONDITIONS[name](before, FACE)
    np.testing.assert_array_equal(before, zone())
    assert changed.shape == before.shape
    assert changed.dtype == np.uint8
    assert (changed != before).any()
    np.testing.assert_array_equal(changed, CONDITIONS[name](before, FACE))


def face_of(image: Image) -> Image:
    left, top, width, height = (int(side) for side in FACE.box)
    return image[top : top + height, left : left + width]


def test_the_conditions_are_what_they_are_called() -> None:
    plain = zone()
    made = {name: change(plain, FACE) for name, change in CONDITIONS.items()}
    assert made["a tenth of the light"].mean() < 0.5 * plain.mean()
    lit = made["back light"]
    assert face_of(lit).mean() < face_of(plain).mean() < lit[:100, :100].mean()

    def sharpness(image: Image) -> float:
        return float(cv2.Laplacian(face_of(image), cv2.CV_64F).var())

    assert sharpness(made["out of focus"]) < sharpness(plain)
    assert sharpness(made["moving"]) < sharpness(plain)
    eyes = made["drawn glasses"] != plain
    assert eyes[300:380].any()
    assert not eyes[:250].any()
