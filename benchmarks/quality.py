"""What the quality measures are worth, in benchmarks/quality.json and in Markdown.

    OSTIARY_MODELS=... OSTIARY_DATA=... python benchmarks/quality.py

1. Discard: false non-matches per person at the built-in threshold, with 0, 5 and 10 %
   of all pictures discarded, the worst by one measure first. Intervals are over people.
   Beside the components stands the length of the features before they are scaled to 1,
   the kind of number that networks for unified scores are trained to give.
2. Refused: how many pictures each limit turns away, at the gate and at enrolment, and
   how many mated comparisons with at least one of them are missed.
3. Altered: pictures made worse by a program. They show what a measure reacts to, and
   not what people, masks and lamps do.

LFW: every picture against every other of the same person. NUAA: bona fide frames of
different sessions only; five people have two. Where a picture shows several people, the
labelled one counts (LFW: nearest to the middle; NUAA: the largest).
"""

import argparse
import json
import math
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Final, TypeAlias

import cv2
import numpy as np
import platformdirs
from numpy.typing import NDArray

from ostiary.comparison import BUILT_IN_THRESHOLDS
from ostiary.quality import (
    ENROLMENT_LIMITS,
    MEASURES,
    Assessment,
    Component,
    QualityLimits,
    assess,
    flaw_of_aligned,
    flaw_of_face,
    flaw_of_surface,
    unified,
)
from ostiary.quality.flaws import REQUIREMENTS
from ostiary.reasons import Reason
from ostiary.terms import Face, Image, Mesh
from ostiary.vision.chain import FaceChain, open_chain
from ostiary.vision.network import Network
from ostiary.vision.store import ModelStore

DISCARDED: Final = (0.0, 0.05, 0.1)
RESAMPLES: Final = 1000
SAMPLED: Final = 100
"""Pictures of each set that are altered."""

GATE: Final = QualityLimits()
BEFORE: Final = replace(
    GATE,
    pitch_degrees=math.inf,
    under_exposed=math.inf,
    over_exposed=math.inf,
    presence=-math.inf,
    mouth_redness=-math.inf,
    eye_brightness=-math.inf,
    eye_opening=-math.inf,
)
"""As it was without the mesh."""

Floats: TypeAlias = NDArray[np.float64]
Points: TypeAlias = NDArray[np.float32]
Discarded: TypeAlias = dict[str, list[dict[str, float]]]
Alteration: TypeAlias = Callable[[Image, Face, Points], Image]


@dataclass(frozen=True, slots=True)
class DataSet:
    """Where pictures lie, and which face in them is the labelled one."""

    name: str
    paths: Sequence[Path]
    rank: Callable[[Face, Image], float]
    session: Callable[[Path], str]


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of one picture."""

    person: str
    session: str
    assessments: Mapping[Component, Assessment | None]
    features: Points
    length: float
    flaws: Mapping[str, Reason | None]


class Bench:
    """The operational chain, and the extractor's network once more for its lengths."""

    def __init__(self, store: ModelStore) -> None:
        self.chain: FaceChain = open_chain("retail-0095", store)
        self._network = Network(
            store.read("retail-0095", "face-reidentification-retail-0095.xml"),
            store.read("retail-0095", "face-reidentification-retail-0095.bin"),
        )

    def labelled(
        self, image: Image, rank: Callable[[Face, Image], float]
    ) -> Face | None:
        """The face whose rank is highest; None: none is found."""
        faces = self.chain.detector.detect(image)
        return max(faces, key=lambda face: rank(face, image), default=None)

    def features(self, image: Image, face: Face, mesh: Mesh) -> Points:
        """256 float32 of length 1."""
        aligned = self.chain.features.align(image, face, mesh)
        return self.chain.features.extract(aligned).values

    def picture(self, path: Path, data: DataSet) -> Picture | None:
        """Everything about one picture; None: it shows no face."""
        image = load(path)
        face = self.labelled(image, data.rank)
        mesh = None if face is None else self.chain.mesh.look(image, face)
        if face is None or mesh is None:
            return None
        aligned = self.chain.features.align(image, face, mesh).copy()
        return Picture(
            person=path.parent.name,
            session=data.session(path),
            assessments=assess(image, face, mesh, aligned),
            features=self.chain.features.extract(aligned).values,
            length=self._length(aligned),
            flaws={
                name: first_flaw(image, face, mesh, aligned, limits)
                for name, limits in (
                    ("before", BEFORE),
                    ("gate", GATE),
                    ("enrolment", ENROLMENT_LIMITS),
                )
            },
        )

    def _length(self, aligned: Image) -> float:
        np.copyto(self._network.input[0], aligned.transpose(2, 0, 1))
        self._network.run()
        return float(np.linalg.norm(self._network.output))


