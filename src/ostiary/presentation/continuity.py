"""Whether the looks of a challenge follow one face without a break.

Looks are judged where a face is seen straight enough. What is judged then and what
moves now are one thing only if nobody could have put another in its place: so a move
counts only in an unbroken run of looks that began with a judged look ahead. Whoever
exchanges one artefact for another by hand hides the face, shows two, or lets it jump.

Not seen: an exchange in place between two frames, as a screen can do it. What is shown
then is judged wherever it comes near enough to straight ahead.
"""

import math
from dataclasses import dataclass, field
from typing import Final

LONGEST_GAP: Final = 0.5
"""Seconds between two looks of a run. Seven frames of 15 a second: blur while a head
swings costs two or three; to put down one sheet and hold up another takes longer."""

FURTHEST_STEP: Final = 0.5
"""How far a face may go from one look to the next, in sides of its box. The middle of a
head that turns or nods by 30 degrees goes by half of one in all."""

LARGEST_GROWTH: Final = 1.5
"""How much a face may grow or shrink from one look to the next. Coming closer makes it
1.25 to 1.6 times as large, in 0.3 seconds or more."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a face is in the picture of the standing zone, in pixels.

    Attributes:
        across: middle of its box, from the left.
        down: the same, from the top.
        side: of a square of the box's area.
    """

    across: float = field(repr=False)
    down: float = field(repr=False)
    side: float = field(repr=False)


@dataclass(frozen=True, slots=True)
class Run:
    """Looks at one face without a break since a judged look ahead.

    Attributes:
        place: of the face at the latest of them.
        seconds: when that was.
    """

    place: Place
    seconds: float


def goes_on(run: Run, place: Place, seconds: float) -> bool:
    """Whether a look can be at the face that the run was at.

    Args:
        run: so far.
        place: of the face now.
        seconds: now. A clock that ran backwards breaks the run.
    """
    before = run.place
    step = math.hypot(place.across - before.across, place.down - before.down)
    # Each written so that what is no number breaks the run.
    return (
        0 <= seconds - run.seconds <= LONGEST_GAP
        and step <= FURTHEST_STEP * before.side
        and place.side <= LARGEST_GROWTH * before.side
        and before.side <= LARGEST_GROWTH * place.side
    )
