"""FAR and FRR of whole transactions, by the rules that the gate goes by.

`trials.presentations` has the rule. What a transaction is compared by is in the end one
score, so the same code counts, and a threshold that was chosen on single comparisons is
shown with what it does at the door.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ostiary.evaluation.groups import Tally, sides_of, whole
from ostiary.evaluation.intervals import Weights
from ostiary.evaluation.rates import personal_rates
from ostiary.evaluation.results import TransactionRate, Transactions
from ostiary.evaluation.scores import Mated, bins_of, mated_scores, threshold_of
from ostiary.evaluation.trials import Side, Trial


def transactions_of(
    trial: Trial,
    bins: Sequence[int],
    weights: Weights,
    progress: Callable[[int, int], None],
) -> Transactions | None:
    """Rates of transactions at each threshold; None where there are no two of them.

    Args:
        trial: references against presentations.
        bins: the thresholds, as bins.
        weights: how often each person was drawn.
        progress: is told how far the comparisons have come.
    """
    mated = mated_scores(trial)
    tally = Tally(trial, bins, [whole(trial.people)], weights)
    if not mated.bins.size or not sides_of(trial).non_mated:
        return None
    tally.count(progress)
    accepts = tally.false_matches(0)
    refusals = personal_rates(mated, bins)
    intervals = refusals.intervals(weights)
    no_probe = personal_rates(_most_possible(trial.probes, mated), bins).mean()
    rates = [
        TransactionRate(
            threshold=threshold_of(each),
            far=accepts.fmr(place),
            far_low=accepts.interval(place).low,
            far_high=accepts.interval(place).high,
            false_accepts=int(accepts.counts[place, 0, 0]),
            frr_per_person=float(refusals.mean()[place]),
            frr_low=intervals[place].low,
            frr_high=intervals[place].high,
            no_probe=float(no_probe[place]),
        )
        for place, each in enumerate(bins)
    ]
    return Transactions(
        attempts=len(trial.probes.features),
        mated=len(mated.bins),
        non_mated=int(accepts.non_mated[0, 0]),
        people=len(refusals.persons),
        rates=tuple(rates),
    )


def _most_possible(presentations: Side, mated: Mated) -> Mated:
    """As if every comparison scored 1: what is left fails for want of a probe."""
    caps = np.max(presentations.caps, axis=0)
    return replace(mated, bins=bins_of(caps[mated.probes]))
