"""What the sensors of a door tell, held against what it was told."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.policy import CALLS_ATTENDANT
from ostiary.reasons import Reason
from ostiary.terms import Contact, Doorway, ReleaseCause
from ostiary.transaction import Alarm, AlarmOver, PassageBegun, PassageConfirmed, Rules
from ostiary.transaction.passage import (
    AFTER_LOCKING,
    ALARMS,
    SHORTEST_ALARM,
    STUCK_SECONDS,
    Watch,
    locked,
    observe,
    released,
    went_through,
)

RULES = Rules(comparison_threshold=0.5)
SHUT = Doorway(Contact.SHUT, 0)
TURNSTILE = Doorway(Contact.UNKNOWN, 0)
LEAF = Doorway(Contact.SHUT)


@dataclass
class Lane:
    """A watch, its clock, and the alarms it told of."""

    door: Doorway
    watch: Watch = field(default_factory=Watch)
    seconds: float = 0.0
    told: list[Alarm | AlarmOver] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.see()

    def see(
        self,
        after: float = 0.1,
        contact: Contact | None = None,
        passages: int | None = None,
        *,
        blocked: bool | None = None,
    ) -> None:
        """The sensors tell this from now on; None: as before."""
        former = self.door
        self.door = Doorway(
            former.contact if contact is None else contact,
            former.passages if passages is None else passages,
            former.blocked if blocked is None else blocked,
        )
        self.observe(self.door, after)

    def observe(self, door: Doorway | None, after: float = 0.1) -> None:
        self.seconds += after
        self.watch, told = observe(self.watch, door, self.seconds, RULES)
        self.told += told

    def release(self) -> None:
        self.watch = released(self.watch, self.seconds)

    def lock(self) -> None:
        self.watch = locked(self.watch, self.seconds)

    def walk(self, people: int = 1) -> None:
        self.see(passages=(self.door.passages or 0) + people)

    @property
    def standing(self) -> set[Reason]:
        return set(self.watch.alarms)


def test_one_person_through_a_counted_door_is_one_passage() -> None:
    lane = Lane(SHUT)
    lane.release()
    lane.see(contact=Contact.OPEN)
    assert went_through(lane.watch) is None
    lane.walk()
    assert went_through(lane.watch) == PassageConfirmed()
    lane.lock()
    assert went_through(lane.watch) is None
    lane.see(contact=Contact.SHUT)
    lane.see(after=AFTER_LOCKING)
    assert lane.watch.grant is None
    assert not lane.told


def test_a_leaf_without_a_count_was_passed_when_it_is_shut_again() -> None:
    lane = Lane(LEAF)
    lane.release()
    assert went_through(lane.watch) is None
    lane.see(contact=Contact.OPEN)
    assert went_through(lane.watch) == PassageBegun()
    lane.see(contact=Contact.SHUT)
    assert went_through(lane.watch) == PassageConfirmed()


def test_a_turnstile_without_a_contact_counts() -> None:
    lane = Lane(TURNSTILE)
    lane.release()
    lane.walk()
    assert went_through(lane.watch) == PassageConfirmed()


def test_a_door_that_senses_nothing_tells_nothing() -> None:
    lane = Lane(Doorway())
    lane.release()
    lane.see(after=3.0)
    assert went_through(lane.watch) is None
    assert not lane.door.senses
    assert not lane.told


def test_somebody_in_the_beam_of_a_shut_door_has_not_passed() -> None:
    lane = Lane(SHUT)
    lane.walk()
    assert not lane.told
    lane.release()
    lane.walk()
    assert went_through(lane.watch) is None


def test_a_door_that_never_moves_though_people_go_through_is_named() -> None:
    lane = Lane(SHUT)
    lane.release()
    lane.walk()
    lane.lock()
    lane.see(after=AFTER_LOCKING)
    assert lane.told == [Alarm(Reason.SENSOR_STUCK)]
    lane.see(after=10 * SHORTEST_ALARM)
    assert lane.standing == {Reason.SENSOR_STUCK}
    lane.release()
    lane.see(contact=Contact.OPEN)
    assert lane.told[1:] == [AlarmOver(Reason.SENSOR_STUCK)]


@pytest.mark.parametrize("after", [0.0, AFTER_LOCKING / 2])
def test_two_on_one_grant_are_noticed_before_and_after_the_lock(after: float) -> None:
    lane = Lane(TURNSTILE)
    lane.release()
    lane.walk()
    lane.lock()
    lane.see(after=after)
    assert not lane.told
    lane.walk()
    assert lane.told == [Alarm(Reason.SECOND_PERSON)]


def test_who_slips_in_while_the_door_still_stands_open_is_noticed() -> None:
    lane = Lane(SHUT)
    lane.release()
    lane.see(contact=Contact.OPEN)
    lane.walk()
    lane.lock()
    lane.see(after=3 * AFTER_LOCKING)
    lane.walk()
    assert lane.told == [Alarm(Reason.SECOND_PERSON)]
    lane.see(contact=Contact.SHUT)
    lane.see(after=AFTER_LOCKING + SHORTEST_ALARM)
    assert lane.told[1:] == [AlarmOver(Reason.SECOND_PERSON)]


@pytest.mark.parametrize("door", [SHUT, LEAF])
def test_a_door_that_opens_without_a_grant_is_forced(door: Doorway) -> None:
    lane = Lane(door)
    lane.see(contact=Contact.OPEN)
    assert lane.told == [Alarm(Reason.DOOR_FORCED)]
    lane.see(contact=Contact.SHUT)
    assert lane.standing == {Reason.DOOR_FORCED}
    lane.see(after=SHORTEST_ALARM)
    assert lane.told[1:] == [AlarmOver(Reason.DOOR_FORCED)]


def test_a_turnstile_that_is_climbed_is_forced() -> None:
    lane = Lane(TURNSTILE)
    lane.walk()
    assert lane.told == [Alarm(Reason.DOOR_FORCED)]


def test_a_grant_while_it_is_forced_open_does_not_make_it_good() -> None:
    lane = Lane(LEAF)
    lane.see(contact=Contact.OPEN)
    lane.see(after=RULES.held_seconds)
    lane.release()
    lane.see(after=1.0)
    lane.see(after=SHORTEST_ALARM)
    assert lane.standing == {Reason.DOOR_HELD_OPEN}


def test_a_hand_on_the_door_as_the_lock_falls_belongs_to_the_grant() -> None:
    lane = Lane(LEAF)
    lane.release()
    lane.lock()
    lane.see(contact=Contact.OPEN)
    lane.see(contact=Contact.SHUT)
    lane.see(contact=Contact.OPEN)
    assert not lane.told
    lane.see(contact=Contact.SHUT)
    lane.see(after=AFTER_LOCKING)
    lane.see(contact=Contact.OPEN)
    assert lane.told == [Alarm(Reason.DOOR_FORCED)]


def test_a_door_that_stands_open_is_said_until_it_is_shut() -> None:
    lane = Lane(LEAF)
    lane.release()
    lane.see(contact=Contact.OPEN)
    lane.lock()
    lane.see(after=RULES.held_seconds - 0.01)
    assert not lane.told
    lane.see(after=0.01)
    lane.see(after=600)
    assert lane.told == [Alarm(Reason.DOOR_HELD_OPEN)]
    lane.see(contact=Contact.SHUT)
    lane.see(after=SHORTEST_ALARM)
    assert lane.told[1:] == [AlarmOver(Reason.DOOR_HELD_OPEN)]


def test_a_door_that_is_open_when_the_gate_starts_is_held_not_forced() -> None:
    lane = Lane(Doorway(Contact.OPEN, 0))
    assert not lane.told
    lane.see(after=RULES.held_seconds)
    assert lane.told == [Alarm(Reason.DOOR_HELD_OPEN)]


def test_a_door_that_is_released_is_neither_forced_nor_held() -> None:
    lane = Lane(LEAF)
    lane.observe(Doorway(Contact.SHUT, release=ReleaseCause.WIRED))
    lane.observe(Doorway(Contact.OPEN, release=ReleaseCause.WIRED))
    lane.observe(Doorway(Contact.OPEN, release=ReleaseCause.WIRED), after=600)
    assert lane.told == [Alarm(Reason.WIRED_RELEASE)]
    # Reset, and nobody shut the door.
    lane.observe(Doorway(Contact.OPEN))
    assert lane.told[1:] == [
        Alarm(Reason.DOOR_HELD_OPEN),
        AlarmOver(Reason.WIRED_RELEASE),
    ]


def test_a_sensor_that_always_sees_somebody_is_named() -> None:
    lane = Lane(SHUT)
    lane.see(blocked=True)
    lane.see(after=STUCK_SECONDS - 0.01)
    assert not lane.told
    lane.see(after=0.01)
    assert lane.told == [Alarm(Reason.SENSOR_STUCK)]
    lane.see(blocked=False)
    lane.see(after=SHORTEST_ALARM)
    assert lane.told[1:] == [AlarmOver(Reason.SENSOR_STUCK)]


def test_a_door_that_does_not_answer_is_said_and_was_watched_on_its_return() -> None:
    lane = Lane(LEAF)
    lane.observe(None)
    lane.observe(None)
    assert lane.told == [Alarm(Reason.DOOR_FAULT)]
    lane.see(after=SHORTEST_ALARM, contact=Contact.OPEN)
    assert set(lane.told[1:]) == {
        AlarmOver(Reason.DOOR_FAULT),
        Alarm(Reason.DOOR_FORCED),
    }


def test_every_alarm_calls_somebody() -> None:
    assert ALARMS <= CALLS_ATTENDANT


MOVES: dict[str, Callable[[Lane], None]] = {
    "release": Lane.release,
    "lock": Lane.lock,
    "open": lambda lane: lane.see(contact=Contact.OPEN),
    "shut": lambda lane: lane.see(contact=Contact.SHUT),
    "walk": Lane.walk,
    "stand": lambda lane: lane.see(blocked=True),
    "leave": lambda lane: lane.see(blocked=False),
    "break": lambda lane: lane.observe(None),
    "wait": lambda lane: lane.see(after=3.0),
    "wait long": lambda lane: lane.see(after=100.0),
    "clock back": lambda lane: lane.see(after=-50.0),
}


@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=40))
def test_whatever_happens_alarms_begin_and_end_in_turn(story: list[str]) -> None:
    lane = Lane(SHUT)
    for move in story:
        granted = lane.watch.grant is not None
        was = lane.door.contact
        begun = len(lane.told)
        MOVES[move](lane)
        if move == "open" and was is Contact.SHUT and not granted:
            assert Reason.DOOR_FORCED in lane.standing
        if granted and lane.watch.grant and lane.watch.passed() > 1:
            assert move == "break" or Reason.SECOND_PERSON in lane.standing
        if Alarm(Reason.DOOR_FORCED) in lane.told[begun:]:
            assert lane.watch.grant is None
    standing: set[Reason] = set()
    for each in lane.told:
        assert (each.reason in standing) is isinstance(each, AlarmOver)
        standing ^= {each.reason}
    assert standing == lane.standing


@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=40))
def test_left_alone_and_shut_everything_is_quiet_again(story: list[str]) -> None:
    lane = Lane(SHUT)
    for move in story:
        MOVES[move](lane)
    lane.lock()
    lane.see(contact=Contact.OPEN, blocked=False)
    lane.see(contact=Contact.SHUT)
    for _ in range(3):
        lane.see(after=SHORTEST_ALARM)
    assert not lane.standing
    assert lane.watch.grant is None
