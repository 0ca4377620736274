"""Error rates of the extractors on the development data, as one Markdown report.

    OSTIARY_MODELS=... OSTIARY_DATA=... python benchmarks/error_rates.py [CHAIN...]

What `ostiary evaluate verification` does not measure: thresholds of one set on the
other, extractors without mirror images, other codings and precisions. Features are held
in memory until the run ends and are written nowhere.

LFW: photographs of public persons from the news. NUAA: a few people of one laboratory
before one webcam, in sessions. A mated comparison on NUAA is across sessions. Only the
labelled person of a picture is used (LFW: nearest to the middle; NUAA: the largest);
the limits on quality are the gate's own.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import platformdirs
from numpy.typing import NDArray
from typing_extensions import override

from ostiary.comparison import BUILT_IN_THRESHOLDS
from ostiary.credential.template import (
    BiometricReference,
    Coding,
    decode_template,
    encode_template,
)
from ostiary.evaluation.acquisition import Floats
from ostiary.evaluation.intervals import Interval, draw_people
from ostiary.evaluation.rates import bin_at_fmr, false_match_counts, personal_rates
from ostiary.evaluation.scores import (
    Mated,
    bin_of_threshold,
    bins_of,
    mated_scores,
    non_mated_histogram,
    threshold_of,
)
from ostiary.evaluation.trials import Integers, Side, Subjects, Trial, windows
from ostiary.quality import flaw_of_aligned, flaw_of_face, flaw_of_surface
from ostiary.reasons import Reason
from ostiary.terms import Face, Features, Image
from ostiary.vision.chain import FaceChain, open_chain
from ostiary.vision.dlib_resnet import DlibResNetExtractor
from ostiary.vision.network import Network, Precision
from ostiary.vision.retail0095 import Retail0095Extractor
from ostiary.vision.store import ModelStore

SEED = 20261121
IMAGES_OF_SLOW_CHAINS = 2000
SPLITS = 10
FMRS = (1e-3, 1e-4, 1e-5)
GROUP = 3
"""Pictures to enrol from, and frames to probe with, at most."""

YES_NO = {True: "yes", False: "no"}
PRECISIONS: tuple[Precision, ...] = ("f32", "bf16")


# -- Extractors that the gate does not use ------------------------------------------


class PlainRetail0095(Retail0095Extractor):
    """Without the mirror image, at any precision."""

    def __init__(self, store: ModelStore, *, precision: Precision = "f32") -> None:
        super().__init__(store)
        self._network = Network(
            store.read("retail-0095", "face-reidentification-retail-0095.xml"),
            store.read("retail-0095", "face-reidentification-retail-0095.bin"),
            precision=precision,
        )

    @override
    def extract(self, aligned: Image) -> Features:
        return self._sample(aligned)


class PlainDlibResNet(DlibResNetExtractor):
    """Without the mirror image."""

    @override
    def extract(self, aligned: Image) -> Features:
        return self._sample(aligned)


PLAIN = {"retail-0095": PlainRetail0095, "dlib-resnet": PlainDlibResNet}


# -- Pictures ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Photograph:
    """Where a picture lies, and whose it is."""

    path: Path
    person: str
    session: str


def lfw(data: Path) -> list[Photograph]:
    paths = sorted(data.glob("lfw-dev/*/*.jpg"))
    return [Photograph(path, path.parent.name, path.stem) for path in paths]


def nuaa(data: Path) -> list[Photograph]:
    paths = sorted(data.glob("nuaa-dev/bona-fide/*/*.jpg"))
    return [Photograph(p, p.parent.name, p.stem.rsplit("_", 1)[0]) for p in paths]


def nearest_to_the_middle(image: Image, faces: Sequence[Face]) -> Face:
    middle = np.array(image.shape[1::-1]) / 2
    return min(faces, key=lambda face: float(np.hypot(*(centre(face) - middle))))


def largest(image: Image, faces: Sequence[Face]) -> Face:
    del image
    return max(faces, key=lambda face: face.box[2])


def centre(face: Face) -> NDArray[np.float64]:
    left, top, width, height = face.box
    return np.array([left + width / 2, top + height / 2])


# -- Features ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gallery:
    """Features of many pictures, plain and mirrored, and whose they are."""

    plain: Floats
    mirrored: Floats
    persons: NDArray[np.int64]
    sessions: NDArray[np.int64]
    failures: Counter[str]

    def both(self) -> Floats:
        """Each picture fused with its mirror image, as the gate does."""
        return unit(self.plain + self.mirrored)


def unit(values: Floats) -> Floats:
    lengths = np.linalg.norm(values, axis=-1, keepdims=True)
    scaled: Floats = values / lengths
    return scaled


def extract(
    chain: FaceChain,
    photographs: Sequence[Photograph],
    labelled: Callable[[Image, Sequence[Face]], Face],
) -> Gallery:
    rows: list[tuple[Floats, Floats, str, str]] = []
    failures: Counter[str] = Counter()
    for number, photograph in enumerate(photographs):
        progress(chain.name, number, len(photographs))
        found = features_of(chain, load(photograph.path), labelled)
        if isinstance(found, str):
            failures[found] += 1
        else:
            rows.append((*found, photograph.person, photograph.session))
    return Gallery(
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows]),
        np.unique([row[2] for row in rows], return_inverse=True)[1],
        np.unique([row[3] for row in rows], return_inverse=True)[1],
        failures,
    )


def features_of(
    chain: FaceChain,
    image: Image,
    labelled: Callable[[Image, Sequence[Face]], Face],
) -> tuple[Floats, Floats] | str:
    faces = chain.detector.detect(image)
    if not faces:
        return "no-face"
    face = labelled(image, faces)
    height, width = image.shape[:2]
    flaw = flaw_of_face(face, width, height, chain.limits)
    mesh = chain.mesh.look(image, face)
    if mesh is None:
        return (flaw or Reason.FACE_COVERED).value
    flaw = flaw or flaw_of_surface(image, mesh, chain.limits)
    aligned = chain.features.align(image, face, mesh)
    flaw = flaw or flaw_of_aligned(aligned, chain.limits)
    if flaw is not None:
        return flaw.value
    plain = chain.features.extract(aligned).values
    mirrored = np.ascontiguousarray(aligned[:, ::-1])
    return plain, chain.features.extract(mirrored).values


def load(path: Path) -> Image:
    return np.asarray(cv2.imread(str(path)), np.uint8)


def progress(name: str, number: int, total: int) -> None:
    if number % 100 == 0:
        print(f"\r{name}: {number} of {total}", end="", file=sys.stderr)


# -- Rates -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compared:
    """How many non-mated scores lie from each bin on, and the mated ones."""

    counts: Integers
    mated: Mated
    people: int

    def threshold(self, fmr: float) -> float:
        """The lowest at which no more than that share of strangers passes."""
        return threshold_of(bin_at_fmr(self.counts, fmr))

    def false_matches(self, threshold: float) -> int:
        """How many strangers pass."""
        return int(self.counts[bin_of_threshold(threshold)])

    def fmr(self, threshold: float) -> float:
        """Which share of them that is."""
        return self.false_matches(threshold) / int(self.counts[0])

    def fnmr(self, threshold: float) -> tuple[float, Interval]:
        """Mean over persons of each one's, and its interval."""
        rates = personal_rates(self.mated, [bin_of_threshold(threshold)])
        [interval] = rates.intervals(draw_people(self.people))
        return float(rates.mean()[0]), interval


