"""What the terminal shows of an evaluation of verification."""

from collections.abc import Iterator

from ostiary.evaluation.report.scales import scientific
from ostiary.evaluation.report.wording import (
    acquired,
    attempts,
    between,
    findings,
    named_rates,
    protocol,
    small,
    supported,
    ten_fold,
)
from ostiary.evaluation.results import Evaluation


def summary(evaluation: Evaluation) -> Iterator[str]:
    """What the terminal shows, line by line."""
    yield f"{evaluation.data_set}: {protocol(evaluation)}"
    yield ""
    yield from acquired(evaluation)
    yield ""
    yield (
        f"{'FMR':<9}{'threshold':>9}{'FNMR per person, 95 %':>30}{'false matches':>15}"
        f"  FMR, 95 %"
    )
    for name, rate in named_rates(evaluation):
        errors = between(rate.fnmr_per_person, rate.fnmr_low, rate.fnmr_high)
        yield (
            f"{name:<9}{rate.threshold:>9.5f}{errors:>30}{rate.false_matches:>15,}"
            f"  {scientific(rate.fmr_low)} to {scientific(rate.fmr_high)}"
        )
    yield ""
    yield from supported(evaluation)
    yield ""
    yield from _transaction_lines(evaluation)
    if evaluation.ten_fold:
        yield ten_fold(evaluation.ten_fold)
    yield from _odd(evaluation)


def _transaction_lines(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.transactions is None:
        yield "Nobody has enough pictures for a transaction."
        return
    built_in = evaluation.transactions.rates[-1]
    yield (
        f"At the gate, threshold {built_in.threshold:g} as built in, "
        f"{attempts(evaluation.transactions.attempts)}: "
        f"FAR {small(built_in.far, built_in.far_low, built_in.far_high)}, "
        f"FRR {between(built_in.frr_per_person, built_in.frr_low, built_in.frr_high)}"
    )


def _odd(evaluation: Evaluation) -> Iterator[str]:
    """How much of each there is; the names are in the report and the JSON."""
    for name, entries in findings(evaluation).items():
        if entries:
            yield f"{name}: {len(entries):,} (which ones: --json, --report)"
