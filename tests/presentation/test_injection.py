from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.presentation.injection import (
    FROZEN_SECONDS,
    REMEMBERED,
    RETURNS,
    Feed,
    Picture,
    watch,
)
from ostiary.reasons import Reason

SHAPE = (720, 1280)


def reasons(
    numbers: Sequence[int | None], step: float = 0.05, shape: tuple[int, int] = SHAPE
) -> list[Reason | None]:
    """What is said of pictures of these contents, one after the other."""
    feed, found = Feed(), []
    for place, number in enumerate(numbers):
        digest = None if number is None else number.to_bytes(8)
        feed, reason = watch(feed, Picture(shape, digest), place * step)
        found.append(reason)
    return found


@given(st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=60))
def test_pictures_that_all_differ_are_believed(numbers: list[int]) -> None:
    assert set(reasons(numbers)) <= {None}


@given(st.integers(RETURNS, 40))
def test_a_recording_that_runs_again_is_noticed_at_its_third_picture(
    length: int,
) -> None:
    found = reasons([*range(length), *range(length)])
    assert found[: length + RETURNS - 1] == [None] * (length + RETURNS - 1)
    assert set(found[length + RETURNS - 1 :]) == {Reason.CAMERA_REPEATS}


def test_a_recording_that_runs_backwards_and_forwards_is_noticed() -> None:
    there = list(range(10))
    assert Reason.CAMERA_REPEATS in reasons([*there, *reversed(there[:-1])])


def test_one_picture_that_comes_back_is_chance() -> None:
    assert set(reasons([1, 2, 3, 1, 4, 2, 5])) == {None}


@pytest.mark.parametrize(("step", "noticed"), [(0.05, 20), (0.5, 2), (2.0, 1)])
def test_a_picture_that_stays_is_noticed_after_a_second(
    step: float, noticed: int
) -> None:
    found = reasons([7] * 40, step)
    assert found[:noticed] == [None] * noticed
    assert set(found[noticed:]) == {Reason.CAMERA_REPEATS}


def test_a_stream_may_repeat_a_picture_for_less_than_that() -> None:
    numbers = [number // 5 for number in range(100)]
    assert set(reasons(numbers, 0.9 * FROZEN_SECONDS / 5)) == {None}


def test_a_covered_lens_tells_nothing() -> None:
    assert set(reasons([None] * 100)) == {None}
    assert set(reasons([1, None, 2, None, 3])) == {None}


def test_a_dark_moment_between_pictures_hides_no_loop() -> None:
    """Blank pictures strewn over a loop, or over one that stays, change nothing."""
    assert Reason.CAMERA_REPEATS in reasons([1, None, 2, None, 3, None] * 3)
    assert reasons([7, None] * 12)[-2:] == [Reason.CAMERA_REPEATS, None]


def test_a_blank_first_picture_gives_the_size() -> None:
    feed, _ = watch(Feed(), Picture(SHAPE, None), 0.0)
    assert watch(feed, Picture((1, 1), b"a"), 1.0)[1] is Reason.CAMERA_CHANGED
    assert watch(feed, Picture(SHAPE, b"a"), 1.0)[1] is None


def test_a_clock_that_runs_backwards_counts_as_frozen() -> None:
    feed, _ = watch(Feed(), Picture(SHAPE, b"a"), 5.0)
    assert watch(feed, Picture(SHAPE, b"a"), 4.0)[1] is Reason.CAMERA_REPEATS


@given(
    st.tuples(st.integers(1, 4000), st.integers(1, 4000)),
    st.one_of(st.none(), st.binary(min_size=8, max_size=8)),
)
def test_another_size_is_another_camera_from_then_on(
    shape: tuple[int, int], digest: bytes | None
) -> None:
    feed, _ = watch(Feed(), Picture(SHAPE, b"a"), 0.0)
    for seconds in (1.0, 2.0):
        feed, reason = watch(feed, Picture(shape, digest), seconds)
        assert (reason is Reason.CAMERA_CHANGED) == (shape != SHAPE)


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    feed = Feed()
    for number in range(REMEMBERED + 10):
        feed, _ = watch(feed, Picture(SHAPE, number.to_bytes(8)), number / 10)
    assert len(feed.digests) == REMEMBERED
    assert feed.digests[0] == (10).to_bytes(8)


def test_nothing_of_a_picture_shows() -> None:
    feed, _ = watch(Feed(), Picture(SHAPE, b"secret--"), 0.0)
    assert "secret" not in repr(feed) + repr(Picture(SHAPE, b"secret--"))
