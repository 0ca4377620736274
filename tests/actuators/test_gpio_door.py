"""A door on gpiozero's mock pins, and the count of its beams."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.actuators import gpio
from ostiary.actuators.counting import PassageCounter
from ostiary.actuators.gpio import GpioDoor, Wiring
from ostiary.errors import ActuatorError, ConfigurationError
from ostiary.terms import Contact, Doorway, ReleaseCause

mock = pytest.importorskip("gpiozero.pins.mock", reason="the extra gpio is not there")

RELAY, CONTACT, FIRST, SECOND = 17, 22, 23, 24
WIRING: Final = Wiring(RELAY, relay_active_high=True, contact=CONTACT, beams=(FIRST,))


class Board:
    """Mock pins; a sensor that is in order is closed to ground."""

    def __init__(self) -> None:
        self.factory: Any = mock.MockFactory()

    def door(self, wiring: Wiring = WIRING, seconds: float = 5.0) -> GpioDoor:
        door = GpioDoor(wiring, seconds, lambda: self.factory)
        for pin in (*wiring.beams, *([] if wiring.contact is None else [CONTACT])):
            self.mend(pin)
        # A mock pin with a pull-up begins high, so each beam was left once.
        door._counter._count = 0
        return door

    def high(self, pin: int) -> bool:
        return bool(self.factory.pin(pin).state)

    def cut(self, pin: int) -> None:
        self.factory.pin(pin).drive_high()

    def mend(self, pin: int) -> None:
        self.factory.pin(pin).drive_low()


@pytest.fixture
def board() -> Iterator[Board]:
    made = Board()
    yield made
    made.factory.reset()


@pytest.mark.parametrize("active_high", [True, False])
def test_the_relay_is_energised_to_let_through_and_for_nothing_else(
    board: Board, *, active_high: bool
) -> None:
    door = board.door(Wiring(RELAY, relay_active_high=active_high))
    assert board.high(RELAY) is not active_high
    door.open()
    assert board.high(RELAY) is active_high
    door.close()
    assert board.high(RELAY) is not active_high
    door.open()
    door.let_go()
    door.let_go()


def test_the_relay_falls_by_itself_when_nobody_says_so(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpio, "BACKSTOP_SECONDS", 0.0)
    door = board.door(seconds=0.05)
    door.open()
    assert door._timer is not None
    door._timer.join()
    assert not board.high(RELAY)


def test_contact_and_beam_are_told(board: Board) -> None:
    door = board.door()
    assert door.look() == Doorway(Contact.SHUT, 0)
    board.cut(CONTACT)
    board.cut(FIRST)
    assert door.look() == Doorway(Contact.OPEN, 0, blocked=True)
    board.mend(CONTACT)
    board.mend(FIRST)
    assert door.look() == Doorway(Contact.SHUT, 1)


def test_a_release_and_a_lock_without_power_are_told(board: Board) -> None:
    """A wire that is cut reads as a release: it is looked at."""
    door = board.door(Wiring(RELAY, relay_active_high=True, release=25, supply=26))
    assert door.look() == Doorway(release=ReleaseCause.WIRED)
    board.mend(25)
    assert door.look() == Doorway(release=ReleaseCause.SUPPLY)
    board.mend(26)
    assert door.look() == Doorway()


def test_a_person_between_two_looks_is_counted(board: Board) -> None:
    door = board.door()
    for _ in range(3):
        board.cut(FIRST)
        board.mend(FIRST)
    assert door.look().passages == 3


def test_a_door_without_sensors_tells_nothing(board: Board) -> None:
    door = board.door(Wiring(RELAY, relay_active_high=True))
    assert door.look() == Doorway()


def test_a_pin_that_fails_is_said(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = board.door()

    def fail(*_: object) -> None:
        raise OSError("no such chip")

    monkeypatch.setattr(type(board.factory.pin(RELAY)), "_set_state", fail)
    monkeypatch.setattr(type(board.factory.pin(RELAY)), "_get_state", fail)
    orders: list[Callable[[], object]] = [door.open, door.close, door.look]
    for order in orders:
        with pytest.raises(ActuatorError, match="the pins of the door: no such chip"):
            order()


def test_one_pin_for_two_things_is_refused(board: Board) -> None:
    wiring = Wiring(RELAY, relay_active_high=True, contact=CONTACT, beams=(CONTACT,))
    with pytest.raises(ActuatorError, match="already in use"):
        board.door(wiring)


def test_a_machine_without_pins_is_refused_and_no_mock_takes_their_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    with pytest.raises(ActuatorError):
        GpioDoor(WIRING, 5.0)


def test_without_the_extra_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(gpio, "import_module", absent)
    with pytest.raises(ConfigurationError, match=r"ostiary\[gpio\]"):
        GpioDoor(WIRING, 5.0)


IN: Final = [(0, True), (1, True), (0, False), (1, False)]
OUT: Final = [(1, True), (0, True), (1, False), (0, False)]


@given(st.lists(st.sampled_from(["in", "out", "peek"]), max_size=12))
def test_with_two_beams_those_who_go_in_count(people: list[str]) -> None:
    counter = PassageCounter(2)
    walks = {"in": IN, "out": OUT, "peek": [(0, True), (0, False)]}
    for person in people:
        for beam, broken in walks[person]:
            counter.tell(beam, broken=broken)
            counter.tell(beam, broken=broken)
    assert counter.count == people.count("in")
    assert not counter.blocked


@given(st.integers(1, 6))
def test_with_two_beams_those_who_follow_on_the_heels_count_too(people: int) -> None:
    counter = PassageCounter(2)
    heels = [(0, True), (1, False), (1, True), (0, False)]
    for beam, broken in [*IN[:3], *(heels * (people - 1)), IN[3]]:
        counter.tell(beam, broken=broken)
    assert counter.count == people
    assert not counter.blocked


def test_with_two_beams_whoever_turns_round_counts_once() -> None:
    counter = PassageCounter(2)
    for beam, broken in [*IN[:3], *OUT[1:], *IN]:
        counter.tell(beam, broken=broken)
    assert counter.count == 2


@given(st.lists(st.booleans(), max_size=30))
def test_with_one_beam_each_who_leaves_it_counts_once(broken: list[bool]) -> None:
    counter = PassageCounter(1)
    for each in broken:
        counter.tell(0, broken=each)
    pairs = zip([False, *broken], broken, strict=False)
    assert counter.count == sum(before and not now for before, now in pairs)
    assert counter.blocked is bool(broken and broken[-1])
