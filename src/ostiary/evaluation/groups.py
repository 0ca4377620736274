"""False matches among people, and among groups of people where labels are given.

Groups come from the table and from nowhere else. Everybody as one group is the whole.
Between two groups it does not matter on which side of a comparison a group stands.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ostiary.evaluation.intervals import (
    Interval,
    Weights,
    bounds,
    pairs_of_people,
)
from ostiary.evaluation.rates import Doubles, personal_rates
from ostiary.evaluation.results import GroupRate, Rate
from ostiary.evaluation.scores import (
    Hits,
    Mated,
    bin_of_threshold,
    non_mated_hits,
)
from ostiary.evaluation.trials import Integers, Trial

_CHUNK: Final = 8192
"""Hits that are weighted at a time: 13 MB."""


@dataclass(frozen=True, slots=True)
class Partition:
    """People in groups.

    Attributes:
        label: what they are grouped by; empty for the whole.
        groups: names of the groups.
        members: by person, place of the group.
    """

    label: str
    groups: tuple[str, ...]
    members: Integers


def whole(people: int) -> Partition:
    """Everybody in one group."""
    return Partition("", ("",), np.zeros(people, np.int64))


def partition(
    label: str, group_of: Mapping[str, str], names: Sequence[str]
) -> Partition:
    """People grouped by a label.

    Args:
        label: its name.
        group_of: group by person.
        names: the people, in order.
    """
    groups, members = np.unique([group_of[name] for name in names], return_inverse=True)
    return Partition(label, tuple(groups.tolist()), members.astype(np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """How many references and probes there are of each person.

    Attributes:
        references: by person.
        probes: by person.
        symmetric: whether a pair is compared once.
    """

    references: Integers
    probes: Integers
    symmetric: bool

    @property
    def share(self) -> float:
        """Of the ordered pairs of references and probes, how many are compared."""
        return 0.5 if self.symmetric else 1.0

    @property
    def non_mated(self) -> int:
        """How many non-mated comparisons there are."""
        ordered = self.references.sum() * self.probes.sum()
        return int((ordered - self.references @ self.probes) * self.share)

    @property
    def pairs(self) -> int:
        """How many different pairs of people are compared."""
        return pairs_of_people(self.references, self.probes)


def sides_of(trial: Trial) -> Sides:
    """How many references and probes there are of each person."""
    return Sides(
        references=np.bincount(
            trial.references.windows.persons, minlength=trial.people
        ),
        probes=np.bincount(trial.probes.windows.persons, minlength=trial.people),
        symmetric=trial.symmetric,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseMatches:
    """False matches at several thresholds, within and between groups.

    Of the two orders of two groups, only the one that goes upwards is filled.

    Attributes:
        counts: thresholds x groups x groups.
        non_mated: groups x groups, comparisons.
        replicates: thresholds x groups x groups x replicates, the FMR of each.
        pairs: groups x groups, different pairs of people.
    """

    counts: Integers
    non_mated: Integers
    replicates: Doubles = field(repr=False)
    pairs: Integers

    def fmr(self, threshold: int, group: int = 0, other: int = 0) -> float:
        """The measured FMR at one of the thresholds."""
        compared = int(self.non_mated[group, other])
        return int(self.counts[threshold, group, other]) / compared

    def interval(self, threshold: int, group: int = 0, other: int = 0) -> Interval:
        """The interval of that rate."""
        return bounds(
            self.replicates[threshold, group, other],
            int(self.counts[threshold, group, other]),
            int(self.pairs[group, other]),
        )


class Tally:
    """Counts false matches, block by block, with everything that is wanted of them."""

    def __init__(
        self,
        trial: Trial,
        bins: Sequence[int],
        partitions: Sequence[Partition],
        weights: Weights,
    ) -> None:
        """Begin at nothing.

        Args:
            trial: what is compared.
            bins: the thresholds, as bins, in any order.
            partitions: the groups to count in.
            weights: how often each person was drawn.
        """
        self._trial, self._weights, self._partitions = trial, weights, partitions
        self._sides = sides_of(trial)
        self._thresholds, self._order = np.unique(bins, return_inverse=True)
        levels = len(self._thresholds)
        self._persons = np.zeros((levels, trial.people))
        self._sums = [
            np.zeros((levels, len(each.groups) ** 2, weights.shape[1]))
            for each in partitions
        ]

    def count(self, progress: Callable[[int, int], None]) -> None:
        """Look at all non-mated comparisons."""
        lowest = int(self._thresholds[0])
        for hits in non_mated_hits(self._trial, lowest, progress):
            for start in range(0, len(hits.bins), _CHUNK):
                self._add(hits, slice(start, start + _CHUNK))

    def fmr_per_person(self) -> Doubles:
        """By threshold, the mean over people of the FMR of each one's comparisons."""
        ours, theirs = self._sides.references, self._sides.probes
        compared = ours * (theirs.sum() - theirs) + theirs * (ours.sum() - ours)
        some = compared > 0
        rates = self._persons[:, some] / (compared[some] * self._sides.share)
        means: Doubles = rates.mean(axis=1)
        return _and_above(means)[self._order]

    def false_matches(self, number: int) -> FalseMatches:
        """What was counted in one of the partitions."""
        partition = self._partitions[number]
        size = len(partition.groups)
        shape = len(self._thresholds), size, size, self._weights.shape[1]
        sums = _and_above(self._sums[number]).reshape(shape)[self._order]
        compared = _compared(self._sides, partition, self._weights)
        with np.errstate(invalid="ignore", divide="ignore"):  # None of them was drawn.
            replicates = sums[..., 1:] / compared[..., 1:]
        return FalseMatches(
            counts=np.rint(sums[..., 0]).astype(np.int64),
            non_mated=np.rint(compared[..., 0]).astype(np.int64),
            replicates=np.where(np.isfinite(replicates), replicates, np.nan),
            pairs=_pairs(self._sides, partition),
        )

    def _add(self, hits: Hits, chunk: slice) -> None:
        ours = self._trial.references.windows.persons[hits.references[chunk]]
        theirs = self._trial.probes.windows.persons[hits.probes[chunk]]
        levels = np.searchsorted(self._thresholds, hits.bins[chunk], "right") - 1
        for persons in (ours, theirs):
            np.add.at(self._persons, (levels, persons), 1)
        for partition, sums in zip(self._partitions, self._sums, strict=True):
            low, high = np.sort([partition.members[ours], partition.members[theirs]], 0)
            cells = low * len(partition.groups) + high
            keys = levels * sums.shape[1] + cells
            order = np.argsort(keys, kind="stable")
            found, starts = np.unique(keys[order], return_index=True)
            drawn = np.multiply(
                self._weights[ours[order]],
                self._weights[theirs[order]],
                dtype=np.uint16,
            )
            added = np.add.reduceat(drawn, starts, axis=0, dtype=np.uint32)
            sums.reshape(-1, sums.shape[2])[found] += added


