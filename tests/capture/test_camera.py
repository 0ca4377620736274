import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ostiary.capture.camera import Camera
from ostiary.errors import CaptureError
from ostiary.terms import Frame, Image

START = datetime(2026, 11, 21, 12, tzinfo=UTC)


class SteppingClock:
    """A second later each time it is asked for seconds."""

    def __init__(self) -> None:
        self._asked = 0

    def now(self) -> datetime:
        return START + timedelta(seconds=self._asked)

    def seconds(self) -> float:
        self._asked += 1
        return float(self._asked)


class ScriptedFeed:
    """A camera under the test's hand: gives a picture when it is told to.

    `read` waits, as a real one does, until `show` or `unplug` is called.
    """

    def __init__(self) -> None:
        self.released = 0
        self.given: list[Image] = []
        self._turn = threading.Condition()
        self._waiting: list[Image | None] = []
        self._reads = 0

    def read(self) -> Image | None:
        with self._turn:
            self._reads += 1
            self._turn.notify_all()
            self._turn.wait_for(lambda: self._waiting)
            return self._waiting.pop(0)

    def skip(self) -> bool:
        return self.read() is not None

    def release(self) -> None:
        self.released += 1

    def show(self, value: int) -> None:
        """Give a picture of that value and wait until it has been taken in."""
        image = np.full((4, 6, 3), value, np.uint8)
        self.given.append(image)
        self._give(image)

    def unplug(self) -> None:
        with self._turn:
            self._waiting.append(None)
            self._turn.notify_all()

    def _give(self, image: Image) -> None:
        with self._turn:
            before = self._reads
            self._waiting.append(image)
            self._turn.notify_all()
            # The reader asks for the next one only once this one is the latest.
            assert self._turn.wait_for(lambda: self._reads > max(before, 1), 5)


@pytest.fixture
def feed() -> Iterator[ScriptedFeed]:
    scripted = ScriptedFeed()
    yield scripted
    scripted.unplug()  # Lets the reading thread end.


def value(frame: Frame) -> int:
    assert (frame.image == frame.image[0, 0, 0]).all()
    return int(frame.image[0, 0, 0])


def test_the_latest_frame_wins_and_the_dropped_ones_are_overwritten(
    feed: ScriptedFeed,
) -> None:
    camera = Camera(feed, SteppingClock())
    for number in (1, 2, 3):
        feed.show(number)

    frames = camera.frames()

    assert value(next(frames)) == 3
    assert [image.any() for image in feed.given] == [False, False, True]
    feed.show(4)
    assert value(next(frames)) == 4


def test_a_frame_is_stamped_when_it_arrives(feed: ScriptedFeed) -> None:
    camera = Camera(feed, SteppingClock())
    feed.show(1)
    feed.show(2)

    frame = next(camera.frames())

    assert (frame.at, frame.seconds) == (START + timedelta(seconds=1), 2.0)


def test_no_frame_is_given_twice_and_a_stall_is_a_fault(feed: ScriptedFeed) -> None:
    camera = Camera(feed, SteppingClock(), stall=0.05)
    feed.show(1)
    frames = camera.frames()
    next(frames)

    with pytest.raises(CaptureError, match=r"no picture for 0\.05 seconds"):
        next(frames)


def test_a_first_picture_may_take_longer_than_those_that_follow(
    feed: ScriptedFeed,
) -> None:
    camera = Camera(feed, SteppingClock(), stall=60, first=0.05)

    with pytest.raises(CaptureError, match=r"no picture for 0\.05 seconds"):
        next(camera.frames())


def test_a_camera_that_goes_away_is_a_fault_at_once(feed: ScriptedFeed) -> None:
    camera = Camera(feed, SteppingClock(), stall=60)
    feed.unplug()

    with pytest.raises(CaptureError, match="stopped"):
        next(camera.frames())

    camera.close()
    assert feed.released == 1


def test_the_last_frame_before_a_fault_is_still_given(feed: ScriptedFeed) -> None:
    camera = Camera(feed, SteppingClock(), stall=60)
    feed.show(7)
    feed.unplug()
    frames = camera.frames()

    assert value(next(frames)) == 7
    with pytest.raises(CaptureError):
        next(frames)


def test_closing_overwrites_what_nobody_took_and_ends_the_frames(
    feed: ScriptedFeed,
) -> None:
    camera = Camera(feed, SteppingClock(), stall=0.05)
    feed.show(1)

    camera.close()
    camera.close()

    assert not feed.given[0].any()
    assert list(camera.frames()) == []


def test_a_frame_that_arrives_after_closing_is_overwritten_and_the_device_released(
    feed: ScriptedFeed,
) -> None:
    camera = Camera(feed, SteppingClock(), stall=0.05)
    camera.close()
    late = np.full((2, 2, 3), 9, np.uint8)
    with feed._turn:
        feed._waiting.append(late)
        feed._turn.notify_all()

    camera.close()

    assert not late.any()
    assert feed.released == 1
    assert list(camera.frames()) == []


def test_closing_wakes_whoever_waits_for_a_frame(feed: ScriptedFeed) -> None:
    camera = Camera(feed, SteppingClock(), stall=60)
    seen: list[Frame] = []
    waiting = threading.Thread(target=lambda: seen.extend(camera.frames()))
    waiting.start()
    time.sleep(0.02)  # Nothing depends on it; it makes the wait likely.

    feed.unplug()
    camera.close()
    waiting.join(10)

    assert not waiting.is_alive()
    assert seen == []


class BrokenFeed:
    """A driver that raises what no driver should."""

    def __init__(self) -> None:
        self.released = 0

    def read(self) -> Image | None:
        raise RuntimeError("a driver's own")

    def skip(self) -> bool:
        raise RuntimeError("a driver's own")

    def release(self) -> None:
        self.released += 1


def test_whatever_a_driver_raises_the_gate_sees_a_capture_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raised: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    feed = BrokenFeed()
    camera = Camera(feed, SteppingClock(), stall=60)

    with pytest.raises(CaptureError):
        next(camera.frames())

    camera.close()
    assert feed.released == 1
    assert [args.exc_type for args in raised] == [RuntimeError]