def load(path: Path) -> Image:
    return np.asarray(cv2.imread(str(path)), np.uint8)


def in_the_middle(face: Face, image: Image) -> float:
    left, top, width, height = face.box
    centre = image.shape[1] / 2, image.shape[0] / 2
    return -math.dist((left + width / 2, top + height / 2), centre)


def size(face: Face, image: Image) -> float:
    del image
    return face.box[2]


def first_flaw(
    image: Image, face: Face, mesh: Mesh, aligned: Image, limits: QualityLimits
) -> Reason | None:
    height, width = image.shape[:2]
    return (
        flaw_of_face(face, width, height, limits)
        or flaw_of_surface(image, mesh, limits)
        or flaw_of_aligned(aligned, limits)
    )


def unaligned_flaw(image: Image, face: Face | None, limits: QualityLimits) -> Reason:
    """Of a picture without a face, or of a face on which no mesh is seen."""
    if face is None:
        return Reason.NO_FACE
    height, width = image.shape[:2]
    return flaw_of_face(face, width, height, limits) or Reason.FACE_COVERED


# Discard.


@dataclass(frozen=True, slots=True)
class Comparisons:
    """All mated comparisons.

    Attributes:
        pairs: n x 2, numbers of pictures.
        scores: n, cosines.
        missed: n, whether the score is below the threshold.
        owner: n, number of the person.
        draws: people drawn again and again, with replacement: resamples x people.
    """

    pairs: NDArray[np.int64]
    scores: Points
    missed: NDArray[np.bool_]
    owner: NDArray[np.int64]
    draws: NDArray[np.int64]

    def per_person(self, left: NDArray[np.bool_]) -> Floats:
        """FNMR of each person; NaN where nothing is left to compare."""
        people = self.draws.shape[1]
        compared = np.bincount(self.owner[left], minlength=people)
        errors = np.bincount(self.owner[left & self.missed], minlength=people)
        with np.errstate(invalid="ignore"):
            return np.asarray(errors / compared, np.float64)

    def resampled(self, rate: Floats) -> Floats:
        """The mean over people, for each draw."""
        return np.asarray(np.nanmean(rate[self.draws], axis=1), np.float64)


def compare_mated(pictures: Sequence[Picture], threshold: float) -> Comparisons:
    """Every picture with every other of the same person, from another session."""
    mated = np.array(
        [
            (one, other)
            for one, other in combinations(range(len(pictures)), 2)
            if pictures[one].person == pictures[other].person
            and pictures[one].session != pictures[other].session
        ]
    )
    features = np.array([picture.features for picture in pictures])
    scores = np.einsum("ij,ij->i", features[mated[:, 0]], features[mated[:, 1]])
    people, owner = np.unique(
        [pictures[one].person for one, _ in mated], return_inverse=True
    )
    draws = np.random.default_rng(1).integers(0, len(people), (RESAMPLES, len(people)))
    return Comparisons(mated, scores, scores < threshold, owner, draws)


def discard(pictures: Sequence[Picture], comparisons: Comparisons) -> Discarded:
    """False non-matches per person, by the measure that is discarded by."""
    return {
        name: [rates(comparisons, quality, share) for share in DISCARDED]
        for name, quality in qualities(pictures).items()
    }


