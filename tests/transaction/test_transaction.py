"""No order of events opens the door without everything that it takes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ostiary.credential import VerifiedCredential
from ostiary.presentation import SUFFICES
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
    AwaitingAttendant,
    AwaitingFace,
    AwaitingPassage,
    CallAttendant,
    ChargeTry,
    ClearTries,
    CloseDoor,
    CredentialRefused,
    CredentialShown,
    DeviceFailed,
    DoorOpened,
    Effect,
    Event,
    FaceObserved,
    Forget,
    Guide,
    Idle,
    OpenDoor,
    PassageConfirmed,
    Resting,
    Rules,
    State,
    TimePassed,
    step,
)

RULES = Rules(comparison_threshold=0.5)
EXTRACTOR = "test/1"
HOLDER = np.array([1, 0, 0, 0], np.float32)
OTHER = np.array([0, 1, 0, 0], np.float32)

MakeCredential = Callable[[NDArray[np.float32] | None], VerifiedCredential]


def probe(face: NDArray[np.float32], score: float | None = 0.9) -> FaceObserved:
    return FaceObserved(Probe(Features(EXTRACTOR, face.copy()), score))


@dataclass
class Stage:
    """Runs the machine, carries out what it asks, and remembers everything."""

    state: State = field(default_factory=Idle)
    seconds: float = 0.0
    door_open: bool = False
    decisions: list[AccessDecision] = field(default_factory=list)
    arrays: list[NDArray[np.float32]] = field(default_factory=list)

    def take(self, event: Event, after: float = 0.1) -> tuple[Effect, ...]:
        self.seconds += after
        self.arrays += biometrics(event)
        self.state, effects = step(self.state, event, self.seconds, RULES)
        for effect in effects:
            self.carry_out(effect)
        return effects

    @property
    def reasons(self) -> list[Reason]:
        return [decision.reason for decision in self.decisions]

    def stands_at(self, state: type[State]) -> bool:
        return isinstance(self.state, state)

    def carry_out(self, effect: Effect) -> None:
        match effect:
            case OpenDoor():
                self.door_open = True
                self.take(DoorOpened(), after=0.0)
            case CloseDoor():
                self.door_open = False
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
        case FaceObserved(Probe(features)):
            return [features.values]
        case _:
            return []


def run(*events: Event) -> Stage:
    stage = Stage()
    for event in events:
        stage.take(event)
    return stage


def only_reason(stage: Stage) -> Reason:
    assert len(stage.decisions) == 1
    return stage.decisions[0].reason


def test_the_holder_is_let_through_and_the_door_shuts_behind(
    make_credential: MakeCredential,
) -> None:
    stage = run(CredentialShown(make_credential(HOLDER)), *three(HOLDER))
    assert stage.decisions == [AccessDecision(Outcome.GRANT, Reason.HOLDER_VERIFIED)]
    assert stage.stands_at(AwaitingPassage)
    assert not np.any(stage.arrays)
    assert CloseDoor() in stage.take(PassageConfirmed())
    assert stage.stands_at(Resting)
    stage.take(TimePassed(), after=RULES.rest_seconds)
    assert stage.stands_at(Idle)


def test_the_door_shuts_when_nobody_passes(make_credential: MakeCredential) -> None:
    stage = run(CredentialShown(make_credential(HOLDER)), *three(HOLDER))
    assert stage.stands_at(AwaitingPassage)
    stage.take(TimePassed(), after=RULES.passage_seconds)
    assert not stage.door_open
    assert stage.stands_at(Resting)


def three(face: NDArray[np.float32], score: float | None = 0.9) -> list[FaceObserved]:
    return [probe(face, score) for _ in range(3)]


@pytest.mark.parametrize(
    ("seen", "outcome", "reason"),
    [
        (three(OTHER), Outcome.REFUSE, Reason.NON_MATCH),
        (three(HOLDER, 0.1), Outcome.REFUSE, Reason.ATTACK_SUSPECTED),
        (three(HOLDER, None), Outcome.REFER, Reason.ATTACK_NOT_ASSESSED),
        (
            [probe(HOLDER), probe(HOLDER, None), probe(HOLDER)],
            Outcome.REFER,
            Reason.ATTACK_NOT_ASSESSED,
        ),
    ],
)
def test_anything_less_keeps_the_door_shut(
    make_credential: MakeCredential,
    seen: list[FaceObserved],
    outcome: Outcome,
    reason: Reason,
) -> None:
    copies = [
        probe(s.observation.features.values, s.observation.bona_fide_score)
        for s in seen
        if isinstance(s.observation, Probe)
    ]
    stage = run(CredentialShown(make_credential(HOLDER)), *copies)
    assert stage.decisions == [AccessDecision(outcome, reason)]
    assert not stage.door_open
    assert not np.any(stage.arrays)


def test_a_refused_pass_leads_to_no_search_for_a_face() -> None:
    stage = run(CredentialRefused(Reason.EXPIRED))
    assert only_reason(stage) is Reason.EXPIRED
    assert stage.stands_at(Resting)


@pytest.mark.parametrize("reason", [Reason.NO_FACE, Reason.SEVERAL_FACES])
def test_probes_from_before_another_scene_do_not_count(
    make_credential: MakeCredential, reason: Reason
) -> None:
    stage = run(
        CredentialShown(make_credential(HOLDER)),
        probe(HOLDER),
        probe(HOLDER),
        FaceObserved(Undetermined(reason)),
        probe(HOLDER),
        probe(HOLDER),
    )
    assert not stage.decisions
    assert not np.any(stage.arrays[1:3])


def test_a_blurred_frame_between_does_not_start_anew(
    make_credential: MakeCredential,
) -> None:
    stage = run(CredentialShown(make_credential(HOLDER)), probe(HOLDER), probe(HOLDER))
    effects = stage.take(FaceObserved(Undetermined(Reason.FACE_BLURRED)))
    assert effects == (Guide(Reason.FACE_BLURRED),)
    stage.take(probe(HOLDER))
    assert stage.door_open


def test_probes_of_two_people_are_never_fused(make_credential: MakeCredential) -> None:
    stage = run(
        CredentialShown(make_credential(HOLDER)),
        probe(HOLDER),
        probe(HOLDER),
        probe(OTHER),
    )
    assert not stage.decisions
    stage.take(probe(OTHER))
    stage.take(probe(OTHER))
    assert only_reason(stage) is Reason.NON_MATCH


@pytest.mark.parametrize(
    "reason", [Reason.NO_FACE, Reason.SEVERAL_FACES, Reason.FACE_TURNED]
)
def test_time_runs_out_with_the_reason_of_the_latest_frame(
    make_credential: MakeCredential, reason: Reason
) -> None:
    stage = run(
        CredentialShown(make_credential(HOLDER)), FaceObserved(Undetermined(reason))
    )
    stage.take(TimePassed(), after=RULES.face_seconds)
    assert only_reason(stage) is reason
    assert not np.any(stage.arrays)


def test_a_clock_that_runs_backwards_ends_the_wait(
    make_credential: MakeCredential,
) -> None:
    stage = run(CredentialShown(make_credential(HOLDER)), probe(HOLDER), probe(HOLDER))
    stage.take(probe(HOLDER), after=-5.0)
    assert only_reason(stage) is Reason.NO_FACE
    assert not stage.door_open
    assert not np.any(stage.arrays)


@pytest.mark.parametrize(
    ("confirmation", "opens"),
    [
        (Confirmation.CONFIRMED, True),
        (Confirmation.DECLINED, False),
        (Confirmation.NO_ANSWER, False),
    ],
)
def test_the_lane_without_a_face_takes_an_attendant(
    make_credential: MakeCredential, confirmation: Confirmation, *, opens: bool
) -> None:
    stage = run(CredentialShown(make_credential(None)))
    assert stage.stands_at(AwaitingAttendant)
    stage.take(AttendantAnswered(confirmation))
    assert stage.door_open is opens


def test_an_attendant_who_does_not_come_is_no_confirmation(
    make_credential: MakeCredential,
) -> None:
    stage = run(CredentialShown(make_credential(None)))
    stage.take(AttendantAnswered(Confirmation.CONFIRMED), RULES.attendant_seconds)
    assert only_reason(stage) is Reason.ATTENDANT_ABSENT
    assert not stage.door_open


def test_a_door_that_fails_is_shut_and_said(make_credential: MakeCredential) -> None:
    stage = run(CredentialShown(make_credential(HOLDER)), *three(HOLDER))
    stage.take(DeviceFailed(Reason.DOOR_FAULT))
    assert not stage.door_open
    assert stage.reasons == [Reason.HOLDER_VERIFIED]


def test_a_grant_is_not_announced_before_the_door_has_moved(
    make_credential: MakeCredential,
) -> None:
    state: State = Idle()
    story: list[Event] = [
        CredentialShown(make_credential(HOLDER)),
        *three(HOLDER),
    ]
    effects: tuple[Effect, ...] = ()
    for event in story:
        state, effects = step(state, event, 0.0, RULES)
    assert isinstance(effects[0], Forget)
    assert effects[1:] == (ClearTries(), OpenDoor())
    granted = AccessDecision(Outcome.GRANT, Reason.HOLDER_VERIFIED)
    assert step(state, DoorOpened(), 0.1, RULES)[1] == (Announce(granted),)
    for late_or_failed in (
        step(state, DeviceFailed(Reason.DOOR_FAULT), 0.1, RULES),
        step(state, DoorOpened(), RULES.passage_seconds, RULES),
        step(state, TimePassed(), RULES.passage_seconds, RULES),
    ):
        assert isinstance(late_or_failed[0], Resting)
        assert late_or_failed[1] == (
            Announce(AccessDecision(Outcome.REFUSE, Reason.DOOR_FAULT)),
            CallAttendant(Reason.DOOR_FAULT),
            CloseDoor(),
        )


# Any order. Faces and scores are drawn from few values, so that the oracle below can
# say what must have happened without doing the machine's sums over again.
SCORES: tuple[float | None, ...] = (0.9, 0.4, 0.1, None)


def events() -> st.SearchStrategy[tuple[str, object]]:
    return st.one_of(
        st.tuples(st.just("credential"), st.sampled_from(["face", "faceless"])),
        st.tuples(st.just("refused"), st.just(Reason.REVOKED)),
        st.tuples(
            st.just("probe"),
            st.tuples(st.sampled_from(["holder", "other"]), st.sampled_from(SCORES)),
        ),
        # Twice, so that three good probes in a row are no rarity.
        st.tuples(st.just("probe"), st.just(("holder", 0.9))),
        st.tuples(st.just("unseen"), st.sampled_from([*ANOTHER, Reason.FACE_BLURRED])),
        st.tuples(st.just("answer"), st.sampled_from(Confirmation)),
        st.tuples(st.just("passage"), st.none()),
        st.tuples(st.just("fault"), st.just(Reason.CAMERA_FAULT)),
        st.tuples(st.just("time"), st.none()),
    )


ANOTHER = (Reason.NO_FACE, Reason.SEVERAL_FACES)


def build(kind: str, value: object, make_credential: MakeCredential) -> Event:
    faces = {"holder": HOLDER, "other": OTHER}
    makers: dict[str, Callable[[Any], Event]] = {
        "credential": lambda lane: CredentialShown(
            make_credential(HOLDER if lane == "face" else None)
        ),
        "refused": CredentialRefused,
        "probe": lambda seen: probe(faces[seen[0]], seen[1]),
        "unseen": lambda reason: FaceObserved(Undetermined(reason)),
        "answer": AttendantAnswered,
        "passage": lambda _: PassageConfirmed(),
        "fault": DeviceFailed,
        "time": lambda _: TimePassed(),
    }
    return makers[kind](value)


@dataclass
class Oracle:
    """Says, from the story alone, whether the door may open now.

    It keeps what an attentive bystander would: which pass is being served and since
    when, and which faces were seen without interruption. It does no sums.
    """

    lane: object = None
    since: float = 0.0
    row: list[tuple[str, float | None]] = field(default_factory=list)

    def tell(self, kind: str, value: object, seconds: float) -> bool:
        """Take the next event; whether it may open the door."""
        if kind == "credential" and self.lane is None:
            self.lane, self.since, self.row = value, seconds, []
            return False
        if kind == "answer" and self.lane == "faceless":
            in_time = 0 <= seconds - self.since < RULES.attendant_seconds
            return in_time and value is Confirmation.CONFIRMED
        if self.lane != "face" or not 0 <= seconds - self.since < RULES.face_seconds:
            return False
        return self._face(kind, value)

    def _face(self, kind: str, value: object) -> bool:
        if kind == "unseen" and value in ANOTHER:
            self.row = []
        if kind != "probe" or not isinstance(value, tuple):
            return False
        self.row.append(value)
        faces = [face for face, _ in self.row[-3:]]
        scores = [score for _, score in self.row[-3:] if score is not None]
        return (
            faces == ["holder"] * RULES.probe_frames
            and len(scores) == RULES.probe_frames
            and sum(scores) / len(scores) >= SUFFICES
        )

    def decided(self) -> None:
        """Somebody was granted or refused: whoever comes next begins anew."""
        self.lane = None


@given(
    story=st.lists(
        st.tuples(events(), st.sampled_from([0.1, 0.1, 0.1, 3.0, 70.0, -1.0])),
        max_size=40,
    )
)
@settings(max_examples=300, deadline=None)
def test_no_order_of_events_opens_the_door_without_all_it_takes(
    make_credential: MakeCredential,
    story: list[tuple[tuple[str, object], float]],
) -> None:
    stage, oracle = Stage(), Oracle()
    for (kind, value), after in story:
        idle = stage.stands_at(Idle)
        if kind != "credential" or idle:
            allowed = oracle.tell(kind, value, stage.seconds + after)
        else:
            allowed = False
        effects = stage.take(build(kind, value, make_credential), after)
        assert allowed or OpenDoor() not in effects
        if stage.stands_at(Resting) or OpenDoor() in effects:
            oracle.decided()
        assert stage.door_open is stage.stands_at(AwaitingPassage)
        if not stage.stands_at(AwaitingFace):
            assert not any(array.any() for array in stage.arrays)


def test_the_oracle_lets_the_honest_story_pass() -> None:
    oracle = Oracle()
    story = [("credential", "face"), *[("probe", ("holder", 0.9))] * 3]
    told = [oracle.tell(kind, value, 0.1) for kind, value in story]
    assert told == [False, False, False, True]


@pytest.mark.parametrize(
    ("seen", "counted"),
    [
        ([(HOLDER, 0.9)] * 3, ClearTries()),
        ([(OTHER, 0.9)] * 3, ChargeTry()),
        ([(HOLDER, 0.1)] * 3, ChargeTry()),
        ([(HOLDER, None)] * 3, ChargeTry()),
    ],
)
def test_each_comparison_is_counted_once_and_before_anybody_is_told(
    make_credential: MakeCredential,
    seen: list[tuple[NDArray[np.float32], float | None]],
    counted: Effect,
) -> None:
    stage = run(CredentialShown(make_credential(HOLDER)))
    effects = [effect for each in seen for effect in stage.take(probe(*each))]
    assert [e for e in effects if isinstance(e, ChargeTry | ClearTries)] == [counted]
    told = [isinstance(each, Announce | OpenDoor) for each in effects]
    assert effects.index(counted) < told.index(True)


def test_what_is_no_comparison_is_no_try(make_credential: MakeCredential) -> None:
    stage = run(CredentialShown(make_credential(HOLDER)), probe(HOLDER), probe(HOLDER))
    effects = stage.take(DeviceFailed(Reason.CAMERA_FAULT))
    assert not any(isinstance(each, ChargeTry | ClearTries) for each in effects)
