"""Objects read strictly: no duplicate member, none left over, none of a wrong type.

Key files, drafts and records are JSON; a trust list has the same objects in CBOR.
Everything wrong is a `TrustListError` whose message names the member and never its
content.
"""

import base64
import binascii
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ostiary.credential.checks import moment_of
from ostiary.errors import TrustListError


@dataclass(slots=True)
class Members:
    """One object whose members are taken one by one."""

    left: dict[str, object] = field(repr=False)

    def __contains__(self, name: str) -> bool:
        return name in self.left

    def text(self, name: str) -> str:
        """Take a string."""
        value = self._take(name)
        if not isinstance(value, str):
            raise TrustListError(f"{name!r} is not a text")
        return value

    def integer(self, name: str) -> int:
        """Take an integer; true and false are none."""
        return _expect_integer(name, self._take(name))

    def integers(self, name: str) -> Sequence[int]:
        """Take an array of whole numbers."""
        return [_expect_integer(name, value) for value in self._array(name)]

    def truth(self, name: str) -> bool:
        """Take true or false."""
        value = self._take(name)
        if not isinstance(value, bool):
            raise TrustListError(f"{name!r} is neither true nor false")
        return value

    def number(self, name: str) -> float:
        """Take a finite number; true and false are none."""
        value = self._take(name)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise TrustListError(f"{name!r} is not a number")
        if not -sys.float_info.max <= value <= sys.float_info.max:  # NaN neither
            raise TrustListError(f"{name!r} is out of range")
        return float(value)

    def moment(self, name: str) -> datetime:
        """Take seconds since 1970, as a moment in UTC."""
        seconds = self.integer(name)
        try:
            return moment_of(seconds)
        except ValueError as error:
            raise TrustListError(f"{name!r}: {error}") from None

    def octets(self, name: str, length: int) -> bytes:
        """Take that many bytes, in base64url without padding (RFC 7515)."""
        text = self.text(name)
        try:
            octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            octets = b""
        if len(octets) != length or base64url(octets) != text:
            raise TrustListError(f"{name!r} is not {length} bytes in base64url")
        return octets

    def raw(self, name: str, length: int) -> bytes:
        """Take that many bytes as they stand, which only CBOR can."""
        value = self.any_raw(name)
        if len(value) != length:
            raise TrustListError(f"{name!r} is not {length} bytes")
        return value

    def any_raw(self, name: str) -> bytes:
        """Take bytes as they stand, however many."""
        return _expect_raw(name, self._take(name))

    def raws(self, name: str, length: int) -> tuple[bytes, ...]:
        """Take an array of so many bytes each."""
        found = tuple(_expect_raw(name, value) for value in self._array(name))
        if any(len(value) != length for value in found):
            raise TrustListError(f"{name!r} holds something that is not {length} bytes")
        return found

    def texts(self, name: str) -> Sequence[str]:
        """Take an array of strings."""
        return [_expect_text(name, value) for value in self._array(name)]

    def objects(self, name: str) -> Sequence["Members"]:
        """Take an array of objects."""
        return [expect_object(name, value) for value in self._array(name)]

    def member(self, name: str) -> "Members":
        """Take an object."""
        return expect_object(name, self._take(name))

    def finish(self) -> None:
        """Refuse what nobody took."""
        if self.left:
            raise TrustListError(f"unknown members: {len(self.left)}")

    def _take(self, name: str) -> object:
        if name not in self.left:
            raise TrustListError(f"{name!r} is missing")
        return self.left.pop(name)

    def _array(self, name: str) -> list[object]:
        value = self._take(name)
        if not isinstance(value, list):
            raise TrustListError(f"{name!r} is not an array")
        return value


def read_object(data: bytes, limit: int) -> Members:
    """Parse a file of at most that many bytes that holds one JSON object.

    Raises:
        TrustListError: too long, not UTF-8, not JSON, not an object, or a member twice.
    """
    if len(data) > limit:
        raise TrustListError(f"longer than {limit} bytes")
    try:
        content = json.loads(data.decode(), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError):
        # The parser's own message would quote the file, which may hold a private key.
        content = None
    return expect_object("the file", content)


def base64url(octets: bytes) -> str:
    """Bytes in base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise TrustListError("a member stands twice")
    return content


def _expect_raw(name: str, value: object) -> bytes:
    if not isinstance(value, memoryview):
        raise TrustListError(f"{name!r} holds something that is not bytes")
    return bytes(value)


def _expect_text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TrustListError(f"{name!r} holds something that is not a text")
    return value


def _expect_integer(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TrustListError(f"{name!r} is not an integer")
    return value


def expect_object(name: str, value: object) -> Members:
    """A value that has to be an object.

    Raises:
        TrustListError: it is something else.
    """
    if not isinstance(value, dict):
        raise TrustListError(f"{name!r} is not an object")
    return Members(value)
