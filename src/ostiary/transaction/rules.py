"""What one transaction may take: numbers with their units and sources."""

from dataclasses import dataclass
from typing import Final

from ostiary import comparison
from ostiary.presentation.fusion import Asking
from ostiary.reasons import Reason
from ostiary.terms import Features

MOST_PROBE_FRAMES: Final = 30
"""Two seconds of a camera at 15 frames a second."""

LONGEST_SECONDS: Final = 300.0
"""No door stays open, and no face is looked for, longer than this."""

ANOTHER_SCENE: Final = frozenset({Reason.NO_FACE, Reason.SEVERAL_FACES})
"""After a frame like this, the next face may be somebody else's."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Thresholds and time-outs of a transaction.

    Attributes:
        comparison_threshold: lowest comparison score (cosine, -1 to 1) that is a match.
            No default: it belongs to the extractor.
        probe_frames: how many probes are fused into the one comparison.
        face_seconds: how long a verified credential waits for its holder's face. Well
            above the 5 s a whole passage should take (DHS biometric rally).
        challenge: when a person is asked to move.
        move_seconds: how long a person has for each move, and for the looks straight
            ahead before and after them.
        attendant_seconds: how long a pass without a face waits for an attendant.
        passage_seconds: how long the door stays open for one passage.
        held_seconds: how long the door may stand open after the latest grant.
        rest_seconds: how long a decision stays in view before the next one can begin.
    """

    comparison_threshold: float
    probe_frames: int = 3
    face_seconds: float = 8.0
    challenge: Asking = Asking.WHEN_OPEN
    move_seconds: float = 5.0
    attendant_seconds: float = 60.0
    passage_seconds: float = 5.0
    held_seconds: float = 20.0
    rest_seconds: float = 2.0

    def __post_init__(self) -> None:
        """Refuse rules under which no transaction could end, or end well.

        Raises:
            ValueError: a count or a time-out beyond its bounds.
        """
        if not 1 <= self.probe_frames <= MOST_PROBE_FRAMES:
            raise ValueError(f"probe frames number 1 to {MOST_PROBE_FRAMES}")
        for timeout in (
            self.face_seconds,
            self.move_seconds,
            self.attendant_seconds,
            self.passage_seconds,
            self.held_seconds,
            self.rest_seconds,
        ):
            # Written so that NaN is out of bounds too.
            if not 0 < timeout <= LONGEST_SECONDS:
                raise ValueError(
                    f"a time-out is above 0 and at most {LONGEST_SECONDS:g} seconds"
                )

    def same_face(self, one: Features, other: Features) -> bool:
        """Whether two looks of one transaction are at the same face."""
        return comparison.compare(one, other) >= self.comparison_threshold


def expired(since: float, seconds: float, limit: float) -> bool:
    """Whether a wait is over, on a clock that should never run backwards."""
    # Written so that a clock that ran backwards, or NaN, counts as expired.
    return not 0 <= seconds - since < limit
