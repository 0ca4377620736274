"""What extractors share that align a face by five points and run in OpenVINO."""

from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from ostiary.erasure import overwrite
from ostiary.terms import Face, Features, Image, Mesh
from ostiary.vision.alignment import AlignedFace
from ostiary.vision.direction import features_from, of_both_sides
from ostiary.vision.network import Network

_EYES_NOSE_MOUTH: Final = ((33, 133), (362, 263), (1,), (61,), (291,))
"""Of MediaPipe's canonical face: the corners of each eye, the tip of the nose, the
corners of the mouth; from the left of the picture."""


def five_points(mesh: Mesh) -> NDArray[np.float32]:
    """Eyes, tip of the nose and corners of the mouth: 5 x 2, in pixels of the picture.

    They sit more steadily on a face than those of the detector: docs/adr/0058.
    """
    of = [mesh.points[list(each), :2].mean(axis=0) for each in _EYES_NOSE_MOUTH]
    return np.array(of, np.float32)


class FivePointExtractor:
    """Aligns by five points of the mesh; features are of the face and its mirror image.

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

    def align(self, image: Image, face: Face, mesh: Mesh) -> Image:
        """The face in its square, uint8, BGR; the array is ours, soon overwritten."""
        del face
        points = five_points(mesh)
        try:
            return self._aligned.take(image, points)
        finally:
            overwrite(points)

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
