"""YuNet: a small face detector that gives five points, run by OpenCV."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from ostiary.errors import ModelError
from ostiary.terms import Face, Image
from ostiary.vision.reduced import MAX_WIDTH_PIXELS, ReducedPicture
from ostiary.vision.store import ModelStore

SCORE_THRESHOLD: Final = 0.7
"""Lowest score, 0 to 1, that counts as a face: docs/adr/0008."""

_OVERLAP: Final = 0.3
"""Intersection over union from which two boxes are one face; OpenCV's own default."""

_MOST_FACES: Final = 50

_LANDMARKS: Final = slice(4, 14)
"""Where a row of OpenCV's answer holds the points: right eye, left eye, tip of the
nose, right and left corner of the mouth, each x and y; the box comes before."""


class YuNetDetector:
    """Finds faces in pictures of any size.

    OpenCV pads and copies the picture into memory of its own and frees it again, which
    no caller can reach; `forget` runs it once on a blank picture of the same size, so
    that its inner tensors hold nothing else.
    """

    def __init__(self, store: ModelStore) -> None:
        """Load the detector.

        Raises:
            ModelError: the model is missing, altered, or does not load.
        """
        model = store.read("yunet", "face_detection_yunet_2023mar.onnx")
        cv2.setNumThreads(1)
        self._picture = ReducedPicture()
        self._size = (MAX_WIDTH_PIXELS, MAX_WIDTH_PIXELS)
        try:
            with _quiet_opencv():
                self._network = cv2.FaceDetectorYN.create(
                    "onnx",
                    np.frombuffer(model, np.uint8),
                    np.zeros(0, np.uint8),
                    self._size,
                    SCORE_THRESHOLD,
                    _OVERLAP,
                    _MOST_FACES,
                )
        except cv2.error as error:
            raise ModelError("OpenCV cannot load YuNet") from error

    def detect(self, image: Image) -> Sequence[Face]:
        """All faces in a picture, in its own pixels.

        Raises:
            ModelError: OpenCV cannot run the detector on this picture.
        """
        picture, factor = self._picture.of(image)
        rows = self._run(picture)
        return [_face(row / factor) for row in rows]

    def forget(self) -> None:
        """Overwrite the reduced picture, and run the network on nothing."""
        self._picture.forget()
        self._run(np.zeros((self._size[1], self._size[0], 3), np.uint8))

    def _run(self, picture: Image) -> NDArray[np.float32]:
        self._size = picture.shape[1], picture.shape[0]
        try:
            self._network.setInputSize(self._size)
            answer: tuple[int, MatLike | None] = self._network.detect(picture)
        except cv2.error as error:
            raise ModelError("OpenCV cannot run YuNet on this picture") from error
        rows = answer[1]
        return np.asarray([] if rows is None else rows, np.float32).reshape(-1, 15)


def _face(row: NDArray[np.float32]) -> Face:
    """One row of OpenCV's answer as a face."""
    left, top, width, height = (float(value) for value in row[:4])
    landmarks = row[_LANDMARKS].reshape(5, 2)
    points = [(float(x), float(y)) for x, y in landmarks]
    return Face(
        box=(left, top, width, height),
        landmarks=landmarks,
        right_eye=points[0],
        left_eye=points[1],
        nose=points[2],
    )


@contextmanager
def _quiet_opencv() -> Iterator[None]:
    """Without OpenCV's warning that its new engine knows one target only."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