def silent(done: int, total: int) -> None:
    """Nobody watches: it takes seconds."""


def compare_all(gallery: Gallery, *, across_sessions: bool) -> Compared:
    """Every picture with every other one, each pair once."""
    sittings = gallery.sessions if across_sessions else gallery.persons
    side = side_of(gallery.both(), gallery.persons, sittings)
    people = int(gallery.persons.max()) + 1
    trial = Trial(people=people, references=side, probes=side, across=across_sessions)
    counts = false_match_counts(non_mated_histogram(trial, silent))
    return Compared(counts, mated_scores(trial), people)


def side_of(values: Floats, persons: Integers, sittings: Integers) -> Side:
    """One entry for each row of features."""
    subjects = Subjects(names=(), persons=persons, sittings=sittings, across=True)
    return Side(windows=windows(subjects, 1), features=(values,))


# -- Enrolment and probes ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Setup:
    """How references and probes are made."""

    enrolled: int = 1
    mirrored_reference: bool = True
    frames: int = 1
    mirrored_probe: bool = True
    coding: str = "none"


def setups(coding: str) -> tuple[Setup, ...]:
    return (
        Setup(mirrored_reference=False, mirrored_probe=False),
        Setup(mirrored_probe=False),
        Setup(),
        Setup(frames=3),
        Setup(enrolled=3, mirrored_reference=False, mirrored_probe=False),
        Setup(enrolled=3, mirrored_probe=False),
        Setup(enrolled=3),
        Setup(enrolled=3, coding="int8"),
        Setup(enrolled=3, coding="int4"),
        Setup(enrolled=3, coding="int4 x 2.5"),
        Setup(enrolled=3, coding="int4 x 3.5"),
        Setup(enrolled=3, frames=3),
        Setup(enrolled=3, frames=3, coding=coding),
    )


