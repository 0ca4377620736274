"""The door as the gate moves it: any order of people, faults and grants."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from typing_extensions import override

from ostiary.actuators import SimulatedDoor
from ostiary.capture.qr import qr_image
from ostiary.errors import ActuatorError
from ostiary.gate.watched_door import WatchedDoor
from ostiary.reasons import Reason
from ostiary.terms import Confirmation, Contact, Image, Outage
from ostiary.transaction import (
    Alarm,
    AlarmOver,
    AttendantAnswered,
    AwaitingPassage,
    CloseDoor,
    CredentialShown,
    Event,
    Idle,
    OpenDoor,
    Rules,
    State,
    TimePassed,
    step,
)

World = Any
"""The fixture's type; test modules import nothing from one another."""

RULES: Final = Rules(comparison_threshold=0.5)
TICK: Final = 0.25


class Lane(RuleBasedStateMachine):
    """A gate without a camera: a transaction, a door with a leaf, and people."""

    make_credential: Callable[[None], Any]

    @initialize(contact=st.booleans())
    def stand(self, *, contact: bool) -> None:
        self.door = SimulatedDoor()
        self.contact = contact
        self.door.contact = Contact.SHUT if contact else Contact.UNKNOWN
        self.watched = WatchedDoor(self.door, RULES)
        self.state: State = Idle()
        self.seconds = 0.0
        self.alarms: set[Reason] = set()
        self.grants = 0
        self.through = 0
        self.forced = False
        self.released_at = 0.0
        self.tick()

    # What the gate does with every frame.
    @rule()
    def tick(self) -> None:
        self.seconds += TICK
        alarms, event = self.watched.look(self.seconds)
        for each in alarms:
            self.carry_out(each)
        if event is not None:
            self.take(event)
        self.take(TimePassed())

    @rule(seconds=st.sampled_from([1.0, 6.0, 30.0]))
    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK)):
            self.tick()

    @rule()
    def grant(self) -> None:
        self.take(CredentialShown(self.make_credential(None)))
        self.take(AttendantAnswered(Confirmation.CONFIRMED))

    # What people do.
    @precondition(lambda self: self.contact and self.door.is_open)
    @rule()
    def push(self) -> None:
        self.door.contact = Contact.OPEN

    @precondition(lambda self: self.contact)
    @rule()
    def let_fall(self) -> None:
        self.door.contact = Contact.SHUT

    @precondition(lambda self: self.contact and not self.watched.fault)
    @rule()
    def force(self) -> None:
        granted = self.watched._watch.grant is not None
        shut = self.door.contact is Contact.SHUT
        self.door.contact = Contact.OPEN
        self.tick()
        if shut and not granted and not self.watched.fault:
            assert Reason.DOOR_FORCED in self.alarms

    @rule()
    def walk(self) -> None:
        free = self.door.is_open if not self.contact else self.stands_open()
        if free:
            self.door._passages += 1

    @rule(blocked=st.booleans())
    def stand_in_the_way(self, *, blocked: bool) -> None:
        self.door.blocked = blocked

    @rule(broken=st.booleans())
    def cut(self, *, broken: bool) -> None:
        self.door.broken = broken

    def stands_open(self) -> bool:
        return self.door.contact is Contact.OPEN

    def take(self, event: Event) -> None:
        self.state, effects = step(self.state, event, self.seconds, RULES)
        for effect in effects:
            self.carry_out(effect)

    def carry_out(self, effect: object) -> None:
        match effect:
            case OpenDoor():
                self.released_at = self.seconds
                self.grants += 1
                self.take(self.watched.open(self.seconds))
            case CloseDoor():
                self.watched.close(self.seconds)
            case Alarm(reason):
                assert reason not in self.alarms
                self.alarms.add(reason)
            case AlarmOver(reason):
                self.alarms.remove(reason)
            case _:
                pass

    @invariant()
    def never_open_without_a_grant(self) -> None:
        assert self.door.openings <= self.grants

    @invariant()
    def never_open_longer_than_allowed(self) -> None:
        if self.door.is_open and not self.door.broken and not self.watched.fault:
            assert isinstance(self.state, AwaitingPassage) or self.watched._to_be_shut
            open_for = self.seconds - self.released_at
            assert open_for < RULES.passage_seconds + TICK

    @invariant()
    def one_passage_ends_one_grant(self) -> None:
        """A door that stays open does so for somebody who has not been seen yet."""
        if isinstance(self.state, AwaitingPassage) and not self.door.broken:
            assert self.watched._watch.grant is not None

    @invariant()
    def two_on_one_grant_are_said(self) -> None:
        if self.watched._watch.passed() > 1:
            assert Reason.SECOND_PERSON in self.alarms

    @invariant()
    def what_does_not_answer_is_said(self) -> None:
        assert (not self.watched.fault) or Reason.DOOR_FAULT in self.alarms

    @override
    def teardown(self) -> None:
        """Service returns by itself."""
        if not hasattr(self, "door"):
            return
        self.door.broken = self.door.blocked = False
        self.let_fall() if self.contact else None
        self.wait(30.0)
        assert isinstance(self.state, Idle)
        assert not self.door.is_open
        if Reason.SENSOR_STUCK not in self.alarms:
            assert not self.alarms
        openings = self.door.openings
        self.grant()
        assert self.door.openings == openings + 1
        assert isinstance(self.state, AwaitingPassage)


