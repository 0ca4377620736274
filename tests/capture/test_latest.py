"""Whoever is slow sees what is there now, and nothing queues: a live stream."""

from datetime import UTC, datetime
from time import monotonic, sleep

import numpy as np
import pytest

from ostiary.capture.camera import Camera
from ostiary.capture.devices import open_stream
from tests.capture.rtsp_server import RtspCamera

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
BEHIND = 40
"""Pictures that go by while somebody is busy: two seconds of the stream."""


class RealClock:
    def now(self) -> datetime:
        return START

    def seconds(self) -> float:
        return monotonic()


def send(server: RtspCamera, level: int, pictures: int) -> None:
    """Let it show a level for that many pictures."""
    server.picture = np.full((48, 64, 3), level, np.uint8)
    until = server.sent + pictures
    for _ in range(2000):
        if server.sent >= until:
            return
        sleep(0.01)
    raise AssertionError("the stream stands still")


def level(camera: Camera) -> float:
    frame = camera.take(10)
    assert frame is not None
    return float(frame.image.mean())


@pytest.mark.enable_socket
def test_a_slow_consumer_is_never_behind() -> None:
    with RtspCamera(np.full((48, 64, 3), 40, np.uint8)) as server:
        camera = Camera(open_stream(server.address), RealClock())
        before = level(camera)
        send(server, 120, BEHIND)
        send(server, 200, BEHIND)
        # Had anything queued, eighty darker pictures would come first.
        assert level(camera) > before + 100
        camera.close()
