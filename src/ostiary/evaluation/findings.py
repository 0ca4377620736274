"""What is odd about the data: the same picture twice, and labels that look wrong.

Nothing is taken out. Rates over data that were cleaned by their scores are rates of the
cleaning; whoever owns the pictures looks at them, and mends or keeps them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ostiary.evaluation.acquisition import Samples
from ostiary.evaluation.dataset import DataSet
from ostiary.evaluation.results import Findings
from ostiary.evaluation.scores import (
    BINS,
    bin_of_threshold,
    mated_scores,
    non_mated_histogram,
    non_mated_hits,
)
from ostiary.evaluation.trials import Integers, Subjects, Trial, probes_of

MOST_LISTED: Final = 50
"""Entries of one list; the oddest come first."""

NEAR_ONE: Final = bin_of_threshold(0.99)
"""Bin from which two files are taken for one picture that was saved twice."""


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairs of pictures, by row of the data set, and the bins of their scores."""

    bins: Integers = field(repr=False)
    first: Integers
    second: Integers

    def only(self, chosen: NDArray[np.generic]) -> "_Pairs":
        return _Pairs(self.bins[chosen], self.first[chosen], self.second[chosen])

    def highest(self) -> "_Pairs":
        return self.only(np.argsort(-self.bins, kind="stable")[:MOST_LISTED])

    def lowest(self) -> "_Pairs":
        return self.only(np.argsort(self.bins, kind="stable")[:MOST_LISTED])

    def with_(self, more: "_Pairs") -> "_Pairs":
        return _Pairs(
            np.concatenate([self.bins, more.bins]),
            np.concatenate([self.first, more.first]),
            np.concatenate([self.second, more.second]),
        )

    def named(self, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
        rows = zip(self.first.tolist(), self.second.tolist(), strict=True)
        return tuple((names[one], names[other]) for one, other in rows)


def find_oddities(
    data_set: DataSet,
    subjects: Subjects,
    samples: Samples,
    *,
    unreadable: Mapping[str, str],
    missing: Sequence[str],
    progress: Callable[[int, int], None],
) -> Findings:
    """Everything that the owner of the data should look at.

    A pair of one person is odd when it scores no higher than half of all strangers do,
    a pair of two people when it scores as high as half of the mated ones.

    Args:
        data_set: the pictures that could be read.
        subjects: whose they are.
        samples: what they yielded.
        unreadable: the other pictures, by name, and why.
        missing: pictures that a file of pairs names and that are not there.
        progress: is told how far the comparisons have come.
    """
    names = [picture.name for picture in data_set.pictures]
    own, strangers, typical_stranger = _odd_pairs(subjects, samples, progress)
    unlike = own.only(own.bins <= typical_stranger)
    return Findings(
        unreadable=unreadable,
        single_image=_people_with_one(subjects),
        missing=tuple(sorted({*data_set.missing, *missing})),
        same_bytes=_same_bytes(names, samples.digests),
        near_duplicates=_near_one(own).with_(_near_one(strangers)).named(names),
        mated_but_unlike=unlike.lowest().named(names),
        non_mated_but_alike=strangers.named(names),
    )


def _odd_pairs(
    subjects: Subjects, samples: Samples, progress: Callable[[int, int], None]
) -> tuple[_Pairs, _Pairs, int]:
    """All mated pairs, the strangers most alike, and the bin of the median stranger."""
    single = probes_of(subjects, samples, 1)
    # Every picture with every other one, as it is: no coding, no fusion.
    trial = Trial(
        people=len(subjects.names),
        references=single,
        probes=single,
        across=subjects.across,
    )
    rows = single.windows.members[:, 0]
    mated = mated_scores(trial)
    own = _Pairs(mated.bins, rows[mated.references], rows[mated.probes])
    typical_own = int(np.median(mated.bins)) if mated.bins.size else BINS
    counts = np.cumsum(non_mated_histogram(trial, progress))
    typical_stranger = int(np.searchsorted(counts, counts[-1] / 2))
    strangers = own.only(np.zeros(0, np.int64))
    for hits in non_mated_hits(trial, min(typical_own, NEAR_ONE), progress):
        found = _Pairs(hits.bins, rows[hits.references], rows[hits.probes])
        strangers = strangers.with_(found).highest()
    return own, strangers, typical_stranger


def _near_one(pairs: _Pairs) -> _Pairs:
    return pairs.only(pairs.bins >= NEAR_ONE).highest()


def _people_with_one(subjects: Subjects) -> tuple[str, ...]:
    counts = np.bincount(subjects.persons)
    return tuple(subjects.names[person] for person in np.flatnonzero(counts == 1))


def _same_bytes(
    names: Sequence[str], digests: Sequence[bytes]
) -> tuple[tuple[str, ...], ...]:
    """Files of the same content, in groups."""
    groups: dict[bytes, list[str]] = {}
    for name, digest in zip(names, digests, strict=True):
        groups.setdefault(digest, []).append(name)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)
