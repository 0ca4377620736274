"""All comparisons of a trial, exactly, in memory that does not grow with their number.

Non-mated scores are computed in blocks of some hundred references and fall into bins of
0.00001, so that a threshold has five decimals and the count at each is exact. (What is
finer than that is rounding: a score is a sum of some hundred products in float32.) A
second pass looks again at those that reach given thresholds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ostiary.evaluation.acquisition import Floats
from ostiary.evaluation.trials import Integers, Side, Trial, comparable, stretches

BINS_TO_ONE: Final = 100_000
"""Bins to a difference of 1 in scores: five decimals."""

BINS: Final = 2 * BINS_TO_ONE + 1
"""Bin k holds scores from -1 + k / `BINS_TO_ONE` up to the next one's; the last, 1."""

ROWS: Final = 256
"""References to a block."""

NOT_COMPARED: Final = np.float32(-3)
"""Stands in a block where two entries are of one person, or a pair was met before."""


def bins_of(scores: Floats, room: Integers | None = None) -> Integers:
    """The bin that each score falls into. Whatever is counted is counted by this rule.

    Args:
        scores: -1 to 1, but for rounding; `NOT_COMPARED` falls into the lowest bin.
            Overwritten.
        room: what to use instead of new memory, flat; at least as many.
    """
    scores += np.float32(1)
    scores *= np.float32(BINS_TO_ONE)
    np.clip(scores, 0, BINS - 1, out=scores)
    if room is None:
        return scores.astype(np.int64)
    bins = room[: scores.size]
    np.copyto(bins, scores.reshape(-1), casting="unsafe")
    return bins


def threshold_of(place: int) -> float:
    """The lowest score of a bin."""
    return round(place / BINS_TO_ONE - 1, 5)


def bin_of_threshold(threshold: float) -> int:
    """The bin whose lowest score a threshold is, to five decimals."""
    return round((threshold + 1) * BINS_TO_ONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Scores of some references against probes.

    Attributes:
        scores: references x probes; `NOT_COMPARED` where nothing is compared. Ours, and
            overwritten by the next block.
        compared: how many of them are scores.
        reference: number of the first row's.
        probe: number of the first column's.
    """

    scores: Floats = field(repr=False)
    compared: int
    reference: int
    probe: int


def non_mated_blocks(trial: Trial) -> Iterator[Block]:
    """The scores of all non-mated comparisons, each once."""
    persons = trial.references.windows.persons
    total = len(trial.probes.windows.persons)
    own = stretches(trial.probes.windows.persons, trial.people)
    several = len(trial.probes.features) > 1
    rooms = [np.empty(ROWS * total, np.float32) for _ in range(1 + several)]
    for start in range(0, len(persons), ROWS):
        rows = trial.references.features[0][start : start + ROWS]
        # Of a symmetric trial, what lies further left was met before.
        left = start if trial.symmetric else 0
        shape = len(rows), total - left
        first, *other = (room[: shape[0] * shape[1]].reshape(shape) for room in rooms)
        _score(rows, trial.probes, left, first, other)
        compared = 0
        for row, person in zip(first, persons[start : start + ROWS], strict=True):
            begin = 0 if trial.symmetric else own[person].start
            row[begin : own[person].stop - left] = NOT_COMPARED
            compared += row.size - (own[person].stop - left - begin)
        yield Block(scores=first, compared=compared, reference=start, probe=left)


def _score(
    rows: Floats, probes: Side, left: int, scores: Floats, other: list[Floats]
) -> None:
    """The score of each transaction: of its best attempt, within that one's cap."""
    for number, features in enumerate(probes.features):
        room = other[0] if number else scores
        np.matmul(rows, features[left:].T, out=room)
        if probes.caps:
            np.minimum(room, probes.caps[number][left:], out=room)
        if number:
            np.maximum(scores, room, out=scores)


def non_mated_histogram(
    trial: Trial, progress: Callable[[int, int], None]
) -> NDArray[np.int64]:
    """How many non-mated scores fall into each bin: `BINS` counts.

    Args:
        trial: what is compared.
        progress: is told the references done, and all of them.
    """
    total = len(trial.references.windows.persons)
    counts = np.zeros(BINS, np.int64)
    room = np.empty(ROWS * len(trial.probes.windows.persons), np.int64)
    for block in non_mated_blocks(trial):
        progress(block.reference, total)
        bins = bins_of(block.scores, room)
        counts += np.bincount(bins, minlength=BINS)
        counts[0] -= bins.size - block.compared
    progress(total, total)
    return counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Mated:
    """The mated comparisons of a trial.

    Attributes:
        bins: of each one's score.
        persons: of each.
        references: number of each one's reference.
        probes: number of each one's probe.
    """

    bins: Integers = field(repr=False)
    persons: Integers
    references: Integers
    probes: Integers

    def only(self, chosen: NDArray[np.bool_]) -> "Mated":
        """Those that are chosen."""
        return Mated(
            bins=self.bins[chosen],
            persons=self.persons[chosen],
            references=self.references[chosen],
            probes=self.probes[chosen],
        )


def mated_scores(trial: Trial) -> Mated:
    """The scores of all mated comparisons, each once."""
    ours = stretches(trial.references.windows.persons, trial.people)
    theirs = stretches(trial.probes.windows.persons, trial.people)
    found = [
        (bins, np.full(bins.size, person), references, probes)
        for person, (rows, columns) in enumerate(zip(ours, theirs, strict=True))
        for bins, references, probes in (_mated_of(trial, rows, columns),)
    ]
    bins, persons, references, probes = (
        np.concatenate(parts).astype(np.int64) for parts in zip(*found, strict=True)
    )
    return Mated(bins=bins, persons=persons, references=references, probes=probes)


def _mated_of(
    trial: Trial, rows: slice, columns: slice
) -> tuple[Integers, Integers, Integers]:
    """Bins, references and probes of one person's mated comparisons."""
    allowed = comparable(trial, rows, columns)
    scores = np.full(allowed.shape, NOT_COMPARED)
    for number, features in enumerate(trial.probes.features):
        room = trial.references.features[0][rows] @ features[columns].T
        if trial.probes.caps:
            np.minimum(room, trial.probes.caps[number][columns], out=room)
        np.maximum(scores, room, out=scores)
    references, probes = np.nonzero(allowed)
    return bins_of(scores[allowed]), references + rows.start, probes + columns.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Non-mated comparisons that reach a threshold.

    Attributes:
        bins: of each one's score.
        references: number of each one's reference.
        probes: number of each one's probe.
    """

    bins: Integers = field(repr=False)
    references: Integers
    probes: Integers


def non_mated_hits(
    trial: Trial, lowest_bin: int, progress: Callable[[int, int], None]
) -> Iterator[Hits]:
    """All non-mated comparisons from a bin on, block by block.

    Args:
        trial: what is compared.
        lowest_bin: scores in it and above count.
        progress: is told the references done, and all of them.
    """
    total = len(trial.references.windows.persons)
    # Two bins below, so that no rounding decides here what `bins_of` decides.
    near = np.float32(threshold_of(lowest_bin - 2))
    for block in non_mated_blocks(trial):
        progress(block.reference, total)
        rows, columns = np.nonzero(block.scores >= near)
        bins = bins_of(block.scores[rows, columns])
        hit = bins >= lowest_bin
        yield Hits(
            bins=bins[hit],
            references=rows[hit] + block.reference,
            probes=columns[hit] + block.probe,
        )
    progress(total, total)
