"""The section of the page on groups of people: the worst first."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ostiary.evaluation.report.page import Figure, Part, Section, Table
from ostiary.evaluation.report.plots import Bar, bars
from ostiary.evaluation.report.wording import between, measurable, small
from ostiary.evaluation.results import Evaluation, GroupRate, Rate

_MOST_BARS: Final = 15


def groups(evaluation: Evaluation) -> Section:
    """By label, at the built-in threshold and at the lowest FMR that is measurable."""
    shown = [*measurable(evaluation)[-1:], evaluation.built_in]
    labels = dict.fromkeys(rate.label for rate in evaluation.groups)
    parts = [
        part
        for label in labels
        for rate in shown
        for part in _group(evaluation, label, rate)
    ]
    return Section("Groups", parts)


def _group(evaluation: Evaluation, label: str, whole: Rate) -> Sequence[Part]:
    rows = [
        rate
        for rate in evaluation.groups
        if rate.label == label and rate.threshold == whole.threshold
    ]
    where = f"{label}, threshold {whole.threshold:.5f}"
    table = Table(
        f"{where}, worst first",
        (
            *("group", "people", "FMR, 95 %", "of the whole"),
            *("FNMR per person, 95 %", "of the whole"),
        ),
        [_group_row(rate) for rate in rows],
    )
    everybody = whole.false_matches / whole.non_mated
    return [
        table,
        _bars(f"FMR by {where}", "FMR", map(_fmr_bar, rows), everybody),
        _bars(
            f"FNMR by {where}",
            "FNMR per person",
            [bar for rate in rows for bar in _fnmr_bars(rate)],
            whole.fnmr_per_person,
        ),
    ]


def _bars(title: str, axis: str, rows: Iterable[Bar], whole: float) -> Figure:
    worst_first = sorted(rows, key=lambda bar: bar.value, reverse=True)
    shown = worst_first[:_MOST_BARS]
    some = f": the worst {len(shown)}" if len(shown) < len(worst_first) else ""
    return Figure(bars(title, axis, shown, whole), f"{title}{some}.")


def _fmr_bar(rate: GroupRate) -> Bar:
    note = _times(rate.fmr_ratio)
    return Bar(_pair(rate), rate.group_fmr, rate.fmr_low, rate.fmr_high, note)


def _fnmr_bars(rate: GroupRate) -> Iterator[Bar]:
    """One, or none where the group has no mated comparison."""
    match rate.fnmr_per_person, rate.fnmr_low, rate.fnmr_high:
        case float(errors), float(low), float(high):
            yield Bar(_pair(rate), errors, low, high, _times(rate.fnmr_ratio))
        case _:
            return


def _group_row(rate: GroupRate) -> Sequence[str]:
    errors = [between(bar.value, bar.low, bar.high) for bar in _fnmr_bars(rate)]
    return (
        _pair(rate),
        f"{rate.people:,}",
        small(rate.group_fmr, rate.fmr_low, rate.fmr_high),
        _times(rate.fmr_ratio),
        "".join(errors),
        _times(rate.fnmr_ratio),
    )


def _pair(rate: GroupRate) -> str:
    return rate.group if rate.group == rate.other else f"{rate.group} and {rate.other}"


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"x {ratio:.2f}"
