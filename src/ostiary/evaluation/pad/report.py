"""An evaluation of attack detection in words: a page, and lines for a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle
from typing import Final

from ostiary.evaluation.pad.data import BONA_FIDE
from ostiary.evaluation.pad.gate import DEFAULT
from ostiary.evaluation.pad.results import PadEvaluation, Rates, Species, Verdicts
from ostiary.evaluation.pad.robustness import Robustness
from ostiary.evaluation.report.page import (
    Bullets,
    Figure,
    Paragraph,
    Part,
    Section,
    Table,
    page,
)
from ostiary.evaluation.report.plots import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    Band,
    Bar,
    Line,
    Mark,
    Upright,
    bars,
    plot,
)
from ostiary.evaluation.report.scales import Linear, percent

NOTICE: Final = (
    "For research data, or volunteers who agreed to exactly this. No photograph is in "
    "this report; subjects stand in it by the names of their directories."
)

_STYLES: Final = ((ORANGE, ""), (PURPLE, "7 3"), (GREEN, "2 3"), (GREY, "9 3 2 3"))
"""Colour and dashes of one species after the other; the fifth looks like the first."""

_MOST_NAMES: Final = 50
_MOST_SHOWN: Final = 0.1
"""Error rates beyond which a gate is no use, and where their plot ends."""


def report(evaluation: PadEvaluation) -> bytes:
    """The page: HTML, whole in itself."""
    return page(
        f"Attack detection on {evaluation.data_set}",
        f"{evaluation.detector}, {evaluation.tool}, {evaluation.date}",
        [section for section in _sections(evaluation) if section.parts],
    )


def summary(evaluation: PadEvaluation) -> Iterator[str]:
    """What the terminal shows, line by line."""
    yield f"{evaluation.data_set}: {evaluation.detector}, pictures {evaluation.view}"
    yield from _limits(evaluation)
    for name, rates in _by_size(evaluation):
        yield ""
        yield f"{name}:"
        yield from _lines(rates)
    yield ""
    for line in (*_confound_lines(evaluation), *_time(evaluation)):
        yield line
    for line in _odd(evaluation):
        yield f"not looked at: {line}"


def _by_size(evaluation: PadEvaluation) -> tuple[tuple[str, Rates], ...]:
    frames = evaluation.presentations.frames_each
    return (
        (f"Presentations of {frames} frames", evaluation.presentations),
        ("Single frames", evaluation.frames),
    )


def _lines(rates: Rates) -> Iterator[str]:
    for each in rates.species:
        yield (
            f"  {each.name}: APCER {_share(each.apcer, each.low, each.high)}; "
            f"{each.accepted} of {each.presentations - each.no_response} pass, "
            f"{each.open} open, {each.no_response} without response, "
            f"{each.subjects} subjects"
        )
        yield (
            f"  {each.name}: IAPAR "
            f"{_share(each.iapar, each.iapar_low, each.iapar_high)}; "
            f"{_rate(each.matching)} match their subject; BPCER "
            f"{_rate(each.bpcer_at_apcer_5)} at APCER 5 %, "
            f"{_rate(each.bpcer_at_apcer_1)} at 1 %"
        )
    for row in _at_default(rates):
        yield (
            f"  whole gate, {row.species}: {row.let_in} of {row.presentations} let in, "
            f"{row.asked} asked to move, {row.referred} referred, {row.refused} "
            f"refused, {row.no_response} without response"
        )
    yield (
        f"  people: BPCER {_share(rates.bpcer, rates.bpcer_low, rates.bpcer_high)}, of "
        f"these suspected {_rate(rates.suspected)}, left open {_rate(rates.open)}; "
        f"{rates.bona_fide_no_response} of {rates.bona_fide} without response"
    )
    worst = sorted(rates.bpcer_per_subject.items(), key=lambda own: -own[1])[:3]
    named = ", ".join(f"{name} {percent(rate)}" for name, rate in worst)
    yield f"  worst served: {named or 'nobody, since nobody was answered'}"


def _at_default(rates: Rates) -> list[Verdicts]:
    return [row for row in rates.gate if row.challenge == DEFAULT]


# -- What the data can show --------------------------------------------------------


def _limits(evaluation: PadEvaluation) -> Iterator[str]:
    rates = evaluation.presentations
    for each in rates.species:
        yield (
            f"{each.subjects} subjects with attacks of the species {each.name}: were "
            "none of them to pass, that would say, with 95 % confidence, only that it "
            f"succeeds with fewer than {percent(_unseen(each))} of people"
        )
    yield (
        f"{rates.bona_fide_subjects} people as they are: a person whom the detector "
        "always suspects may be one in "
        f"{max(1, round(1 / evaluation.highest_unseen))} and not be among them"
    )
    yield "Presentations of one subject are alike: intervals count subjects, not frames"


def _unseen(species: Species) -> float:
    return 1 - 0.05 ** (1 / species.subjects) if species.subjects else 1.0


def _sections(evaluation: PadEvaluation) -> Iterator[Section]:
    yield Section(
        "What these data can show",
        [
            Paragraph(NOTICE, notice=True),
            Bullets([f"{line}." for line in _limits(evaluation)]),
        ],
    )
    for name, rates in _by_size(evaluation):
        yield Section(name, list(_rate_parts(rates)))
    yield Section("Scores", [_histogram(evaluation), *_curves(evaluation)])
    yield Section("Every person", list(_people(evaluation.frames)))
    yield Section("Light, not people", list(_confounds(evaluation)))
    yield Section("Worse conditions", list(_robustness(evaluation.robustness)))
    yield Section("Time to a decision", list(_times(evaluation)))
    yield Section("What was not looked at", list(_left_out(evaluation)))
    yield _method(evaluation)


# -- Rates -------------------------------------------------------------------------


def _rate_parts(rates: Rates) -> Iterator[Part]:
    yield Table(
        "Attacks, every species on its own",
        ("species", "subjects", "APCER, 95 %", "pass", "open", "suspected", "silent"),
        [
            (
                each.name,
                str(each.subjects),
                _share(each.apcer, each.low, each.high),
                str(each.accepted),
                str(each.open),
                str(each.suspected),
                f"{each.no_response} of {each.presentations}",
            )
            for each in rates.species
        ],
    )
    yield Table(
        "With the comparison in the loop",
        ("species", "presentations", "match", "IAPAR, 95 %", "EER", *_AT_APCER),
        [
            (
                each.name,
                str(each.impostors),
                _rate(each.matching),
                _share(each.iapar, each.iapar_low, each.iapar_high),
                _rate(each.eer),
                _rate(each.bpcer_at_apcer_5),
                _rate(each.bpcer_at_apcer_1),
            )
            for each in rates.species
        ],
    )
    yield Table(
        "People",
        ("", "subjects", "BPCER, 95 %", "suspected, 95 %", "open", "silent"),
        [
            (
                "people",
                str(rates.bona_fide_subjects),
                _share(rates.bpcer, rates.bpcer_low, rates.bpcer_high),
                _share(rates.suspected, rates.suspected_low, rates.suspected_high),
                _rate(rates.open),
                f"{rates.bona_fide_no_response} of {rates.bona_fide}",
            )
        ],
    )
    yield from _whole_gate(rates)


def _whole_gate(rates: Rates) -> Iterator[Part]:
    if not rates.gate:
        return
    yield Paragraph(
        "What comes of each presentation with the comparison, the looks and the "
        "gate's own tables, shown with its subject's pass. A challenge is simulated "
        "for nothing here: no recording can be asked to move, so what is asked to move "
        "may still be let in or be kept out. At worst all of it is let in."
    )
    yield Table(
        "The whole gate, by its setting of vision.challenge",
        (
            *("species", "challenge", "presentations", "let in", "asked to move"),
            *("referred", "refused", "silent"),
        ),
        [
            (
                *(row.species, row.challenge, str(row.presentations), str(row.let_in)),
                *(str(row.asked), str(row.referred), str(row.refused)),
                str(row.no_response),
            )
            for row in rates.gate
        ],
    )


_AT_APCER: Final = ("BPCER at APCER 5 %", "at 1 %")


def _people(rates: Rates) -> Iterator[Part]:
    if not rates.bpcer_per_subject:
        return
    yield Figure(
        bars(
            "BPCER of every person",
            "single frames that are suspected or left open",
            [
                Bar(name, rate, rate, rate, percent(rate))
                for name, rate in rates.bpcer_per_subject.items()
            ],
            rates.bpcer or 0.0,
        ),
        "How often a person's frames are not taken for a person's. The mean hides the "
        "one who is always asked twice.",
    )
    subjects = dict.fromkeys(
        name
        for own in (
            rates.bpcer_per_subject,
            *(species.apcer_per_subject for species in rates.species),
        )
        for name in own
    )
    yield Table(
        "Single frames, subject by subject",
        (
            *("subject", "BPCER", "suspected", "open"),
            *(f"APCER {species.name}" for species in rates.species),
        ),
        [
            (
                name,
                _rate(rates.bpcer_per_subject.get(name)),
                _rate(rates.suspected_per_subject.get(name)),
                _rate(rates.open_per_subject.get(name)),
                *(_rate(each.apcer_per_subject.get(name)) for each in rates.species),
            )
            for name in sorted(subjects)
        ],
    )


# -- Plots -------------------------------------------------------------------------


def _histogram(evaluation: PadEvaluation) -> Figure:
    curves = evaluation.curves
    densities = {"people": curves.bona_fide_density, **curves.density}
    styles = {"people": (BLUE, ""), **_styles(curves.density)}
    marks: list[Mark] = []
    for name, density in densities.items():
        colour, dashes = styles[name]
        points = list(zip(curves.bin_middles, density, strict=True))
        ground = [(across, 0.0) for across, _ in points]
        marks += [
            Band(ground, points, "", colour),
            Line(points, name, colour, dashes),
        ]
    most = max(max(density, default=0.0) for density in densities.values())
    marks += [
        Upright(evaluation.attack_threshold, "attack below"),
        Upright(evaluation.threshold, "suffices from here"),
    ]
    return Figure(
        plot(
            "Distribution of scores",
            Linear("score of a frame", 0.0, 1.0),
            Linear("density", 0.0, most * 1.05 or 1.0),
            marks,
        ),
        "How the scores of single frames are distributed; each curve has the same "
        "area. Between the two limits a presentation is left open, for a challenge.",
    )


def _curves(evaluation: PadEvaluation) -> Iterator[Figure]:
    curves = evaluation.curves
    shown = {name: apcer for name, apcer in curves.apcer.items() if apcer}
    if not shown or not evaluation.frames.bona_fide_subjects:
        return
    errors: list[Mark] = [
        Line(_pairs(curves.thresholds, curves.bpcer), "BPCER", BLUE),
    ]
    trade: list[Mark] = []
    for name, style in _styles(shown).items():
        rising = _pairs(curves.thresholds, shown[name])
        errors.append(Line(rising, f"APCER {name}", *style))
        trade.append(Line(_pairs(shown[name], curves.bpcer), name, *style))
    errors += [Upright(evaluation.threshold, "suffices from here")]
    yield Figure(
        plot(
            "Errors against the threshold",
            Linear("threshold, score of a frame", 0.0, 1.0),
            Linear("rate", 0.0, _MOST_SHOWN, percent=True),
            errors,
        ),
        "Both errors of single frames, were there one threshold and no challenge.",
    )
    yield Figure(
        plot(
            "APCER against BPCER",
            Linear("APCER", 0.0, _MOST_SHOWN, percent=True),
            Linear("BPCER", 0.0, _MOST_SHOWN, percent=True),
            trade,
        ),
        "What one error costs in the other. A line along both axes: these data hold no "
        "frame that would be told wrongly whatever the threshold.",
    )


def _styles(species: Iterable[str]) -> dict[str, tuple[str, str]]:
    return dict(zip(species, cycle(_STYLES), strict=False))


def _pairs(across: Sequence[float], up: Sequence[float]) -> list[tuple[float, float]]:
    return list(zip(across, up, strict=True))


# -- Light and conditions ----------------------------------------------------------


def _confound_lines(evaluation: PadEvaluation) -> Iterator[str]:
    for each in evaluation.confounds:
        yield (
            f"light alone separates people from {each.species} at an area of "
            f"{each.light_before:.2f}, scores at {each.score_before:.4f}; "
            f"{each.pairs} frames of each, alike in light, of "
            f"{each.bona_fide_subjects} people: light {_area(each.light_after)}, "
            f"scores {_area(each.score_after)}, APCER {_rate(each.apcer_after)}, "
            f"BPCER {_rate(each.bpcer_after)}"
        )


def _confounds(evaluation: PadEvaluation) -> Iterator[Part]:
    if not evaluation.confounds:
        return
    yield Paragraph(
        "Brightness, contrast and sharpness of a face say nothing of what it is. Where "
        "they alone separate people from attacks, a detector may have learned the "
        "camera. So frames were matched in all three, one of each class, and what is "
        "left is shown. Area under the curve: 0.5 is chance, 1 is perfect."
    )
    yield Table(
        "Single frames",
        (
            *("species", "light alone", "scores", "pairs, people"),
            *("light, matched", "scores, matched", "APCER", "BPCER"),
        ),
        [
            (
                each.species,
                f"{each.light_before:.3f}",
                f"{each.score_before:.4f}",
                f"{each.pairs}, {each.bona_fide_subjects}",
                _area(each.light_after),
                _area(each.score_after),
                _rate(each.apcer_after),
                _rate(each.bpcer_after),
            )
            for each in evaluation.confounds
        ],
    )


def _robustness(found: Sequence[Robustness]) -> Iterator[Part]:
    if not found:
        return
    yield Paragraph(
        "The same frames, changed by arithmetic. That shows which way the detector "
        "errs, and roughly when. It is no person in a dark hall, and no print in back "
        "light: only captures under such conditions would show the rates."
    )
    for species in dict.fromkeys(each.species for each in found):
        own = [each for each in found if each.species == species]
        yield Table(
            "People" if species == BONA_FIDE else f"Attacks: {species}",
            (
                "condition",
                "no probe",
                "suffices",
                "open",
                "suspected",
                "worst off" if species == BONA_FIDE else "best off",
            ),
            [
                (
                    each.condition,
                    _of(each.no_probe, each.frames),
                    _of(each.suffices, each.frames),
                    _of(each.open, each.frames),
                    _of(each.attack, each.frames),
                    _worst(each),
                )
                for each in own
            ],
        )


def _worst(found: Robustness) -> str:
    """The person who is suspected most often, or whose attacks are least often."""
    wanted = max if found.species == BONA_FIDE else min
    suspected = found.attack_per_subject
    name = wanted(suspected, key=lambda name: suspected[name], default=None)
    return "" if name is None else f"{name}: {percent(suspected[name])}"


# -- Time and the rest -------------------------------------------------------------


def _time(evaluation: PadEvaluation) -> Iterator[str]:
    frames = evaluation.curves.frames_to_decision
    if frames:
        most = frames[int(0.95 * (len(frames) - 1))]
        yield (
            f"people are decided on after {frames[len(frames) // 2]} frames (median), "
            f"95 of 100 after {most}"
        )
    if evaluation.milliseconds is not None and evaluation.milliseconds_95 is not None:
        yield (
            f"a frame takes {evaluation.milliseconds:.1f} ms of one core (median), "
            f"{evaluation.milliseconds_95:.1f} ms at most for 95 of 100"
        )


def _times(evaluation: PadEvaluation) -> Iterator[Part]:
    yield Bullets([f"{line}." for line in _sentences(_time(evaluation))])
    frames = evaluation.curves.frames_to_decision
    if frames:
        yield _cumulative(frames, "frames looked at until a decision about a person")
    seconds = evaluation.curves.seconds_to_decision
    if seconds:
        yield _cumulative(seconds, "seconds of video until a decision about a person")


def _sentences(lines: Iterator[str]) -> Iterator[str]:
    return (line[:1].upper() + line[1:] for line in lines)


def _cumulative(values: Sequence[float], label: str) -> Figure:
    steps: list[tuple[float, float]] = [(0.0, 0.0)]
    for number, value in enumerate(values, start=1):
        steps += [(value, steps[-1][1]), (value, number / len(values))]
    return Figure(
        plot(
            "Time to a decision",
            Linear(label, 0.0, max(values) * 1.05),
            Linear("share of presentations", 0.0, 1.0, percent=True),
            [Line(steps, "", BLUE)],
        ),
        f"{label.capitalize()}: the share of presentations that are decided by then.",
    )


def _odd(evaluation: PadEvaluation) -> list[str]:
    unreadable = [f"{name}: {why}" for name, why in evaluation.unreadable.items()]
    astray = [f"{name}: no picture or video of a subject" for name in evaluation.astray]
    return [*unreadable, *astray]


def _left_out(evaluation: PadEvaluation) -> Iterator[Part]:
    yield Table(
        "Frames without a probe: the person is told why",
        ("species", "reason", "frames"),
        [
            (species, reason, str(count))
            for species, reasons in evaluation.reasons.items()
            for reason, count in reasons.items()
        ],
    )
    odd = _odd(evaluation)
    if odd:
        yield Paragraph(f"Files that are no presentation: {len(odd)}")
        yield Bullets(odd[:_MOST_NAMES])


def _method(evaluation: PadEvaluation) -> Section:
    return Section(
        "How",
        [
            Bullets(
                [
                    f"Pictures were shown {evaluation.view}. Each went the way of the "
                    "gate: default standing zone, exactly one face, all limits on "
                    "quality.",
                    f"A presentation takes {evaluation.presentations.frames_each} "
                    "probes of one and the same face. It suffices if their mean score "
                    f"is {evaluation.threshold:.3f} or more and none is below "
                    f"{evaluation.attack_threshold:.3f}; one below makes an attack; "
                    "anything else is left open, and the gate asks for a challenge, "
                    "which no recording can be put through.",
                    "APCER counts attacks that suffice, BPCER people who do not, "
                    "both of those with a response. IAPAR counts attacks that the "
                    "gate lets in by its own tables without asking anybody to move: "
                    "they suffice and match the reference of their subject, of all. "
                    "References are "
                    "made of three frames of a subject's first bona fide session; a "
                    f"match is a score of {evaluation.comparison_threshold:g} or more.",
                    "Intervals are at 95 % and count subjects: the bootstrap over "
                    "them, and never narrower than what so few subjects may leave "
                    "unseen.",
                    "What was not presented was not tested: masks, screens, video fed "
                    "in behind the camera, unless a species above is of that kind.",
                ]
            )
        ],
    )


def _share(rate: float | None, low: float | None, high: float | None) -> str:
    if rate is None or low is None or high is None:
        return "none"
    return f"{percent(rate)} ({percent(low)} to {percent(high)})"


def _rate(rate: float | None) -> str:
    return "" if rate is None else percent(rate)


def _area(area: float | None) -> str:
    return "too few" if area is None else f"{area:.3f}"


def _of(count: int, total: int) -> str:
    return f"{count} of {total}"
