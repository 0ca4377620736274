"""Opened by hand: when an entry opens the door, and what keeps it open."""

import pytest

from ostiary.reasons import Reason
from ostiary.terms import AccessDecision, Outcome
from ostiary.transaction import (
    Announce,
    AwaitingDoor,
    AwaitingPassage,
    CloseDoor,
    DeviceFailed,
    DoorOpened,
    Idle,
    OpenDoor,
    OpeningEntered,
    PassageConfirmed,
    Resting,
    Rules,
    State,
    TimePassed,
    step,
)

RULES = Rules(0.5)
BY_HAND = AccessDecision(Outcome.GRANT, Reason.OPENED_BY_HAND)


@pytest.mark.parametrize("state", [Idle(), Resting(0.0)])
def test_an_entry_opens_while_nobody_is_served(state: State) -> None:
    after, effects = step(state, OpeningEntered(), 1.0, RULES)
    assert after == AwaitingDoor(BY_HAND, 1.0)
    assert effects == (OpenDoor(),)
    after, effects = step(after, DoorOpened(), 1.0, RULES)
    assert after == AwaitingPassage(1.0, by_hand=True)
    assert effects == (Announce(BY_HAND),)


@pytest.mark.parametrize("state", [AwaitingDoor(BY_HAND, 0.0), AwaitingPassage(0.0)])
def test_an_entry_opens_no_door_twice(state: State) -> None:
    assert step(state, OpeningEntered(), 1.0, RULES) == (state, ())


def test_it_needs_no_camera_and_it_needs_its_door() -> None:
    opened = AwaitingPassage(0.0, by_hand=True)
    failed = DeviceFailed(Reason.CAMERA_FAULT)
    assert step(opened, failed, 1.0, RULES) == (opened, ())
    after, effects = step(opened, DeviceFailed(Reason.DOOR_FAULT), 1.0, RULES)
    assert after == Resting(1.0)
    assert CloseDoor() in effects
    # Any other passage is over with the camera.
    assert step(AwaitingPassage(0.0), failed, 1.0, RULES)[0] == Resting(1.0)


def test_it_ends_as_every_passage_does() -> None:
    opened = AwaitingPassage(0.0, by_hand=True)
    late = RULES.passage_seconds + 1
    for event, seconds in (
        (PassageConfirmed(), 1.0),
        (TimePassed(), late),
        # Time runs out while the camera is gone, too.
        (DeviceFailed(Reason.CAMERA_FAULT), late),
    ):
        after, effects = step(opened, event, seconds, RULES)
        assert after == Resting(seconds)
        assert CloseDoor() in effects
