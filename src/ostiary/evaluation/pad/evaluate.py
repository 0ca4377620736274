"""From a directory of presentations to error rates."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ostiary.erasure import overwrite
from ostiary.evaluation.pad.confound import confound, frames_of
from ostiary.evaluation.pad.data import BONA_FIDE, Recordings
from ostiary.evaluation.pad.gate import DEFAULT, Fate, fate, matches, verdicts
from ostiary.evaluation.pad.looks import Look, Progress, Watched, watch
from ostiary.evaluation.pad.presentations import (
    Presentation,
    presentations,
    references,
    single_frames,
)
from ostiary.evaluation.pad.rates import (
    area_under_curve,
    bpcer_at,
    equal_error_rate,
    highest_unseen,
    share,
)
from ostiary.evaluation.pad.results import Curves, PadEvaluation, Rates, Species
from ostiary.evaluation.pad.robustness import robustness
from ostiary.evaluation.pad.views import View, shown
from ostiary.ports import AttackDetector
from ostiary.presentation import ATTACK, SUFFICES
from ostiary.terms import Appearance, Features
from ostiary.vision.chain import FaceChain

Floats: TypeAlias = NDArray[np.float64]

_BINS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How an evaluation goes.

    Attributes:
        view: how pictures are shown to the gate.
        probe_frames: how many probes make a decision.
        worse_conditions: whether every frame is looked at again under each of them.
    """

    view: View
    probe_frames: int
    worse_conditions: bool


def evaluate_pad(
    recordings: Recordings,
    chain: FaceChain,
    attacks: AttackDetector,
    plan: Plan,
    *,
    at: datetime,
    progress: Progress,
) -> PadEvaluation:
    """Measure an attack detector.

    Args:
        recordings: whose presentations.
        chain: from a picture to a probe.
        attacks: the detector.
        plan: how.
        at: what time it is.
        progress: is told how far it has come.

    Raises:
        ModelError: a runtime fails.
    """
    show = shown(plan.view, chain.detector)
    watched = watch(recordings.all, chain, attacks, show, progress)
    known = references(watched)
    frames = single_frames(watched)
    made = presentations(watched, plan.probe_frames, chain.threshold)
    compared = recordings.species, known, chain.threshold
    fused = _rates(plan.probe_frames, made, *compared)
    spent = [look.milliseconds for look in _looks(watched) if look.reason is None]
    evaluation = PadEvaluation(
        tool=f"ostiary {version('ostiary')}",
        date=at.isoformat(timespec="seconds"),
        data_set=recordings.name,
        view=plan.view,
        chain=chain.name,
        detector=attacks.identity,
        threshold=SUFFICES,
        attack_threshold=ATTACK,
        comparison_threshold=chain.threshold,
        subjects=len({each.subject for each in recordings.all}),
        highest_unseen=highest_unseen(
            max(species.subjects for species in fused.species)
        ),
        presentations=fused,
        frames=_rates(1, frames, *compared),
        reasons={
            species: _reasons(watched, species)
            for species in (BONA_FIDE, *recordings.species)
        },
        milliseconds=float(np.median(spent)) if spent else None,
        milliseconds_95=float(np.quantile(spent, 0.95)) if spent else None,
        confounds=tuple(
            found
            for species in recordings.species
            if (found := confound(frames_of(watched, species), species)) is not None
        ),
        robustness=robustness(recordings.all, chain, attacks, show, progress)
        if plan.worse_conditions
        else (),
        curves=_curves(frames, made, recordings),
        unreadable=dict(pair for each in watched for pair in each.unreadable),
        astray=recordings.astray,
    )
    _forget(watched, known.values(), [*frames, *made])
    return evaluation


def _looks(watched: Sequence[Watched]) -> list[Look]:
    return [look for each in watched for look in each.looks]


def _reasons(watched: Sequence[Watched], species: str) -> dict[str, int]:
    own = [each for each in watched if each.recording.species == species]
    counts = Counter(look.reason.value for look in _looks(own) if look.reason)
    return dict(counts.most_common())


def _forget(
    watched: Sequence[Watched],
    known: Iterable[Features],
    made: Sequence[Presentation],
) -> None:
    held = [look.features for look in _looks(watched)]
    held += [each.features for each in made]
    for features in (*held, *known):
        if features is not None:
            overwrite(features.values)


# -- Rates -------------------------------------------------------------------------


