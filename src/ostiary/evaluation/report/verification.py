"""The report of an evaluation of verification: for the terminal, and as a page."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from ostiary.evaluation.report.page import (
    Bullets,
    Figure,
    Paragraph,
    Part,
    Section,
    Table,
    page,
)
from ostiary.evaluation.report.plots import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    Band,
    Bar,
    Dots,
    Line,
    Mark,
    Point,
    Shade,
    Upright,
    bars,
    plot,
)
from ostiary.evaluation.report.scales import (
    Linear,
    Logarithmic,
    NormalDeviate,
    percent,
    scientific,
)
from ostiary.evaluation.results import (
    Curves,
    Evaluation,
    GroupRate,
    Rate,
    TransactionRate,
)

NOTICE: Final = (
    "For research data, or volunteers who agreed to exactly this. Reports hold no "
    "photograph; they name files about which something is odd."
)

_USUAL_EER: Final = 0.1
"""Above this, the axes of a plot of both errors reach farther."""

_SHOWN_FMR: Final = 0.2
"""No gate works beyond this."""

_MOST_BARS: Final = 15
_MOST_NAMES: Final = 50
"""Entries of a list on the page; the JSON has all of them."""

_COLOURS: Final = (BLUE, ORANGE, GREEN, PURPLE, GREY)
_DASHES: Final = ("", "7 3", "2 3", "9 3 2 3", "4 2")


def summary(evaluation: Evaluation) -> Iterator[str]:
    """What the terminal shows, line by line."""
    yield f"{evaluation.data_set}: {_protocol(evaluation)}"
    yield ""
    yield from _acquired(evaluation)
    yield ""
    yield (
        f"{'FMR':<9}{'threshold':>9}{'FNMR per person, 95 %':>28}{'false matches':>15}"
        f"  FMR, 95 %"
    )
    for name, rate in _named_rates(evaluation):
        errors = _between(rate.fnmr_per_person, rate.fnmr_low, rate.fnmr_high)
        yield (
            f"{name:<9}{rate.threshold:>9.5f}{errors:>28}{rate.false_matches:>15,}"
            f"  {scientific(rate.fmr_low)} to {scientific(rate.fmr_high)}"
        )
    yield ""
    yield from _supported(evaluation)
    yield ""
    yield from _transaction_lines(evaluation)
    if evaluation.ten_fold:
        yield _ten_fold(evaluation)
    yield from _odd(evaluation)


def report(evaluation: Evaluation) -> bytes:
    """The page: HTML, UTF-8, complete in itself."""
    sections = [
        _overview(evaluation),
        _comparisons(evaluation),
        _transactions(evaluation),
        _groups(evaluation),
        _quality(evaluation),
        _data(evaluation),
        _method(evaluation),
    ]
    return page(
        f"Error rates on {evaluation.data_set}",
        f"{_protocol(evaluation)}. {evaluation.tool}, {evaluation.date}.",
        [section for section in sections if section.parts],
    )


def _protocol(evaluation: Evaluation) -> str:
    return (
        f"{evaluation.extractor}, references of {evaluation.enrolment_images} "
        f"{_images(evaluation.enrolment_images)} coded {evaluation.coding}, probes of "
        f"{evaluation.probe_images}, {evaluation.face} face"
    )


def _images(count: int) -> str:
    return "picture" if count == 1 else "pictures"


def _named_rates(evaluation: Evaluation) -> Sequence[tuple[str, Rate]]:
    """The rates, and what each threshold was chosen for."""
    asked = [(scientific(rate.fmr), rate) for rate in evaluation.rates]
    return [*asked, ("built in", evaluation.built_in)]


def _between(rate: float, low: float, high: float) -> str:
    return f"{percent(rate)} ({percent(low)} to {percent(high)})"


def _small(rate: float, low: float, high: float) -> str:
    return f"{scientific(rate)} ({scientific(low)} to {scientific(high)})"


def _acquired(evaluation: Evaluation) -> Iterator[str]:
    yield f"{evaluation.images:,} pictures of {evaluation.people:,} people"
    yield (
        f"failures to acquire {percent(evaluation.fta)}"
        f"{_reasons(evaluation.fta_reasons)}"
    )
    yield (
        f"failures to enrol {percent(evaluation.fte)} of {evaluation.enrolments:,}"
        f"{_reasons(evaluation.fte_reasons)}"
    )
    yield (
        f"{evaluation.mated:,} mated comparisons of {evaluation.people_mated:,} people,"
        f" {evaluation.non_mated:,} non-mated ones of {evaluation.people_pairs:,} pairs"
        " of people"
    )


def _reasons(reasons: Mapping[str, int]) -> str:
    listed = ", ".join(f"{name} {count:,}" for name, count in reasons.items())
    return f" ({listed})" if listed else ""


def _supported(evaluation: Evaluation) -> Iterator[str]:
    yield (
        f"The lowest FMR that so many people can support is "
        f"{_fraction(evaluation.lowest_supported_fmr)}: 3 divided by "
        f"{evaluation.people_pairs:,} pairs of people, however many pictures there are."
    )
    if evaluation.lowest_measurable_fmr < 1:
        yield (
            f"Below {_fraction(evaluation.lowest_measurable_fmr)} fewer than 30 of "
            "them decide a rate, and it is rough."
        )


def _fraction(rate: float) -> str:
    return f"{scientific(rate)} (1 in {1 / rate:,.0f})"


def _transaction_lines(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.transactions is None:
        yield "Nobody has enough pictures for a transaction."
        return
    built_in = evaluation.transactions.rates[-1]
    yield (
        f"At the gate, threshold {built_in.threshold:g} as built in, "
        f"{_attempts(evaluation.transactions.attempts)}: "
        f"FAR {_small(built_in.far, built_in.far_low, built_in.far_high)}, "
        f"FRR {_between(built_in.frr_per_person, built_in.frr_low, built_in.frr_high)}"
    )


def _attempts(count: int) -> str:
    return "one attempt" if count == 1 else f"up to {count} attempts"


def _ten_fold(evaluation: Evaluation) -> str:
    figure = evaluation.ten_fold
    if figure is None:
        return "No file of pairs was given."
    return (
        f"Ten folds: {percent(figure.accuracy)} right, standard error "
        f"{percent(figure.standard_error)}, on {figure.pairs:,} of {figure.listed:,} "
        f"pairs; {figure.missing:,} have pictures that are not here, "
        f"{figure.not_acquired:,} have no sample."
    )


def _odd(evaluation: Evaluation) -> Iterator[str]:
    """How much of each there is; the names are in the report and the JSON."""
    for name, entries in _findings(evaluation).items():
        if entries:
            yield f"{name}: {len(entries):,} (which ones: --json, --report)"


def _findings(evaluation: Evaluation) -> Mapping[str, Sequence[str]]:
    found = evaluation.findings
    return {
        "could not be read": [f"{k}: {v}" for k, v in found.unreadable.items()],
        "named and not there": found.missing,
        "the same file under several names": [" = ".join(x) for x in found.same_bytes],
        "almost the same picture": [" ~ ".join(x) for x in found.near_duplicates],
        "one name, but as unlike as strangers": [
            " / ".join(x) for x in found.mated_but_unlike
        ],
        "two names, but as alike as one person": [
            " / ".join(x) for x in found.non_mated_but_alike
        ],
        "people with a single picture": found.single_image,
    }


# -- Sections ----------------------------------------------------------------------


def _overview(evaluation: Evaluation) -> Section:
    return Section(
        "What was measured",
        [
            Paragraph(NOTICE, notice=True),
            Bullets([f"{line}." for line in _acquired(evaluation)]),
            Paragraph(" ".join(_supported(evaluation))),
        ],
    )


def _comparisons(evaluation: Evaluation) -> Section:
    parts: list[Part] = [
        Table(
            "FNMR at each FMR",
            (
                *("FMR", "threshold", "FMR, 95 %", "false matches"),
                *("FNMR per person, 95 %", "FNMR per comparison"),
            ),
            [_rate_row(name, rate) for name, rate in _named_rates(evaluation)],
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
        parts.append(Paragraph(_ten_fold(evaluation)))
    return Section("Single comparisons", parts)


def _rate_row(name: str, rate: Rate) -> Sequence[str]:
    return (
        name,
        f"{rate.threshold:.5f}",
        f"{scientific(rate.fmr_low)} to {scientific(rate.fmr_high)}",
        f"{rate.false_matches:,}",
        _between(rate.fnmr_per_person, rate.fnmr_low, rate.fnmr_high),
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


def _transactions(evaluation: Evaluation) -> Section:
    found = evaluation.transactions
    if found is None:
        return Section("Transactions", [])
    names = [name for name, _ in _named_rates(evaluation)]
    frames = "a single picture"
    if evaluation.probe_images > 1:
        frames = f"{evaluation.probe_images} pictures in a row that match one another"
    return Section(
        "Transactions",
        [
            Paragraph(
                f"What the gate's own rules make of it: {frames}, fused and compared "
                f"once, {_attempts(found.attempts)}. A picture without a sample fails "
                "its attempt. Pictures that were taken at different times are not "
                "frames of one visit: on such data the FRR is too high."
            ),
            Table(
                f"{found.mated:,} mated transactions of {found.people:,} people, "
                f"{found.non_mated:,} non-mated ones",
                (
                    *("threshold for FMR", "threshold", "FAR, 95 %", "false accepts"),
                    *("FRR per person, 95 %", "no probe"),
                ),
                [
                    _transaction_row(name, rate)
                    for name, rate in zip(names, found.rates, strict=True)
                ],
            ),
        ],
    )


def _transaction_row(name: str, rate: TransactionRate) -> Sequence[str]:
    return (
        name,
        f"{rate.threshold:.5f}",
        _small(rate.far, rate.far_low, rate.far_high),
        f"{rate.false_accepts:,}",
        _between(rate.frr_per_person, rate.frr_low, rate.frr_high),
        percent(rate.no_probe),
    )


def _measurable(evaluation: Evaluation) -> Sequence[Rate]:
    """The rates that are decided by 30 pairs of people or more."""
    lowest = evaluation.lowest_measurable_fmr
    return [rate for rate in evaluation.rates if rate.fmr >= lowest]


def _groups(evaluation: Evaluation) -> Section:
    """By label, at the built-in threshold and at the lowest FMR that is measurable."""
    shown = [*_measurable(evaluation)[-1:], evaluation.built_in]
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
    errors = [_between(bar.value, bar.low, bar.high) for bar in _fnmr_bars(rate)]
    return (
        _pair(rate),
        f"{rate.people:,}",
        _small(rate.group_fmr, rate.fmr_low, rate.fmr_high),
        _times(rate.fmr_ratio),
        "".join(errors),
        _times(rate.fnmr_ratio),
    )


def _pair(rate: GroupRate) -> str:
    return rate.group if rate.group == rate.other else f"{rate.group} and {rate.other}"


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"x {ratio:.2f}"


def _quality(evaluation: Evaluation) -> Section:
    if not evaluation.discards:
        return Section("Quality", [])
    asked = [(f"at FMR {scientific(r.fmr)}", r) for r in _measurable(evaluation)]
    shown = [*asked, ("built in", evaluation.built_in)]
    lines: list[Mark] = []
    highest = 0.0
    styles = zip(_COLOURS, _DASHES, strict=True)
    for (name, rate), (colour, dashes) in zip(shown, styles, strict=False):
        points = [
            (each.discarded, each.fnmr)
            for each in evaluation.discards
            if each.fmr == rate.fmr
        ]
        highest = max(highest, *(up for _, up in points))
        lines.append(Line(points, name, colour, dashes))
    farthest = max(each.discarded for each in evaluation.discards)
    drawing = plot(
        "Error against discarded quality",
        Linear(
            "comparisons set aside, lowest quality first", 0, farthest, percent=True
        ),
        Linear("FNMR", 0, highest * 1.05 or 1.0, percent=True),
        lines,
    )
    caption = (
        "FNMR of what is left, a line for the threshold of each FMR. A measure that is "
        "worth something makes the lines fall. It is the table's where that has a "
        "column of quality, and else the unified score of what the chain measures."
    )
    return Section("Quality", [Figure(drawing, caption)])


def _data(evaluation: Evaluation) -> Section:
    parts: list[Part] = [
        Paragraph(
            "Names of files for their owner to look at. Nothing of this was taken out. "
            "Pairs were found by their scores, which are not told, and come oddest "
            "first: a hint at a wrong label, and no statement about anybody. A list "
            f"ends after {_MOST_NAMES} entries; lists of names are whole in the JSON."
        )
    ]
    for name, entries in _findings(evaluation).items():
        if entries:
            parts.append(Paragraph(f"{name}: {len(entries):,}"))
            parts.append(Bullets(entries[:_MOST_NAMES]))
    return Section("What is odd about the data", parts if len(parts) > 1 else [])


def _method(evaluation: Evaluation) -> Section:
    return Section(
        "How",
        [
            Bullets(
                [
                    "Every reference was compared with every probe of other people. "
                    "Mated comparisons are across sittings where these are known, else "
                    "between pictures of which none is on both sides.",
                    "A threshold is the lowest, of five decimals, at which the FMR is "
                    "not above the one asked for.",
                    "Intervals are at 95 %. People were drawn anew, with replacement, "
                    "on both sides of a comparison; where no error was seen, 3 divided "
                    "by the number of people, or of pairs of people.",
                    "A reference was made from pictures that meet the chain's limits "
                    "for enrolment, a probe from those that meet the gate's, which "
                    "ask for less.",
                    "Failures to acquire and to enrol are in no FMR and no FNMR. "
                    "Failures to acquire are in the FRR.",
                    f"Which face of a picture counted: {evaluation.face}.",
                    "These rates hold for these people and these pictures. A threshold "
                    "does not travel: measure where it is to serve.",
                ]
            )
        ],
    )
