"""Whether a gate stays as it is over tens of thousands of transactions.

    OSTIARY_MODELS=... OSTIARY_DATA=... .venv/bin/python -m benchmarks.soak --plot x.svg

Two runs in one process each, as fast as they go: one with scripted vision (codes,
credentials, trust, transaction, tries, door and displays are the real ones), and with
models and data a shorter one with the real chain. Told after a warm-up: resident
memory, open descriptors, objects of Python. The plot shows numbers alone.
What it does not show: cameras and their drivers, days of wall-clock time.
"""

import argparse
import gc
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
from typing_extensions import override

from ostiary.capture.qr import qr_image
from ostiary.cli.launch import ENVIRONMENT
from ostiary.config import load_config
from ostiary.evaluation.report.plots import BLUE, ORANGE, Line, plot
from ostiary.evaluation.report.scales import Linear
from ostiary.gate.assembly import equip
from ostiary.gate.clock import SystemClock
from ostiary.gate.hardening import harden_process
from ostiary.gate.loop import Gate
from ostiary.presentation.fusion import Asking
from ostiary.reasons import Reason
from ostiary.storage.home import Home
from ostiary.terms import AccessDecision, Frame, Image, Outage, Sight
from ostiary.transaction import Rules
from ostiary.vision.store import ModelStore
from ostiary_residue.film import as_picture
from ostiary_residue.gate import Planting
from tests.gate.conftest import AT, Decisions, ScriptedVision, World

PASSES: Final = 20
"""Different passes, shown in turn."""

ODD: Final = (0, 10, 20, 30)
"""Of fifty visits: which one is a stranger's, has nobody before the camera, shows no
pass of ours, and falls into an outage."""

SAMPLES: Final = 60
"""How often it is looked at in one run."""

WARM_UP: Final = 0.2
"""Share of a run after which it has to stay as it is."""

VISIT_SECONDS: Final = 10.0
"""From one visit to the next, on the clock that never runs backwards."""

WALL: Final = 20.0
"""How much slower the clock on the wall goes: no list expires in a run."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The process, after so many transactions.

    Attributes:
        transactions: how many.
        memory: resident, in megabytes.
        descriptors: open ones.
        objects: that Python's collector knows of.
    """

    transactions: int
    memory: float
    descriptors: int
    objects: int

    @classmethod
    def taken(cls, transactions: int) -> "Sample":
        """Now."""
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        memory = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
        return cls(transactions, memory, descriptors, len(gc.get_objects()))


