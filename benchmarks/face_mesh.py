"""Whether the face mesh is right, against YuNet's five points, in Markdown.

    OSTIARY_MODELS=... OSTIARY_DATA=... python benchmarks/face_mesh.py

The two learned from different labels, so they need not mean the same spot by the tip of
a nose. Distances are in inter-eye distances.
"""

import argparse
import math
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias
from unittest import mock

import cv2
import numpy as np
import platformdirs
from numpy.typing import NDArray

from ostiary.terms import Face, Image, Mesh
from ostiary.vision.face_mesh import FaceMesh
from ostiary.vision.five_points import five_points
from ostiary.vision.store import ModelStore
from ostiary.vision.yunet import YuNetDetector

Sample: TypeAlias = tuple[Image, Face]

SCALES = (1.0, 1.2, 1.35, 1.5, 1.75)
SAMPLED = 400


def sample(paths: Sequence[Path], detector: YuNetDetector) -> list[Sample]:
    """Pictures with exactly one face."""
    found = []
    for path in paths[:: max(1, len(paths) // SAMPLED)]:
        image = np.asarray(cv2.imread(str(path)), np.uint8)
        faces = detector.detect(image)
        if len(faces) == 1:
            found.append((image, faces[0]))
    return found


def report(name: str, samples: Sequence[Sample], mesh: FaceMesh) -> None:
    print(f"\n## {name}, {len(samples)} pictures with one face\n")
    columns = "eyes | nose | mouth | all | mean of a face: 95 in 100 below"
    print(f"| crop, in sides of the box | seen | span, of the crop | {columns} |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for scale in SCALES:
        with mock.patch("ostiary.vision.face_mesh._SCALE", scale):
            looked = [mesh.look(image, face) for image, face in samples]
        pairs = [
            (seen, face)
            for seen, (_, face) in zip(looked, samples, strict=True)
            if seen is not None
        ]
        apart = np.array([distances(seen, face) for seen, face in pairs])
        spans = [
            np.ptp(seen.points[:, :2], axis=0).max() / (max(face.box[2:]) * scale)
            for seen, face in pairs
        ]
        eyes, nose, mouth = apart[:, :2], apart[:, 2], apart[:, 3:]
        numbers = [np.median(part) for part in (eyes, nose, mouth, apart)]
        numbers.append(np.percentile(apart.mean(axis=1), 95))
        told = " | ".join(f"{number:.3f}" for number in numbers)
        count = f"{len(pairs)} of {len(samples)}"
        print(f"| {scale:g} | {count} | {np.median(spans):.2f} | {told} |")


def distances(mesh: Mesh, face: Face) -> NDArray[np.float64]:
    """Of the five points, in inter-eye distances."""
    apart = np.linalg.norm(five_points(mesh) - face.landmarks, axis=1)
    return np.asarray(apart / math.dist(face.right_eye, face.left_eye))


def report_time(samples: Sequence[Sample], mesh: FaceMesh) -> None:
    taken = []
    for image, face in samples:
        start = time.perf_counter()
        mesh.look(image, face)
        taken.append(1000 * (time.perf_counter() - start))
    centiles = np.percentile(taken, [50, 95])
    print(f"\nOne pass: median {centiles[0]:.1f} ms, 95 in 100 below {centiles[1]:.1f}")


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    data = Path(os.environ["OSTIARY_DATA"])
    models = os.environ.get("OSTIARY_MODELS")
    cache = platformdirs.user_cache_path("ostiary") / "models"
    store = ModelStore(Path(models) if models else None, cache)
    detector, mesh = YuNetDetector(store), FaceMesh(store)
    sets = {
        "LFW": sorted(data.glob("lfw-dev/*/*.jpg")),
        "NUAA, bona fide": sorted(data.glob("nuaa-dev/bona-fide/*/*.jpg")),
    }
    print("# The face mesh against YuNet's five points")
    for name, paths in sets.items():
        samples = sample(paths, detector)
        report(name, samples, mesh)
        report_time(samples, mesh)


if __name__ == "__main__":
    main()
