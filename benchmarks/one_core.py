"""Whether a gate keeps up with 15 pictures a second on one core, with a person there.

    OSTIARY_MODELS=... OSTIARY_DATA=... .venv/bin/python -m benchmarks.one_core

A whole gate (its own loop, camera thread, files and models) over a camera that gives 15
JPEG pictures a second of 1280 x 720, on one core of this machine. An empty room; then,
again and again, a pass is held up and a person of the development data stands in the
zone until ten probes are fused and the door opens. Printed: processor time of the whole
process in the empty room; per picture, decoding and health included, while a face is
awaited, beside the 66.7 ms that there are; and how many of the pictures were looked at,
which a busy machine makes fewer. Pictures of people stay in memory.

What it does not show: V4L2's own copying, the network, other machines, the moves.
"""

import itertools
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import cv2
import numpy as np

from benchmarks.gate import CONFIG, FRAMES, processor, run_owner
from benchmarks.idle import HEIGHT, RATE, WIDTH, Beat, Jpeg, encoded, room
from ostiary.capture.lasting import LastingCamera
from ostiary.capture.photographs import load_photograph
from ostiary.config import load_config
from ostiary.gate.assembly import equip
from ostiary.gate.clock import SystemClock
from ostiary.gate.displays import Recorder
from ostiary.gate.loop import Gate
from ostiary.ports import FaceDetector
from ostiary.terms import Face, Image
from ostiary.transaction.rules import MOST_PROBE_FRAMES
from ostiary.vision.store import ModelStore

EMPTY_SECONDS: Final = 20.0
SETTLED_SECONDS: Final = 5.0
HELD: Final = 6
"""Pictures for which a pass is held up."""
STANDING: Final = 4 * RATE
"""Pictures for which a person stands there, and the door opens and shuts."""
AWAY: Final = 2 * RATE
CORNER: Final = 16
"""Side of a corner that gets noise of its own in each picture, in pixels."""
PRESENTATIONS: Final = 10

SETTINGS: Final = f"""
open_seconds = 1.0
[vision]
challenge = "never"
probe_frames = {MOST_PROBE_FRAMES}
"""


class Scene:
    """A camera before which the same happens again and again, once it is told to."""

    def __init__(self, pass_: Image, people: Sequence[Image]) -> None:
        rooms = [encoded(picture) for picture in room()]
        held = [encoded(beside(picture, pass_)) for picture in room()]
        there = [encoded(in_zone(empty, person)) for empty, person in pairs(people)]
        self._empty = itertools.cycle(rooms)
        self._shown = itertools.cycle(
            [
                *held[:HELD],
                *itertools.islice(itertools.cycle(there), STANDING),
                *itertools.islice(itertools.cycle(rooms), AWAY),
            ]
        )
        self._beat = Beat()
        self._rng = np.random.default_rng(2)
        self.begun = threading.Event()

    def read(self) -> Image | None:
        """The next picture, decoded; never the same twice, or it is not believed."""
        image = np.asarray(cv2.imdecode(self._next(), cv2.IMREAD_COLOR), np.uint8)
        image[:CORNER, :CORNER] = self._rng.integers(0, 9, (CORNER, CORNER, 3))
        return image

    def skip(self) -> bool:
        """The next picture, left as it is."""
        self._next()
        return True

    def release(self) -> None:
        """Nothing is held."""

    def _next(self) -> Jpeg:
        self._beat.wait()
        return next(self._shown if self.begun.is_set() else self._empty)


def pairs(people: Sequence[Image]) -> Iterator[tuple[Image, Image]]:
    """Each person's picture, and one of the room."""
    return zip(itertools.cycle(room()), people, strict=False)


def in_zone(empty: Image, person: Image) -> Image:
    """A picture of 640 x 480 in the middle of the room's."""
    shown = empty.copy()
    height, width = person.shape[:2]
    top, left = (HEIGHT - height) // 2, (WIDTH - width) // 2
    shown[top : top + height, left : left + width] = person
    return shown


