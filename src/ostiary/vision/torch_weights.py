"""Weights out of a file that PyTorch saved before version 1.6, without PyTorch.

Such a file is five pickles and then the numbers: a magic number, a version, the machine
that wrote it, a dictionary of named tensors, and the order in which their storages
follow. Each storage is a count of eight bytes and that many numbers. Of all that may
stand in such a file, only what the weights of a network need is read: whole tensors,
each with a storage of its own. Every byte must be accounted for.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from io import BytesIO
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from ostiary.errors import ModelError
from ostiary.vision.pickles import read_pickle

_MAGIC_NUMBER: Final = 0x1950A86A20F9469CFC6C
_PROTOCOL_VERSION: Final = 1001
_COUNT_BYTES: Final = 8

_MAX_COUNT: Final = 1 << 24
"""Numbers in one storage; more than any network here has in all."""

_MAX_AXES: Final = 4
"""Those of a convolution: outputs, inputs, rows, columns."""


class _Kind(Enum):
    """What a storage holds, and the bytes of each number."""

    FLOAT = 4
    LONG = 8


@dataclass(frozen=True, slots=True)
class _Storage:
    key: str
    kind: _Kind
    count: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    storage: _Storage
    shape: tuple[int, ...]


def read_torch_weights(content: bytes) -> dict[str, NDArray[np.float32]]:
    """The tensors of float32 in a file of weights, by name.

    Tensors of whole numbers count training steps and are left out.

    Args:
        content: the whole file.

    Returns:
        Arrays that cannot be written to; all numbers are finite.

    Raises:
        ModelError: the bytes are no such file, or hold anything but weights.
    """
    stream = BytesIO(content)
    _check_header(stream)
    tensors = _tensors(_read_part(stream))
    weights = {}
    for name in _order(_read_part(stream), tensors):
        tensor = tensors[name]
        numbers = _read_numbers(stream, tensor.storage)
        if tensor.storage.kind is _Kind.FLOAT:
            weights[name] = _finite(numbers).reshape(tensor.shape)
    if stream.read(1):
        raise ModelError("cannot load: something follows the weights")
    return weights


def _check_header(stream: BinaryIO) -> None:
    if _read_part(stream) != _MAGIC_NUMBER or _read_part(stream) != _PROTOCOL_VERSION:
        raise ModelError("cannot load: not the old format of PyTorch")
    machine = _read_part(stream)
    if not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise ModelError("cannot load: not written on a little-endian machine")


def _read_part(stream: BinaryIO) -> object:
    return read_pickle(stream, _NAMES, _storage)


def _tensors(state: object) -> dict[str, _Tensor]:
    if not isinstance(state, dict):
        raise ModelError("cannot load: no dictionary of tensors")
    tensors = {
        name: value for name, value in state.items() if isinstance(value, _Tensor)
    }
    if len(tensors) != len(state):
        raise ModelError("cannot load: there is more than tensors")
    return tensors


def _order(keys: object, tensors: Mapping[str, _Tensor]) -> list[str]:
    """The names of the tensors, in the order in which their numbers follow."""
    names = {tensor.storage.key: name for name, tensor in tensors.items()}
    if not isinstance(keys, list) or len(keys) != len(tensors):
        raise ModelError("cannot load: no list of every storage")
    order = [names.pop(key, None) for key in keys if isinstance(key, str)]
    known = [name for name in order if name is not None]
    if len(known) != len(tensors):
        raise ModelError("cannot load: a storage that is unknown, or used twice")
    return known


def _read_numbers(stream: BinaryIO, storage: _Storage) -> bytes:
    count = int.from_bytes(stream.read(_COUNT_BYTES), "little")
    size = storage.count * storage.kind.value
    numbers = stream.read(size)
    if count != storage.count or len(numbers) != size:
        raise ModelError("cannot load: not as many numbers as a tensor needs")
    return numbers


def _finite(numbers: bytes) -> NDArray[np.float32]:
    values = np.frombuffer(numbers, np.dtype("<f4"))
    if not np.isfinite(values).all():
        raise ModelError("cannot load: a weight that is no number")
    return values


def _storage(identity: object) -> _Storage:
    """The numbers that a tensor is made of; they follow later in the file."""
    match identity:
        case ("storage", _Kind() as kind, str(key), str(), int(count), None) if (
            0 < count <= _MAX_COUNT
        ):
            return _Storage(key, kind, count)
        case _:
            raise ModelError("cannot load: something else than a storage")


def _tensor(arguments: tuple[object, ...]) -> _Tensor:
    """A tensor that is the whole of a storage, row after row."""
    match arguments:
        case (_Storage() as storage, 0, tuple(lengths), tuple(strides), False, {}):
            shape = _shape(lengths)
            if math.prod(shape) == storage.count and strides == _row_by_row(shape):
                return _Tensor(storage, shape)
        case _:
            pass
    raise ModelError("cannot load: something else than a whole tensor")


def _shape(lengths: tuple[object, ...]) -> tuple[int, ...]:
    shape = tuple(
        length for length in lengths if isinstance(length, int) and length > 0
    )
    if len(shape) != len(lengths) or len(shape) > _MAX_AXES:
        raise ModelError("cannot load: a shape that no weights have")
    return shape


def _row_by_row(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def _dictionary(arguments: tuple[object, ...]) -> dict[str, object]:
    """An empty one; what it holds is put in afterwards."""
    if arguments:
        raise ModelError("cannot load: a dictionary made of something")
    return {}


_NAMES: Final[Mapping[str, object]] = {
    "collections OrderedDict": _dictionary,
    "torch FloatStorage": _Kind.FLOAT,
    "torch LongStorage": _Kind.LONG,
    "torch._utils _rebuild_tensor_v2": _tensor,
}
