"""The transitions. One function for each state; `step` chooses between them."""

from dataclasses import replace
from typing import Final, TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from ostiary import comparison
from ostiary.credential import VerifiedCredential
from ostiary.policy import (
    CALLS_ATTENDANT,
    Attended,
    Compared,
    Evidence,
    NoProbe,
    NotVerified,
    decide,
)
from ostiary.presentation import appearance, challenge, fusion
from ostiary.presentation.challenge import Motion, Order, Progress, Reading, Sight
from ostiary.reasons import Reason
from ostiary.terms import (
    Challenge,
    ComparisonDecision,
    Confirmation,
    Features,
    Outcome,
    Probe,
    Undetermined,
)
from ostiary.transaction.effects import (
    Announce,
    AskAttendant,
    CallAttendant,
    ChargeTry,
    ClearTries,
    CloseDoor,
    DrawMoves,
    Effect,
    Forget,
    Guide,
    OpenDoor,
    Prompt,
)
from ostiary.transaction.events import (
    AttendantAnswered,
    CredentialRefused,
    CredentialShown,
    DeviceFailed,
    DoorOpened,
    Event,
    FaceObserved,
    MotionObserved,
    MovesDrawn,
    PassageBegun,
    PassageConfirmed,
)
from ostiary.transaction.rules import Rules, expired
from ostiary.transaction.states import (
    AwaitingAttendant,
    AwaitingChallenge,
    AwaitingDoor,
    AwaitingFace,
    AwaitingPassage,
    Idle,
    Resting,
    State,
)

Step: TypeAlias = tuple[State, tuple[Effect, ...]]

ANOTHER_SCENE: Final = frozenset({Reason.NO_FACE, Reason.SEVERAL_FACES})
"""After a frame like this, the next face may be somebody else's."""


def step(state: State, event: Event, seconds: float, rules: Rules) -> Step:
    """Take one event.

    Args:
        state: where the transaction stands.
        event: what happened.
        seconds: when, on a clock that never runs backwards. If it does all the same,
            whatever was waiting is taken to have waited too long.
        rules: thresholds and time-outs.

    Returns:
        The next state, and the effects to carry out in their order.
    """
    match state:
        case Idle():
            taken = _idle(state, event, seconds)
        case AwaitingFace():
            taken = _awaiting_face(state, event, seconds, rules)
        case AwaitingChallenge():
            taken = _awaiting_challenge(state, event, seconds, rules)
        case AwaitingAttendant():
            taken = _awaiting_attendant(state, event, seconds, rules)
        case AwaitingDoor():
            taken = _awaiting_door(state, event, seconds, rules)
        case AwaitingPassage():
            taken = _awaiting_passage(state, event, seconds, rules)
        case Resting():
            taken = _resting(state, event, seconds, rules)
        case _:
            assert_never(state)
    return taken


def _idle(state: Idle, event: Event, seconds: float) -> Step:
    match event:
        case CredentialShown(credential) if credential.reference is None:
            return AwaitingAttendant(credential, seconds), (AskAttendant(),)
        case CredentialShown(credential) if credential.reference is not None:
            return AwaitingFace(credential, credential.reference, seconds), ()
        case CredentialRefused(reason):
            return _conclude(NotVerified(reason), seconds)
        case _:
            return state, _discard(event)


def _awaiting_face(
    state: AwaitingFace, event: Event, seconds: float, rules: Rules
) -> Step:
    if isinstance(event, DeviceFailed):
        return _conclude(NotVerified(event.reason), seconds, _biometrics(state))
    if expired(state.since, seconds, rules.face_seconds):
        late = _discard(event)
        return _conclude(NoProbe(state.last), seconds, _biometrics(state), late)
    if not isinstance(event, FaceObserved):
        return state, _discard(event)
    match event.observation:
        case Undetermined(reason):
            return _no_probe(state, reason)
        case Probe() as probe:
            return _probe(state, probe, seconds, rules)


def _no_probe(state: AwaitingFace, reason: Reason) -> Step:
    lost = state.probes if reason in ANOTHER_SCENE else ()
    kept = () if lost else state.probes
    waiting = AwaitingFace(
        state.credential, state.reference, state.since, kept, last=reason
    )
    return waiting, (*_forget(_values(lost)), Guide(reason))


