from collections.abc import Callable

import pytest

from ostiary.actuators import DRIVERS, SimulatedDoor, open_door
from ostiary.errors import ActuatorError, ConfigurationError


@pytest.mark.parametrize("driver", DRIVERS)
def test_every_door_starts_locked_and_unpassed(driver: str) -> None:
    door = open_door(driver)

    assert door.passed() is False
    if isinstance(door, SimulatedDoor):
        assert not door.is_open


@pytest.mark.parametrize("driver", ["", "gpio", "Simulated", "simulated "])
def test_an_unknown_driver_is_refused_and_never_replaced(driver: str) -> None:
    with pytest.raises(ConfigurationError, match="there is: simulated"):
        open_door(driver)


def test_a_door_opens_and_closes_as_told_however_often() -> None:
    door = SimulatedDoor()

    door.open()
    door.open()
    assert (door.is_open, door.openings) == (True, 1)

    door.close()
    door.close()
    door.open()
    assert (door.is_open, door.openings) == (True, 2)


def test_only_an_open_door_is_walked_through_and_each_opening_starts_anew() -> None:
    door = SimulatedDoor()
    assert not door.walk_through()
    assert not door.passed()

    door.open()
    assert door.walk_through()
    door.close()
    assert door.passed()

    door.open()
    assert not door.passed()


@pytest.mark.parametrize(
    "order", [SimulatedDoor.open, SimulatedDoor.close, SimulatedDoor.passed]
)
def test_a_broken_door_says_so_and_does_not_move(
    order: Callable[[SimulatedDoor], object],
) -> None:
    door = SimulatedDoor(broken=True)

    with pytest.raises(ActuatorError):
        order(door)

    assert (door.is_open, door.openings) == (False, 0)
