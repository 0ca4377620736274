"""What the gate makes of single frames: a probe and its score, or why there is none."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

import cv2
import numpy as np

from ostiary.capture.photographs import load_photograph
from ostiary.capture.sources import VideoFile
from ostiary.erasure import overwrite
from ostiary.errors import CaptureError
from ostiary.evaluation.pad.data import Recording
from ostiary.evaluation.pad.views import Shown
from ostiary.ports import AttackDetector
from ostiary.reasons import Reason
from ostiary.terms import Face, Features, Image, Probe
from ostiary.vision.chain import FaceChain

Progress: TypeAlias = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is."""

STEP: Final = "recordings"


@dataclass(frozen=True, slots=True)
class Light:
    """What a camera and a room do to a face, whoever or whatever it is.

    A detector that has learned these has learned the camera.

    Attributes:
        brightness: mean grey level within the face's box, 0 to 255.
        contrast: standard deviation of the grey levels there.
        sharpness: variance of their Laplacian, decadic logarithm.
    """

    brightness: float
    contrast: float
    sharpness: float


@dataclass(frozen=True, slots=True)
class Look:
    """What one frame yielded.

    Attributes:
        reason: why there is no probe; None: there is one.
        seconds: time of the frame since the first of its recording; 0 for pictures.
        milliseconds: time that computing took, of one core.
        score: of the attack detector, 0 to 1; None where nothing was assessed.
        light: of the face; None without a probe.
        features: what is compared; None without a probe. Overwritten by their owner.
    """

    reason: Reason | None
    seconds: float
    milliseconds: float
    score: float | None = field(repr=False)
    light: Light | None = field(repr=False)
    features: Features | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Watched:
    """A recording, and what each of its frames yielded.

    Attributes:
        recording: which.
        looks: in the order of its frames.
        unreadable: names of files that could not be read, with why.
    """

    recording: Recording
    looks: tuple[Look, ...]
    unreadable: tuple[tuple[str, str], ...]


class Watcher:
    """An attack detector that notes which face it was asked about."""

    def __init__(self, attacks: AttackDetector) -> None:
        self.identity: Final = attacks.identity
        self.face: Face | None = None
        self._attacks = attacks

    def assess(self, image: Image, face: Face) -> float | None:
        """As the detector does."""
        self.face = face
        return self._attacks.assess(image, face)

    def forget(self) -> None:
        """Overwrite what the detector holds."""
        self._attacks.forget()


class NoStopwatch:
    """Times nothing."""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time nothing."""
        del name
        yield


class FileClock:
    """Counts from the first frame of a file."""

    def now(self) -> datetime:
        """A fixed moment."""
        return datetime(2000, 1, 1, tzinfo=UTC)

    def seconds(self) -> float:
        """Zero."""
        return 0.0


def watch(
    recordings: Sequence[Recording],
    chain: FaceChain,
    attacks: AttackDetector,
    show: Shown,
    progress: Progress,
) -> list[Watched]:
    """What the gate would make of every frame.

    Args:
        recordings: which.
        chain: from a picture to a probe.
        attacks: scores each face.
        show: from a picture to the standing zone.
        progress: is told how far it has come.

    Raises:
        ModelError: a runtime fails.
    """
    found = []
    try:
        for number, recording in enumerate(recordings):
            progress(STEP, number, len(recordings))
            found.append(_watch(recording, chain, attacks, show))
    finally:
        chain.forget()
        attacks.forget()
    progress(STEP, len(recordings), len(recordings))
    return found


def _watch(
    recording: Recording, chain: FaceChain, attacks: AttackDetector, show: Shown
) -> Watched:
    looks: list[Look] = []
    unreadable: list[tuple[str, str]] = []
    for file in recording.files:
        try:
            for image, seconds in frames_of(file, moving=recording.moving):
                looks.append(look(image, seconds, chain, attacks, show))
                overwrite(image)
        except CaptureError as error:
            name = f"{recording.species}/{recording.subject}/{file.name}"
            unreadable.append((name, str(error)))
    return Watched(recording, tuple(looks), tuple(unreadable))


def frames_of(file: Path, *, moving: bool) -> Iterator[tuple[Image, float]]:
    """The frames of a video with their seconds, or the one of a picture.

    Raises:
        CaptureError: it cannot be read.
    """
    if not moving:
        yield load_photograph(file), 0.0
        return
    video = VideoFile(file, FileClock())
    try:
        for frame in video.frames():
            yield frame.image, frame.seconds
    finally:
        video.close()


def look(
    image: Image,
    seconds: float,
    chain: FaceChain,
    attacks: AttackDetector,
    show: Shown,
) -> Look:
    """What one picture yields.

    Args:
        image: height x width x 3, uint8, BGR; the caller overwrites it.
        seconds: its time in its recording.
        chain: from a picture to a probe.
        attacks: scores the face.
        show: from the picture to the standing zone.

    Raises:
        ModelError: a runtime fails.
    """
    watcher = Watcher(attacks)
    zone = show(image)
    began = time.process_time()
    seen = chain.observe(zone, watcher, NoStopwatch())
    milliseconds = 1000 * (time.process_time() - began)
    if not isinstance(seen, Probe):
        return Look(seen.reason, seconds, milliseconds, None, None, None)
    light = light_of(zone, watcher.face) if watcher.face else None
    known = seen.bona_fide_score, light, seen.features
    return Look(None, seconds, milliseconds, *known)


def light_of(image: Image, face: Face) -> Light:
    """Brightness, contrast and sharpness of a face.

    Args:
        image: height x width x 3, uint8, BGR.
        face: as found in it.
    """
    left, top, width, height = face.box
    rows = slice(max(0, int(top)), max(1, int(top + height)))
    columns = slice(max(0, int(left)), max(1, int(left + width)))
    grey = cv2.cvtColor(image[rows, columns], cv2.COLOR_BGR2GRAY)
    edges = float(cv2.Laplacian(grey, cv2.CV_64F).var())
    return Light(float(grey.mean()), float(grey.std()), float(np.log10(edges + 1)))
