"""Error rates of presentation-attack detection as the gate decides, in Markdown.

    OSTIARY_MODELS=... OSTIARY_DATA=... python benchmarks/pad.py [--why]

Every picture goes the way of the gate: the default standing zone is cut out, and
`FaceChain.observe` wants exactly one face of enough quality in it. Counted are APCER
per species of attack, BPCER, and beside each what gave no response (APNRR, BPNRR: no
probe, or no score), per subject and in all, for single frames and for three probes
fused (ISO/IEC 30107-3). `--why` measures what was not chosen as well.

NUAA's pictures are 640 x 480, of faces close to a webcam. They stand in for three
cameras; what each shows of the person is said where its table stands.
"""

import argparse
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias
from unittest import mock

import cv2
import numpy as np
import platformdirs

from ostiary.config import Vision
from ostiary.ports import AttackDetector, FaceDetector
from ostiary.presentation import CLEAR_ATTACK, judge
from ostiary.quality import face_side
from ostiary.reasons import Reason
from ostiary.terms import Appearance, Face, Image, Probe, Rectangle
from ostiary.vision.chain import FaceChain, open_attack_detector, open_chain
from ostiary.vision.minifasnet import surroundings
from ostiary.vision.store import ModelStore

BONA_FIDE = "bona-fide"
SPECIES = ("print",)
FRAMES = Vision().probe_frames
WIDTH, HEIGHT = 1280, 720
FACE_HEIGHT = 200
FLOORS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
SHARES = (0.0, 0.25, 0.33, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 2.0)

View: TypeAlias = Callable[[Image], Image]
"""From a picture of the data to a picture of the standing zone."""

Square: TypeAlias = Callable[[Image, tuple[float, float, float, float], float], Image]
"""From a picture, a face's box and a scale to what the network is shown."""


# -- Cameras -----------------------------------------------------------------------


def zone_of(picture: Image) -> Image:
    return Vision().zone.crop(picture)


def webcam(picture: Image) -> Image:
    """The picture as it was taken: its zone is 320 x 480."""
    return zone_of(picture)


def large_camera(picture: Image) -> Image:
    """Enlarged to the height of 1280 x 720; its zone, 640 x 720, lies all within."""
    height, width = picture.shape[:2]
    size = round(width * HEIGHT / height), HEIGHT
    enlarged = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    side = (WIDTH - size[0]) // 2
    edges = (0, 0, side, WIDTH - size[0] - side)
    whole = cv2.copyMakeBorder(enlarged, *edges, cv2.BORDER_CONSTANT)
    return zone_of(np.asarray(whole, np.uint8))


def distant_at(detector: FaceDetector) -> View:
    """1280 x 720 with the largest face 200 pixels high, above the middle of the zone.

    Beyond NUAA's picture its edge is repeated, which no camera would do.
    """

    def distant(picture: Image) -> Image:
        faces = detector.detect(picture)
        face = max(faces, key=lambda face: face.box[2], default=None)
        if face is None:
            return zone_of(picture)
        left, top, width, height = face.box
        scale = FACE_HEIGHT / height
        across = WIDTH / 2 - scale * (left + width / 2)
        down = 0.42 * HEIGHT - scale * (top + height / 2)
        moved = np.array([[scale, 0, across], [0, scale, down]])
        edge = cv2.BORDER_REPLICATE
        whole = cv2.warpAffine(picture, moved, (WIDTH, HEIGHT), borderMode=edge)
        return zone_of(np.asarray(whole, np.uint8))

    return distant


def middle(width: float) -> View:
    """The middle of the picture as it was taken, that share of it wide."""
    return Rectangle((1 - width) / 2, 0.0, width, 1.0).crop


# -- Squares that were not chosen ----------------------------------------------------


