"""The figure that papers quote for LFW, from its file of pairs.

    10  300                            ten folds, 300 mated and 300 non-mated pairs each
    Abel_Pacheco  1  4                 one person, two pictures
    Abdel_Madi  5  Dean_Barker  1      two people, a picture of each

Each fold is decided by the threshold that decides most of the other nine rightly
(Huang et al., "Labeled Faces in the Wild", 2007, image-restricted). It rests on single
pictures and on 6,000 pairs, and says nothing of the thresholds at which gates work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ostiary.errors import EvaluationError
from ostiary.evaluation.acquisition import Floats, Samples
from ostiary.evaluation.dataset import DataSet
from ostiary.evaluation.results import TenFold
from ostiary.evaluation.trials import Integers
from ostiary.storage.files import read_limited

MAX_BYTES: Final = 16 * 2**20
"""Longest file of pairs that is read, in bytes."""

_MOST_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures, as the file names them, and in which fold.

    Attributes:
        first: PERSON and stem of the file name.
        second: likewise.
        fold: from 0.
    """

    first: tuple[str, str]
    second: tuple[str, str]
    fold: int

    @property
    def mated(self) -> bool:
        """Whether both are of one person."""
        return self.first[0] == self.second[0]


def read_pairs(path: Path) -> tuple[Pair, ...]:
    """The pairs of a file in LFW's form.

    Raises:
        EvaluationError: another form; says which line.
        StorageError: it cannot be read.
    """
    try:
        lines = read_limited(path, MAX_BYTES).decode().splitlines()
        folds, pairs = _sizes(lines[0].split() if lines else [])
        rows = [line.split("\t") for line in lines[1:] if line.strip()]
        if len(rows) != 2 * folds * pairs:
            raise EvaluationError(
                f"{path}: the first line promises {2 * folds * pairs} pairs, and there "
                f"are {len(rows)}"
            )
        return tuple(
            _pair(row, number, number // (2 * pairs)) for number, row in enumerate(rows)
        )
    except UnicodeDecodeError:
        raise EvaluationError(f"{path}: not a file of pairs in UTF-8") from None


def _sizes(fields: Sequence[str]) -> tuple[int, int]:
    """How many folds, and how many pairs of each kind to a fold."""
    if len(fields) not in (1, 2) or not all(_is_number(each) for each in fields):
        raise EvaluationError(
            "pairs: line 1 is the number of folds, and of pairs of each kind in one"
        )
    folds, pairs = map(int, fields if len(fields) > 1 else ["1", *fields])
    if not folds or not pairs:
        raise EvaluationError("pairs: line 1 promises none")
    return folds, pairs


def _pair(row: Sequence[str], number: int, fold: int) -> Pair:
    match row:
        case [person, first, second] if _is_number(first) and _is_number(second):
            return Pair(_key(person, first), _key(person, second), fold)
        case [person, first, other, second] if _is_number(first) and _is_number(second):
            return Pair(_key(person, first), _key(other, second), fold)
        case _:
            raise EvaluationError(f"pairs: line {number + 2} is none")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _key(person: str, number: str) -> tuple[str, str]:
    return person, f"{person}_{int(number):04}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """Pairs that could be compared.

    Attributes:
        scores: of each.
        mated: whether it is of one person.
        folds: of each.
    """

    scores: Floats = field(repr=False)
    mated: NDArray[np.bool_]
    folds: Integers


def ten_fold(
    pairs: Sequence[Pair], data_set: DataSet, samples: Samples
) -> tuple[TenFold | None, tuple[str, ...]]:
    """The figure, from those pairs whose pictures are there, and what is not.

    Args:
        pairs: the whole file.
        data_set: which pictures there are.
        samples: what they yielded.

    Returns:
        The figure (None where no pairs are given), and the pictures that the file names
        and that are missing.
    """
    rows = _rows(data_set)
    if not pairs:
        return None, ()
    named = [key for pair in pairs for key in (pair.first, pair.second)]
    missing = sorted(
        {f"{person}/{stem}" for person, stem in named if (person, stem) not in rows}
    )
    there = [pair for pair in pairs if pair.first in rows and pair.second in rows]
    usable = [
        pair
        for pair in there
        if samples.has(rows[pair.first]) and samples.has(rows[pair.second])
    ]
    verdicts = _compare(usable, rows, samples.features)
    accuracy, standard_error = _figure(verdicts)
    return TenFold(
        accuracy=accuracy,
        standard_error=standard_error,
        pairs=len(usable),
        listed=len(pairs),
        missing=len(pairs) - len(there),
        not_acquired=len(there) - len(usable),
    ), tuple(missing)


def _rows(data_set: DataSet) -> Mapping[tuple[str, str], int]:
    """Row by person and stem of the file name."""
    return {
        (picture.person, PurePath(picture.name).stem): row
        for row, picture in enumerate(data_set.pictures)
    }


def _compare(
    pairs: Sequence[Pair], rows: Mapping[tuple[str, str], int], features: Floats
) -> Verdicts:
    first = features[[rows[pair.first] for pair in pairs]]
    second = features[[rows[pair.second] for pair in pairs]]
    return Verdicts(
        scores=np.einsum("nd,nd->n", first, second),
        mated=np.array([pair.mated for pair in pairs], np.bool_),
        folds=np.array([pair.fold for pair in pairs], np.int64),
    )


def _figure(verdicts: Verdicts) -> tuple[float, float] | tuple[None, None]:
    """Mean over the folds and its standard error; none where there are too few."""
    folds = np.unique(verdicts.folds)
    if not len(folds) > 1:
        return None, None
    accuracies = np.array([_accuracy(verdicts, fold) for fold in folds])
    standard_error = accuracies.std(ddof=1) / np.sqrt(len(folds))
    return float(accuracies.mean()), float(standard_error)


def _accuracy(verdicts: Verdicts, fold: int) -> float:
    """Share of a fold's pairs that the threshold of the others decides rightly."""
    own = verdicts.folds == fold
    threshold = _best_threshold(verdicts.scores[~own], verdicts.mated[~own])
    right = (verdicts.scores[own] >= threshold) == verdicts.mated[own]
    return float(right.mean())


def _best_threshold(scores: Floats, mated: NDArray[np.bool_]) -> float:
    """The score from which on "mated" is right most often."""
    order = np.argsort(scores)[::-1]
    gain = np.cumsum(np.where(mated[order], 1, -1))
    return float(scores[order][np.argmax(gain)])
