"""What betters a reference of three pictures, as one Markdown report.

    OSTIARY_MODELS=... OSTIARY_DATA=... .venv/bin/python -m benchmarks.three_pictures

The aim is an FNMR of 0.5 % at an FMR of 0.01 % with retail-0095 alone, on the
development half of LFW, enrolled from three pictures and probed with one. This tells
what the misses are, by count and by nobody's name, and tries what is said to help.
Every technique has the very same references, probes and comparisons: those of
`ostiary evaluate verification lfw-dev --face central --enrolment-images 3`. LFW's
people are in two halves, compared within each: one to choose a technique by, the other
to say what it is worth. Features are held in memory and written nowhere.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeAlias

import cv2
import numpy as np
import platformdirs

from benchmarks.gap import (
    DetectedMobileFaceNet,
    DetectedRetail,
    PlainMobileFaceNet,
    PlainRetail,
    percent,
    unit,
)
from ostiary.capture.photographs import decode_photograph, read_photograph
from ostiary.credential.template import Coding
from ostiary.evaluation.acquisition import CentralFace, Floats, Samples
from ostiary.evaluation.dataset import read_data_set
from ostiary.evaluation.intervals import Weights, draw_people
from ostiary.evaluation.rates import (
    bin_at_fmr,
    false_match_counts,
    personal_rates,
)
from ostiary.evaluation.scores import (
    Mated,
    mated_scores,
    non_mated_histogram,
    non_mated_hits,
)
from ostiary.evaluation.trials import (
    Codec,
    Integers,
    Side,
    Subjects,
    Trial,
    Windows,
    enrol_all,
    probes_of,
    subjects_of,
    windows,
)
from ostiary.quality import assess, flaw_of_assessed, sole_face, unified
from ostiary.reasons import Reason
from ostiary.terms import Face, Image, Mesh
from ostiary.vision.alignment import similarity
from ostiary.vision.chain import FaceChain, open_chain
from ostiary.vision.five_points import five_points
from ostiary.vision.retail0095 import _TARGETS
from ostiary.vision.store import ModelStore

SEED: Final = 20261121
FMRS: Final = (1e-4, 1e-5)
SIDE: Final = 128

ALTERED: Final = (
    (0.94, 0, 0),
    (1.06, 0, 0),
    (1, 4, 0),
    (1, -4, 0),
    (1, 0, 4),
    (1, 0, -4),
)
"""Scale of the crop about its middle, and shift in pixels of 128."""

Row: TypeAlias = Mapping[str, Floats]


# -- Pictures ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one picture yielded.

    Attributes:
        gate: why a gate takes no sample of it; None: it does.
        desk: why a desk does not enrol it; None: it does.
        quality: unified, 0 to 100.
        arrays: what the networks gave, sides x d, by name.
    """

    gate: Reason | None
    desk: Reason | None
    quality: int = 0
    arrays: Row = field(default_factory=dict, repr=False)


class Looker:
    """Looks at a picture in every way that is tried."""

    def __init__(self, chain: FaceChain, store: ModelStore) -> None:
        self._chain = chain
        self._detector = CentralFace(chain.detector)
        self._retail = PlainRetail(store)
        self._extractors: Mapping[str, PlainRetail | PlainMobileFaceNet] = {
            "retail": self._retail,
            "mobile": PlainMobileFaceNet(store),
            "retail detected": DetectedRetail(store),
            "mobile detected": DetectedMobileFaceNet(store),
        }

    def look(self, image: Image) -> Seen:
        """Everything that is to be known of a picture."""
        chain = self._chain
        face = sole_face(self._detector.detect(image), chain.limits)
        if isinstance(face, Reason):
            return Seen(gate=face, desk=face)
        mesh = chain.mesh.look(image, face)
        if mesh is None:
            return Seen(gate=Reason.FACE_COVERED, desk=Reason.FACE_COVERED)
        judged = assess(image, face, mesh, chain.features.align(image, face, mesh))
        return Seen(
            gate=flaw_of_assessed(judged, chain.limits),
            desk=flaw_of_assessed(judged, chain.enrolment_limits),
            quality=unified(judged.values()),
            arrays=self._arrays(image, face, mesh),
        )

    def _arrays(self, image: Image, face: Face, mesh: Mesh) -> Row:
        """What the networks give of a face, in each of its squares."""
        arrays = {
            name: both_sides(extractor, extractor.align(image, face, mesh))
            for name, extractor in self._extractors.items()
        }
        points = five_points(mesh)
        altered = [self._altered(image, points, by) for by in ALTERED]
        return arrays | {"altered": np.concatenate(altered)}

    def _altered(
        self, image: Image, points: Floats, by: tuple[float, float, float]
    ) -> Floats:
        return both_sides(self._retail, square(image, points, *by))


