"""Presentation-attack detection by two MiniFASNets at two scales, and by none."""

import math
from typing import Final

import cv2
import numpy as np

from ostiary.terms import Face, Image
from ostiary.vision.minifasnet_graph import build_minifasnet
from ostiary.vision.network import Network
from ostiary.vision.store import ModelStore
from ostiary.vision.torch_weights import read_torch_weights

_V2: Final = "2.7_80x80_MiniFASNetV2.pth"
_V1SE: Final = "4_0_0_80x80_MiniFASNetV1SE.pth"

_SIDE: Final = 80

_BONA_FIDE: Final = 1
"""Of the three classes of the network; the others are kinds of attack."""


class MiniFasNetPair:
    """Scores of MiniFASNetV2 and V1SE, averaged.

    Attributes:
        identity: name and version.
        threshold: the lowest mean score that counts as bona fide: docs/adr/0010.
    """

    identity: Final = "minifasnet/1"
    threshold: Final = 0.5

    def __init__(self, store: ModelStore) -> None:
        """Load both networks.

        Raises:
            ModelError: a model is missing, altered, or does not load.
        """
        self._parts: Final = (
            _ScaledNetwork(_load(store, _V2, excitation=False), 2.7),
            _ScaledNetwork(_load(store, _V1SE, excitation=True), 4.0),
        )

    def assess(self, image: Image, face: Face) -> float | None:
        """Score of one frame, 0 (attack) to 1 (bona fide); None: not assessed.

        Args:
            image: the whole picture of the standing zone; what surrounds the face
                counts, so the more of it the better.
            face: as found in that picture, its side no more than half of the zone's:
                larger ones look false (`quality.flaw_in_zone`).

        Raises:
            ModelError: the runtime fails.
        """
        scores = [part.score(image, face.box) for part in self._parts]
        mean = math.fsum(scores) / len(scores)
        return mean if math.isfinite(mean) else None

    def forget(self) -> None:
        """Overwrite crops and tensors."""
        for part in self._parts:
            part.forget()


class AbsentAttackDetector:
    """No attack detection: nothing is ever assessed, so nothing is ever granted.

    Attributes:
        identity: says so.
        threshold: never reached.
    """

    identity: Final = "absent"
    threshold: Final = 1.0

    def assess(self, image: Image, face: Face) -> float | None:
        """None: not assessed."""
        del image, face
        return None

    def forget(self) -> None:
        """Nothing was kept."""


class _ScaledNetwork:
    """One of the two networks, and how much around the face it looks at."""

    def __init__(self, network: Network, scale: float) -> None:
        self._network = network
        self._scale = scale
        self._crop: Image = np.zeros((_SIDE, _SIDE, 3), np.uint8)

    def score(self, image: Image, box: tuple[float, float, float, float]) -> float:
        """Probability that the network gives to bona fide, 0 to 1."""
        square = surroundings(image, box, self._scale)
        cv2.resize(square, (_SIDE, _SIDE), dst=self._crop)
        np.copyto(self._network.input[0], self._crop.transpose(2, 0, 1))
        self._network.run()
        return float(self._network.output[_BONA_FIDE])

    def forget(self) -> None:
        self._crop.fill(0)
        self._network.forget()


def _load(store: ModelStore, file: str, *, excitation: bool) -> Network:
    weights = read_torch_weights(store.read("minifasnet", file))
    return Network(build_minifasnet(weights, excitation=excitation))


def surroundings(
    image: Image, box: tuple[float, float, float, float], scale: float
) -> Image:
    """The face with what is around it, as a square.

    The networks' makers enlarge the detector's box as it is and press the result into
    a square. YuNet's boxes are taller than wide, and pressed faces look false to the
    networks. Where the picture is too small for the whole square, a smaller one is
    right: with the rest filled in, prints pass or people do not (docs/adr/0010).

    Args:
        image: height x width x 3, uint8.
        box: left, top, width, height of the face, in pixels.
        scale: side of the square, in sides of a square of the box's area; less where
            the picture is too small for that.

    Returns:
        A view of the picture, about the centre of the box, shifted to lie inside.
    """
    height, width = image.shape[:2]
    left, top, box_width, box_height = box
    side = scale * math.sqrt(max(box_width * box_height, 1.0))
    side = min(side, height, width)
    rows = _inside(top + box_height / 2, side, height)
    columns = _inside(left + box_width / 2, side, width)
    return image[rows, columns]


def _inside(centre: float, length: float, limit: int) -> slice:
    """A stretch of that length about the centre, shifted to lie between 0 and limit."""
    start = min(max(centre - length / 2, 0.0), limit - length)
    return slice(int(start), int(start) + max(int(length), 1))
