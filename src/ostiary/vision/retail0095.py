"""face-reidentification-retail-0095: the operational extractor, run by OpenVINO."""

from typing import Final

import numpy as np

from ostiary.terms import Face, Features, Image
from ostiary.vision.alignment import AlignedFace
from ostiary.vision.direction import features_from, of_both_sides
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


class Retail0095Extractor:
    """Aligns by five points and makes 256 features.

    Attributes:
        identity: changes whenever features would.
        dimensions: how many features.
    """

    identity: Final = "retail-0095/1"
    dimensions: Final = 256

    def __init__(self, store: ModelStore) -> None:
        """Load the extractor.

        Raises:
            ModelError: the model is missing, altered, or does not load.
        """
        self._network = Network(
            store.read("retail-0095", "face-reidentification-retail-0095.xml"),
            store.read("retail-0095", "face-reidentification-retail-0095.bin"),
        )
        self._aligned = AlignedFace(_SIDE, _TARGETS)

    def align(self, image: Image, face: Face) -> Image:
        """The face in a square of 128 x 128 x 3, uint8, BGR; ours, soon overwritten."""
        return self._aligned.take(image, face.landmarks)

    def extract(self, aligned: Image) -> Features:
        """Features of an aligned face: 256 float32 of length 1, owned by the caller.

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
