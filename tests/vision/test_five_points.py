"""From a mesh to the five points that a face is aligned by."""

import numpy as np

from ostiary.vision.five_points import five_points
from ostiary.vision.retail0095 import _TARGETS
from tests.quality.drawn_mesh import drawn_mesh


def test_eyes_nose_and_mouth_are_told_from_the_left_of_the_picture() -> None:
    mesh = drawn_mesh(middle=(150, 140), inter_eye=60)
    mesh.points[1, :2] = 150, 170
    eyes, nose, mouth = np.split(five_points(mesh), [2, 3])
    np.testing.assert_allclose(eyes, [(120, 140), (180, 140)], atol=1e-3)
    np.testing.assert_allclose(nose, [(150, 170)])
    assert np.array_equal(mouth, mesh.points[[61, 291], :2])


def test_they_come_in_the_order_of_the_targets() -> None:
    points = five_points(drawn_mesh())
    for one, other in ((0, 1), (3, 4)):
        assert points[one, 0] < points[other, 0]
        assert _TARGETS[one, 0] < _TARGETS[other, 0]
    assert points[:2, 1].max() < points[3:, 1].min()


def test_they_are_a_copy_that_may_be_overwritten() -> None:
    mesh = drawn_mesh()
    five_points(mesh).fill(0)
    assert mesh.points.any()
