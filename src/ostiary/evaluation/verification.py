"""One evaluation from end to end: pictures in, error rates out.

    pictures -> samples -> references and probes -> comparisons  -> rates and intervals
                        -> references and presentations -> transactions

Words and methods are those of ISO/IEC 19795-1. The samples are overwritten at the end.
What was made of them is freed, which overwrites it in the `ostiary` command
(`gate/hardening.py`).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from importlib.metadata import version
from typing import Final

import numpy as np

from ostiary.erasure import overwrite
from ostiary.evaluation.acquisition import Progress, Samples, acquire
from ostiary.evaluation.cache import FeatureCache
from ostiary.evaluation.comparing import (
    Compared,
    Material,
    Protocol,
    compare_all,
    counted,
    material_of,
)
from ostiary.evaluation.curves import curves_of
from ostiary.evaluation.dataset import DataSet
from ostiary.evaluation.discards import discards_of
from ostiary.evaluation.findings import find_oddities
from ostiary.evaluation.groups import (
    Grouping,
    Partition,
    Tally,
    partition,
    whole,
)
from ostiary.evaluation.intervals import Weights, rule_of_3
from ostiary.evaluation.rates import (
    bin_at_fmr,
    bins_above_fmr,
    equal_error_rate,
    false_match_counts,
    false_non_match_rates,
    personal_rates,
)
from ostiary.evaluation.results import (
    Evaluation,
    GroupRate,
    Rate,
    Transactions,
    UpperEnd,
)
from ostiary.evaluation.scores import (
    Mated,
    bin_of_threshold,
    threshold_of,
)
from ostiary.evaluation.ten_fold import Pair, ten_fold
from ostiary.evaluation.transactions import transactions_of
from ostiary.evaluation.trials import (
    presentations,
)
from ostiary.vision.chain import FaceChain

FMRS: Final = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
"""False-match rates that an evaluation goes through, as far as its people go."""

RULE_OF_30: Final = 30
"""Errors at which a rate is within 30 % of the truth, at 90 % (Doddington et al., 2000,
in ISO/IEC 19795-1)."""


def evaluate(
    data_set: DataSet,
    chain: FaceChain,
    protocol: Protocol,
    *,
    pairs: Sequence[Pair],
    cache: FeatureCache,
    at: datetime,
    progress: Progress,
) -> Evaluation:
    """Measure the error rates of a chain on a data set.

    Args:
        data_set: whose pictures.
        chain: the gate's own, or another.
        protocol: how references, probes and transactions are made.
        pairs: of LFW's ten folds; empty: that figure is left out.
        cache: samples of earlier runs.
        at: now.
        progress: is told how far it has come.

    Raises:
        EvaluationError: nobody can be compared with themselves, or with anybody else.
        ModelError: a runtime fails.
    """
    samples = acquire(data_set, chain, protocol.face, cache, progress)
    return evaluate_samples(
        data_set, samples, chain, protocol, pairs=pairs, at=at, progress=progress
    )


def evaluate_samples(
    data_set: DataSet,
    samples: Samples,
    chain: FaceChain,
    protocol: Protocol,
    *,
    fmrs: Sequence[float] = FMRS,
    pairs: Sequence[Pair] = (),
    at: datetime,
    progress: Progress,
) -> Evaluation:
    """As `evaluate`, of samples that were taken already; they are overwritten.

    Args:
        data_set: whose they are.
        samples: one for each picture of the data set.
        chain: what took them.
        protocol: how references, probes and transactions are made.
        fmrs: falling rates to go through, as far as the people go.
        pairs: of LFW's ten folds; empty: that figure is left out.
        at: now.
        progress: is told how far it has come.

    Raises:
        EvaluationError: nobody can be compared with themselves, or with anybody else.
    """
    try:
        material = material_of(data_set, samples)
        try:
            return _measure(
                material,
                chain,
                protocol,
                fmrs=fmrs,
                pairs=pairs,
                at=at,
                progress=progress,
            )
        finally:
            overwrite(material.samples.features)
    finally:
        overwrite(samples.features)


def _measure(
    material: Material,
    chain: FaceChain,
    protocol: Protocol,
    *,
    fmrs: Sequence[float],
    pairs: Sequence[Pair],
    at: datetime,
    progress: Progress,
) -> Evaluation:
    compared = compare_all(material, chain, protocol, progress)
    counts = false_match_counts(compared.histogram)
    supported = rule_of_3(compared.sides.pairs)
    asked = [fmr for fmr in fmrs if fmr >= supported]
    bins = [bin_at_fmr(counts, fmr) for fmr in asked]
    bins.append(bin_of_threshold(chain.threshold))
    ladders = [bins_above_fmr(counts, fmr) for fmr in asked]
    partitions = [
        whole(compared.trial.people),
        *(
            partition(label, groups, material.subjects.names)
            for label, groups in material.data.labels.items()
        ),
    ]
    tally = Tally(compared.trial, bins, partitions, material.weights)
    tally.count(partial(progress, "false matches"))
    rates = _rates(compared, tally, asked, bins, material.weights)
    rates = _with_upper_ends(rates, compared, ladders, material.weights, progress)
    ten, missing = ten_fold(pairs, material.data, material.samples)
    fmr, people = counts / counts[0], compared.trial.people
    fnmr, fnmr_per_person = false_non_match_rates(compared.mated, people)
    failures = [why for why in material.samples.failures if why is not None]
    return Evaluation(
        tool=f"ostiary {version('ostiary')}",
        date=at.isoformat(),
        data_set=material.data.name,
        chain=chain.name,
        extractor=chain.extractor,
        coding=protocol.coding or "none",
        face=protocol.face,
        enrolment_images=protocol.enrolment_images,
        probe_images=protocol.probe_images,
        people=people,
        people_enrolled=int((compared.sides.references > 0).sum()),
        people_mated=len(np.unique(compared.mated.persons)),
        people_pairs=compared.sides.pairs,
        images=len(material.data.pictures),
        enrolments=compared.enrolled.tried,
        fte=len(compared.enrolled.failures) / compared.enrolled.tried,
        fte_reasons=counted(compared.enrolled.failures),
        fta=len(failures) / len(material.data.pictures),
        fta_reasons=counted(failures),
        mated=len(compared.mated.bins),
        non_mated=compared.sides.non_mated,
        eer=equal_error_rate(fmr, fnmr),
        eer_per_person=equal_error_rate(fmr, fnmr_per_person),
        lowest_supported_fmr=supported,
        lowest_measurable_fmr=min(1.0, RULE_OF_30 / compared.sides.pairs),
        rates=tuple(rates[:-1]),
        built_in=rates[-1],
        transactions=_transactions(material, compared, protocol, bins, progress),
        ten_fold=ten,
        groups=_groups(rates, partitions, tally, compared.mated, material.weights),
        discards=discards_of(material.data, compared.trial, compared.mated, rates),
        curves=curves_of(compared.histogram, compared.mated, people, material.weights),
        findings=find_oddities(
            material.data,
            material.subjects,
            material.samples,
            unreadable=material.unreadable,
            missing=missing,
            progress=partial(progress, "oddities"),
        ),
    )


def _rates(
    compared: Compared,
    tally: Tally,
    fmrs: Sequence[float],
    bins: Sequence[int],
    weights: Weights,
) -> list[Rate]:
    """One for each threshold: those that an FMR was asked for, and the built-in one."""
    matches, personal = tally.false_matches(0), tally.fmr_per_person()
    errors = personal_rates(compared.mated, bins)
    intervals = errors.intervals(weights)
    asked = [*fmrs, matches.fmr(len(bins) - 1)]
    return [
        Rate(
            fmr=asked[place],
            threshold=threshold_of(each),
            false_matches=int(matches.counts[place, 0, 0]),
            fmr_low=matches.interval(place).low,
            fmr_high=matches.interval(place).high,
            fmr_per_person=float(personal[place]),
            fnmr=int(errors.errors[place]) / errors.comparisons,
            fnmr_per_person=float(errors.mean()[place]),
            fnmr_low=intervals[place].low,
            fnmr_high=intervals[place].high,
            mated=errors.comparisons,
            non_mated=int(matches.non_mated[0, 0]),
        )
        for place, each in enumerate(bins)
    ]


def _with_upper_ends(
    rates: Sequence[Rate],
    compared: Compared,
    ladders: Sequence[Sequence[int]],
    weights: Weights,
    progress: Progress,
) -> list[Rate]:
    """The rates, with the threshold that holds their FMR at its upper bound too.

    Such a threshold there is, since with no false match left the upper bound is what so
    many people can show at best, and lower rates are not asked for. Counted for
    everybody alone: so many thresholds times many groups would be too much to hold.
    """
    if not ladders:
        return list(rates)
    levels = [each for ladder in ladders for each in ladder]
    tally = Tally(compared.trial, levels, [whole(compared.trial.people)], weights)
    tally.count(partial(progress, "upper ends"))
    matches, place, found = tally.false_matches(0), 0, list(rates)
    for number, ladder in enumerate(ladders):
        high = next(
            each
            for step, each in enumerate(ladder, start=place)
            if matches.interval(step).high <= rates[number].fmr
        )
        errors = personal_rates(compared.mated, [high])
        end = UpperEnd(
            threshold=threshold_of(high), fnmr_per_person=float(errors.mean()[0])
        )
        found[number] = replace(rates[number], upper_end=end)
        place += len(ladder)
    return found


def _groups(
    rates: Sequence[Rate],
    partitions: Sequence[Partition],
    tally: Tally,
    mated: Mated,
    weights: Weights,
) -> tuple[GroupRate, ...]:
    """All labels; the whole, which comes first, is none."""
    return tuple(
        rate
        for number, each in enumerate(partitions[1:], start=1)
        for rate in Grouping(
            partition=each,
            matches=tally.false_matches(number),
            mated=mated,
            weights=weights,
        ).rates(rates)
    )


def _transactions(
    material: Material,
    compared: Compared,
    protocol: Protocol,
    bins: Sequence[int],
    progress: Progress,
) -> Transactions | None:
    probes = presentations(
        material.subjects, material.samples, protocol.probe_images, protocol.attempts
    )
    trial = replace(compared.trial, probes=probes)
    step = partial(progress, "transactions")
    return transactions_of(trial, bins, material.weights, step)
