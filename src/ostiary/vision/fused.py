"""Two extractors that look at the same face, as one: docs/adr/0039."""

from typing import Final

import numpy as np

from ostiary.erasure import overwrite
from ostiary.terms import Face, Features, Image, Mesh
from ostiary.vision.direction import features_from
from ostiary.vision.mobilefacenet import MobileFaceNetExtractor
from ostiary.vision.retail0095 import Retail0095Extractor
from ostiary.vision.store import ModelStore

_NO_FACE: Final[Image] = np.zeros((0, 0, 3), np.uint8)


class FusedExtractor:
    """Retail-0095 and MobileFaceNet, their features end to end.

    Both halves have the same length, so that the cosine of two such features is the
    mean of the two extractors' own.

    Attributes:
        identity: changes whenever features would.
        dimensions: how many features.
    """

    identity: Final = "fused/2"
    dimensions: Final = (
        Retail0095Extractor.dimensions + MobileFaceNetExtractor.dimensions
    )

    def __init__(self, store: ModelStore) -> None:
        """Load both extractors.

        Raises:
            ModelError: a model is missing, altered, or does not load.
        """
        self._retail = Retail0095Extractor(store)
        self._mobile = MobileFaceNetExtractor(store)
        self._squares = (_NO_FACE, _NO_FACE)

    def align(self, image: Image, face: Face, mesh: Mesh) -> Image:
        """The face in the square of retail-0095, 128 x 128 x 3, uint8, BGR.

        That of MobileFaceNet is kept beside it; both are soon overwritten.
        """
        self._squares = (
            self._retail.align(image, face, mesh),
            self._mobile.align(image, face, mesh),
        )
        return self._squares[0]

    def extract(self, aligned: Image) -> Features:
        """Features of a face: 384 float32 of length 1, owned by the caller.

        Args:
            aligned: what `align` gave last; the other square was cut from the same
                picture.

        Raises:
            ModelError: the runtime fails, or what it gives is no direction.
            ValueError: another square than that.
        """
        if aligned is not self._squares[0]:
            raise ValueError("features are made of the face that was aligned last")
        halves = (
            self._retail.extract(aligned),
            self._mobile.extract(self._squares[1]),
        )
        values = np.concatenate([half.values for half in halves])
        for half in halves:
            overwrite(half.values)
        return features_from(self.identity, values)

    def forget(self) -> None:
        """Overwrite both squares and the runtime's tensors."""
        self._retail.forget()
        self._mobile.forget()