def _probe(state: AwaitingFace, probe: Probe, seconds: float, rules: Rules) -> Step:
    former = state.probes
    lost: tuple[Probe, ...] = ()
    if former and not _same_face(former[-1], probe, rules):
        former, lost = (), former
    probes = (*former, probe)
    if len(probes) < rules.probe_frames:
        waiting = AwaitingFace(
            state.credential, state.reference, state.since, probes, state.last
        )
        return waiting, _forget(_values(lost))
    return _judge(state, probes, _values(lost), seconds, rules)


def _judge(
    state: AwaitingFace,
    probes: tuple[Probe, ...],
    lost: tuple[NDArray[np.float32], ...],
    seconds: float,
    rules: Rules,
) -> Step:
    """Compare once; then decide, or ask for moves first."""
    fused = comparison.fuse([each.features for each in probes])
    score = comparison.compare(state.reference, fused)
    compared = comparison.decide(score, rules.comparison_threshold)
    looks = appearance.judge([each.bona_fide_score for each in probes])
    arrays = (state.reference.values, *_values(probes), *lost)
    if fusion.asks(rules.challenge, looks, compared):
        waiting = AwaitingChallenge(fused, looks, seconds)
        # Whatever becomes of the moves, or breaks them off, the pass was tried.
        return waiting, (*_forget(arrays), ChargeTry(), DrawMoves())
    verdict = fusion.decide(looks, Challenge.NOT_ASKED)
    evidence = Compared(compared, verdict)
    granted = decide(evidence).outcome is Outcome.GRANT
    tried = ClearTries() if granted else ChargeTry()
    return _conclude(evidence, seconds, (*arrays, fused.values), (tried,))


def _awaiting_challenge(
    state: AwaitingChallenge, event: Event, seconds: float, rules: Rules
) -> Step:
    if isinstance(event, DeviceFailed):
        return _conclude(NotVerified(event.reason), seconds, (state.face.values,))
    match event, state.progress:
        case MovesDrawn(order), None:
            return _prompted(state, order, seconds)
        case _, None if expired(state.since, seconds, rules.move_seconds):
            return _challenged(state, Challenge.NOT_MADE, seconds, _discard(event))
        case _, None:
            return state, _discard(event)
        case _, Progress() as progress:
            return _looked(state, progress, event, seconds, rules)


def _prompted(state: AwaitingChallenge, order: Order, seconds: float) -> Step:
    progress = challenge.begin(order, seconds)
    return replace(state, progress=progress), (Prompt(progress.move),)


def _looked(
    state: AwaitingChallenge,
    progress: Progress,
    event: Event,
    seconds: float,
    rules: Rules,
) -> Step:
    """Take one look at a person who moves, or a moment without one."""
    reading = _reading(state.face, event, rules)
    next_ = challenge.advance(progress, reading, seconds, rules.move_seconds)
    if isinstance(next_, Challenge):
        return _challenged(state, next_, seconds, _discard(event))
    said = (Prompt(next_.move),) if next_.since != progress.since else _guidance(event)
    return replace(state, progress=next_), (*_discard(event), *said)


def _reading(face: Features, event: Event, rules: Rules) -> Reading | None:
    """What the event shows of a move; None: it is no look at all."""
    match event:
        case MotionObserved(Motion(features, parallax)):
            reading = challenge.read(parallax)
            score = comparison.compare(face, features)
            same = score >= rules.comparison_threshold
            # A sheet is one whoever it shows: tilted far, it is hardly recognised.
            return reading if same or reading is Sight.PICTURE else Sight.UNCLEAR
        case MotionObserved(Undetermined()):
            return Sight.UNCLEAR
        case _:
            return None


def _challenged(
    state: AwaitingChallenge,
    outcome: Challenge,
    seconds: float,
    also: tuple[Effect, ...] = (),
) -> Step:
    """The comparison was a match; the looks and the moves decide the rest."""
    verdict = fusion.decide(state.appearance, outcome)
    evidence = Compared(ComparisonDecision.MATCH, verdict)
    if decide(evidence).outcome is Outcome.GRANT:
        also = (*also, ClearTries())
    return _conclude(evidence, seconds, (state.face.values,), also)


