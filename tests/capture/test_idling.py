"""Slowing down while nothing moves: the rule, the measure of motion, and the pace."""

import itertools
import math
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.capture.attention import Attention
from ostiary.capture.camera import Camera
from ostiary.capture.idling import (
    AWAKE_SECONDS,
    CODES_SECONDS,
    LOOK_SECONDS,
    MOVED_LEVELS,
    Idling,
    advance,
)
from ostiary.capture.motion import SPOT_PIXELS, Motion
from ostiary.capture.pace import Pace
from ostiary.terms import Frame, Image

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOISE = np.random.default_rng(11)

changes = st.lists(
    st.tuples(st.floats(0.01, 1.0), st.floats(0.0, 255.0)), min_size=1, max_size=60
)
"""Seconds since the picture before, and what changed."""


def walk(steps: Sequence[tuple[float, float]]) -> list[tuple[float, float, Idling]]:
    """Seconds, change and what is known, after each picture."""
    idling, seconds, walked = Idling(moved=0.0, looked=0.0), 0.0, []
    for since, change in steps:
        seconds += since
        idling = advance(idling, change, seconds)
        walked.append((seconds, change, idling))
    return walked


@given(changes)
def test_whatever_moves_wakes_it_at_once(steps: list[tuple[float, float]]) -> None:
    for seconds, change, idling in walk(steps):
        if change >= MOVED_LEVELS:
            assert idling.pace(seconds) == 0.0
            assert idling.looked == seconds


@given(changes)
def test_it_sleeps_only_when_nothing_has_moved_for_a_while(
    steps: list[tuple[float, float]],
) -> None:
    moved = 0.0
    for seconds, change, idling in walk(steps):
        moved = seconds if change >= MOVED_LEVELS else moved
        assert idling.is_awake(seconds) is (seconds - moved < AWAKE_SECONDS)


@given(changes)
def test_codes_are_looked_for_at_least_once_a_second(
    steps: list[tuple[float, float]],
) -> None:
    looked = 0.0
    for seconds, _, idling in walk(steps):
        if idling.looked == seconds:
            looked = seconds
        else:
            assert seconds - looked < CODES_SECONDS


@given(st.floats(-1e6, 0.0), st.floats(0, 255))
def test_a_clock_that_runs_back_wakes_it(seconds: float, change: float) -> None:
    idling = advance(Idling(moved=100.0, looked=100.0), change, seconds)
    assert idling.pace(seconds) == 0.0


def test_a_change_that_is_no_number_wakes_it() -> None:
    idling = advance(Idling(moved=0.0, looked=0.0), math.nan, 100.0)
    assert idling.is_awake(100.0)


def test_asleep_a_picture_comes_within_a_fifth_of_a_second() -> None:
    for rate in range(10, 61):
        period = 1 / rate
        # What is passed over is waited for as well.
        longest = (math.ceil(LOOK_SECONDS / period) + 1) * period
        assert longest <= 0.2 + 1e-9


# -- Motion --------------------------------------------------------------------------


def scene(sigma: float = 4.0, height: int = 720, width: int = 1280) -> Image:
    picture = 110 + NOISE.normal(0, sigma, (height, width, 3))
    return picture.clip(0, 255).astype(np.uint8)


def test_noise_is_no_motion() -> None:
    motion = Motion()
    motion.change(scene(6.0))
    assert max(motion.change(scene(6.0)) for _ in range(5)) < MOVED_LEVELS


def test_a_pass_held_up_is_motion() -> None:
    motion = Motion()
    motion.change(scene())
    held = scene()
    held[300:400, 600:700] = 255
    assert motion.change(held) >= MOVED_LEVELS


def test_a_first_picture_and_one_of_another_size_have_changed() -> None:
    motion = Motion()
    assert motion.change(scene()) == 255.0
    assert motion.change(scene()[:360]) == 255.0
    assert motion.change(np.zeros((1, 1, 3), np.uint8)) == 255.0
    assert motion.change(np.zeros((1, 1, 3), np.uint8)) == 0.0


def test_what_is_kept_of_a_picture_is_spots_that_are_overwritten() -> None:
    motion = Motion()
    motion.change(scene())
    first = motion._spots
    assert first.shape == (720 // SPOT_PIXELS, 1280 // SPOT_PIXELS)
    motion.change(scene())
    assert not first.any()
    second = motion._spots
    assert second.any()
    motion.forget()
    assert not second.any()


# -- Attention -----------------------------------------------------------------------


def frame(image: Image, seconds: float) -> Frame:
    return Frame(image, START, seconds)


def small() -> Image:
    return scene(2.0, 96, 128)


def test_a_still_scene_slows_the_camera_down_and_a_hand_wakes_it() -> None:
    pace = Pace()
    attention = Attention(pace)
    looked = [attention.look(frame(small(), n / 10)) for n in range(60)]
    assert all(looked[:30])
    assert sum(looked[30:]) == 3
    assert pace.seconds == LOOK_SECONDS
    assert attention.look(frame(small() // 2, 6.0))
    assert pace.seconds == 0.0


def test_whoever_is_served_has_every_picture() -> None:
    pace = Pace()
    attention = Attention(pace)
    for number in range(60):
        attention.look(frame(small(), number / 10))
    spots = attention._motion._spots
    attention.rouse()
    assert pace.seconds == 0.0
    assert not spots.any()
    attention.rouse()
    assert attention.look(frame(small(), 7.0))


# -- The camera's pace ---------------------------------------------------------------


class Counted:
    """A feed of fifteen pictures a second, on its own clock; notes what is decoded."""

    def __init__(self, pictures: int) -> None:
        self.left = pictures
        self.at = 0.0
        self.decoded: list[float] = []
        self.done = threading.Event()

    def read(self) -> Image | None:
        if not self.skip():
            return None
        self.decoded.append(self.at)
        return np.zeros((4, 6, 3), np.uint8)

    def skip(self) -> bool:
        self.at += 1 / 15
        self.left -= 1
        return self.left >= 0

    def release(self) -> None:
        self.done.set()

    def now(self) -> datetime:
        return START

    def seconds(self) -> float:
        return self.at


@pytest.mark.parametrize(("pace", "share"), [(0.0, 1), (LOOK_SECONDS, 2)])
def test_what_is_not_wanted_is_not_decoded(pace: float, share: int) -> None:
    wanted, feed = Pace(), Counted(150)
    wanted.seconds = pace
    camera = Camera(feed, feed, pace=wanted)
    assert feed.done.wait(10)
    camera.close()
    assert len(feed.decoded) == 150 // share
    gaps = [after - before for before, after in itertools.pairwise(feed.decoded)]
    assert max(gaps) <= 0.2
