"""Learns how the networks' scores are fused, and tries it on people left out.

    OSTIARY_MODELS=... OSTIARY_DATA=... .venv/bin/python benchmarks/appearance.py

Prints, in Markdown, for the three ways of showing NUAA's frames to a gate: each network
alone; the weights that `presentation/appearance.py` carries, learned from all; every
subject judged by weights learned from the others; the same with brightness, contrast
and sharpness matched; and what four cues of a frame add that were tried and dropped.
What none of it shows: attacks other than prints, other people, another camera.
"""

import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import platformdirs
from numpy.typing import NDArray

from ostiary.capture.photographs import load_photograph
from ostiary.evaluation.pad.confound import Frames, balanced, matched
from ostiary.evaluation.pad.data import BONA_FIDE, Recording, read_recordings
from ostiary.evaluation.pad.logistic import fit, log_odds, probability
from ostiary.evaluation.pad.looks import look
from ostiary.evaluation.pad.rates import area_under_curve, equal_error_rate
from ostiary.evaluation.pad.views import View, shown
from ostiary.presentation import appearance
from ostiary.presentation.appearance import ATTACK, SUFFICES
from ostiary.terms import Appearance, Face, Image
from ostiary.vision.appearance import AppearanceDetector
from ostiary.vision.chain import FaceChain, open_chain
from ostiary.vision.store import ModelStore

Floats: TypeAlias = NDArray[np.float64]
Cue: TypeAlias = Callable[[Floats, Face], float]
"""From grey levels of the standing zone and a face in it to one measure."""

NETWORKS: Final = ("MiniFASNetV2", "MiniFASNetV1SE", "CelebA-Spoof")
RIDGE: Final = 1e-4
PROBES: Final = 3
VIEWS: Final = (View.AS_TAKEN, View.ENLARGED, View.ON_THE_MARK)
SATURATED: Final = 250
"""Grey level from which a camera tells no more."""


# -- Cues that were tried ------------------------------------------------------------


def surroundings(grey: Floats, face: Face) -> tuple[Floats, int]:
    """A square about the face, 2.7 times its side, and half the face's side."""
    left, top, width, height = face.box
    side = math.sqrt(width * height)
    half = int(min(2.7 * side, *grey.shape) / 2)
    down = min(max(int(top + height / 2), half), grey.shape[0] - half)
    across = min(max(int(left + width / 2), half), grey.shape[1] - half)
    return grey[down - half : down + half, across - half : across + half], int(side / 2)


def border(grey: Floats, face: Face) -> float:
    """How straight and how long the edges are on both sides of a face, 0 to 1.

    A card or a telephone held up has two of them. Share of the rows beside the face in
    which a column has a strong edge, the best column on each side, the weaker side;
    the same for rows above and below; the better of the two.
    """
    square, half = surroundings(grey, face)
    return max(sides(square, half), sides(square.T, half))


def sides(square: Floats, half: int) -> float:
    middle = square.shape[0] // 2
    steps = np.abs(np.diff(square[middle - half : middle + half], axis=1))
    strong = steps > 4 * (np.median(steps) + 1)
    near = strong | np.roll(strong, 1, axis=1) | np.roll(strong, -1, axis=1)
    share = near.mean(axis=0)
    before, after = share[2 : middle - half], share[middle + half : -2]
    return float(min(before.max(initial=0.0), after.max(initial=0.0)))


def moire(grey: Floats, face: Face) -> float:
    """Strongest peak of the spectrum over the median of its ring, logarithm."""
    left, top, width, height = face.box
    size = int(0.8 * min(width, height))
    down, across = int(top + (height - size) / 2), int(left + (width - size) / 2)
    patch = grey[max(down, 0) : down + size, max(across, 0) : across + size]
    window = np.hanning(patch.shape[0])[:, None] * np.hanning(patch.shape[1])
    power = np.abs(np.fft.fft2((patch - patch.mean()) * window)) ** 2
    rows, columns = np.meshgrid(*map(np.fft.fftfreq, power.shape), indexing="ij")
    radius = np.hypot(rows, columns)
    levels = np.log1p(power)
    peaks = []
    for inner in np.arange(0.12, 0.48, 0.04):
        ring = levels[(radius >= inner) & (radius < inner + 0.04)]
        peaks.append(ring.max() - np.median(ring))
    return float(max(peaks))


