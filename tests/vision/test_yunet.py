"""YuNet in OpenVINO finds what OpenCV's own run of it finds, and keeps no picture."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import openvino as ov
import pytest
from cv2.typing import MatLike
from numpy.typing import NDArray
from openvino import opset13

from ostiary.capture.photographs import load_photograph
from ostiary.errors import ModelError
from ostiary.terms import Image
from ostiary.vision import yunet
from ostiary.vision.network import resized
from ostiary.vision.store import ModelStore
from ostiary.vision.yunet import SCORE_THRESHOLD, YuNetDetector

BOX_PIXELS = 1.0
POINT_PIXELS = 0.5
SIZES = ((1, 1), (31, 33), (64, 32), (200, 637), (480, 640), (735, 540))
UNSURE = 0.05
"""A score that places of drawn pictures reach, too."""


@pytest.fixture(scope="module")
def store(models: str) -> ModelStore:
    return ModelStore(Path(models), Path(models))


@pytest.fixture
def detector(store: ModelStore) -> YuNetDetector:
    return YuNetDetector(store)


def opencv(store: ModelStore, image: Image, threshold: float) -> NDArray[np.float32]:
    """Rows of box, points and score, as OpenCV's own detector says them."""
    network = cv2.FaceDetectorYN.create(
        "onnx",
        np.frombuffer(store.read("yunet", "face_detection_yunet_2023mar.onnx"), "u1"),
        np.zeros(0, np.uint8),
        (image.shape[1], image.shape[0]),
        threshold,
        0.3,
        50,
    )
    answer: tuple[int, MatLike | None] = network.detect(image)
    rows = np.zeros(0) if answer[1] is None else answer[1]
    return np.asarray(rows, np.float32).reshape(-1, 15)


def assert_equal(
    detector: YuNetDetector, image: Image, expected: NDArray[np.float32]
) -> None:
    found = detector.detect(image)
    assert len(found) == len(expected)
    for face, row in zip(found, expected, strict=True):
        assert np.abs(np.subtract(face.box, row[:4])).max() < BOX_PIXELS
        apart = np.abs(face.landmarks - row[4:14].reshape(5, 2))
        assert apart.max() < POINT_PIXELS


def drawn(height: int, width: int, seed: int) -> Image:
    """Ovals with eyes and a mouth on noise."""
    random = np.random.default_rng(seed)
    image = random.integers(0, 255, (height, width, 3), np.uint8)
    for _ in range(6):
        x, y = (int(random.integers(side)) for side in (width, height))
        size = int(random.integers(8, 90))
        skin, dark = (150, 180, 220), (40, 40, 60)
        cv2.ellipse(image, (x, y), (size * 3 // 4, size), 0, 0, 360, skin, -1)
        for across, down in ((-3, -2), (3, -2), (0, 4)):
            centre = (x + across * size // 10, y + down * size // 10)
            cv2.ellipse(image, centre, (size // 7, size // 14), 0, 0, 360, dark, -1)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 1.5), np.uint8)


@pytest.mark.models
def test_drawn_faces_are_found_where_opencv_finds_them(
    store: ModelStore, detector: YuNetDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yunet, "SCORE_THRESHOLD", UNSURE)
    found = 0
    for seed, (height, width) in enumerate(SIZES):
        image = drawn(height, width, seed)
        expected = opencv(store, image, UNSURE)
        assert_equal(detector, image, expected)
        found += len(expected)
    assert found > len(SIZES)


def some(data: str) -> Iterator[Image]:
    """A few pictures of every kind, as taken and with edges that no stride divides."""
    for pattern, every in (("lfw-dev/*/*.jpg", 300), ("nuaa-dev/*/*/*.jpg", 90)):
        for path in sorted(Path(data).glob(pattern))[::every]:
            image = load_photograph(path)
            yield image
            yield np.ascontiguousarray(image[5:-40, 3:-14])


@pytest.mark.models
@pytest.mark.data
def test_real_faces_are_found_where_opencv_finds_them(
    store: ModelStore, detector: YuNetDetector, data: str
) -> None:
    several = 0
    for image in some(data):
        expected = opencv(store, image, SCORE_THRESHOLD)
        assert_equal(detector, image, expected)
        several += len(expected) > 1
    assert several


@pytest.mark.models
def test_what_was_seen_before_changes_nothing(
    detector: YuNetDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither what lay beyond a smaller picture, nor a size that came between."""
    monkeypatch.setattr(yunet, "SCORE_THRESHOLD", UNSURE)
    small = drawn(161, 225, 3)
    (first, *_) = detector.detect(small)
    for height, width in ((192, 256), *SIZES):
        detector.detect(np.full((height, width, 3), 255, np.uint8))
    detector.forget()
    (again, *_) = detector.detect(small)
    assert again.box == first.box
    assert np.array_equal(again.landmarks, first.landmarks)


@pytest.mark.models
def test_few_sizes_are_kept_and_what_is_dropped_is_overwritten(
    detector: YuNetDetector,
) -> None:
    seen = []
    for side in (32, 64, 96, 128, 160, 192):
        detector.detect(np.full((side, side, 3), 255, np.uint8))
        seen.append(detector._networks[0])
    kept = detector._networks
    assert len(kept) == 4
    for network in seen:
        assert network.input.any() == any(network is other for other in kept)
    detector.forget()
    for network in kept:
        assert not network.input.any()
        assert not any(output.any() for output in network.outputs)


@pytest.mark.models
def test_a_size_that_is_kept_is_not_compiled_again(detector: YuNetDetector) -> None:
    networks = []
    for height, width in ((64, 64), (33, 64), (50, 40)):
        detector.detect(np.zeros((height, width, 3), np.uint8))
        networks.append(detector._networks)
    assert all(before == after for before, after in pairwise(networks))


def adder() -> ov.Model:
    """Adds four numbers, and so takes four pixels or one."""
    pixels = opset13.parameter([1, 1, 2, 2], np.float32)
    total = opset13.add(pixels, opset13.constant(np.ones((1, 1, 2, 2), np.float32)))
    return ov.Model([total], [pixels], "adder")


def test_a_network_can_be_had_for_another_size() -> None:
    model = adder()
    assert resized(model, 1, 1).input(0).shape == ov.Shape([1, 1, 1, 1])
    assert model.input(0).shape == ov.Shape([1, 1, 2, 2])


def test_a_size_that_a_network_does_not_take_is_an_error_of_ours() -> None:
    with pytest.raises(ModelError, match="takes no 5 x 3 pixels"):
        resized(adder(), 3, 5)
