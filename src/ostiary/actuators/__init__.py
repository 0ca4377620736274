"""Door outputs. The table below is all there is; nothing falls back to another."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from ostiary.actuators.simulated import SimulatedDoor
from ostiary.errors import ConfigurationError
from ostiary.ports import Door

__all__ = ["DRIVERS", "SimulatedDoor", "open_door"]

DRIVERS: Final[Mapping[str, Callable[[], Door]]] = MappingProxyType(
    {"simulated": SimulatedDoor}
)


def open_door(driver: str) -> Door:
    """The door of that driver, locked.

    Raises:
        ConfigurationError: there is no such driver.
    """
    try:
        make = DRIVERS[driver]
    except KeyError:
        known = ", ".join(DRIVERS)
        raise ConfigurationError(
            f"no door driver is called {driver!r}; there is: {known}"
        ) from None
    return make()
