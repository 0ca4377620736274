"""What is no model, though its digest is right, ends in an error of ours."""

import errno
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ostiary.errors import ModelError
from ostiary.vision import dlib_resnet
from ostiary.vision.catalogue import CARDS, ModelFile
from ostiary.vision.direction import features_from
from ostiary.vision.dlib_resnet import DlibDetector, DlibResNetExtractor
from ostiary.vision.face_mesh import FaceMesh
from ostiary.vision.minifasnet import MiniFasNetPair
from ostiary.vision.network import Network, read_tflite
from ostiary.vision.retail0095 import Retail0095Extractor
from ostiary.vision.store import ModelStore
from ostiary.vision.yunet import YuNetDetector

GARBAGE = b"this is no network"
DIGEST = hashlib.sha256(GARBAGE).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """Every file of every model, and each of them holds the same garbage."""
    cards = []
    for card in CARDS:
        folder = tmp_path / card.folder
        folder.mkdir()
        for file in card.files:
            (folder / file.name).write_bytes(GARBAGE)
        files = [ModelFile(file.name, len(GARBAGE), DIGEST) for file in card.files]
        cards.append(replace(card, files=tuple(files)))
    return ModelStore(tmp_path, tmp_path, cards=cards)


@pytest.mark.parametrize(
    "driver",
    [
        YuNetDetector,
        Retail0095Extractor,
        MiniFasNetPair,
        FaceMesh,
        DlibDetector,
        DlibResNetExtractor,
    ],
)
def test_garbage_does_not_load(
    driver: Callable[[ModelStore], object], store: ModelStore
) -> None:
    with pytest.raises(ModelError, match="cannot load"):
        driver(store)


def test_dlib_may_be_absent(store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(dlib_resnet, "import_module", absent)
    with pytest.raises(ModelError, match=r"install ostiary\[evaluation-chain\]"):
        DlibDetector(store)


@pytest.mark.parametrize("value", [0, np.nan, np.inf])
def test_what_has_no_direction_gives_no_features(value: float) -> None:
    with pytest.raises(ModelError, match="test/1 gave no features"):
        features_from("test/1", np.full(4, value, np.float32))


def test_directions_have_length_one_and_use_no_other_memory() -> None:
    values = np.array([3, 4], np.float32)
    features = features_from("test/1", values)
    assert features.values is values
    np.testing.assert_allclose(values, [0.6, 0.8])


ADDER = b"""<?xml version="1.0"?>
<net name="adder" version="11"><layers>
<layer id="0" name="in" type="Parameter" version="opset1">
<data shape="1,1,2,2" element_type="f32"/>
<output><port id="0" precision="FP32"><dim>1</dim><dim>1</dim><dim>2</dim><dim>2</dim>
</port></output></layer>
<layer id="1" name="sum" type="Add" version="opset1">
<input><port id="0"><dim>1</dim><dim>1</dim><dim>2</dim><dim>2</dim></port>
<port id="1"><dim>1</dim><dim>1</dim><dim>2</dim><dim>2</dim></port></input>
<output><port id="2" precision="FP32"><dim>1</dim><dim>1</dim><dim>2</dim><dim>2</dim>
</port></output></layer>
<layer id="2" name="out" type="Result" version="opset1">
<input><port id="0"><dim>1</dim><dim>1</dim><dim>2</dim><dim>2</dim></port></input>
</layer></layers><edges>
<edge from-layer="0" from-port="0" to-layer="1" to-port="0"/>
<edge from-layer="0" from-port="0" to-layer="1" to-port="1"/>
<edge from-layer="1" from-port="2" to-layer="2" to-port="0"/>
</edges></net>"""
"""A network that doubles four numbers, in OpenVINO's own format."""


def test_a_network_works_in_arrays_of_ours_and_forgets_them() -> None:
    network = Network(ADDER)
    network.input[0, 0] = [[1, 2], [3, 4]]
    network.run()
    assert network.output.tolist() == [2, 4, 6, 8]
    network.forget()
    assert not network.input.any()
    assert not any(output.any() for output in network.outputs)


def test_a_full_disk_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> None:
        del path, content
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ModelError, match="cannot write a temporary file: No space"):
        read_tflite(b"TFL3")
