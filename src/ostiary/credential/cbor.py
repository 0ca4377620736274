"""The subset of CBOR that credentials use, read strictly and without copying.

Read: RFC 8949 section 4.2.1 (core deterministic encoding) and nothing else. Integers,
byte strings, UTF-8 text, arrays, maps whose keys are integers or text, and tags; each
in its one shortest form. A byte string comes back as a view of the input, so that
whoever owns the input can overwrite everything that was read from it.

Write: the same subset, in the same one form, into a buffer that its owner can
overwrite; and nil, which the key derivation context of RFC 9053 asks for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from ostiary.credential.limits import LIMITS
from ostiary.errors import MalformedError
from ostiary.reasons import Reason

Key: TypeAlias = int | str


@dataclass(frozen=True, slots=True)
class Tagged:
    """A tag (RFC 8949 section 3.4) and what it encloses."""

    number: int
    content: "Value"


Value: TypeAlias = int | str | memoryview | list["Value"] | dict[Key, "Value"] | Tagged
Encodable: TypeAlias = (
    int
    | str
    | bytes
    | bytearray
    | memoryview
    | Sequence["Encodable"]
    | Mapping[Key, "Encodable"]
    | None
)

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_NIL: Final = 0xF6
_INDEFINITE: Final = 31
_LONGEST_HEAD: Final = 27
_SMALLEST: Final = {24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}
"""Additional information -> the smallest argument that needs a head that long."""


def decode(
    data: bytes | bytearray | memoryview, most_items: int = LIMITS.cbor_items
) -> Value:
    """Read exactly one item.

    Args:
        data: the whole encoding. Byte strings in the result are views of it.
        most_items: how many items it may have, with all that is enclosed.

    Raises:
        MalformedError: `CBOR_*`, one reason for each way of breaking the subset.
    """
    reader = _Reader(memoryview(data), most_items)
    value = reader.item(depth=1)
    if reader.position != len(reader.data):
        raise MalformedError(Reason.CBOR_TRAILING)
    return value


@dataclass(slots=True)
class _Reader:
    """A position in the input, moved forward by whatever is taken."""

    data: memoryview
    most_items: int
    position: int = 0
    items: int = 0

    def item(self, depth: int) -> Value:
        self.items += 1
        if self.items > self.most_items:
            raise MalformedError(Reason.CBOR_TOO_MANY)
        major, argument = self._head()
        if major == _UNSIGNED:
            return argument
        if major == _NEGATIVE:
            return -1 - argument
        if major == _BYTES:
            return self._take(argument)
        if major == _TEXT:
            return self._text(argument)
        return self._enclosing(major, argument, depth)

    def _enclosing(self, major: int, argument: int, depth: int) -> Value:
        if depth > LIMITS.cbor_depth:
            raise MalformedError(Reason.CBOR_TOO_DEEP)
        if major == _ARRAY:
            return [self.item(depth + 1) for _ in range(argument)]
        if major == _MAP:
            return self._map(argument, depth)
        return Tagged(argument, self.item(depth + 1))

    def _map(self, pairs: int, depth: int) -> dict[Key, Value]:
        content: dict[Key, Value] = {}
        previous = b""
        for _ in range(pairs):
            start = self.position
            key = self.item(depth + 1)
            if not isinstance(key, int | str):
                raise MalformedError(Reason.CBOR_UNSUPPORTED)
            if key in content:
                raise MalformedError(Reason.CBOR_DUPLICATE_KEY)
            encoded = bytes(self.data[start : self.position])
            if encoded < previous:
                raise MalformedError(Reason.CBOR_NOT_CANONICAL)
            previous = encoded
            content[key] = self.item(depth + 1)
        return content

    def _text(self, length: int) -> str:
        encoded = self._take(length)
        try:
            return str(encoded, "utf-8")
        except UnicodeDecodeError:
            raise MalformedError(Reason.CBOR_UNSUPPORTED) from None

    def _head(self) -> tuple[int, int]:
        initial = self._take(1)[0]
        major, information = initial >> 5, initial & 0x1F
        if information == _INDEFINITE:
            raise MalformedError(Reason.CBOR_INDEFINITE)
        if major == _SIMPLE or information > _LONGEST_HEAD:
            raise MalformedError(Reason.CBOR_UNSUPPORTED)
        if information not in _SMALLEST:
            return major, information
        argument = int.from_bytes(self._take(1 << (information - 24)))
        if argument < _SMALLEST[information]:
            raise MalformedError(Reason.CBOR_NOT_CANONICAL)
        return major, argument

    def _take(self, length: int) -> memoryview:
        end = self.position + length
        if end > len(self.data):
            raise MalformedError(Reason.CBOR_TRUNCATED)
        taken = self.data[self.position : end]
        self.position = end
        return taken


def encode(value: Encodable, *, tag: int | None = None) -> bytearray:
    """Write one item in its one deterministic form.

    Args:
        value: integers of at most 64 bits, text, bytes, sequences, mappings, None.
        tag: the number of a tag to put around it.

    Returns:
        A buffer of the caller's own, to be overwritten when it has served.

    Raises:
        ValueError: a value outside of the subset.
    """
    out = bytearray()
    if tag is not None:
        out += _head(_TAG, tag)
    _write(out, value)
    return out


def _write(out: bytearray, value: Encodable) -> None:
    match value:
        case None:
            out.append(_NIL)
        case int():
            out += _integer(value)
        case str():
            encoded = value.encode()
            out += _head(_TEXT, len(encoded)) + encoded
        case bytes() | bytearray() | memoryview():
            out += _head(_BYTES, len(value))
            out += value
        case Mapping():
            _write_map(out, value)
        case _:
            out += _head(_ARRAY, len(value))
            for element in value:
                _write(out, element)


def _write_map(out: bytearray, content: Mapping[Key, Encodable]) -> None:
    out += _head(_MAP, len(content))
    for encoded, key in sorted((bytes(encode(key)), key) for key in content):
        out += encoded
        _write(out, content[key])


def _integer(value: int) -> bytes:
    return _head(_UNSIGNED, value) if value >= 0 else _head(_NEGATIVE, -1 - value)


def _head(major: int, argument: int) -> bytes:
    if argument < _SMALLEST[24]:
        return bytes([major << 5 | argument])
    for information, length in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << 8 * length:
            return bytes([major << 5 | information]) + argument.to_bytes(length)
    raise ValueError("CBOR integers have at most 64 bits")
