"""Whether relief tells a head from a picture, and moves a person from a recording.

    .venv/bin/python -m benchmarks.geometry points
    .venv/bin/python -m benchmarks.geometry challenges
    OSTIARY_MODELS=... OSTIARY_DATA=... .venv/bin/python -m benchmarks.geometry frames

`points` and `challenges` are simulated (`benchmarks/motion.py`, `actors.py` beside it).
`frames` are pairs of frames of NUAA, through mesh, flow and fit as the gate has them.
The two are never put into one table. Neither shows real moves after a prompt, screens
or masks.
"""

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeAlias

import cv2
import numpy as np
import platformdirs
from numpy.typing import NDArray

from benchmarks.actors import (
    Actor,
    Person,
    Picture,
    Recording,
    challenged,
    other_order,
)
from benchmarks.motion import (
    DISTANCE,
    EYES,
    FACE_WIDTH,
    SPECIES,
    TILT,
    Body,
    Camera,
    Pose,
    face_points,
    head,
    picture,
    track,
    view,
)
from ostiary.capture.photographs import load_photograph
from ostiary.presentation.challenge import LEAST_RELIEF, Move, Order, Sight, draw, read
from ostiary.presentation.parallax import Parallax, measure
from ostiary.reasons import Reason
from ostiary.terms import Face, Image
from ostiary.vision.face_mesh import FaceMesh
from ostiary.vision.flow import RIGID, FlowMeter
from ostiary.vision.store import ModelStore
from ostiary.vision.yunet import YuNetDetector

Values: TypeAlias = NDArray[np.float64]
Change: TypeAlias = Callable[[Image], Image]

TURNS: Final = (4, 6, 8, 10, 12, 15, 20)
CAMERAS: Final = {
    "1 px, each point by itself": Camera(),
    "0.3 px, neighbours alike": Camera(noise_pixels=0.3, smooth=True),
    "1 px, neighbours alike": Camera(smooth=True),
    "1 px, each by itself, 80 px face": Camera(face_pixels=80.0),
}
BINS: Final = (4.0, 6.0, 8.0, 12.0, 90.0)
RESAMPLED: Final = 500
CROSSED: Final = 300
SPARSE: Final = 4
LIVE: Final = "bona-fide"
PRINT: Final = "print"


# -- Rates ---------------------------------------------------------------------------


def equal_error_rate(living: Values, pictures: Values) -> float:
    """Where as many heads lie below a threshold as pictures reach it, 0 to 1."""
    if not len(living) or not len(pictures):
        return float("nan")
    cuts = np.sort(np.concatenate([living, pictures]))
    missed = np.searchsorted(np.sort(living), cuts) / len(living)
    passed = 1 - np.searchsorted(np.sort(pictures), cuts) / len(pictures)
    best = int(np.argmin(np.abs(missed - passed)))
    return float(missed[best] + passed[best]) / 2


def apcer_at_5(living: Values, pictures: Values) -> float:
    """Share of pictures that pass where 5 in 100 heads do not."""
    if not len(living) or not len(pictures):
        return float("nan")
    return float(np.mean(pictures >= np.quantile(living, 0.05)))


# -- Simulated pairs -----------------------------------------------------------------


def simulated(
    species: str | None, turn: float, camera: Camera, rng: np.random.Generator
) -> float:
    """Relief of one pair: a head (None) or a picture that turns by so many degrees."""
    face = face_points(camera.points, rng)
    distance = rng.uniform(*DISTANCE)
    lens = view(camera, distance, rng)
    axis = rng.random() * 2 * np.pi
    left, down = rng.normal(0, 3, 2) if species is None else rng.uniform(-TILT, TILT, 2)
    before = Pose(left, down, rng.normal(0, 3), tuple(rng.normal(0, 20, 2)), distance)
    after = Pose(
        left + turn * np.cos(axis),
        down + turn * np.sin(axis),
        before.roll + rng.normal(0, 3),
        tuple(rng.normal(before.shift, 15)),
        distance * np.exp(rng.normal(0, 0.05)),
    )
    first, second = bodies(species, face, rng)
    here, there = lens.look(first, before, rng), lens.look(second, after, rng)
    eyes = camera.face_pixels * EYES / FACE_WIDTH
    parallax = measure(track(face, here, there, eyes))
    return parallax.relief if parallax else 0.0


def bodies(
    species: str | None, face: Values, rng: np.random.Generator
) -> tuple[Body, Body]:
    if species is not None:
        return picture(species, face, rng)
    person = head(face, rng)
    return person, person


