"""Comparison scores: how alike a reference and a probe are, and what follows from it.

One reference, one probe: there is no function here that takes several references.
Nothing is copied on the way, so that what the caller overwrites is all there was.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np

from ostiary.terms import ComparisonDecision, Features

BUILT_IN_THRESHOLDS: Final[Mapping[str, float]] = MappingProxyType(
    {
        # All provisional: the highest of what strangers of NUAA, a few people of one
        # laboratory, reach with a margin, and of what LFW asks for at an FMR of 0.001 %
        # (docs/adr/0009, 0058). No one set of people suffices: thresholds that LFW
        # suggests let nineteen to a thousand times as many strangers of NUAA pass.
        "retail-0095/2": 0.555,
        "fused/2": 0.545,
        "dlib-resnet/1": 0.959,
    }
)
"""Lowest cosine that counts as a match, by extractor; to be replaced per site."""

_SHORTEST_MEAN: Final = 1e-3
"""Below this length a mean of unit vectors has lost its direction; no unit."""


def compare(reference: Features, probe: Features) -> float:
    """The comparison score of one reference and one probe.

    Args:
        reference: d float32 of length 1.
        probe: d float32 of length 1, from the same extractor.

    Returns:
        The cosine of the angle between them, -1 to 1; higher is closer.

    Raises:
        ValueError: they come from different extractors.
    """
    if reference.extractor != probe.extractor:
        raise ValueError("features of different extractors cannot be compared")
    return float(np.clip(np.vdot(reference.values, probe.values), -1.0, 1.0))


def fuse(features: Sequence[Features]) -> Features:
    """Several samples of one person as one: the mean direction.

    Args:
        features: one or more, of one extractor, each of length 1.

    Returns:
        New features of length 1; the caller owns them.

    Raises:
        ValueError: none given, extractors differ, or the samples point in opposite
            directions (or nowhere), so that there is no mean direction.
    """
    extractors = {sample.extractor for sample in features}
    if len(extractors) != 1:
        raise ValueError("needs features of exactly one extractor")
    mean = np.zeros_like(features[0].values)
    for sample in features:
        mean += sample.values
    mean /= len(features)
    length = float(np.linalg.norm(mean))
    if not length > _SHORTEST_MEAN:
        raise ValueError("features without a mean direction")
    mean /= length
    return Features(extractor=extractors.pop(), values=mean)


def odd_one_out(features: Sequence[Features], threshold: float) -> int | None:
    """Which sample does not match the others, if any.

    Args:
        features: samples that are said to be of one person; one alone always fits.
        threshold: the lowest score that matches.

    Returns:
        Place in the sequence of the first that does not match the mean of the others.
    """
    for place, sample in enumerate(features):
        others = [*features[:place], *features[place + 1 :]]
        if others and not _matches(fuse(others), sample, threshold):
            return place
    return None


def _matches(mean: Features, sample: Features, threshold: float) -> bool:
    score = compare(mean, sample)
    mean.values.fill(0)
    return score >= threshold


def decide(score: float, threshold: float) -> ComparisonDecision:
    """The comparison decision for a score.

    Args:
        score: a comparison score, -1 to 1. NaN never matches.
        threshold: the lowest score that matches; 0.0 is a threshold like any other.
    """
    if score >= threshold:
        return ComparisonDecision.MATCH
    return ComparisonDecision.NON_MATCH
