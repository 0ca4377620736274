"""What a gate's processor does while nobody is there, and how soon it is awake.

    .venv/bin/python -m benchmarks.idle [--seconds 30]

A gate's own loop and camera thread, over 15 pictures a second of 1280 x 720 of an empty
room with a sensor's noise, from two kinds of source: JPEG as a USB camera sends it
(OpenCV's decoder, the very one that it uses for V4L2), and a compressed file as FFmpeg
decodes a stream. Printed: processor time of the whole process a second, in per cent of
one core, idle and with every picture read as it was before; then how long it takes
until every picture is taken again once something moves, which is counted in pictures.

What it does not show: V4L2's own copying, the network, H.264 (the wheels carry no
encoder to make one), other machines, a room in which something always moves.
"""

import argparse
import platform
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol, TypeAlias

import cv2
import numpy as np

from ostiary.capture.attention import Attention
from ostiary.capture.camera import Feed
from ostiary.capture.devices import open_video
from ostiary.capture.lasting import LastingCamera
from ostiary.capture.pace import Pace
from ostiary.capture.readers import OwnCamera
from ostiary.erasure import overwrite
from ostiary.terms import Frame, Image

RATE: Final = 15
WIDTH, HEIGHT = 1280, 720
DIFFERENT: Final = 30
"""Pictures of the room, each with noise of its own, shown over and over."""
MOTIONS: Final = 10

Jpeg: TypeAlias = np.ndarray[tuple[int], np.dtype[np.uint8]]
SETTLED: Final = 5.0
"""Until it has fallen asleep, in seconds."""


class Clock:
    """The machine's."""

    def now(self) -> datetime:
        """Nobody asks for the day."""
        return datetime(2026, 11, 21, tzinfo=UTC)

    def seconds(self) -> float:
        """Monotonic."""
        return time.monotonic()


class Paced(Feed, Protocol):
    """A feed that can be told to show somebody."""

    somebody: threading.Event


def room() -> Iterator[Image]:
    """A room and its noise, 4 grey levels of it."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(40, 200, (9, 16, 3), np.uint8)
    smooth = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    for _ in range(DIFFERENT):
        noise = rng.normal(0, 4, (HEIGHT, WIDTH, 1))
        yield np.clip(smooth + noise, 0, 255).astype(np.uint8)


class Beat:
    """Fifteen times a second, as a sensor has it."""

    def __init__(self) -> None:
        self._next = time.monotonic()

    def wait(self) -> None:
        """Until the next picture is there."""
        self._next += 1 / RATE
        time.sleep(max(0.0, self._next - time.monotonic()))


class JpegCamera:
    """Gives JPEG; decoded when it is asked for, as OpenCV does with V4L2."""

    def __init__(self) -> None:
        self._pictures = [encoded(picture) for picture in room()]
        dark = [picture // 2 for picture in room()]
        self._moved = [encoded(picture) for picture in dark]
        self._beat, self._number = Beat(), 0
        self.somebody = threading.Event()

    def skip(self) -> bool:
        """The next picture, left as it is."""
        self._beat.wait()
        self._number += 1
        return True

    def read(self) -> Image | None:
        """The next picture, decoded."""
        self.skip()
        source = self._moved if self.somebody.is_set() else self._pictures
        data = source[self._number % DIFFERENT]
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)

    def release(self) -> None:
        """Nothing is held."""


def encoded(picture: Image) -> Jpeg:
    """As a camera sends it."""
    return np.asarray(cv2.imencode(".jpg", picture)[1], np.uint8).reshape(-1)


class FilePaced:
    """A compressed file at its own rate, over and over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pictures = open_video(str(path))
        self._beat = Beat()
        self.somebody = threading.Event()

    def skip(self) -> bool:
        """The next picture, not converted."""
        self._beat.wait()
        if not self._pictures.skip():
            self._pictures = open_video(str(self._path))
        return True

    def read(self) -> Image | None:
        """The next picture."""
        self._beat.wait()
        image = self._pictures.read()
        if image is None:
            self._pictures = open_video(str(self._path))
            image = self._pictures.read()
        if image is not None and self.somebody.is_set():
            image //= 2
        return image

    def release(self) -> None:
        """Let go of the file."""
        self._pictures.release()


def written(folder: Path) -> Path:
    """The room as a compressed file."""
    path = folder / "room.mp4"
    codec = cv2.VideoWriter.fourcc(*"mp4v")
    writer = cv2.VideoWriter(str(path), codec, RATE, (WIDTH, HEIGHT))
    for _ in range(10):
        for picture in room():
            writer.write(picture)
    writer.release()
    return path


class Idler:
    """What the gate's loop does with a frame while it is idle."""

    def __init__(self, feed: Feed, *, rests: bool) -> None:
        pace = Pace()
        self._reader = OwnCamera()
        self._attention = Attention(pace) if rests else None
        self._camera = LastingCamera(lambda: feed, Clock(), pace)
        self.taken: list[float] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        for frame in self._camera.frames():
            if not isinstance(frame, Frame):
                continue
            looks = self._attention is None or self._attention.look(frame)
            self._reader.read(frame.image if looks else None)
            overwrite(frame.image)
            self.taken.append(frame.seconds)

    def close(self) -> None:
        """Stop."""
        self._camera.close()
        self._thread.join(5)


def load(make: Callable[[], Feed], seconds: float, *, rests: bool) -> float:
    """Processor time a second, in per cent of one core."""
    idler = Idler(make(), rests=rests)
    time.sleep(SETTLED)
    began, spent = time.monotonic(), time.process_time()
    time.sleep(seconds)
    share = (time.process_time() - spent) / (time.monotonic() - began)
    idler.close()
    return 100 * share


def waking(make: Callable[[], Paced]) -> list[float]:
    """Seconds from the first motion until two pictures follow at full rate."""
    took = []
    feed = make()
    idler = Idler(feed, rests=True)
    for number in range(MOTIONS):
        time.sleep(SETTLED + number / (MOTIONS * RATE))
        moved = time.monotonic()
        feed.somebody.set()
        time.sleep(1.0)
        feed.somebody.clear()
        after = [at for at in idler.taken if at >= moved]
        took.append(after[0] - moved)
    idler.close()
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0)
    seconds: float = parser.parse_args().seconds
    cv2.setNumThreads(1)
    print(f"{platform.machine()}, {RATE} pictures a second of {WIDTH} x {HEIGHT}")
    with TemporaryDirectory() as folder, suppress(KeyboardInterrupt):
        path = written(Path(folder))
        sources: dict[str, Callable[[], Paced]] = {
            "JPEG, as a USB camera": JpegCamera,
            "MPEG-4, as a stream": lambda: FilePaced(path),
        }
        for name, make in sources.items():
            resting = load(make, seconds, rests=True)
            always = load(make, seconds, rests=False)
            print(
                f"{name:<24} idle {resting:5.2f} % of one core (target < 5); "
                f"every picture read: {always:5.2f} %"
            )
        took = waking(JpegCamera)
        print(
            f"{'first look after motion':<24} median "
            f"{1000 * statistics.median(took):.0f} ms, at most "
            f"{1000 * max(took):.0f} ms, of {MOTIONS} (target < 200)"
        )


if __name__ == "__main__":
    main()
