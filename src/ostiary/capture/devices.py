"""OpenCV's way to cameras, streams and video files, behind one small class."""

import os
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from ostiary.capture.hardware import refuse_virtual
from ostiary.capture.wanted import USUAL, Wanted
from ostiary.errors import CaptureError
from ostiary.terms import Image

STALL_SECONDS: Final = 1.5
"""How long a camera may give nothing before that is a fault, in seconds: a fault is
known within two."""

FIRST_SECONDS: Final = 10.0
"""How long it may take to its first picture: slow webcams set their light first."""

_READ_SECONDS: Final = 5.0
"""How long one read of a stream waits. Some have a whole picture every few seconds
alone, and the first read has to wait for one."""

_BUFFERED: Final = 1
"""Pictures that a driver may keep waiting: the latest one counts."""

_JPEG: Final = cv2.VideoWriter.fourcc(*"MJPG")
"""What a camera is asked to send: USB 2 carries ten raw pictures of 1280 x 720."""

_STREAM_SETTINGS: Final = (
    cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
    5000,
    cv2.CAP_PROP_READ_TIMEOUT_MSEC,
    round(_READ_SECONDS * 1000),
)


class Pictures:
    """The pictures of one opened device, stream or file.

    Args:
        capture: belongs to this object from here on.
    """

    def __init__(self, capture: cv2.VideoCapture) -> None:
        self._capture = capture

    @property
    def rate(self) -> float:
        """Pictures a second as the file claims; 0 or nonsense where it does not."""
        return self._capture.get(cv2.CAP_PROP_FPS)

    def read(self) -> Image | None:
        """The next picture, in an array of its own; None where there is none."""
        try:
            read, image = self._capture.read()
        except cv2.error:
            return None
        return np.asarray(image, np.uint8) if read else None

    def skip(self) -> bool:
        """Take the next picture from the device and leave it as it is.

        A camera's JPEG stays undecoded; a stream or file is decoded all the same, since
        later pictures need it, but not converted.
        """
        try:
            return bool(self._capture.grab())
        except cv2.error:
            return False

    def release(self) -> None:
        """Let go of it; harmless when done twice."""
        self._capture.release()


def open_device(device: str, wanted: Wanted = USUAL) -> Pictures:
    """A camera of this machine, by V4L2.

    Args:
        device: its file, such as "/dev/video0".
        wanted: what it is asked for.

    Raises:
        CaptureError: it does not open, or no hardware stands behind it.
    """
    refuse_virtual(device)
    capture = _open(device, cv2.CAP_V4L2, "the camera does not open")
    for setting, value in (
        (cv2.CAP_PROP_FOURCC, _JPEG),
        (cv2.CAP_PROP_FRAME_WIDTH, wanted.width),
        (cv2.CAP_PROP_FRAME_HEIGHT, wanted.height),
        (cv2.CAP_PROP_FPS, wanted.rate),
        (cv2.CAP_PROP_BUFFERSIZE, _BUFFERED),
    ):
        capture.set(setting, value)
    return Pictures(capture)


def open_stream(address: str) -> Pictures:
    """A camera of the network, "rtsp://...", by FFmpeg.

    Raises:
        CaptureError: it does not answer. The address is left out of the message, since
            it may carry a password.
    """
    problem = "the stream does not open"
    return Pictures(_open(address, cv2.CAP_FFMPEG, problem, _STREAM_SETTINGS))


def open_video(path: str) -> Pictures:
    """A video file, by FFmpeg.

    Raises:
        CaptureError: it is none.
    """
    return Pictures(_open(path, cv2.CAP_FFMPEG, "the video does not open"))


def _open(
    name: str, backend: int, problem: str, settings: Sequence[int] = ()
) -> cv2.VideoCapture:
    _silence_libraries()
    capture = cv2.VideoCapture(name, backend, settings)
    if not capture.isOpened():
        raise CaptureError(problem)
    return capture


def _silence_libraries() -> None:
    """Faults are told by `CaptureError`; the libraries would tell addresses as well."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    # Read by OpenCV when it first meets FFmpeg; -8 is FFmpeg's "quiet".
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
