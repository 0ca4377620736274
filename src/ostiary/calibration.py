"""Calibrations: a comparison threshold that was measured, and on whom.

A threshold does not travel: the same score that one stranger in 100,000 reaches in one
population is reached by many more in another (docs/adr/0029). A calibration says which
threshold holds a target rate on a data set that stands for a site, and for which chain,
coding and fusion. It holds numbers and names of things; nothing of any person.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ostiary.comparison import BUILT_IN_THRESHOLDS
from ostiary.credential.checks import check_name, seconds_of
from ostiary.credential.jsonfile import Members, read_object
from ostiary.credential.template import Coding
from ostiary.errors import ConfigurationError, TrustListError

MAX_BYTES: Final = 4_096
"""Longest calibration file, in bytes. Ours are under one kilobyte."""

MOST_IMAGES: Final = 30
"""Most pictures that are fused into one reference or one probe."""

_TYPE: Final = "ostiary-calibration"
_VERSION: Final = 1
_RULE: Final = "mean"
_CONFIDENCE: Final = 0.95
_FEWEST_PEOPLE: Final = 2


@dataclass(frozen=True, slots=True)
class Fusion:
    """How many pictures go into each side; the rule is the mean direction.

    Attributes:
        enrolment_images: fused into a reference.
        probe_images: fused into the one probe that is compared.
    """

    enrolment_images: int
    probe_images: int

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ValueError: none, or more than `MOST_IMAGES`.
        """
        for images in (self.enrolment_images, self.probe_images):
            if not 1 <= images <= MOST_IMAGES:
                raise ValueError(f"1 to {MOST_IMAGES} images are fused")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """What a threshold was measured on.

    Attributes:
        name: whose pictures they were, as whoever measured calls it.
        people: how many.
        images: pictures that yielded features.
        mated: comparisons of a person with themselves.
        non_mated: comparisons of two people.
    """

    name: str
    people: int
    images: int
    mated: int
    non_mated: int

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ValueError: a name that cannot be one, or too few to compare at all.
        """
        check_name(self.name)
        enough = self.people >= _FEWEST_PEOPLE and self.images >= self.people
        if not (enough and self.mated >= 0 and self.non_mated >= 1):
            raise ValueError("two people or more are compared with each other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A threshold for one target, and what it was measured with.

    Attributes:
        extractor: identity of the extraction chain, such as `retail-0095/2`.
        coding: how its templates are written.
        fusion: how references and probes were made.
        target_fmr: the false match rate of one comparison that is not to be passed.
        threshold: lowest cosine that counts as a match, -1 to 1; never below `upper`.
        measured: lowest threshold at which the measured FMR meets the target.
        upper: lowest one at which the upper bound of the FMR, at 95 %, meets it.
        data: what it was measured on.
        made_at: when, aware, in whole seconds.
        tool: name and version of what measured.
    """

    extractor: str
    coding: Coding
    fusion: Fusion
    target_fmr: float
    threshold: float
    measured: float
    upper: float
    data: DataSet
    made_at: datetime
    tool: str

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a name, moment, rate or score that cannot be one, or a threshold
                that lies below the upper one.
        """
        check_name(self.extractor)
        check_name(self.tool)
        seconds_of(self.made_at)
        # Both written so that NaN is refused too.
        if not 0 < self.target_fmr < 1:
            raise ValueError("a target lies between 0 and 1")
        if not -1 <= self.measured <= self.upper <= self.threshold <= 1:
            raise ValueError("a threshold is a cosine, not below its upper bound")


def calibrated_threshold(upper: float, extractor: str) -> float:
    """A threshold from data, or the built-in one where that is stricter."""
    return max(upper, BUILT_IN_THRESHOLDS.get(extractor, -1.0))


def check_calibration(
    calibration: Calibration, extractor: str, coding: Coding, probe_images: int
) -> None:
    """Refuse a calibration that says nothing of this gate.

    How many pictures a pass was enrolled from is not written in it: the desk answers
    for that.

    Args:
        calibration: what the gate was given.
        extractor: identity of the gate's extractor.
        coding: how templates for it are written.
        probe_images: how many frames the gate fuses.

    Raises:
        ConfigurationError: made for another extractor, coding or fusion, or looser than
            the built-in threshold.
    """
    for what, made_for, here in (
        ("extractor", calibration.extractor, extractor),
        ("coding", calibration.coding, coding),
        ("number of probe frames", calibration.fusion.probe_images, probe_images),
    ):
        if made_for != here:
            raise ConfigurationError(
                f"the calibration is for another {what}: {made_for}, here {here}; "
                "measure again with this gate's settings"
            )
    strictest = calibrated_threshold(calibration.threshold, extractor)
    if calibration.threshold < strictest:
        raise ConfigurationError(
            f"the calibration's threshold {calibration.threshold:g} is looser than the "
            f"built-in {strictest:g}; measure again with this version"
        )


def describe_threshold(calibration: Calibration | None, threshold: float) -> str:
    """One line that names where the threshold in force comes from."""
    if calibration is None:
        return (
            f"comparison threshold {threshold:.4f}: built in, not calibrated for this "
            "site"
        )
    data, fusion = calibration.data, calibration.fusion
    return (
        f"comparison threshold {threshold:.4f}: calibrated on {data.name} "
        f"({data.people} people, {calibration.made_at:%Y-%m-%d}) for FMR "
        f"{calibration.target_fmr:g}, passes enrolled from {fusion.enrolment_images} "
        "pictures"
    )


def dump_calibration(calibration: Calibration) -> bytes:
    """The file of a calibration: a JSON object, UTF-8, ending in a line feed."""
    data, fusion = calibration.data, calibration.fusion
    content = {
        "type": _TYPE,
        "version": _VERSION,
        "extractor": calibration.extractor,
        "coding": calibration.coding.value,
        "fusion": {
            "rule": _RULE,
            "enrolment_images": fusion.enrolment_images,
            "probe_images": fusion.probe_images,
        },
        "target_fmr": calibration.target_fmr,
        "threshold": calibration.threshold,
        "interval": {
            "confidence": _CONFIDENCE,
            "measured": calibration.measured,
            "upper": calibration.upper,
        },
        "data": {
            "name": data.name,
            "people": data.people,
            "images": data.images,
            "mated": data.mated,
            "non_mated": data.non_mated,
        },
        "iat": seconds_of(calibration.made_at),
        "tool": calibration.tool,
    }
    return (json.dumps(content, indent=2) + "\n").encode()


def load_calibration(content: bytes) -> Calibration:
    """Read the file of a calibration.

    Raises:
        ConfigurationError: anything but a file as `dump_calibration` writes it.
    """
    try:
        members = read_object(content, MAX_BYTES)
        _expect(members, {"type": _TYPE, "version": _VERSION})
        calibration = _read(members)
        members.finish()
    except (TrustListError, ValueError) as error:
        raise ConfigurationError(f"no calibration: {error}") from None
    return calibration


def _read(members: Members) -> Calibration:
    interval = members.member("interval")
    _expect(interval, {"confidence": _CONFIDENCE})
    calibration = Calibration(
        extractor=members.text("extractor"),
        coding=Coding(members.text("coding")),
        fusion=_read_fusion(members.member("fusion")),
        target_fmr=members.number("target_fmr"),
        threshold=members.number("threshold"),
        measured=interval.number("measured"),
        upper=interval.number("upper"),
        data=_read_data(members.member("data")),
        made_at=members.moment("iat"),
        tool=members.text("tool"),
    )
    interval.finish()
    return calibration


def _read_fusion(members: Members) -> Fusion:
    _expect(members, {"rule": _RULE})
    fusion = Fusion(
        members.integer("enrolment_images"), members.integer("probe_images")
    )
    members.finish()
    return fusion


def _read_data(members: Members) -> DataSet:
    data = DataSet(
        name=members.text("name"),
        people=members.integer("people"),
        images=members.integer("images"),
        mated=members.integer("mated"),
        non_mated=members.integer("non_mated"),
    )
    members.finish()
    return data


def _expect(members: Members, known: dict[str, str | int | float]) -> None:
    """Take members that can have one value only."""
    for name, value in known.items():
        found = members.text(name) if isinstance(value, str) else members.number(name)
        if found != value:
            raise TrustListError(f"{name!r} is not {value}")
