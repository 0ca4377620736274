"""The section of the page on single comparisons: a table, and three plots."""

from collections.abc import Sequence
from typing import Final

from ostiary.evaluation.report.page import Figure, Paragraph, Part, Section, Table
from ostiary.evaluation.report.plots import (
    BLUE,
    GREY,
    ORANGE,
    Band,
    Dots,
    Line,
    Mark,
    Point,
    Shade,
    Upright,
    plot,
)
from ostiary.evaluation.report.scales import (
    Linear,
    Logarithmic,
    NormalDeviate,
    percent,
    scientific,
)
from ostiary.evaluation.report.wording import between, named_rates, ten_fold
from ostiary.evaluation.results import Curves, Evaluation, Rate

_USUAL_EER: Final = 0.1
"""Above this, the axes of a plot of both errors reach farther."""

_SHOWN_FMR: Final = 0.2
"""No gate works beyond this."""


def comparisons(evaluation: Evaluation) -> Section:
    """FNMR at each FMR, the trade-off between them, and how scores are distributed."""
    parts: list[Part] = [
        Table(
            "FNMR at each FMR",
            (
                *("FMR", "threshold", "FMR, 95 %", "false matches"),
                *("FNMR per person, 95 %", "FNMR per comparison"),
            ),
            [_rate_row(name, rate) for name, rate in named_rates(evaluation)],
        ),
        Paragraph(
            f"Equal error rate {percent(evaluation.eer)} per comparison, "
            f"{percent(evaluation.eer_per_person)} per person. Per person, everybody "
            "weighs the same, however many pictures there are of them."
        ),
        _det(evaluation),
        _trade_off(evaluation),
        _histogram(evaluation),
    ]
    if evaluation.ten_fold:
        parts.append(Paragraph(ten_fold(evaluation.ten_fold)))
    return Section("Single comparisons", parts)


def _rate_row(name: str, rate: Rate) -> Sequence[str]:
    return (
        name,
        f"{rate.threshold:.5f}",
        f"{scientific(rate.fmr_low)} to {scientific(rate.fmr_high)}",
        f"{rate.false_matches:,}",
        between(rate.fnmr_per_person, rate.fnmr_low, rate.fnmr_high),
        percent(rate.fnmr),
    )


def _lowest_shown(evaluation: Evaluation) -> float:
    """Where axes of FMR begin."""
    return max(1e-7, min(1e-4, evaluation.lowest_supported_fmr / 2))


def _unsupported(evaluation: Evaluation) -> list[Mark]:
    """The part of a plot that the data say nothing about."""
    start, end = _lowest_shown(evaluation), evaluation.lowest_supported_fmr
    return [Shade(start, end, "not supported")] if start < end else []


def _det(evaluation: Evaluation) -> Figure:
    curves = evaluation.curves
    farthest = 0.5 if evaluation.eer > _USUAL_EER else _SHOWN_FMR
    x = NormalDeviate("FMR, %", _lowest_shown(evaluation), farthest)
    y = NormalDeviate("FNMR, %", _lowest_fnmr(curves), 0.5)
    per_person = _points(curves.det_fmr, curves.det_fnmr_per_person)
    plain = _points(curves.det_fmr, curves.det_fnmr)
    equal = (max(x.low, y.low), min(x.high, y.high))
    marks: list[Mark] = [
        *_unsupported(evaluation),
        Line([(each, each) for each in equal], "equal error", GREY, dashes="1 4"),
        Line(_inside(plain, x, y), "per comparison", ORANGE, dashes="7 3"),
        Line(_inside(per_person, x, y), "per person", BLUE),
    ]
    return Figure(
        plot("Detection error trade-off", x, y, marks),
        "Detection error trade-off, on axes of the normal deviate.",
    )


def _inside(
    points: Sequence[Point], x: NormalDeviate, y: NormalDeviate
) -> Sequence[Point]:
    return [
        (across, up)
        for across, up in points
        if x.low <= across <= x.high and y.low <= up <= y.high
    ]


def _lowest_fnmr(curves: Curves) -> float:
    """Where axes of FNMR begin: a little below the lowest rate there is."""
    points = _points(curves.det_fmr, curves.det_fnmr_per_person)
    some = [up for across, up in points if up > 0 and across <= _SHOWN_FMR]
    return max(1e-5, min([0.01, *some]) / 2)


def _trade_off(evaluation: Evaluation) -> Figure:
    curves = evaluation.curves
    x = Logarithmic("FMR", _lowest_shown(evaluation), 0.1)
    least = _lowest_fnmr(curves)
    y = Logarithmic("FNMR per person", least, 1.0, percent=True)
    rates, lower, upper = (
        [point for point in _points(curves.band_fmr, up) if point[0] >= x.low]
        for up in (curves.band_fnmr, curves.band_low, curves.band_high)
    )
    marks: list[Mark] = [
        *_unsupported(evaluation),
        Band(lower, upper, "95 %, people drawn anew", BLUE),
        Line(rates, "FNMR per person", BLUE),
        Dots(
            [(rate.fmr, rate.fnmr_per_person) for rate in evaluation.rates],
            "rows of the table",
            ORANGE,
        ),
    ]
    return Figure(plot("FNMR against FMR", x, y, marks), "FNMR per person against FMR.")


def _histogram(evaluation: Evaluation) -> Figure:
    curves = evaluation.curves
    densities = zip(curves.histogram_mated, curves.histogram_non_mated, strict=True)
    shown = [
        score
        for score, some in zip(curves.histogram_scores, densities, strict=True)
        if max(some) > 0
    ]
    low, high = min(shown) - 0.02, max(shown) + 0.02
    most = max(*curves.histogram_mated, *curves.histogram_non_mated) * 1.05
    built_in = evaluation.built_in.threshold
    marks: list[Mark] = []
    for values, label, colour in (
        (curves.histogram_non_mated, "non-mated", ORANGE),
        (curves.histogram_mated, "mated", BLUE),
    ):
        points = [
            point
            for point in _points(curves.histogram_scores, values)
            if low <= point[0] <= high
        ]
        ground = [(score, 0.0) for score, _ in points]
        marks += [Band(ground, points, "", colour), Line(points, label, colour)]
    marks.append(Upright(built_in, f"built-in threshold {built_in:g}"))
    return Figure(
        plot(
            "Distribution of scores",
            Linear("comparison score (cosine)", low, high),
            Linear("density", 0.0, most),
            marks,
        ),
        "How scores are distributed. Each curve has the same area; what happens at an "
        "FMR of 0.01 % is too small to be seen here.",
    )


def _points(across: Sequence[float], up: Sequence[float]) -> Sequence[Point]:
    return list(zip(across, up, strict=True))
