"""A pass on an NFC tag: one NDEF record on a Type 2 tag, such as an NTAG216.

The record holds the zlib stream, that is the bytes of the code's text without base45;
what is read becomes that text again and goes the same way as a code. Written from the
NFC Forum's NDEF 1.0, section 3, and Type 2 Tag Operation 1.2, sections 2, 6 and 7. As
everywhere, what is read has one form only.
"""

from typing import Final

from ostiary.credential.text import read_base45, write_base45
from ostiary.errors import CaptureError, MalformedError
from ostiary.ports import Tag

TYPE: Final = b"application/vnd.ostiary.pass"
"""Media type of the record; in the vendor tree, not registered (RFC 6838)."""

CODE_BYTES: Final = 2_864
"""What a code's 4,296 characters hold, as bytes."""

LONGEST_MESSAGE: Final = CODE_BYTES + 6 + len(TYPE)

PAGE: Final = 4
"""Bytes of a page: what one WRITE takes. One READ gives four pages."""

_FIRST_AND_LAST: Final = 0xC0
_SHORT: Final = 0x10
_MEDIA_TYPE: Final = 0x02
_SHORTEST_LONG: Final = 256

_CAPABILITIES: Final = 3
"""Page of the capability container; the data area starts in the next."""
_MAGIC: Final = 0xE1
_MAJOR_VERSION: Final = 1
_NULL, _LOCK, _MEMORY, _NDEF, _TERMINATOR = 0x00, 0x01, 0x02, 0x03, 0xFE
_LONG_LENGTH: Final = 0xFF
_NO_MESSAGE: Final = bytes([_NDEF, 0, _TERMINATOR, 0])


def ndef_message(text: str) -> bytes:
    """The NDEF message of a pass: one record.

    Raises:
        CaptureError: the text is not that of a code.
    """
    try:
        payload = read_base45(text)
    except MalformedError:
        raise CaptureError("only the text of a pass goes on a tag") from None
    if not 0 < len(payload) <= CODE_BYTES:
        raise CaptureError("a pass is as long as a code holds, and no longer")
    return _header(len(payload)) + payload


def _header(length: int) -> bytes:
    """Everything of the record before its payload (NDEF 1.0, section 3.2)."""
    flags = _FIRST_AND_LAST | _MEDIA_TYPE
    if length < _SHORTEST_LONG:
        return bytes([flags | _SHORT, len(TYPE), length]) + TYPE
    return bytes([flags, len(TYPE)]) + length.to_bytes(4) + TYPE


def read_ndef(message: bytes) -> str:
    """The text of the pass in an NDEF message.

    Raises:
        CaptureError: anything but a message as `ndef_message` writes it.
    """
    for kind in (0, _SHORTEST_LONG):
        payload = message[len(_header(kind)) :]
        legal = 0 < len(payload) <= CODE_BYTES
        if legal and message == _header(len(payload)) + payload:
            return write_base45(payload)
    raise CaptureError("there is no pass on the tag, or something beside it")


def tag_area(text: str) -> bytes:
    """What a pass takes of a tag's data area, from its first byte to the terminator.

    Raises:
        CaptureError: the text is not that of a code.
    """
    message = ndef_message(text)
    return _value_head(len(message)) + message + bytes([_TERMINATOR])


def write_tag(tag: Tag, text: str) -> None:
    """Put a pass on a tag, in place of what was there, and read it back.

    The length is written last: a tag that is taken away too early holds no pass.

    Raises:
        CaptureError: not a pass; the tag is too small, locked, or taken away.
    """
    area = tag_area(text)
    room = _room(tag, writable=True)
    if len(area) > room:
        raise CaptureError(f"the pass takes {len(area)} bytes, the tag has {room}")
    area += bytes(-len(area) % PAGE)
    first = _CAPABILITIES + 1
    tag.write(first, _NO_MESSAGE)
    for at in range(PAGE, len(area), PAGE):
        tag.write(first + at // PAGE, area[at : at + PAGE])
    tag.write(first, area[:PAGE])
    if read_tag(tag) != text:
        raise CaptureError("the tag did not keep what was written")


def read_tag(tag: Tag) -> str:
    """The text of the pass on a tag.

    Raises:
        CaptureError: no Type 2 tag with a pass and nothing else; or taken away.
    """
    return read_ndef(_find_message(_data_area(tag)))


def _room(tag: Tag, *, writable: bool) -> int:
    """Bytes of the data area, from the capability container (section 6.1)."""
    magic, version, size, access = tag.read(_CAPABILITIES)[:PAGE]
    if magic != _MAGIC or version >> 4 != _MAJOR_VERSION:
        raise CaptureError("not a tag for NDEF messages")
    if access >> 4 or (writable and access & 0x0F):
        raise CaptureError("the tag is locked")
    return 8 * size


def _data_area(tag: Tag) -> bytes:
    room = _room(tag, writable=False)
    pages = range(_CAPABILITIES + 1, _CAPABILITIES + 1 + room // PAGE, 4)
    return b"".join(tag.read(page) for page in pages)[:room]


def _value_head(length: int) -> bytes:
    """Tag and length of the NDEF message (section 2.3): the shorter of two forms."""
    if length < _LONG_LENGTH:
        return bytes([_NDEF, length])
    return bytes([_NDEF, _LONG_LENGTH]) + length.to_bytes(2)


def _find_message(area: bytes) -> bytes:
    """The value of the one NDEF block; blocks that reserve memory may stand before."""
    at = 0
    while at + 1 < len(area) and area[at] in (_NULL, _LOCK, _MEMORY):
        at += 1 if area[at] == _NULL else 2 + area[at + 1]
    long = area[at + 1 : at + 2] == bytes([_LONG_LENGTH])
    start = at + (4 if long else 2)
    length = int.from_bytes(area[at + 2 : start]) if long else _byte(area, at + 1)
    end = start + length
    if area[at:start] != _value_head(length) or area[end : end + 1] != bytes(
        [_TERMINATOR]
    ):
        raise CaptureError("there is no message on the tag, or something beside it")
    return area[start:end]


def _byte(area: bytes, at: int) -> int:
    return area[at] if at < len(area) else 0
