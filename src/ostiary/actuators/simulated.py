"""A door without hardware: an ordinary driver, for trying, showing and testing."""

from ostiary.errors import ActuatorError


class SimulatedDoor:
    """A door that is only a state, with a sensor that `walk_through` sets off.

    Args:
        broken: take no order and answer nothing, as a door whose wiring is cut.

    Attributes:
        is_open: whether the door is released.
        openings: how many times it went from locked to released.
    """

    def __init__(self, *, broken: bool = False) -> None:
        self.is_open = False
        self.openings = 0
        self._broken = broken
        self._passed = False

    def open(self) -> None:
        """Release the door; harmless when it is released.

        Raises:
            ActuatorError: it is broken.
        """
        self._answer()
        if not self.is_open:
            self.openings += 1
        self.is_open = True
        self._passed = False

    def close(self) -> None:
        """Lock the door; harmless when it is locked.

        Raises:
            ActuatorError: it is broken.
        """
        self._answer()
        self.is_open = False

    def passed(self) -> bool:
        """Whether anybody went through since the door was opened.

        Raises:
            ActuatorError: it is broken.
        """
        self._answer()
        return self._passed

    def walk_through(self) -> bool:
        """What a person does who tries the door; False where it is locked."""
        self._passed = self._passed or self.is_open
        return self.is_open

    def _answer(self) -> None:
        if self._broken:
            raise ActuatorError("the simulated door is broken")
