"""The transitions. One function for each state; `step` chooses between them."""

from dataclasses import replace
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from ostiary import comparison
from ostiary.policy import (
    Attended,
    Compared,
    NoProbe,
    NotVerified,
    decide,
)
from ostiary.presentation import appearance, fusion
from ostiary.reasons import Reason
from ostiary.terms import (
    Challenge,
    Confirmation,
    Outcome,
    Probe,
    Undetermined,
)
from ostiary.transaction.conclusion import Step, conclude, discard, forget
from ostiary.transaction.effects import (
    Announce,
    AskAttendant,
    CallAttendant,
    ChargeTry,
    ClearTries,
    CloseDoor,
    Effect,
    Guide,
)
from ostiary.transaction.events import (
    AttendantAnswered,
    CredentialRefused,
    CredentialShown,
    DeviceFailed,
    DoorOpened,
    Event,
    FaceObserved,
    PassageBegun,
    PassageConfirmed,
)
from ostiary.transaction.moves import awaiting_moves
from ostiary.transaction.rules import ANOTHER_SCENE, Rules, expired
from ostiary.transaction.states import (
    AwaitingAttendant,
    AwaitingChallenge,
    AwaitingDoor,
    AwaitingFace,
    AwaitingLastLook,
    AwaitingPassage,
    Idle,
    Resting,
    State,
)


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
        case AwaitingChallenge() | AwaitingLastLook():
            taken = awaiting_moves(state, event, seconds, rules)
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
            return conclude(NotVerified(reason), seconds)
        case _:
            return state, discard(event)


def _awaiting_face(
    state: AwaitingFace, event: Event, seconds: float, rules: Rules
) -> Step:
    if isinstance(event, DeviceFailed):
        return conclude(NotVerified(event.reason), seconds, _biometrics(state))
    if expired(state.since, seconds, rules.face_seconds):
        late = discard(event)
        return conclude(NoProbe(state.last), seconds, _biometrics(state), late)
    if not isinstance(event, FaceObserved):
        return state, discard(event)
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
    return waiting, (*forget(_values(lost)), Guide(reason))


def _probe(state: AwaitingFace, probe: Probe, seconds: float, rules: Rules) -> Step:
    former = state.probes
    lost: tuple[Probe, ...] = ()
    if former and not rules.same_face(former[-1].features, probe.features):
        former, lost = (), former
    probes = (*former, probe)
    if len(probes) < rules.probe_frames:
        waiting = AwaitingFace(
            state.credential, state.reference, state.since, probes, state.last
        )
        return waiting, forget(_values(lost))
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
        return waiting, (*forget(arrays), ChargeTry())
    verdict = fusion.decide(looks, Challenge.NOT_ASKED)
    evidence = Compared(compared, verdict)
    granted = decide(evidence).outcome is Outcome.GRANT
    tried = ClearTries() if granted else ChargeTry()
    return conclude(evidence, seconds, (*arrays, fused.values), (tried,))


def _awaiting_attendant(
    state: AwaitingAttendant, event: Event, seconds: float, rules: Rules
) -> Step:
    if isinstance(event, DeviceFailed):
        return conclude(NotVerified(event.reason), seconds)
    if expired(state.since, seconds, rules.attendant_seconds):
        late = discard(event)
        return conclude(Attended(Confirmation.NO_ANSWER), seconds, (), late)
    if isinstance(event, AttendantAnswered):
        return conclude(Attended(event.confirmation), seconds)
    return state, discard(event)


def _awaiting_door(
    state: AwaitingDoor, event: Event, seconds: float, rules: Rules
) -> Step:
    """A grant is announced once the door has moved, not before."""
    late = expired(state.since, seconds, rules.passage_seconds)
    if isinstance(event, DoorOpened) and not late:
        return AwaitingPassage(seconds, event.senses), (Announce(state.decision),)
    if late or isinstance(event, DeviceFailed):
        resting, effects = conclude(NotVerified(Reason.DOOR_FAULT), seconds)
        # Said first: the door may be what failed, and then this order fails too.
        return resting, (*effects, *discard(event), CloseDoor())
    return state, discard(event)


def _awaiting_passage(
    state: AwaitingPassage, event: Event, seconds: float, rules: Rules
) -> Step:
    if isinstance(event, DeviceFailed):
        # The passage was granted and stays so; somebody has to look at the device.
        return Resting(seconds), (CallAttendant(event.reason), CloseDoor())
    if isinstance(event, PassageConfirmed):
        return Resting(seconds), (CloseDoor(),)
    if expired(state.since, seconds, rules.passage_seconds):
        return _passage_over(state, seconds, discard(event))
    if isinstance(event, PassageBegun):
        return replace(state, unused=False), ()
    return state, discard(event)


def _passage_over(
    state: AwaitingPassage, seconds: float, discarded: tuple[Effect, ...]
) -> Step:
    """Time has run out; whoever was seen not to go through may come again at once."""
    if state.unused:
        return Idle(), (CloseDoor(), *discarded, Guide(Reason.NOBODY_PASSED))
    return Resting(seconds), (CloseDoor(), *discarded)


def _resting(state: Resting, event: Event, seconds: float, rules: Rules) -> Step:
    if expired(state.since, seconds, rules.rest_seconds):
        return Idle(), discard(event)
    return state, discard(event)


def _biometrics(state: AwaitingFace) -> tuple[NDArray[np.float32], ...]:
    return (state.reference.values, *_values(state.probes))


def _values(probes: tuple[Probe, ...]) -> tuple[NDArray[np.float32], ...]:
    return tuple(probe.features.values for probe in probes)
