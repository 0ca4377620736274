"""Files of weights as PyTorch wrote them, made here by Python's own pickler."""

import os
import pickle
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ostiary.errors import ModelError
from ostiary.vision.torch_weights import read_torch_weights

MAGIC = 0x1950A86A20F9469CFC6C
SYSTEM: Final = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}

Numbers = NDArray[np.float32] | NDArray[np.int64]


class FloatStorage:
    """Pickled under its name in PyTorch, as the two below."""

    __module__ = "torch"

    def __init__(self, key: str, numbers: Numbers, count: object = None) -> None:
        self.key = key
        self.numbers = numbers
        self.count = numbers.size if count is None else count


class LongStorage(FloatStorage):
    __module__ = "torch"


def _rebuild_tensor_v2(*arguments: object) -> None:
    raise AssertionError("only pickled, never called")


_rebuild_tensor_v2.__module__ = "torch._utils"


class Called:
    """Pickled as a call of a function with arguments."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.reduced = function, arguments


class StoragesApart:
    def persistent_id(self, value: object) -> object:
        if isinstance(value, FloatStorage):
            return ("storage", type(value), value.key, "cuda:0", value.count, None)
        return None


class Pickler(StoragesApart, pickle.Pickler):
    """Leaves the numbers out, as PyTorch's does."""


@pytest.fixture(scope="module", autouse=True)
def _torch() -> Iterator[None]:
    """The pickler looks up what it names."""
    torch, utilities = ModuleType("torch"), ModuleType("torch._utils")
    vars(torch).update(FloatStorage=FloatStorage, LongStorage=LongStorage)
    vars(utilities).update(_rebuild_tensor_v2=_rebuild_tensor_v2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "torch", torch)
        patch.setitem(sys.modules, "torch._utils", utilities)
        yield


def tensor(
    storage: object,
    shape: Sequence[int],
    strides: Sequence[int],
    offset: int = 0,
) -> Called:
    hooks: OrderedDict[str, object] = OrderedDict()
    arguments = (storage, offset, tuple(shape), tuple(strides), False, hooks)
    return Called(_rebuild_tensor_v2, *arguments)


def whole(key: str, numbers: Numbers) -> Called:
    kind = LongStorage if numbers.dtype == np.int64 else FloatStorage
    strides = [stride // numbers.itemsize for stride in numbers.strides]
    return tensor(kind(key, numbers), numbers.shape, strides)


def pickled(value: object) -> bytes:
    stream = BytesIO()
    pickler = Pickler(stream, protocol=2)
    pickler.dispatch_table = {Called: lambda called: called.reduced}
    pickler.dump(value)
    return stream.getvalue()


def saved(
    state: object,
    *storages: tuple[str, Numbers],
    head: Sequence[object] = (MAGIC, 1001, SYSTEM),
) -> bytes:
    parts = [pickled(value) for value in head]
    parts += [pickled(state), pickled([key for key, _ in storages])]
    for _, numbers in storages:
        parts += [numbers.size.to_bytes(8, "little"), numbers.tobytes()]
    return b"".join(parts)


FILTERS: Final = np.arange(24, dtype=np.float32).reshape(4, 1, 2, 3) - 7.5
OFFSETS: Final = np.array([0.25, -1e9, 3e-9], np.float32)
STEPS: Final = np.array(9, np.int64)


def a_file() -> bytes:
    """Everything that stands in the real ones, in another order of storages."""
    named: Mapping[str, Numbers] = {"filters": FILTERS, "offsets": OFFSETS, "n": STEPS}
    state = OrderedDict((name, whole(f"94{name}", x)) for name, x in named.items())
    vars(state)["_metadata"] = OrderedDict(layer={"version": 2}, net={"version": 1})
    storages = [(f"94{name}", x) for name, x in named.items()]
    return saved(state, *storages[::-1])


def one(value: object, numbers: Numbers = OFFSETS) -> bytes:
    """A sound tensor, and a value that may be none."""
    state = {"sound": whole("sound", FILTERS), "x": value}
    return saved(state, ("sound", FILTERS), ("0", numbers))


def test_tensors_come_out_as_they_went_in() -> None:
    weights = read_torch_weights(a_file())
    assert list(weights) == ["offsets", "filters"]
    for name, expected in (("filters", FILTERS), ("offsets", OFFSETS)):
        assert weights[name].dtype == np.float32
        assert not weights[name].flags.writeable
        np.testing.assert_array_equal(weights[name], expected)


def test_nothing_that_a_file_names_is_called(tmp_path: Path) -> None:
    content = one(Called(os.mkdir, str(tmp_path / "called")))
    with pytest.raises(ModelError, match="cannot load"):
        read_torch_weights(content)
    assert not list(tmp_path.iterdir())


NOT_FINITE = np.array([1, np.nan, 2], np.float32)


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        (tensor("0", [3], [1]), OFFSETS),
        (tensor(FloatStorage("0", OFFSETS), [3], [1], 1), OFFSETS),
        (tensor(FloatStorage("0", OFFSETS), [2], [1]), OFFSETS),
        (tensor(FloatStorage("0", OFFSETS), [-3, -1], [1, 1]), OFFSETS),
        (tensor(FloatStorage("0", OFFSETS), [3], [2]), OFFSETS),
        (tensor(FloatStorage("0", FILTERS), [4, 6], [1, 4]), FILTERS),
        (tensor(FloatStorage("0", OFFSETS), [1, 1, 1, 1, 3], [3, 3, 3, 3, 1]), OFFSETS),
        (tensor(FloatStorage("0", OFFSETS, 4), [4], [1]), OFFSETS),
        (tensor(FloatStorage("0", OFFSETS, 1 << 70), [1 << 70], [1]), OFFSETS),
        (tensor(FloatStorage("0", OFFSETS[:0]), [0], [1]), OFFSETS[:0]),
        (tensor(FloatStorage("0", OFFSETS, "3"), [3], [1]), OFFSETS),
        (tensor(FloatStorage("1", OFFSETS), [3], [1]), OFFSETS),
        (whole("0", NOT_FINITE), NOT_FINITE),
        (FloatStorage("0", OFFSETS), OFFSETS),
        ([whole("0", OFFSETS)], OFFSETS),
        (OFFSETS.tobytes(), OFFSETS),
        (1.5, OFFSETS),
    ],
)
def test_what_is_no_whole_tensor_is_refused(value: object, numbers: Numbers) -> None:
    with pytest.raises(ModelError, match="cannot load"):
        read_torch_weights(one(value, numbers))


