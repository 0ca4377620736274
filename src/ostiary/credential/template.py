"""Templates: how features of unit length are coded into the bytes of a credential.

    int4  q = clip(round(3 * sqrt(d) * x), -7, 7); two to a byte, the first in the high
          half, two's complement; -8 never occurs. d is even; d / 2 bytes.
    int8  q = round(127 * x / max|x|); two's complement; -128 never occurs. d bytes.

Neither keeps a scale: the reader makes the length 1 again. In both, all zeros is no
template.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ostiary.credential.checks import check_name
from ostiary.credential.limits import LIMITS
from ostiary.erasure import overwrite
from ostiary.errors import IncompatibleReferenceError, MalformedError
from ostiary.reasons import Reason
from ostiary.terms import Features

_STEPS_PER_DEVIATION: Final = 3.0
"""int4: an element of a unit vector deviates by 1/sqrt(d): 3 steps."""
_LARGEST_INT4: Final = 7
_LARGEST_INT8: Final = 127
_LENGTH_TOLERANCE: Final = 1e-3


class Coding(StrEnum):
    """How a template's elements are written."""

    INT4 = "int4"
    INT8 = "int8"


@dataclass(frozen=True, slots=True)
class BiometricReference:
    """A template as a credential carries it.

    Attributes:
        extractor: identity of the extraction chain, such as `retail-0095/2`.
        coding: how the elements are written.
        data: the coded template; a view where it was read from a credential.
    """

    extractor: str
    coding: Coding
    data: bytes | bytearray | memoryview = field(repr=False)

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a name that cannot be one, no data, or too many.
        """
        check_name(f"{self.extractor}/{self.coding}")
        check_name(self.extractor)
        if not 0 < len(self.data) <= LIMITS.template_bytes:
            raise ValueError(f"a template has 1 to {LIMITS.template_bytes} bytes")


def encode_template(features: Features, coding: Coding) -> bytearray:
    """Code features of length 1.

    Args:
        features: d float32 of Euclidean length 1; d even for `INT4`.
        coding: how to write them.

    Returns:
        d / 2 bytes (`INT4`) or d bytes (`INT8`), for the caller to overwrite.

    Raises:
        ValueError: not of length 1, not finite, or of an odd number of elements.
    """
    if not abs(float(np.linalg.norm(features.values)) - 1) < _LENGTH_TOLERANCE:
        raise ValueError("features have length 1")
    if coding is Coding.INT8:
        largest = float(max(features.values.max(), -features.values.min()))
        return _quantise(features.values, _LARGEST_INT8 / largest, _LARGEST_INT8)
    if features.values.size % 2:
        raise ValueError("int4 takes an even number of elements")
    scale = _STEPS_PER_DEVIATION * float(np.sqrt(features.values.size))
    steps = _quantise(features.values, scale, _LARGEST_INT4)
    return _pack(steps)


def decode_template(
    reference: BiometricReference, extractor: str, dimensions: int
) -> Features:
    """The features behind a template, in an array that the caller overwrites.

    Args:
        reference: as a credential carries it.
        extractor: identity of the only extractor whose templates are comparable here.
        dimensions: number of elements that it yields.

    Returns:
        Features of length 1.

    Raises:
        IncompatibleReferenceError: made by another extractor.
        MalformedError: `REFERENCE_MALFORMED`: wrong length, -8 or -128, or all zero.
    """
    if reference.extractor != extractor:
        raise IncompatibleReferenceError(Reason.REFERENCE_INCOMPATIBLE)
    steps = np.zeros(dimensions, np.int8)
    read = _READERS[reference.coding]
    if not read(np.frombuffer(reference.data, np.uint8), steps):
        steps.fill(0)
        raise MalformedError(Reason.REFERENCE_MALFORMED)
    values = steps.astype(np.float32)
    steps.fill(0)
    values /= np.linalg.norm(values)
    return Features(extractor, values)


def _quantise(values: NDArray[np.float32], scale: float, largest: int) -> bytearray:
    """Nearest steps (halves to the even one), one int8 a byte."""
    scaled = np.multiply(values, scale, dtype=np.float32)
    np.rint(scaled, out=scaled)
    np.clip(scaled, -largest, largest, out=scaled)
    steps = bytearray(values.size)
    np.frombuffer(steps, np.int8)[:] = scaled
    scaled.fill(0)
    return steps


def _pack(steps: bytearray) -> bytearray:
    """Two steps of -7 to 7 into one byte; the given buffer is overwritten."""
    raw = np.frombuffer(steps, np.uint8)
    packed = bytearray(len(steps) // 2)
    halves = np.frombuffer(packed, np.uint8)
    np.left_shift(raw[0::2], 4, out=halves)
    np.bitwise_and(raw[1::2], 0x0F, out=raw[1::2])
    np.bitwise_or(halves, raw[1::2], out=halves)
    overwrite(steps)
    return packed


def _read_int8(raw: NDArray[np.uint8], steps: NDArray[np.int8]) -> bool:
    if raw.size != steps.size:
        return False
    steps[:] = raw.view(np.int8)
    return bool(steps.any() and steps.min() >= -_LARGEST_INT8)


def _read_int4(raw: NDArray[np.uint8], steps: NDArray[np.int8]) -> bool:
    if 2 * raw.size != steps.size:
        return False
    nibbles = steps.view(np.uint8)
    np.right_shift(raw, 4, out=nibbles[0::2])
    np.bitwise_and(raw, 0x0F, out=nibbles[1::2])
    # Two's complement: flipping the sign bit adds 8 modulo 16.
    np.bitwise_xor(nibbles, 8, out=nibbles)
    steps -= 8
    return bool(steps.any() and steps.min() >= -_LARGEST_INT4)


_Reader: TypeAlias = Callable[[NDArray[np.uint8], NDArray[np.int8]], bool]
_READERS: Final[Mapping[Coding, _Reader]] = MappingProxyType(
    {Coding.INT4: _read_int4, Coding.INT8: _read_int8}
)
"""Each fills the steps in place and says whether they are a legal template."""