def _awaiting_attendant(
    state: AwaitingAttendant, event: Event, seconds: float, rules: Rules
) -> Step:
    if isinstance(event, DeviceFailed):
        return _conclude(NotVerified(event.reason), seconds)
    if expired(state.since, seconds, rules.attendant_seconds):
        late = _discard(event)
        return _conclude(Attended(Confirmation.NO_ANSWER), seconds, (), late)
    if isinstance(event, AttendantAnswered):
        return _conclude(Attended(event.confirmation), seconds)
    return state, _discard(event)


def _awaiting_door(
    state: AwaitingDoor, event: Event, seconds: float, rules: Rules
) -> Step:
    """A grant is announced once the door has moved, not before."""
    late = expired(state.since, seconds, rules.passage_seconds)
    if isinstance(event, DoorOpened) and not late:
        return AwaitingPassage(seconds, event.senses), (Announce(state.decision),)
    if late or isinstance(event, DeviceFailed):
        resting, effects = _conclude(NotVerified(Reason.DOOR_FAULT), seconds)
        # Said first: the door may be what failed, and then this order fails too.
        return resting, (*effects, *_discard(event), CloseDoor())
    return state, _discard(event)


def _awaiting_passage(
    state: AwaitingPassage, event: Event, seconds: float, rules: Rules
) -> Step:
    if isinstance(event, DeviceFailed):
        # The passage was granted and stays so; somebody has to look at the device.
        return Resting(seconds), (CallAttendant(event.reason), CloseDoor())
    if isinstance(event, PassageConfirmed):
        return Resting(seconds), (CloseDoor(),)
    if expired(state.since, seconds, rules.passage_seconds):
        return _passage_over(state, seconds, _discard(event))
    if isinstance(event, PassageBegun):
        return replace(state, unused=False), ()
    return state, _discard(event)


def _passage_over(
    state: AwaitingPassage, seconds: float, discarded: tuple[Effect, ...]
) -> Step:
    """Time has run out; whoever was seen not to go through may come again at once."""
    if state.unused:
        return Idle(), (CloseDoor(), *discarded, Guide(Reason.NOBODY_PASSED))
    return Resting(seconds), (CloseDoor(), *discarded)


def _resting(state: Resting, event: Event, seconds: float, rules: Rules) -> Step:
    if expired(state.since, seconds, rules.rest_seconds):
        return Idle(), _discard(event)
    return state, _discard(event)


def _conclude(
    evidence: Evidence,
    seconds: float,
    arrays: tuple[NDArray[np.float32], ...] = (),
    also: tuple[Effect, ...] = (),
) -> Step:
    """Decide, forget, and only then move the door or say why not."""
    decision = decide(evidence)
    forgotten = (*_forget(arrays), *also)
    if decision.outcome is Outcome.GRANT:
        return AwaitingDoor(decision, seconds), (*forgotten, OpenDoor())
    effects: tuple[Effect, ...] = (*forgotten, Announce(decision))
    if decision.reason in CALLS_ATTENDANT:
        effects = (*effects, CallAttendant(decision.reason))
    return Resting(seconds), effects


def _same_face(former: Probe, probe: Probe, rules: Rules) -> bool:
    score = comparison.compare(former.features, probe.features)
    return score >= rules.comparison_threshold


def _biometrics(state: AwaitingFace) -> tuple[NDArray[np.float32], ...]:
    return (state.reference.values, *_values(state.probes))


def _values(probes: tuple[Probe, ...]) -> tuple[NDArray[np.float32], ...]:
    return tuple(probe.features.values for probe in probes)


def _forget(arrays: tuple[NDArray[np.float32], ...]) -> tuple[Effect, ...]:
    return (Forget(arrays),) if arrays else ()


def _guidance(event: Event) -> tuple[Effect, ...]:
    match event:
        case MotionObserved(Undetermined(reason)):
            return (Guide(reason),)
        case _:
            return ()


def _discard(event: Event) -> tuple[Effect, ...]:
    """An event that came at the wrong moment still has to be forgotten."""
    match event:
        case CredentialShown(VerifiedCredential(reference=reference)) if reference:
            return _forget((reference.values,))
        case FaceObserved(Probe(features=features)):
            return _forget((features.values,))
        case MotionObserved(Motion(features=features)):
            return _forget((features.values,))
        case _:
            return ()