def pressed(
    image: Image, box: tuple[float, float, float, float], scale: float
) -> Image:
    """The box enlarged as it is, as far as fits: the way of the networks' makers."""
    scale = min(scale, image.shape[1] / box[2], image.shape[0] / box[3])
    rows = inside(box[1] + box[3] / 2, scale * box[3], image.shape[0])
    columns = inside(box[0] + box[2] / 2, scale * box[2], image.shape[1])
    return image[rows, columns]


def inside(centre: float, length: float, limit: int) -> slice:
    start = int(min(max(centre - length / 2, 0), limit - length))
    return slice(start, start + int(length))


def padded(border: int) -> Square:
    """The square at its full scale; what lies outside the zone is filled."""

    def square(
        image: Image, box: tuple[float, float, float, float], scale: float
    ) -> Image:
        missing = scale * math.sqrt(box[2] * box[3])
        down = max(0, math.ceil((missing - image.shape[0]) / 2))
        across = max(0, math.ceil((missing - image.shape[1]) / 2))
        edges = (down, down, across, across)
        larger = cv2.copyMakeBorder(image, *edges, border, value=(128, 128, 128))
        moved = (box[0] + across, box[1] + down, box[2], box[3])
        return surroundings(np.asarray(larger, np.uint8), moved, scale)

    return square


SQUARES: dict[str, Square] = {
    "as built": surroundings,
    "the box pressed, as its makers do": pressed,
    "full scale, edge repeated": padded(cv2.BORDER_REPLICATE),
    "full scale, mirrored at the edge": padded(cv2.BORDER_REFLECT),
    "full scale, grey": padded(cv2.BORDER_CONSTANT),
}


# -- Measuring -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Picture:
    """Where a picture lies, and what it is of."""

    path: Path
    kind: str
    subject: str
    session: str


@dataclass(frozen=True, slots=True)
class Presentation:
    """One frame, or several fused: what it was, of whom, and its scores.

    `share` is the face's side in shorter sides of the zone. No scores: no probe.
    """

    kind: str
    subject: str
    session: str
    scores: tuple[float | None, ...]
    share: float = math.nan

    def decision(self, threshold: float) -> Appearance:
        """As the gate decides."""
        return judge(self.scores, threshold)


class Noting:
    """An attack detector that notes how much of the zone each face takes."""

    def __init__(self, attacks: AttackDetector) -> None:
        self.identity = attacks.identity
        self.threshold = attacks.threshold
        self.share = math.nan
        self._attacks = attacks

    def assess(self, image: Image, face: Face) -> float | None:
        """As the detector does."""
        self.share = face_side(face) / min(image.shape[:2])
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


def pictures(data: Path) -> list[Picture]:
    found = []
    for path in sorted(data.glob("nuaa-dev/*/*/*.jpg")):
        kind, subject = path.parts[-3:-1]
        found.append(Picture(path, kind, subject, path.stem.rsplit("_", 1)[0]))
    return found


def measure(
    chain: FaceChain, attacks: Noting, view: View, shown: Sequence[Picture]
) -> list[Presentation]:
    """What the gate would make of every picture, one at a time."""
    found = []
    for number, picture in enumerate(shown):
        progress(number, len(shown))
        image = np.asarray(cv2.imread(str(picture.path)), np.uint8)
        seen = chain.observe(view(image), attacks, NoStopwatch())
        probe = isinstance(seen, Probe)
        scores = (seen.bona_fide_score,) if isinstance(seen, Probe) else ()
        share = attacks.share if probe else math.nan
        whose = picture.kind, picture.subject, picture.session
        found.append(Presentation(*whose, scores, share))
    return found


def progress(number: int, total: int) -> None:
    if number % 100 == 0:
        print(f"\r{number} of {total}", end="", file=sys.stderr)


def fused(frames: Sequence[Presentation]) -> list[Presentation]:
    """Three probes after one another, of one session, as one presentation.

    A session without three probes is one presentation without response.
    """
    sessions: dict[tuple[str, str, str], list[float | None]] = {}
    for frame in frames:
        key = frame.kind, frame.subject, frame.session
        sessions.setdefault(key, []).extend(frame.scores)
    found = []
    for key, scores in sessions.items():
        starts = range(0, len(scores) - FRAMES + 1, FRAMES)
        groups = [tuple(scores[start : start + FRAMES]) for start in starts]
        found += [Presentation(*key, group) for group in groups or [()]]
    return found


