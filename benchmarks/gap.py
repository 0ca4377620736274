"""What lowers the gap between one population and the next, as one Markdown report.

    OSTIARY_MODELS=... OSTIARY_DATA=... python benchmarks/gap.py [--dlib]

A threshold that lets one stranger in 1,000 pass on one set of people lets many more
pass on another. This measures that gap on the development data, and what is said to
lower it: more pictures, mirror images, weights by quality, other rules than the mean,
normalised scores, two extractors. Offline, on research data; features are held in
memory and written nowhere.

Enrolled pictures and frames are drawn anew in each of several splits. NUAA: the frames
come from another session than the enrolled pictures; each pair of people weighs the
same. LFW's people are in two halves, compared within each; whatever learns from other
people (a cohort, a mean, a covariance) learns from the other half, and for NUAA from
all of LFW.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

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
from ostiary.quality import (
    blur,
    flaw_of_aligned,
    flaw_of_face,
    flaw_of_surface,
    inter_eye_distance,
)
from ostiary.reasons import Reason
from ostiary.terms import Face, Features, Image, Mesh
from ostiary.vision.chain import FaceChain, open_chain
from ostiary.vision.dlib_resnet import DlibDetector, DlibResNetExtractor
from ostiary.vision.fused import FusedExtractor
from ostiary.vision.mobilefacenet import MobileFaceNetExtractor
from ostiary.vision.retail0095 import Retail0095Extractor
from ostiary.vision.store import ModelStore

SEED: Final = 20261121
SPLITS: Final = {"LFW": 10, "NUAA": 40}
EVERY: Final = 4
"""Of LFW's people, where dlib has to look at them."""

BOOTSTRAPS: Final = 1000
PEOPLE: Final = 10_000
"""More than any data set has: a pair of people is written as one number."""

COHORT_TOP: Final = 200
"""How many of the closest of the cohort adaptive normalisation looks at (Matejka et
al. 2017 take 200 to 400)."""

Floats: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int64]
Sampler: TypeAlias = Callable[[Image, Face, Mesh], Mapping[str, Floats] | str]


def unit(values: Floats) -> Floats:
    scaled: Floats = values / np.linalg.norm(values, axis=-1, keepdims=True)
    return scaled


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


def labelled(photograph: Photograph, image: Image, faces: Sequence[Face]) -> Face:
    """The face that the name means: nearest to the middle (LFW), or largest (NUAA)."""
    if "nuaa-dev" in photograph.path.parts:
        return max(faces, key=lambda face: face.box[2])
    middle = complex(image.shape[1] / 2, image.shape[0] / 2)
    return min(faces, key=lambda face: abs(centre(face) - middle))


def centre(face: Face) -> complex:
    left, top, width, height = face.box
    return complex(left + width / 2, top + height / 2)


@dataclass(frozen=True, slots=True)
class Gallery:
    """What was measured of each picture of a data set, one row each.

    Attributes:
        name: of the data set.
        persons: whose, as numbers.
        sessions: when, as numbers.
        arrays: features as the networks gave them, by network and side, such as
            `retail` and `retail mirrored`; measures of quality, n x 1.
        failures: pictures without features, by reason.
    """

    name: str
    persons: Ints
    sessions: Ints
    arrays: Mapping[str, Floats] = field(repr=False)
    failures: Counter[str]


def gallery(
    name: str, chain: FaceChain, photographs: Sequence[Photograph], sample: Sampler
) -> Gallery:
    rows: list[Mapping[str, Floats]] = []
    kept: list[Photograph] = []
    failures: Counter[str] = Counter()
    for number, photograph in enumerate(photographs):
        if number % 100 == 0:
            print(f"\r{name}: {number} of {len(photographs)}", end="", file=sys.stderr)
        found = measured(chain, photograph, sample)
        if isinstance(found, str):
            failures[found] += 1
        else:
            rows.append(found)
            kept.append(photograph)
    return Gallery(
        name,
        np.unique([each.person for each in kept], return_inverse=True)[1],
        np.unique([each.session for each in kept], return_inverse=True)[1],
        {key: np.array([row[key] for row in rows]) for key in rows[0]},
        failures,
    )


