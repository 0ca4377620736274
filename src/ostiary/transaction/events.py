"""What can happen to a transaction."""

from dataclasses import dataclass
from typing import TypeAlias

from ostiary.credential import VerifiedCredential
from ostiary.presentation.challenge import Motion, Order
from ostiary.reasons import Reason
from ostiary.terms import Confirmation, Observation, Undetermined


@dataclass(frozen=True, slots=True)
class CredentialShown:
    """A pass was read and verified."""

    credential: VerifiedCredential


@dataclass(frozen=True, slots=True)
class CredentialRefused:
    """A pass was read and refused."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class FaceObserved:
    """The standing zone was looked at once."""

    observation: Observation


@dataclass(frozen=True, slots=True)
class MovesDrawn:
    """An order of moves was drawn."""

    order: Order


@dataclass(frozen=True, slots=True)
class MotionObserved:
    """The standing zone was looked at once, for a move."""

    motion: Motion | Undetermined


@dataclass(frozen=True, slots=True)
class AttendantAnswered:
    """An attendant looked at the document of a person with a pass without a face."""

    confirmation: Confirmation


@dataclass(frozen=True, slots=True)
class OpeningEntered:
    """An attendant's signed opening by hand stands in the journal."""


@dataclass(frozen=True, slots=True)
class DoorOpened:
    """The door took the order to open.

    Attributes:
        senses: whether a sensor would tell of somebody who goes through.
    """

    senses: bool = False


@dataclass(frozen=True, slots=True)
class PassageBegun:
    """The door was opened after the grant, and it cannot be told who goes through."""


@dataclass(frozen=True, slots=True)
class PassageConfirmed:
    """Sensors say that one person went through."""


@dataclass(frozen=True, slots=True)
class DeviceFailed:
    """The camera or the door does not do its work."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Nothing but time."""


Event: TypeAlias = (
    CredentialShown
    | CredentialRefused
    | FaceObserved
    | MovesDrawn
    | MotionObserved
    | AttendantAnswered
    | OpeningEntered
    | DoorOpened
    | PassageBegun
    | PassageConfirmed
    | DeviceFailed
    | TimePassed
)
