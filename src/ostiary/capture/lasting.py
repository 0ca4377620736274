"""A camera that comes back: watched, and opened again until it serves.

It never ends by itself. What is wrong and when to open it again is decided in
`capture.health`; here are the device, its thread and the clock.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from ostiary.capture.camera import Camera, Feed
from ostiary.capture.digests import STEP, Digests
from ostiary.capture.health import Glance, Health, News, Silence, advance
from ostiary.capture.pace import Pace
from ostiary.erasure import overwrite
from ostiary.errors import CaptureError
from ostiary.ports import Clock
from ostiary.reasons import Reason
from ostiary.terms import Frame, Image, Outage, Sight

_TICK_SECONDS: Final = 0.25
"""How long a moment without a picture is."""

_DARKEST: Final = 32
"""Highest value of a colour that is taken for black: video's own black is 16 (ITU-R
BT.709), and the noise of a sensor in the dark is about as much again."""

_SOME: Final = 0.001
"""Share of a picture's values that has to be lighter: a telephone that is held up in
the dark is, a stuck pixel is not."""


class LastingCamera:
    """Frames of a camera or a network stream, and outages while there are none.

    Args:
        open_feed: opens the device, in a thread; called again whenever it failed.
        clock: stamps frames and outages.
        pace: which pictures are wanted; without one, all of them.
    """

    def __init__(
        self, open_feed: Callable[[], Feed], clock: Clock, pace: Pace | None = None
    ) -> None:
        self._open_feed = open_feed
        self._clock = clock
        self._pace = pace
        self._camera = self._open()
        self._digests = Digests()
        self._health = Health.new(clock.seconds())
        self._closed = threading.Event()

    def frames(self) -> Iterator[Sight]:
        """The newest frame each time, or that there is none, until it is closed."""
        while not self._closed.is_set():
            frame, news = self._look()
            seconds = self._clock.seconds() if frame is None else frame.seconds
            self._health = advance(self._health, news, seconds)
            if self._health.fault is not None:
                yield self._outage(self._health.fault, frame)
            elif frame is not None:
                yield frame

    def close(self) -> None:
        """Stop, release the device, overwrite what nobody took."""
        self._closed.set()
        self._camera.close()

    def _look(self) -> tuple[Frame | None, News]:
        try:
            frame = self._camera.take(_TICK_SECONDS)
        except CaptureError:
            self._closed.wait(_TICK_SECONDS)
            return None, Silence.ENDED
        if frame is None:
            return None, Silence.WAITING
        digest = self._digests.of(frame.image)
        return frame, Glance(digest, blank=digest is None or is_dark(frame.image))

    def _outage(self, reason: Reason, frame: Frame | None) -> Outage:
        if frame is not None:
            overwrite(frame.image)
        seconds = self._clock.seconds()
        if self._health.is_due(seconds):
            self._open_again(seconds)
        return Outage(reason, self._clock.now(), seconds)

    def _open_again(self, seconds: float) -> None:
        self._camera.close()
        # A driver that hangs in a read still holds the device; two never do.
        if not self._camera.is_reading:
            self._camera = self._open()
            self._health = self._health.opened_again(seconds)

    def _open(self) -> Camera:
        return Camera(_OpenedLate(self._open_feed), self._clock, pace=self._pace)


class _OpenedLate:
    """A device that is opened by whoever first reads from it, since that takes time."""

    def __init__(self, open_feed: Callable[[], Feed]) -> None:
        self._open_feed = open_feed
        self._feed: Feed | None = None

    def read(self) -> Image | None:
        """The next picture; None where there is none, or it does not open."""
        try:
            if self._feed is None:
                self._feed = self._open_feed()
        except CaptureError:
            return None
        return self._feed.read()

    def skip(self) -> bool:
        """Pass over the next picture."""
        return self._feed is not None and self._feed.skip()

    def release(self) -> None:
        """Let go of it, if it was opened."""
        if self._feed is not None:
            self._feed.release()


def is_dark(image: Image) -> bool:
    """Whether there is next to nothing in a picture that is not black.

    Args:
        image: height x width x 3, uint8, BGR.
    """
    return bool(np.mean(image[::STEP, ::STEP] > _DARKEST) < _SOME)
