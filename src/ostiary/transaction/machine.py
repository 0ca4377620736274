"""The transitions. One function for each state; `step` chooses between them."""

from typing import Final, TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from ostiary import comparison, presentation
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
from ostiary.reasons import Reason
from ostiary.terms import Confirmation, Outcome, Probe, Undetermined
from ostiary.transaction.effects import (
    Announce,
    AskAttendant,
    CallAttendant,
    CloseDoor,
    Effect,
    Forget,
    Guide,
    OpenDoor,
)
from ostiary.transaction.events import (
    AttendantAnswered,
    CredentialRefused,
    CredentialShown,
    DeviceFailed,
    DoorOpened,
    Event,
    FaceObserved,
    PassageConfirmed,
)
from ostiary.transaction.rules import Rules
from ostiary.transaction.states import (
    AwaitingAttendant,
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
            return _idle(state, event, seconds)
        case AwaitingFace():
            return _awaiting_face(state, event, seconds, rules)
        case AwaitingAttendant():
            return _awaiting_attendant(state, event, seconds, rules)
        case AwaitingDoor():
            return _awaiting_door(state, event, seconds, rules)
        case AwaitingPassage():
            return _awaiting_passage(state, event, seconds, rules)
        case Resting():
            return _resting(state, event, seconds, rules)
        case _:
            assert_never(state)


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
    if _expired(state.since, seconds, rules.face_seconds):
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
    fused = comparison.fuse([each.features for each in probes])
    score = comparison.compare(state.reference, fused)
    evidence = Compared(
        comparison.decide(score, rules.comparison_threshold),
        presentation.decide([each.bona_fide_score for each in probes]),
    )
    arrays = (state.reference.values, fused.values, *_values(probes), *_values(lost))
    return _conclude(evidence, seconds, arrays)


def _awaiting_attendant(
    state: AwaitingAttendant, event: Event, seconds: float, rules: Rules
) -> Step:
    if isinstance(event, DeviceFailed):
        return _conclude(NotVerified(event.reason), seconds)
    if _expired(state.since, seconds, rules.attendant_seconds):
        late = _discard(event)
        return _conclude(Attended(Confirmation.NO_ANSWER), seconds, (), late)
    if isinstance(event, AttendantAnswered):
        return _conclude(Attended(event.confirmation), seconds)
    return state, _discard(event)


def _awaiting_door(
    state: AwaitingDoor, event: Event, seconds: float, rules: Rules
) -> Step:
    """A grant is announced once the door has moved, not before."""
    expired = _expired(state.since, seconds, rules.passage_seconds)
    if isinstance(event, DoorOpened) and not expired:
        return AwaitingPassage(seconds), (Announce(state.decision),)
    if expired or isinstance(event, DeviceFailed):
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
    expired = _expired(state.since, seconds, rules.passage_seconds)
    if expired or isinstance(event, PassageConfirmed):
        return Resting(seconds), (CloseDoor(), *_discard(event))
    return state, _discard(event)


def _resting(state: Resting, event: Event, seconds: float, rules: Rules) -> Step:
    if _expired(state.since, seconds, rules.rest_seconds):
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


def _expired(since: float, seconds: float, limit: float) -> bool:
    # Written so that a clock that ran backwards, or NaN, counts as expired.
    return not 0 <= seconds - since < limit


def _same_face(former: Probe, probe: Probe, rules: Rules) -> bool:
    score = comparison.compare(former.features, probe.features)
    return score >= rules.comparison_threshold


def _biometrics(state: AwaitingFace) -> tuple[NDArray[np.float32], ...]:
    return (state.reference.values, *_values(state.probes))


def _values(probes: tuple[Probe, ...]) -> tuple[NDArray[np.float32], ...]:
    return tuple(probe.features.values for probe in probes)


def _forget(arrays: tuple[NDArray[np.float32], ...]) -> tuple[Effect, ...]:
    return (Forget(arrays),) if arrays else ()


def _discard(event: Event) -> tuple[Effect, ...]:
    """An event that came at the wrong moment still has to be forgotten."""
    match event:
        case CredentialShown(VerifiedCredential(reference=reference)) if reference:
            return _forget((reference.values,))
        case FaceObserved(Probe(features=features)):
            return _forget((features.values,))
        case _:
            return ()
