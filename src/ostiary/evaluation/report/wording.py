"""Words that the terminal and the page share, of an evaluation of verification."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ostiary.evaluation.report.scales import percent, scientific
from ostiary.evaluation.results import Evaluation, Rate, TenFold

NOTICE: Final = (
    "For research data, or volunteers who agreed to exactly this. Reports hold no "
    "photograph; they name files about which something is odd."
)


def protocol(evaluation: Evaluation) -> str:
    """How references and probes were made, in one line."""
    return (
        f"{evaluation.extractor}, references of {evaluation.enrolment_images} "
        f"{_images(evaluation.enrolment_images)} coded {evaluation.coding}, probes of "
        f"{evaluation.probe_images}, {evaluation.face} face"
    )


def _images(count: int) -> str:
    return "picture" if count == 1 else "pictures"


def named_rates(evaluation: Evaluation) -> Sequence[tuple[str, Rate]]:
    """The rates, and what each threshold was chosen for."""
    asked = [(scientific(rate.fmr), rate) for rate in evaluation.rates]
    return [*asked, ("built in", evaluation.built_in)]


def measurable(evaluation: Evaluation) -> Sequence[Rate]:
    """The rates that are decided by 30 pairs of people or more."""
    lowest = evaluation.lowest_measurable_fmr
    return [rate for rate in evaluation.rates if rate.fmr >= lowest]


def between(rate: float, low: float, high: float) -> str:
    """A rate in percent, with its interval."""
    return f"{percent(rate)} ({percent(low)} to {percent(high)})"


def small(rate: float, low: float, high: float) -> str:
    """A rate in powers of ten, with its interval."""
    return f"{scientific(rate)} ({scientific(low)} to {scientific(high)})"


def acquired(evaluation: Evaluation) -> Iterator[str]:
    """How many pictures, people, failures and comparisons there are, line by line."""
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


def supported(evaluation: Evaluation) -> Iterator[str]:
    """How low a rate so many people can show."""
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


def attempts(count: int) -> str:
    """How often a person may try."""
    return "one attempt" if count == 1 else f"up to {count} attempts"


def ten_fold(found: TenFold) -> str:
    """The figure over ten folds, or that there is none."""
    figure = "no figure, which takes pairs of two folds or more"
    if found.accuracy is not None and found.standard_error is not None:
        figure = (
            f"{percent(found.accuracy)} right, standard error "
            f"{percent(found.standard_error)}"
        )
    return (
        f"Ten folds: {figure}, on {found.pairs:,} of {found.listed:,} pairs; "
        f"{found.missing:,} have pictures that are not here, "
        f"{found.not_acquired:,} have no sample."
    )


def findings(evaluation: Evaluation) -> Mapping[str, Sequence[str]]:
    """What is odd about the data, by kind; file names alone."""
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
