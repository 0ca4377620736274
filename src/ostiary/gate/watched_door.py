"""A door, with what it was told and what its sensors tell."""

from contextlib import suppress

from ostiary.errors import ActuatorError
from ostiary.ports import Door
from ostiary.reasons import Reason
from ostiary.terms import Doorway
from ostiary.transaction import (
    Alarm,
    AlarmOver,
    DeviceFailed,
    DoorOpened,
    PassageBegun,
    PassageConfirmed,
    Rules,
)
from ostiary.transaction.passage import (
    Watch,
    locked,
    observe,
    released,
    went_through,
)

DoorEvent = DeviceFailed | PassageBegun | PassageConfirmed


class WatchedDoor:
    """A door that is watched all the time, and told to shut until it does.

    Args:
        door: the door.
        rules: how long it may stand open.
    """

    def __init__(self, door: Door, rules: Rules) -> None:
        self._door = door
        self._rules = rules
        self._watch = Watch()
        self._to_be_shut = False

    @property
    def fault(self) -> bool:
        """Whether it did not answer when it was last looked at."""
        return self._watch.fault

    def look(
        self, seconds: float
    ) -> tuple[tuple[Alarm | AlarmOver, ...], DoorEvent | None]:
        """See what the sensors tell.

        Args:
            seconds: now, on a clock that never runs backwards.

        Returns:
            The alarms that begin or are over, and what it means to the transaction.
        """
        doorway = self._doorway(seconds)
        self._watch, alarms = observe(self._watch, doorway, seconds, self._rules)
        if self._watch.fault:
            return alarms, DeviceFailed(Reason.DOOR_FAULT)
        return alarms, went_through(self._watch)

    def open(self, seconds: float) -> DoorOpened | DeviceFailed:
        """Release it, and say whether it took the order."""
        try:
            self._door.open()
        except ActuatorError:
            self._to_be_shut = True
            return DeviceFailed(Reason.DOOR_FAULT)
        self._watch = released(self._watch, seconds)
        return DoorOpened(self._watch.door.senses)

    def close(self, seconds: float) -> None:
        """Lock it, now or as soon as it hears again."""
        self._to_be_shut = True
        with suppress(ActuatorError):
            self._shut(seconds)

    def _doorway(self, seconds: float) -> Doorway | None:
        """What the sensors tell; None: the door does not answer."""
        try:
            if self._to_be_shut:
                self._shut(seconds)
            return self._door.look()
        except ActuatorError:
            # Whatever it did meanwhile, it is told to shut when it hears again.
            self._to_be_shut = True
            return None

    def _shut(self, seconds: float) -> None:
        self._door.close()
        self._to_be_shut = False
        self._watch = locked(self._watch, seconds)
