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
from ostiary.presentation import ATTACK
from ostiary.presentation.challenge import (
    ENDING_LOOKS,
    HELD_LOOKS,
    Motion,
    Move,
    Order,
)
from ostiary.presentation.continuity import LONGEST_GAP, Place
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
    AwaitingLastLook,
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
    Move.LOOK_AHEAD: Parallax(0.0, 0.0, 1.0, 1.0),
    "picture": Parallax(0.0, 0.0, 1.0, 0.7),
    "nothing": None,
}


PLACE: Final = Place(300.0, 200.0, 160.0)
JUMPED: Final = replace(PLACE, across=450.0)


def motion(
    seen: str,
    face: NDArray[np.float32] = HOLDER,
    *scores: float | None,
    place: Place = PLACE,
) -> MotionObserved:
    """A look; one ahead has good looks, one that is turned is not judged."""
    judged = scores or ((GOOD,) if seen == Move.LOOK_AHEAD else ())
    features = Features(EXTRACTOR, face.copy())
    return MotionObserved(Motion(features, SEEN[seen], place, judged))


def unjudged(seen: str) -> MotionObserved:
    return MotionObserved(
        Motion(Features(EXTRACTOR, HOLDER.copy()), SEEN[seen], PLACE, ())
    )


def nobody(reason: Reason = Reason.NO_FACE) -> MotionObserved:
    return MotionObserved(Undetermined(reason))


def held(*seen: str) -> list[Event]:
    return [motion(each) for each in seen for _ in range(HELD_LOOKS)]


def long(seen: str) -> list[Event]:
    return [motion(seen) for _ in range(ENDING_LOOKS)]


AHEAD: Final = Move.LOOK_AHEAD


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
            if isinstance(self.state, AwaitingChallenge | AwaitingLastLook):
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
def matched(make_credential: MakeCredential) -> Stage:
    """A match whose looks leave it open: a first look is waited for."""
    matched = Stage()
    matched.take(CredentialShown(make_credential(HOLDER)), *three(OPEN))
    return matched


@pytest.fixture
def stage(matched: Stage) -> Stage:
    """The same after a first look: moves are asked for."""
    matched.take(motion(AHEAD))
    return matched


@pytest.fixture
def moved(stage: Stage) -> Stage:
    """The same after all moves: a last look is waited for."""
    stage.take(*held(*ORDER.moves))
    return stage


def test_moves_are_asked_for_where_the_looks_leave_it_open(stage: Stage) -> None:
    assert stage.stands_at(AwaitingChallenge)
    assert stage.prompts == [ORDER.moves[0]]
    assert not stage.decisions
    # Of all arrays only the fused face is kept, to hold later looks against.
    assert isinstance(stage.state, AwaitingChallenge)
    left = [array for array in stage.arrays if array.any()]
    assert left
    assert all(array is stage.state.face.values for array in left)


@pytest.mark.parametrize(
    "look",
    [
        lambda: motion(AHEAD, OTHER),
        lambda: motion("nothing"),
        lambda: motion(Move.NOD),
        lambda: unjudged(AHEAD),
        nobody,
    ],
)
def test_nothing_is_asked_before_a_judged_look_ahead(
    matched: Stage, look: Callable[[], MotionObserved]
) -> None:
    matched.take(look())
    assert not matched.prompts
    matched.take(MovesDrawn(ORDER))
    assert not matched.prompts
    matched.take(TimePassed(), after=WHEN_OPEN.move_seconds)
    assert matched.reasons == [Reason.NOT_MOVED]


def test_before_the_first_prompt_people_are_told_to_look_ahead(matched: Stage) -> None:
    assert matched.take(nobody(Reason.FACE_TURNED)) == (Guide(Reason.FACE_TURNED),)


def test_the_moves_and_a_last_look_open_the_door(moved: Stage) -> None:
    stage = moved
    assert not stage.door_open
    assert stage.prompts == [*ORDER.moves, AHEAD]
    stage.take(*three(GOOD))
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
    effects = stage.take(motion(Move.LOOK_AHEAD), after=WHEN_OPEN.move_seconds)
    assert stage.decisions == [AccessDecision(Outcome.REFER, Reason.NOT_MOVED)]
    assert CallAttendant(Reason.NOT_MOVED) in effects
    assert not any(array.any() for array in stage.arrays)


