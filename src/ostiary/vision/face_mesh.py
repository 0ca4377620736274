"""MediaPipe's face mesh: 468 points on a face, run by OpenVINO."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ostiary.terms import Face, Image, Mesh
from ostiary.vision.network import Network, read_tflite
from ostiary.vision.store import ModelStore

POINTS: Final = 468

_SIDE: Final = 192

_SCALE: Final = 1.35
"""Side of the crop in longer sides of the face's box. The network was made for crops
that are 1.5 times what its points span (MediaPipe, `face_landmark_landmarks_to_roi`);
about YuNet's boxes that is this: docs/adr/0031."""

_PRESENCE: Final = 0.0
"""Lowest logit that counts as a face: MediaPipe's own 0.5, before its sigmoid."""


class FaceMesh:
    """Puts a mesh of points on a face.

    The order of the points is MediaPipe's: its canonical face model.
    """

    def __init__(self, store: ModelStore) -> None:
        """Load the network.

        Raises:
            ModelError: the model is missing, altered, or does not load.
        """
        self._network: Final = Network(
            read_tflite(store.read("face-mesh", "face_landmark.tflite"))
        )
        self._crop: Final[Image] = np.zeros((_SIDE, _SIDE, 3), np.uint8)

    def look(self, image: Image, face: Face) -> Mesh | None:
        """The mesh of a face; None: no face is seen there.

        Args:
            image: height x width x 3, uint8, BGR.
            face: as found in that picture.

        Raises:
            ModelError: the runtime fails.
        """
        across, corner = _square(face)
        if not math.isfinite(abs(across) + abs(corner)) or not across:
            return None
        self._take(image, across, corner)
        self._network.run()
        mesh, presence = self._network.outputs
        if not presence[0] >= _PRESENCE or not np.isfinite(mesh).all():
            return None
        points = _in_the_picture(mesh.reshape(POINTS, 3), across, corner)
        return Mesh(points, float(presence[0]))

    def forget(self) -> None:
        """Overwrite the crop and the runtime's tensors."""
        self._crop.fill(0)
        self._network.forget()

    def _take(self, image: Image, across: complex, corner: complex) -> None:
        """Fill the network's input: RGB, 0 to 1; black beyond the picture."""
        matrix = np.array(
            [
                [across.real, -across.imag, corner.real],
                [across.imag, across.real, corner.imag],
            ]
        )
        cv2.warpAffine(
            image,
            matrix,
            (_SIDE, _SIDE),
            dst=self._crop,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        )
        rgb = self._crop[:, :, ::-1]
        np.multiply(rgb, np.float32(1 / 255), out=self._network.input[0])


def _square(face: Face) -> tuple[complex, complex]:
    """The part of the picture that the network looks at, upright with the face.

    Returns:
        The way from one pixel of the crop to the next on its right, and the crop's
        first pixel, both in the picture, as complex numbers; no numbers or 0 where the
        face has no such square.
    """
    left, top, width, height = face.box
    eyes = complex(*face.left_eye) - complex(*face.right_eye)
    if not abs(eyes) > 0:
        return 0j, 0j
    across = eyes / abs(eyes) * max(width, height) * _SCALE / _SIDE
    middle = complex(left + width / 2, top + height / 2)
    return across, middle - across * complex(_SIDE, _SIDE) / 2


def _in_the_picture(
    mesh: NDArray[np.float32], across: complex, corner: complex
) -> NDArray[np.float32]:
    """Points of the crop as points of the picture, in an array of its own."""
    x, y, z = mesh.T
    points = np.empty_like(mesh)
    points[:, 0] = across.real * x - across.imag * y + corner.real
    points[:, 1] = across.imag * x + across.real * y + corner.imag
    points[:, 2] = abs(across) * z
    return points
