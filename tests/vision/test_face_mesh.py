"""The mesh on real faces: where its points lie, and when it sees none."""

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import platformdirs
import pytest
from numpy.typing import NDArray

from ostiary.terms import Face, Image, Mesh
from ostiary.vision.face_mesh import POINTS, FaceMesh
from ostiary.vision.five_points import five_points
from ostiary.vision.store import ModelStore
from ostiary.vision.yunet import YuNetDetector

pytestmark = [pytest.mark.models, pytest.mark.data]

EVERY = 400
"""One picture in as many of LFW: 14."""


@pytest.fixture(scope="module")
def store(models: str) -> ModelStore:
    cache = platformdirs.user_cache_path("ostiary") / "models"
    return ModelStore(Path(models), cache)


@pytest.fixture(scope="module")
def mesh(store: ModelStore) -> FaceMesh:
    return FaceMesh(store)


@pytest.fixture(scope="module")
def faces(store: ModelStore, data: str) -> list[tuple[Image, Face]]:
    """Pictures with one face; a failing test must not print them."""
    detector = YuNetDetector(store)
    paths = sorted(Path(data, "lfw-dev").glob("*/*.jpg"))[::EVERY]
    found = []
    for path in paths:
        image = np.asarray(cv2.imread(str(path)), np.uint8)
        in_it = detector.detect(image)
        if len(in_it) == 1:
            found.append((image, in_it[0]))
    return found


def distance(face: Face, mesh: Mesh) -> float:
    """Mean distance of the mesh from YuNet's points, in inter-eye distances."""
    apart = np.linalg.norm(five_points(mesh) - face.landmarks, axis=1)
    return float(apart.mean()) / math.dist(face.right_eye, face.left_eye)


def seen(mesh: FaceMesh, image: Image, face: Face) -> Mesh:
    found = mesh.look(image, face)
    assert found is not None
    return found


def located(mesh: FaceMesh, image: Image, face: Face) -> NDArray[np.float32]:
    points = seen(mesh, image, face).points
    assert points.shape == (POINTS, 3)
    assert points.dtype == np.float32
    return points


def test_points_lie_where_the_detector_sees_eyes_nose_and_mouth(
    mesh: FaceMesh, faces: list[tuple[Image, Face]]
) -> None:
    distances = [distance(face, seen(mesh, i, face)) for i, face in faces]
    assert len(distances) >= 8
    assert np.median(distances) < 0.12
    assert max(distances) < 0.25


def test_the_nose_is_nearer_than_the_ears(
    mesh: FaceMesh, faces: list[tuple[Image, Face]]
) -> None:
    for image, face in faces:
        nose, right_ear, left_ear = located(mesh, image, face)[[1, 234, 454], 2]
        assert nose < min(right_ear, left_ear)


@pytest.mark.parametrize("degrees", [-40, 25])
def test_points_turn_with_the_head(
    mesh: FaceMesh, faces: list[tuple[Image, Face]], degrees: float
) -> None:
    image, face = faces[0]
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    turned = np.asarray(cv2.warpAffine(image, matrix, (width, height)), np.uint8)
    carry = np.asarray(matrix)

    def carried(point: tuple[float, float]) -> tuple[float, float]:
        x, y = carry @ np.array([*point, 1.0])
        return float(x), float(y)

    left, top, across, down = face.box
    x, y = carried((left + across / 2, top + down / 2))
    tilted = replace(
        face,
        box=(x - across / 2, y - down / 2, across, down),
        right_eye=carried(face.right_eye),
        left_eye=carried(face.left_eye),
    )
    upright = located(mesh, image, face)
    expected = upright[:, :2] @ carry[:, :2].T + carry[:, 2]
    apart = np.linalg.norm(located(mesh, turned, tilted)[:, :2] - expected, axis=1)
    assert np.median(apart) < 0.05 * math.dist(face.right_eye, face.left_eye)


def test_where_no_face_is_no_points_are(
    mesh: FaceMesh, faces: list[tuple[Image, Face]]
) -> None:
    image, face = faces[0]
    assert mesh.look(np.full_like(image, 128), face) is None
    noise = np.random.default_rng(1).integers(0, 256, image.shape, np.uint8)
    assert mesh.look(noise, face) is None


@pytest.mark.parametrize(
    "broken",
    [
        {"left_eye": (100.0, 100.0), "right_eye": (100.0, 100.0)},
        {"left_eye": (math.nan, 100.0)},
        {"box": (10.0, 10.0, 0.0, 0.0)},
        {"box": (math.inf, 10.0, 50.0, 50.0)},
        {"box": (1e9, 1e9, 50.0, 50.0)},
    ],
)
def test_a_face_without_a_place_has_no_points(
    mesh: FaceMesh,
    faces: list[tuple[Image, Face]],
    broken: dict[str, tuple[float, ...]],
) -> None:
    image, face = faces[0]
    values = {name: getattr(face, name) for name in Face.__slots__} | broken
    assert mesh.look(image, Face(**values)) is None


def test_forgetting_overwrites_what_the_mesh_saw(
    mesh: FaceMesh, faces: list[tuple[Image, Face]]
) -> None:
    points = located(mesh, *faces[0])
    network = mesh._network
    held: list[NDArray[np.generic]] = [mesh._crop, network.input, *network.outputs]
    assert all(array.any() for array in held)
    mesh.forget()
    assert not any(array.any() for array in held)
    # What was handed out belongs to the caller, and shares no memory with that.
    assert points.any()
