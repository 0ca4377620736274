"""From a pass that is shown to the decision: seconds that a person waits.

    OSTIARY_MODELS=... OSTIARY_DATA=... .venv/bin/python -m benchmarks.transaction

A camera of 1280x720 at 15 pictures a second, with a film of people of the development
data that is held in memory; the real gate from the camera's thread to the announced
decision, three fused frames, on two cores at most. Told from the first picture that
shows the pass, as it left the sensor: median and 90 % over all transactions, by the
clock; and of that the processor time of all but the camera, which is our computing.

Two ways of showing a pass: beside the face, which stays; and before it, so that the
face is seen when the pass has been lowered, five pictures (a third of a second) later.
What it does not show: how people take to it, a camera's own delay, other machines.
"""

import argparse
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import cv2
import numpy as np
from typing_extensions import override

from ostiary.capture.camera import Camera
from ostiary.capture.qr import qr_image
from ostiary.cli.launch import ENVIRONMENT
from ostiary.config import load_config
from ostiary.errors import CaptureError
from ostiary.gate.assembly import equip
from ostiary.gate.clock import SystemClock
from ostiary.gate.displays import Display
from ostiary.gate.hardening import harden_process
from ostiary.gate.loop import Gate
from ostiary.presentation.fusion import Asking
from ostiary.reasons import Reason
from ostiary.storage.home import Home
from ostiary.terms import AccessDecision, Frame, Image
from ostiary.vision.store import ModelStore
from ostiary_residue.film import as_picture
from ostiary_residue.gate import Planting, Presentation

RATE: Final = 15.0
HEIGHT, WIDTH = 720, 1280
CORES: Final = 2
AIM_MS: Final = 700.0
AIM_COMPUTING_MS: Final = 150.0

EMPTY: Final = 12
"""Pictures of nobody before each transaction: the last decision's rest is over."""

LOWERED: Final = 5
"""Pictures that show the pass before the face is seen."""

STAY: Final = 24
"""Pictures in which a person stands there."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What the camera sees of one transaction.

    Attributes:
        code: the picture of a pass.
        face: the picture of its holder.
        beside: whether both are seen at once.
    """

    code: Image = field(repr=False)
    face: Image = field(repr=False)
    beside: bool

    def pictures(self) -> Iterator[tuple[Image, bool]]:
        """Each picture, and whether it shows the pass."""
        wall = np.full_like(self.face, 150)
        for _ in range(EMPTY):
            yield wall, False
        for _ in range(LOWERED):
            yield self.face if self.beside else wall, True
        for _ in range(STAY):
            yield self.face, False


class Film:
    """A camera's device: a picture every fifteenth of a second, with noise of its own.

    Attributes:
        shown: when the first picture of each pass left it, by the clock.
        spent: processor time that the film itself has taken.
    """

    def __init__(self, scenes: Sequence[Scene]) -> None:
        self._pictures = (
            (scene, picture, number, shows)
            for scene in scenes
            for number, (picture, shows) in enumerate(scene.pictures())
        )
        rng = np.random.default_rng(0)
        self._noise = [
            rng.integers(0, 5, (HEIGHT, WIDTH, 3), np.uint8) for _ in range(8)
        ]
        self._count = 0
        self._next = 0.0
        self.shown: list[float] = []
        self.spent = 0.0

    def read(self) -> Image | None:
        """The next picture, when it is due."""
        found = next(self._pictures, None)
        if found is None:
            return None
        scene, picture, number, shows = found
        self._count += 1
        image = np.asarray(cv2.add(picture, self._noise[self._count % 8]), np.uint8)
        image[-1, -1] = self._count // 8 % 256
        if shows:
            side = scene.code.shape[0]
            image[200 : 200 + side, 10 : 10 + side] = scene.code
        self.spent = time.thread_time()
        self._next = max(self._next + 1 / RATE, time.monotonic() - 1 / RATE)
        time.sleep(max(0.0, self._next - time.monotonic()))
        if shows and number == EMPTY:
            self.shown.append(time.monotonic())
        return image

    def skip(self) -> bool:
        """Let the next picture go by, when it is due."""
        return self.read() is not None

    def release(self) -> None:
        """Nothing is held."""


class Watched:
    """A camera's frames, and the processor time when each was taken."""

    def __init__(self, film: Film) -> None:
        self._film = film
        self._camera: Camera | None = None
        self.taken: list[tuple[float, float]] = []

    def computed(self) -> float:
        """Processor time of all but the film, in seconds."""
        return time.process_time() - self._film.spent

    def frames(self) -> Iterator[Frame]:
        """As the camera gives them; it begins when the gate does."""
        self._camera = Camera(self._film, SystemClock(UTC))
        for frame in self._camera.frames():
            self.taken.append((frame.seconds, self.computed()))
            yield frame

    def close(self) -> None:
        """Let go of the camera."""
        if self._camera is not None:
            self._camera.close()


