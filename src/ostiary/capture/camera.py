"""A live camera: a thread reads, and the latest frame wins.

A gate that is busy for a moment must not fall behind what happens in front of it, so
nothing queues. A frame that nobody took is overwritten when the next one comes, since
nobody else will do it.
"""

import math
import threading
from collections.abc import Iterator
from typing import Protocol

from ostiary.capture.devices import FIRST_SECONDS, STALL_SECONDS
from ostiary.capture.pace import Pace
from ostiary.errors import CaptureError
from ostiary.ports import Clock
from ostiary.terms import Frame, Image


class Feed(Protocol):
    """Where a camera's pictures come from; `devices.Pictures` is one."""

    def read(self) -> Image | None:
        """The next picture, in an array of its own; None when there are no more."""
        ...

    def skip(self) -> bool:
        """Pass over the next picture, cheaply; False: there are no more."""
        ...

    def release(self) -> None:
        """Let go of the device."""
        ...


class Camera:
    """Frames of a camera or a network stream, as they come.

    Args:
        feed: an opened device; belongs to the camera from here on.
        clock: stamps each frame when it arrives.
        stall: seconds without a picture that count as a fault.
        first: the same, before the first picture.
        pace: which pictures are wanted; without one, all of them.
    """

    def __init__(
        self,
        feed: Feed,
        clock: Clock,
        stall: float = STALL_SECONDS,
        first: float = FIRST_SECONDS,
        pace: Pace | None = None,
    ) -> None:
        self._feed = feed
        self._pace = pace or Pace()
        self._offered = -math.inf
        self._clock = clock
        self._stall = stall
        self._first = first
        self._latest: Frame | None = None
        self._ended = False
        self._closed = False
        self._changed = threading.Condition()
        self._reader = threading.Thread(
            target=self._read_and_release, name="camera", daemon=True
        )
        self._reader.start()

    def frames(self) -> Iterator[Frame]:
        """Each time the newest frame not yet given, until the camera is closed.

        Raises:
            CaptureError: reading failed, or nothing came for the time of a stall.
        """
        patience = self._first
        while (frame := self.take(patience)) is not None:
            yield frame
            patience = self._stall
        if not self._closed:
            raise CaptureError(f"the camera gave no picture for {patience:g} seconds")

    def take(self, patience: float) -> Frame | None:
        """The newest frame not yet given; None: nothing came, or it is closed.

        Args:
            patience: how long to wait for one, in seconds.

        Raises:
            CaptureError: there will be no more.
        """
        with self._changed:
            self._changed.wait_for(self._has_news, patience)
            frame, self._latest = self._latest, None
            if frame is None and self._ended and not self._closed:
                raise CaptureError("the camera stopped giving pictures")
            return frame

    @property
    def is_reading(self) -> bool:
        """Whether the device is still held, which a read that hangs can do for long."""
        return self._reader.is_alive()

    def close(self) -> None:
        """Stop, release the device, overwrite what nobody took.

        A device stuck in a read is released by its own thread once that read returns.
        """
        with self._changed:
            self._closed = True
            self._put(None)
        self._reader.join(self._stall)

    def _has_news(self) -> bool:
        return self._latest is not None or self._ended or self._closed

    def _read_and_release(self) -> None:
        try:
            while self._take_next():
                pass
        finally:
            self._feed.release()
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _take_next(self) -> bool:
        """Offer the next picture if it is wanted; False: there will be no more."""
        pace = self._pace.seconds
        # Written so that a clock that runs back skips nothing.
        if pace > 0 and 0 <= self._clock.seconds() - self._offered < pace:
            return self._feed.skip() and not self._closed
        image = self._feed.read()
        return image is not None and self._offer(image)

    def _offer(self, image: Image) -> bool:
        """Make this the latest frame; False once the camera is closed."""
        frame = Frame(image, self._clock.now(), self._clock.seconds())
        self._offered = frame.seconds
        with self._changed:
            self._put(frame)
            if self._closed:
                self._put(None)
            return not self._closed

    def _put(self, frame: Frame | None) -> None:
        """Replace the latest frame, overwriting it; the lock is held."""
        if self._latest is not None:
            self._latest.image.fill(0)
        self._latest = frame
        self._changed.notify_all()
