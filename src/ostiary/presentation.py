"""What follows from the attack detector's scores (ISO/IEC 30107-3).

A missing score never counts in anyone's favour: one frame that could not be assessed
leaves the whole presentation not assessed.
"""

import math
from collections.abc import Sequence

from ostiary.terms import PresentationDecision


def decide(scores: Sequence[float | None], threshold: float) -> PresentationDecision:
    """The presentation decision over all probes of a transaction.

    Args:
        scores: one per probe, 0 (attack) to 1 (bona fide); None where not assessed.
        threshold: the lowest mean score that counts as bona fide, 0 to 1.

    Returns:
        `NOT_ASSESSED` without scores, or when any is None, NaN or not within 0 to 1;
        else `BONA_FIDE` from the threshold upwards and `SUSPECTED_ATTACK` below it.
    """
    assessed = [score for score in scores if score is not None and 0 <= score <= 1]
    if not assessed or len(assessed) < len(scores):
        return PresentationDecision.NOT_ASSESSED
    if math.fsum(assessed) / len(assessed) >= threshold:
        return PresentationDecision.BONA_FIDE
    return PresentationDecision.SUSPECTED_ATTACK
