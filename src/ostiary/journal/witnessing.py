"""What a witness does with what it is sent (C2SP tlog-witness, `add-checkpoint`)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from ostiary.errors import JournalError, TamperedError
from ostiary.journal.checkpoint import Checkpoint, open_checkpoint, read_checkpoint
from ostiary.journal.merkle import EMPTY_ROOT
from ostiary.journal.note import Note, NoteKey, NoteSignature, dump_note, read_note
from ostiary.journal.proof import Growth, check_grown, read_growth


class Refusal(IntEnum):
    """Why a witness signs nothing, as HTTP has a number for it."""

    MALFORMED = 400
    NOT_SIGNED = 403
    UNKNOWN = 404
    CONFLICT = 409
    REWRITTEN = 422


@dataclass(frozen=True, slots=True)
class Asked:
    """A checkpoint that a witness is asked to sign, for a journal that it follows.

    Attributes:
        growth: from which size, with the proof.
        note: the checkpoint's, of which nothing was checked yet.
        key: of the journal.
    """

    growth: Growth
    note: Note
    key: NoteKey


def read_asked(body: bytes, keys: Mapping[str, NoteKey]) -> Asked | Refusal:
    """What is asked, or why it is not even looked at.

    Args:
        body: of `add-checkpoint`.
        keys: of the journals that are followed, by origin.
    """
    try:
        growth = read_growth(body)
        note = read_note(growth.checkpoint)
        checkpoint = read_checkpoint(note.text)
    except JournalError:
        return Refusal.MALFORMED
    key = keys.get(checkpoint.origin)
    return Refusal.UNKNOWN if key is None else Asked(growth, note, key)


def nothing_of(origin: str) -> Checkpoint:
    """What a witness knows of a journal that it never saw."""
    return Checkpoint(origin, 0, EMPTY_ROOT)


def judge_asked(asked: Asked, known: Checkpoint) -> Checkpoint | Refusal:
    """The checkpoint to be signed, or why it is not.

    Args:
        asked: what was sent.
        known: the newest checkpoint of that journal that this witness signed.
    """
    try:
        newer = open_checkpoint(asked.growth.checkpoint, asked.key)
    except JournalError:
        return Refusal.NOT_SIGNED
    if asked.growth.old > newer.size:
        return Refusal.MALFORMED
    if asked.growth.old != known.size:
        return Refusal.CONFLICT
    if newer.size == known.size and newer.root != known.root:
        return Refusal.CONFLICT
    try:
        check_grown(known, newer, asked.growth.hashes)
    except TamperedError:
        return Refusal.REWRITTEN
    return newer


def only_of(note: bytes, keys: Iterable[NoteKey]) -> bytes:
    """A note without the signatures of other keys: nobody here can check those.

    Raises:
        JournalError: it is none, or has none of those signatures.
    """
    read = read_note(note)
    kept = tuple(each for key in keys for each in read.of(key))
    if not kept:
        raise JournalError("no signature of a key that is known")
    return dump_note(Note(read.text, kept))


def merge_signatures(one: bytes, other: bytes) -> bytes:
    """Two notes of one text as one; of each key the signature of the second counts.

    Raises:
        JournalError: they have different texts.
    """
    first, second = read_note(one), read_note(other)
    if first.text != second.text:
        raise JournalError("signatures of another text")
    by_key: dict[tuple[str, bytes], NoteSignature] = {
        (each.name, each.identifier): each
        for each in (*first.signatures, *second.signatures)
    }
    return dump_note(Note(first.text, tuple(by_key.values())))