@pytest.mark.parametrize("seen", [AHEAD, *ORDER.moves, "nothing"])
@pytest.mark.parametrize("face", [HOLDER, OTHER])
def test_one_look_of_an_attack_during_the_moves_ends_it(
    stage: Stage, seen: str, face: NDArray[np.float32]
) -> None:
    """One artefact for the looks before, another for the moves."""
    effects = stage.take(motion(seen, face, BAD))
    assert stage.reasons == [Reason.ATTACK_SUSPECTED]
    assert CallAttendant(Reason.ATTACK_SUSPECTED) in effects
    assert not any(array.any() for array in stage.arrays)


def test_the_very_first_look_is_judged_too(matched: Stage) -> None:
    matched.take(motion(AHEAD, HOLDER, BAD))
    assert matched.reasons == [Reason.ATTACK_SUSPECTED]


def test_a_look_that_could_not_be_assessed_refers_in_the_end(stage: Stage) -> None:
    stage.take(motion(AHEAD, HOLDER, None), *held(*ORDER.moves), *three(GOOD))
    assert stage.reasons == [Reason.ATTACK_NOT_ASSESSED]


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ((GOOD, GOOD, GOOD), Reason.HOLDER_VERIFIED),
        ((OPEN, OPEN, OPEN), Reason.HOLDER_VERIFIED),
        ((GOOD, BAD, GOOD), Reason.ATTACK_SUSPECTED),
        ((GOOD, None, GOOD), Reason.ATTACK_NOT_ASSESSED),
    ],
)
def test_the_last_look_is_judged_as_the_first_ones_were(
    moved: Stage, scores: tuple[float | None, ...], reason: Reason
) -> None:
    moved.take(*(probe(score) for score in scores))
    assert moved.reasons == [reason]
    assert not any(array.any() for array in moved.arrays)


@pytest.mark.parametrize(
    "event",
    [
        TimePassed,
        lambda: probe(GOOD, OTHER),
        lambda: FaceObserved(Undetermined(Reason.NO_FACE)),
    ],
)
def test_without_a_last_look_by_the_same_face_it_is_referred(
    moved: Stage, event: Callable[[], Event]
) -> None:
    moved.take(probe(GOOD), probe(GOOD), *(event() for _ in range(3)))
    assert moved.stands_at(AwaitingLastLook)
    assert not moved.decisions
    moved.take(TimePassed(), after=WHEN_OPEN.move_seconds)
    referred = AccessDecision(Outcome.REFER, Reason.ATTACK_NOT_ASSESSED)
    assert moved.decisions == [referred]
    assert not any(array.any() for array in moved.arrays)


def test_a_last_look_that_comes_too_late_does_not_count(moved: Stage) -> None:
    moved.take(probe(GOOD), probe(GOOD))
    moved.take(probe(GOOD), after=WHEN_OPEN.move_seconds)
    assert moved.reasons == [Reason.ATTACK_NOT_ASSESSED]


def test_whoever_is_to_look_ahead_is_guided(moved: Stage) -> None:
    effects = moved.take(FaceObserved(Undetermined(Reason.FACE_TOO_CLOSE)))
    assert effects == (Guide(Reason.FACE_TOO_CLOSE),)


def test_a_camera_that_fails_at_the_last_look_refuses(moved: Stage) -> None:
    moved.take(DeviceFailed(Reason.CAMERA_FAULT))
    assert moved.reasons == [Reason.CAMERA_FAULT]
    assert not any(array.any() for array in moved.arrays)


@pytest.mark.parametrize(
    "broken",
    [
        nobody,
        lambda: nobody(Reason.SEVERAL_FACES),
        lambda: motion(Move.TURN_LEFT, place=JUMPED),
    ],
)
def test_after_a_break_no_move_counts_before_a_look_ahead(
    stage: Stage, broken: Callable[[], Event]
) -> None:
    """Somebody may have put one artefact in the place of another."""
    stage.take(broken(), *held(Move.TURN_LEFT, Move.TURN_LEFT))
    assert ORDER.moves[1] not in stage.prompts
    stage.take(motion(AHEAD), *held(Move.TURN_LEFT))
    assert stage.prompts[-1] is ORDER.moves[1]