def measured(
    chain: FaceChain, photograph: Photograph, sample: Sampler
) -> Mapping[str, Floats] | str:
    """Features and quality of a picture, or why it has none: the gate's own limits."""
    image: Image = np.asarray(cv2.imread(str(photograph.path)), np.uint8)
    faces = chain.detector.detect(image)
    if not faces:
        return "no-face"
    face = labelled(photograph, image, faces)
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
    found = sample(image, face, mesh)
    if isinstance(found, str):
        return found
    quality = {
        "sharpness": np.array([1 - blur(aligned)], np.float32),
        "eye distance": np.array([inter_eye_distance(face)], np.float32),
    }
    return quality | dict(found)


# -- Extractors, of one side of a face each, without scaling ---------------------------


class PlainRetail(Retail0095Extractor):
    """What the network says of one side, with its length."""

    def raw(self, aligned: Image) -> Floats:
        """256 numbers of any length."""
        np.copyto(self._network.input[0], aligned.transpose(2, 0, 1))
        self._network.run()
        return self._network.output.copy()


class DetectedRetail(PlainRetail):
    """The same, aligned by the detector's points: retail-0095/1."""

    @override
    def align(self, image: Image, face: Face, mesh: Mesh) -> Image:
        return self._aligned.take(image, face.landmarks)


class Dlib:
    """dlib's network on the face that dlib's own detector finds where ours is."""

    def __init__(self, store: ModelStore) -> None:
        self._detector = DlibDetector(store)
        self._extractor = PlainDlib(store)

    def align(self, image: Image, face: Face, mesh: Mesh) -> Image | None:
        """The face in a square, if it is found."""
        own = self._detector.detect(image)
        near = [
            each for each in own if abs(centre(each) - centre(face)) < face.box[2] / 2
        ]
        return self._extractor.align(image, near[0], mesh) if near else None

    def raw(self, aligned: Image) -> Floats:
        """128 numbers of length 1."""
        return self._extractor.raw(aligned)


class PlainDlib(DlibResNetExtractor):
    """One side."""

    def raw(self, aligned: Image) -> Floats:
        """128 numbers of length 1."""
        return self._sample(aligned).values


class PlainMobileFaceNet(MobileFaceNetExtractor):
    """One side."""

    def raw(self, aligned: Image) -> Floats:
        """128 numbers of any length."""
        np.copyto(self._network.input[0], aligned.transpose(2, 0, 1))
        self._network.run()
        return self._network.output.copy()


class DetectedMobileFaceNet(PlainMobileFaceNet):
    """The same, aligned by the detector's points."""

    @override
    def align(self, image: Image, face: Face, mesh: Mesh) -> Image:
        return self._aligned.take(image, face.landmarks)


Extractor: TypeAlias = PlainRetail | Dlib | PlainMobileFaceNet


def sampler(extractors: Mapping[str, Extractor]) -> Sampler:
    """Takes features of a face and of its mirror image by each extractor."""

    def sample(image: Image, face: Face, mesh: Mesh) -> Mapping[str, Floats] | str:
        found = {}
        for name, extractor in extractors.items():
            aligned = extractor.align(image, face, mesh)
            if aligned is None:
                return f"no-face to {name}"
            found[name] = extractor.raw(aligned)
            found[f"{name} mirrored"] = extractor.raw(aligned[:, ::-1])
        return found

    return sample


# -- Techniques --------------------------------------------------------------------

Take: TypeAlias = Callable[[Gallery], Floats]
"""Features of every picture; a mean of several weighs each by its length."""


def plain(name: str) -> Take:
    return lambda shown: unit(shown.arrays[name])


def mirrored(name: str) -> Take:
    return lambda shown: unit(
        unit(shown.arrays[name]) + unit(shown.arrays[f"{name} mirrored"])
    )


def by_length(name: str) -> Take:
    """Weighed by the length of what the network gave, a known measure of quality."""
    return lambda shown: shown.arrays[name] + shown.arrays[f"{name} mirrored"]


def weighed(name: str, measure: str) -> Take:
    return lambda shown: mirrored(name)(shown) * shown.arrays[measure]


