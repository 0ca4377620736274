"""After a decision, nothing biometric is left in the process's memory."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ostiary.capture.photographs import load_photograph
from ostiary.config import Vision
from ostiary.credential import BiometricReference, decode_template, encode_template
from ostiary.errors import EnrolmentError
from ostiary.gate.stopwatch import StageTimes
from ostiary.presentation.challenge import Motion
from ostiary.terms import Face, Image, Mesh
from ostiary.vision.appearance import AbsentAttackDetector
from ostiary.vision.chain import FaceChain, open_chain
from ostiary.vision.face_mesh import FaceMesh
from ostiary.vision.flow import FlowMeter, _bytes
from ostiary.vision.fused import FusedExtractor
from ostiary.vision.store import ModelStore
from ostiary.vision.yunet import YuNetDetector

ROOT = Path(__file__).parents[2]
SCRIPT = "tests.gate.scanned_gate"
SCALE = 3
NEEDLES = 4
"""How many stretches of each array are searched for."""

DECIDED = {"holder-verified", "attack-suspected", "attack-not-assessed"}
"""Reasons of a gate that has compared."""


def person(data: str, chain: FaceChain) -> list[Image]:
    """Three usable photographs of one person of the development data, enlarged."""
    for folder in sorted(Path(data, "lfw-dev").iterdir()):
        paths = sorted(folder.iterdir())[:3]
        pictures = [enlarged(load_photograph(path)) for path in paths]
        if len(pictures) == 3 and usable(pictures, chain):
            return pictures
    raise AssertionError("nobody in the data has three usable photographs")


def enlarged(photograph: Image) -> Image:
    """Larger, and in a scene wide enough for the face not to be too close."""
    larger = cv2.resize(photograph, None, fx=SCALE, fy=SCALE)
    side = larger.shape[1] // 2
    around = (0, 0, side, side)
    return np.asarray(
        cv2.copyMakeBorder(larger, *around, cv2.BORDER_REPLICATE), np.uint8
    )


def usable(pictures: Sequence[Image], chain: FaceChain) -> bool:
    try:
        zone = Vision().zone.crop(pictures[-1])
        chain.enrol([*pictures, zone])
    except EnrolmentError:
        return False
    meter, attacks = FlowMeter(), AbsentAttackDetector()
    seen = chain.observe_motion(zone, meter, attacks, lambda _: True, StageTimes())
    return isinstance(seen, Motion) and meter.begun


def needles_of(array: NDArray[np.generic], length: int) -> list[str]:
    """Stretches of an array that are found nowhere by chance, complemented, as hex."""
    raw = np.ascontiguousarray(array).tobytes()
    starts = range(0, len(raw) - length, max(1, (len(raw) - length) // 200))
    rich = [raw[s : s + length] for s in starts if len(set(raw[s : s + length])) > 9]
    chosen = rich[:: max(1, len(rich) // NEEDLES)][:NEEDLES]
    assert chosen
    return [bytes(255 - byte for byte in needle).hex() for needle in chosen]


def as_tensor(image: Image) -> NDArray[np.float32]:
    return image.transpose(2, 0, 1).astype(np.float32)


def needles(chain: FaceChain, pictures: Sequence[Image]) -> dict[str, list[str]]:
    """What to search for: each form that the holder's face takes on its way."""
    *enrolment, live = pictures
    zone = Vision().zone.crop(live)
    (face,) = chain.detector.detect(zone)
    assert isinstance(chain.detector, YuNetDetector)
    (detecting,) = chain.detector._networks
    detected = detecting.input.copy()
    mesh, tensor = meshed(chain, zone, face)
    aligned = chain.features.align(zone, face, mesh)
    probe = chain.features.extract(aligned)
    aligned, second = aligned.copy(), second_opinion(chain)
    reference = chain.enrol(enrolment)
    template = encode_template(reference, chain.coding)
    carried = BiometricReference(chain.extractor, chain.coding, template)
    decoded = decode_template(carried, chain.extractor, chain.dimensions)
    steps = np.rint(decoded.values / np.abs(decoded.values).max() * 7).astype(np.int8)
    return {
        "frame": needles_of(live, 48),
        "enrolment photograph": needles_of(enrolment[0], 48),
        "tensor of the detector": needles_of(detected, 64),
        "mesh": needles_of(mesh.points, 48),
        "tensor of the mesh": needles_of(tensor, 64),
        "aligned face": needles_of(aligned, 48),
        "tensor": needles_of(as_tensor(aligned), 64),
        "tensor of the mirrored face": needles_of(as_tensor(aligned[:, ::-1]), 64),
        "probe": needles_of(probe.values, 32),
        "enrolled features": needles_of(reference.values, 32),
        "reference": needles_of(decoded.values, 32),
        "template": needles_of(np.frombuffer(template, np.uint8), 16),
        "template, unpacked": needles_of(steps, 24),
        **first_look(zone, mesh),
        **second,
    }


