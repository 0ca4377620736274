"""Two MiniFASNets that look at a face at two scales."""

from typing import Final

from ostiary.terms import Face, Image
from ostiary.vision.minifasnet_graph import build_minifasnet
from ostiary.vision.network import Network
from ostiary.vision.store import ModelStore
from ostiary.vision.surroundings import ScaledNetwork
from ostiary.vision.torch_weights import read_torch_weights

_V2: Final = "2.7_80x80_MiniFASNetV2.pth"
_V1SE: Final = "4_0_0_80x80_MiniFASNetV1SE.pth"

_BONA_FIDE: Final = 1
"""Of the three classes of the network; the others are kinds of attack."""


class MiniFasNetPair:
    """MiniFASNetV2 at 2.7 times the face, V1SE at 4 times."""

    def __init__(self, store: ModelStore) -> None:
        """Load both networks.

        Raises:
            ModelError: a model is missing, altered, or does not load.
        """
        self._parts: Final = (
            ScaledNetwork(_load(store, _V2, excitation=False), 2.7),
            ScaledNetwork(_load(store, _V1SE, excitation=True), 4.0),
        )

    def probabilities(self, image: Image, face: Face) -> tuple[float, ...]:
        """What each of the two gives to bona fide, 0 to 1: V2, then V1SE.

        Args:
            image: the whole picture of the standing zone; what surrounds the face
                counts, so the more of it the better.
            face: as found in that picture, its side no more than half of the zone's:
                larger ones look false (`quality.flaw_in_zone`).

        Raises:
            ModelError: the runtime fails.
        """
        return tuple(part.run(image, face.box)[_BONA_FIDE] for part in self._parts)

    def forget(self) -> None:
        """Overwrite crops and tensors."""
        for part in self._parts:
            part.forget()


def _load(store: ModelStore, file: str, *, excitation: bool) -> Network:
    weights = read_torch_weights(store.read("minifasnet", file))
    return Network(build_minifasnet(weights, excitation=excitation))
