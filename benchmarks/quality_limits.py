"""What the limits on quality rest on, measured on the development data, in Markdown.

    OSTIARY_MODELS=... OSTIARY_DATA=... python benchmarks/quality_limits.py

Faces found by YuNet, features by retail-0095. Where a picture shows several people, the
labelled one counts (LFW: nearest to the middle; NUAA: the largest). The limit on a
face's share of the zone is measured by `benchmarks/pad.py --why`.
"""

import argparse
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias
from unittest import mock

import cv2
import numpy as np
import platformdirs
from numpy.typing import NDArray

from ostiary.comparison import compare
from ostiary.quality import (
    QualityLimits,
    blur,
    flaw_of_face,
    fraction_outside,
    inter_eye_distance,
    turn,
)
from ostiary.terms import Face, Features, Image
from ostiary.vision.chain import FaceChain, open_chain
from ostiary.vision.store import ModelStore
from ostiary.vision.yunet import SCORE_THRESHOLD, YuNetDetector

LIMITS = QualityLimits()
EYE_DISTANCES = (48.0, LIMITS.inter_eye_pixels, 24.0, 16.0)
SOFTENINGS = (1.5, 2.0, 2.5, 3.0, 4.0)
SMEARS = (5, 9, 13)
TURNS = (0.0, 0.1, 0.2, 0.35, 0.5, 1.0)
OUTSIDE = 0.01
SAMPLED = 500
"""Pictures of each set that are altered and compared."""

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Picture:
    """Where a picture lies, whose it is, and all faces in it."""

    path: Path
    person: str
    width: int
    height: int
    faces: Sequence[Face]
    labelled: Face

    def load(self) -> Image:
        """Read it again: they would not all fit into memory."""
        return load(self.path)

    def is_fit(self) -> bool:
        """Whether the labelled face is, but for blur."""
        return flaw_of_face(self.labelled, self.width, self.height, LIMITS) is None


def load(path: Path) -> Image:
    return np.asarray(cv2.imread(str(path)), np.uint8)


def detect_all(
    paths: Sequence[Path], chain: FaceChain, rank: Callable[[Face, Image], float]
) -> list[Picture]:
    """All pictures with faces; the labelled one has the highest rank."""
    found = []
    for path in paths:
        image = load(path)
        height, width = image.shape[:2]
        faces = chain.detector.detect(image)
        if faces:
            ranks = [rank(face, image) for face in faces]
            labelled = faces[ranks.index(max(ranks))]
            person = path.parent.name
            found.append(Picture(path, person, width, height, faces, labelled))
    return found


def in_the_middle(face: Face, image: Image) -> float:
    left, top, width, height = face.box
    centre = image.shape[1] / 2, image.shape[0] / 2
    return -math.dist((left + width / 2, top + height / 2), centre)


def size(face: Face, image: Image) -> float:
    del image
    return face.box[2]


def report_detector(paths: dict[str, list[Path]], store: ModelStore) -> None:
    print(f"\n## Pictures without a face, by score (limit {SCORE_THRESHOLD:g})\n")
    for threshold in (0.9, 0.8, 0.7):
        with mock.patch("ostiary.vision.yunet.SCORE_THRESHOLD", threshold):
            detector = YuNetDetector(store)
            for name, own in paths.items():
                missed = sum(not detector.detect(load(path)) for path in own)
                print(f"- at {threshold:g}, {name}: {missed} of {len(own)}")


def report_faces(name: str, pictures: Sequence[Picture]) -> None:
    """What can be told from the faces alone."""
    faces = [picture.labelled for picture in pictures]
    ratios = [face.box[3] / inter_eye_distance(face) for face in faces]
    eyes = LIMITS.inter_eye_pixels
    print(f"\n## {name}, {len(pictures)} pictures\n")
    print(
        f"- {eyes:g} pixels between the eyes: box {eyes * np.median(ratios):.0f} high"
    )
    outside = [fraction_outside(p.labelled, p.width, p.height) for p in pictures]
    past = np.mean(np.array(outside) >= OUTSIDE)
    print(f"- {OUTSIDE:g} of the box or more outside the picture: {percent(past)}")
    turns = np.abs([turn(face) for face in faces])
    print(f"- turn: 98 in 100 below {np.percentile(turns, 98):.2f}")
    several = [len(picture.faces) > 1 for picture in pictures]
    print(f"- several faces of any size: {percent(np.mean(several))}")
    near = [
        sum(face.box[3] >= LIMITS.zone_pixels for face in picture.faces) > 1
        for picture in pictures
    ]
    print(
        f"- several faces {LIMITS.zone_pixels:g} pixels high: {percent(np.mean(near))}"
    )


