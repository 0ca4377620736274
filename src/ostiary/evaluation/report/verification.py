"""The page of an evaluation of verification."""

from collections.abc import Sequence
from typing import Final

from ostiary.evaluation.report.comparisons import comparisons
from ostiary.evaluation.report.groups import groups
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
    Line,
    Mark,
    plot,
)
from ostiary.evaluation.report.scales import Linear, percent, scientific
from ostiary.evaluation.report.wording import (
    NOTICE,
    acquired,
    attempts,
    between,
    findings,
    measurable,
    named_rates,
    protocol,
    small,
    supported,
)
from ostiary.evaluation.results import Evaluation, TransactionRate

_MOST_NAMES: Final = 50
"""Entries of a list on the page; the JSON has all of them."""

_COLOURS: Final = (BLUE, ORANGE, GREEN, PURPLE, GREY)
_DASHES: Final = ("", "7 3", "2 3", "9 3 2 3", "4 2")


def report(evaluation: Evaluation) -> bytes:
    """The page: HTML, UTF-8, complete in itself."""
    sections = [
        _overview(evaluation),
        comparisons(evaluation),
        _transactions(evaluation),
        groups(evaluation),
        _quality(evaluation),
        _data(evaluation),
        _method(evaluation),
    ]
    return page(
        f"Error rates on {evaluation.data_set}",
        f"{protocol(evaluation)}. {evaluation.tool}, {evaluation.date}.",
        [section for section in sections if section.parts],
    )


def _overview(evaluation: Evaluation) -> Section:
    return Section(
        "What was measured",
        [
            Paragraph(NOTICE, notice=True),
            Bullets([f"{line}." for line in acquired(evaluation)]),
            Paragraph(" ".join(supported(evaluation))),
        ],
    )


def _transactions(evaluation: Evaluation) -> Section:
    found = evaluation.transactions
    if found is None:
        return Section("Transactions", [])
    names = [name for name, _ in named_rates(evaluation)]
    frames = "a single picture"
    if evaluation.probe_images > 1:
        frames = f"{evaluation.probe_images} pictures in a row that match one another"
    return Section(
        "Transactions",
        [
            Paragraph(
                f"What the gate's own rules make of it: {frames}, fused and compared "
                f"once, {attempts(found.attempts)}. A picture without a sample fails "
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
        small(rate.far, rate.far_low, rate.far_high),
        f"{rate.false_accepts:,}",
        between(rate.frr_per_person, rate.frr_low, rate.frr_high),
        percent(rate.no_probe),
    )


def _quality(evaluation: Evaluation) -> Section:
    if not evaluation.discards:
        return Section("Quality", [])
    asked = [(f"at FMR {scientific(r.fmr)}", r) for r in measurable(evaluation)]
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
    for name, entries in findings(evaluation).items():
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
