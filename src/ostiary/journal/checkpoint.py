"""Checkpoints (C2SP tlog-checkpoint), and what witnesses add (tlog-cosignature).

A checkpoint says how long a journal is and what its root is, under the journal's own
signature. A witness adds that it has seen the journal only ever grow, and when.
"""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ostiary.credential.checks import moment_of, seconds_of
from ostiary.credential.keys import JournalPublicKey, Signer
from ostiary.errors import JournalError, TamperedError
from ostiary.journal.merkle import EMPTY_ROOT, HASH_BYTES
from ostiary.journal.note import (
    Note,
    NoteKey,
    NoteSignature,
    SignatureType,
    check_key_name,
    dump_note,
    read_base64,
    read_note,
    read_number,
)

_SIGNATURE_BYTES: Final = 64
_TIME_BYTES: Final = 8
_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a journal is at one moment.

    Attributes:
        origin: which journal; the name of its key in notes.
        size: how many entries it has.
        root: of their tree; 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\n"


def origin_of(key: JournalPublicKey) -> str:
    """The origin of the one journal that a key signs.

    The key's identifier stands in it: a new key begins a new journal.
    """
    return f"ostiary/{key.name}/{key.identifier.hex()}"


def note_key(key: JournalPublicKey) -> NoteKey:
    """The key of a journal as verifiers of its checkpoints know it.

    Raises:
        JournalError: the name of the key cannot stand in an origin.
    """
    return NoteKey(origin_of(key), key.key)


def read_checkpoint(text: str) -> Checkpoint:
    """The text of a checkpoint. Lines of extensions are refused: nobody audits them.

    Raises:
        JournalError: it is not one.
    """
    lines = text.removesuffix("\n").split("\n")
    if len(lines) != _LINES:
        raise JournalError("a checkpoint has three lines: origin, size, root")
    origin, size, root = lines
    check_key_name(origin)
    checkpoint = Checkpoint(origin, read_number(size), read_base64(root))
    if len(checkpoint.root) != HASH_BYTES:
        raise JournalError(f"a root has {HASH_BYTES} bytes")
    if not checkpoint.size and checkpoint.root != EMPTY_ROOT:
        raise JournalError("an empty journal has the root of an empty tree")
    return checkpoint


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """The signed note of a checkpoint, with the journal's own signature."""
    key = NoteKey(checkpoint.origin, signer.public_key())
    content = signer.sign(checkpoint.text.encode())
    signature = NoteSignature(key.name, key.identifier, content)
    return dump_note(Note(checkpoint.text, (signature,)))


def open_checkpoint(data: bytes, key: NoteKey) -> Checkpoint:
    """The checkpoint in a signed note, checked.

    Signatures of keys that are not known are passed over.

    Args:
        data: the note.
        key: of the journal; its name is the origin that is expected.

    Raises:
        JournalError: it is no checkpoint, of another journal, or not signed by the key.
        TamperedError: a signature of the key does not hold.
    """
    note = read_note(data)
    checkpoint = read_checkpoint(note.text)
    if checkpoint.origin != key.name:
        raise JournalError(
            f"a checkpoint of {checkpoint.origin}, where {key.name} is expected"
        )
    own = note.of(key)
    if not own:
        raise JournalError(f"no signature of the key of {key.name}")
    message = note.text.encode()
    if not all(_has_length(each) and key.has_signed(each, message) for each in own):
        raise TamperedError(f"the signature of {key.name} does not hold")
    return checkpoint


def _has_length(signature: NoteSignature) -> bool:
    return len(signature.content) == _SIGNATURE_BYTES


def cosign(text: str, witness: str, signer: Signer, at: datetime) -> NoteSignature:
    """A witness's signature of a checkpoint that it found consistent.

    Args:
        text: of the checkpoint.
        witness: the witness's name; its key serves for nothing else.
        signer: of the witness.
        at: now; timezone-aware, whole seconds.

    Raises:
        JournalError: a name that cannot be one.
        ValueError: a moment that cannot be one.
    """
    key = NoteKey(witness, signer.public_key(), SignatureType.COSIGNATURE)
    seconds = seconds_of(at)
    content = signer.sign(_cosigned(text, seconds))
    return NoteSignature(
        witness, key.identifier, seconds.to_bytes(_TIME_BYTES) + content
    )


def cosigned_at(note: Note, witness: NoteKey) -> datetime | None:
    """When a witness last signed a checkpoint; None where it did not.

    Raises:
        TamperedError: a signature of the witness does not hold.
    """
    moments = [
        _cosigning(note.text, signature, witness) for signature in note.of(witness)
    ]
    return max(moments, default=None)


def _cosigning(text: str, signature: NoteSignature, witness: NoteKey) -> datetime:
    content = signature.content
    seconds = int.from_bytes(content[:_TIME_BYTES])
    long_enough = len(content) == _TIME_BYTES + _SIGNATURE_BYTES
    if not long_enough or not witness.has_signed(signature, _cosigned(text, seconds)):
        raise TamperedError(f"the cosignature of {witness.name} does not hold")
    try:
        return moment_of(seconds)
    except ValueError as error:
        raise TamperedError(f"the cosignature of {witness.name}: {error}") from None


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