def report_sizes(chain: FaceChain, pictures: Sequence[Picture]) -> None:
    """How far features move when a face is reduced, over all larger than that."""
    print("\nReduced to an eye distance: cosine to the features of the original\n")
    for pixels in EYE_DISTANCES:
        cosines: list[float] = []
        for picture in pictures:
            factor = pixels / inter_eye_distance(picture.labelled)
            if factor < 1:
                cosines += cosine_when_reduced(chain, picture, factor)
        print(f"- {pixels:g} pixels: {spread(cosines)}")


def cosine_when_reduced(
    chain: FaceChain, picture: Picture, factor: float
) -> Sequence[float]:
    """Reduced and enlarged again, so that the face is found where it was; if it is."""
    image = picture.load()
    whole = picture.width, picture.height
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    coarse = np.asarray(cv2.resize(small, whole), np.uint8)
    found = [
        features(chain, face)
        for each in (image, coarse)
        for face in aligned(chain, each, picture.labelled)
    ]
    return [compare(original, other) for original, other in pairwise(found)]


def report_blur(chain: FaceChain, pictures: Sequence[Picture]) -> None:
    faces = [face for p in pictures for face in aligned(chain, p.load(), p.labelled)]
    print(f"\nBlur above {LIMITS.blur:g}, and cosine to the features of the original\n")
    alterations: dict[str, Callable[[Image], Image]] = {"as taken": np.copy}
    for sigma in SOFTENINGS:
        alterations[f"softened by {sigma:g} pixels of 128"] = softened(sigma)
    for length in SMEARS:
        alterations[f"smeared over {length}"] = smeared(length)
    originals = [features(chain, face) for face in faces]
    for name, alter in alterations.items():
        altered = [alter(face) for face in faces]
        flagged = np.mean([blur(face) > LIMITS.blur for face in altered])
        cosines = [
            compare(original, features(chain, face))
            for original, face in zip(originals, altered, strict=True)
        ]
        print(f"- {name}: {percent(flagged)}; {spread(cosines)}")


def softened(sigma: float) -> Callable[[Image], Image]:
    return lambda face: np.asarray(cv2.GaussianBlur(face, (0, 0), sigma), np.uint8)


def smeared(length: int) -> Callable[[Image], Image]:
    return lambda face: np.asarray(cv2.blur(face, (length, 1)), np.uint8)


def report_turns(chain: FaceChain, pictures: Sequence[Picture]) -> None:
    """Mated scores against the least turned picture of the same person."""
    people: dict[str, list[Picture]] = {}
    for picture in pictures:
        people.setdefault(picture.person, []).append(picture)
    turns, scores = [], []
    for own in people.values():
        seen = [
            (abs(turn(picture.labelled)), features(chain, face))
            for picture in own
            for face in aligned(chain, picture.load(), picture.labelled)
        ]
        (_, reference), *others = sorted(seen, key=lambda each: each[0])
        turns += [turned for turned, _ in others]
        scores += [compare(reference, probe) for _, probe in others]
    print("\nMated scores against the person's least turned picture, by turn\n")
    for low, high in pairwise(TURNS):
        chosen = [s for t, s in zip(turns, scores, strict=True) if low <= t < high]
        print(f"- {low:g} to {high:g}: {spread(chosen)}")


def aligned(chain: FaceChain, image: Image, face: Face) -> Sequence[Image]:
    """The face in its square; none, where no mesh is seen."""
    mesh = chain.mesh.look(image, face)
    return [] if mesh is None else [chain.features.align(image, face, mesh).copy()]


def features(chain: FaceChain, face: Image) -> Features:
    return chain.features.extract(face)


def spread(values: Sequence[float]) -> str:
    if not values:
        return "none"
    low, median = np.percentile(values, [1, 50])
    return f"median {median:.2f}, 1 in 100 below {low:.2f}, of {len(values)}"


def percent(rate: float | np.floating) -> str:
    return f"{100 * rate:.1f} %"


def sample(pictures: Sequence[Picture]) -> list[Picture]:
    fit = [picture for picture in pictures if picture.is_fit()]
    return fit[:: max(1, len(fit) // SAMPLED)]


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    data = Path(os.environ["OSTIARY_DATA"])
    models = os.environ.get("OSTIARY_MODELS")
    cache = platformdirs.user_cache_path("ostiary") / "models"
    store = ModelStore(Path(models) if models else None, cache)
    chain = open_chain("retail-0095", store)
    lfw = sorted(data.glob("lfw-dev/*/*.jpg"))
    nuaa = sorted(data.glob("nuaa-dev/*/*/*.jpg"))
    bona_fide = sorted(data.glob("nuaa-dev/bona-fide/*/*.jpg"))
    print("# What the limits on quality rest on")
    report_detector({"LFW": lfw, "NUAA, prints too": nuaa}, store)
    for name, paths, rank in (("LFW", lfw, in_the_middle), ("NUAA", bona_fide, size)):
        pictures = detect_all(paths, chain, rank)
        report_faces(name, pictures)
        report_sizes(chain, sample(pictures))
        report_blur(chain, sample(pictures))
        report_turns(chain, pictures)


if __name__ == "__main__":
    main()
