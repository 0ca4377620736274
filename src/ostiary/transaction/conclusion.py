"""How a transaction ends, and what every transition forgets."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ostiary.credential import VerifiedCredential
from ostiary.policy import CALLS_ATTENDANT, Evidence, decide
from ostiary.presentation.challenge import Motion
from ostiary.terms import Outcome, Probe
from ostiary.transaction.effects import (
    Announce,
    CallAttendant,
    Effect,
    Forget,
    OpenDoor,
)
from ostiary.transaction.events import (
    CredentialShown,
    Event,
    FaceObserved,
    MotionObserved,
)
from ostiary.transaction.states import AwaitingDoor, Resting, State

Step: TypeAlias = tuple[State, tuple[Effect, ...]]
"""The next state, and the effects to carry out in their order."""


def conclude(
    evidence: Evidence,
    seconds: float,
    arrays: tuple[NDArray[np.float32], ...] = (),
    also: tuple[Effect, ...] = (),
) -> Step:
    """Decide, forget, and only then move the door or say why not."""
    decision = decide(evidence)
    forgotten = (*forget(arrays), *also)
    if decision.outcome is Outcome.GRANT:
        return AwaitingDoor(decision, seconds), (*forgotten, OpenDoor())
    effects: tuple[Effect, ...] = (*forgotten, Announce(decision))
    if decision.reason in CALLS_ATTENDANT:
        effects = (*effects, CallAttendant(decision.reason))
    return Resting(seconds), effects


def forget(arrays: tuple[NDArray[np.float32], ...]) -> tuple[Effect, ...]:
    """Overwrite these arrays, if there are any."""
    return (Forget(arrays),) if arrays else ()


def discard(event: Event) -> tuple[Effect, ...]:
    """An event that came at the wrong moment still has to be forgotten."""
    match event:
        case CredentialShown(VerifiedCredential(reference=reference)) if reference:
            return forget((reference.values,))
        case FaceObserved(Probe(features=features)):
            return forget((features.values,))
        case MotionObserved(Motion(features=features)):
            return forget((features.values,))
        case _:
            return ()
