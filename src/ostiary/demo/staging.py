"""Evidence that the demo stages through the ports, under names that say so."""

from ostiary.actuators import SimulatedDoor
from ostiary.terms import Confirmation, Face, Image


class StagedAttackDetector:
    """Gives every face the same score, whatever it sees.

    Args:
        score: 0 (attack) to 1 (bona fide), or None for "could not be assessed".
    """

    identity = "staged"

    def __init__(self, score: float | None) -> None:
        self._score = score

    def assess(self, image: Image, face: Face) -> float | None:
        """The staged score."""
        del image, face
        return self._score

    def forget(self) -> None:
        """Nothing was looked at."""


class StagedAttendant:
    """Gives the same answer to every question.

    Args:
        confirmation: the answer; None for silence.
    """

    def __init__(self, confirmation: Confirmation | None) -> None:
        self._confirmation = confirmation

    def ask(self) -> None:
        """The answer does not depend on it."""

    def answer(self) -> Confirmation | None:
        """The staged answer."""
        return self._confirmation


class DoorWithPasser:
    """A simulated door that somebody walks through as soon as it is open.

    Attributes:
        simulated: the door itself.
    """

    def __init__(self) -> None:
        self.simulated = SimulatedDoor()

    def open(self) -> None:
        """Release the door."""
        self.simulated.open()

    def close(self) -> None:
        """Lock the door."""
        self.simulated.close()

    def passed(self) -> bool:
        """Walk through, and say whether that worked."""
        return self.simulated.walk_through()
