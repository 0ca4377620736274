"""A finished evaluation of attack detection, as values and as JSON.

Words are those of ISO/IEC 30107-3. Rates are fractions, 0 to 1; intervals hold 95 % and
treat subjects as the sample; None where there was nothing to count. The keys of the
JSON form are the names of the attributes here; those of `Rates` over presentations
stand at its top.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ostiary.evaluation.pad.confound import Confound
from ostiary.evaluation.pad.robustness import Robustness

FORMAT: Final = 1
"""Version of the JSON form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Species:
    """Attacks of one kind.

    Attributes:
        name: of the kind, as its directory is called.
        presentations: with a response and without.
        no_response: how many yielded no decision, such as no face (APNRR).
        subjects: of how many people.
        apcer: share of those with a response that appearance alone takes for people.
        low: lower bound of it.
        high: upper bound of it; never below `highest_unseen` for so many subjects.
        accepted: how many those are.
        subjects_accepted: whose they are.
        open: how many are left open: a challenge would have to tell.
        suspected: how many are taken for attacks.
        apcer_per_subject: of each subject's own.
        iapar: share that the whole gate lets in without asking anybody to move: taken
            for people, and matching the reference of their subject; of all
            presentations of those with a reference. What it asks to move is not in it
            (`Rates.gate` counts that).
        iapar_low: lower bound of it.
        iapar_high: upper bound of it.
        impostors: how many presentations `iapar` is about.
        matching: share of those with a response that match, whatever their appearance.
        eer: where APCER and BPCER meet, by mean scores.
        area: under the curve, by mean scores.
        bpcer_at_apcer_5: BPCER where 5 % of these attacks pass (BPCER20).
        bpcer_at_apcer_1: BPCER where 1 % of these attacks pass (BPCER100).
    """

    name: str
    presentations: int
    no_response: int
    subjects: int
    apcer: float | None
    low: float | None
    high: float | None
    accepted: int
    subjects_accepted: int
    open: int
    suspected: int
    apcer_per_subject: Mapping[str, float]
    iapar: float | None
    iapar_low: float | None
    iapar_high: float | None
    impostors: int
    matching: float | None
    eer: float | None
    area: float | None
    bpcer_at_apcer_5: float | None
    bpcer_at_apcer_1: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """What the whole gate does with presentations of one species.

    Attributes:
        species: kind of attack, or `bona-fide`.
        challenge: when the gate asks people to move (`vision.challenge`).
        presentations: of subjects with a reference; the sum of all that follows.
        let_in: how many open the door.
        asked: how many match and are asked to move, which no recording can be.
        referred: for how many the attendant is called to decide.
        refused: how many are suspected, or do not match.
        no_response: how many never came to a decision.
    """

    species: str
    challenge: str
    presentations: int
    let_in: int
    asked: int
    referred: int
    refused: int
    no_response: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What became of presentations of one size.

    Attributes:
        frames_each: how many frames decide a presentation.
        species: every kind of attack on its own; there is no mean of them.
        gate: what the whole gate does, by species and setting.
        bona_fide: presentations of people.
        bona_fide_no_response: how many yielded no decision (BPNRR).
        bona_fide_subjects: of how many people.
        bpcer: share of those with a response that appearance alone does not take for
            people: suspected, or left open.
        bpcer_low: lower bound of it.
        bpcer_high: upper bound of it.
        bpcer_per_subject: of each person's own.
        suspected: share of those with a response that is taken for attacks.
        suspected_low: lower bound of it.
        suspected_high: upper bound of it.
        suspected_per_subject: of each person's own.
        open: share of those with a response that is left open, for a challenge.
        open_per_subject: of each person's own.
    """

    frames_each: int
    species: tuple[Species, ...]
    gate: tuple[Verdicts, ...]
    bona_fide: int
    bona_fide_no_response: int
    bona_fide_subjects: int
    bpcer: float | None
    bpcer_low: float | None
    bpcer_high: float | None
    bpcer_per_subject: Mapping[str, float]
    suspected: float | None
    suspected_low: float | None
    suspected_high: float | None
    suspected_per_subject: Mapping[str, float]
    open: float | None
    open_per_subject: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """What the plots are drawn from; all of single frames but for the last two.

    Attributes:
        thresholds: rising scores.
        bpcer: at each threshold.
        apcer: by species, at each threshold.
        bin_middles: of the histograms of scores.
        bona_fide_density: of scores of people.
        density: by species, of scores of attacks.
        frames_to_decision: of presentations of people, rising.
        seconds_to_decision: of videos of people, rising.
    """

    thresholds: tuple[float, ...]
    bpcer: tuple[float, ...]
    apcer: Mapping[str, tuple[float, ...]]
    bin_middles: tuple[float, ...]
    bona_fide_density: tuple[float, ...]
    density: Mapping[str, tuple[float, ...]]
    frames_to_decision: tuple[int, ...]
    seconds_to_decision: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PadEvaluation:
    """Error rates of one attack detector on one set of presentations.

    Attributes:
        format: version of the JSON form.
        tool: name and version of what measured.
        date: when, ISO 8601 with its offset.
        data_set: name of the directory.
        view: how pictures were shown to the gate.
        chain: name of the extraction chain.
        detector: identity of the attack detector.
        threshold: lowest mean score that suffices.
        attack_threshold: a frame below it is an attack.
        comparison_threshold: lowest comparison score that is a match.
        subjects: everybody of whom there is a presentation.
        highest_unseen: the share of subjects below which an error may well have stayed
            unseen, at 95 %, of as many subjects as the best covered species has.
        presentations: rates with as many frames as a gate takes.
        frames: rates of single frames.
        reasons: by species, why frames yielded no probe, and how often.
        milliseconds: median time of one core that a frame with a probe takes.
        milliseconds_95: 95 of 100 frames take no longer.
        confounds: light beside scores, by species.
        robustness: under worse conditions; empty unless asked for.
        curves: what the plots are drawn from.
        unreadable: files that could not be read, and why.
        astray: files that are no presentation of anybody.
    """

    format: int = FORMAT
    tool: str
    date: str
    data_set: str
    view: str
    chain: str
    detector: str
    threshold: float
    attack_threshold: float
    comparison_threshold: float
    subjects: int
    highest_unseen: float
    presentations: Rates
    frames: Rates
    reasons: Mapping[str, Mapping[str, int]]
    milliseconds: float | None
    milliseconds_95: float | None
    confounds: tuple[Confound, ...]
    robustness: tuple[Robustness, ...]
    curves: Curves
    unreadable: Mapping[str, str]
    astray: tuple[str, ...]


def dump_pad_evaluation(evaluation: PadEvaluation) -> bytes:
    """The evaluation as JSON, UTF-8, one key a line."""
    content = dataclasses.asdict(evaluation)
    content |= content.pop("presentations")
    return (json.dumps(content, indent=1, allow_nan=False) + "\n").encode()
