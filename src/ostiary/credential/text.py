"""The outermost layers: bytes -> zlib -> base45 -> the text of a QR code, and back."""

import zlib
from typing import Final

from base45 import b45decode, b45encode

from ostiary.credential.limits import LIMITS
from ostiary.errors import MalformedError
from ostiary.reasons import Reason

_STORED: Final = 0
"""Ciphertext does not shrink, and stored blocks are the same bytes with any zlib."""


def write_text(message: bytes | bytearray) -> str:
    """Wrap in zlib (RFC 1950) and spell in base45 (RFC 9285)."""
    return write_base45(zlib.compress(message, _STORED))


def read_text(text: str) -> bytes:
    """Undo `write_text`, accepting one spelling only.

    Raises:
        MalformedError: `TEXT_TOO_LONG`, `TEXT_NOT_BASE45`, `ZLIB_DAMAGED`,
            `ZLIB_TRAILING` or `INFLATES_TOO_FAR`.
    """
    if len(text) > LIMITS.text_characters:
        raise MalformedError(Reason.TEXT_TOO_LONG)
    return _inflate(read_base45(text))


def write_base45(packed: bytes) -> str:
    """Spell in base45 alone."""
    text: str = b45encode(packed).decode("ascii")
    return text


def read_base45(text: str) -> bytes:
    """Undo base45 alone.

    Raises:
        MalformedError: `TEXT_NOT_BASE45`.
    """
    try:
        packed: bytes = b45decode(text)
    except ValueError:
        raise MalformedError(Reason.TEXT_NOT_BASE45) from None
    # The library forgives a line feed at the end. Nothing is forgiven here.
    if write_base45(packed) != text:
        raise MalformedError(Reason.TEXT_NOT_BASE45)
    return packed


def _inflate(packed: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        message = inflater.decompress(packed, LIMITS.inflated_bytes + 1)
    except zlib.error:
        raise MalformedError(Reason.ZLIB_DAMAGED) from None
    if len(message) > LIMITS.inflated_bytes:
        raise MalformedError(Reason.INFLATES_TOO_FAR)
    if not inflater.eof:
        raise MalformedError(Reason.ZLIB_DAMAGED)
    if inflater.unused_data:
        raise MalformedError(Reason.ZLIB_TRAILING)
    return message