# -- Rates ---------------------------------------------------------------------------


def interval(errors: int, trials: int) -> tuple[float, float]:
    """Clopper and Pearson's 95 % interval of a rate; independent trials only."""
    low = root(lambda p: 0.025 - (1 - binomial(errors - 1, trials, p)))
    high = root(lambda p: binomial(errors, trials, p) - 0.025)
    return (low if errors else 0.0), (high if errors < trials else 1.0)


def binomial(most: int, trials: int, rate: float) -> float:
    """Probability of at most that many errors."""
    return math.fsum(
        math.comb(trials, n) * rate**n * (1 - rate) ** (trials - n)
        for n in range(most + 1)
    )


def root(falling: Callable[[float], float]) -> float:
    """Where a falling function of 0 to 1 crosses zero."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return low


def rates(
    chosen: Sequence[Presentation], threshold: float, *, brief: bool
) -> tuple[str, str]:
    """Rate of wrong decisions among those made, and of none made, as table cells."""
    decisions = [presentation.decision(threshold) for presentation in chosen]
    made = [one for one in decisions if one is not Appearance.NOT_ASSESSED]
    passed = made.count(Appearance.SUFFICES)
    bona_fide = bool(chosen) and chosen[0].kind == BONA_FIDE
    errors = len(made) - passed if bona_fide else passed
    silent = f"{len(decisions) - len(made)} of {len(decisions)}"
    if brief or not made:
        return f"{errors} of {len(made)}", silent
    low, high = interval(errors, len(made))
    return f"{errors} of {len(made)} ({100 * low:.2g} to {100 * high:.2g} %)", silent


# -- Report --------------------------------------------------------------------------


def table(title: str, presentations: Sequence[Presentation], threshold: float) -> None:
    heads = [f"APCER {s} | APNRR {s}" for s in SPECIES]
    print(f"\n{title}, threshold {threshold:g}:\n")
    print(f"| subject | {' | '.join(heads)} | BPCER | BPNRR |")
    print("| --- " * (3 + 2 * len(SPECIES)) + "|")
    subjects = sorted({presentation.subject for presentation in presentations})
    for subject in (*subjects, "all"):
        own = [p for p in presentations if subject in (p.subject, "all")]
        brief = subject != "all"
        print(f"| {subject} | {' | '.join(row(own, threshold, brief=brief))} |")


def row(
    presentations: Sequence[Presentation], threshold: float, *, brief: bool
) -> list[str]:
    cells: list[str] = []
    for kind in (*SPECIES, BONA_FIDE):
        own = [p for p in presentations if p.kind == kind]
        cells += rates(own, threshold, brief=brief)
    return cells


def report_gate(
    chain: FaceChain, attacks: Noting, views: dict[str, View], shown: Sequence[Picture]
) -> None:
    threshold = attacks.threshold
    measured = {
        name: measure(chain, attacks, view, shown) for name, view in views.items()
    }
    for name, frames in measured.items():
        print(f"\n## {name}")
        table("Single frames", frames, threshold)
        table(f"{FRAMES} probes of one session, fused", fused(frames), threshold)
    report_thresholds(measured)
    report_floors(measured, threshold)


def report_thresholds(measured: dict[str, list[Presentation]]) -> None:
    print("\n## Other thresholds, single frames, all subjects\n")
    print("| camera | threshold | APCER print | APNRR print | BPCER | BPNRR |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, frames in measured.items():
        for threshold in (0.3, 0.5, 0.7):
            cells = row(frames, threshold, brief=False)
            print(f"| {name} | {threshold:g} | {' | '.join(cells)} |")


def report_floors(measured: dict[str, list[Presentation]], threshold: float) -> None:
    print("\n## A floor for each frame, fused: bona fide suspected, prints passed\n")
    print(f"| camera | {' | '.join(f'{floor:g}' for floor in FLOORS)} |")
    print("| --- " * (1 + len(FLOORS)) + "|")
    for name, frames in measured.items():
        cells = []
        for floor in FLOORS:
            with mock.patch("ostiary.presentation.appearance.CLEAR_ATTACK", floor):
                errors = row(fused(frames), threshold, brief=True)
            cells.append(f"{errors[2]} / {errors[0]}")
        print(f"| {name} | {' | '.join(cells)} |")
    print(f"\nBuilt in: {CLEAR_ATTACK:g}. What it wins, prints cannot show.")


def report_why(chain: FaceChain, attacks: Noting, shown: Sequence[Picture]) -> None:
    """What the limit on a face's share of the zone, and the square, rest on."""
    boundless = replace(chain, limits=replace(chain.limits, zone_share=math.inf))
    threshold = attacks.threshold
    zones = {f"middle {width:g} wide": middle(width) for width in (1.0, 0.5, 0.4)}
    measured = {
        name: measure(boundless, attacks, view, shown) for name, view in zones.items()
    }
    print(f"\n## Without {Reason.FACE_TOO_CLOSE}, NUAA as taken, single frames\n")
    print("| zone | square | APCER print | APNRR print | BPCER | BPNRR |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, frames in measured.items():
        cells = row(frames, threshold, brief=False)
        print(f"| {name} | as built | {' | '.join(cells)} |")
    for name, square in list(SQUARES.items())[1:]:
        for zone in ("middle 1 wide", "middle 0.5 wide"):
            with mock.patch("ostiary.vision.minifasnet.surroundings", square):
                frames = measure(boundless, attacks, zones[zone], shown)
            cells = row(frames, threshold, brief=False)
            print(f"| {zone} | {name} | {' | '.join(cells)} |")
    report_shares([frame for frames in measured.values() for frame in frames])


def report_shares(frames: Sequence[Presentation]) -> None:
    print("\nAs built, the three zones together, by the face's share of the zone:\n")
    print("| share | APCER print | BPCER | lowest bona fide score |")
    print("| --- | --- | --- | --- |")
    for low, high in pairwise(SHARES):
        own = [frame for frame in frames if low <= frame.share < high]
        cells = row(own, 0.5, brief=True)
        scores = [frame.scores[0] or 0.0 for frame in own if frame.kind == BONA_FIDE]
        lowest = f"{min(scores):.2f}" if scores else "-"
        print(f"| {low:g} to {high:g} | {cells[0]} | {cells[2]} | {lowest} |")


CLOSING = """
What this does not show: prints of one laboratory only. Replays on screens, masks, and
injection behind the camera are untested. Frames of a session are correlated, so the
intervals (Clopper and Pearson, 95 %, as if they were not) flatter. Look at the
subjects, not at the mean: a person who is often suspected is turned away every day.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--why", action="store_true", help="also what was not chosen")
    why = parser.parse_args().why
    models = os.environ.get("OSTIARY_MODELS")
    cache = platformdirs.user_cache_path("ostiary") / "models"
    store = ModelStore(Path(models) if models else None, cache)
    chain = open_chain("retail-0095", store)
    attacks = Noting(open_attack_detector("minifasnet", store))
    shown = pictures(Path(os.environ["OSTIARY_DATA"]))
    views: dict[str, View] = {
        "640 x 480, as taken: zone 320 x 480": webcam,
        "1280 x 720, enlarged 1.5 times: zone 640 x 720": large_camera,
        "1280 x 720, faces 200 pixels high: zone 640 x 720": distant_at(chain.detector),
    }
    print("# MiniFASNet pair on NUAA, as the gate with its default zone decides")
    report_gate(chain, attacks, views, shown)
    if why:
        report_why(chain, attacks, shown)
    print(CLOSING)


if __name__ == "__main__":
    main()