def both_sides(extractor: PlainRetail | PlainMobileFaceNet, aligned: Image) -> Floats:
    """A face and its mirror image, of any length: 2 x d."""
    return np.stack([extractor.raw(aligned), extractor.raw(aligned[:, ::-1])])


def square(
    image: Image, points: Floats, scale: float = 1, right: float = 0, down: float = 0
) -> Image:
    """The face in retail-0095's square, on purpose a little off."""
    middle = np.float32(SIDE / 2)
    targets = (_TARGETS * SIDE - middle) * np.float32(scale) + middle
    matrix = similarity(points, targets + np.array([right, down], np.float32))
    return np.asarray(cv2.warpAffine(image, matrix, (SIDE, SIDE)), np.uint8)


# -- Techniques --------------------------------------------------------------------

Take: TypeAlias = Callable[[Row, int], Floats]
"""From what the networks gave of a picture, and its quality, to a row; a mean of
several pictures weighs each by its length."""


def means(*names: str) -> Take:
    """The mean direction of all sides of these."""

    def take(row: Row, quality: int) -> Floats:
        del quality
        return unit(np.concatenate([unit(row[name]) for name in names]).mean(axis=0))

    return take


def plain(row: Row, quality: int) -> Floats:
    """One side alone."""
    del quality
    return unit(row["retail"][0])


def by_length(row: Row, quality: int) -> Floats:
    """Weighed by the length of what the network gave."""
    del quality
    both: Floats = row["retail"].sum(axis=0)
    return both


def by_quality(row: Row, quality: int) -> Floats:
    """Weighed by the unified quality."""
    return means("retail")(row, quality) * np.float32(max(quality, 1))


def joined(share: float, retail: str = "retail", mobile: str = "mobile") -> Take:
    """Retail-0095 and MobileFaceNet end to end; `share` is what the latter counts."""

    def take(row: Row, quality: int) -> Floats:
        first, second = means(retail)(row, quality), means(mobile)(row, quality)
        weights = np.sqrt(np.array([1 - share, share], np.float32))
        return np.concatenate([first * weights[0], second * weights[1]])

    return take


@dataclass(frozen=True, slots=True)
class Technique:
    """How a reference and a probe are made."""

    name: str
    reference: Take
    probe: Take
    coding: Coding | None = Coding.INT4


MIRRORED: Final = means("retail")
DETECTED: Final = means("retail detected")
BOTH_ALIGNED: Final = means("retail", "retail detected")
FUSED_DETECTED: Final = joined(1 / 2, "retail detected", "mobile detected")
AS_BUILT: Final = Technique("as built", MIRRORED, MIRRORED)

TECHNIQUES: Final = (
    AS_BUILT,
    Technique("as built, reference not coded", MIRRORED, MIRRORED, None),
    Technique("as built, reference in int8", MIRRORED, MIRRORED, Coding.INT8),
    Technique("without mirror images", plain, plain),
    Technique("mirrored at enrolment alone", MIRRORED, plain),
    Technique("aligned by the detector's points", DETECTED, DETECTED),
    Technique("both alignments, mean", BOTH_ALIGNED, BOTH_ALIGNED),
    Technique("both alignments, at enrolment alone", BOTH_ALIGNED, MIRRORED),
    Technique(
        "mean of 7 crops, at enrolment alone", means("retail", "altered"), MIRRORED
    ),
    Technique(
        "mean of 7 crops", means("retail", "altered"), means("retail", "altered")
    ),
    Technique("weighed by feature length", by_length, MIRRORED),
    Technique("weighed by quality", by_quality, MIRRORED),
    Technique("MobileFaceNet alone", means("mobile"), means("mobile")),
    Technique(
        "MobileFaceNet alone, by the detector's points",
        means("mobile detected"),
        means("mobile detected"),
    ),
    Technique("fused, MobileFaceNet a third", joined(1 / 3), joined(1 / 3)),
    Technique("fused, equal", joined(1 / 2), joined(1 / 2)),
    Technique("fused, equal, by the detector's points", FUSED_DETECTED, FUSED_DETECTED),
    Technique("fused, equal, not coded", joined(1 / 2), joined(1 / 2), None),
    Technique("fused, MobileFaceNet two thirds", joined(2 / 3), joined(2 / 3)),
)


