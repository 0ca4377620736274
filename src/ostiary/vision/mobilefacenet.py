"""MobileFaceNet: a second opinion beside the operational extractor, run by OpenVINO."""

from typing import Final

import numpy as np
import openvino as ov
from openvino.preprocess import PrePostProcessor

from ostiary.errors import ModelError
from ostiary.terms import Face, Features, Image
from ostiary.vision.alignment import AlignedFace
from ostiary.vision.direction import features_from, of_both_sides
from ostiary.vision.network import Network, read_onnx
from ostiary.vision.store import ModelStore

_SIDE: Final = 112

_TARGETS: Final = np.array(
    [
        (38.2946, 51.6963),
        (73.5318, 51.5014),
        (56.0252, 71.7366),
        (41.5493, 92.3655),
        (70.7299, 92.2041),
    ],
    np.float32,
) / np.float32(_SIDE)
"""Eyes, tip of the nose, corners of the mouth, as fractions of the side, from the left
of the picture (ArcFace, Deng et al. 2019; its authors' published code)."""

_MEANS: Final = (123.675, 116.28, 103.53)
_DEVIATIONS: Final = (58.395, 57.12, 57.375)
"""Red, green and blue of ImageNet, 0 to 255, by which the network's input is scaled."""


class MobileFaceNetExtractor:
    """Aligns by five points and makes 128 features.

    Attributes:
        identity: changes whenever features would.
        dimensions: how many features.
    """

    identity: Final = "mobilefacenet/1"
    dimensions: Final = 128

    def __init__(self, store: ModelStore) -> None:
        """Load the extractor.

        Raises:
            ModelError: the model is missing, altered, or does not load.
        """
        content = store.read("mobilefacenet", "MobileFaceNet.onnx")
        self._network = Network(_taking_pixels(content))
        self._aligned = AlignedFace(_SIDE, _TARGETS)

    def align(self, image: Image, face: Face) -> Image:
        """The face in a square of 112 x 112 x 3, uint8, BGR; ours, soon overwritten."""
        return self._aligned.take(image, face.landmarks)

    def extract(self, aligned: Image) -> Features:
        """Features of an aligned face: 128 float32 of length 1, owned by the caller.

        Raises:
            ModelError: the runtime fails, or what it gives is no direction.
        """
        return of_both_sides(self._sample, aligned)

    def forget(self) -> None:
        """Overwrite the aligned face and the runtime's tensors."""
        self._aligned.forget()
        self._network.forget()

    def _sample(self, aligned: Image) -> Features:
        np.copyto(self._network.input[0], aligned.transpose(2, 0, 1))
        self._network.run()
        return features_from(self.identity, self._network.output.copy())


def _taking_pixels(content: bytes) -> ov.Model:
    """The network, in blue, green and red from 0 to 255."""
    steps = PrePostProcessor(read_onnx(content))
    try:
        steps.input().tensor().set_layout(ov.Layout("NCHW"))
        scaled = steps.input().preprocess().reverse_channels()
        scaled.mean(list(_MEANS)).scale(list(_DEVIATIONS))
        return steps.build()
    except RuntimeError as error:
        raise ModelError("OpenVINO cannot load this network") from error