def test_the_file_that_those_differ_from_is_read() -> None:
    assert list(read_torch_weights(one(whole("0", OFFSETS)))) == ["sound", "x"]


@pytest.mark.parametrize(
    "head",
    [
        (MAGIC + 1, 1001, SYSTEM),
        (MAGIC, 1002, SYSTEM),
        (MAGIC, 1001, {**SYSTEM, "little_endian": False}),
        (MAGIC, 1001, None),
    ],
)
def test_another_format_is_refused(head: tuple[object, ...]) -> None:
    with pytest.raises(ModelError, match="cannot load"):
        read_torch_weights(saved({}, head=head))


@pytest.mark.parametrize(
    "content",
    [
        lambda: saved([whole("0", OFFSETS)], ("0", OFFSETS)),
        lambda: saved({"x": whole("0", OFFSETS)}),
        lambda: saved({}, ("0", OFFSETS)),
        lambda: saved({"x": whole("0", OFFSETS)}, ("0", OFFSETS), ("0", OFFSETS)),
        lambda: saved(
            {"x": whole("0", OFFSETS), "y": whole("0", OFFSETS)}, ("0", OFFSETS)
        ),
        lambda: saved(
            {"x": whole("0", OFFSETS), "y": whole("0", OFFSETS)},
            ("0", OFFSETS),
            ("0", OFFSETS),
        ),
        lambda: a_file() + b"\0",
        lambda: b"",
        lambda: b"PK\x03\x04",
    ],
)
def test_every_number_belongs_to_one_tensor(content: Callable[[], bytes]) -> None:
    with pytest.raises(ModelError, match="cannot load"):
        read_torch_weights(content())


def part(pickle_body: bytes) -> bytes:
    """A file whose first pickle is this."""
    return b"\x80\x02" + pickle_body + b"."


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"N" * 2,
        b"(N",
        b"t",
        b"h\x00",
        b"r\xff\xff\xff\xff",
        b"Nr\xff\xff\xff\xff",
        b"NNe",
        b"NK\x01(K\x01e",
        b"](K\x01a",
        b"}(K\x01K\x01u",
        b"}(K\x01u",
        b"}X\x01\x00\x00\x00aNsX\x01\x00\x00\x00aNs",
        b"N)R",
        b"ccollections\nOrderedDict\nNR",
        b"ccollections\nOrderedDict\n(Nt)R",
        b"ccollections\nOrderedDict\n(NtR",
        b"ccollections\nCounter\n",
        b"ccollections\nOrdered\\eDict\n",
        b"ccollections\n\xff\n",
        b"ccollections",
        b"X\xff\xff\xff\xffa",
        b"2",
        b"\xff",
    ],
)
def test_pickles_that_make_no_sense_are_refused(body: bytes) -> None:
    with pytest.raises(ModelError, match="cannot load"):
        read_torch_weights(part(body))


def test_nesting_without_end_is_refused_in_good_time() -> None:
    deep = part(b")" + b"\x85" * 200_000)
    wide = part(b")" + b"q\x00h\x00\x86" * 50_000)
    lists = part(b"]q\x00(" + b"h\x00" * 50_000 + b"e")
    for content in (deep, wide, lists):
        for place in range(4):
            head = [pickled(value) for value in (MAGIC, 1001, SYSTEM, {})][:place]
            with pytest.raises(ModelError, match="cannot load"):
                read_torch_weights(b"".join([*head, content]))


@pytest.mark.parametrize("length", [0, 1, 14, 100, -1])
def test_a_cut_file_is_refused(length: int) -> None:
    with pytest.raises(ModelError, match="cannot load"):
        read_torch_weights(a_file()[:length])


def survives(content: bytes) -> None:
    """Either weights, or an error of ours."""
    try:
        weights = read_torch_weights(content)
    except ModelError:
        return
    assert all(np.isfinite(values).all() for values in weights.values())


@given(st.data())
def test_altered_bytes_give_weights_or_an_error_of_ours(data: st.DataObject) -> None:
    content = bytearray(a_file())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = start + data.draw(st.integers(0, 4))
        content[start:end] = data.draw(st.binary(max_size=6))
    survives(bytes(content))


@given(st.binary(max_size=200))
def test_any_bytes_give_weights_or_an_error_of_ours(content: bytes) -> None:
    survives(content)
    survives(part(content))