def test_a_gap_in_time_breaks_it_too(stage: Stage) -> None:
    stage.take(motion(Move.TURN_LEFT), after=1.1 * LONGEST_GAP)
    stage.take(motion(Move.TURN_LEFT))
    assert stage.prompts == [ORDER.moves[0]]


def test_blur_and_a_face_turned_too_far_break_nothing(stage: Stage) -> None:
    stage.take(nobody(Reason.FACE_BLURRED), nobody(Reason.FACE_TURNED))
    stage.take(motion(Move.TURN_LEFT, OTHER), *held(Move.TURN_LEFT))
    assert stage.prompts == [*ORDER.moves[:2]]


def test_another_move_is_one_with_and_without_a_run(stage: Stage) -> None:
    stage.take(nobody(), *long(Move.NOD))
    assert stage.reasons == [Reason.OTHER_MOVE]


@pytest.mark.parametrize("reason", [Reason.FACE_TURNED, Reason.FACE_BLURRED])
def test_nobody_is_told_the_contrary_of_a_prompt(stage: Stage, reason: Reason) -> None:
    assert stage.take(nobody(reason)) == ()
    stage.take(motion(AHEAD))
    assert stage.prompts == [ORDER.moves[0]]


def test_a_prompt_is_repeated_after_guidance_once(stage: Stage) -> None:
    stage.take(nobody(), nobody(), motion(AHEAD), motion(AHEAD))
    assert stage.prompts == [ORDER.moves[0]] * 2


def test_a_spare_move_that_comes_with_guidance_is_asked_for_once(stage: Stage) -> None:
    stage.take(nobody())
    stage.take(motion(AHEAD), after=WHEN_OPEN.move_seconds - 0.1)
    assert stage.prompts == [ORDER.moves[0], ORDER.spare]


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
    assert ORDER.moves[1] not in stage.prompts


def test_an_order_that_is_never_drawn_refers(make_credential: MakeCredential) -> None:
    stage = Stage(draws=False)
    stage.take(CredentialShown(make_credential(HOLDER)), *three(OPEN))
    stage.take(motion(AHEAD), *held(*ORDER.moves))
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
AS_ASKED: Final = st.tuples(st.just("prompted"), st.just(""))
ANYTHING: Final = st.one_of(
    st.tuples(st.just("credential"), st.just("")),
    st.tuples(st.just("three"), st.sampled_from(["open", "good", "bad", "none"])),
    st.tuples(st.just("holder"), st.sampled_from([*SEEN])),
    st.tuples(st.just("ahead"), st.sampled_from(["open", "good", "bad", "none"])),
    st.tuples(st.just("other"), st.sampled_from([*SEEN])),
    st.tuples(st.just("lost"), st.just("")),
    st.tuples(st.just("jump"), st.just("")),
    st.tuples(st.just("fault"), st.just("")),
    st.tuples(st.just("answer"), st.just("")),
    st.tuples(st.just("passage"), st.just("")),
    st.tuples(st.just("time"), st.just("")),
)
STEPS: Final = st.integers(0, 4).flatmap(lambda n: AS_ASKED if n else ANYTHING)
"""Mostly an honest holder, or the door would hardly ever open."""

SCORES: Final = {"open": OPEN, "good": GOOD, "bad": BAD, "none": None}


def as_asked(stage: Stage, prompt: Move) -> list[Event]:
    """What an honest holder does next."""
    match stage.state:
        case AwaitingChallenge(progress=None):
            return [motion(AHEAD)]
        case AwaitingChallenge():
            return held(prompt)
        case _:
            return three(GOOD)


def told(
    kind: str, value: str, stage: Stage, make_credential: MakeCredential
) -> list[Event]:
    prompt = stage.prompts[-1] if stage.prompts else Move.NOD
    makers: dict[str, Callable[[], list[Event]]] = {
        "credential": lambda: [CredentialShown(make_credential(HOLDER))],
        "three": lambda: three(SCORES[value]),
        "holder": lambda: [motion(value)],
        "ahead": lambda: [motion(AHEAD, HOLDER, SCORES[value])],
        "jump": lambda: [motion(prompt, place=JUMPED)],
        "prompted": lambda: as_asked(stage, prompt),
        "other": lambda: [motion(value, OTHER)],
        "lost": lambda: [nobody()],
        "fault": lambda: [DeviceFailed(Reason.CAMERA_FAULT)],
        "answer": lambda: [AttendantAnswered(Confirmation.CONFIRMED)],
        "passage": lambda: [PassageConfirmed()],
        "time": lambda: [TimePassed()],
    }
    return makers[kind]()


