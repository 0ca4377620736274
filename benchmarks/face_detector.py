"""Whether YuNet finds the same faces as OpenCV's own run of it, and how much sooner.

    OSTIARY_MODELS=... OSTIARY_DATA=... python benchmarks/face_detector.py

Both run on one thread, in turn on every picture; in Markdown. Times are of the
processor, so that what else the machine does counts little. What it does not show:
other processors, where the last bits may differ.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import platformdirs
from cv2.typing import MatLike
from numpy.typing import NDArray

from ostiary.capture.photographs import load_photograph
from ostiary.terms import Image
from ostiary.vision.store import ModelStore
from ostiary.vision.yunet import SCORE_THRESHOLD, YuNetDetector

OVERLAP: Final = 0.3
MOST_CANDIDATES: Final = 50

Rows = NDArray[np.float64]
"""Faces: a box and five points, 14 columns, in pixels."""

Detect = Callable[[Image], Rows]


@dataclass(frozen=True, slots=True)
class Pair:
    """What both detectors did on one picture.

    Attributes:
        faces: how many OpenCV found.
        box: largest difference of a box, in pixels; None: their counts differ.
        points: the same of the points.
        spent: milliseconds of the processor, OpenCV's first.
    """

    faces: int
    box: float | None
    points: float | None
    spent: tuple[float, float]


def opencv(store: ModelStore) -> Detect:
    """OpenCV's own detector with the same limits."""
    network = cv2.FaceDetectorYN.create(
        "onnx",
        np.frombuffer(store.read("yunet", "face_detection_yunet_2023mar.onnx"), "u1"),
        np.zeros(0, np.uint8),
        (640, 640),
        SCORE_THRESHOLD,
        OVERLAP,
        MOST_CANDIDATES,
    )

    def detect(image: Image) -> Rows:
        network.setInputSize((image.shape[1], image.shape[0]))
        answer: tuple[int, MatLike | None] = network.detect(image)
        rows = np.zeros(0) if answer[1] is None else answer[1]
        return np.asarray(rows, np.float64).reshape(-1, 15)[:, :14]

    return detect


def ours(store: ModelStore) -> Detect:
    """The detector of the gate."""
    detector = YuNetDetector(store)

    def detect(image: Image) -> Rows:
        faces = detector.detect(image)
        rows = [[*face.box, *face.landmarks.ravel().tolist()] for face in faces]
        return np.reshape(rows, (-1, 14)).astype(np.float64)

    return detect


def timed(detect: Detect, image: Image) -> tuple[Rows, float]:
    began = time.process_time()
    found = detect(image)
    return found, 1000 * (time.process_time() - began)


def both(theirs: Detect, mine: Detect, image: Image) -> Pair:
    """Run both on one picture."""
    expected, before = timed(theirs, image)
    found, after = timed(mine, image)
    if len(found) != len(expected):
        return Pair(len(expected), None, None, (before, after))
    apart = np.abs(found - expected)
    box, points = apart[:, :4].max(initial=0), apart[:, 4:].max(initial=0)
    return Pair(len(expected), float(box), float(points), (before, after))


def report(name: str, pairs: Sequence[Pair]) -> None:
    boxes = [pair.box for pair in pairs if pair.box is not None]
    points = [pair.points for pair in pairs if pair.points is not None]
    before, after = np.median([pair.spent for pair in pairs], axis=0)
    cells = (
        name,
        len(pairs),
        sum(pair.faces for pair in pairs),
        len(pairs) - len(boxes),
        f"{max(boxes):.5f}",
        f"{max(points):.5f}",
        f"{before:.1f}",
        f"{after:.1f}",
        f"{before / after:.1f}",
    )
    print("|", " | ".join(map(str, cells)), "|")


def as_zone(picture: Image) -> Image:
    """A frame of 640x480 as the standing zone of a camera of 1280x720."""
    return np.pad(picture, ((120, 120), (0, 0), (0, 0)), mode="edge")


def pictures(paths: Iterable[Path]) -> Iterable[Image]:
    """One after another."""
    return map(load_photograph, paths)


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    cv2.setNumThreads(1)
    data = Path(os.environ["OSTIARY_DATA"])
    models = os.environ.get("OSTIARY_MODELS")
    cache = platformdirs.user_cache_path("ostiary") / "models"
    store = ModelStore(Path(models) if models else None, cache)
    lfw = sorted(data.glob("lfw-dev/*/*.jpg"))
    nuaa = sorted(data.glob("nuaa-dev/*/*/*.jpg"))
    sets = {
        "LFW, 250x250": pictures(lfw),
        "NUAA, 640x480": pictures(nuaa),
        "NUAA in a zone of 640x720": map(as_zone, pictures(nuaa[::5])),
    }
    theirs, mine = opencv(store), ours(store)
    print("# YuNet in OpenVINO beside YuNet in OpenCV\n")
    print("| data | pictures | faces | other count | box, px | points, px ", end="")
    print("| OpenCV, ms | OpenVINO, ms | times sooner |")
    print("|" + " --- |" * 9)
    for name, images in sets.items():
        report(name, [both(theirs, mine, image) for image in images])


if __name__ == "__main__":
    main()