def _rates(
    frames: int,
    made: Sequence[Presentation],
    species: Sequence[str],
    known: Mapping[str, Features],
    threshold: float,
) -> Rates:
    people = [each for each in made if each.species == BONA_FIDE]
    answered = [each for each in people if each.responded]
    wrong = share(answered, lambda each: each.appearance is not Appearance.SUFFICES)
    suspected = share(answered, lambda each: each.appearance is Appearance.ATTACK)
    left_open = share(answered, lambda each: each.appearance is Appearance.OPEN)
    return Rates(
        frames_each=frames,
        species=tuple(
            _species(
                name,
                [each for each in made if each.species == name],
                _scores(answered),
                known,
                threshold,
            )
            for name in species
        ),
        gate=tuple(verdicts(made, (BONA_FIDE, *species), known, threshold)),
        bona_fide=len(people),
        bona_fide_no_response=len(people) - len(answered),
        bona_fide_subjects=len({each.subject for each in people}),
        bpcer=wrong.rate,
        bpcer_low=wrong.low,
        bpcer_high=wrong.high,
        bpcer_per_subject=wrong.per_subject,
        suspected=suspected.rate,
        suspected_low=suspected.low,
        suspected_high=suspected.high,
        suspected_per_subject=suspected.per_subject,
        open=left_open.rate,
        open_per_subject=left_open.per_subject,
    )


def _species(
    name: str,
    made: Sequence[Presentation],
    people: Floats,
    known: Mapping[str, Features],
    threshold: float,
) -> Species:
    answered = [each for each in made if each.responded]
    accepted = share(answered, lambda each: each.appearance is Appearance.SUFFICES)
    impostors = [each for each in made if each.subject in known]

    def enters(each: Presentation) -> bool:
        own = known[each.subject]
        return fate(each, own, threshold, DEFAULT) is Fate.LET_IN

    let_in = share(impostors, enters)
    matching = share(
        [each for each in impostors if each.responded],
        lambda each: matches(each, known[each.subject], threshold),
    )
    scores = _scores(answered)
    both = len(scores) > 0 and len(people) > 0
    return Species(
        name=name,
        presentations=len(made),
        no_response=len(made) - len(answered),
        subjects=len({each.subject for each in made}),
        apcer=accepted.rate,
        low=accepted.low,
        high=accepted.high,
        accepted=accepted.count,
        subjects_accepted=accepted.subjects_with,
        open=sum(each.appearance is Appearance.OPEN for each in answered),
        suspected=sum(each.appearance is Appearance.ATTACK for each in answered),
        apcer_per_subject=accepted.per_subject,
        iapar=let_in.rate,
        iapar_low=let_in.low,
        iapar_high=let_in.high,
        impostors=let_in.of,
        matching=matching.rate,
        eer=equal_error_rate(scores, people) if both else None,
        area=area_under_curve(scores, people) if both else None,
        bpcer_at_apcer_5=bpcer_at(scores, people, 0.05) if both else None,
        bpcer_at_apcer_1=bpcer_at(scores, people, 0.01) if both else None,
    )


def _scores(answered: Sequence[Presentation]) -> Floats:
    return np.array([each.score for each in answered], np.float64)


# -- Curves ------------------------------------------------------------------------


def _curves(
    frames: Sequence[Presentation],
    made: Sequence[Presentation],
    recordings: Recordings,
) -> Curves:
    scores = {
        species: _scores([p for p in frames if p.species == species and p.responded])
        for species in (BONA_FIDE, *recordings.species)
    }
    edges = np.linspace(0, 1, _BINS + 1)
    thresholds = np.linspace(0, 1, 2 * _BINS + 1)
    density = {species: _density(own, edges) for species, own in scores.items()}
    below = {
        species: np.searchsorted(np.sort(own), thresholds) / max(len(own), 1)
        for species, own in scores.items()
    }
    people = [p for p in made if p.species == BONA_FIDE and p.responded]
    return Curves(
        thresholds=_floats(thresholds),
        bpcer=_floats(below[BONA_FIDE]),
        apcer={
            species: _floats(1 - below[species]) if len(scores[species]) else ()
            for species in recordings.species
        },
        bin_middles=_floats((edges[1:] + edges[:-1]) / 2),
        bona_fide_density=density[BONA_FIDE],
        density={species: density[species] for species in recordings.species},
        frames_to_decision=tuple(sorted(p.looked_at for p in people)),
        seconds_to_decision=tuple(sorted(p.seconds for p in people if p.seconds > 0)),
    )


def _density(scores: Floats, edges: Floats) -> tuple[float, ...]:
    counts, _ = np.histogram(scores, edges)
    return _floats(counts / (max(len(scores), 1) * np.diff(edges)))


def _floats(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
