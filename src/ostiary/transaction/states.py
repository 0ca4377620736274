"""Where a transaction stands. `since` is in seconds on the transaction's clock."""

from dataclasses import dataclass, field
from typing import TypeAlias

from ostiary.credential import VerifiedCredential
from ostiary.presentation.challenge import Progress
from ostiary.presentation.continuity import Run
from ostiary.reasons import Reason
from ostiary.terms import AccessDecision, Appearance, Features, Probe


@dataclass(frozen=True, slots=True)
class Idle:
    """Nobody is being served. Frames serve to read QR codes and nothing else."""


@dataclass(frozen=True, slots=True)
class AwaitingFace:
    """A verified credential with a reference waits for its holder's face.

    Attributes:
        credential: the credential.
        reference: its biometric reference.
        since: when it was presented.
        probes: samples of one and the same face so far, fewer than a decision takes.
        last: why the latest frame yielded no probe, or that no face came at all.
    """

    credential: VerifiedCredential
    reference: Features
    since: float
    probes: tuple[Probe, ...] = field(default=(), repr=False)
    last: Reason = Reason.NO_FACE


@dataclass(frozen=True, slots=True)
class AwaitingChallenge:
    """The holder's face matched, and its owner was asked to move.

    Attributes:
        face: the fused probes that matched; whoever moves must match them.
        appearance: what the looks of those probes said.
        since: when a first look ahead was first waited for.
        progress: how far the moves have come; None: there was no first look yet, or no
            order is drawn.
        run: looks without a break since one ahead; None: no move counts now.
        scores: of all looks that were judged since.
        guidance: what the person was told instead of the move, at the latest look.
    """

    face: Features
    appearance: Appearance
    since: float
    progress: Progress | None = None
    run: Run | None = None
    scores: tuple[float | None, ...] = field(default=(), repr=False)
    guidance: Reason | None = None


@dataclass(frozen=True, slots=True)
class AwaitingLastLook:
    """All moves were made, and the person is to look ahead once more.

    Attributes:
        face: whoever looks must match it.
        appearance: what the looks said so far, before the moves and during them.
        since: when the last look was asked for.
        scores: of the probes so far, fewer than a decision takes.
    """

    face: Features
    appearance: Appearance
    since: float
    scores: tuple[float | None, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class AwaitingAttendant:
    """A verified credential without a face waits for an attendant."""

    credential: VerifiedCredential
    since: float


@dataclass(frozen=True, slots=True)
class AwaitingDoor:
    """The door was told to open, and has not said that it did."""

    decision: AccessDecision
    since: float


@dataclass(frozen=True, slots=True)
class AwaitingPassage:
    """The door is open for one person.

    Attributes:
        since: when it was opened.
        unused: sensors would tell of somebody who goes through, and have not.
    """

    since: float
    unused: bool = False


@dataclass(frozen=True, slots=True)
class Resting:
    """The door is shut, the decision in view; all biometric data are gone."""

    since: float


State: TypeAlias = (
    Idle
    | AwaitingFace
    | AwaitingChallenge
    | AwaitingLastLook
    | AwaitingAttendant
    | AwaitingDoor
    | AwaitingPassage
    | Resting
)
