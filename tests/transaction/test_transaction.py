"""No order of events opens the door without everything that it takes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ostiary.credential import VerifiedCredential
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
    CloseDoor,
    CredentialRefused,
    CredentialShown,
    DeviceFailed,
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

RULES = Rules(comparison_threshold=0.5, attack_threshold=0.5)
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

    def stands_at(self, state: type[State]) -> bool:
        return isinstance(self.state, state)

    def carry_out(self, effect: Effect) -> None:
        match effect:
            case OpenDoor():
                self.door_open = True
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
    assert stage.decisions[-1] == AccessDecision(Outcome.REFUSE, Reason.DOOR_FAULT)


# Any order. Faces and scores are drawn from few values, so that the oracle below can
# say what must have happened without doing the machine's sums over again.
SCORES: tuple[float | None, ...] = (0.9, 0.1, None)


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


def may_open(history: Iterable[tuple[str, object]]) -> bool:
    """Whether the latest events are ones after which a door may open."""
    steps = list(history)
    if steps[-1] == ("answer", Confirmation.CONFIRMED):
        return ("credential", "faceless") in steps
    seen = [value for kind, value in steps if kind in {"probe", "unseen"}]
    counted = [value for value in seen if value != Reason.FACE_BLURRED][-3:]
    bona_fide = [v for v in counted if isinstance(v, tuple) and v[0] == "holder"]
    scores = [v[1] for v in bona_fide]
    return (
        steps[-1][0] == "probe"
        and ("credential", "face") in steps
        and len(bona_fide) == RULES.probe_frames
        and None not in scores
        and sum(scores) / len(scores) >= RULES.attack_threshold
    )


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
    stage = Stage()
    since_shut: list[tuple[str, object]] = []
    for (kind, value), after in story:
        since_shut.append((kind, value))
        effects = stage.take(build(kind, value, make_credential), after)
        if OpenDoor() in effects:
            assert may_open(since_shut)
            since_shut.clear()
        assert stage.door_open is isinstance(stage.state, AwaitingPassage)
        if not isinstance(stage.state, AwaitingFace):
            assert not any(array.any() for array in stage.arrays)
