"""No order of looks and moves opens the door without all that the challenge takes."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ostiary.credential import VerifiedCredential
from ostiary.presentation.challenge import (
    ENDING_LOOKS,
    HELD_LOOKS,
    Motion,
    Move,
    Order,
)
from ostiary.presentation.fusion import Asking
from ostiary.presentation.parallax import Parallax
from ostiary.reasons import Reason
from ostiary.terms import (
    AccessDecision,
    Confirmation,
    Features,
    Outcome,
    Probe,
    Undetermined,
)
from ostiary.transaction import (
    Announce,
    AttendantAnswered,
    AwaitingChallenge,
    AwaitingFace,
    AwaitingPassage,
    CallAttendant,
    ChargeTry,
    ClearTries,
    CloseDoor,
    CredentialShown,
    DeviceFailed,
    DoorOpened,
    DrawMoves,
    Effect,
    Event,
    FaceObserved,
    Forget,
    Guide,
    Idle,
    MotionObserved,
    MovesDrawn,
    OpenDoor,
    PassageConfirmed,
    Prompt,
    Resting,
    Rules,
    State,
    TimePassed,
    step,
)

EXTRACTOR: Final = "test/1"
HOLDER: Final = np.array([1, 0, 0, 0], np.float32)
OTHER: Final = np.array([0, 1, 0, 0], np.float32)
ORDER: Final = Order((Move.TURN_LEFT, Move.NOD, Move.COME_CLOSER), Move.LOOK_UP)
WHEN_OPEN: Final = Rules(0.5)
ALWAYS: Final = replace(WHEN_OPEN, challenge=Asking.ALWAYS)
NEVER: Final = replace(WHEN_OPEN, challenge=Asking.NEVER)
GOOD, OPEN, BAD = 0.9, 0.5, 0.1

MakeCredential = Callable[[NDArray[np.float32] | None], VerifiedCredential]

SEEN: Final[dict[str, Parallax | None]] = {
    Move.TURN_LEFT: Parallax(0.1, 0.0, 1.0, 0.95),
    Move.TURN_RIGHT: Parallax(-0.1, 0.0, 1.0, 0.95),
    Move.LOOK_UP: Parallax(0.0, -0.1, 1.0, 0.95),
    Move.NOD: Parallax(0.0, 0.1, 1.0, 0.95),
    Move.COME_CLOSER: Parallax(0.0, 0.0, 1.4, 1.0),
    "ahead": Parallax(0.0, 0.0, 1.0, 1.0),
    "picture": Parallax(0.0, 0.0, 1.0, 0.7),
    "nothing": None,
}


def motion(seen: str, face: NDArray[np.float32] = HOLDER) -> MotionObserved:
    return MotionObserved(Motion(Features(EXTRACTOR, face.copy()), SEEN[seen]))


def held(*seen: str) -> list[Event]:
    return [motion(each) for each in seen for _ in range(HELD_LOOKS)]


def long(seen: str) -> list[Event]:
    return [motion(seen) for _ in range(ENDING_LOOKS)]


def probe(score: float | None, face: NDArray[np.float32] = HOLDER) -> FaceObserved:
    return FaceObserved(Probe(Features(EXTRACTOR, face.copy()), score))


def three(score: float | None, face: NDArray[np.float32] = HOLDER) -> list[Event]:
    return [probe(score, face) for _ in range(3)]


@dataclass
class Stage:
    """Runs the machine, draws the order it asks for, and remembers every array."""

    rules: Rules = WHEN_OPEN
    draws: bool = True
    state: State = field(default_factory=Idle)
    seconds: float = 0.0
    door_open: bool = False
    decisions: list[AccessDecision] = field(default_factory=list)
    prompts: list[Move] = field(default_factory=list)
    arrays: list[NDArray[np.float32]] = field(default_factory=list)
    counted: list[Effect] = field(default_factory=list)

    def take(self, *events: Event, after: float = 0.1) -> tuple[Effect, ...]:
        effects: tuple[Effect, ...] = ()
        for event in events:
            self.seconds += after
            self.arrays += biometrics(event)
            self.state, effects = step(self.state, event, self.seconds, self.rules)
            if isinstance(self.state, AwaitingChallenge):
                self.arrays.append(self.state.face.values)
            self.counted += (
                e for e in effects if isinstance(e, ChargeTry | ClearTries)
            )
            for effect in effects:
                self.carry_out(effect)
        return effects

    def stands_at(self, *states: type[State]) -> bool:
        return isinstance(self.state, states)

    @property
    def reasons(self) -> list[Reason]:
        return [decision.reason for decision in self.decisions]

    def carry_out(self, effect: Effect) -> None:
        match effect:
            case OpenDoor():
                self.door_open = True
                self.take(DoorOpened(), after=0.0)
            case CloseDoor():
                self.door_open = False
            case DrawMoves() if self.draws:
                self.take(MovesDrawn(ORDER), after=0.0)
            case Prompt(move):
                self.prompts.append(move)
            case Announce(decision):
                self.decisions.append(decision)
            case Forget(arrays):
                for array in arrays:
                    array.fill(0)
            case _:
                pass


def biometrics(event: Event) -> list[NDArray[np.float32]]:
    match event:
        case CredentialShown(credential) if credential.reference:
            return [credential.reference.values]
        case FaceObserved(Probe(features)) | MotionObserved(Motion(features)):
            return [features.values]
        case _:
            return []


@pytest.fixture
def stage(make_credential: MakeCredential) -> Stage:
    """A match whose looks leave it open: moves are asked for."""
    asked = Stage()
    asked.take(CredentialShown(make_credential(HOLDER)), *three(OPEN))
    return asked


def test_moves_are_asked_for_where_the_looks_leave_it_open(stage: Stage) -> None:
    assert stage.stands_at(AwaitingChallenge)
    assert stage.prompts == [ORDER.moves[0]]
    assert not stage.decisions
    # Of all arrays only the fused face is kept, to hold later looks against.
    assert [array.any() for array in stage.arrays] == [False] * 4 + [True] * 2


def test_the_moves_in_their_order_open_the_door(stage: Stage) -> None:
    stage.take(*held(*ORDER.moves))
    assert stage.prompts == [*ORDER.moves]
    assert stage.reasons == [Reason.HOLDER_VERIFIED]
    assert stage.stands_at(AwaitingPassage)
    assert not any(array.any() for array in stage.arrays)


@pytest.mark.parametrize(
    ("seen", "outcome", "reason"),
    [
        (long(Move.NOD), Outcome.REFUSE, Reason.OTHER_MOVE),
        (long("picture"), Outcome.REFUSE, Reason.ATTACK_SUSPECTED),
        ([DeviceFailed(Reason.CAMERA_FAULT)], Outcome.REFUSE, Reason.CAMERA_FAULT),
    ],
)
def test_anything_else_keeps_it_shut_and_calls_the_attendant(
    stage: Stage, seen: list[Event], outcome: Outcome, reason: Reason
) -> None:
    effects = stage.take(*seen)
    assert stage.decisions == [AccessDecision(outcome, reason)]
    assert CallAttendant(reason) in effects
    assert stage.stands_at(Resting)
    assert not any(array.any() for array in stage.arrays)


def test_whoever_does_not_move_is_offered_another_move_then_referred(
    stage: Stage,
) -> None:
    stage.take(TimePassed(), after=WHEN_OPEN.move_seconds)
    assert stage.prompts == [ORDER.moves[0], ORDER.spare]
    effects = stage.take(motion("ahead"), after=WHEN_OPEN.move_seconds)
    assert stage.decisions == [AccessDecision(Outcome.REFER, Reason.NOT_MOVED)]
    assert CallAttendant(Reason.NOT_MOVED) in effects
    assert not any(array.any() for array in stage.arrays)


def test_time_between_looks_interrupts_no_move(stage: Stage) -> None:
    stage.take(motion(Move.TURN_LEFT), TimePassed(), motion(Move.TURN_LEFT))
    assert stage.prompts == [*ORDER.moves[:2]]


def test_somebody_elses_moves_do_not_count(stage: Stage) -> None:
    for move in ORDER.moves:
        stage.take(motion(move, OTHER), motion(move, OTHER))
    assert stage.stands_at(AwaitingChallenge)
    assert stage.prompts == [ORDER.moves[0]]
    assert isinstance(stage.state, AwaitingChallenge)
    left = [array for array in stage.arrays if array.any()]
    assert all(array is stage.state.face.values for array in left)


def test_a_sheet_is_one_whoever_it_shows(stage: Stage) -> None:
    for _ in range(ENDING_LOOKS):
        stage.take(motion("picture", OTHER))
    assert stage.reasons == [Reason.ATTACK_SUSPECTED]


def test_looks_without_a_face_are_guided_and_do_not_count(stage: Stage) -> None:
    effects = stage.take(
        motion(Move.TURN_LEFT), MotionObserved(Undetermined(Reason.NO_FACE))
    )
    assert effects == (Guide(Reason.NO_FACE),)
    stage.take(motion(Move.TURN_LEFT))
    assert stage.prompts == [ORDER.moves[0]]


def test_an_order_that_is_never_drawn_refers(make_credential: MakeCredential) -> None:
    stage = Stage(draws=False)
    stage.take(CredentialShown(make_credential(HOLDER)), *three(OPEN))
    stage.take(*held(*ORDER.moves))
    assert stage.stands_at(AwaitingChallenge)
    stage.take(TimePassed(), after=WHEN_OPEN.move_seconds)
    assert stage.reasons == [Reason.NOT_MOVED]
    assert not any(array.any() for array in stage.arrays)


def test_a_second_order_does_not_replace_the_first(stage: Stage) -> None:
    stage.take(MovesDrawn(Order((Move.NOD,), Move.LOOK_UP)))
    stage.take(*long(Move.NOD))
    assert stage.reasons == [Reason.OTHER_MOVE]


@pytest.mark.parametrize(
    ("rules", "score", "asked"),
    [
        (NEVER, OPEN, False),
        (NEVER, GOOD, False),
        (WHEN_OPEN, OPEN, True),
        (WHEN_OPEN, GOOD, False),
        (WHEN_OPEN, BAD, False),
        (WHEN_OPEN, None, False),
        (ALWAYS, OPEN, True),
        (ALWAYS, GOOD, True),
        (ALWAYS, BAD, False),
        (ALWAYS, None, False),
    ],
)
def test_when_moves_are_asked_for(
    make_credential: MakeCredential, rules: Rules, score: float | None, *, asked: bool
) -> None:
    stage = Stage(rules)
    stage.take(CredentialShown(make_credential(HOLDER)), *three(score))
    assert stage.stands_at(AwaitingChallenge) is asked
    granted = score == GOOD and not asked
    assert stage.door_open is granted


def test_where_nobody_is_asked_an_open_look_is_referred(
    make_credential: MakeCredential,
) -> None:
    stage = Stage(NEVER)
    stage.take(CredentialShown(make_credential(HOLDER)), *three(OPEN))
    referred = AccessDecision(Outcome.REFER, Reason.ATTACK_NOT_ASSESSED)
    assert stage.decisions == [referred]


def test_a_stranger_is_refused_without_being_asked_to_move(
    make_credential: MakeCredential,
) -> None:
    stage = Stage(ALWAYS)
    stage.take(CredentialShown(make_credential(HOLDER)), *three(GOOD, OTHER))
    assert stage.reasons == [Reason.NON_MATCH]


# Any order. The door may open after a challenge only when a bystander, who notes what
# was asked and what the holder's face was seen to do since, has seen all of it.
STEPS: Final = st.one_of(
    st.tuples(st.just("credential"), st.just("")),
    st.tuples(st.just("three"), st.sampled_from(["open", "good", "bad", "none"])),
    st.tuples(st.just("holder"), st.sampled_from([*SEEN])),
    st.tuples(st.just("prompted"), st.just("")),
    st.tuples(st.just("prompted"), st.just("")),
    st.tuples(st.just("other"), st.sampled_from([*SEEN])),
    st.tuples(st.just("lost"), st.just("")),
    st.tuples(st.just("fault"), st.just("")),
    st.tuples(st.just("answer"), st.just("")),
    st.tuples(st.just("passage"), st.just("")),
    st.tuples(st.just("time"), st.just("")),
)
SCORES: Final = {"open": OPEN, "good": GOOD, "bad": BAD, "none": None}


def told(
    kind: str, value: str, stage: Stage, make_credential: MakeCredential
) -> list[Event]:
    prompt = stage.prompts[-1] if stage.prompts else Move.NOD
    makers: dict[str, Callable[[], list[Event]]] = {
        "credential": lambda: [CredentialShown(make_credential(HOLDER))],
        "three": lambda: three(SCORES[value]),
        "holder": lambda: [motion(value)],
        "prompted": lambda: held(prompt),
        "other": lambda: [motion(value, OTHER)],
        "lost": lambda: [MotionObserved(Undetermined(Reason.NO_FACE))],
        "fault": lambda: [DeviceFailed(Reason.CAMERA_FAULT)],
        "answer": lambda: [AttendantAnswered(Confirmation.CONFIRMED)],
        "passage": lambda: [PassageConfirmed()],
        "time": lambda: [TimePassed()],
    }
    return makers[kind]()


@dataclass
class Bystander:
    """Notes, since the challenge began, which moves the holder held when asked."""

    made: int = 0
    row: int = 0

    def note(self, stage: Stage, event: Event) -> None:
        """Before the event is taken."""
        asked = stage.prompts[-1] if stage.prompts else None
        match event:
            case MotionObserved(Motion(features, parallax)):
                good = features.values[0] == 1 and asked is not None
                good = good and parallax == SEEN[str(asked)]
                self.row = self.row + 1 if good else 0
            case MotionObserved():
                self.row = 0
            case _:
                pass
        if self.row == HELD_LOOKS:
            self.made, self.row = self.made + 1, 0


@given(
    rules=st.sampled_from([ALWAYS, WHEN_OPEN]),
    story=st.lists(
        st.tuples(STEPS, st.sampled_from([0.1, 0.1, 0.1, 0.1, 4.0, -1.0])), max_size=30
    ),
)
@settings(max_examples=300, deadline=None)
def test_no_order_of_events_opens_the_door_without_the_moves(
    make_credential: MakeCredential,
    rules: Rules,
    story: list[tuple[tuple[str, str], float]],
) -> None:
    stage, bystander = Stage(rules), Bystander()
    for (kind, value), after in story:
        for event in told(kind, value, stage, make_credential):
            before = stage.state
            bystander.note(stage, event)
            effects = stage.take(event, after=after)
            if DrawMoves() in effects:
                bystander = Bystander()
            if OpenDoor() in effects and isinstance(before, AwaitingChallenge):
                assert bystander.made >= len(ORDER.moves)
            if OpenDoor() in effects and rules is ALWAYS:
                assert isinstance(before, AwaitingChallenge)
            assert stage.door_open is stage.stands_at(AwaitingPassage)
            if not stage.stands_at(AwaitingFace, AwaitingChallenge):
                assert not any(array.any() for array in stage.arrays)


def test_the_bystander_sees_the_honest_story(make_credential: MakeCredential) -> None:
    stage, bystander = Stage(ALWAYS), Bystander()
    stage.take(CredentialShown(make_credential(HOLDER)), *three(GOOD))
    for move in ORDER.moves:
        for event in held(move):
            bystander.note(stage, event)
            stage.take(event)
    assert bystander.made == len(ORDER.moves)
    assert stage.door_open


def test_whoever_is_asked_to_move_has_tried_and_a_grant_takes_it_back(
    stage: Stage,
) -> None:
    assert stage.counted == [ChargeTry()]
    stage.take(*held(Move.TURN_LEFT, "ahead", Move.NOD, "ahead", Move.COME_CLOSER))
    assert stage.door_open
    assert stage.counted == [ChargeTry(), ClearTries()]


@pytest.mark.parametrize(
    "ending",
    [
        long("picture"),
        [DeviceFailed(Reason.CAMERA_BLANK)],
        held(Move.COME_CLOSER),
    ],
)
def test_what_ends_without_a_grant_stays_charged_once(
    stage: Stage, ending: list[Event]
) -> None:
    stage.take(*ending)
    assert not stage.door_open
    assert stage.counted == [ChargeTry()]