@dataclass
class Bystander:
    """Notes, since the challenge began, what the holder was seen to do.

    Attributes:
        made: moves that were held when asked for, after a judged look ahead and without
            a face that was lost or jumped since.
        last: scores of the holder's looks after the moves.
        suspicious: whether any look in between was one of an attack, or not assessed.
    """

    made: int = 0
    row: int = 0
    followed: bool = False
    suspicious: bool = False
    last: list[float | None] = field(default_factory=list)

    def note(self, stage: Stage, event: Event) -> None:
        """Before the event is taken."""
        match event:
            case MotionObserved(Motion() as seen):
                self.note_motion(stage, seen)
            case MotionObserved():
                self.row, self.followed = 0, False
            case FaceObserved(Probe(features, score)) if features.values[0] == 1:
                if stage.stands_at(AwaitingLastLook):
                    self.last.append(score)
            case _:
                pass

    def note_motion(self, stage: Stage, seen: Motion) -> None:
        asked = stage.prompts[-1] if stage.prompts else None
        holder = seen.features.values[0] == 1
        self.suspicious |= any(not (score or 0) >= ATTACK for score in seen.scores)
        self.followed &= seen.place == PLACE
        ahead = seen.parallax == SEEN[AHEAD] and holder and bool(seen.scores)
        self.followed |= ahead
        good = holder and self.followed and asked is not None
        good = good and seen.parallax == SEEN[str(asked)]
        self.row = self.row + 1 if good else 0
        if self.row == HELD_LOOKS:
            self.made, self.row = self.made + 1, 0

    @property
    def content(self) -> bool:
        """Whether a door may open."""
        good = all(score is not None and score >= ATTACK for score in self.last[-3:])
        moved = (
            self.made >= len(ORDER.moves) and len(self.last) >= WHEN_OPEN.probe_frames
        )
        return moved and good and not self.suspicious


@given(
    rules=st.sampled_from([ALWAYS, WHEN_OPEN]),
    story=st.lists(
        st.tuples(STEPS, st.sampled_from([*[0.1] * 16, 4.0, -1.0])), max_size=30
    ),
)
@settings(max_examples=300, deadline=None)
def test_no_order_of_events_opens_the_door_without_the_moves(
    make_credential: MakeCredential,
    rules: Rules,
    story: list[tuple[tuple[str, str], float]],
) -> None:
    stage, bystander = Stage(rules), Bystander()
    begun = [(("credential", ""), 0.1), (("three", "open"), 0.1)]
    for (kind, value), after in begun + story:
        for event in told(kind, value, stage, make_credential):
            before = stage.state
            bystander.note(stage, event)
            effects = stage.take(event, after=after)
            if ChargeTry() in effects and stage.stands_at(AwaitingChallenge):
                bystander = Bystander()
            assert not (OpenDoor() in effects and isinstance(before, AwaitingChallenge))
            if OpenDoor() in effects and isinstance(before, AwaitingLastLook):
                assert bystander.content
            if OpenDoor() in effects and rules is ALWAYS:
                assert isinstance(before, AwaitingLastLook)
            assert stage.door_open is stage.stands_at(AwaitingPassage)
            waiting = (AwaitingFace, AwaitingChallenge, AwaitingLastLook)
            if not stage.stands_at(*waiting):
                assert not any(array.any() for array in stage.arrays)


def test_the_bystander_sees_the_honest_story(make_credential: MakeCredential) -> None:
    stage, bystander = Stage(ALWAYS), Bystander()
    stage.take(CredentialShown(make_credential(HOLDER)), *three(GOOD))
    for event in (motion(AHEAD), *held(*ORDER.moves), *three(GOOD)):
        bystander.note(stage, event)
        stage.take(event)
    assert bystander.content
    assert stage.door_open


def test_whoever_is_asked_to_move_has_tried_and_a_grant_takes_it_back(
    stage: Stage,
) -> None:
    assert stage.counted == [ChargeTry()]
    stage.take(*held(Move.TURN_LEFT, AHEAD, Move.NOD, AHEAD, Move.COME_CLOSER))
    stage.take(*three(GOOD))
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
