import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ostiary.vision.alignment import AlignedFace, similarity

TARGETS = np.array(
    [(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)], np.float32
)


def transformed(
    points: NDArray[np.float32], a: complex, b: complex
) -> NDArray[np.float32]:
    moved = points @ np.array([1, 1j]) * a + b
    return np.stack([moved.real, moved.imag], axis=1).astype(np.float32)


def apply(
    matrix: NDArray[np.float64], points: NDArray[np.float32]
) -> NDArray[np.float64]:
    moved: NDArray[np.float64] = points @ matrix[:, :2].T + matrix[:, 2]
    return moved


@given(
    st.complex_numbers(min_magnitude=0.1, max_magnitude=10),
    st.complex_numbers(max_magnitude=100),
)
def test_a_similarity_is_found_exactly(a: complex, b: complex) -> None:
    points = transformed(TARGETS, a, b)
    matrix = similarity(points, TARGETS)
    np.testing.assert_allclose(apply(matrix, points), TARGETS, atol=1e-3)


@given(st.integers(0, 2**32 - 1))
def test_no_other_similarity_is_closer(seed: int) -> None:
    generator = np.random.default_rng(seed)
    points = generator.uniform(0, 100, (5, 2)).astype(np.float32)
    matrix = similarity(points, TARGETS)
    assert matrix[0, 0] == matrix[1, 1]
    assert matrix[0, 1] == -matrix[1, 0]
    closest = np.square(apply(matrix, points) - TARGETS).sum()
    for change in generator.normal(0, 1e-3, (10, 2, 2)):
        other = matrix.copy()
        other[:, 2] += change[0]
        turn = 1e-2 * change[1][0]
        other[:, :2] += turn * np.array([[0, -1], [1, 0]])
        assert np.square(apply(other, points) - TARGETS).sum() >= closest - 1e-9


def test_points_in_one_place_cannot_be_aligned() -> None:
    with pytest.raises(ValueError, match="without extent"):
        similarity(np.ones((5, 2), np.float32), TARGETS)


def test_points_that_are_no_numbers_cannot_be_aligned() -> None:
    with pytest.raises(ValueError, match="without extent"):
        similarity(np.full((5, 2), np.nan, np.float32), TARGETS)


def test_small_arrays_that_are_freed_hold_no_points() -> None:
    points = transformed(TARGETS, 71.3, 40 + 30j)
    told = points[:, 0] + 1j * points[:, 1].astype(np.float64)
    AlignedFace(128, TARGETS).take(np.zeros((200, 200, 3), np.uint8), points)
    # NumPy hands out again what was freed last, as it is.
    again = [np.empty(5, np.complex128) for _ in range(8)]
    for values in (told, told - told.mean()):
        assert not any(np.isclose(each, values).any() for each in again)


def test_landmarks_come_to_lie_where_they_are_expected() -> None:
    landmarks = transformed(TARGETS, 200 + 60j, 150 + 40j)
    picture = np.zeros((480, 640, 3), np.uint8)
    for x, y in landmarks.round().astype(int):
        picture[y - 3 : y + 4, x - 3 : x + 4] = 255
    aligned = AlignedFace(128, TARGETS).take(picture, landmarks)
    for x, y in (TARGETS * 128).round().astype(int):
        assert aligned[y, x].min() > 200


def test_the_square_is_reused_and_forgotten() -> None:
    square = AlignedFace(128, TARGETS)
    landmarks = transformed(TARGETS, 100, 0)
    first = square.take(np.full((200, 200, 3), 200, np.uint8), landmarks)
    assert first is square.image
    assert first.all()
    # What lies beyond the edge is black, not what was there before.
    square.take(np.full((20, 20, 3), 200, np.uint8), landmarks)
    assert not first[-1].any()
    square.forget()
    assert not square.image.any()
