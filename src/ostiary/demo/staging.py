"""Evidence that the demo stages through the ports, under names that say so."""

from collections.abc import Sequence
from typing import Final

from ostiary.actuators import SimulatedDoor
from ostiary.presentation.challenge import Move
from ostiary.presentation.parallax import Parallax
from ostiary.terms import Confirmation, Doorway, Face, Image, Mesh


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


class StagedMeter:
    """Sees every move that was asked for, whatever is before the camera.

    Args:
        prompts: what was asked for so far; the display adds to it.
    """

    begun: Final = True

    def __init__(self, prompts: Sequence[Move]) -> None:
        self._prompts = prompts

    def begin(self, image: Image, mesh: Mesh) -> None:
        """Nothing is looked at."""

    def measure(self, image: Image, mesh: Mesh) -> Parallax:
        """The staged parallax of the latest move; before the first, none."""
        del image, mesh
        return _MOVES[self._prompts[-1] if self._prompts else Move.LOOK_AHEAD]

    def forget(self) -> None:
        """Nothing was looked at."""


_MOVES: Final = {
    Move.TURN_LEFT: Parallax(0.1, 0.0, 1.0, 0.95),
    Move.TURN_RIGHT: Parallax(-0.1, 0.0, 1.0, 0.95),
    Move.LOOK_UP: Parallax(0.0, -0.1, 1.0, 0.95),
    Move.NOD: Parallax(0.0, 0.1, 1.0, 0.95),
    Move.COME_CLOSER: Parallax(0.0, 0.0, 1.4, 1.0),
    Move.LOOK_AHEAD: Parallax(0.0, 0.0, 1.0, 1.0),
}


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

    def look(self) -> Doorway:
        """Walk through if it is open, and tell what the sensor says."""
        self.simulated.walk_through()
        return self.simulated.look()

    def let_go(self) -> None:
        """Lock the door."""
        self.simulated.let_go()