def qualities(pictures: Sequence[Picture]) -> dict[str, Floats]:
    """Higher is better; what could not be assessed is worst of all."""
    by_name = {
        str(name): np.array(
            [share(name, picture.assessments[name]) for picture in pictures]
        )
        for name in MEASURES
    }
    by_name["unified"] = np.array(
        [float(unified(picture.assessments.values())) for picture in pictures]
    )
    by_name["length of features"] = np.array([picture.length for picture in pictures])
    return by_name


def share(name: Component, assessment: Assessment | None) -> float:
    """A component before it is cut off at 0 and 100, to keep the worst in order."""
    measure = MEASURES[name]
    if assessment is None:
        return -math.inf
    return (assessment.native - measure.worst) / (measure.best - measure.worst)


def rates(
    comparisons: Comparisons, quality: Floats, discarded: float
) -> dict[str, float]:
    """FNMR over people, its interval, and that of what was gained."""
    ties = np.random.default_rng(2).permutation(len(quality))
    order = np.lexsort((ties, quality))
    kept = np.ones(len(quality), np.bool_)
    kept[order[: round(discarded * len(quality))]] = False
    left = np.asarray(kept[comparisons.pairs].all(axis=1), np.bool_)
    now = comparisons.per_person(left)
    drawn = comparisons.resampled(now)
    everything = np.ones_like(left)
    before = comparisons.resampled(comparisons.per_person(everything))
    low, high = np.percentile(drawn, [2.5, 97.5])
    least, most = np.percentile(before - drawn, [2.5, 97.5])
    return {
        "discarded": discarded,
        "people": int(np.isfinite(now).sum()),
        "mated": int(left.sum()),
        "fnmr_per_person": rounded(np.nanmean(now)),
        "fnmr_low": rounded(low),
        "fnmr_high": rounded(high),
        "gain_low": rounded(least),
        "gain_high": rounded(most),
    }


def rounded(value: float | np.floating) -> float:
    return round(float(value), 5)


# Refused.


def refused(pictures: Sequence[Picture], comparisons: Comparisons) -> dict[str, object]:
    """Pictures that fail each limit by itself, and by their first flaw."""
    alone = {
        str(name): {
            where: with_any(
                np.array([not met(native(each, name), limits) for each in pictures]),
                comparisons,
            )
            for where, limits in (("gate", GATE), ("enrolment", ENROLMENT_LIMITS))
        }
        for name, (_, met) in REQUIREMENTS.items()
    }
    return {
        "pictures": len(pictures),
        "mated": len(comparisons.missed),
        "missed": rounded(comparisons.missed.mean()),
        "by_limit": alone,
        "in_all": {where: flawed(pictures, where) for where in pictures[0].flaws},
        "by_reason": {
            where: dict(
                Counter(str(p.flaws[where]) for p in pictures if p.flaws[where])
            )
            for where in pictures[0].flaws
        },
    }


def with_any(chosen: NDArray[np.bool_], comparisons: Comparisons) -> dict[str, float]:
    """What became of mated comparisons with at least one chosen picture."""
    touched = chosen[comparisons.pairs].any(axis=1)
    counts: dict[str, float] = {
        "pictures": int(chosen.sum()),
        "mated": int(touched.sum()),
    }
    if not touched.any():
        return counts
    return counts | {
        "missed": rounded(comparisons.missed[touched].mean()),
        "median_score": rounded(np.median(comparisons.scores[touched])),
    }


def native(picture: Picture, name: Component) -> float:
    assessment = picture.assessments[name]
    return math.nan if assessment is None else assessment.native


def flawed(pictures: Sequence[Picture], where: str) -> int:
    return sum(picture.flaws[where] is not None for picture in pictures)


def by_person(pictures: Sequence[Picture]) -> dict[str, dict[str, int]]:
    people: dict[str, list[Picture]] = {}
    for picture in pictures:
        people.setdefault(picture.person, []).append(picture)
    return {
        person: {"pictures": len(own)}
        | {where: flawed(own, where) for where in own[0].flaws}
        for person, own in sorted(people.items())
    }