# -- Comparisons -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Pictures, whose they are, and which of them make references and probes.

    Attributes:
        seen: by picture.
        subjects: whose they are.
        references: as the desk makes them.
        weights: how often each person was drawn.
    """

    seen: Sequence[Seen]
    subjects: Subjects
    references: Windows
    weights: Weights

    def features(self, take: Take) -> Floats:
        """One row a picture; zeros where nothing was found."""
        rows = [take(s.arrays, s.quality) if s.arrays else None for s in self.seen]
        width = next(len(row) for row in rows if row is not None)
        blank = np.zeros(width, np.float32)
        return np.array([blank if row is None else row for row in rows], np.float32)

    def samples(self, features: Floats) -> Samples:
        """As an evaluation has them."""
        count = len(self.seen)
        return Samples(
            features=features,
            failures=tuple(each.gate for each in self.seen),
            enrolment_failures=tuple(each.desk for each in self.seen),
            qualities=tuple(each.quality for each in self.seen),
            unreadable=(None,) * count,
            digests=(b"",) * count,
        )


def material_of(
    seen: Sequence[Seen], subjects: Subjects, chain: FaceChain, enrolled: int
) -> Material:
    """Pictures, with as many of them to a reference as are to be enrolled."""
    bare = Material(
        seen=seen,
        subjects=subjects,
        references=windows(subjects, enrolled),
        weights=draw_people(len(subjects.names)),
    )
    samples = bare.samples(bare.features(MIRRORED))
    codec = Codec(chain.extractor, None)
    made = enrol_all(subjects, samples, enrolled, chain.threshold, codec)
    return replace(bare, references=made.side.windows)


def trial_of(material: Material, technique: Technique, shown: int) -> Trial:
    """Everybody's references and probes."""
    rows = material.features(technique.reference)[material.references.members]
    references: Floats = unit(rows.mean(axis=1))
    Codec("any", technique.coding).code(references)
    samples = material.samples(material.features(technique.probe))
    return Trial(
        people=len(material.subjects.names),
        references=Side(windows=material.references, features=(references,)),
        probes=probes_of(material.subjects, samples, shown),
        across=False,
    )


def among(trial: Trial, chosen: Integers) -> Trial:
    """Those of some people alone."""
    sides = []
    for side in (trial.references, trial.probes):
        some = np.isin(side.windows.persons, chosen)
        features = side.features[0][some]
        sides.append(Side(windows=side.windows.only(some), features=(features,)))
    return Trial(
        people=trial.people, references=sides[0], probes=sides[1], across=False
    )


def silent(done: int, total: int) -> None:
    """No progress is shown."""
    del done, total


@dataclass(frozen=True, slots=True)
class Errors:
    """Of one technique among some people: mated scores, and a bin for each FMR."""

    trial: Trial
    mated: Mated
    bins: Sequence[int]

    def cells(self, weights: Weights) -> list[str]:
        """FNMR per person at each FMR, with its interval."""
        rates = personal_rates(self.mated, self.bins)
        pairs = zip(rates.mean(), rates.intervals(weights), strict=True)
        return [
            f"{percent(mean)} ({percent(i.low)} to {percent(i.high)})"
            for mean, i in pairs
        ]

    def less(self, other: "Errors", weights: Weights) -> str:
        """FNMR at the first FMR less another technique's, person by person."""
        here, there = (personal_rates(e.mated, e.bins[:1]) for e in (self, other))
        change = (here.rates - there.rates)[:, 0]
        own = weights[here.persons, 1:].astype(np.float64)
        drawn = change @ own / own.sum(axis=0)
        low, high = np.percentile(drawn, (2.5, 97.5))
        return (
            f"{percent(change.mean())} ({percent(low)} to {percent(high)})"
            if change.any()
            else "none"
        )


def errors_of(trial: Trial) -> Errors:
    counts = false_match_counts(non_mated_histogram(trial, silent))
    return Errors(trial, mated_scores(trial), [bin_at_fmr(counts, f) for f in FMRS])


# -- Report ------------------------------------------------------------------------