def compare_splits(gallery: Gallery, setup: Setup, chain: FaceChain) -> Compared:
    """For persons with six pictures or more: some enrol, three others are probes.

    On data with sessions, the probes come from other sessions than the reference.
    """
    generator = np.random.default_rng(SEED)
    enrolling = gallery.both() if setup.mirrored_reference else gallery.plain
    probing = gallery.both() if setup.mirrored_probe else gallery.plain
    references, probes, persons = [], [], []
    for person in np.unique(gallery.persons):
        for _ in range(SPLITS):
            split = split_of(gallery, person, generator)
            if split is None:
                continue
            enrolled, shown = split
            mean = unit(enrolling[enrolled[: setup.enrolled]].mean(axis=0))
            references.append(coded(mean, setup.coding, chain))
            probes.append(unit(probing[shown[: setup.frames]].mean(axis=0)))
            persons.append(person)
    return compare_split(np.array(references), np.array(probes), np.array(persons))


def compare_split(references: Floats, probes: Floats, persons: Integers) -> Compared:
    """Each reference with its own split's probe, and with those of other persons."""
    people = int(persons.max()) + 1
    trial = Trial(
        people=people,
        references=side_of(references, persons, persons),
        probes=side_of(probes, persons, persons),
        across=False,
    )
    splits = np.arange(len(persons))
    own = np.einsum("nd,nd->n", references, probes)
    mated = Mated(bins=bins_of(own), persons=persons, references=splits, probes=splits)
    counts = false_match_counts(non_mated_histogram(trial, silent))
    return Compared(counts, mated, people)