def joined(
    first: str, second: str, weight: float = 1.0, of: Callable[[str], Take] = mirrored
) -> Take:
    """Both extractors' features end to end; the cosine is then the mean of theirs."""
    return lambda shown: unit(
        np.hstack([of(first)(shown), weight**0.5 * of(second)(shown)])
    )


@dataclass(frozen=True, slots=True)
class Others:
    """People who are in no comparison, one row a picture."""

    features: Floats
    persons: Ints

    def one_each(self) -> Floats:
        """The first picture of each."""
        rows = np.unique(self.persons, return_index=True)[1]
        chosen: Floats = self.features[rows]
        return chosen

    def mean(self) -> Floats:
        """Of the first pictures."""
        average: Floats = self.one_each().mean(axis=0)
        return average

    def drawn_alike(self) -> Floats:
        """Nobody's features: as many draws from a Gaussian of their mean and spread."""
        rows = self.one_each()
        generator = np.random.default_rng(SEED)
        drawn = generator.multivariate_normal(rows.mean(axis=0), np.cov(rows.T), 3000)
        return unit(drawn.astype(np.float32))

    def within(self) -> NDArray[np.float64]:
        """Covariance of the pictures of one person about their mean."""
        counts = np.bincount(self.persons)
        sums = np.zeros((len(counts), self.features.shape[1]))
        np.add.at(sums, self.persons, self.features)
        several = counts[self.persons] > 1
        own = self.persons[several]
        about = self.features[several] - sums[own] / counts[own, None]
        covariance: NDArray[np.float64] = np.cov(about.T)
        return covariance


Score: TypeAlias = Callable[[Floats, Floats, Others], Floats]
"""References x enrolled pictures x d, probes x frames x d, others -> scores."""


def means(references: Floats, probes: Floats, others: Others) -> Floats:
    """The product's rule: one mean direction each, and their cosine."""
    del others
    scores: Floats = unit(references.mean(axis=1)) @ unit(probes.mean(axis=1)).T
    return scores


def coded(references: Floats, probes: Floats, others: Others) -> Floats:
    """As `means`, with the reference as a pass carries it."""
    del others
    kept = [read_back(each) for each in unit(references.mean(axis=1))]
    scores: Floats = np.array(kept) @ unit(probes.mean(axis=1)).T
    return scores


def read_back(reference: Floats) -> Floats:
    data = encode_template(Features("any", reference), Coding.INT4)
    template = BiometricReference("any", Coding.INT4, data)
    return decode_template(template, "any", reference.size).values


def of_frames(rule: Callable[[Floats], Floats]) -> Score:
    """One comparison for each frame, and a rule over their scores."""

    def score(references: Floats, probes: Floats, others: Others) -> Floats:
        del others
        mean = unit(references.mean(axis=1))
        return rule(np.einsum("rd,pfd->rpf", mean, unit(probes), optimize=True))

    return score


def lower_of_both(dimensions: int) -> Score:
    """Both extractors have to find them alike: the lower of their two cosines."""

    def score(references: Floats, probes: Floats, others: Others) -> Floats:
        cut = slice(None, dimensions), slice(dimensions, None)
        one, other = (means(references[..., c], probes[..., c], others) for c in cut)
        lower: Floats = np.minimum(one, other)
        return lower

    return score


def centred(references: Floats, probes: Floats, others: Others) -> Floats:
    """Directions from the mean of other people instead of from zero."""
    mean = others.mean()
    return means(unit(references) - mean, unit(probes) - mean, others)


def within_whitened(references: Floats, probes: Floats, others: Others) -> Floats:
    """Centred; what varies within a person counts less (WCCN, Hatch et al. 2006)."""
    mean, spread = others.mean(), others.within()
    spread += np.eye(len(spread)) * np.trace(spread) / len(spread)
    turned = np.linalg.cholesky(np.linalg.inv(spread)).astype(np.float32)
    one, other = (
        ((unit(side) - mean) @ turned).astype(np.float32)
        for side in (references, probes)
    )
    return means(one, other, others)