class Decided(Display):
    """Notes when each decision was announced."""

    def __init__(self, computed: Callable[[], float]) -> None:
        self._computed = computed
        self.all: list[tuple[Reason, float, float]] = []

    @override
    def announce(
        self, decision: AccessDecision, at: datetime, stages: Mapping[str, float]
    ) -> None:
        self.all.append((decision.reason, time.monotonic(), self._computed()))


@dataclass(slots=True)
class Waits:
    """What came of all transactions.

    Attributes:
        reasons: how often each.
        waited: milliseconds by the clock.
        computed: milliseconds of processor time.
        missed: passes that led to no decision before the next one came.
    """

    reasons: Counter[Reason] = field(default_factory=Counter)
    waited: list[float] = field(default_factory=list)
    computed: list[float] = field(default_factory=list)
    missed: int = 0

    def add(self, film: Film, source: Watched, decided: Decided) -> None:
        """Take what one run of a gate came to."""
        for shown, following in pairwise([*film.shown, math.inf]):
            after = [each for each in decided.all if shown <= each[1] < following]
            taken = [spent for at, spent in source.taken if at >= shown - 1e-3]
            if after and taken:
                reason, announced, spent = after[0]
                self.reasons[reason] += 1
                self.waited.append(1000 * (announced - shown))
                self.computed.append(1000 * (spent - taken[0]))
            else:
                self.missed += 1


def scene(shown: Presentation, *, beside: bool) -> Scene:
    """A presentation as a camera of 1280 x 720 sees it."""
    small = as_picture(shown.looks[0])
    scale = HEIGHT / small.shape[0]
    large = cv2.resize(small, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    side = (WIDTH - large.shape[1]) // 2
    around = (0, 0, side, side)
    face = cv2.copyMakeBorder(large, *around, cv2.BORDER_REPLICATE)
    # Three pixels for each module: a pass beside the standing zone.
    code = np.repeat(np.repeat(qr_image(shown.text)[::8, ::8], 3, 0), 3, 1)
    return Scene(code, np.asarray(face, np.uint8), beside)


def measure(
    planting: Planting, store: ModelStore, count: int, asking: Asking, *, beside: bool
) -> Waits:
    """Run a gate over as many transactions."""
    waits = Waits()
    with TemporaryDirectory() as folder:
        home = Home(Path(folder))
        shown = planting.present(home, count, asking)
        film = Film([scene(each, beside=beside) for each in shown])
        source = Watched(film)
        decided = Decided(source.computed)
        gear = equip(load_config(home.path / "gate.toml"), store, decided)
        rules = replace(gear.rules, passage_seconds=0.2, rest_seconds=0.3)
        with suppress(CaptureError):  # The film ends, and a camera does not.
            Gate(replace(gear, rules=rules)).run(source)
    waits.add(film, source, decided)
    return waits


def report(what: str, waits: Waits) -> None:
    """Print what came of one way of showing a pass."""
    counts = ", ".join(f"{count} {reason}" for reason, count in waits.reasons.items())
    print(f"{what}: {len(waits.waited)} transactions ({counts}; {waits.missed} missed)")
    for name, values, aim in (
        ("shown to decided, by the clock", waits.waited, AIM_MS),
        ("of that our computing", waits.computed, AIM_COMPUTING_MS),
    ):
        middle, high = np.percentile(values, [50, 90])
        print(
            f"  {name:<32} median {middle:6.0f} ms, 90 % {high:6.0f} ms"
            f"  (aim: median < {aim:g})"
        )


def main() -> None:
    # As the command does: freed memory is filled.
    if not ENVIRONMENT.items() <= os.environ.items():
        words = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, words, {**os.environ, **ENVIRONMENT})  # noqa: S606
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--transactions", type=int, default=50, help="of each kind")
    count = parser.parse_args().transactions
    models, data = os.environ.get("OSTIARY_MODELS"), os.environ.get("OSTIARY_DATA")
    if not (models and data):
        sys.exit("not measured: OSTIARY_MODELS or OSTIARY_DATA is not set")
    harden_process()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    load = os.getloadavg()[0]
    print(f"{len(os.sched_getaffinity(0))} cores, load {load:.1f} at the start")
    store = ModelStore(Path(models), Path(models))
    people = Path(data, "nuaa-dev", "bona-fide")
    planting = Planting(people, store, np.random.default_rng(0))
    for asking in (Asking.NEVER, Asking.WHEN_OPEN):
        for beside in (True, False):
            where = "beside the face" if beside else "and lowered"
            waits = measure(planting, store, count, asking, beside=beside)
            report(f"challenge {asking.value}, pass held up {where}", waits)


if __name__ == "__main__":
    main()