# Altered.

LUMA: Final = np.array([0.114, 0.587, 0.299], np.float32)
_UNDER_EYES: Final = (197, 174, 217, 126, 142, 36, 50, 123)
_JAW: Final = (
    *(137, 177, 215, 172, 136, 150, 149, 176, 148, 152),
    *(377, 400, 378, 379, 365, 397, 435, 401, 366),
)
_UNDER_EYES_LEFT: Final = (352, 280, 266, 371, 355, 437, 399)
MASK: Final = (*_UNDER_EYES, *_JAW, *_UNDER_EYES_LEFT)
SCARF: Final = (2, 164, 92, 322, 207, 427, 187, 411, *_JAW)
OVAL: Final = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378),
    *(400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21),
    *(54, 103, 67, 109),
)
EYES: Final = (
    # Crease, upper lid and lower lid, from corner to corner.
    (
        (226, 247, 30, 29, 27, 28, 56, 190, 243),
        (33, 246, 161, 160, 159, 158, 157, 173, 133),
        (33, 7, 163, 144, 145, 153, 154, 155, 133),
    ),
    (
        (446, 467, 260, 259, 257, 258, 286, 414, 463),
        (263, 466, 388, 387, 386, 385, 384, 398, 362),
        (263, 249, 390, 373, 374, 380, 381, 382, 362),
    ),
)


def hull(image: Image, points: Points, some: Sequence[int]) -> NDArray[np.float32]:
    """1 inside the hull of some points, 0 outside, with a soft edge; h x w x 1."""
    inside = np.zeros(image.shape[:2], np.uint8)
    corners = np.rint(points[list(some), :2]).astype(np.int32)
    cv2.fillPoly(inside, [cv2.convexHull(corners)], (1,))
    soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 1)
    return np.asarray(soft, np.float32)[..., None]


def painted(some: Sequence[int], colour: tuple[int, int, int] | None) -> Alteration:
    """Cloth over some points, in one colour with the face's own shading; None: skin."""

    def alter(image: Image, face: Face, points: Points) -> Image:
        del face
        inside = hull(image, points, some)
        light = cv2.GaussianBlur(image @ LUMA, (0, 0), image.shape[1] / 40)
        level = float(np.median(light[inside[..., 0] > 0]))
        cloth = skin(image, points) / (0.5 + level / 255) if colour is None else colour
        shaded = np.asarray(cloth) * (light / level)[..., None] * (0.5 + level / 255)
        grain = np.random.default_rng(0).normal(0, 3, image.shape)
        return as_image(image * (1 - inside) + (shaded + grain) * inside)

    return alter


