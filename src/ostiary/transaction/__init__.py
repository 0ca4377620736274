"""One presentation, from the first frame to the closed door, without any I/O.

    idle -> awaiting face ------> awaiting door -> awaiting passage -> resting -> idle
                 -> challenge -> last look ->
         -> awaiting attendant ->

`step` takes a state, an event and the seconds on a clock that never runs backwards, and
returns the next state and the effects that the gate has to carry out. Only the arrows
into `awaiting door` open the door, and each stands on a `VerifiedCredential` and on
a decision of `ostiary.policy`. Beside it, `passage` holds what the door's sensors tell
against what the door was told, in every state.
"""

from ostiary.transaction.effects import (
    Alarm,
    AlarmOver,
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
    TimePassed,
)
from ostiary.transaction.machine import step
from ostiary.transaction.rules import Rules
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

__all__ = [
    "Alarm",
    "AlarmOver",
    "Announce",
    "AskAttendant",
    "AttendantAnswered",
    "AwaitingAttendant",
    "AwaitingChallenge",
    "AwaitingDoor",
    "AwaitingFace",
    "AwaitingLastLook",
    "AwaitingPassage",
    "CallAttendant",
    "ChargeTry",
    "ClearTries",
    "CloseDoor",
    "CredentialRefused",
    "CredentialShown",
    "DeviceFailed",
    "DoorOpened",
    "DrawMoves",
    "Effect",
    "Event",
    "FaceObserved",
    "Forget",
    "Guide",
    "Idle",
    "MotionObserved",
    "MovesDrawn",
    "OpenDoor",
    "PassageBegun",
    "PassageConfirmed",
    "Prompt",
    "Resting",
    "Rules",
    "State",
    "TimePassed",
    "step",
]
