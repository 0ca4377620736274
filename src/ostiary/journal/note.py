"""Signed notes (C2SP signed-note): a text, and under it signatures of named keys."""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ostiary.errors import JournalError
from ostiary.journal.limits import JOURNAL_LIMITS

IDENTIFIER_BYTES: Final = 4
_KEY_BYTES: Final = 32
_DASH: Final = "\N{EM DASH} "


class SignatureType(IntEnum):
    """What a key signs, as part of its identifier."""

    ED25519 = 1
    COSIGNATURE = 4


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A key that signs notes, as verifiers know it.

    Attributes:
        name: whose it is; without spaces or a plus.
        key: checks signatures.
        kind: what it signs.
        identifier: 4 bytes, made from all three; a short hint, and no proof.
    """

    name: str
    key: Ed25519PublicKey = field(repr=False)
    kind: SignatureType = SignatureType.ED25519
    identifier: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Check the name and work out the identifier.

        Raises:
            JournalError: a name that cannot be one.
        """
        check_key_name(self.name)
        digest = hashlib.sha256(self.name.encode() + b"\n" + self._material).digest()
        object.__setattr__(self, "identifier", digest[:IDENTIFIER_BYTES])

    @property
    def text(self) -> str:
        """The key as others take it: name+identifier+base64."""
        material = base64.b64encode(self._material).decode()
        return f"{self.name}+{self.identifier.hex()}+{material}"

    @property
    def _material(self) -> bytes:
        return bytes([self.kind]) + self.key.public_bytes_raw()

    @classmethod
    def read(cls, text: str) -> "NoteKey":
        """A key from its text.

        Raises:
            JournalError: it is not one, or of a kind that is not known here.
        """
        name, _, rest = text.strip().partition("+")
        identifier, _, encoded = rest.partition("+")
        material = read_base64(encoded)
        if len(material) != 1 + _KEY_BYTES or material[0] not in list(SignatureType):
            raise JournalError("the text of a key is NAME+IDENTIFIER+BASE64, Ed25519")
        public = Ed25519PublicKey.from_public_bytes(material[1:])
        key = cls(name, public, SignatureType(material[0]))
        if key.identifier.hex() != identifier:
            raise JournalError(f"the key of {name} does not fit its identifier")
        return key

    def has_signed(self, signature: "NoteSignature", message: bytes) -> bool:
        """Whether it made the 64 bytes that such a signature ends with."""
        try:
            self.key.verify(signature.content[-64:], message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature, of whatever key.

    Attributes:
        name: of the key.
        identifier: of the key, 4 bytes.
        content: what the key made; its kind says how it is read.
    """

    name: str
    identifier: bytes
    content: bytes

    @property
    def line(self) -> str:
        """As it stands in a note, with its line feed."""
        encoded = base64.b64encode(self.identifier + self.content).decode()
        return f"{_DASH}{self.name} {encoded}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and its signatures. Until one of them was checked, it says nothing.

    Attributes:
        text: lines, each with its line feed.
        signatures: at least one.
    """

    text: str
    signatures: tuple[NoteSignature, ...]

    def of(self, key: NoteKey) -> tuple[NoteSignature, ...]:
        """The signatures that claim to be of that key."""
        return tuple(
            each
            for each in self.signatures
            if (each.name, each.identifier) == (key.name, key.identifier)
        )


def dump_note(note: Note) -> bytes:
    """A note as it is written."""
    return (note.text + "\n" + "".join(each.line for each in note.signatures)).encode()


def read_note(data: bytes) -> Note:
    """A note, of which nothing was checked yet.

    Raises:
        JournalError: it is not one.
    """
    if len(data) > JOURNAL_LIMITS.note_bytes:
        raise JournalError(f"a note has at most {JOURNAL_LIMITS.note_bytes} bytes")
    try:
        content = data.decode()
    except UnicodeDecodeError:
        raise JournalError("a note is text in UTF-8") from None
    if any(each < " " and each != "\n" for each in content):
        raise JournalError("a note has no control characters")
    text, separator, below = content.rpartition("\n\n")
    lines = below.split("\n")
    if not separator or lines.pop() or not lines:
        raise JournalError("a note has signatures after its last empty line")
    return Note(f"{text}\n", tuple(map(_read_signature, lines)))


def check_key_name(name: str) -> None:
    """Names are short and printable, without spaces or a plus.

    Raises:
        JournalError: this one is not.
    """
    if not name or not name.isprintable() or "+" in name or " " in name:
        raise JournalError("a key's name is printable and has no space and no plus")
    if len(name.encode()) > JOURNAL_LIMITS.key_name_bytes:
        raise JournalError(
            f"a key's name has at most {JOURNAL_LIMITS.key_name_bytes} bytes"
        )


def read_base64(text: str) -> bytes:
    """Base 64 (RFC 4648 section 4) in its one form.

    Raises:
        JournalError: it is not.
    """
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise JournalError("what should be base 64 is not") from None
    if base64.b64encode(octets).decode() != text:
        raise JournalError("base 64 in another than its one form")
    return octets


def read_number(text: str) -> int:
    """A size in decimal, without leading zeros.

    Raises:
        JournalError: it is not, or larger than any journal.
    """
    most = JOURNAL_LIMITS.size
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(most)):
        raise JournalError("what should be a size in decimal is not")
    number = int(text)
    if str(number) != text or number > most:
        raise JournalError(f"a size is at most {most}, without leading zeros")
    return number


def _read_signature(line: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH):
        raise JournalError("a note's signature begins with an em dash and a space")
    check_key_name(name)
    octets = read_base64(encoded)
    if len(octets) <= IDENTIFIER_BYTES:
        raise JournalError("a note's signature is too short")
    return NoteSignature(name, octets[:IDENTIFIER_BYTES], octets[IDENTIFIER_BYTES:])