def skin(image: Image, points: Points) -> Floats:
    """The colour of the forehead."""
    x, y = np.rint(points[[104, 333, 336, 107, 9, 151], :2]).astype(np.int64).T
    height, width = image.shape[:2]
    colours = image[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
    return np.asarray(np.median(colours, axis=0), np.float64)


def glasses(image: Image, face: Face, points: Points) -> Image:
    """Dark round glasses."""
    del points
    worn, between = image.copy(), math.dist(face.left_eye, face.right_eye)
    right, left = ((round(x), round(y)) for x, y in (face.right_eye, face.left_eye))
    axes = round(0.38 * between), round(0.28 * between)
    for eye in (right, left):
        cv2.ellipse(worn, eye, axes, 0, 0, 360, (25, 22, 20), -1, cv2.LINE_AA)
    cv2.line(worn, right, left, (25, 22, 20), max(1, round(0.06 * between)))
    return np.asarray(worn, np.uint8)


def lids(image: Image, face: Face, points: Points) -> Image:
    """The upper lids drawn down to the lower ones."""
    del face
    height, width = image.shape[:2]
    across, down = np.meshgrid(
        np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    )
    for eye in EYES:
        curves = [points[list(line), :2] for line in eye]
        start, end = curves[1][:, 0].min(), curves[1][:, 0].max()
        for x in range(max(0, math.ceil(start)), min(width - 1, int(end)) + 1):
            crease, upper, lower = (
                float(np.interp(x, *line[np.argsort(line[:, 0])].T)) for line in curves
            )
            crease = min(crease, upper - 1)
            rows = np.arange(max(0, math.ceil(crease)), min(height, int(lower) + 1))
            stretch = (upper + 0.5 - crease) / max(lower - crease, 1e-3)
            down[rows, x] = crease + (rows - crease) * stretch
    return as_image(cv2.remap(image, across, down, cv2.INTER_LINEAR))


def against_the_light(image: Image, face: Face, points: Points) -> Image:
    """The face at a fifth of its light, all around it bright."""
    del face
    inside = cv2.GaussianBlur(hull(image, points, OVAL), (0, 0), 4)[..., None]
    return as_image(image * 0.2 * inside + (image * 0.5 + 140) * (1 - inside))


def from_one_side(least: float) -> Alteration:
    def alter(image: Image, face: Face, points: Points) -> Image:
        del points
        eyes = math.dist(face.left_eye, face.right_eye)
        steps = (np.arange(image.shape[1]) - face.nose[0]) / eyes
        light = least + (1 - least) / (1 + np.exp(-6 * steps))
        return as_image(image * light[None, :, None])

    return alter


def times(factor: float) -> Alteration:
    """All light by a factor, with the noise of a camera."""

    def alter(image: Image, face: Face, points: Points) -> Image:
        del face, points
        noise = np.random.default_rng(0).normal(0, 3, image.shape)
        return as_image(image * factor + noise)

    return alter


def softened(pixels: float) -> Alteration:
    """Blurred by so many pixels of a face whose eyes are 47 apart (128 aligned)."""

    def alter(image: Image, face: Face, points: Points) -> Image:
        del points
        sigma = pixels * math.dist(face.left_eye, face.right_eye) / 47
        return as_image(cv2.GaussianBlur(image, (0, 0), sigma))

    return alter


def reduced(eyes: float) -> Alteration:
    """The whole picture reduced, to so many pixels between the eyes, amid grey."""

    def alter(image: Image, face: Face, points: Points) -> Image:
        del points
        factor = min(1.0, eyes / math.dist(face.left_eye, face.right_eye))
        small = cv2.resize(
            image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA
        )
        whole = np.full_like(image, 128)
        top = (image.shape[0] - small.shape[0]) // 2
        left = (image.shape[1] - small.shape[1]) // 2
        whole[top : top + small.shape[0], left : left + small.shape[1]] = small
        return whole

    return alter


def as_image(values: NDArray[np.generic] | cv2.typing.MatLike) -> Image:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


ALTERATIONS: Final[Mapping[str, Alteration]] = {
    "none": lambda image, face, points: image,
    "blurred by 2.5 of 128 pixels": softened(2.5),
    "a quarter of the light": times(0.25),
    "an eighth of the light": times(0.125),
    "twice the light": times(2.0),
    "three times the light": times(3.0),
    "light from one side": from_one_side(0.15),
    "against the light": against_the_light,
    "eyes 24 pixels apart": reduced(24),
    "mask, blue": painted(MASK, (190, 160, 110)),
    "mask, white": painted(MASK, (225, 225, 225)),
    "mask, black": painted(MASK, (35, 35, 35)),
    "mask, red": painted(MASK, (60, 60, 190)),
    "mask, skin": painted(MASK, None),
    "scarf over the mouth, grey": painted(SCARF, (110, 110, 110)),
    "scarf over the mouth, red": painted(SCARF, (50, 50, 170)),
    "dark glasses": glasses,
    "lids drawn down": lids,
}


def altered(bench: Bench, data: DataSet) -> dict[str, object]:
    """What each alteration does to features, and which limit notices."""
    samples = []
    for path in data.paths[:: max(1, len(data.paths) // SAMPLED)]:
        image = load(path)
        face = bench.labelled(image, data.rank)
        mesh = None if face is None else bench.chain.mesh.look(image, face)
        if face is not None and mesh is not None:
            features = bench.features(image, face, mesh)
            samples.append((image, face, mesh.points, features))
    return {
        name: altered_by(bench, data, alter, samples)
        for name, alter in ALTERATIONS.items()
    }


def altered_by(
    bench: Bench,
    data: DataSet,
    alter: Alteration,
    samples: Sequence[tuple[Image, Face, Points, Points]],
) -> dict[str, object]:
    reasons: dict[str, Counter[str]] = {"gate": Counter(), "enrolment": Counter()}
    cosines = []
    for original, labelled, points, features in samples:
        image = alter(original, labelled, points)
        face = bench.labelled(image, data.rank)
        mesh = None if face is None else bench.chain.mesh.look(image, face)
        if face is None or mesh is None:
            for where, limits in (("gate", GATE), ("enrolment", ENROLMENT_LIMITS)):
                reasons[where][str(unaligned_flaw(image, face, limits))] += 1
            continue
        aligned = bench.chain.features.align(image, face, mesh)
        for where, limits in (("gate", GATE), ("enrolment", ENROLMENT_LIMITS)):
            flaw = first_flaw(image, face, mesh, aligned, limits)
            if flaw is not None:
                reasons[where][str(flaw)] += 1
        cosines.append(float(features @ bench.features(image, face, mesh)))
    return {
        "pictures": len(samples),
        "cosine_median": rounded(np.median(cosines)),
        "cosine_1_in_10_below": rounded(np.percentile(cosines, 10)),
        "refused": {where: dict(counter) for where, counter in reasons.items()},
    }


# All of it.


def print_discard(name: str, found: Discarded) -> None:
    whole = found["unified"][0]
    print(
        f"\n## {name}: {whole['mated']} mated comparisons of {whole['people']} people"
    )
    print("\nFNMR per person in %, and the interval of what was gained\n")
    print("| discarded first by | 0 % | 5 % | gain | 10 % | gain |")
    print("| --- | --- | --- | --- | --- | --- |")
    for by, (none, some, more) in found.items():
        cells = [f"{100 * none['fnmr_per_person']:.1f}"]
        for row in (some, more):
            cells.append(f"{100 * row['fnmr_per_person']:.1f}")
            low, high = 100 * row["gain_low"], 100 * row["gain_high"]
            cells.append(f"{low:.1f} to {high:.1f}")
        print(f"| {by} | {' | '.join(cells)} |")


def data_sets(data: Path) -> tuple[DataSet, DataSet]:
    return (
        DataSet(
            "LFW",
            sorted(data.glob("lfw-dev/*/*.jpg")),
            in_the_middle,
            lambda path: path.stem,
        ),
        DataSet(
            "NUAA, bona fide",
            sorted(data.glob("nuaa-dev/bona-fide/*/*.jpg")),
            size,
            # Subject, glasses, place, session, frame.
            lambda path: "_".join(path.stem.split("_")[1:4]),
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    arguments = parser.parse_args()
    models = os.environ.get("OSTIARY_MODELS")
    cache = platformdirs.user_cache_path("ostiary") / "models"
    bench = Bench(ModelStore(Path(models) if models else None, cache))
    threshold = BUILT_IN_THRESHOLDS[bench.chain.extractor]
    report: dict[str, object] = {"extractor": bench.chain.extractor}
    for data in data_sets(Path(os.environ["OSTIARY_DATA"])):
        found = [bench.picture(path, data) for path in data.paths]
        pictures = [picture for picture in found if picture is not None]
        comparisons = compare_mated(pictures, threshold)
        discarded = discard(pictures, comparisons)
        print_discard(data.name, discarded)
        report[data.name] = {
            "without_a_face": len(found) - len(pictures),
            "threshold": threshold,
            "discard": discarded,
            "refused": refused(pictures, comparisons),
            "altered_by_a_program": altered(bench, data),
        }
        if data.name.startswith("NUAA"):
            report["NUAA, by subject"] = by_person(pictures)
    arguments.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