def report_simulated(count: int) -> None:
    print(f"\n## Simulated: EER in % by turn, {count} heads and pictures each\n")
    print("Heads against pictures that are turned as far; face 160 pixels wide.\n")
    for name, camera in CAMERAS.items():
        rng = np.random.default_rng(0)
        print(f"\n| {name} | {' | '.join(f'{turn}°' for turn in TURNS)} |")
        print("| --- |" + " --- |" * len(TURNS))
        living = {turn: many(None, turn, camera, count, rng) for turn in TURNS}
        for species in SPECIES:
            cells = [
                100
                * equal_error_rate(
                    living[turn], many(species, turn, camera, count, rng)
                )
                for turn in TURNS
            ]
            print(f"| {species} | {' | '.join(f'{cell:.2f}' for cell in cells)} |")


def many(
    species: str | None,
    turn: float,
    camera: Camera,
    count: int,
    rng: np.random.Generator,
) -> Values:
    return np.array([simulated(species, turn, camera, rng) for _ in range(count)])


REASONS: Final = (
    Reason.HOLDER_VERIFIED,
    Reason.OTHER_MOVE,
    Reason.ATTACK_SUSPECTED,
    Reason.NOT_MOVED,
    Reason.ATTACK_NOT_ASSESSED,
)

# -- Simulated challenges ------------------------------------------------------------


