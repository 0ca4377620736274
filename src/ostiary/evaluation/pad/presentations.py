"""From frames to presentations, as a transaction takes probes, and what they decide."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ostiary.comparison import compare, fuse
from ostiary.evaluation.pad.data import BONA_FIDE
from ostiary.evaluation.pad.looks import Look, Watched
from ostiary.presentation import judge
from ostiary.terms import Appearance, Features
from ostiary.transaction.rules import ANOTHER_SCENE

ENROLMENT_FRAMES: Final = 3
"""Frames of one session that are fused into a reference."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """Some frames of one subject, and what the gate makes of them.

    Attributes:
        species: kind of attack, or `BONA_FIDE`.
        subject: who is shown.
        session: of which sitting.
        looked_at: how many frames were looked at until it was decided.
        seconds: time until then, of a video; 0 for pictures.
        scores: of the frames that count; empty without enough of them: no response.
        features: of those frames, fused; None without a response.
    """

    species: str
    subject: str
    session: str
    looked_at: int
    seconds: float
    scores: tuple[float | None, ...] = field(repr=False)
    features: Features | None = field(repr=False)

    @property
    def responded(self) -> bool:
        """Whether anything was decided."""
        return bool(self.scores)

    @property
    def appearance(self) -> Appearance:
        """What the attack detector's scores decide."""
        return judge(self.scores)

    @property
    def score(self) -> float:
        """Mean score, 0 to 1; a missing one counts as 0."""
        return float(np.mean([score or 0.0 for score in self.scores]))


def single_frames(watched: Sequence[Watched]) -> list[Presentation]:
    """Every frame as a presentation of its own."""
    return [_presentation(each, [look], 1) for each in watched for look in each.looks]


def presentations(
    watched: Sequence[Watched], frames: int, threshold: float
) -> list[Presentation]:
    """Frames after one another, as one transaction takes them.

    Frames of another scene, or of a face that does not match the one before, begin
    anew. A video ends with its first decision; pictures go on to the next one.

    Args:
        watched: recordings, looked at.
        frames: how many probes make a decision.
        threshold: lowest score at which two probes show the same face.
    """
    found = []
    for each in watched:
        decided = list(_decided(each, frames, threshold))
        if not decided and each.looks:
            decided = [_presentation(each, [], len(each.looks))]
        found += decided[:1] if each.recording.moving else decided
    return found


def _decided(each: Watched, frames: int, threshold: float) -> Iterator[Presentation]:
    row: list[Look] = []
    began = 0
    for number, look in enumerate(each.looks, start=1):
        if look.reason in ANOTHER_SCENE:
            row = []
        if look.features is None:
            continue
        if row and not _same_face(row[-1], look, threshold):
            row = []
        row.append(look)
        if len(row) == frames:
            yield _presentation(each, row, number - began)
            row, began = [], number


def _same_face(former: Look, look: Look, threshold: float) -> bool:
    if former.features is None or look.features is None:
        return False
    return compare(former.features, look.features) >= threshold


def _presentation(each: Watched, row: Sequence[Look], looked_at: int) -> Presentation:
    features = [look.features for look in row if look.features is not None]
    return Presentation(
        each.recording.species,
        each.recording.subject,
        each.recording.session,
        looked_at,
        row[-1].seconds if row else 0.0,
        tuple(look.score for look in row if look.reason is None),
        fuse(features) if features else None,
    )


def references(watched: Sequence[Watched]) -> dict[str, Features]:
    """A reference of each subject, from the first session with enough frames.

    Frames of it are taken evenly, so that they are as unlike as the session allows.
    """
    found: dict[str, Features] = {}
    for each in watched:
        subject = each.recording.subject
        if each.recording.species != BONA_FIDE or subject in found:
            continue
        usable = [look.features for look in each.looks if look.features is not None]
        if len(usable) >= ENROLMENT_FRAMES:
            chosen = np.linspace(0, len(usable) - 1, ENROLMENT_FRAMES).round()
            found[subject] = fuse([usable[int(index)] for index in chosen])
    return found
