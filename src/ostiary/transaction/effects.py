"""What a transaction asks the gate to do."""

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ostiary.presentation.challenge import Move
from ostiary.reasons import Reason
from ostiary.terms import AccessDecision


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """Release the door."""


@dataclass(frozen=True, slots=True)
class CloseDoor:
    """Lock the door."""


@dataclass(frozen=True, slots=True)
class Announce:
    """Show the decision, and count it."""

    decision: AccessDecision


@dataclass(frozen=True, slots=True)
class Guide:
    """Tell the person what keeps the gate from taking a probe."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class DrawMoves:
    """Draw an order of moves, and say with `MovesDrawn` what came of it."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Ask the person for a move."""

    move: Move


@dataclass(frozen=True, slots=True)
class ChargeTry:
    """Count a try of the pass: it was compared, and nothing is granted so far."""


@dataclass(frozen=True, slots=True)
class ClearTries:
    """Forget the tries of the pass: its holder was verified."""


@dataclass(frozen=True, slots=True)
class AskAttendant:
    """Ask an attendant to look at the document of the person with a faceless pass."""


@dataclass(frozen=True, slots=True)
class CallAttendant:
    """Ask an attendant to come and look; the door stays shut."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something is wrong with the passage from now on."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class AlarmOver:
    """It is not wrong any more."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Forget:
    """Overwrite these arrays: references, probes and what was made of them."""

    arrays: tuple[NDArray[np.float32], ...] = field(repr=False)


Effect: TypeAlias = (
    OpenDoor
    | CloseDoor
    | Announce
    | Guide
    | DrawMoves
    | Prompt
    | ChargeTry
    | ClearTries
    | AskAttendant
    | CallAttendant
    | Alarm
    | AlarmOver
    | Forget
)