def report_challenges(count: int) -> None:
    print(f"\n## Simulated: challenges, {count} each (pictures: {count // 3})\n")
    columns = "passed | other move | picture | not made | no last look"
    print(f"| noise | before the camera | {columns} |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    closing = []
    for name, camera in list(CAMERAS.items())[:2]:
        rng = np.random.default_rng(0)
        for who in ("person", "recording", *SPECIES):
            number = count // 3 if who in SPECIES else count
            taken = challenge_row(name, who, [camera] * number, rng)
            if who == "person":
                median, late = np.quantile(taken, [0.5, 0.95])
                closing.append(f"{name}: {median:.1f} s, 95 in 100 in {late:.1f} s")
    print(f"\nPersons take (median) {'; '.join(closing)}.")


def challenge_row(
    noise: str, who: str, cameras: Sequence[Camera], rng: np.random.Generator
) -> list[float]:
    """Challenge one after the other; the seconds that each took."""
    came: Counter[str] = Counter()
    taken = []
    for camera in cameras:
        order = draw(rng.bytes)
        outcome, seconds = challenged(
            actor(who, order, camera, rng), order, camera, rng
        )
        came[outcome] += 1
        taken.append(seconds)
    cells = [came[each] for each in REASONS]
    print(f"| {noise} | {who} | {' | '.join(str(cell) for cell in cells)} |")
    return taken


def actor(who: str, order: Order, camera: Camera, rng: np.random.Generator) -> Actor:
    """Somebody, or something, before that camera."""
    if who == "person":
        return Person(camera, rng)
    if who == "recording":
        return Recording(other_order(order, rng), camera, rng)
    return Picture(who, camera, rng)


# -- Pairs of NUAA -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame of NUAA with its only face, or the largest."""

    kind: str
    subject: str
    session: str
    image: Image
    face: Face
    mesh: NDArray[np.float32]


class Meter:
    """The gate's mesh and meter, one after the other as its chain has them."""

    def __init__(self, mesher: FaceMesh) -> None:
        self._mesher, self._flow = mesher, FlowMeter()

    def begin(self, image: Image, face: Face) -> None:
        """Take the first look, if the mesh fits."""
        if mesh := self._mesher.look(image, face):
            self._flow.begin(image, mesh)

    def measure(self, image: Image, face: Face) -> Parallax | None:
        """The parallax since; None: not assessed."""
        mesh = self._mesher.look(image, face)
        return self._flow.measure(image, mesh) if mesh else None

    def forget(self) -> None:
        """Begin anew."""
        self._flow.forget()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two frames of one session: how far the head turned, and what was measured.

    `turn` is the landmark network's word. For living people it is right enough to
    sort by; for prints it means nothing, and is not looked at.
    """

    kind: str
    subject: str
    turn: float
    parallax: Parallax | None

    @property
    def relief(self) -> float:
        """NaN where it was not assessed."""
        return self.parallax.relief if self.parallax else float("nan")


def shots(
    data: Path, store: ModelStore, mesher: FaceMesh, kinds: Sequence[str]
) -> Iterator[Shot]:
    detector = YuNetDetector(store)
    for kind in kinds:
        for path in sorted((data / "nuaa-dev" / kind).glob("*/*.jpg")):
            image = load_photograph(path)
            faces = detector.detect(image)
            if not faces:
                continue
            face = max(faces, key=lambda each: each.box[2] * each.box[3])
            mesh = mesher.look(image, face)
            if mesh is not None:
                session = path.name.rpartition("_")[0]
                yield Shot(kind, path.parent.name, session, image, face, mesh.points)


def turned(first: Shot, second: Shot) -> float:
    """Turn out of the picture's plane between two meshes, in degrees."""
    a, b = (shot.mesh[RIGID].astype(np.float64) for shot in (first, second))
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    left, _, right = np.linalg.svd(a.T @ b)
    sign = np.diag([1, 1, np.linalg.det(left @ right)])
    axis = cv2.Rodrigues((left @ sign @ right).T)[0].ravel()
    return float(np.degrees(np.hypot(axis[0], axis[1])))


def pairs(shown: Sequence[Shot], meter: Meter, change: Change) -> list[Pair]:
    """Pairs of frames of one session, the earlier one first.

    Of living people every pair that turned, and one in four of those that hardly did;
    of prints one in four.
    """
    found, passed_over = [], 0
    for number, first in enumerate(shown):
        meter.begin(change(first.image), first.face)
        for second in shown[number + 1 :]:
            if (second.session, second.kind) != (first.session, first.kind):
                continue
            turn = turned(first, second)
            passed_over += 1
            if passed_over % SPARSE and (first.kind == PRINT or turn < BINS[0]):
                continue
            parallax = meter.measure(change(second.image), second.face)
            found.append(Pair(first.kind, first.subject, turn, parallax))
        meter.forget()
    return found


def report_real(store: ModelStore, data: Path) -> None:
    mesher = FaceMesh(store)
    meter = Meter(mesher)
    shown = list(shots(data, store, mesher, (LIVE, PRINT)))
    began = time.perf_counter()
    found = pairs(shown, meter, lambda image: image)
    spent = 1000 * (time.perf_counter() - began) / len(found)
    living = [pair for pair in found if pair.kind == LIVE]
    prints = [pair for pair in found if pair.kind == PRINT]
    print("\n## NUAA: pairs of frames of one session\n")
    print(f"{len(living)} pairs of living people, {len(prints)} of prints; {spent:.1f}")
    print("ms a pair with mesh, flow and fit.\n")
    report_bins(living, prints)
    report_built_in(living, prints)
    report_crossed([shot for shot in shown if shot.kind == LIVE], meter)
    report_changed([shot for shot in shown if shot.kind == PRINT], meter)


def report_bins(living: Sequence[Pair], prints: Sequence[Pair]) -> None:
    print(
        "| live turn | pairs | assessed | subjects | EER (95 %) | APCER at BPCER 5 % |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    against = by_subject(prints)
    for low, high in pairwise(BINS):
        own = [pair for pair in living if low <= pair.turn < high]
        heads = by_subject(own)
        assessed = sum(len(values) for values in heads.values())
        rate = equal_error_rate(whole(heads), whole(against))
        least, most = bootstrap(heads, against)
        apcer = 100 * apcer_at_5(whole(heads), whole(against))
        subjects = " ".join(f"{name}:{len(v)}" for name, v in heads.items())
        print(
            f"| {low:g}-{high:g}° | {len(own)} | {assessed} | {subjects} | "
            f"{100 * rate:.1f} % ({100 * least:.1f}-{100 * most:.1f}) | {apcer:.2f} % |"
        )
    total = len(whole(against))
    print(f"\nPrints assessed: {total} of {len(prints)}; intervals by subject.")


def by_subject(chosen: Sequence[Pair]) -> dict[str, Values]:
    """Relief of the assessed pairs of each subject."""
    subjects: dict[str, list[float]] = {}
    for pair in chosen:
        if pair.parallax is not None:
            subjects.setdefault(pair.subject, []).append(pair.relief)
    return {name: np.array(values) for name, values in sorted(subjects.items())}


def whole(subjects: Mapping[str, Values]) -> Values:
    return np.concatenate([*subjects.values(), np.zeros(0)])


def bootstrap(
    heads: Mapping[str, Values], prints: Mapping[str, Values]
) -> tuple[float, float]:
    """95 % of the EER when subjects are drawn anew."""
    rng = np.random.default_rng(0)
    rates = []
    for _ in range(RESAMPLED):
        own = [heads[name] for name in rng.choice([*heads], len(heads))]
        other = [prints[name] for name in rng.choice([*prints], len(prints))]
        rates.append(equal_error_rate(np.concatenate(own), np.concatenate(other)))
    low, high = np.nanquantile(rates, [0.025, 0.975])
    return float(low), float(high)


def report_built_in(living: Sequence[Pair], prints: Sequence[Pair]) -> None:
    """What the built-in limits make of every pair."""
    groups = {
        f"living, {low:g}-{high:g}°": [p for p in living if low <= p.turn < high]
        for low, high in pairwise((0.0, 4.0, 12.0, 90.0))
    }
    groups |= {
        "prints": list(prints),
    }
    print(f"\n### As built: a move from a relief of {LEAST_RELIEF:g}\n")
    print(
        "| pairs | all | not assessed | turned | closer | ahead | picture | unclear |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, chosen in groups.items():
        readings = Counter(kind_of(pair) for pair in chosen)
        kinds = (
            "none",
            "turn",
            "closer",
            Move.LOOK_AHEAD,
            Sight.PICTURE,
            Sight.UNCLEAR,
        )
        cells = " | ".join(str(readings[kind]) for kind in kinds)
        print(f"| {name} | {len(chosen)} | {cells} |")
    moved = Counter(pair.subject for pair in prints if kind_of(pair) == "turn")
    flat = Counter(pair.subject for pair in prints if kind_of(pair) == Sight.PICTURE)
    print(f"\nPrints that seem to turn, by subject: {dict(sorted(moved.items()))};")
    print(f"prints seen to be pictures: {dict(sorted(flat.items()))}.")


def kind_of(pair: Pair) -> str:
    if pair.parallax is None:
        return "none"
    reading = read(pair.parallax)
    if reading is Move.LOOK_AHEAD or isinstance(reading, Sight):
        return reading
    return "closer" if reading is Move.COME_CLOSER else "turn"


def report_crossed(shown: Sequence[Shot], meter: Meter) -> None:
    """Pairs of two people: the quality gate has to turn them away."""
    rng, assessed, tried = np.random.default_rng(0), 0, 0
    for _ in range(CROSSED):
        first, second = (shown[int(i)] for i in rng.integers(0, len(shown), 2))
        if first.subject == second.subject:
            continue
        tried += 1
        meter.begin(first.image, first.face)
        assessed += meter.measure(second.image, second.face) is not None
        meter.forget()
    print(f"\nPairs of two people that pass the quality gate: {assessed} of {tried}.")


def report_changed(prints: Sequence[Shot], meter: Meter) -> None:
    """Prints in other light: the confound that appearance suffers from."""
    rng = np.random.default_rng(0)
    print("\n### Prints, changed\n")
    print("| change | pairs | assessed | relief like a move |")
    print("| --- | --- | --- | --- |")
    for name, change in changes(rng).items():
        found = pairs(prints, meter, change)
        seen = [pair.relief for pair in found if pair.parallax is not None]
        moved = sum(relief >= LEAST_RELIEF for relief in seen)
        print(f"| {name} | {len(found)} | {len(seen)} | {moved} |")


def changes(rng: np.random.Generator) -> Mapping[str, Change]:
    def noisy(image: Image) -> Image:
        grains = rng.normal(0, 8, image.shape)
        return np.asarray(np.clip(image + grains, 0, 255), np.uint8)

    return {
        "as taken": lambda image: image,
        "darkened to 40 %": lambda image: np.asarray(image * 0.4, np.uint8),
        "noise of 8 grey levels": noisy,
        "blurred by 1.5 pixels": lambda image: np.asarray(
            cv2.GaussianBlur(image, (0, 0), 1.5), np.uint8
        ),
    }


def frames(count: int) -> None:
    del count
    models = os.environ.get("OSTIARY_MODELS")
    cache = platformdirs.user_cache_path("ostiary") / "models"
    store = ModelStore(Path(models) if models else None, cache)
    report_real(store, Path(os.environ["OSTIARY_DATA"]))


PARTS: Final = {
    "points": report_simulated,
    "challenges": report_challenges,
    "frames": frames,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--count", type=int, default=600, help="how many of each")
    options = parser.parse_args()
    print("# Relief and moves")
    PARTS[options.part](options.count)


if __name__ == "__main__":
    main()
