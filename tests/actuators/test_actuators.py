from collections.abc import Callable

import pytest

from ostiary.actuators import SimulatedDoor
from ostiary.errors import ActuatorError
from ostiary.terms import Contact, Doorway


def test_a_simulated_door_starts_locked_and_unpassed() -> None:
    door = SimulatedDoor()

    assert not door.is_open
    assert door.look() == Doorway(Contact.UNKNOWN, 0)


def test_a_door_opens_and_closes_as_told_however_often() -> None:
    door = SimulatedDoor()

    door.open()
    door.open()
    assert (door.is_open, door.openings) == (True, 1)

    door.close()
    door.close()
    door.open()
    assert (door.is_open, door.openings) == (True, 2)

    door.let_go()
    door.let_go()
    assert not door.is_open


def test_only_an_open_door_is_walked_through_and_each_is_counted() -> None:
    door = SimulatedDoor()
    assert not door.walk_through()
    assert door.look().passages == 0

    door.open()
    assert door.walk_through()
    door.close()
    assert not door.walk_through()
    assert door.look().passages == 1


@pytest.mark.parametrize(
    "order",
    [
        SimulatedDoor.open,
        SimulatedDoor.close,
        SimulatedDoor.look,
        SimulatedDoor.let_go,
    ],
)
def test_a_broken_door_says_so_and_does_not_move(
    order: Callable[[SimulatedDoor], object],
) -> None:
    door = SimulatedDoor(broken=True)

    with pytest.raises(ActuatorError):
        order(door)

    assert (door.is_open, door.openings) == (False, 0)
