"""dlib's detector, five points and ResNet: the evaluation-grade chain.

It needs nothing but the package registry, so the demo runs anywhere. Its error rates
are no match for a door: docs/adr/0009.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ostiary.errors import ModelError
from ostiary.terms import Face, Features, Image, Mesh
from ostiary.vision.alignment import AlignedFace
from ostiary.vision.direction import features_from, of_both_sides
from ostiary.vision.reduced import ReducedPicture
from ostiary.vision.store import ModelStore

if TYPE_CHECKING:
    import dlib

_SIDE: Final = 150

_PADDING: Final = 0.25
"""Share of the face added on each side; what the network was trained with."""

_MEAN_FACE: Final = np.array(
    [
        (0.85956746, 0.21349815),
        (0.64606048, 0.22896744),
        (0.12057506, 0.21372745),
        (0.33408506, 0.22906424),
        (0.49011231, 0.62779753),
    ],
    np.float32,
)
"""Outer and inner corner of the left eye, of the right eye, and the base of the nose,
before padding (dlib, `get_face_chip_details`)."""

_TARGETS: Final = (_MEAN_FACE + _PADDING) / (1 + 2 * _PADDING)


class DlibDetector:
    """dlib's frontal detector (histograms of gradients) and its five points.

    Faces narrower than about 80 pixels are not found. What dlib itself keeps of a
    picture cannot be reached: it is freed after each call, without being overwritten.
    """

    def __init__(self, store: ModelStore) -> None:
        """Load the detector.

        Raises:
            ModelError: the points' model is missing, altered, or does not load.
        """
        model = store.read("dlib-resnet", "shape_predictor_5_face_landmarks.dat")
        self._picture = ReducedPicture()
        self._rgb: Image = np.zeros((0, 0, 3), np.uint8)
        library = _dlib()
        self._detector = library.get_frontal_face_detector()
        with _as_file(model) as path:
            self._predictor = library.shape_predictor(path)

    def detect(self, image: Image) -> Sequence[Face]:
        """All faces in a picture, in its own pixels."""
        picture, factor = self._picture.of(image)
        if self._rgb.shape != picture.shape:
            self._rgb.fill(0)
            self._rgb = np.zeros_like(picture)
        cv2.cvtColor(picture, cv2.COLOR_BGR2RGB, dst=self._rgb)
        return [
            _face(box, self._predictor(self._rgb, box), factor)
            for box in self._detector(self._rgb, 0)
        ]

    def forget(self) -> None:
        """Overwrite our copies of the picture, and run the detector on nothing."""
        self._picture.forget()
        self._rgb.fill(0)
        if self._rgb.size:
            self._detector(self._rgb, 0)


class DlibResNetExtractor:
    """dlib's ResNet: aligns by five points and makes 128 features.

    Attributes:
        identity: changes whenever features would.
        dimensions: how many features.
    """

    identity: Final = "dlib-resnet/1"
    dimensions: Final = 128

    def __init__(self, store: ModelStore) -> None:
        """Load the extractor.

        Args:
            store: where the model lies.

        Raises:
            ModelError: the model is missing, altered, or does not load.
        """
        model = store.read("dlib-resnet", "dlib_face_recognition_resnet_model_v1.dat")
        self._aligned = AlignedFace(_SIDE, _TARGETS)
        self._rgb: Final[Image] = np.zeros((_SIDE, _SIDE, 3), np.uint8)
        with _as_file(model) as path:
            self._network = _dlib().face_recognition_model_v1(path)

    def align(self, image: Image, face: Face, mesh: Mesh) -> Image:
        """The face in a square of 150 x 150 x 3, uint8, BGR; ours, soon overwritten."""
        del mesh
        return self._aligned.take(image, face.landmarks)

    def extract(self, aligned: Image) -> Features:
        """Features of an aligned face: 128 float32 of length 1, owned by the caller.

        Raises:
            ModelError: what the network gives is no direction.
        """
        return of_both_sides(self._sample, aligned)

    def forget(self) -> None:
        """Overwrite the aligned face, and run the network on nothing."""
        self._aligned.forget()
        self._rgb.fill(0)
        self._network.compute_face_descriptor(self._rgb)

    def _sample(self, aligned: Image) -> Features:
        np.copyto(self._rgb, aligned[:, :, ::-1])
        values = self._network.compute_face_descriptor(self._rgb)
        return features_from(self.identity, np.array(values, np.float32))


def _dlib() -> ModuleType:
    """The library, which is not among the gate's own dependencies.

    Raises:
        ModelError: it is not installed.
    """
    try:
        return import_module("dlib")
    except ImportError as error:
        raise ModelError(
            "dlib is missing: install ostiary[evaluation-chain]"
        ) from error


def _face(
    box: "dlib.rectangle", points: "dlib.full_object_detection", factor: float
) -> Face:
    """What dlib found in a reduced picture, in pixels of the whole one."""
    landmarks: NDArray[np.float32] = np.array(
        [(point.x, point.y) for point in points.parts()], np.float32
    )
    landmarks /= factor
    left_eye, right_eye = landmarks[0:2].mean(axis=0), landmarks[2:4].mean(axis=0)
    return Face(
        box=(
            box.left() / factor,
            box.top() / factor,
            box.width() / factor,
            box.height() / factor,
        ),
        landmarks=landmarks,
        right_eye=(float(right_eye[0]), float(right_eye[1])),
        left_eye=(float(left_eye[0]), float(left_eye[1])),
        nose=(float(landmarks[4][0]), float(landmarks[4][1])),
    )


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """A file in memory, because dlib reads paths only, and these bytes are checked.

    Raises:
        ModelError: dlib does not like what it read.
    """
    descriptor = os.memfd_create("ostiary-model")
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
        yield f"/proc/self/fd/{descriptor}"
    except RuntimeError as error:
        raise ModelError("dlib cannot load this model") from error
    finally:
        os.close(descriptor)
