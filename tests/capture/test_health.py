"""When a camera is taken to fail, when to serve again, and when it is opened again."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.capture.devices import FIRST_SECONDS
from ostiary.capture.health import (
    PAUSES,
    STEADY_SECONDS,
    Glance,
    Health,
    News,
    Silence,
    advance,
)
from ostiary.reasons import Reason

BLACK = Glance(None, blank=True)
TICK = 0.25


def picture(number: int) -> Glance:
    return Glance(number.to_bytes(8), blank=False)


def healthy(seconds: float = 0.0) -> Health:
    return advance(Health.new(seconds), picture(1), seconds)


def noticed(health: Health, news: News, since: float) -> tuple[Reason, float]:
    """What is said of a camera that shows the same from now on, and after how long."""
    seconds = since
    while health.fault is None:
        seconds += TICK
        assert seconds < since + 100
        health = advance(health, news, seconds)
    return health.fault, seconds - since


@pytest.mark.parametrize(
    ("news", "reason"),
    [
        (Silence.WAITING, Reason.CAMERA_FAULT),
        (Silence.ENDED, Reason.CAMERA_FAULT),
        (BLACK, Reason.CAMERA_BLANK),
        (Glance(b"dim noise", blank=True), Reason.CAMERA_BLANK),
        (picture(1), Reason.CAMERA_REPEATS),
    ],
)
def test_every_fault_is_noticed_within_two_seconds(news: News, reason: Reason) -> None:
    said, after = noticed(healthy(), news, 0.0)
    assert said is reason
    assert after <= 2.0


def test_a_first_picture_has_its_own_allowance() -> None:
    said, after = noticed(Health.new(0.0), Silence.WAITING, 0.0)
    assert said is Reason.CAMERA_FAULT
    assert after == FIRST_SECONDS


def test_a_hand_that_passes_before_the_lens_is_no_fault() -> None:
    health = healthy()
    for seconds, news in ((0.5, BLACK), (1.5, BLACK), (1.75, picture(2))):
        health = advance(health, news, seconds)
    health = advance(health, BLACK, 2.0)
    assert advance(health, BLACK, 3.25).fault is None


@pytest.mark.parametrize("news", [Silence.WAITING, Silence.ENDED, BLACK, picture(1)])
def test_only_a_picture_that_shows_something_new_ends_it(news: News) -> None:
    health = healthy()
    for tick in range(1, 9):
        health = advance(health, news, tick * TICK)
    assert health.fault is not None
    for stale in (Silence.WAITING, Silence.ENDED, BLACK):
        assert advance(health, stale, 2.25).fault is health.fault
    well = advance(health, picture(2), 2.25)
    assert well.fault is None
    assert well.due is None


def test_a_frozen_camera_that_is_opened_again_and_is_still_frozen_still_fails() -> None:
    health = advance(healthy(), picture(1), 1.5)
    assert health.fault is Reason.CAMERA_REPEATS
    again = advance(health.opened_again(3.0), picture(1), 3.5)
    assert again.fault is Reason.CAMERA_REPEATS
    assert again.due is not None


def openings(health: Health, news: News, until: float) -> list[float]:
    """When a camera that goes on like this is opened again."""
    moments = []
    seconds = 0.0
    while seconds < until:
        seconds += TICK
        health = advance(health, news, seconds)
        if health.is_due(seconds):
            moments.append(seconds)
            health = health.opened_again(seconds)
    return moments


@pytest.mark.parametrize("news", [Silence.WAITING, Silence.ENDED, BLACK, picture(1)])
def test_pauses_grow_and_it_never_gives_up(news: News) -> None:
    moments = openings(healthy(), news, 600.0)
    waits = [later - earlier for earlier, later in pairwise(moments)]
    assert waits == sorted(waits)
    assert PAUSES[-1] <= waits[-1] <= PAUSES[-1] + FIRST_SECONDS + TICK
    assert len(moments) > 600 / (waits[-1] + TICK)


def test_a_camera_that_flaps_is_opened_ever_more_seldom() -> None:
    health, seconds, last = healthy(), 0.0, 0.0
    waits = []
    for number in range(2, 12):
        while not health.is_due(seconds):
            seconds += TICK
            health = advance(health, Silence.ENDED, seconds)
        waits.append(seconds - last)
        last = seconds
        health = advance(health.opened_again(seconds), picture(number), seconds)
        assert health.fault is None
    assert waits == sorted(waits)
    assert waits[-1] >= PAUSES[-1]


def test_after_a_steady_minute_the_pauses_begin_anew() -> None:
    health = advance(healthy().opened_again(1.0).opened_again(2.0), picture(2), 3.0)
    assert health.openings == 2
    later = 3.0 + STEADY_SECONDS
    for number in range(int(2 * later)):
        health = advance(health, picture(number), 3.0 + number / 2)
    assert health.openings == 0


NEWS = st.sampled_from([*Silence, BLACK, *(picture(number) for number in range(3))])


@given(st.lists(st.tuples(NEWS, st.floats(0.0, 20.0)), max_size=60))
def test_whatever_comes_it_serves_or_will_be_opened_again(
    moments: list[tuple[News, float]],
) -> None:
    health, seconds = Health.new(0.0), 0.0
    for news, later in moments:
        seconds += later
        health = advance(health, news, seconds)
        assert health.due is None or health.fault is not None
        assert health.due is None or health.due <= seconds + PAUSES[-1]
        if health.is_due(seconds):
            health = health.opened_again(seconds)
    if health.fault is not None:
        given_up = seconds + FIRST_SECONDS + TICK
        health = advance(health, Silence.WAITING, given_up)
        assert health.is_due(given_up + PAUSES[-1])