def meshed(
    chain: FaceChain, zone: Image, face: Face
) -> tuple[Mesh, NDArray[np.float32]]:
    """The points on a face, and what the network of the mesh sees of it."""
    assert isinstance(chain.mesh, FaceMesh)
    mesh = chain.mesh.look(zone, face)
    assert mesh is not None
    return mesh, chain.mesh._network.input.copy()


def first_look(zone: Image, mesh: Mesh) -> dict[str, list[str]]:
    """What the meter holds of a person who is asked to move."""
    meter = FlowMeter()
    meter.begin(zone, mesh)
    first = meter._first
    assert first is not None
    return {
        "points of the first look": needles_of(first.points, 64),
        "depth of the first look": needles_of(first.depth, 64),
        "crop of the first look": needles_of(first.crop, 64),
        "detail of the first look": needles_of(first.detail, 64),
        "crop for the flow": needles_of(_bytes(first.crop), 48),
    }


def second_opinion(chain: FaceChain) -> dict[str, list[str]]:
    """What the second extractor of a fused chain last saw of a face."""
    if not isinstance(chain.features, FusedExtractor):
        return {}
    second = chain.features._mobile
    return {
        "second aligned face": needles_of(second._aligned.image, 48),
        "tensor of the second": needles_of(second._network.input, 64),
    }


def run(
    models: str, data: str, challenge: str, name: str = "retail-0095", *, keep: bool
) -> tuple[str, dict[str, int]]:
    """The gate's reason, and the counts of what was found in its memory."""
    store = ModelStore(Path(models), Path(models))
    pictures = person(data, open_chain(name, store))
    wanted = needles(open_chain(name, store), pictures)
    order = {
        "models": models,
        "shapes": [picture.shape for picture in pictures],
        "kept": pictures[-1].shape,
        "keep": keep,
        "challenge": challenge,
        "chain": name,
    }
    with subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-m", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(order).encode() + b"\n")
        for picture in (pictures[-1], *pictures):
            process.stdin.write(picture.tobytes())
        process.stdin.flush()
        reason = process.stdout.readline().decode()
        process.stdin.write(json.dumps(wanted).encode() + b"\n")
        process.stdin.close()
        return json.loads(reason), json.loads(process.stdout.read())


@pytest.mark.models
@pytest.mark.data
@pytest.mark.parametrize(
    ("challenge", "chain", "reasons"),
    [
        ("never", "retail-0095", DECIDED),
        ("always", "retail-0095", {"not-moved"}),
        ("never", "fused", DECIDED),
    ],
)
def test_nothing_biometric_is_left_in_memory(
    models: str, data: str, challenge: str, chain: str, reasons: set[str]
) -> None:
    reason, found = run(models, data, challenge, chain, keep=False)
    assert reason in reasons
    assert {kind: hits for kind, hits in found.items() if hits} == {}


@pytest.mark.models
@pytest.mark.data
def test_the_search_finds_what_is_left(models: str, data: str) -> None:
    _, found = run(models, data, "never", keep=True)
    assert found["frame"] >= NEEDLES
