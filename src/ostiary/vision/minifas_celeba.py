"""A MiniFASNet that learned from CelebA-Spoof: other people, other attacks."""

import math
from typing import Final

import openvino as ov
from openvino.preprocess import PrePostProcessor

from ostiary.errors import ModelError
from ostiary.terms import Face, Image
from ostiary.vision.network import Network
from ostiary.vision.store import ModelStore
from ostiary.vision.surroundings import ScaledNetwork

_FILE: Final = "best_model.onnx"
_SIDE: Final = 128

_SCALE: Final = 1.72
"""Its maker cuts out 1.5 times the longer side of the detector's box. YuNet's boxes on
NUAA are 1.32 times as tall as wide (median), which makes 1.72 sides of their area."""


class MiniFasCelebA:
    """The network of VietAnh954/face-antispoof-onnx, at 1.7 times the face."""

    def __init__(self, store: ModelStore) -> None:
        """Load the network.

        Raises:
            ModelError: the model is missing, altered, or does not load.
        """
        model = _taking_pixels(store.read("minifas-celeba", _FILE))
        self._network: Final = ScaledNetwork(Network(model), _SCALE)

    def probability(self, image: Image, face: Face) -> float:
        """What it gives to bona fide, 0 to 1.

        Args:
            image: the whole picture of the standing zone.
            face: as found in that picture.

        Raises:
            ModelError: the runtime fails.
        """
        bona_fide, attack = self._network.run(image, face.box)
        return 1 / (1 + math.exp(attack - bona_fide))

    def forget(self) -> None:
        """Overwrite crop and tensors."""
        self._network.forget()


def _taking_pixels(content: bytes) -> ov.Model:
    """The network, of one picture, in blue, green and red from 0 to 255.

    As its maker published it, it takes any number of pictures at once, in red, green
    and blue from 0 to 1, and tells two logits: bona fide, attack.
    """
    try:
        model = ov.Core().read_model(content, b"")
        model.reshape([1, 3, _SIDE, _SIDE])
        steps = PrePostProcessor(model)
        steps.input().tensor().set_layout(ov.Layout("NCHW"))
        steps.input().preprocess().reverse_channels().scale(255.0)
        return steps.build()
    except RuntimeError as error:
        raise ModelError("OpenVINO cannot load this network") from error
