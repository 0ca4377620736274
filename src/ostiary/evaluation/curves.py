"""What the plots are drawn from: a few hundred points of what was counted exactly."""

from typing import Final

import numpy as np

from ostiary.evaluation.intervals import Weights
from ostiary.evaluation.rates import (
    Doubles,
    bin_at_fmr,
    false_non_match_rates,
    personal_rates,
)
from ostiary.evaluation.results import Curves
from ostiary.evaluation.scores import BINS, Mated
from ostiary.evaluation.trials import Integers

_DET_POINTS: Final = 400
_BAND_POINTS: Final = 40
_HISTOGRAM_BINS: Final = 100
_LARGEST_FMR: Final = 0.5
_BAND_LARGEST_FMR: Final = 0.1


def curves_of(
    histogram: Integers, mated: Mated, people: int, weights: Weights
) -> Curves:
    """Points for the plots.

    Args:
        histogram: non-mated scores by bin.
        mated: the mated comparisons.
        people: how many people the data set has.
        weights: how often each person was drawn.
    """
    counts = np.cumsum(histogram[::-1])[::-1]
    fnmr, fnmr_per_person = false_non_match_rates(mated, people)
    fmr = counts / counts[0]
    shown = _falling_bins(counts, _LARGEST_FMR, _DET_POINTS)
    band = _falling_bins(counts, _BAND_LARGEST_FMR, _BAND_POINTS)
    personal = personal_rates(mated, band.tolist())
    intervals = personal.intervals(weights)
    middles, own, others = _histograms(histogram, mated)
    return Curves(
        det_fmr=_numbers(fmr[shown]),
        det_fnmr=_numbers(fnmr[shown]),
        det_fnmr_per_person=_numbers(fnmr_per_person[shown]),
        band_fmr=_numbers(fmr[band]),
        band_fnmr=_numbers(personal.mean()),
        band_low=tuple(interval.low for interval in intervals),
        band_high=tuple(interval.high for interval in intervals),
        histogram_scores=_numbers(middles),
        histogram_mated=_numbers(own),
        histogram_non_mated=_numbers(others),
    )


def _falling_bins(counts: Integers, largest: float, points: int) -> Integers:
    """Bins at which the FMR falls evenly on a logarithmic scale, down to one match."""
    wanted = np.geomspace(largest, 1 / counts[0], points)
    bins = np.unique([bin_at_fmr(counts, fmr) for fmr in wanted])
    return bins[bins < BINS]


def _histograms(histogram: Integers, mated: Mated) -> tuple[Doubles, Doubles, Doubles]:
    """Middles of coarse bins, and the densities of both kinds of scores."""
    edges = np.linspace(0, BINS - 1, _HISTOGRAM_BINS + 1)
    fine = np.arange(BINS)
    others, _ = np.histogram(fine, edges, weights=histogram, density=True)
    own, _ = np.histogram(mated.bins, edges, density=True)
    scale = (BINS - 1) / 2
    middles = (edges[:-1] + edges[1:]) / 2 / scale - 1
    return middles, own * scale, others * scale


def _numbers(values: Doubles) -> tuple[float, ...]:
    return tuple(float(f"{value:.6g}") for value in values)
