"""The demo's cases: what is shown, what is staged, and what has to come of it."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from ostiary.reasons import Reason
from ostiary.terms import AccessDecision, Confirmation, Outcome

BONA_FIDE: Final = 0.98
OPEN: Final = 0.45
ATTACK: Final = 0.03
"""Scores that the demo stages."""


SHORT_STAY: Final = 24
LONG_STAY: Final = 60
"""Frames, at 15 a second: 1.6 s for a decision, 4 s for the demo's time-outs."""


class Pass(Enum):
    """Which pass is held up; `demo.passes` makes them."""

    VALID = auto()
    EXPIRED = auto()
    NOT_YET_VALID = auto()
    OTHER_ZONE = auto()
    OTHER_HOURS = auto()
    TAMPERED = auto()
    UNKNOWN_ISSUER = auto()
    REVOKED = auto()
    STALE_STATUS = auto()
    UNSEALED = auto()
    FACELESS = auto()


class Subject(Enum):
    """Who steps into the standing zone."""

    HOLDER = auto()
    SOMEBODY_ELSE = auto()


class Motion(Enum):
    """What becomes of the prompts, where moves are asked for."""

    NONE = auto()
    TILTED = auto()
    STAGED = auto()


_SOON: Final = frozenset(
    {
        Reason.HOLDER_VERIFIED,
        Reason.NON_MATCH,
        Reason.ATTACK_SUSPECTED,
        Reason.ATTACK_NOT_ASSESSED,
        Reason.ATTENDANT_CONFIRMED,
    }
)
"""Reasons for which nobody has to wait until time runs out."""

HOLDER: Final = (Subject.HOLDER,)
NOBODY: Final[tuple[Subject, ...]] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One presentation.

    Attributes:
        name: short, for the table and the summary.
        expected: the decision that has to come of it.
        shown: the pass that is held up.
        subjects: who steps into the zone.
        attack_score: the attack detector's staged score; None stages "not assessed".
        attendant: the attendant's staged answer; None stages silence.
        motion: nobody moves, the portrait is tilted like the picture that it is, or the
            moves are staged.
    """

    name: str
    expected: AccessDecision
    shown: Pass
    subjects: tuple[Subject, ...] = HOLDER
    attack_score: float | None = BONA_FIDE
    attendant: Confirmation | None = None
    motion: Motion = Motion.NONE

    @property
    def grants(self) -> bool:
        """Whether the door has to open."""
        return self.expected.outcome is Outcome.GRANT

    @property
    def stay_frames(self) -> int:
        """How long somebody stays before the camera: as long as the case takes."""
        if self.shown not in {Pass.VALID, Pass.FACELESS}:
            return 0
        soon = self.expected.reason in _SOON and self.attack_score != OPEN
        return SHORT_STAY if soon else LONG_STAY

    @property
    def staged(self) -> str:
        """What is staged, as far as this case's decision rests on it."""
        if self.shown is Pass.FACELESS:
            return f"attendant {self.attendant or 'silent'}"
        if self.shown is not Pass.VALID or len(self.subjects) != 1:
            return ""
        if self.attack_score is None:
            return "attack check not assessed"
        moves = ", moves made" if self.motion is Motion.STAGED else ""
        return f"attack check {_VERDICTS[self.attack_score]}{moves}"


_VERDICTS: Final = {BONA_FIDE: "bona fide", OPEN: "open", ATTACK: "suspected"}


def _refuse(reason: Reason) -> AccessDecision:
    return AccessDecision(Outcome.REFUSE, reason)


def _grant(reason: Reason) -> AccessDecision:
    return AccessDecision(Outcome.GRANT, reason)


CASES: Final = (
    Case("holder, another photograph", _grant(Reason.HOLDER_VERIFIED), Pass.VALID),
    Case(
        "another person with the holder's pass",
        _refuse(Reason.NON_MATCH),
        Pass.VALID,
        (Subject.SOMEBODY_ELSE,),
    ),
    Case("expired", _refuse(Reason.EXPIRED), Pass.EXPIRED),
    Case("not yet valid", _refuse(Reason.NOT_YET_VALID), Pass.NOT_YET_VALID),
    Case("wrong zone", _refuse(Reason.NO_RECIPIENT), Pass.OTHER_ZONE),
    Case("wrong hour", _refuse(Reason.OUTSIDE_HOURS), Pass.OTHER_HOURS),
    Case("tampered", _refuse(Reason.CANNOT_UNSEAL), Pass.TAMPERED),
    Case("unknown issuer", _refuse(Reason.ISSUER_UNKNOWN), Pass.UNKNOWN_ISSUER),
    Case("revoked", _refuse(Reason.REVOKED), Pass.REVOKED),
    Case("stale status list", _refuse(Reason.STATUS_STALE), Pass.STALE_STATUS),
    Case("unsealed pass", _refuse(Reason.NOT_SEALED), Pass.UNSEALED),
    Case("no face (time-out)", _refuse(Reason.NO_FACE), Pass.VALID, NOBODY),
    Case(
        "two faces (undetermined)",
        _refuse(Reason.SEVERAL_FACES),
        Pass.VALID,
        (Subject.HOLDER, Subject.SOMEBODY_ELSE),
    ),
    Case(
        "suspected attack",
        _refuse(Reason.ATTACK_SUSPECTED),
        Pass.VALID,
        attack_score=ATTACK,
    ),
    Case(
        "attack not assessed",
        AccessDecision(Outcome.REFER, Reason.ATTACK_NOT_ASSESSED),
        Pass.VALID,
        attack_score=None,
    ),
    Case(
        "looks leave it open, nobody moves",
        AccessDecision(Outcome.REFER, Reason.NOT_MOVED),
        Pass.VALID,
        attack_score=OPEN,
    ),
    Case(
        "looks leave it open, a picture is tilted",
        _refuse(Reason.ATTACK_SUSPECTED),
        Pass.VALID,
        attack_score=OPEN,
        motion=Motion.TILTED,
    ),
    Case(
        "looks leave it open, moves are made",
        _grant(Reason.HOLDER_VERIFIED),
        Pass.VALID,
        attack_score=OPEN,
        motion=Motion.STAGED,
    ),
    Case(
        "pass without a face, attendant confirms",
        _grant(Reason.ATTENDANT_CONFIRMED),
        Pass.FACELESS,
        attendant=Confirmation.CONFIRMED,
    ),
    Case(
        "pass without a face, nobody answers",
        _refuse(Reason.ATTENDANT_ABSENT),
        Pass.FACELESS,
    ),
)
