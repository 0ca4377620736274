"""Template codings: what is kept, what is refused, what is overwritten."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ostiary.credential import (
    BiometricReference,
    Coding,
    decode_template,
    encode_template,
)
from ostiary.errors import CredentialError, IncompatibleReferenceError, MalformedError
from ostiary.reasons import Reason
from ostiary.terms import Features

EXTRACTOR = "test/1"
LOWEST_COSINE = {Coding.INT4: 0.95, Coding.INT8: 0.9995}
"""int4 clips elements past 2.3 deviations; over 6,000 draws its lowest was 0.970."""


def unit(values: NDArray[np.float64]) -> Features:
    scaled = values / np.linalg.norm(values)
    return Features(EXTRACTOR, scaled.astype(np.float32))


def read(data: bytes | bytearray, coding: Coding, dimensions: int) -> Features:
    reference = BiometricReference(EXTRACTOR, coding, data)
    return decode_template(reference, EXTRACTOR, dimensions)


def outcome(data: bytes, coding: Coding) -> Features | Reason:
    try:
        return read(data, coding, 256)
    except CredentialError as error:
        return error.reason


@given(st.integers(0, 1 << 32), st.sampled_from([128, 256, 512]))
@pytest.mark.parametrize("coding", Coding)
def test_a_round_trip_keeps_the_direction(
    coding: Coding, seed: int, dimensions: int
) -> None:
    features = unit(np.random.default_rng(seed).normal(size=dimensions))
    again = read(encode_template(features, coding), coding, dimensions)
    assert again.extractor == EXTRACTOR
    assert again.values.dtype == np.float32
    assert np.linalg.norm(again.values) == pytest.approx(1, abs=1e-5)
    assert again.values @ features.values > LOWEST_COSINE[coding]


@given(st.data())
def test_an_int8_template_is_written_again_as_it_was(data: st.DataObject) -> None:
    steps = data.draw(st.lists(st.integers(-127, 127), min_size=16, max_size=16))
    steps[data.draw(st.integers(0, 15))] = 127
    octets = bytes(step & 0xFF for step in steps)
    again = read(octets, Coding.INT8, 16)
    assert bytes(encode_template(again, Coding.INT8)) == octets


def test_int4_is_laid_out_as_specified() -> None:
    features = unit(np.array([1.0, -1.0, 0.5, 0.0]))
    # q = round(3 * 2 * x) = 4, -4, 2, 0
    assert encode_template(features, Coding.INT4) == b"\x4c\x20"
    assert read(b"\x4c\x20", Coding.INT4, 4).values * 6 == pytest.approx([4, -4, 2, 0])


def test_int4_clips_outliers() -> None:
    features = unit(np.array([1.0] + [0.01] * 15))
    assert encode_template(features, Coding.INT4)[0] == 0x70


def test_int8_is_laid_out_as_specified() -> None:
    features = unit(np.array([1.0, -1.0, 0.5, 0.0]))
    assert encode_template(features, Coding.INT8) == b"\x7f\x81\x40\x00"


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        (Coding.INT4, b"\x11"),
        (Coding.INT4, b"\x11\x11\x11"),
        (Coding.INT4, b"\x00\x00"),
        (Coding.INT4, b"\x81\x11"),
        (Coding.INT4, b"\x11\x18"),
        (Coding.INT8, b"\x01\x01"),
        (Coding.INT8, b"\x00\x00\x00\x00"),
        (Coding.INT8, b"\x01\x01\x80\x01"),
    ],
)
def test_an_illegal_template_is_refused(coding: Coding, data: bytes) -> None:
    with pytest.raises(MalformedError) as refused:
        read(data, coding, 4)
    assert refused.value.reason is Reason.REFERENCE_MALFORMED


def test_int4_has_no_odd_number_of_elements() -> None:
    with pytest.raises(MalformedError):
        read(b"\x11\x11", Coding.INT4, 3)
    with pytest.raises(ValueError, match="even"):
        encode_template(unit(np.ones(3)), Coding.INT4)


def test_another_extractors_template_is_refused_as_such() -> None:
    reference = BiometricReference("other/1", Coding.INT8, b"\x7f")
    with pytest.raises(IncompatibleReferenceError) as refused:
        decode_template(reference, EXTRACTOR, 1)
    assert refused.value.reason is Reason.REFERENCE_INCOMPATIBLE


@pytest.mark.parametrize("scale", [0.0, 0.5, 2.0, np.nan, np.inf])
def test_features_have_length_one(scale: float) -> None:
    values = np.array([scale, 0, 0, 0], np.float32)
    with pytest.raises(ValueError, match="length 1"):
        encode_template(Features(EXTRACTOR, values), Coding.INT8)


@given(st.binary(min_size=1, max_size=600), st.sampled_from(Coding))
def test_any_bytes_are_a_template_or_refused(data: bytes, coding: Coding) -> None:
    features = outcome(data, coding)
    if isinstance(features, Reason):
        assert features is Reason.REFERENCE_MALFORMED
    else:
        assert np.linalg.norm(features.values) == pytest.approx(1, abs=1e-5)


def test_the_features_are_the_readers_own() -> None:
    data = bytearray(b"\x7f\x01\x02\x03")
    features = read(data, Coding.INT8, 4)
    data[:] = bytes(4)
    assert features.values[0] > 0.9
    features.values.fill(0)


@pytest.mark.parametrize(
    ("extractor", "data"),
    [
        ("", b"\1"),
        (" x/1", b"\1"),
        ("x" * 60, b"\1"),
        ("x/1", b""),
        ("x/1", bytes(1025)),
    ],
)
def test_references_have_limits(extractor: str, data: bytes) -> None:
    with pytest.raises(ValueError, match=r"name|template"):
        BiometricReference(extractor, Coding.INT4, data)


def test_no_representation_shows_the_template() -> None:
    reference = BiometricReference(EXTRACTOR, Coding.INT8, b"\x7f\x55")
    assert repr(reference) == (
        "BiometricReference(extractor='test/1', coding=<Coding.INT8: 'int8'>)"
    )