def normalised(cohort_of: Callable[[Others], Floats]) -> Score:
    """Adaptive symmetric normalisation (Matejka et al. 2017)."""

    def score(references: Floats, probes: Floats, others: Others) -> Floats:
        raw, cohort = means(references, probes, others), cohort_of(others)
        low, narrow = closest(unit(references.mean(axis=1)), cohort)
        other_low, other_narrow = closest(unit(probes.mean(axis=1)), cohort)
        by_reference = (raw - low[:, None]) / narrow[:, None]
        by_probe = (raw - other_low[None]) / other_narrow[None]
        both: Floats = ((by_reference + by_probe) / 2).astype(np.float32)
        return both

    return score


def closest(sides: Floats, cohort: Floats) -> tuple[Floats, Floats]:
    """Mean and deviation of each one's scores with the closest of the cohort."""
    top = np.partition(sides @ cohort.T, -COHORT_TOP, axis=1)[:, -COHORT_TOP:]
    return top.mean(axis=1), top.std(axis=1)


@dataclass(frozen=True, slots=True)
class Technique:
    """A way from pictures to a score."""

    name: str
    take: Take
    score: Score = means


RETAIL: Final = mirrored("retail")
BOTH: Final = joined("retail", "mobile")
BOTH_DETECTED: Final = joined("retail detected", "mobile detected")
AS_BUILT: Final = Technique("retail-0095, mirrored, mean (as built)", RETAIL)

DETECTED: Final = Technique(
    "aligned by the detector's points", mirrored("retail detected")
)
MOBILE: Final = Technique("MobileFaceNet alone", mirrored("mobile"))
FUSED: Final = Technique("both, mean cosine (chain fused)", BOTH)
DLIB: Final = Technique("dlib alone", mirrored("dlib"))

TECHNIQUES: Final = (
    AS_BUILT,
    Technique("as built, reference in int4", RETAIL, coded),
    DETECTED,
    Technique("without mirror images", plain("retail")),
    Technique("centred on LFW", RETAIL, centred),
    Technique("centred, whitened within people", RETAIL, within_whitened),
    Technique("s-norm, cohort of people", RETAIL, normalised(Others.one_each)),
    Technique("s-norm, cohort of nobody", RETAIL, normalised(Others.drawn_alike)),
    MOBILE,
    Technique("both, without mirror images", joined("retail", "mobile", of=plain)),
    FUSED,
    Technique("both, aligned by the detector's points", BOTH_DETECTED),
    Technique("both, reference in int4", BOTH, coded),
    Technique("both, MobileFaceNet twice", joined("retail", "mobile", 2.0)),
    Technique("both, lower cosine", BOTH, lower_of_both(256)),
    Technique("both, s-norm, people", BOTH, normalised(Others.one_each)),
)
"""Of any number of pictures."""

WEIGHTS: Final = (
    Technique("weighed by feature length", by_length("retail")),
    Technique("weighed by sharpness", weighed("retail", "sharpness")),
    Technique("weighed by eye distance", weighed("retail", "eye distance")),
)
"""Of several."""

FRAME_RULES: Final = (
    Technique("best frame", RETAIL, of_frames(lambda each: each.max(axis=2))),
    Technique("worst frame", RETAIL, of_frames(lambda each: each.min(axis=2))),
)
"""Of several frames."""

CHAINS: Final = {
    Retail0095Extractor.identity: AS_BUILT,
    FusedExtractor.identity: FUSED,
}
"""By extractor, how a gate on it compares."""

TABLES: Final[Mapping[tuple[int, int], Sequence[Technique]]] = {
    (1, 1): TECHNIQUES,
    (3, 1): (*TECHNIQUES, *WEIGHTS),
    (3, 3): (*TECHNIQUES, *WEIGHTS, *FRAME_RULES),
}
"""By the pictures enrolled and the frames shown."""

DLIB_TECHNIQUES: Final = (
    AS_BUILT,
    DLIB,
    Technique("retail-0095 and dlib, mean cosine", joined("retail", "dlib")),
)

DLIB_TABLES: Final = {(1, 1): DLIB_TECHNIQUES, (3, 3): DLIB_TECHNIQUES}


# -- Trials ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draw:
    """What one person gives to one split; None where there are too few pictures.

    Attributes:
        person: a number.
        enrolled: rows of the pictures of the reference.
        shown: rows of the frames of the probe.
        mated: whether the two may be compared with each other.
    """

    person: int
    enrolled: Ints | None
    shown: Ints | None
    mated: bool


