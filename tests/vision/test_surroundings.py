import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.vision.surroundings import surroundings


def numbered(
    height: int, width: int
) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    """A picture whose pixels tell their row and column."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows, columns, 0 * rows], axis=2).astype(np.uint8)


def test_the_square_lies_about_the_face_and_has_its_area() -> None:
    square = surroundings(numbered(240, 250), (110, 90, 20, 45), 2.0)
    assert square.shape == (60, 60, 3)
    assert square[0, 0].tolist() == [82, 90, 0]


@pytest.mark.parametrize(
    ("box", "corner"),
    [
        ((0, 0, 40, 40), (0, 0)),
        ((210, 0, 40, 40), (0, 90)),
        ((-20, 200, 40, 40), (80, 0)),
        ((400, 400, 40, 40), (80, 90)),
    ],
)
def test_near_an_edge_it_is_shifted_inside(
    box: tuple[float, float, float, float], corner: tuple[int, int]
) -> None:
    square = surroundings(numbered(240, 250), box, 4.0)
    assert square.shape == (160, 160, 3)
    assert tuple(square[0, 0, :2]) == corner


def test_a_picture_too_small_for_it_is_used_as_far_as_it_goes() -> None:
    square = surroundings(numbered(100, 250), (100, 20, 60, 60), 4.0)
    assert square.shape == (100, 100, 3)
    assert tuple(square[0, 0, :2]) == (0, 80)


@given(
    st.tuples(*[st.floats(-1e4, 1e4)] * 4),
    st.integers(1, 200),
    st.integers(1, 200),
    st.sampled_from([2.7, 4.0]),
)
def test_any_box_gives_some_of_the_picture(
    box: tuple[float, float, float, float], height: int, width: int, scale: float
) -> None:
    square = surroundings(numbered(height, width), box, scale)
    assert square.shape[0] == square.shape[1] >= 1
