"""A calibration: what it may say, and what a reader of its file accepts."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.calibration import (
    MAX_BYTES,
    Calibration,
    DataSet,
    Fusion,
    calibrated_threshold,
    check_calibration,
    describe_threshold,
    dump_calibration,
    load_calibration,
)
from ostiary.comparison import BUILT_IN_THRESHOLDS
from ostiary.credential import Coding
from ostiary.errors import ConfigurationError

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
EXTRACTOR = "retail-0095/2"
BUILT_IN = BUILT_IN_THRESHOLDS[EXTRACTOR]
SIZES = {"people": 30, "images": 240, "mated": 600, "non_mated": 17_400}
GOOD = Calibration(
    extractor=EXTRACTOR,
    coding=Coding.INT4,
    fusion=Fusion(enrolment_images=3, probe_images=3),
    target_fmr=0.01,
    threshold=0.625,
    measured=0.5,
    upper=0.6,
    data=DataSet(name="hall", **SIZES),
    made_at=AT,
    tool="ostiary 0.1.0",
)

COUNTS = st.integers(1, 10**9)
NAMES = st.text("abc ë-/", min_size=1, max_size=30).filter(lambda t: t == t.strip())


@st.composite
def calibrations(draw: st.DrawFn) -> Calibration:
    scores = sorted(draw(st.tuples(*[st.floats(-1, 1)] * 3)))
    people = draw(st.integers(2, 10**6))
    return Calibration(
        extractor=draw(NAMES),
        coding=draw(st.sampled_from(Coding)),
        fusion=Fusion(draw(st.integers(1, 30)), draw(st.integers(1, 30))),
        target_fmr=draw(st.floats(0, 1, exclude_min=True, exclude_max=True)),
        measured=scores[0],
        upper=scores[1],
        threshold=scores[2],
        data=DataSet(
            name=draw(NAMES),
            people=people,
            images=people + draw(COUNTS),
            mated=draw(COUNTS),
            non_mated=draw(COUNTS),
        ),
        made_at=AT + timedelta(seconds=draw(st.integers(0, 10**9))),
        tool=draw(NAMES),
    )


@given(calibrations())
def test_what_was_written_is_read_again(calibration: Calibration) -> None:
    content = dump_calibration(calibration)
    assert load_calibration(content) == calibration
    assert len(content) <= MAX_BYTES


@pytest.mark.parametrize(
    "change",
    [
        {"extractor": ""},
        {"extractor": "x" * 65},
        {"tool": " ostiary"},
        {"target_fmr": 0.0},
        {"target_fmr": 1.0},
        {"target_fmr": float("nan")},
        {"threshold": 0.59},
        {"threshold": 1.01},
        {"threshold": float("nan")},
        {"measured": 0.61},
        {"measured": -1.5},
        {"made_at": AT.replace(tzinfo=None)},
        {"made_at": AT + timedelta(microseconds=1)},
    ],
)
def test_a_calibration_that_cannot_be_one_is_not_made(
    change: dict[str, object],
) -> None:
    fields = {name: getattr(GOOD, name) for name in GOOD.__slots__}
    with pytest.raises(ValueError, match=r"\w"):
        Calibration(**(fields | change))


@pytest.mark.parametrize("images", [(0, 3), (3, 0), (31, 3), (3, -1)])
def test_a_fusion_takes_one_picture_to_thirty(images: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="1 to 30"):
        Fusion(*images)


@pytest.mark.parametrize(
    "change", [{"people": 1}, {"images": 29}, {"mated": -1}, {"non_mated": 0}]
)
def test_a_data_set_has_people_to_compare(change: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="two people"):
        DataSet(name="hall", **(SIZES | change))


def altered(path: tuple[str, ...], value: object) -> bytes:
    """The good file with one member of another value, or without it (None)."""
    content = json.loads(dump_calibration(GOOD))
    inner = content
    for name in path[:-1]:
        inner = inner[name]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("type",), "trust-list"),
        (("type",), None),
        (("version",), 2),
        (("version",), True),
        (("extractor",), 7),
        (("coding",), "int2"),
        (("fusion",), None),
        (("fusion",), []),
        (("fusion", "rule"), "best"),
        (("fusion", "probe_images"), 0),
        (("fusion", "probe_images"), 2.5),
        (("fusion", "more"), 1),
        (("target_fmr",), 0),
        (("target_fmr",), "0.01"),
        (("target_fmr",), True),
        (("threshold",), 0.1),
        (("threshold",), float("inf")),
        (("threshold",), float("nan")),
        (("threshold",), 10**400),
        (("interval", "confidence"), 0.5),
        (("interval", "more"), 1),
        (("data", "people"), -1),
        (("data", "name"), "a\nb"),
        (("data", "more"), 1),
        (("iat",), -1),
        (("iat",), 10**12),
        (("more",), 1),
    ],
)
def test_a_file_that_says_something_else_is_refused(
    path: tuple[str, ...], value: object
) -> None:
    with pytest.raises(ConfigurationError, match="no calibration"):
        load_calibration(altered(path, value))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        dump_calibration(GOOD)[:-3],
        dump_calibration(GOOD) * 2,
        dump_calibration(GOOD) + b" " * MAX_BYTES,
        b'{"type": "a", "type": "b"}',
        b"[" * 4000,
        b'{"threshold": 1e999}',
        b'{"version": ' + b"1" * 4000 + b"}",
    ],
)
def test_bytes_that_are_no_calibration_are_refused(content: bytes) -> None:
    with pytest.raises(ConfigurationError, match="no calibration"):
        load_calibration(content)


@given(st.binary(max_size=200), st.integers(0, 700), st.integers(0, 700))
def test_only_the_documented_error_comes_out(
    noise: bytes, one: int, other: int
) -> None:
    content = dump_calibration(GOOD)
    with suppress(ConfigurationError):
        load_calibration(content[:one] + noise + content[other:])


def test_a_gate_takes_a_calibration_of_its_own_kind() -> None:
    check_calibration(GOOD, EXTRACTOR, Coding.INT4, 3)


@pytest.mark.parametrize(
    ("extractor", "coding", "frames", "message"),
    [
        ("dlib-resnet/1", Coding.INT4, 3, "another extractor: retail-0095/2"),
        ("retail-0095/3", Coding.INT4, 3, "here retail-0095/3"),
        (EXTRACTOR, Coding.INT8, 3, "another coding"),
        (EXTRACTOR, Coding.INT4, 1, "another number of probe frames: 3, here 1"),
    ],
)
def test_a_calibration_of_another_kind_is_refused(
    extractor: str, coding: Coding, frames: int, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        check_calibration(GOOD, extractor, coding, frames)


@given(st.floats(-1, BUILT_IN, exclude_max=True))
def test_no_calibration_is_looser_than_the_built_in_threshold(score: float) -> None:
    assert calibrated_threshold(score, EXTRACTOR) == BUILT_IN
    loose = replace(GOOD, measured=score, upper=score, threshold=score)
    with pytest.raises(ConfigurationError, match="looser"):
        check_calibration(loose, EXTRACTOR, Coding.INT4, 3)


@given(st.floats(BUILT_IN, 1))
def test_a_stricter_threshold_stands(score: float) -> None:
    assert calibrated_threshold(score, EXTRACTOR) == score


def test_the_line_at_the_start_names_where_the_threshold_comes_from() -> None:
    assert describe_threshold(None, 0.555) == (
        "comparison threshold 0.5550: built in, not calibrated for this site"
    )
    assert describe_threshold(GOOD, 0.625) == (
        "comparison threshold 0.6250: calibrated on hall (30 people, 2026-11-21) for "
        "FMR 0.01, passes enrolled from 3 pictures"
    )