def draw(
    shown: Gallery, person: int, setup: tuple[int, int], generator: np.random.Generator
) -> Draw:
    enrolled, frames = setup
    own = generator.permutation(np.flatnonzero(shown.persons == person))
    sessions = generator.permutation(np.unique(shown.sessions[own]))
    if shown.name == "NUAA":
        first = own[shown.sessions[own] == sessions[0]]
        last = own[shown.sessions[own] == sessions[-1]]
        mated = len(sessions) > 1
    else:
        first = last = own
        mated = len(own) >= enrolled + frames
    return Draw(
        person,
        first[:enrolled] if len(first) >= enrolled else None,
        last[-frames:] if len(last) >= frames else None,
        mated,
    )


@dataclass(frozen=True, slots=True)
class Scores:
    """All comparisons of one technique on one data set.

    Attributes:
        non_mated: scores.
        pairs: the two people of each, as one number.
        mated: scores.
        persons: the person of each.
        people: how many people there are.
    """

    non_mated: Floats
    pairs: Ints
    mated: Floats
    persons: Ints
    people: int


def compared(
    technique: Technique, shown: Gallery, lfw_shown: Gallery, setup: tuple[int, int]
) -> Scores:
    features = technique.take(shown)
    generator = np.random.default_rng(SEED)
    people = np.unique(shown.persons)
    halves = generator.permutation(people) % 2
    parts: list[Scores] = []
    for _ in range(SPLITS[shown.name]):
        drawn = [draw(shown, person, setup, generator) for person in people]
        if shown.name == "LFW":
            for half in (0, 1):
                inside = [each for each in drawn if halves[each.person] == half]
                outside = halves[shown.persons] != half
                others = Others(features[outside], shown.persons[outside])
                parts.append(of_block(technique, features, inside, others))
        else:
            others = Others(technique.take(lfw_shown), lfw_shown.persons)
            parts.append(of_block(technique, features, drawn, others))
    return Scores(
        np.concatenate([part.non_mated for part in parts]),
        np.concatenate([part.pairs for part in parts]),
        np.concatenate([part.mated for part in parts]),
        np.concatenate([part.persons for part in parts]),
        len(people),
    )


def of_block(
    technique: Technique, features: Floats, drawn: Sequence[Draw], others: Others
) -> Scores:
    enrolled = [(d.person, d.enrolled) for d in drawn if d.enrolled is not None]
    shown = [(d.person, d.shown, d.mated) for d in drawn if d.shown is not None]
    owners = np.array([person for person, _ in enrolled])
    holders = np.array([person for person, _, _ in shown])
    scores = technique.score(
        np.array([features[rows] for _, rows in enrolled]),
        np.array([features[rows] for _, rows, _ in shown]),
        others,
    ).astype(np.float32)
    same = owners[:, None] == holders[None]
    mated = same & np.array([each for _, _, each in shown])[None]
    pairs = owners[:, None] * PEOPLE + holders[None]
    return Scores(scores[~same], pairs[~same], scores[mated], pairs[mated] % PEOPLE, 0)


# -- Rates -------------------------------------------------------------------------


def threshold_at(non_mated: Floats, fmr: float) -> float:
    """Lowest threshold at which no more than that share of scores reaches it."""
    rank = len(non_mated) - int(fmr * len(non_mated)) - 1
    highest = np.partition(non_mated, rank)[rank]
    return float(np.nextafter(highest, np.float32(np.inf)))


def missed(scores: Scores, threshold: float) -> Floats:
    """Each person's FNMR."""
    count = np.bincount(scores.persons)
    below = np.bincount(scores.persons, scores.mated < threshold)
    rates: Floats = (below[count > 0] / count[count > 0]).astype(np.float32)
    return rates


def passed(scores: Scores, threshold: float) -> Floats:
    """FMR of each ordered pair of people, people x people; NaN on the diagonal."""
    table = np.zeros((2, scores.people, scores.people))
    rows, columns = np.divmod(scores.pairs, PEOPLE)
    np.add.at(table[0], (rows, columns), scores.non_mated >= threshold)
    np.add.at(table[1], (rows, columns), 1)
    with np.errstate(invalid="ignore"):
        rates: Floats = (table[0] / table[1]).astype(np.float32)
    return rates