def _and_above(levels: Doubles) -> Doubles:
    """What reaches a threshold also reaches every lower one."""
    return np.cumsum(levels[::-1], axis=0)[::-1]


def _compared(sides: Sides, partition: Partition, weights: Weights) -> Doubles:
    """Groups x groups x replicates: non-mated comparisons, as often as drawn."""
    member = np.eye(len(partition.groups))[partition.members].T
    ours = member @ (weights * sides.references[:, None])
    theirs = member @ (weights * sides.probes[:, None])
    squares = weights.astype(np.int64) ** 2
    own = member @ (squares * (sides.references * sides.probes)[:, None])
    pairs = ours[:, None] * theirs[None]
    folded = np.triu(np.ones(pairs.shape[:2]))[..., None] * (
        pairs + pairs.swapaxes(0, 1)
    )
    for group in range(len(own)):
        folded[group, group] = pairs[group, group] - own[group]
    compared: Doubles = folded * sides.share
    return compared


def _pairs(sides: Sides, partition: Partition) -> Integers:
    """Groups x groups: different pairs of people."""
    size = len(partition.groups)
    member = np.eye(size, dtype=np.int64)[partition.members].T
    pairs = np.zeros((size, size), np.int64)
    for group in range(size):
        inside = sides.references * member[group], sides.probes * member[group]
        pairs[group, group] = pairs_of_people(*inside)
    enrolled = member @ (sides.references > 0)
    shown = member @ (sides.probes > 0)
    both = member @ ((sides.references > 0) & (sides.probes > 0))
    either = (
        np.outer(enrolled, shown) + np.outer(shown, enrolled) - np.outer(both, both)
    )
    upper: Integers = np.triu(either, 1)
    return pairs + upper


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """All errors of people in groups.

    Attributes:
        partition: the groups.
        matches: false matches among them, at the thresholds of the whole's rates.
        mated: all mated comparisons.
        weights: how often each person was drawn.
    """

    partition: Partition
    matches: FalseMatches
    mated: Mated
    weights: Weights = field(repr=False)

    def rates(self, wholes: Sequence[Rate]) -> tuple[GroupRate, ...]:
        """Rates within each group and between each two, worst first at a threshold.

        Args:
            wholes: rates of the whole at each threshold.
        """
        size = len(self.partition.groups)
        cells = [(one, other) for one in range(size) for other in range(one, size)]
        found = []
        for place, rate in enumerate(wholes):
            compared = [cell for cell in cells if self.matches.non_mated[cell]]
            rows = [self._rate(rate, place, cell) for cell in compared]
            found += sorted(rows, key=_badness, reverse=True)
        return tuple(found)

    def _rate(self, rate: Rate, place: int, cell: tuple[int, int]) -> GroupRate:
        measured = self.matches.fmr(place, *cell)
        interval = self.matches.interval(place, *cell)
        own = self._mated_within(cell)
        errors = own and personal_rates(own, [bin_of_threshold(rate.threshold)])
        fnmr = float(errors.mean()[0]) if errors else None
        around = errors.intervals(self.weights)[0] if errors else None
        return GroupRate(
            label=self.partition.label,
            group=self.partition.groups[cell[0]],
            other=self.partition.groups[cell[1]],
            fmr=rate.fmr,
            threshold=rate.threshold,
            people=int(np.isin(self.partition.members, cell).sum()),
            false_matches=int(self.matches.counts[place][cell]),
            non_mated=int(self.matches.non_mated[cell]),
            group_fmr=measured,
            fmr_low=interval.low,
            fmr_high=interval.high,
            fmr_ratio=_ratio(measured, rate.false_matches / rate.non_mated),
            mated=errors.comparisons if errors else 0,
            fnmr_per_person=fnmr,
            fnmr_low=around.low if around else None,
            fnmr_high=around.high if around else None,
            fnmr_ratio=_ratio(fnmr, rate.fnmr_per_person),
        )

    def _mated_within(self, cell: tuple[int, int]) -> Mated | None:
        """The mated comparisons of one group's people; none between two groups."""
        chosen = self.partition.members[self.mated.persons] == cell[0]
        if cell[0] != cell[1] or not chosen.any():
            return None
        return self.mated.only(chosen)


def _badness(rate: GroupRate) -> tuple[float, float]:
    return max(rate.fmr_ratio or 0, rate.fnmr_ratio or 0), rate.fmr_high


def _ratio(part: float | None, whole: float) -> float | None:
    return None if part is None or not whole else part / whole
