"""Whether a gate may go by its clock.

A clock without a battery comes up years ago, and one that is told a wrong time by the
network goes wherever it is sent. A gate that believed it would take passes that have
ended and lists that have been overtaken. It therefore keeps a mark, the highest time
seen, and lets nobody in while its clock stands behind the mark or behind what was
signed already.

A clock that is ahead lets nobody in either, soon enough: lists and trust run out. What
it says then raises no mark, so that a clock put right finds its gate in order.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from ostiary.credential.high_water import HighWater
from ostiary.credential.limits import LIMITS


def is_behind(at: datetime, known: Iterable[datetime]) -> bool:
    """Whether the clock stands further back than clocks may.

    Args:
        at: what the clock says, timezone-aware.
        known: moments that have been: the mark, and when lists in use were issued.
    """
    return any(moment - at > LIMITS.clock_setback for moment in known)


def raised_mark(
    mark: datetime | None, at: datetime, believed_until: datetime
) -> datetime | None:
    """The highest time seen, once the clock has said this.

    Args:
        mark: the highest so far; None where no time was seen yet.
        at: what the clock says, timezone-aware.
        believed_until: the first moment at which trust and lists let nobody in.

    Returns:
        Whole seconds; the same mark for a moment that is no later, or not believed.
    """
    if at >= believed_until or (mark is not None and at <= mark):
        return mark
    return at.replace(microsecond=0)


def is_due(recorded: datetime | None, mark: datetime | None) -> bool:
    """Whether the mark is to be written down.

    At once where none is recorded: the first start is the only one without a floor.
    Then in steps, so that a memory card is written about 150 times a day. A power cut
    costs one step at most, and what a clock can be set back by unseen is a step and the
    tolerance.
    """
    if mark is None:
        return False
    return recorded is None or mark - recorded >= LIMITS.clock_step


def lowered(record: HighWater, at: datetime) -> HighWater:
    """A gate's record without what lies ahead of a clock that was put right.

    Only its owner may do this. The mark of a status list that lies ahead is dropped,
    not lowered: any list of its issuer counts again, so the newest is to lie there.

    Args:
        record: what the gate has noted.
        at: what the clock says, timezone-aware, whole seconds.
    """
    marks = {
        which: issued_at
        for which, issued_at in record.marks.items()
        if issued_at - at <= LIMITS.clock_skew
    }
    time = None if record.time is None else min(record.time, at)
    return replace(record, marks=marks, time=time)