def over_people(rates: Floats) -> str:
    """Mean over people, with a 95 % bootstrap over them; of zero, the rule of 3."""
    if not np.nan_to_num(rates).any():
        people = len(rates)
        independent = people if rates.ndim == 1 else people * (people - 1) // 2
        return f"0 % (to {percent(min(1, 3 / independent))})"
    generator = np.random.default_rng(SEED)
    rows = generator.integers(0, len(rates), (BOOTSTRAPS, len(rates)))
    if rates.ndim == 1:
        means_drawn = rates[rows].mean(axis=1)
    else:
        # Both sides are drawn anew; a person drawn twice is not compared with himself.
        means_drawn = np.array([np.nanmean(rates[np.ix_(r, r)]) for r in rows])
    low, high = np.nanpercentile(means_drawn, [2.5, 97.5])
    return f"{percent(np.nanmean(rates))} ({percent(low)} to {percent(high)})"


def change(differences: Floats) -> str:
    """As `over_people`, of what a technique adds to each person's rate."""
    return over_people(differences) if differences.any() else "none"


def percent(rate: float | np.floating[Any]) -> str:
    return f"{100 * rate:.2g} %"


# -- Report ------------------------------------------------------------------------

FMRS: Final = (1e-3, 1e-4, 1e-5)
"""On LFW."""

SETUPS: Final = ((1, 1), (2, 1), (3, 1), (5, 1), (1, 3), (1, 5), (3, 3), (5, 5))
"""Pictures enrolled and frames shown, for what is built."""

HEADER: Final = (
    "LFW FNMR at FMR 0.01 %",
    "at 0.001 %",
    "the same, less as built",
    "NUAA FMR at LFW's 0.1 %",
    "NUAA FNMR at FMR 0.1 %",
    "LFW FNMR there",
)


def report_header(first: str) -> None:
    print(f"| {' | '.join((first, *HEADER))} |")
    print(f"|{' --- |' * (1 + len(HEADER))}")


def report_row(
    name: str,
    technique: Technique,
    galleries: Mapping[str, Gallery],
    setup: tuple[int, int],
    baseline: Floats | None = None,
) -> Floats:
    """Print a row; each person's FNMR on LFW at 0.001 %, to compare others with."""
    near, far = (
        compared(technique, galleries[each], galleries["LFW"], setup)
        for each in ("LFW", "NUAA")
    )
    loose, tight, tightest = (threshold_at(near.non_mated, fmr) for fmr in FMRS)
    local = threshold_at(far.non_mated, 1e-3)
    own = missed(near, tightest)
    cells = (
        over_people(missed(near, tight)),
        over_people(own),
        "" if baseline is None else change(own - baseline),
        over_people(passed(far, loose)),
        over_people(missed(far, local)),
        over_people(missed(near, local)),
    )
    print(f"| {name} | {' | '.join(cells)} |", flush=True)
    return own


def report(
    tables: Mapping[tuple[int, int], Sequence[Technique]],
    galleries: Mapping[str, Gallery],
) -> None:
    for setup, techniques in tables.items():
        print("\nEnrolled from {}, probed with {}:\n".format(*setup))
        report_header("technique")
        baseline: Floats | None = None
        for technique in techniques:
            own = report_row(technique.name, technique, galleries, setup, baseline)
            baseline = own if technique is AS_BUILT else baseline


def report_finding(
    techniques: Sequence[Technique], galleries: Mapping[str, Gallery]
) -> None:
    """The finding itself: what LFW's thresholds let pass on NUAA."""
    print("\nOne picture against one, at thresholds of LFW:\n")
    print("| technique | LFW FMR | cosine | NUAA FMR, pairs of people | all frames |")
    print("| --- | --- | --- | --- | --- |")
    shown = galleries["NUAA"]
    others = shown.persons[:, None] != shown.persons[None]
    for technique in techniques:
        near, far = (
            compared(technique, each, each, (1, 1)) for each in galleries.values()
        )
        features = technique.take(shown)
        frames = (features @ features.T)[others]
        for fmr in FMRS:
            threshold = threshold_at(near.non_mated, fmr)
            print(
                f"| {technique.name} | {percent(fmr)} | {threshold:.3f} |"
                f" {over_people(passed(far, threshold))} |"
                f" {percent(float((frames >= threshold).mean()))} |"
            )


