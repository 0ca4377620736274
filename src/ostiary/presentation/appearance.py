"""What follows from the appearance of single frames (ISO/IEC 30107-3).

    probabilities of three networks -> one calibrated score a frame -> one of three

A score is a probability: at 2/3 the frame is twice as likely to show a person as a
picture of one, if both were as frequent. It is hardly surer than the eight people that
it was learned from allow: its targets were 0.1 and 0.9, the share that the rule of
succession gives after eight out of eight (Platt 1999 sets his targets so), and it never
goes beyond 0.94. docs/adr/0034 has the figures.

A missing score never counts in anyone's favour: one frame that could not be assessed
leaves the whole presentation not assessed. Nor do good frames outvote a clear attack.
"""

import math
from collections.abc import Sequence
from typing import Final

from ostiary.terms import Appearance

WEIGHTS: Final = (0.2380, 0.1701, 0.0679)
"""Of the log-odds of MiniFASNetV2, MiniFASNetV1SE and the network learned from
CelebA-Spoof. Learned on NUAA under the condition that no weight is above the sum of the
other two, so that one network, fooled or failing, is outvoted by the rest.
`benchmarks/appearance.py` learns them again, and tries them on people left out."""

OFFSET: Final = 0.2282
"""Added to the weighted log-odds; learned with the weights."""

MOST_LOG_ODDS: Final = 5.0
"""How far the log-odds of one network count, either way: beyond 150 to 1, a network
says how it was trained, not how sure one may be."""

SUFFICES: Final = 2 / 3
"""Two to one for a person: the lowest mean score that suffices. No print of NUAA has a
frame above 0.47, its subject left out of the learning."""

ATTACK: Final = 1 / 3
"""Two to one against: a frame below this is an attack, whatever the others say. By the
mean alone, two frames of a person would carry one of a picture. No bona fide frame of
NUAA is as low, its subject left out of the learning."""


def fuse(probabilities: Sequence[float]) -> float | None:
    """One calibrated score from what each network gives to bona fide.

    Args:
        probabilities: 0 to 1, in the order of `WEIGHTS`.

    Returns:
        0 (attack) to 1 (bona fide); None where one of them is no probability.

    Raises:
        ValueError: not as many as there are weights.
    """
    if not all(0 <= probability <= 1 for probability in probabilities):
        return None
    weighted = (
        weight * log_odds(probability)
        for weight, probability in zip(WEIGHTS, probabilities, strict=True)
    )
    return 1 / (1 + math.exp(-math.fsum((*weighted, OFFSET))))


def log_odds(probability: float) -> float:
    """Logarithm of a probability against its opposite, within `MOST_LOG_ODDS`."""
    least = 1 / (1 + math.exp(MOST_LOG_ODDS))
    within = min(max(probability, least), 1 - least)
    return math.log(within / (1 - within))


def judge(scores: Sequence[float | None]) -> Appearance:
    """What the frames of one presentation say together.

    | mean | lowest frame | outcome |
    | --- | --- | --- |
    | 2/3 or more | 1/3 or more | suffices |
    | less | 1/3 or more | open: a challenge has to tell |
    | any | below 1/3 | attack |

    Args:
        scores: one per frame, 0 (attack) to 1 (bona fide); None where not assessed.

    Returns:
        `NOT_ASSESSED` without scores, or when any is None, NaN or not within 0 to 1.
    """
    assessed = [score for score in scores if score is not None and 0 <= score <= 1]
    if not assessed or len(assessed) < len(scores):
        return Appearance.NOT_ASSESSED
    if min(assessed) < ATTACK:
        return Appearance.ATTACK
    mean = math.fsum(assessed) / len(assessed)
    return Appearance.SUFFICES if mean >= SUFFICES else Appearance.OPEN