@dataclass
class Growth:
    """What became of a gate over a run.

    Attributes:
        decisions: how many of each reason.
        samples: in order.
    """

    decisions: Counter[Reason] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)

    @property
    def settled(self) -> Sequence[Sample]:
        """Those after the warm-up."""
        last = self.samples[-1].transactions
        return [s for s in self.samples if s.transactions >= WARM_UP * last]

    def grown(self, what: Callable[[Sample], float]) -> float:
        """By how much something grew from the first fifth to the last, in the mean."""
        values = [what(each) for each in self.settled]
        fifth = max(1, len(values) // 5)
        return float(np.mean(values[-fifth:]) - np.mean(values[:fifth]))


class Tally(Decisions):
    """Counts decisions, and keeps nothing else."""

    def __init__(self, counts: Counter[Reason]) -> None:
        super().__init__()
        self._counts = counts

    @override
    def announce(
        self, decision: AccessDecision, at: datetime, stages: Mapping[str, float]
    ) -> None:
        self._counts[decision.reason] += 1

    @override
    def guide(self, reason: Reason) -> None:
        pass

    @override
    def call_attendant(self, reason: Reason) -> None:
        pass

    @override
    def camera(self, fault: Reason | None, at: datetime) -> None:
        pass


class Unlooking(ScriptedVision):
    """Scripted vision that does not note what it is given."""

    @override
    def detect(self, image: Image) -> list[object]:  # type: ignore[override]
        faces = super().detect(image)
        self.looked_at.clear()
        return list(faces)


@dataclass
class Visits:
    """A frame source: somebody comes every ten seconds of the gate's clock.

    Attributes:
        scenes: the pictures of each visit; None: the camera fails for a moment.
        count: how many visits.
        growth: takes the samples.
        began: when the first one comes.
    """

    scenes: Iterable[Sequence[Image | None]]
    count: int
    growth: Growth
    began: datetime

    def frames(self) -> Iterator[Sight]:
        """All of them, as fast as they are taken."""
        every = max(1, self.count // SAMPLES)
        for number, pictures in enumerate(islice(self.scenes, self.count)):
            if number % every == 0:
                self.growth.samples.append(Sample.taken(number))
            for place, picture in enumerate(pictures):
                seconds = VISIT_SECONDS * number + place * 0.5
                at = self.began + timedelta(seconds=seconds / WALL)
                if picture is None:
                    yield Outage(Reason.CAMERA_FAULT, at, seconds)
                else:
                    yield Frame(picture, at, seconds)
        self.growth.samples.append(Sample.taken(self.count))

    def close(self) -> None:
        """Nothing is held."""


def scripted(count: int) -> Growth:
    """The gate with scripted vision."""
    growth = Growth()
    with TemporaryDirectory() as folder:
        world = World(Home(Path(folder)), os.urandom)
        world.settle()
        world.vision = Unlooking()
        world.display = Tally(growth.decisions)
        world.rules = Rules(
            0.5, face_seconds=3.0, passage_seconds=0.5, rest_seconds=1.0
        )
        codes = [qr_image(world.issue().text)[::4, ::4] for _ in range(PASSES)]
        gate = world.gate()
        gate._gear.knowledge.at(AT)  # noqa: SLF001 - as the command does
        gate.run(Visits(_scripted(world, codes), count, growth, AT))
    return growth


def _scripted(world: World, codes: Sequence[Image]) -> Iterator[Sequence[Image | None]]:
    """Holders mostly; strangers, spoilt codes, failing cameras, nobody."""
    spoilt = qr_image("NO PASS OF OURS")
    for number, code in enumerate(cycle(codes)):
        stranger, nobody, wrong, blind = (number % 50 == odd for odd in ODD)
        world.vision.person = (0, 1, 0, 0) if stranger else (1, 0, 0, 0)
        world.vision.faces = 0 if nobody else 1
        shown = spoilt if wrong else code
        looks: list[Image | None] = [_empty() for _ in range(3)]
        if blind:
            looks[2] = None
        yield [_empty(), _code(shown), *looks, *(_empty() for _ in range(4))]


def _empty() -> Image:
    return np.full((480, 640, 3), 127, np.uint8)


def _code(code: Image) -> Image:
    picture = _empty()
    picture[100 : 100 + code.shape[0], 100 : 100 + code.shape[1]] = code
    return picture


def real(count: int, models: Path, data: Path) -> Growth:
    """The gate with its real chain, over noisy pictures of the development data."""
    growth = Growth()
    store = ModelStore(models, models)
    planting = Planting(
        data / "nuaa-dev" / "bona-fide", store, np.random.default_rng(0)
    )
    with TemporaryDirectory() as folder:
        home = Home(Path(folder))
        shown = planting.present(home, min(count, PASSES), Asking.WHEN_OPEN)
        config = load_config(home.path / "gate.toml")
        gate = Gate(equip(config, store, Tally(growth.decisions)))
        length = len(shown[0].looks) + 3
        pictures = (as_picture(planes) for planes in planting.pictures(cycle(shown)))
        visits = iter(lambda: list(islice(pictures, length)), [])
        gate.run(Visits(visits, count, growth, SystemClock(UTC).now()))
    return growth


def report(what: str, growth: Growth, seconds: float) -> None:
    """Print one run."""
    count = growth.samples[-1].transactions
    total = growth.decisions.total()
    print(f"{what}: {count} visits, {total} decisions, in {seconds:.0f} s")
    for reason, number in growth.decisions.most_common():
        print(f"  {number:>7} {reason}")
    for name, take in MEASURES.items():
        settled = [take(each) for each in growth.settled]
        print(
            f"  {name}: {settled[0]:.1f} after the warm-up, {settled[-1]:.1f} at the "
            f"end; first to last fifth {growth.grown(take):+.2f}"
        )


MEASURES: Final[Mapping[str, Callable[[Sample], float]]] = {
    "resident memory, MB": lambda each: each.memory,
    "descriptors": lambda each: each.descriptors,
    "objects": lambda each: each.objects,
}


def drawn(runs: Mapping[str, Growth]) -> str:
    """Resident memory over the share of each run that is done."""
    colours = cycle((BLUE, ORANGE))
    lines = [
        Line(
            [
                (each.transactions / growth.samples[-1].transactions, each.memory)
                for each in growth.samples
            ],
            f"{name}, {growth.samples[-1].transactions} visits",
            colour,
        )
        for (name, growth), colour in zip(runs.items(), colours, strict=False)
    ]
    top = max(each.memory for growth in runs.values() for each in growth.samples)
    across = Linear("share of the run", 0.0, 1.0, percent=True)
    up = Linear("resident memory, MB", 0.0, 1.3 * top)
    return plot("Resident memory of a gate over many transactions", across, up, lines)


def main() -> None:
    # As the command does: freed memory is filled.
    if not ENVIRONMENT.items() <= os.environ.items():
        words = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, words, {**os.environ, **ENVIRONMENT})  # noqa: S606
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--transactions", type=int, default=20_000)
    parser.add_argument("--real", type=int, default=300)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    harden_process()
    runs: dict[str, Growth] = {}
    began = time.monotonic()
    runs["scripted vision"] = scripted(options.transactions)
    report("scripted vision", runs["scripted vision"], time.monotonic() - began)
    models, data = os.environ.get("OSTIARY_MODELS"), os.environ.get("OSTIARY_DATA")
    if models and data:
        began = time.monotonic()
        runs["real chain"] = real(options.real, Path(models), Path(data))
        report("real chain", runs["real chain"], time.monotonic() - began)
    else:
        print("real chain: not run: OSTIARY_MODELS or OSTIARY_DATA is not set")
    if options.plot is not None:
        options.plot.write_text(drawn(runs))


if __name__ == "__main__":
    main()
