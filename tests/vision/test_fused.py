"""Two extractors as one: both see the same face, and each counts for half."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from ostiary.comparison import compare
from ostiary.credential.template import (
    BiometricReference,
    Coding,
    decode_template,
    encode_template,
)
from ostiary.errors import ModelError
from ostiary.terms import Face, Image, Mesh
from ostiary.vision.fused import FusedExtractor
from ostiary.vision.mobilefacenet import MobileFaceNetExtractor, _taking_pixels
from ostiary.vision.retail0095 import Retail0095Extractor
from ostiary.vision.store import ModelStore
from tests.quality.drawn_mesh import drawn_mesh

pytestmark = pytest.mark.models

IMAGENET = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


@pytest.fixture(scope="module")
def store(models: str) -> ModelStore:
    return ModelStore(Path(models), Path(models))


@pytest.fixture
def fused(store: ModelStore) -> Iterator[FusedExtractor]:
    extractor = FusedExtractor(store)
    yield extractor
    extractor.forget()


def noise(seed: int) -> Image:
    """Not of a person: what is tested is what becomes of pixels."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 256, (30, 30, 3), np.uint8)
    return coarse.repeat(8, axis=0).repeat(8, axis=1)


ELSEWHERE = np.zeros((5, 2), np.float32)
FACE = Face((70, 60, 100, 130), ELSEWHERE, (90, 100), (150, 100), (120, 130))
"""What the detector's points say does not matter: the mesh aligns."""


def mesh(shift: float = 0) -> Mesh:
    return drawn_mesh(middle=(120 + shift, 100 + shift))


def test_each_extractor_is_half_of_the_score(
    fused: FusedExtractor, store: ModelStore
) -> None:
    parts = Retail0095Extractor(store), MobileFaceNetExtractor(store)
    whole, scores = [], []
    for extractor in (*parts, fused):
        one, other = (
            extractor.extract(extractor.align(noise(seed), FACE, mesh()))
            for seed in (1, 2)
        )
        scores.append(compare(one, other))
        whole.append(one)
    assert scores[2] == pytest.approx((scores[0] + scores[1]) / 2, abs=1e-5)
    assert whole[2].values.shape == (FusedExtractor.dimensions,)
    assert whole[2].extractor == "fused/2"
    assert np.linalg.norm(whole[2].values[:256]) == pytest.approx(0.5**0.5, abs=1e-5)


def test_only_the_face_that_was_aligned_last_is_extracted(
    fused: FusedExtractor,
) -> None:
    with pytest.raises(ValueError, match="aligned last"):
        fused.extract(np.zeros((128, 128, 3), np.uint8))
    aligned = fused.align(noise(1), FACE, mesh())
    with pytest.raises(ValueError, match="aligned last"):
        fused.extract(aligned.copy())


def test_both_squares_follow_the_face(fused: FusedExtractor) -> None:
    """Moved with its face, a picture gives the same features in both halves."""
    still = fused.extract(fused.align(noise(3), FACE, mesh()))
    moved = np.roll(noise(3), (8, 8), axis=(0, 1))
    again = fused.extract(fused.align(moved, FACE, mesh(8)))
    elsewhere = fused.extract(fused.align(moved, FACE, mesh()))
    halves = slice(0, 256), slice(256, None)
    for half in halves:
        assert 2 * np.vdot(still.values[half], again.values[half]) > 0.98
        assert 2 * np.vdot(still.values[half], elsewhere.values[half]) < 0.98


def test_the_network_is_given_what_it_was_trained_on(
    store: ModelStore, models: str
) -> None:
    """Red, green and blue, scaled as ImageNet is: against the file itself."""
    extractor = MobileFaceNetExtractor(store)
    aligned = noise(4)[:112, :112]
    plain = ov.Core().compile_model(
        ov.Core().read_model(Path(models, "mobilefacenet", "MobileFaceNet.onnx")),
        "CPU",
        {"INFERENCE_PRECISION_HINT": "f32"},
    )
    mean, deviation = IMAGENET
    scaled = (aligned[:, :, ::-1] / 255 - mean) / deviation
    expected = plain(scaled.transpose(2, 0, 1)[np.newaxis].astype(np.float32))[0][0]
    expected /= np.linalg.norm(expected)
    assert np.abs(extractor._sample(aligned).values - expected).max() < 1e-4


def test_a_template_has_192_bytes_and_keeps_the_direction(
    fused: FusedExtractor,
) -> None:
    features = fused.extract(fused.align(noise(5), FACE, mesh()))
    data = encode_template(features, Coding.INT4)
    assert len(data) == 192
    reference = BiometricReference(fused.identity, Coding.INT4, data)
    kept = decode_template(reference, fused.identity, fused.dimensions)
    assert compare(features, kept) > 0.98


def test_a_file_that_is_no_network_is_refused() -> None:
    with pytest.raises(ModelError, match="cannot load"):
        _taking_pixels(b"no network")
