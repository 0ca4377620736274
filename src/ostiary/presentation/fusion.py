"""Which evidence suffices to go on, which refers, which refuses: two tables.

Neither source outvotes the other. A clear attack by its looks stays one whatever moves
follow, and a challenge that was not passed is never made good by good looks. Nor do the
looks before a challenge outvote those during it, or the other way round.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ostiary.terms import (
    Appearance,
    Challenge,
    ComparisonDecision,
    PresentationDecision,
)


class Asking(StrEnum):
    """When the gate asks a person to move; the owner's choice."""

    NEVER = "never"
    WHEN_OPEN = "when-open"
    ALWAYS = "always"


ASKED: Final[Mapping[Asking, frozenset[Appearance]]] = MappingProxyType(
    {
        Asking.NEVER: frozenset(),
        Asking.WHEN_OPEN: frozenset({Appearance.OPEN}),
        Asking.ALWAYS: frozenset({Appearance.OPEN, Appearance.SUFFICES}),
    }
)
"""After which looks the gate asks for moves."""

_A = Appearance
_C = Challenge
_P = PresentationDecision

DECISIONS: Final[Mapping[Appearance, Mapping[Challenge, PresentationDecision]]] = (
    MappingProxyType(
        {
            _A.SUFFICES: {
                _C.NOT_ASKED: _P.BONA_FIDE,
                _C.MADE: _P.BONA_FIDE,
                _C.OTHER_MOVE: _P.OTHER_MOVE,
                _C.PICTURE: _P.SUSPECTED_ATTACK,
                _C.NOT_MADE: _P.NOT_MOVED,
            },
            _A.OPEN: {
                _C.NOT_ASKED: _P.NOT_ASSESSED,
                _C.MADE: _P.BONA_FIDE,
                _C.OTHER_MOVE: _P.OTHER_MOVE,
                _C.PICTURE: _P.SUSPECTED_ATTACK,
                _C.NOT_MADE: _P.NOT_MOVED,
            },
            _A.ATTACK: dict.fromkeys(_C, _P.SUSPECTED_ATTACK),
            # No moves are asked for then; what is seen to be a picture is one.
            _A.NOT_ASSESSED: dict.fromkeys(_C, _P.NOT_ASSESSED)
            | {_C.PICTURE: _P.SUSPECTED_ATTACK},
        }
    )
)
"""What looks (rows) and moves (columns) decide together: three cells are bona fide."""


def asks(
    asking: Asking, appearance: Appearance, comparison: ComparisonDecision
) -> bool:
    """Whether a person is asked to move: a stranger is refused without."""
    return comparison is ComparisonDecision.MATCH and appearance in ASKED[asking]


WORST_FIRST: Final = (_A.ATTACK, _A.NOT_ASSESSED, _A.OPEN, _A.SUFFICES)
"""What counts of looks that were judged apart from each other."""


def worst(*looks: Appearance) -> Appearance:
    """The looks of a whole presentation, from those of its parts."""
    return min(looks, key=WORST_FIRST.index)


def decide(appearance: Appearance, challenge: Challenge) -> PresentationDecision:
    """The presentation decision over all evidence."""
    return DECISIONS[appearance][challenge]
