"""MobileFaceNet: a second opinion beside the operational extractor, run by OpenVINO."""

from typing import Final

import numpy as np
import openvino as ov
from openvino.preprocess import PrePostProcessor

from ostiary.errors import ModelError
from ostiary.vision.alignment import AlignedFace
from ostiary.vision.five_points import FivePointExtractor
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


class MobileFaceNetExtractor(FivePointExtractor):
    """128 features of a face in a square of 112 pixels."""

    identity = "mobilefacenet/2"
    dimensions = 128

    def __init__(self, store: ModelStore) -> None:
        """Load the extractor.

        Raises:
            ModelError: the model is missing, altered, or does not load.
        """
        content = store.read("mobilefacenet", "MobileFaceNet.onnx")
        network = Network(_taking_pixels(content))
        super().__init__(network, AlignedFace(_SIDE, _TARGETS))


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
