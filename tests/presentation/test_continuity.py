"""One face without a break: no gap in time, no jump, no sudden change of size."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.presentation.continuity import (
    FURTHEST_STEP,
    LARGEST_GROWTH,
    LONGEST_GAP,
    Place,
    Run,
    goes_on,
)

HERE = Place(across=300, down=200, side=160)
RUN = Run(HERE, 10.0)
SOON = 10.0 + 1 / 15


def test_a_face_that_moves_as_a_head_does_goes_on() -> None:
    assert goes_on(RUN, Place(330, 190, 180), SOON)
    assert goes_on(RUN, HERE, 10.0 + LONGEST_GAP)


@pytest.mark.parametrize(
    ("place", "seconds"),
    [
        (replace(HERE, across=300 + 1.1 * FURTHEST_STEP * 160), SOON),
        (replace(HERE, down=200 - 1.1 * FURTHEST_STEP * 160), SOON),
        (replace(HERE, side=160 * LARGEST_GROWTH * 1.1), SOON),
        (replace(HERE, side=160 / LARGEST_GROWTH / 1.1), SOON),
        (HERE, 10.0 + 1.1 * LONGEST_GAP),
        (HERE, 9.9),
    ],
)
def test_what_jumps_or_was_not_seen_for_long_does_not(
    place: Place, seconds: float
) -> None:
    assert not goes_on(RUN, place, seconds)


NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


@given(st.tuples(NUMBERS, NUMBERS, NUMBERS), NUMBERS, st.integers(0, 3))
def test_what_is_no_number_breaks_it(
    values: tuple[float, float, float], seconds: float, spoilt: int
) -> None:
    everything = [*values, seconds]
    everything[spoilt] = float("nan")
    *place, now = everything
    assert not goes_on(RUN, Place(*place), now)
    assert not goes_on(Run(Place(*place), now), HERE, SOON)


def test_a_place_is_nobodys_to_read() -> None:
    assert "300" not in repr(RUN)
