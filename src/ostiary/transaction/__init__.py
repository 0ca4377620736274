"""One presentation, from the first frame to the closed door, without any I/O.

    idle -> awaiting face ------> awaiting door -> awaiting passage -> resting -> idle
         -> awaiting attendant ->

`step` takes a state, an event and the seconds on a clock that never runs backwards, and
returns the next state and the effects that the gate has to carry out. Only the arrows
into `awaiting door` open the door, and each stands on a `VerifiedCredential` and on
a decision of `ostiary.policy`.
"""

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
    TimePassed,
)
from ostiary.transaction.machine import step
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

__all__ = [
    "Announce",
    "AskAttendant",
    "AttendantAnswered",
    "AwaitingAttendant",
    "AwaitingDoor",
    "AwaitingFace",
    "AwaitingPassage",
    "CallAttendant",
    "CloseDoor",
    "CredentialRefused",
    "CredentialShown",
    "DeviceFailed",
    "DoorOpened",
    "Effect",
    "Event",
    "FaceObserved",
    "Forget",
    "Guide",
    "Idle",
    "OpenDoor",
    "PassageConfirmed",
    "Resting",
    "Rules",
    "State",
    "TimePassed",
    "step",
]