def report_numbers(galleries: Mapping[str, Gallery]) -> None:
    print("\nAs built, by the number of pictures:\n")
    report_header("enrolled from, probed with")
    for setup in SETUPS:
        report_row("{}, {}".format(*setup), AS_BUILT, galleries, setup)


def report_galleries(galleries: Mapping[str, Gallery]) -> None:
    for shown in galleries.values():
        failed = ", ".join(f"{k} {v}" for k, v in shown.failures.most_common())
        pictures = np.bincount(shown.persons)
        few, many = ((pictures >= least).sum() for least in (2, 6))
        print(
            f"\n{shown.name}: {len(shown.persons)} pictures of {len(pictures)} people,"
            f" {few} of them with two or more, {many} with six or more; not acquired:"
            f" {failed or 'none'}"
        )


def report_built_in(galleries: Mapping[str, Gallery]) -> None:
    """What the gate's own thresholds let pass, and whom it does not know."""
    for identity, technique in CHAINS.items():
        threshold = BUILT_IN_THRESHOLDS[identity]
        print(f"\n{identity}, at its built-in threshold of {threshold}:\n")
        print(
            "| enrolled from, probed with | data | FMR | FNMR | cosine at FMR 0.1 % |"
        )
        print("| --- | --- | --- | --- | --- |")
        for setup in TABLES:
            for name, shown in galleries.items():
                scores = compared(technique, shown, galleries["LFW"], setup)
                row = built_in_row(scores, threshold)
                print("| {}, {} |".format(*setup), name, "|", row, flush=True)


def built_in_row(scores: Scores, threshold: float) -> str:
    false, total = (scores.non_mated >= threshold).sum(), scores.non_mated.size
    return (
        f"{percent(false / total)} ({false} of {total:,}) |"
        f" {over_people(missed(scores, threshold))} |"
        f" {threshold_at(scores.non_mated, FMRS[0]):.3f} |"
    )


CLOSING: Final = """
What this does not show: NUAA has 8 people here, 5 of them in several sessions, so 28
pairs: whether 0.1 % of strangers pass cannot be told from them (3 / 28 is 11 %), and
two or three pairs make the figure. LFW's FNMR is that of people with enough pictures,
and fewer are left the more are enrolled. No interval covers the next site.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--dlib",
        action="store_true",
        help=f"dlib instead, which is slow: every {EVERY}th person of LFW",
    )
    with_dlib = parser.parse_args().dlib
    data, models = Path(os.environ["OSTIARY_DATA"]), Path(os.environ["OSTIARY_MODELS"])
    store = ModelStore(models, platformdirs.user_cache_path("ostiary") / "models")
    sides = sampler(extractors(store, with_dlib=with_dlib))
    sets = {"LFW": lfw(data), "NUAA": nuaa(data)}
    if with_dlib:
        sets["LFW"] = some_people(sets["LFW"])
    chain = open_chain("retail-0095", store)
    galleries = {name: gallery(name, chain, each, sides) for name, each in sets.items()}
    print("# What lowers the gap")
    report_galleries(galleries)
    report_finding((DLIB,) if with_dlib else (AS_BUILT, DETECTED, MOBILE), galleries)
    report(DLIB_TABLES if with_dlib else TABLES, galleries)
    if not with_dlib:
        report_numbers(galleries)
        report_built_in(galleries)
    print(CLOSING)


def extractors(store: ModelStore, *, with_dlib: bool) -> Mapping[str, Extractor]:
    """By the name of what they give."""
    if with_dlib:
        return {"retail": PlainRetail(store), "dlib": Dlib(store)}
    return {
        "retail": PlainRetail(store),
        "mobile": PlainMobileFaceNet(store),
        "retail detected": DetectedRetail(store),
        "mobile detected": DetectedMobileFaceNet(store),
    }


def some_people(photographs: Sequence[Photograph]) -> list[Photograph]:
    people = sorted({each.person for each in photographs})[::EVERY]
    return [each for each in photographs if each.person in set(people)]


if __name__ == "__main__":
    main()