def test_no_order_of_people_and_faults_leaves_the_door_open(
    make_credential: Callable[[None], Any],
) -> None:
    machine = type(
        "LaneOfTheTest", (Lane,), {"make_credential": staticmethod(make_credential)}
    )
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=40, stateful_step_count=25, deadline=None),
    )


def granted(world: World, scene: Callable[[], Image]) -> Iterator[Image]:
    yield qr_image(world.issue().text)
    yield from (scene() for _ in range(3))


def test_nobody_passed_is_said_and_the_same_pass_serves_again_at_once(
    world: World, empty_scene: Callable[[], Image]
) -> None:
    text = world.issue().text
    first = [qr_image(text), *(empty_scene() for _ in range(55))]
    again = [qr_image(text), *(empty_scene() for _ in range(3))]
    world.run(*first, *again)
    assert world.display.guidance == [Reason.NOBODY_PASSED]
    assert world.display.reasons == [Reason.HOLDER_VERIFIED] * 2
    assert world.door.openings == 2


def test_a_pass_that_is_still_held_up_opens_nothing_again(
    world: World, empty_scene: Callable[[], Image]
) -> None:
    code = qr_image(world.issue().text)
    first = [code.copy(), *(empty_scene() for _ in range(3))]
    world.run(*first, *(code.copy() for _ in range(80)), empty_scene())
    assert world.display.guidance == [Reason.NOBODY_PASSED]
    assert world.door.openings == 1


def test_a_door_that_fails_and_returns_serves_again(
    world: World, empty_scene: Callable[[], Image]
) -> None:
    text = world.issue().text
    frames = iter(range(1000))

    def fails_for_a_while(_: datetime) -> None:
        world.door.broken = 1 <= next(frames) < 40

    world.display.pass_time = fails_for_a_while
    scenes = [empty_scene(), *granted(world, empty_scene)]
    later = [empty_scene() for _ in range(150)]
    world.run(*scenes, *later, qr_image(text), *(empty_scene() for _ in range(4)))
    assert world.display.reasons == [Reason.DOOR_FAULT, Reason.HOLDER_VERIFIED]
    assert world.display.alarms == [
        (Reason.DOOR_FAULT, True),
        (Reason.DOOR_FAULT, False),
    ]


def test_an_order_to_shut_that_fails_is_given_again_until_it_is_taken(
    world: World, empty_scene: Callable[[], Image]
) -> None:
    close = world.door.close
    refused: list[bool] = []

    def jams() -> None:
        if world.door.is_open and len(refused) < 5:
            refused.append(True)
            raise ActuatorError("it jams")
        close()

    world.door.close = jams
    world.run(*granted(world, empty_scene), *(empty_scene() for _ in range(70)))
    assert len(refused) == 5
    assert world.display.calls == []
    assert world.display.alarms == [(Reason.DOOR_FAULT, True)]
    assert not world.door.is_open


def test_a_forced_door_is_said_while_the_camera_is_out(world: World) -> None:
    world.door.contact = Contact.SHUT

    class Dark:
        def frames(self) -> Iterator[Outage]:
            for number in range(5):
                if number == 2:
                    world.door.contact = Contact.OPEN
                at = datetime(2026, 11, 21, 12, tzinfo=UTC) + timedelta(seconds=number)
                yield Outage(Reason.CAMERA_FAULT, at, float(number))

        def close(self) -> None:
            pass

    world.gate().run(Dark())
    assert world.display.alarms == [(Reason.DOOR_FORCED, True)]


def test_a_door_that_came_back_released_is_shut() -> None:
    """As a module does whose power was cut, and which starts with its output on."""
    door = SimulatedDoor(broken=True)
    watched = WatchedDoor(door, RULES)
    watched.look(0.0)
    door.broken, door.is_open = False, True
    watched.look(0.1)
    assert not door.is_open


@pytest.mark.parametrize("released", [True, False])
def test_an_open_that_is_not_certain_is_taken_back(*, released: bool) -> None:
    door = SimulatedDoor()
    taken = door.open

    def uncertain() -> None:
        if released:
            taken()
        raise ActuatorError("no answer")

    door.open = uncertain  # type: ignore[method-assign]
    watched = WatchedDoor(door, RULES)
    watched.look(0.0)
    watched.open(0.1)
    watched.look(0.2)
    assert not door.is_open
