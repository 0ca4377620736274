"""Where frames come from: a camera, a video file, a directory of photographs."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from ostiary.capture.camera import Camera
from ostiary.capture.devices import Pictures, open_device, open_stream, open_video
from ostiary.capture.lasting import LastingCamera
from ostiary.capture.photographs import SUFFIXES, load_photograph
from ostiary.errors import CaptureError
from ostiary.ports import Clock, FrameSource, LiveSource
from ostiary.terms import Frame, Image

SECONDS_PER_PHOTOGRAPH: Final = 0.5
"""Time between two photographs of a directory, as their stamps have it."""

FRAME_RATES: Final = (1.0, 240.0)
"""Frames a second that a video file may claim."""


def open_source(spec: str, clock: Clock) -> FrameSource:
    """Open what a setting or an option names.

    Args:
        spec: a camera's number ("0") or device ("/dev/video0"); a stream
            ("rtsp://..."); a directory of photographs; or a video file.
        clock: stamps frames of cameras; gives files the time of their first frame.

    Raises:
        CaptureError: it is none of these, or does not open. The message leaves `spec`
            out, since an address may carry a password.
    """
    opening = _live(spec)
    if opening is not None:
        return Camera(opening(), clock)
    path = Path(spec)
    if spec and path.is_dir():
        return PhotographDirectory(path, clock)
    if path.is_file():
        return VideoFile(path, clock)
    raise CaptureError(
        "the source is no camera number, device, rtsp address, directory or video file"
    )


def open_lasting_source(spec: str, clock: Clock) -> LiveSource:
    """As `open_source`, but a camera or a stream that fails comes back.

    Raises:
        CaptureError: as `open_source`.
    """
    opening = _live(spec)
    return (
        open_source(spec, clock) if opening is None else LastingCamera(opening, clock)
    )


def _live(spec: str) -> Callable[[], Pictures] | None:
    """How to open it, where it is a camera or a stream."""
    if re.fullmatch(r"[0-9]{1,3}", spec):
        return partial(open_device, f"/dev/video{spec}")
    if spec.startswith("/dev/"):
        return partial(open_device, spec)
    if spec.startswith(("rtsp://", "rtsps://")):
        return partial(open_stream, spec)
    return None


class VideoFile:
    """A video, as fast as it is taken; the stamps follow the file's own frame rate.

    A video cut short ends where its last whole frame does.

    Args:
        path: any file that FFmpeg reads.
        clock: the first frame is stamped with the time at which `frames` begins.

    Raises:
        CaptureError: it is no video, or does not tell its frame rate.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._pictures = open_video(str(path))
        self._clock = clock
        self._rate = self._pictures.rate
        lowest, highest = FRAME_RATES
        if not lowest <= self._rate <= highest:
            self._pictures.release()
            raise CaptureError("the video does not tell a usable frame rate")

    def frames(self) -> Iterator[Frame]:
        """The frames in order; once only.

        Raises:
            CaptureError: there is no frame left in it.
        """
        at, seconds = self._clock.now(), self._clock.seconds()
        number = 0
        while (image := self._pictures.read()) is not None:
            later = number / self._rate
            yield Frame(image, at + timedelta(seconds=later), seconds + later)
            number += 1
        if number == 0:
            raise CaptureError("the video holds no picture")

    def close(self) -> None:
        """Let go of the file."""
        self._pictures.release()


class PhotographDirectory:
    """Photographs in order of their names, each as one frame.

    Args:
        path: a directory; files that do not end in one of `SUFFIXES` are left aside.
        clock: the first frame is stamped with the time at which `frames` begins, each
            other `SECONDS_PER_PHOTOGRAPH` after the one before.

    Raises:
        CaptureError: it cannot be read, or holds no photograph.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        try:
            files = sorted(path.iterdir())
        except OSError as error:
            raise CaptureError("the directory cannot be read") from error
        self._files = [file for file in files if file.suffix.lower() in SUFFIXES]
        if not self._files:
            raise CaptureError("the directory holds no photograph")
        self._clock = clock
        self._closed = False

    def frames(self) -> Iterator[Frame]:
        """One frame a photograph.

        Raises:
            CaptureError: one cannot be loaded; the message gives its place in order.
        """
        at, seconds = self._clock.now(), self._clock.seconds()
        for number, file in enumerate(self._files):
            if self._closed:
                return
            later = number * SECONDS_PER_PHOTOGRAPH
            image = _load_numbered(number + 1, file)
            yield Frame(image, at + timedelta(seconds=later), seconds + later)

    def close(self) -> None:
        """Stop after the photograph being shown."""
        self._closed = True


def _load_numbered(number: int, file: Path) -> Image:
    try:
        return load_photograph(file)
    except CaptureError as error:
        raise CaptureError(f"photograph {number} of the directory: {error}") from error
