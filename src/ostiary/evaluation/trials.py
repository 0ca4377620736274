"""From samples to trials: who is enrolled from what, and what is compared with it.

Both sides are windows of consecutive pictures of one sitting, in a ring, so that every
picture serves and nothing is drawn at random. Without sessions, all pictures of a
person are one sitting. A mated comparison is across sittings where sessions are known,
and otherwise between windows that have no picture in common.

A presentation is what the gate sees of a person: one attempt after the other, each of
so many frames. The gate compares only when its frames show one face (`_same_face` in
`transaction/machine.py`), and with the same threshold. So an attempt is granted at a
threshold if both its comparison score and the lowest score between consecutive frames
reach it: the smaller of the two is the attempt's score, the largest over its attempts
is the transaction's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ostiary.comparison import odd_one_out
from ostiary.credential.template import (
    BiometricReference,
    Coding,
    decode_template,
    encode_template,
)
from ostiary.evaluation.acquisition import Floats, Samples
from ostiary.evaluation.dataset import DataSet
from ostiary.reasons import Reason
from ostiary.terms import Features

Integers: TypeAlias = NDArray[np.int64]

NO_PROBE: Final = -1.0
"""Score of an attempt without a probe: below every threshold."""

_SHORTEST_MEAN: Final = 1e-3
"""Below this length a mean of unit vectors has lost its direction; no unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """Whose the pictures are, row by row; sorted, so that sittings are stretches.

    Attributes:
        names: of the people, in order.
        persons: by picture, place among the names.
        sittings: by picture, number of the sitting.
        across: whether mated comparisons are across sittings.
    """

    names: tuple[str, ...]
    persons: Integers
    sittings: Integers
    across: bool


