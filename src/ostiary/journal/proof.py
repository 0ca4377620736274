"""Proofs as they travel: C2SP tlog-proof, and tlog-witness's `add-checkpoint`."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ostiary.errors import JournalError, TamperedError
from ostiary.journal.checkpoint import Checkpoint, open_checkpoint
from ostiary.journal.limits import JOURNAL_LIMITS
from ostiary.journal.merkle import HASH_BYTES, is_consistent, is_included, leaf_hash
from ostiary.journal.note import NoteKey, read_base64, read_number

_TITLE: Final = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class EntryProof:
    """That an entry stands in a journal, for somebody who has nothing else of it.

    Attributes:
        entry: the entry itself; it is proved, so it may be trusted once checked.
        index: its number, from 0.
        hashes: from the leaf's sibling up; 32 bytes each.
        checkpoint: the signed note that they lead to.
    """

    entry: bytes
    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes


def dump_proof(proof: EntryProof) -> bytes:
    """A proof as it is written."""
    extra = base64.b64encode(proof.entry).decode()
    head = f"{_TITLE}\nextra {extra}\nindex {proof.index}\n"
    return (head + _lines(proof.hashes) + "\n").encode() + proof.checkpoint


def check_proof(data: bytes, key: NoteKey) -> tuple[EntryProof, Checkpoint]:
    """Read a proof, and check all of it.

    Args:
        data: the proof.
        key: of the journal.

    Raises:
        JournalError: it is not one, or of another journal.
        TamperedError: the entry does not stand there.
    """
    lines, note = _split(data)
    if len(lines) < len((_TITLE, "extra", "index")) or lines[0] != _TITLE:
        raise JournalError(f"a proof begins with {_TITLE}, extra and index")
    proof = EntryProof(
        entry=read_base64(_after("extra ", lines[1])),
        index=read_number(_after("index ", lines[2])),
        hashes=_hashes(lines[3:]),
        checkpoint=note,
    )
    there = open_checkpoint(note, key)
    leaf = leaf_hash(proof.entry)
    if not is_included(leaf, proof.index, there.size, proof.hashes, there.root):
        raise TamperedError(f"entry {proof.index} does not stand in {there.origin}")
    return proof, there


@dataclass(frozen=True, slots=True)
class Growth:
    """That a journal has grown from an older checkpoint: the body of `add-checkpoint`.

    Attributes:
        old: entries that the journal had.
        hashes: the consistency proof; empty from 0.
        checkpoint: the newer signed note.
    """

    old: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes


def dump_growth(growth: Growth) -> bytes:
    """As it is sent to a witness, over a network or on a stick."""
    return (f"old {growth.old}\n{_lines(growth.hashes)}\n").encode() + growth.checkpoint


def read_growth(data: bytes) -> Growth:
    """The body of `add-checkpoint`, of which nothing was checked yet.

    Raises:
        JournalError: it is not one.
    """
    lines, note = _split(data)
    return Growth(read_number(_after("old ", lines[0])), _hashes(lines[1:]), note)


def check_growth(data: bytes, key: NoteKey, known: Checkpoint) -> Checkpoint:
    """The newer checkpoint, if the journal has grown from the known one.

    Args:
        data: the body of `add-checkpoint`.
        key: of the journal.
        known: the newest checkpoint that was checked so far.

    Raises:
        JournalError: it is not one, of another journal, or begins somewhere else.
        TamperedError: the journal has been rewritten or cut.
    """
    growth = read_growth(data)
    if growth.old != known.size:
        raise JournalError(
            f"it begins at {growth.old} entries, where {known.size} are known"
        )
    newer = open_checkpoint(growth.checkpoint, key)
    check_grown(known, newer, growth.hashes)
    return newer


def check_grown(known: Checkpoint, newer: Checkpoint, hashes: Sequence[bytes]) -> None:
    """Whether the hashes show that one checkpoint follows from another.

    From an empty journal every one follows, without a proof.

    Raises:
        TamperedError: they do not.
    """
    if newer.size < known.size:
        raise TamperedError(
            f"{newer.origin} had {known.size} entries and has {newer.size}: the newest "
            "were taken out"
        )
    if known.size == 0 and not hashes:
        return
    if not is_consistent(known.size, known.root, newer.size, newer.root, hashes):
        raise TamperedError(
            f"{newer.origin} has been rewritten: its first {known.size} entries are "
            "not those that were signed"
        )


def _split(data: bytes) -> tuple[list[str], bytes]:
    """The lines above the first empty one, and the note below it."""
    if len(data) > 2 * JOURNAL_LIMITS.note_bytes:
        raise JournalError("a proof that is too long")
    above, separator, note = data.partition(b"\n\n")
    if not separator:
        raise JournalError("a proof ends in an empty line and a checkpoint")
    try:
        return above.decode("ascii").split("\n"), note
    except UnicodeDecodeError:
        raise JournalError("a proof is text in ASCII") from None


def _after(prefix: str, line: str) -> str:
    if not line.startswith(prefix):
        raise JournalError(f"a line that does not begin with {prefix!r}")
    return line.removeprefix(prefix)


def _hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    if len(lines) > JOURNAL_LIMITS.proof_hashes:
        raise JournalError(f"a proof has at most {JOURNAL_LIMITS.proof_hashes} hashes")
    hashes = tuple(map(read_base64, lines))
    if any(len(each) != HASH_BYTES for each in hashes):
        raise JournalError(f"a hash has {HASH_BYTES} bytes")
    return hashes


def _lines(hashes: Sequence[bytes]) -> str:
    return "".join(f"{base64.b64encode(each).decode()}\n" for each in hashes)
