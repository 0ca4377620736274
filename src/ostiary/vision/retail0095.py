"""face-reidentification-retail-0095: the operational extractor, run by OpenVINO."""

from typing import Final

import numpy as np

from ostiary.vision.alignment import AlignedFace
from ostiary.vision.five_points import FivePointExtractor
from ostiary.vision.network import Network
from ostiary.vision.store import ModelStore

_SIDE: Final = 128

_TARGETS: Final = np.array(
    [
        (0.31556875, 0.46157407),
        (0.68262292, 0.46157407),
        (0.50026250, 0.64050536),
        (0.34947188, 0.82469196),
        (0.65343646, 0.82469196),
    ],
    np.float32,
)
"""Eyes, tip of the nose, corners of the mouth, as fractions of the side, from the left
of the picture (Open Model Zoo, card of the model)."""


class Retail0095Extractor(FivePointExtractor):
    """256 features of a face in a square of 128 pixels."""

    identity = "retail-0095/2"
    dimensions = 256

    def __init__(self, store: ModelStore) -> None:
        """Load the extractor.

        Raises:
            ModelError: the model is missing, altered, or does not load.
        """
        super().__init__(
            Network(
                store.read("retail-0095", "face-reidentification-retail-0095.xml"),
                store.read("retail-0095", "face-reidentification-retail-0095.bin"),
            ),
            AlignedFace(_SIDE, _TARGETS),
        )
