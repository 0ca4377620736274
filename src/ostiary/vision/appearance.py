"""Presentation-attack detection by the appearance of a frame, and by none."""

from typing import Final

from ostiary.presentation import appearance
from ostiary.terms import Face, Image
from ostiary.vision.minifas_celeba import MiniFasCelebA
from ostiary.vision.minifasnet import MiniFasNetPair
from ostiary.vision.store import ModelStore


class AppearanceDetector:
    """Three networks of two makers, fused into one calibrated score.

    Attributes:
        identity: name and version.
    """

    identity: Final = "appearance/1"

    def __init__(self, store: ModelStore) -> None:
        """Load the networks.

        Raises:
            ModelError: a model is missing, altered, or does not load.
        """
        self._pair: Final = MiniFasNetPair(store)
        self._celeba: Final = MiniFasCelebA(store)

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
        return appearance.fuse(self.probabilities(image, face))

    def probabilities(self, image: Image, face: Face) -> tuple[float, ...]:
        """What each network gives to bona fide, 0 to 1, in the order of `WEIGHTS`.

        Raises:
            ModelError: the runtime fails.
        """
        pair = self._pair.probabilities(image, face)
        return (*pair, self._celeba.probability(image, face))

    def forget(self) -> None:
        """Overwrite crops and tensors."""
        self._pair.forget()
        self._celeba.forget()


class AbsentAttackDetector:
    """No attack detection: nothing is ever assessed, so nothing is ever granted.

    Attributes:
        identity: says so.
    """

    identity: Final = "absent"

    def assess(self, image: Image, face: Face) -> float | None:
        """None: not assessed."""
        del image, face
        return None

    def forget(self) -> None:
        """Nothing was kept."""