HEADER: Final = (
    *("technique", "half to choose by, 0.01 %", "other half, 0.01 %", "less as built"),
    *("all, 0.01 %", "less as built", "all, 0.001 %"),
)

TOP: Final = 3


def report(material: Material) -> None:
    """Every technique, in both halves and on everybody."""
    people = np.arange(len(material.subjects.names))
    halves = np.random.default_rng(SEED).permutation(people) % 2
    groups = (people[halves == 0], people[halves == 1], people)
    built = trial_of(material, AS_BUILT, 1)
    base = [errors_of(among(built, group)) for group in groups]
    counted = [len(np.unique(each.mated.persons)) for each in base]
    print("People with a mated comparison: {}, {}; all {}.\n".format(*counted))
    report_misses(base[-1])
    report_false_matches(base[-1])
    print(f"\n| {' | '.join(HEADER)} |\n|{' --- |' * len(HEADER)}")
    for technique in TECHNIQUES:
        trial = trial_of(material, technique, 1)
        found = [errors_of(among(trial, group)) for group in groups]
        print(f"| {technique.name} |", " | ".join(row(found, base, material)), "|")
        sys.stdout.flush()


def row(
    found: Sequence[Errors], base: Sequence[Errors], material: Material
) -> Sequence[str]:
    """What is told of one technique."""
    first, second, every = (each.cells(material.weights) for each in found)
    differences = [
        each.less(built, material.weights)
        for each, built in zip(found[1:], base[1:], strict=True)
    ]
    return first[0], second[0], differences[0], every[0], differences[1], every[1]


def report_misses(errors: Errors) -> None:
    """How few people they are of; nobody's name."""
    mated = errors.mated
    missed = mated.bins < errors.bins[0]
    rates = personal_rates(mated, errors.bins[:1]).rates[:, 0]
    worst = np.sort(rates)[::-1][:TOP].sum() / rates.sum()
    print(
        f"As built at an FMR of 0.01 %: {missed.sum()} of {len(missed):,} mated "
        f"comparisons are missed, of {(rates > 0).sum()} people and "
        f"{len(np.unique(mated.probes[missed]))} of their pictures as probes. {TOP} of "
        f"these people make {percent(worst)} of the FNMR per person."
    )


def report_false_matches(errors: Errors) -> None:
    """How few pairs of people set the threshold."""
    trial = errors.trial
    hits = list(non_mated_hits(trial, errors.bins[0], silent))
    enrolled = np.concatenate([each.references for each in hits])
    shown = np.concatenate([each.probes for each in hits])
    who = np.sort(
        [
            trial.references.windows.persons[enrolled],
            trial.probes.windows.persons[shown],
        ],
        axis=0,
    )
    pairs = np.sort(np.unique(who, axis=1, return_counts=True)[1])[::-1]
    print(
        f"The {pairs.sum():,} false matches there are of {len(pairs)} pairs of people; "
        f"{TOP} of these pairs make {percent(pairs[:TOP].sum() / pairs.sum())} of them."
    )


def report_probes(material: Material) -> None:
    """As built, by the number of pictures that a probe is made of."""
    print("\n| pictures to a probe | people | 0.01 % | 0.001 % |\n|" + " --- |" * 4)
    for shown in (1, 2, 3):
        errors = errors_of(trial_of(material, AS_BUILT, shown))
        people = len(np.unique(errors.mated.persons))
        cells = errors.cells(material.weights)
        print(f"| {shown} | {people} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    models = Path(os.environ["OSTIARY_MODELS"])
    store = ModelStore(models, platformdirs.user_cache_path("ostiary") / "models")
    chain = open_chain("retail-0095", store)
    data_set = read_data_set(Path(os.environ["OSTIARY_DATA"], "lfw-dev"))
    looker, seen = Looker(chain, store), []
    for number, picture in enumerate(data_set.pictures):
        if number % 100 == 0:
            print(f"\r{number} of {len(data_set.pictures)}", end="", file=sys.stderr)
        seen.append(looker.look(decode_photograph(read_photograph(picture.path))))
    print("# What betters a reference of three pictures\n")
    for enrolled in (3, 1):
        print(f"\n## Enrolled from {enrolled}, probed with 1\n")
        material = material_of(seen, subjects_of(data_set), chain, enrolled)
        report(material)
        report_probes(material)


if __name__ == "__main__":
    main()
