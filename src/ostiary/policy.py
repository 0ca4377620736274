"""From evidence to access decision: a total function, every outcome with its reason.

Evidence is a closed sum of small values, so that "everything that can be known at the
moment of decision" can be written down, and the tests walk through all of it. Missing
evidence never grants.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias, assert_never

from ostiary.reasons import Reason
from ostiary.terms import (
    AccessDecision,
    ComparisonDecision,
    Confirmation,
    Outcome,
    PresentationDecision,
)


@dataclass(frozen=True, slots=True)
class NotVerified:
    """The credential was not verified, or a device failed."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class NoProbe:
    """The credential was verified, but no usable sample of one face was acquired."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Compared:
    """The credential was verified and its reference compared with fused probes."""

    comparison: ComparisonDecision
    presentation: PresentationDecision


@dataclass(frozen=True, slots=True)
class Attended:
    """The credential was verified, holds no face, and an attendant was asked."""

    confirmation: Confirmation


@dataclass(frozen=True, slots=True)
class Entered:
    """An attendant's signed opening by hand stands in the journal."""


Evidence: TypeAlias = NotVerified | NoProbe | Compared | Attended | Entered

_GRANTED: Final = AccessDecision(Outcome.GRANT, Reason.HOLDER_VERIFIED)
_BY_HAND: Final = AccessDecision(Outcome.GRANT, Reason.OPENED_BY_HAND)
_NON_MATCH: Final = AccessDecision(Outcome.REFUSE, Reason.NON_MATCH)
_SUSPECTED: Final = AccessDecision(Outcome.REFUSE, Reason.ATTACK_SUSPECTED)
_NOT_ASSESSED: Final = AccessDecision(Outcome.REFER, Reason.ATTACK_NOT_ASSESSED)
_OTHER_MOVE: Final = AccessDecision(Outcome.REFUSE, Reason.OTHER_MOVE)
_NOT_MOVED: Final = AccessDecision(Outcome.REFER, Reason.NOT_MOVED)
_NO_SAMPLE: Final = AccessDecision(Outcome.REFUSE, Reason.NO_FACE)

_C = ComparisonDecision
_P = PresentationDecision

COMPARED: Final[
    Mapping[tuple[ComparisonDecision, PresentationDecision], AccessDecision]
] = MappingProxyType(
    {
        (_C.MATCH, _P.BONA_FIDE): _GRANTED,
        (_C.MATCH, _P.SUSPECTED_ATTACK): _SUSPECTED,
        (_C.MATCH, _P.OTHER_MOVE): _OTHER_MOVE,
        (_C.MATCH, _P.NOT_MOVED): _NOT_MOVED,
        (_C.MATCH, _P.NOT_ASSESSED): _NOT_ASSESSED,
        (_C.NON_MATCH, _P.BONA_FIDE): _NON_MATCH,
        # An attack is worth an attendant's look even where the picture does not match.
        (_C.NON_MATCH, _P.SUSPECTED_ATTACK): _SUSPECTED,
        (_C.NON_MATCH, _P.OTHER_MOVE): _NON_MATCH,
        (_C.NON_MATCH, _P.NOT_MOVED): _NON_MATCH,
        (_C.NON_MATCH, _P.NOT_ASSESSED): _NON_MATCH,
        (_C.UNDETERMINED, _P.BONA_FIDE): _NO_SAMPLE,
        (_C.UNDETERMINED, _P.SUSPECTED_ATTACK): _SUSPECTED,
        (_C.UNDETERMINED, _P.OTHER_MOVE): _NO_SAMPLE,
        (_C.UNDETERMINED, _P.NOT_MOVED): _NO_SAMPLE,
        (_C.UNDETERMINED, _P.NOT_ASSESSED): _NO_SAMPLE,
    }
)
"""What a comparison and an attack check decide together: one row grants."""

ATTENDED: Final[Mapping[Confirmation, AccessDecision]] = MappingProxyType(
    {
        Confirmation.CONFIRMED: AccessDecision(
            Outcome.GRANT, Reason.ATTENDANT_CONFIRMED
        ),
        Confirmation.DECLINED: AccessDecision(
            Outcome.REFUSE, Reason.ATTENDANT_DECLINED
        ),
        Confirmation.NO_ANSWER: AccessDecision(Outcome.REFUSE, Reason.ATTENDANT_ABSENT),
    }
)
"""What an attendant's look at the document decides in the lane without a face."""

CALLS_ATTENDANT: Final = frozenset(
    {
        Reason.ATTACK_SUSPECTED,
        Reason.ATTACK_NOT_ASSESSED,
        Reason.OTHER_MOVE,
        Reason.NOT_MOVED,
        Reason.TRIED_TOO_OFTEN,
        Reason.GATE_TRIED_TOO_OFTEN,
        Reason.CANNOT_UNSEAL,
        Reason.SIGNATURE_INVALID,
        Reason.STATUS_ROLLED_BACK,
        Reason.GATE_NOT_READY,
        Reason.POWER_FAILING,
        Reason.CAMERA_FAULT,
        Reason.CAMERA_BLANK,
        Reason.CAMERA_REPEATS,
        Reason.CAMERA_CHANGED,
        Reason.DOOR_FAULT,
        Reason.DOOR_FORCED,
        Reason.DOOR_HELD_OPEN,
        Reason.SECOND_PERSON,
        Reason.SENSOR_STUCK,
        Reason.WIRED_RELEASE,
        Reason.LOCK_UNPOWERED,
    }
)
"""Reasons for which somebody should come at once, whatever the outcome."""


def decide(evidence: Evidence) -> AccessDecision:
    """The access decision that the evidence supports."""
    match evidence:
        case NotVerified(reason) | NoProbe(reason):
            return AccessDecision(Outcome.REFUSE, reason)
        case Compared(comparison, presentation):
            return COMPARED[comparison, presentation]
        case Attended(confirmation):
            return ATTENDED[confirmation]
        case Entered():
            return _BY_HAND
        case _:
            assert_never(evidence)
