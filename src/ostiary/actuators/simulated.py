"""A door without hardware: an ordinary driver, for trying, showing and testing."""

from ostiary.errors import ActuatorError
from ostiary.terms import Contact, Doorway, ReleaseCause


class SimulatedDoor:
    """A door that is only a state, with a sensor that `walk_through` sets off.

    Args:
        broken: take no order and answer nothing, as a door whose wiring is cut.

    Attributes:
        is_open: whether the door is released.
        openings: how many times it went from locked to released.
        contact: what its contact says; like most doors, it has none.
        blocked: whether something stands in its passage.
        release: by what it is released past the gate; None: by nothing.
        broken: as above; can be mended.
    """

    def __init__(self, *, broken: bool = False) -> None:
        self.is_open = False
        self.openings = 0
        self.contact = Contact.UNKNOWN
        self.blocked = False
        self.release: ReleaseCause | None = None
        self.broken = broken
        self._passages = 0

    def open(self) -> None:
        """Release the door; harmless when it is released.

        Raises:
            ActuatorError: it is broken.
        """
        self._answer()
        if not self.is_open:
            self.openings += 1
        self.is_open = True

    def close(self) -> None:
        """Lock the door; harmless when it is locked.

        Raises:
            ActuatorError: it is broken.
        """
        self._answer()
        self.is_open = False

    def look(self) -> Doorway:
        """What its sensors tell.

        Raises:
            ActuatorError: it is broken.
        """
        self._answer()
        return Doorway(self.contact, self._passages, self.blocked, self.release)

    def let_go(self) -> None:
        """Lock the door.

        Raises:
            ActuatorError: it is broken.
        """
        self.close()

    def walk_through(self) -> bool:
        """What a person does who tries the door; False where it is locked."""
        free = self.is_open or self.release is not None
        self._passages += free
        return free

    def _answer(self) -> None:
        if self.broken:
            raise ActuatorError("the simulated door is broken")
