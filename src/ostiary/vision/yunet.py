"""YuNet: a small face detector that gives five points, run by OpenVINO."""

from collections.abc import Sequence
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from ostiary.erasure import overwrite
from ostiary.terms import Face, Image
from ostiary.vision.network import Network, read_onnx, resized
from ostiary.vision.reduced import ReducedPicture
from ostiary.vision.store import ModelStore

SCORE_THRESHOLD: Final = 0.7
"""Lowest score, 0 to 1, that counts as a face: docs/adr/0008."""

_OVERLAP: Final = 0.3
"""Intersection over union from which two boxes are one face; OpenCV's own default."""

_MOST_CANDIDATES: Final = 50
"""Boxes of which faces are chosen, the best ones; one face has several."""

_STRIDES: Final = (8, 16, 32)
"""Pixels from place to place on each of the grids on which faces are looked for."""

_SIZES_KEPT: Final = 4
"""Sizes of pictures for which the network is kept ready: a gate has one, evaluation
seldom more than two at a time. Another takes a tenth of a second."""

_LANDMARKS: Final = slice(4, 14)
"""Where a row holds the points."""

_Values: TypeAlias = NDArray[np.float32]

_Rows: TypeAlias = NDArray[np.float32]
"""Candidates, n x 15: left, top, width and height of the box; the points (right eye,
left eye, tip of the nose, right and left corner of the mouth), each x and y; score."""


class YuNetDetector:
    """Finds faces in pictures of any size.

    The network is compiled for a size of picture when the first one comes.
    """

    def __init__(self, store: ModelStore) -> None:
        """Load the detector.

        Raises:
            ModelError: the model is missing, altered, or does not load.
        """
        cv2.setNumThreads(1)
        model = store.read("yunet", "face_detection_yunet_2023mar.onnx")
        self._graph: Final = read_onnx(model)
        self._picture: Final = ReducedPicture()
        self._networks: tuple[Network, ...] = ()

    def detect(self, image: Image) -> Sequence[Face]:
        """All faces in a picture, in its own pixels, the surest one first.

        Args:
            image: height x width x 3, uint8, BGR.

        Raises:
            ModelError: the runtime cannot run the detector on this picture.
        """
        picture, factor = self._picture.of(image)
        network = self._network_for(picture)
        _fill(network.input[0], picture)
        network.run()
        return [_face(row / factor) for row in _faces(network)]

    def forget(self) -> None:
        """Overwrite the reduced picture and the runtime's tensors."""
        self._picture.forget()
        for network in self._networks:
            network.forget()

    def _network_for(self, picture: Image) -> Network:
        """The network for pictures of that size, filled up to whole strides."""
        height, width = (_filled_up(side) for side in picture.shape[:2])
        for network in self._networks:
            if network.input.shape[2:] == (height, width):
                return network
        network = Network(resized(self._graph, height, width))
        for dropped in self._networks[_SIZES_KEPT - 1 :]:
            dropped.forget()
        self._networks = (network, *self._networks[: _SIZES_KEPT - 1])
        return network


def _filled_up(side: int) -> int:
    """The next multiple of the largest stride."""
    return -(-side // _STRIDES[-1]) * _STRIDES[-1]


def _fill(planes: NDArray[np.float32], picture: Image) -> None:
    """Write blue, green and red, 0 to 255; black on the right and below."""
    height, width = picture.shape[:2]
    np.copyto(planes[:, :height, :width], picture.transpose(2, 0, 1))
    planes[:, :height, width:] = 0
    planes[:, height:] = 0


def _faces(network: Network) -> _Rows:
    """The candidates that are faces, the surest one first."""
    rows = _candidates(network)
    # Whole pixels, as OpenCV's own detector has it: docs/adr/0008 was measured with it.
    boxes = np.trunc(rows[:, :4].astype(np.float64))
    chosen = cv2.dnn.NMSBoxes(
        boxes.tolist(),
        rows[:, -1].tolist(),
        SCORE_THRESHOLD,
        _OVERLAP,
        top_k=_MOST_CANDIDATES,
    )
    return rows[np.asarray(chosen, np.intp)]


def _candidates(network: Network) -> _Rows:
    """Every place whose score is high enough.

    Of every place of each grid the network says how sure it is of a face's class and of
    a face, where from there the middle of the box lies and how large it is, and where
    the points lie: one output for each kind and grid (OpenCV, `FaceDetectorYN`).
    """
    width = network.input.shape[3]
    found = [
        _on_one_grid(stride, width // stride, network.outputs[grid :: len(_STRIDES)])
        for grid, stride in enumerate(_STRIDES)
    ]
    rows = np.concatenate(found)
    overwrite(*found)
    return rows


def _on_one_grid(stride: int, columns: int, said: Sequence[_Values]) -> _Rows:
    """Those of one grid; lengths are said in strides, the box's sides as logarithms."""
    of_class, of_face, boxes, points = said
    scores = np.sqrt(of_class * of_face)
    places = np.flatnonzero(scores >= SCORE_THRESHOLD)
    offsets = np.column_stack((places % columns, places // columns)).astype(np.float32)
    box = boxes.reshape(-1, 4)[places]
    five = points.reshape(-1, 10)[places]
    sides = np.exp(box[:, 2:]) * stride
    corner = (box[:, :2] + offsets) * stride - sides / 2
    moved = (five + np.tile(offsets, 5)) * stride
    rows = np.column_stack((corner, sides, moved, scores[places]))
    # Freed as they are, NumPy would keep such small arrays, with what is in them.
    overwrite(box, five, sides, corner, moved)
    return rows


def _face(row: NDArray[np.float32]) -> Face:
    """One candidate as a face."""
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
