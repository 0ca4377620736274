"""Whether a detector tells people from attacks, or one camera's light from another's.

Brightness, contrast and sharpness of a face say nothing of what it is. Where they alone
separate the data, any detector may have learned them. So the two classes are matched in
all three, and what is left is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ostiary.evaluation.pad.data import BONA_FIDE
from ostiary.evaluation.pad.logistic import fit, log_odds
from ostiary.evaluation.pad.looks import Look, Watched
from ostiary.evaluation.pad.rates import area_under_curve, equal_error_rate
from ostiary.presentation import SUFFICES

Floats: TypeAlias = NDArray[np.float64]

CALIPER: Final = 0.5
"""Furthest that two matched frames lie apart in any measure, in standard deviations."""

_RIDGE: Final = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Confound:
    """One species beside people, before and after matching.

    Attributes:
        species: kind of attack.
        light_before: area under the curve of the sum of brightness, contrast and
            sharpness that separates these very frames best; 0.5 is chance.
        score_before: that of the detector's score.
        pairs: frames of each class that could be matched.
        bona_fide_subjects: whose frames of people those are.
        light_after: as `light_before`, of the matched frames; None of too few.
        score_after: as `score_before`; None likewise.
        eer_after: equal error rate of the score, of the matched frames.
        apcer_after: share of the matched attacks whose score suffices.
        bpcer_after: share of the matched people whose score does not.
    """

    species: str
    light_before: float
    score_before: float
    pairs: int
    bona_fide_subjects: int
    light_after: float | None
    score_after: float | None
    eer_after: float | None
    apcer_after: float | None
    bpcer_after: float | None


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames with a score, as columns.

    Attributes:
        light: n x 3, brightness, contrast, sharpness.
        scores: n.
        bona_fide: n, whether it shows a person.
        subjects: n names.
    """

    light: Floats
    scores: Floats
    bona_fide: NDArray[np.bool_]
    subjects: NDArray[np.str_]

    def __getitem__(self, chosen: NDArray[np.int64]) -> "Frames":
        return Frames(
            self.light[chosen],
            self.scores[chosen],
            self.bona_fide[chosen],
            self.subjects[chosen],
        )


def frames_of(watched: Sequence[Watched], species: str) -> Frames:
    """The frames with a score, of people and of one kind of attack."""
    rows = [
        (each, look)
        for each in watched
        for look in each.looks
        if each.recording.species in {BONA_FIDE, species} and look.score is not None
    ]
    return Frames(
        np.array([_light(look) for _, look in rows]).reshape(-1, 3),
        np.array([look.score for _, look in rows], np.float64),
        np.array([each.recording.species == BONA_FIDE for each, _ in rows], np.bool_),
        np.array([each.recording.subject for each, _ in rows], np.str_),
    )


def _light(look: Look) -> tuple[float, float, float]:
    light = look.light
    if light is None:
        raise ValueError("a frame with a score has a face in some light")
    return light.brightness, light.contrast, light.sharpness


def confound(frames: Frames, species: str) -> Confound | None:
    """What light alone tells, and what the score tells without it.

    Args:
        frames: of people and of one kind of attack.
        species: its name.

    Returns:
        None unless there are frames of both, each of two subjects or more.
    """
    if not _comparable(frames):
        return None
    chosen = frames[matched(frames)]
    after = _comparable(chosen)
    attacks, people = _split(chosen)
    return Confound(
        species=species,
        light_before=_light_alone(frames),
        score_before=area_under_curve(*_split(frames)),
        pairs=len(attacks),
        bona_fide_subjects=len(set(chosen.subjects[chosen.bona_fide])),
        light_after=_light_alone(chosen) if after else None,
        score_after=area_under_curve(attacks, people) if after else None,
        eer_after=equal_error_rate(attacks, people) if after else None,
        apcer_after=float((attacks >= SUFFICES).mean()) if after else None,
        bpcer_after=float((people < SUFFICES).mean()) if after else None,
    )


def matched(frames: Frames) -> NDArray[np.int64]:
    """Indices of frames of the two classes that are alike in light, as many of each.

    Nearest first, each frame once, none further apart than `CALIPER` in any measure.
    """
    spread = frames.light.std(axis=0)
    light = frames.light / np.where(spread > 0, spread, 1)
    people, attacks = (
        np.flatnonzero(frames.bona_fide),
        np.flatnonzero(~frames.bona_fide),
    )
    apart = np.abs(light[people][:, None] - light[attacks][None]).max(axis=2)
    chosen: set[int] = set()
    for flat in np.argsort(apart, axis=None, kind="stable"):
        person, attack = divmod(int(flat), len(attacks))
        if apart[person, attack] > CALIPER:
            break
        pair = {int(people[person]), int(attacks[attack])}
        if not pair & chosen:
            chosen |= pair
    return np.array(sorted(chosen), np.int64)


def _comparable(frames: Frames) -> bool:
    classes = (frames.subjects[frames.bona_fide], frames.subjects[~frames.bona_fide])
    return all(len(set(subjects)) > 1 for subjects in classes)


def _split(frames: Frames) -> tuple[Floats, Floats]:
    """Scores of attacks, scores of people."""
    return frames.scores[~frames.bona_fide], frames.scores[frames.bona_fide]


def _light_alone(frames: Frames) -> float:
    """How well light separates these frames, by the best sum for these very frames."""
    spread = frames.light.std(axis=0)
    light = (frames.light - frames.light.mean(axis=0)) / np.where(spread > 0, spread, 1)
    targets = frames.bona_fide.astype(np.float64)
    odds = log_odds(light, fit(light, targets, balanced(frames.bona_fide), _RIDGE))
    return area_under_curve(odds[~frames.bona_fide], odds[frames.bona_fide])


def balanced(classes: NDArray[np.bool_]) -> Floats:
    """Weights of sum 1 under which both classes count alike."""
    of_class = np.where(classes, classes.sum(), (~classes).sum()).astype(np.float64)
    weights: Floats = 1 / (2 * of_class)
    return weights
