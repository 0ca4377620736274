"""What follows from the appearance of single frames: the attack detector's scores.

A missing score never counts in anyone's favour: one frame that could not be assessed
leaves the whole presentation not assessed. Nor do good frames outvote a clear attack.
"""

import math
from collections.abc import Sequence
from typing import Final

from ostiary.terms import Appearance

CLEAR_ATTACK: Final = 0.3
"""A frame that scores below this is an attack, whatever the others say. By the mean
alone, two frames of a person would carry one of a picture. On NUAA no bona fide
presentation has such a frame (docs/adr/0010)."""


def judge(scores: Sequence[float | None], threshold: float) -> Appearance:
    """What the attack detector's scores say, over all probes of a transaction.

    Args:
        scores: one per probe, 0 (attack) to 1 (bona fide); None where not assessed.
        threshold: the lowest mean score that suffices, 0 to 1.

    Returns:
        `NOT_ASSESSED` without scores, or when any is None, NaN or not within 0 to 1;
        else `ATTACK` when one is below `CLEAR_ATTACK`; else `SUFFICES` when their mean
        reaches the threshold; else `OPEN`.
    """
    assessed = [score for score in scores if score is not None and 0 <= score <= 1]
    if not assessed or len(assessed) < len(scores):
        return Appearance.NOT_ASSESSED
    if min(assessed) < CLEAR_ATTACK:
        return Appearance.ATTACK
    mean = math.fsum(assessed) / len(assessed)
    return Appearance.SUFFICES if mean >= threshold else Appearance.OPEN
