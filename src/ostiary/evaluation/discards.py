"""Error against discarded quality: does a measure foretell false non-matches?

A comparison is as good as its worse picture. Quality comes from the data set's table,
or is the unified score of `quality`; without either there is nothing to say.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from ostiary.evaluation.dataset import DataSet
from ostiary.evaluation.rates import Doubles
from ostiary.evaluation.results import Discard, Rate
from ostiary.evaluation.scores import Mated, bin_of_threshold
from ostiary.evaluation.trials import Trial, Windows

SHARES: Final = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
"""Shares of the mated comparisons that are set aside."""


def discards_of(
    data_set: DataSet, trial: Trial, mated: Mated, rates: Sequence[Rate]
) -> tuple[Discard, ...]:
    """FNMR at each threshold when the worst comparisons are set aside.

    Args:
        data_set: gives the quality of every picture, or of none.
        trial: what was compared.
        mated: the mated comparisons.
        rates: give the thresholds.
    """
    given = [picture.quality for picture in data_set.pictures]
    quality = np.array([each for each in given if each is not None])
    if len(quality) < len(given):
        return ()
    worse = np.minimum(
        _worst(quality, trial.references.windows)[mated.references],
        _worst(quality, trial.probes.windows)[mated.probes],
    )
    best_last = np.argsort(worse, kind="stable")
    return tuple(
        Discard(
            discarded=share,
            fmr=rate.fmr,
            fnmr=float(np.mean(mated.bins[kept] < bin_of_threshold(rate.threshold))),
        )
        for rate in rates
        for share in SHARES
        for kept in (best_last[int(share * len(best_last)) :],)
    )


def _worst(quality: Doubles, windows: Windows) -> Doubles:
    """The lowest quality of each window's pictures."""
    lowest: Doubles = quality[windows.members].min(axis=1)
    return lowest