def beside(empty: Image, pass_: Image) -> Image:
    """A pass that is held up, 400 pixels wide."""
    small = cv2.resize(pass_, (400, 400), interpolation=cv2.INTER_AREA)
    return in_zone(empty, np.asarray(small, np.uint8))


@dataclass
class Looks:
    """A detector that notes when it was asked.

    Attributes:
        times: by the clock and in processor time, in seconds, of each presentation.
    """

    detector: FaceDetector
    times: list[list[tuple[float, float]]] = field(default_factory=list)

    def detect(self, image: Image) -> Sequence[Face]:
        """As the detector."""
        now = time.monotonic(), time.process_time()
        if not self.times or now[0] - self.times[-1][-1][0] > 1.0:
            self.times.append([])
        self.times[-1].append(now)
        return self.detector.detect(image)

    def forget(self) -> None:
        """As the detector."""
        self.detector.forget()


def measure(folder: Path, models: Path, people: Sequence[Image]) -> None:
    """Run a gate over the scene, and print what it took."""
    (folder / "gate.toml").write_text(CONFIG + SETTINGS)
    clock, shown = SystemClock(UTC), Recorder()
    gear = equip(load_config(folder / "gate.toml"), ModelStore(models, models), shown)
    looks = Looks(gear.chain.detector)
    gear = replace(gear, chain=replace(gear.chain, detector=looks))
    scene = Scene(load_photograph(folder / "pass.png"), people)
    camera = LastingCamera(lambda: scene, clock, gear.pace)
    gate = threading.Thread(target=Gate(gear).run, args=(camera,), daemon=True)
    gate.start()
    time.sleep(SETTLED_SECONDS)
    idle = share(lambda: time.sleep(EMPTY_SECONDS))
    print(f"empty room: {100 * idle:.2f} % of one core (target < 5)")
    scene.begun.set()
    cycle = (HELD + STANDING + AWAY) / RATE
    time.sleep(cycle * (PRESENTATIONS + 0.5))
    camera.close()
    gate.join(10)
    print(f"latest decision: {shown.decision.reason if shown.decision else 'none'}")
    report([times for times in looks.times if len(times) > 1])


def share(wait: Callable[[], None]) -> float:
    """Processor time over time by the clock."""
    began, spent = time.monotonic(), time.process_time()
    wait()
    return (time.process_time() - spent) / (time.monotonic() - began)


def report(presentations: Sequence[Sequence[tuple[float, float]]]) -> None:
    """Print what a picture took while a face was awaited."""
    spent, looked, there = [], 0, 0
    for times in presentations:
        (began, before), (ended, after) = times[0], times[-1]
        looked += len(times) - 1
        there += round((ended - began) * RATE)
        spent.append(1000 * (after - before) / (len(times) - 1))
    print(
        f"a person in the zone: {statistics.median(spent):.1f} ms of processor time a "
        f"picture (there are {1000 / RATE:.1f}), at most {max(spent):.1f}, of "
        f"{len(presentations)} presentations; looked at {looked} of {there} pictures"
    )


def main() -> None:
    models, data = os.environ.get("OSTIARY_MODELS"), os.environ.get("OSTIARY_DATA")
    if not (models and data):
        print("nothing is measured: OSTIARY_MODELS or OSTIARY_DATA is not set")
        return
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    faces = sorted((Path(data) / "nuaa-dev" / "bona-fide" / "0008").iterdir())[:FRAMES]
    people = [load_photograph(path) for path in faces]
    print(f"{processor()}, one core; load {os.getloadavg()[0]:.1f}")
    with TemporaryDirectory() as folder:
        run_owner(Path(folder), faces[0], Path(folder) / "pass.png")
        measure(Path(folder), Path(models), people)


if __name__ == "__main__":
    main()