def banding(grey: Floats, face: Face) -> float:
    """Strongest period in the brightness of rows, over the median, logarithm."""
    del face
    rows = grey.mean(axis=1)
    length = max(9, len(rows) // 8 | 1)
    padded = np.pad(rows, length // 2, mode="edge")
    smooth = np.convolve(padded, np.full(length, 1 / length), "valid")
    power = np.abs(np.fft.rfft((rows - smooth) * np.hanning(len(rows)))) ** 2
    return float(np.log(power[8:].max() / np.median(power[8:])))


def glare(grey: Floats, face: Face) -> float:
    """Share of the face that is as bright as the camera can tell."""
    left, top, width, height = (int(max(side, 0)) for side in face.box)
    return float((grey[top : top + height, left : left + width] >= SATURATED).mean())


CUES: Final[dict[str, Cue]] = {
    "border of a card": border,
    "moiré": moire,
    "banding": banding,
    "glare": glare,
}


# -- Looking -------------------------------------------------------------------------


class Noting:
    """An attack detector that notes what each network said, and each cue."""

    identity = "noting"

    def __init__(self, detector: AppearanceDetector) -> None:
        self.values: tuple[float, ...] = ()
        self._detector = detector

    def assess(self, image: Image, face: Face) -> float | None:
        """As the detector does."""
        grey = image @ np.array([0.114, 0.587, 0.299])
        networks = self._detector.probabilities(image, face)
        cues = (cue(grey, face) for cue in CUES.values())
        self.values = (*map(appearance.log_odds, networks), *cues)
        return appearance.fuse(networks)

    def forget(self) -> None:
        """Overwrite what the detector holds."""
        self._detector.forget()


@dataclass(frozen=True, slots=True)
class Seen:
    """Frames of one view that gave a probe.

    `values` holds log-odds of the networks, then the cues; `scores` of `frames` the
    built-in fusion's.
    """

    frames: Frames
    values: Floats
    sessions: NDArray[np.str_]


def see(
    recordings: Sequence[Recording], chain: FaceChain, noting: Noting, view: View
) -> Seen:
    show = shown(view, chain.detector)
    rows = []
    for number, recording in enumerate(recordings):
        print(f"\r{view}: {number} of {len(recordings)}", end="", file=sys.stderr)
        for file in recording.files:
            found = look(load_photograph(file), 0.0, chain, noting, show)
            if found.light is not None and found.score is not None:
                light = found.light
                measures = light.brightness, light.contrast, light.sharpness
                rows.append((recording, measures, found.score, noting.values))
    frames = Frames(
        np.array([row[1] for row in rows]),
        np.array([row[2] for row in rows]),
        np.array([row[0].species == BONA_FIDE for row in rows]),
        np.array([row[0].subject for row in rows]),
    )
    names = [f"{row[0].species}/{row[0].session}" for row in rows]
    return Seen(frames, np.array([row[3] for row in rows]), np.array(names))


# -- Learning ------------------------------------------------------------------------


def even(frames: Frames, views: NDArray[np.str_]) -> Floats:
    """Weights under which every subject, class and view counts alike."""
    keys = np.char.add(
        np.char.add(frames.subjects, frames.bona_fide.astype(str)), views
    )
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    weights = balanced(frames.bona_fide) / counts[inverse]
    return np.asarray(weights / weights.sum(), np.float64)


def learn(values: Floats, frames: Frames, views: NDArray[np.str_]) -> Floats:
    """Coefficients; no network's is above the sum of the others'.

    Targets are Platt's (1999), with the number of subjects for the number of samples.
    """
    people = len(np.unique(frames.subjects))
    sure = (people + 1) / (people + 2)
    targets = np.where(frames.bona_fide, sure, 1 - sure)
    weights = even(frames, views)
    free = fit(values, targets, weights, RIDGE)
    networks = free[: len(NETWORKS)]
    largest = int(np.argmax(networks))
    if networks[largest] <= networks.sum() - networks[largest]:
        return free
    others = [n for n in range(values.shape[1]) if n != largest]
    tied = values[:, others].copy()
    tied[:, : len(NETWORKS) - 1] += values[:, [largest]]
    bound = fit(tied, targets, weights, RIDGE)
    return np.insert(bound, largest, bound[: len(NETWORKS) - 1].sum())


def left_out(values: Floats, frames: Frames, views: NDArray[np.str_]) -> Floats:
    """Scores of each subject, by coefficients learned from all others."""
    scores = np.zeros(len(values))
    for subject in np.unique(frames.subjects):
        own = frames.subjects == subject
        rest = np.flatnonzero(~own)
        learned = learn(values[rest], frames[rest], views[rest])
        scores[own] = probability(log_odds(values[own], learned))
    return scores


# -- Report --------------------------------------------------------------------------


def percent(value: float) -> str:
    return f"{100 * value:.2f} %"


def report_alone(view: View, seen: Seen, scores: Floats) -> None:
    people = seen.frames.bona_fide
    columns = dict(zip(NETWORKS, seen.values.T, strict=False))
    pair = probability(seen.values[:, :2]).mean(axis=1)
    for name, column in {**columns, "mean of the pair": pair, "fused": scores}.items():
        attacks, bona_fide = column[~people], column[people]
        error = percent(equal_error_rate(attacks, bona_fide))
        area = area_under_curve(attacks, bona_fide)
        print(f"| {view} | {name} | {error} | {area:.4f} |")


def report_decisions(view: View, seen: Seen, scores: Floats) -> None:
    people = seen.frames.bona_fide
    highest = scores[~people].max()
    accepted = int((scores[~people] >= SUFFICES).sum())
    print(
        f"\n**{view}.** Prints: {accepted} of {(~people).sum()} suffice, the highest",
        end="",
    )
    print(f" has {highest:.2f}; {(scores[~people] >= ATTACK).sum()} are open.\n")
    print("| subject | frames | suffice | open | attack | 3 probes | suffice | open |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for subject in (*np.unique(seen.frames.subjects), "all"):
        own = people & ((seen.frames.subjects == subject) | (subject == "all"))
        counts = [count(scores[own], kind) for kind in OUTCOMES]
        fused = three(scores, seen, own)
        fused_counts = [fused.count(kind) for kind in OUTCOMES[:2]]
        cells = [own.sum(), *counts, len(fused), *fused_counts]
        print(f"| {subject} | {' | '.join(map(str, cells))} |")


OUTCOMES: Final = (Appearance.SUFFICES, Appearance.OPEN, Appearance.ATTACK)


def count(scores: Floats, kind: Appearance) -> int:
    return sum(appearance.judge([float(score)]) is kind for score in scores)


def three(scores: Floats, seen: Seen, own: NDArray[np.bool_]) -> list[Appearance]:
    """What three frames after one another decide, session by session."""
    found = []
    for session in np.unique(seen.sessions[own]):
        row = scores[own & (seen.sessions == session)].tolist()
        starts = range(0, len(row) - PROBES + 1, PROBES)
        found += [appearance.judge(row[start : start + PROBES]) for start in starts]
    return found


def report_matched(view: View, seen: Seen, scores: Floats) -> None:
    chosen = matched(seen.frames)
    frames, kept = seen.frames[chosen], scores[chosen]
    attacks, people = kept[~frames.bona_fide], kept[frames.bona_fide]
    cells = (
        f"{len(people)} of {len(np.unique(frames.subjects[frames.bona_fide]))} people",
        percent(equal_error_rate(attacks, people)),
        f"{(attacks >= SUFFICES).sum()}",
        f"{(people < SUFFICES).sum()} / {(people < ATTACK).sum()}",
    )
    print(f"| {view} | {' | '.join(cells)} |")


def report_cues(view: View, seen: Seen, views: NDArray[np.str_]) -> None:
    networks = seen.values[:, : len(NETWORKS)]
    chosen = matched(seen.frames)
    without = loss(left_out(networks, seen.frames, views), seen.frames)
    for number, name in enumerate(CUES):
        cue = seen.values[:, len(NETWORKS) + number]
        scaled = (cue - cue.mean()) / max(float(cue.std()), 1e-12)
        added = np.column_stack([networks, scaled])
        change = loss(left_out(added, seen.frames, views), seen.frames) - without
        areas = [area(cue, seen.frames), area(cue[chosen], seen.frames[chosen])]
        cells = " | ".join(f"{area:.2f}" for area in areas)
        print(f"| {view} | {name} | {cells} | {change:+.4f} |")


def area(cue: Floats, frames: Frames) -> float:
    """How well a cue separates, attacks above people; below 0.5: the other way."""
    return area_under_curve(cue[frames.bona_fide], cue[~frames.bona_fide])


def loss(scores: Floats, frames: Frames) -> float:
    """Mean cost of the scores in nats, against what they can at best be sure of."""
    people = len(np.unique(frames.subjects))
    sure = people / (people + 1)
    targets = np.where(frames.bona_fide, sure, 1 - sure)
    costs = targets * np.log(scores) + (1 - targets) * np.log(1 - scores)
    return float(-(even(frames, np.full(len(scores), "")) * costs).sum())


def main() -> None:
    models = os.environ.get("OSTIARY_MODELS")
    cache = platformdirs.user_cache_path("ostiary") / "models"
    store = ModelStore(Path(models) if models else None, cache)
    chain = open_chain("retail-0095", store)
    noting = Noting(AppearanceDetector(store))
    recordings = read_recordings(Path(os.environ["OSTIARY_DATA"]) / "nuaa-dev").all
    seen = {view: see(recordings, chain, noting, view) for view in VIEWS}
    every = Frames(
        *(
            np.concatenate([getattr(each.frames, name) for each in seen.values()])
            for name in ("light", "scores", "bona_fide", "subjects")
        )
    )
    views = np.concatenate([[view] * len(each.values) for view, each in seen.items()])
    values = np.concatenate([each.values for each in seen.values()])
    networks = values[:, : len(NETWORKS)]
    learned = learn(networks, every, views)
    scores = left_out(networks, every, views)
    of_view = {view: scores[views == view] for view in VIEWS}

    print("# Appearance on NUAA, every subject judged by the others\n")
    print(
        f"Learned from all: weights {learned[:-1].round(4)}, offset {learned[-1]:.4f};"
    )
    print(f"built in: {appearance.WEIGHTS}, {appearance.OFFSET}.\n")
    print("| view | score | EER | area under the curve |\n| --- | --- | --- | --- |")
    for view, each in seen.items():
        report_alone(view, each, of_view[view])
    print("\n## People, at the built-in limits")
    for view, each in seen.items():
        report_decisions(view, each, of_view[view])
    print("\n## Matched in brightness, contrast and sharpness\n")
    print("| view | pairs | EER | prints that suffice | people who do not / attack |")
    print("| --- | --- | --- | --- | --- |")
    for view, each in seen.items():
        report_matched(view, each, of_view[view])
    print("\n## Cues that were dropped\n")
    print("| view | cue | area, alone | area, matched | change of the cost, nats |")
    print("| --- | --- | --- | --- | --- |")
    for view, each in seen.items():
        report_cues(view, each, np.full(len(each.values), view))


if __name__ == "__main__":
    main()