def split_of(
    gallery: Gallery, person: int, generator: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Three pictures to enrol and three to probe with, of other sessions."""
    own = generator.permutation(np.flatnonzero(gallery.persons == person))
    sessions = gallery.sessions[own]
    if len(np.unique(sessions)) == len(own):
        enough = len(own) >= 2 * GROUP
        return (own[:GROUP], own[GROUP : 2 * GROUP]) if enough else None
    enrolled = own[sessions == sessions[0]][:GROUP]
    shown = own[sessions != sessions[0]]
    shown = shown[gallery.sessions[shown] == gallery.sessions[shown[:1]]][:GROUP]
    return (enrolled, shown) if len(enrolled) == len(shown) == GROUP else None


def coded(reference: Floats, coding: str, chain: FaceChain) -> Floats:
    """What a gate reads back of a reference."""
    if coding == "none":
        return reference
    if " x " in coding:
        scale = float(coding.split(" x ")[1]) * np.sqrt(reference.size)
        return unit(np.clip(np.rint(reference * scale), -7, 7).astype(np.float32))
    name = chain.extractor
    data = encode_template(Features(name, reference), Coding(coding))
    template = BiometricReference(name, Coding(coding), data)
    return decode_template(template, name, chain.dimensions).values


# -- Report ------------------------------------------------------------------------


def percent(rate: float) -> str:
    return f"{100 * rate:.3g} %"


def report_chain(chain: FaceChain, galleries: dict[str, Gallery]) -> None:
    print(f"\n## {chain.extractor}\n")
    for name, gallery in galleries.items():
        failed = ", ".join(f"{k} {v}" for k, v in gallery.failures.most_common())
        print(
            f"- {name}: {len(gallery.persons)} pictures of"
            f" {len(np.unique(gallery.persons))} people;"
            f" failures to acquire: {failed or 'none'}"
        )
    compared = {
        name: compare_all(gallery, across_sessions=name == "NUAA")
        for name, gallery in galleries.items()
    }
    report_single(chain, compared)
    for name, gallery in galleries.items():
        report_setups(chain, name, gallery)


def report_single(chain: FaceChain, compared: dict[str, Compared]) -> None:
    """One picture against one picture, both mirrored."""
    chosen = {f"LFW FMR {fmr:g}": compared["LFW"].threshold(fmr) for fmr in FMRS}
    chosen["NUAA FMR 0.001"] = compared["NUAA"].threshold(1e-3)
    built_in = BUILT_IN_THRESHOLDS.get(chain.extractor)
    if built_in is not None:
        chosen["built in"] = built_in
    print("\nOne picture against one other, each with its mirror image:\n")
    print("| threshold | cosine | data | FMR | FNMR per person (95 %) |")
    print("| --- | --- | --- | --- | --- |")
    for label, threshold in chosen.items():
        for name, each in compared.items():
            false = each.false_matches(threshold)
            fmr = f"{percent(each.fmr(threshold))} ({false})"
            rate, interval = each.fnmr(threshold)
            bounds = f"{percent(interval.low)} to {percent(interval.high)}"
            fnmr = f"{percent(rate)} ({bounds})"
            print(f"| {label} | {threshold:.3f} | {name} | {fmr} | {fnmr} |")
    for name, each in compared.items():
        print(
            f"\n{name}: {int(each.counts[0]):,} non-mated and"
            f" {len(each.mated.bins):,} mated comparisons, of"
            f" {len(np.unique(each.mated.persons))} people with several pictures."
        )


def report_setups(chain: FaceChain, name: str, gallery: Gallery) -> None:
    built_in = BUILT_IN_THRESHOLDS.get(chain.extractor)
    print(
        f"\n{name}, people with six pictures or more (three to enrol, three others):\n"
    )
    print(
        "| enrolled | mirrored | frames | mirrored | coding | FNMR at FMR 0.1 %"
        " | at 0.01 % | FMR / FNMR as built in |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    compared = {
        setup: compare_splits(gallery, setup, chain)
        for setup in setups(chain.coding.value)
    }
    for setup, each in compared.items():
        print(report_setup(setup, each, built_in))
    plain = compared[Setup()]
    print(
        f"\nEach row: {int(plain.counts[0]) + len(plain.mated.bins):,} comparisons of"
        f" {len(np.unique(plain.mated.persons))} people, in {SPLITS} splits each."
    )


def report_setup(setup: Setup, compared: Compared, built_in: float | None) -> str:
    cells = [
        str(setup.enrolled),
        YES_NO[setup.mirrored_reference],
        str(setup.frames),
        YES_NO[setup.mirrored_probe],
        setup.coding,
    ]
    for fmr in FMRS[:2]:
        rate, _ = compared.fnmr(compared.threshold(fmr))
        cells.append(percent(rate))
    if built_in is not None:
        rate, _ = compared.fnmr(built_in)
        cells.append(f"{percent(compared.fmr(built_in))} / {percent(rate)}")
    return f"| {' | '.join(cells)} |"


def report_precisions(store: ModelStore, photographs: Sequence[Photograph]) -> None:
    """How far bf16 features lie from f32 ones, and what they save."""
    chain = open_chain("retail-0095", store)
    faces = [face for p in photographs for face in aligned(chain, load(p.path))]
    extracted: dict[Precision, Floats] = {}
    seconds: dict[Precision, float] = {}
    for precision in PRECISIONS:
        extractor = PlainRetail0095(store, precision=precision)
        start = time.perf_counter()
        extracted[precision] = np.array([extractor.extract(f).values for f in faces])
        seconds[precision] = (time.perf_counter() - start) / len(faces)
    cosines = (extracted["f32"] * extracted["bf16"]).sum(axis=1)
    low, median = np.percentile(cosines, [1, 50])
    print(
        f"\nretail-0095 in bf16 against f32, {len(faces)} pictures of LFW: cosine"
        f" {median:.4f} (1 in 100 below {low:.4f}); {1e3 * seconds['bf16']:.1f} ms"
        f" against {1e3 * seconds['f32']:.1f} ms."
    )


def aligned(chain: FaceChain, image: Image) -> Sequence[Image]:
    """The face in its square; none, where no mesh is seen."""
    face = nearest_to_the_middle(image, chain.detector.detect(image))
    mesh = chain.mesh.look(image, face)
    return [] if mesh is None else [chain.features.align(image, face, mesh).copy()]


CLOSING = """
What this does not show: pictures of a person here are correlated (NUAA: frames of one
session; LFW: news of one day), so intervals over people are wide on NUAA and no
interval covers the next site's people, camera or light. Beyond FMR 0.001 % LFW's wrong
labels dominate. A rate of zero in n independent comparisons means no more than 3/n, and
these are not independent. Calibrate at the site.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chains", nargs="*", default=["retail-0095", "dlib-resnet"])
    chosen = parser.parse_args().chains
    data = Path(os.environ["OSTIARY_DATA"])
    models = os.environ.get("OSTIARY_MODELS")
    cache = platformdirs.user_cache_path("ostiary") / "models"
    store = ModelStore(Path(models) if models else None, cache)
    print("# Error rates of the extractors")
    for name in chosen:
        whole = open_chain(name, store)
        chain = replace(whole, features=PLAIN[name](store))
        photographs = lfw(data)
        if name == "dlib-resnet":
            generator = np.random.default_rng(SEED)
            kept = generator.permutation(len(photographs))[:IMAGES_OF_SLOW_CHAINS]
            photographs = [photographs[index] for index in sorted(kept)]
            print(f"\n{name}: a random {len(photographs)} pictures of LFW (slow).")
        galleries = {
            "LFW": extract(chain, photographs, nearest_to_the_middle),
            "NUAA": extract(chain, nuaa(data), largest),
        }
        chain.forget()
        report_chain(chain, galleries)
    report_precisions(store, lfw(data)[::25])
    print(CLOSING)


if __name__ == "__main__":
    main()
