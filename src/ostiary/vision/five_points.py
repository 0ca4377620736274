"""What extractors share that align a face by five points and run in OpenVINO."""

from typing import ClassVar

import numpy as np

from ostiary.terms import Face, Features, Image
from ostiary.vision.alignment import AlignedFace
from ostiary.vision.direction import features_from, of_both_sides
from ostiary.vision.network import Network


class FivePointExtractor:
    """Aligns by five points and makes features of the face and its mirror image.

    Args:
        network: from an aligned face, 1 x 3 x side x side, BGR, 0 to 255, to features.
        square: where the aligned face lies.

    Attributes:
        identity: changes whenever features would.
        dimensions: how many features.
    """

    identity: ClassVar[str]
    dimensions: ClassVar[int]

    def __init__(self, network: Network, square: AlignedFace) -> None:
        self._network = network
        self._aligned = square

    def align(self, image: Image, face: Face) -> Image:
        """The face in its square, uint8, BGR; the array is ours, soon overwritten."""
        return self._aligned.take(image, face.landmarks)

    def extract(self, aligned: Image) -> Features:
        """Features of an aligned face: float32 of length 1, owned by the caller.

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
