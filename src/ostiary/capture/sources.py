"""Where frames come from: a camera, a video file, a directory of photographs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from ostiary.capture.camera import Camera
from ostiary.capture.devices import (
    Pictures,
    open_device,
    open_stream,
    open_video,
)
from ostiary.capture.hardware import refuse_virtual
from ostiary.capture.lasting import LastingCamera
from ostiary.capture.pace import Pace
from ostiary.capture.photographs import SUFFIXES, load_photograph
from ostiary.capture.wanted import USUAL, Wanted
from ostiary.errors import CaptureError, UnfitSourceError
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
    live = _live(spec)
    if live is not None:
        return Camera(live.open(USUAL), clock)
    path = Path(spec)
    if spec and path.is_dir():
        return PhotographDirectory(path, clock)
    if path.is_file():
        return VideoFile(path, clock)
    raise UnfitSourceError(
        "the source is no camera number, device, rtsp address, directory or video file"
    )


def open_lasting_source(
    spec: str, clock: Clock, wanted: Wanted = USUAL, pace: Pace | None = None
) -> LiveSource:
    """As `open_source`, but a camera or a stream that fails or is not there is awaited.

    Args:
        spec: as `open_source`.
        clock: as `open_source`.
        wanted: what a camera of this machine is asked for.
        pace: which pictures are wanted; without one, all of them.

    Raises:
        UnfitSourceError: it can never be one: no device, no hardware, no address.
        CaptureError: as `open_source`, of a directory or a file.
    """
    live = _live(spec)
    if live is None:
        return open_source(spec, clock)
    live.check()
    return LastingCamera(partial(live.open, wanted), clock, pace)


class _Live(Protocol):
    """What a camera or a stream is named by."""

    def check(self) -> None:
        """Refuse a name that cannot be right, whether it is there or not.

        Raises:
            UnfitSourceError: it cannot.
        """
        ...

    def open(self, wanted: Wanted) -> Pictures:
        """Open it.

        Raises:
            CaptureError: it does not open.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Device:
    path: str

    def check(self) -> None:
        try:
            refuse_virtual(self.path)
        except UnfitSourceError:
            raise
        except CaptureError:
            pass  # It may be plugged in later, and is looked at again then.

    def open(self, wanted: Wanted) -> Pictures:
        return open_device(self.path, wanted)


@dataclass(frozen=True, slots=True)
class _Stream:
    address: str = field(repr=False)

    def check(self) -> None:
        try:
            parts = urlsplit(self.address)
            named = bool(parts.hostname) and parts.port != 0
        except ValueError:
            named = False
        if not named:
            raise UnfitSourceError("the rtsp address names no host, or an odd port")

    def open(self, wanted: Wanted) -> Pictures:
        del wanted  # What it sends is set in the camera itself.
        return open_stream(self.address)


def _live(spec: str) -> _Live | None:
    """The camera or the stream, where it is one."""
    if re.fullmatch(r"[0-9]{1,3}", spec):
        return _Device(f"/dev/video{spec}")
    if spec.startswith("/dev/") and not _lies_in_memory(spec):
        return _Device(spec)
    if spec.startswith(("rtsp://", "rtsps://")):
        return _Stream(spec)
    return None


def _lies_in_memory(spec: str) -> bool:
    """Whether it is a file or a folder, as below `/dev/shm`, and no device."""
    path = Path(spec)
    return path.is_file() or path.is_dir()


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
