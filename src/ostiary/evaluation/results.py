"""A finished evaluation, as values and as JSON.

Words and methods are those of ISO/IEC 19795-1. Rates are fractions, 0 to 1; intervals
hold 95 % and treat people as the sample; thresholds are cosines, -1 to 1. The keys of
the JSON form are the names of the attributes here.
"""

import dataclasses
import json
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar, Union, get_args, get_origin, get_type_hints

from ostiary.errors import EvaluationError

FORMAT: Final = 1
"""Version of the JSON form."""

MAX_BYTES: Final = 64 * 2**20
"""Longest JSON form that is read, in bytes."""

_LARGEST: Final = 2.0**53


@dataclass(frozen=True, slots=True, kw_only=True)
class UpperEnd:
    """Where not only the measured FMR meets what was asked for.

    Attributes:
        threshold: the lowest at which the upper bound of the FMR does.
        fnmr_per_person: FNMR there, mean over people.
    """

    threshold: float
    fnmr_per_person: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Error rates of single comparisons at one threshold.

    Attributes:
        fmr: the FMR that was asked for; for the built-in threshold, the one measured.
        threshold: the lowest score that is a match, with five decimals; the lowest at
            which the measured FMR is not above `fmr`.
        false_matches: how many non-mated comparisons reach the threshold.
        fmr_low: lower bound of the FMR at this threshold.
        fmr_high: upper bound of it; by the rule of 3 where no false match was seen.
        fmr_per_person: mean over people of the FMR of each one's comparisons.
        fnmr: share of the mated comparisons below the threshold.
        fnmr_per_person: mean over people of each one's FNMR.
        fnmr_low: lower bound of `fnmr_per_person`.
        fnmr_high: upper bound of it; by the rule of 3 where no false non-match was.
        mated: how many mated comparisons.
        non_mated: how many non-mated comparisons.
        upper_end: where the upper bound of the FMR meets `fmr` too; None for the
            built-in threshold, which no FMR was asked for.
    """

    fmr: float
    threshold: float
    false_matches: int
    fmr_low: float
    fmr_high: float
    fmr_per_person: float
    fnmr: float
    fnmr_per_person: float
    fnmr_low: float
    fnmr_high: float
    mated: int
    non_mated: int
    upper_end: UpperEnd | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionRate:
    """Error rates of whole transactions at one threshold.

    Attributes:
        threshold: the gate's comparison threshold.
        far: share of the non-mated transactions that are granted.
        far_low: lower bound of `far`.
        far_high: upper bound of it.
        false_accepts: how many are granted.
        frr_per_person: mean over people of the share of the mated transactions that are
            not granted, for whatever reason.
        frr_low: lower bound of `frr_per_person`.
        frr_high: upper bound of it.
        no_probe: share of the mated transactions, mean over people, in which no attempt
            yielded a probe: failures to acquire, or frames of the same person that do
            not match one another.
    """

    threshold: float
    far: float
    far_low: float
    far_high: float
    false_accepts: int
    frr_per_person: float
    frr_low: float
    frr_high: float
    no_probe: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Transactions:
    """What the gate's own rules make of the same people.

    Attributes:
        attempts: how often a person may try within one transaction.
        mated: how many mated transactions.
        non_mated: how many non-mated transactions.
        people: of whom there is a mated transaction.
        rates: one for each threshold of `Evaluation.rates`, then the built-in one.
    """

    attempts: int
    mated: int
    non_mated: int
    people: int
    rates: tuple[TransactionRate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TenFold:
    """The figure that papers quote for LFW: ten folds, the threshold from nine of them.

    Attributes:
        accuracy: mean over the folds of the share of pairs decided rightly; None where
            fewer than two folds have pairs that could be compared.
        standard_error: of that mean; None likewise.
        pairs: how many pairs could be compared.
        listed: how many pairs the file names.
        missing: how many have a file that is not there.
        not_acquired: how many have a picture without a usable face.
    """

    accuracy: float | None
    standard_error: float | None
    pairs: int
    listed: int
    missing: int
    not_acquired: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRate:
    """Rates within one group of people, or between two.

    Attributes:
        label: what the people are grouped by, as the table names it.
        group: value of the label.
        other: value of the label on the other side; the same within a group.
        fmr: the FMR asked for over everybody, which the threshold comes from.
        threshold: of the whole.
        people: how many people of the two groups were compared.
        false_matches: of the group.
        non_mated: comparisons within the group, or between the two.
        group_fmr: their FMR at the threshold.
        fmr_low: lower bound of it.
        fmr_high: upper bound of it.
        fmr_ratio: `group_fmr` over that of the whole; None where the whole has none.
        mated: mated comparisons; 0 between two groups.
        fnmr_per_person: mean over the group's people; None where there is no mated one.
        fnmr_low: lower bound of it; None likewise.
        fnmr_high: upper bound of it; None likewise.
        fnmr_ratio: over that of the whole; None likewise, or where the whole has none.
    """

    label: str
    group: str
    other: str
    fmr: float
    threshold: float
    people: int
    false_matches: int
    non_mated: int
    group_fmr: float
    fmr_low: float
    fmr_high: float
    fmr_ratio: float | None
    mated: int
    fnmr_per_person: float | None
    fnmr_low: float | None
    fnmr_high: float | None
    fnmr_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Discard:
    """Errors when the pictures of least quality are set aside (ISO/IEC 29794-1).

    Attributes:
        discarded: share of the probes that is set aside.
        fmr: the FMR that the threshold was asked for, over everybody.
        fnmr: share of the remaining mated comparisons below that threshold.
    """

    discarded: float
    fmr: float
    fnmr: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """What the plots are drawn from; all lists of one plot are of one length.

    Attributes:
        det_fmr: falling FMR of the detection error trade-off.
        det_fnmr: FNMR at the same thresholds, per comparison.
        det_fnmr_per_person: the same, each person weighing as much.
        band_fmr: FMR at which the band was computed.
        band_fnmr: FNMR per person there.
        band_low: lower bound of it.
        band_high: upper bound of it.
        histogram_scores: middle of each bin of scores.
        histogram_mated: density of mated scores in the bin.
        histogram_non_mated: density of non-mated scores in it.
    """

    det_fmr: tuple[float, ...]
    det_fnmr: tuple[float, ...]
    det_fnmr_per_person: tuple[float, ...]
    band_fmr: tuple[float, ...]
    band_fnmr: tuple[float, ...]
    band_low: tuple[float, ...]
    band_high: tuple[float, ...]
    histogram_scores: tuple[float, ...]
    histogram_mated: tuple[float, ...]
    histogram_non_mated: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the owner of the data should look at. File names only, no scores.

    Attributes:
        unreadable: pictures that could not be read, and why.
        single_image: people with one picture: nothing of theirs is mated.
        missing: pictures that the table or the pairs file names and that are not there.
        same_bytes: files with the same content.
        near_duplicates: pairs whose scores are next to 1.
        mated_but_unlike: pairs of one person that score as strangers do.
        non_mated_but_alike: pairs of two people that score as one person does.
    """

    unreadable: Mapping[str, str]
    single_image: tuple[str, ...]
    missing: tuple[str, ...]
    same_bytes: tuple[tuple[str, ...], ...]
    near_duplicates: tuple[tuple[str, str], ...]
    mated_but_unlike: tuple[tuple[str, str], ...]
    non_mated_but_alike: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Error rates of one chain on one set of people.

    Attributes:
        format: version of the JSON form.
        tool: name and version of what measured.
        date: when, ISO 8601 with its offset.
        data_set: name of the directory or table.
        chain: how settings name the extraction chain.
        extractor: its identity, as credentials name it.
        coding: how references were coded: `int4`, `int8` or `none`.
        face: which face of a picture counts: `sole` or `central`.
        enrolment_images: pictures fused into a reference.
        probe_images: pictures fused into a probe.
        people: everybody with a picture that could be read.
        people_enrolled: of whom there is a reference.
        people_mated: of whom there is a mated comparison.
        people_pairs: how many different pairs of people were compared.
        images: pictures that could be read.
        enrolments: references that were tried.
        fte: share of these that failed.
        fte_reasons: why, and how often.
        fta: share of the pictures from which no sample could be taken.
        fta_reasons: why, and how often.
        mated: mated comparisons.
        non_mated: non-mated comparisons.
        eer: where FMR and FNMR per comparison meet.
        eer_per_person: where FMR and FNMR per person meet.
        lowest_supported_fmr: the lowest FMR that so many people could show with 95 %
            confidence, if no false match at all were seen: 3 / `people_pairs`.
        lowest_measurable_fmr: the lowest FMR at which 30 false matches, each between
            another two people, are to be expected: 30 / `people_pairs`.
        rates: by falling FMR, down to what the data support.
        built_in: at the threshold that the gate has without a calibration.
        transactions: the gate's own rules; None where nobody has enough pictures.
        ten_fold: None without a file of pairs.
        groups: worst first for each label and threshold; empty without labels.
        discards: error against discarded quality; empty where no quality is given.
        curves: what the plots are drawn from.
        findings: what the owner of the data should look at.
    """

    format: int = FORMAT
    tool: str
    date: str
    data_set: str
    chain: str
    extractor: str
    coding: str
    face: str
    enrolment_images: int
    probe_images: int
    people: int
    people_enrolled: int
    people_mated: int
    people_pairs: int
    images: int
    enrolments: int
    fte: float
    fte_reasons: Mapping[str, int]
    fta: float
    fta_reasons: Mapping[str, int]
    mated: int
    non_mated: int
    eer: float
    eer_per_person: float
    lowest_supported_fmr: float
    lowest_measurable_fmr: float
    rates: tuple[Rate, ...]
    built_in: Rate
    transactions: Transactions | None
    ten_fold: TenFold | None
    groups: tuple[GroupRate, ...]
    discards: tuple[Discard, ...]
    curves: Curves
    findings: Findings


def dump_evaluation(evaluation: Evaluation) -> bytes:
    """The evaluation as JSON, UTF-8, one key a line."""
    content = dataclasses.asdict(evaluation)
    return (json.dumps(content, indent=1, allow_nan=False) + "\n").encode()


def read_evaluation(data: bytes) -> Evaluation:
    """An evaluation from its JSON form.

    Raises:
        EvaluationError: too long, no JSON, of another version, or with a key missing,
            unknown or of the wrong type; the message names it.
    """
    if len(data) > MAX_BYTES:
        raise EvaluationError(f"the evaluation is longer than {MAX_BYTES} bytes")
    try:
        content = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise EvaluationError("the evaluation is not JSON") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise EvaluationError(f"no evaluation of version {FORMAT}")
    return _record(Evaluation, content, "evaluation")


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


_Record = TypeVar("_Record")


def _record(kind: type[_Record], content: object, name: str) -> _Record:
    """A dataclass from a JSON object that has exactly its attributes."""
    hints = get_type_hints(kind)
    if not isinstance(content, dict) or content.keys() != hints.keys():
        raise EvaluationError(f"{name}: other keys than {', '.join(hints)}")
    return kind(**{key: _value(hints[key], each, key) for key, each in content.items()})


def _value(kind: object, content: object, name: str) -> object:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return None if content is None else _value(arguments[0], content, name)
    if origin is tuple and isinstance(content, list):
        kinds = arguments if arguments[-1] is not ... else arguments[:1] * len(content)
        if len(kinds) == len(content):
            return tuple(map(_value, kinds, content, [name] * len(content)))
    elif origin is Mapping and isinstance(content, dict):
        return {key: _value(arguments[1], each, name) for key, each in content.items()}
    elif isinstance(kind, type):
        return _plain(kind, content, name)
    raise EvaluationError(f"{name}: of the wrong type")


def _plain(kind: type[_Record], content: object, name: str) -> object:
    if dataclasses.is_dataclass(kind):
        return _record(kind, content, name)
    if kind is float and isinstance(content, int | float):
        # Numbers beyond a float's range are read as infinite, or are whole ones.
        if type(content) is not bool and -_LARGEST <= content <= _LARGEST:
            return float(content)
    elif type(content) is kind:
        return content
    raise EvaluationError(f"{name}: of the wrong type")