def subjects_of(data_set: DataSet) -> Subjects:
    """Whose the pictures of a data set are."""
    people = [picture.person for picture in data_set.pictures]
    sittings = [(picture.person, picture.session) for picture in data_set.pictures]
    names = sorted(set(people))
    places = {name: place for place, name in enumerate(names)}
    numbers = {each: place for place, each in enumerate(sorted(set(sittings)))}
    return Subjects(
        names=tuple(names),
        persons=np.array([places[person] for person in people], np.int64),
        sittings=np.array([numbers[each] for each in sittings], np.int64),
        across=data_set.has_sessions,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Stretches of consecutive pictures of one sitting, in a ring.

    Attributes:
        members: n x length, rows of pictures.
        persons: n.
        sittings: n.
        starts: n, where in the ring the window begins.
        rings: n, how many pictures the sitting has.
    """

    members: Integers
    persons: Integers
    sittings: Integers
    starts: Integers
    rings: Integers

    @property
    def length(self) -> int:
        """How many pictures to a window."""
        return int(self.members.shape[1])

    def only(self, chosen: NDArray[np.bool_]) -> "Windows":
        """Those that are chosen."""
        return Windows(
            members=self.members[chosen],
            persons=self.persons[chosen],
            sittings=self.sittings[chosen],
            starts=self.starts[chosen],
            rings=self.rings[chosen],
        )


def windows(subjects: Subjects, length: int) -> Windows:
    """All windows of a length; a sitting with fewer pictures has none."""
    edges = np.flatnonzero(np.diff(subjects.sittings)) + 1
    members, starts, rings = [], [], []
    for first, end in pairwise((0, *edges.tolist(), len(subjects.sittings))):
        ring = end - first
        # A sitting of just this length has one window, whatever it begins with.
        for start in range(ring if ring > length else int(ring == length)):
            members.append(first + (start + np.arange(length)) % ring)
            starts.append(start)
            rings.append(ring)
    rows = np.array(members, np.int64).reshape(-1, length)
    return Windows(
        members=rows,
        persons=subjects.persons[rows[:, 0]],
        sittings=subjects.sittings[rows[:, 0]],
        starts=np.array(starts, np.int64),
        rings=np.array(rings, np.int64),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """References or probes, sorted by person.

    Attributes:
        windows: the pictures behind each.
        features: for each attempt, n x d float32 of length 1; a reference has one.
        caps: for each attempt, n float32: a score is at most this. Empty: no caps.
    """

    windows: Windows
    features: tuple[Floats, ...] = field(repr=False)
    caps: tuple[Floats, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """References against probes: every one with every one of other people.

    Attributes:
        people: how many people the data set has.
        references: one attempt, no caps.
        probes: the same value as `references` where both sides are made alike: then a
            pair is compared once and not twice.
        across: whether mated comparisons are across sittings.
    """

    people: int
    references: Side
    probes: Side
    across: bool

    @property
    def symmetric(self) -> bool:
        """Whether a pair is compared once."""
        return self.references is self.probes


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """The references that could be made, and why others could not.

    Attributes:
        side: the references.
        failures: of each enrolment that was tried and failed, why.
    """

    side: Side
    failures: tuple[Reason, ...]

    @property
    def tried(self) -> int:
        """How many enrolments there were."""
        return len(self.failures) + len(self.side.features[0])


def enrol_all(
    subjects: Subjects,
    samples: Samples,
    length: int,
    threshold: float,
    coding: "Codec",
) -> Enrolled:
    """Make every reference, as the desk does.

    An enrolment fails if one of its pictures is not fit for enrolment, which asks for
    more than a gate does, or if one does not match the others at the threshold.

    Args:
        subjects: whose the pictures are.
        samples: what the pictures yielded.
        length: pictures to a reference.
        threshold: the chain's own.
        coding: how a credential would carry the reference.
    """
    tried = windows(subjects, length)
    reasons = [
        _flaw_of_enrolment(members, samples, threshold, coding.extractor)
        for members in tried.members
    ]
    made = tried.only(np.array([reason is None for reason in reasons], np.bool_))
    features = _means(samples.features, made.members)
    coding.code(features)
    side = Side(windows=made, features=(features,))
    return Enrolled(side=side, failures=tuple(r for r in reasons if r is not None))


def probes_of(subjects: Subjects, samples: Samples, length: int) -> Side:
    """Every probe for single comparisons: windows in which no picture failed."""
    tried = windows(subjects, length)
    features = _means(samples.features, tried.members)
    usable = _all_there(samples, tried.members) & (np.abs(features).max(axis=1) > 0)
    return Side(windows=tried.only(usable), features=(features[usable],))


def presentations(
    subjects: Subjects, samples: Samples, length: int, attempts: int
) -> Side:
    """Every presentation for transactions: failures are part of it.

    Args:
        subjects: whose the pictures are.
        samples: what the pictures yielded.
        length: frames to an attempt.
        attempts: how often a person may try.
    """
    tried = windows(subjects, length * attempts)
    features, caps = [], []
    for members in np.split(tried.members, attempts, axis=1):
        means = _means(samples.features, members)
        usable = _all_there(samples, members) & (np.abs(means).max(axis=1) > 0)
        inner = _lowest_between_frames(samples.features, members)
        features.append(means)
        caps.append(np.where(usable, inner, NO_PROBE).astype(np.float32))
    return Side(windows=tried, features=tuple(features), caps=tuple(caps))


def comparable(trial: Trial, references: slice, probes: slice) -> NDArray[np.bool_]:
    """Which mated pairs may be compared.

    Args:
        trial: what is compared.
        references: a stretch of them, all of one person.
        probes: a stretch of them, all of the same person.

    Returns:
        references x probes.
    """
    ours, theirs = trial.references.windows, trial.probes.windows
    if trial.across:
        own, other = ours.sittings[references], theirs.sittings[probes]
        allowed = np.not_equal.outer(own, other)
    else:
        ring = ours.rings[references, None]
        ahead = (theirs.starts[probes] - ours.starts[references, None]) % ring
        allowed = (ahead >= ours.length) & (ring - ahead >= theirs.length)
    return np.triu(allowed, 1) if trial.symmetric else allowed


@dataclass(frozen=True, slots=True)
class Codec:
    """What becomes of a reference on its way through a credential.

    Attributes:
        extractor: identity of the extractor.
        coding: how a template is written; None: as it is.
    """

    extractor: str
    coding: Coding | None

    def code(self, references: Floats) -> None:
        """Put in the place of each reference what a gate would read back."""
        if self.coding is None:
            return
        for row in references:
            data = encode_template(Features(self.extractor, row), self.coding)
            template = BiometricReference(self.extractor, self.coding, data)
            row[:] = decode_template(template, self.extractor, row.size).values


def _flaw_of_enrolment(
    members: Integers, samples: Samples, threshold: float, extractor: str
) -> Reason | None:
    rows: list[int] = members.tolist()
    failed = [samples.enrolment_failures[row] for row in rows]
    first = next((reason for reason in failed if reason is not None), None)
    if first is not None:
        return first
    each = [Features(extractor, samples.features[row]) for row in members]
    return None if odd_one_out(each, threshold) is None else Reason.NON_MATCH


def _all_there(samples: Samples, members: Integers) -> NDArray[np.bool_]:
    there = np.array([reason is None for reason in samples.failures], np.bool_)
    return np.asarray(there[members].all(axis=1))


def _means(features: Floats, members: Integers) -> Floats:
    """The mean direction of each window; zeros where it has none."""
    means: Floats = features[members].mean(axis=1)
    lengths = np.linalg.norm(means, axis=1)
    usable = np.asarray(lengths > _SHORTEST_MEAN)
    means[usable] /= lengths[usable, None]
    means[~usable] = 0
    return means


def _lowest_between_frames(features: Floats, members: Integers) -> Floats:
    """Lowest score between consecutive frames of each window; 1 for a single frame."""
    lowest = np.ones(len(members), np.float32)
    for former, frame in pairwise(members.T):
        scores = np.einsum("nd,nd->n", features[former], features[frame])
        np.minimum(lowest, scores, out=lowest)
    return lowest


def stretches(persons: Integers, people: int) -> Sequence[slice]:
    """Where each person's entries lie among sorted ones; empty where there are none."""
    edges = np.searchsorted(persons, np.arange(people + 1)).tolist()
    return [slice(first, end) for first, end in pairwise(edges)]
