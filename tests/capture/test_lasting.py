"""Cameras that come back: a stream that is cut, silenced and taken up again."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from time import monotonic

import numpy as np
import pytest

from ostiary.capture import lasting
from ostiary.capture.devices import open_stream
from ostiary.capture.lasting import LastingCamera, is_dark
from ostiary.errors import CaptureError
from ostiary.reasons import Reason
from ostiary.terms import Frame, Image, Outage, Sight
from tests.capture.rtsp_server import RtspCamera

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOISE = np.random.default_rng(3)


class RealClock:
    def now(self) -> datetime:
        return START

    def seconds(self) -> float:
        return monotonic()


class QuickClock:
    """Half a second later each time it is asked."""

    def __init__(self) -> None:
        self._asked = 0

    def now(self) -> datetime:
        return START

    def seconds(self) -> float:
        self._asked += 1
        return self._asked / 2


def until(sights: Iterator[Sight], kind: type[Frame] | Reason) -> Sight:
    """The first of that kind; there is one before long."""
    for _, sight in zip(range(2000), sights, strict=False):
        if isinstance(kind, Reason):
            if isinstance(sight, Outage) and sight.reason is kind:
                return sight
        elif isinstance(sight, kind):
            return sight
    raise AssertionError("it did not come")


@pytest.fixture
def grey() -> Image:
    return np.full((48, 64, 3), 120, np.uint8)


@pytest.mark.enable_socket
def test_a_stream_that_is_cut_comes_back(grey: Image) -> None:
    with RtspCamera(grey) as server:
        camera = LastingCamera(lambda: open_stream(server.address), RealClock())
        sights = camera.frames()
        until(sights, Frame)

        server.cut()
        until(sights, Reason.CAMERA_FAULT)
        server.plug_in()
        until(sights, Frame)

        assert server.plays == 2
        camera.close()
        assert list(sights) == []


@pytest.mark.enable_socket
def test_a_stream_that_falls_silent_goes_on_without_being_opened_again(
    grey: Image,
) -> None:
    with RtspCamera(grey) as server:
        camera = LastingCamera(lambda: open_stream(server.address), RealClock())
        sights = camera.frames()
        until(sights, Frame)

        server.silent = True
        until(sights, Reason.CAMERA_FAULT)
        server.silent = False
        until(sights, Frame)

        assert server.plays == 1
        camera.close()


@pytest.mark.enable_socket
def test_a_stream_that_freezes_or_turns_black_is_noticed_and_serves_again(
    grey: Image,
) -> None:
    with RtspCamera(grey) as server:
        camera = LastingCamera(lambda: open_stream(server.address), RealClock())
        sights = camera.frames()
        until(sights, Frame)

        server.noise = 0
        server.picture = NOISE.integers(60, 200, grey.shape, np.uint8)
        until(sights, Reason.CAMERA_REPEATS)
        server.noise = 8
        until(sights, Frame)
        server.picture = np.zeros_like(grey)
        until(sights, Reason.CAMERA_BLANK)
        server.picture = grey
        until(sights, Frame)

        camera.close()


class Script:
    """A device that does what the test says: pictures, an end, or a read that hangs."""

    def __init__(self, *pictures: Image | None, hangs: bool = False) -> None:
        self.pictures = list(pictures)
        self.released = threading.Event()
        self.go_on = threading.Event()
        self._hangs = hangs

    def read(self) -> Image | None:
        if not self.pictures and self._hangs:
            self.go_on.wait(10)
        return self.pictures.pop(0) if self.pictures else None

    def skip(self) -> bool:
        return self.read() is not None

    def release(self) -> None:
        self.released.set()


def some_picture() -> Image:
    return NOISE.integers(60, 200, (16, 16, 3), np.uint8)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lasting, "_TICK_SECONDS", 0.005)


def opener(*scripts: Script | None) -> Callable[[], Script]:
    """Opens one after the other; None does not open, nor does what follows the last."""
    left = list(scripts)

    def open_next() -> Script:
        script = left.pop(0) if left else None
        if script is None:
            raise CaptureError("the camera does not open")
        return script

    return open_next


@pytest.mark.usefixtures("quick")
def test_a_camera_that_is_not_there_at_first_is_awaited() -> None:
    script = Script(some_picture(), hangs=True)
    camera = LastingCamera(opener(None, None, script), QuickClock())
    sights = camera.frames()
    until(sights, Reason.CAMERA_FAULT)
    until(sights, Frame)
    script.go_on.set()
    camera.close()


@pytest.mark.usefixtures("quick")
def test_it_is_opened_until_it_opens() -> None:
    first, second = Script(some_picture()), Script(some_picture(), hangs=True)
    camera = LastingCamera(opener(first, None, None, None, second), QuickClock())
    sights = camera.frames()
    until(sights, Frame)
    until(sights, Reason.CAMERA_FAULT)
    until(sights, Frame)
    assert first.released.is_set()
    second.go_on.set()
    camera.close()
    assert second.released.wait(10)


@pytest.mark.usefixtures("quick")
def test_a_device_that_hangs_is_not_opened_twice_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = Script(some_picture(), hangs=True), Script(some_picture())
    camera = LastingCamera(opener(first, second), QuickClock())
    monkeypatch.setattr(camera._camera, "_stall", 0.005)
    sights = camera.frames()
    until(sights, Frame)
    for _ in range(60):
        assert isinstance(next(sights), Outage)
    assert len(second.pictures) == 1
    first.go_on.set()
    until(sights, Frame)
    assert first.released.is_set()
    camera.close()


@pytest.mark.usefixtures("quick")
def test_pictures_of_an_outage_are_overwritten() -> None:
    same = [np.full((16, 16, 3), 90, np.uint8) for _ in range(40)]
    for each in same:
        each[0, 0] = 200
    given = list(same)
    script = Script(*same, hangs=True)
    camera = LastingCamera(opener(script), QuickClock())
    taken = 0
    for sight in camera.frames():
        if isinstance(sight, Outage):
            break
        taken += 1
    script.go_on.set()
    camera.close()
    assert sum(each.any() for each in given) <= taken + 1


def test_darkness_is_told_from_a_telephone_in_the_dark() -> None:
    dark = NOISE.integers(0, 30, (480, 640, 3), np.uint8)
    assert is_dark(dark)
    dark[200:260, 300:340] = 255
    assert not is_dark(dark)
