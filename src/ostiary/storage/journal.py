"""A journal on the disk: one writer at a time, and readers who wait for nobody.

Each step of an append has reached the disk before the next one begins:

1. the bundle and the tiles that the new entry makes; nothing that is signed is touched;
2. the checkpoint of the grown tree, signed, as `checkpoint.next`;
3. `checkpoint.next` takes the place of `checkpoint`. From here on the entry counts.

A crash before step 2 is done leaves files past the checkpoint, which count for nothing
and which the next append replaces. A crash after it leaves a signed checkpoint, which
the next append puts in its place first: two trees of one size are never signed.

    private.json                 the journal's key; it does not leave the machine
    log/checkpoint  log/tile/... what anybody may have: C2SP tlog-tiles
    log/cosigned/SIZE            checkpoints that witnesses signed
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from ostiary.credential import (
    LIMITS,
    JournalKey,
    Randomness,
    dump_key,
    load_key,
    new_journal_key,
)
from ostiary.errors import (
    JournalError,
    StorageError,
    TamperedError,
    TrustListError,
    WriteFailedError,
)
from ostiary.journal import (
    JOURNAL_LIMITS,
    Checkpoint,
    Edge,
    EntryProof,
    Growth,
    NoteKey,
    StoredTree,
    Tile,
    Visit,
    check_grown,
    check_tree,
    consistency_proof,
    dump_growth,
    dump_proof,
    inclusion_proof,
    note_key,
    open_checkpoint,
    origin_of,
    read_edge,
    read_entries,
    read_entry,
    read_note,
    sign_checkpoint,
)
from ostiary.journal.tiles import ENTRIES, WIDTH, counts
from ostiary.journal.witnessing import merge_signatures
from ostiary.storage.files import (
    create_atomically,
    locked,
    make_directory,
    make_private_directory,
    publish,
    read_if_there,
    read_private,
    write_atomically,
    write_unread,
)
from ostiary.storage.home import at_hand

_CHECKPOINT: Final = "checkpoint"
_NEXT: Final = "checkpoint.next"
_COSIGNED: Final = "cosigned"
_PRIVATE: Final = "private.json"
_LOG: Final = "log"


class Mended(Enum):
    """What an append found of one before it that was cut short, and did about it."""

    NOTHING = "nothing"
    FINISHED = "finished"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Appended:
    """An entry that is on the disk.

    Attributes:
        index: its number, from 0.
        note: the signed checkpoint of the tree that holds it.
        mended: what was found of an append before it.
    """

    index: int
    note: bytes
    mended: Mended


@dataclass(frozen=True, slots=True)
class JournalReader:
    """A journal as anybody can read it, while it grows and without a lock.

    Every method raises `TamperedError` where a file is missing or not what was signed,
    `JournalError` where the checkpoint is none of this journal, and `StorageError`
    where a file cannot be read.

    Attributes:
        path: the directory of checkpoint and tiles.
        key: the journal's public key, from somewhere else than that directory.
    """

    path: Path
    key: NoteKey

    def note(self) -> bytes:
        """The signed note of the newest checkpoint; not checked."""
        return self.unchecked_note(self.path)

    @staticmethod
    def unchecked_note(path: Path) -> bytes:
        """The same, where it is not yet known whose key signs it."""
        data = read_if_there(path / _CHECKPOINT, JOURNAL_LIMITS.note_bytes)
        if data is None:
            raise TamperedError(f"{path / _CHECKPOINT} is missing")
        return data

    def cosigned(self) -> Sequence[bytes]:
        """Checkpoints that witnesses signed, the newest first; not checked."""
        folder = self.path / _COSIGNED
        names = (path.name for path in folder.glob("*") if path.name.isdecimal())
        sizes = sorted(map(int, names), reverse=True)
        notes = (
            read_if_there(folder / f"{size}", JOURNAL_LIMITS.note_bytes)
            for size in sizes
        )
        return [note for note in notes if note is not None]

    def keep_cosigned(self, note: bytes) -> Checkpoint:
        """Keep what witnesses signed, beside what they signed of it before.

        An older checkpoint goes once a newer one has the signatures of all its keys.

        Raises:
            JournalError: it is no checkpoint of this journal.
            TamperedError: the journal has not grown from it.
            StorageError: it cannot be written.
        """
        self.growth(note)
        checkpoint = self._opened(note)
        folder = self.path / _COSIGNED
        with locked(folder):
            make_directory(folder)
            path = folder / f"{checkpoint.size}"
            there = read_if_there(path, JOURNAL_LIMITS.note_bytes)
            merged = note if there is None else merge_signatures(there, note)
            write_atomically(path, merged)
            signers = _signers(merged)
            for older in self.cosigned():
                size = self._opened(older).size
                if size < checkpoint.size and _signers(older) <= signers:
                    (folder / f"{size}").unlink(missing_ok=True)
        return checkpoint

    def checkpoint(self) -> Checkpoint:
        """The newest checkpoint, its signature checked."""
        return self._opened(self.note())

    def verify(self, visit: Visit = len) -> Checkpoint:
        """Work the whole tree out anew, and compare; the checkpoint that it has.

        Args:
            visit: is shown each entry, in order, as it is hashed. What it saw counts
                only once this returns: a second reading could find other entries.
        """
        checkpoint = self.checkpoint()
        with self._told():
            check_tree(checkpoint.size, checkpoint.root, self.tile, visit)
            self._check_end(checkpoint)
        return checkpoint

    def entries(self) -> Iterator[bytes]:
        """All entries that the newest checkpoint signs; `verify` shows checked ones."""
        with self._told():
            yield from read_entries(self.checkpoint().size, self.tile)

    def newest(self, most: int) -> Sequence[tuple[int, bytes]]:
        """So many of the newest entries, with their numbers, the newest last.

        Only they are read, and they are those that the newest checkpoint signs.
        """
        checkpoint = self.checkpoint()
        found = []
        with self._told():
            first = max(0, checkpoint.size - most)
            edge = read_edge(first, self.tile)
            for index in range(first, checkpoint.size):
                data = read_entry(index, checkpoint.size, self.tile)
                edge, _ = edge.appended(data)
                found.append((index, data))
            if edge.root != checkpoint.root:
                raise TamperedError(
                    f"the newest {len(found)} entries are not what the checkpoint signs"
                )
        return found

    def proof(self, index: int) -> bytes:
        """A proof (C2SP tlog-proof) that an entry stands there.

        Raises:
            ValueError: there is no such entry.
        """
        note = self.note()
        size = self._opened(note).size
        with self._told():
            hashes = inclusion_proof(index, size, StoredTree(size, self.tile))
            entry = read_entry(index, size, self.tile)
        return dump_proof(EntryProof(entry, index, tuple(hashes), note))

    def growth(self, note: bytes) -> bytes:
        """A proof that the journal has only grown since an older checkpoint of it.

        Args:
            note: the older checkpoint, as it was kept somewhere else.

        Raises:
            TamperedError: it was rewritten since, or its newest entries taken out.
        """
        old, newest = self._opened(note), self.note()
        newer = self._opened(newest)
        hashes = self._between(old.size, newer.size)
        check_grown(old, newer, hashes)
        return dump_growth(Growth(old.size, hashes, newest))

    def grown_from(self, note: bytes, verified: Checkpoint) -> Checkpoint:
        """An older checkpoint, which a verified one has grown from.

        Args:
            note: the older checkpoint, as it was kept somewhere else.
            verified: what `verify` came to; the newest may be of another tree by now.

        Raises:
            TamperedError: it was rewritten since, or its newest entries taken out.
        """
        old = self._opened(note)
        check_grown(old, verified, self._between(old.size, verified.size))
        return old

    def growth_since(self, old: int) -> Growth:
        """A proof for whoever knows of so many entries, and of which.

        Raises:
            TamperedError: there are fewer.
        """
        note = self.note()
        newer = self._opened(note)
        if old > newer.size:
            raise TamperedError(
                f"{self.path}: {newer.size} entries, where {old} were seen: the newest "
                "were taken out, or whoever says so lies"
            )
        return Growth(old, self._between(old, newer.size), note)

    def edge(self) -> Edge:
        """The right edge of the signed tree, checked against its root."""
        checkpoint = self.checkpoint()
        with self._told():
            edge = read_edge(checkpoint.size, self.tile)
            if edge.root != checkpoint.root:
                raise TamperedError(
                    f"the last tiles are not of the tree of {edge.size} entries that "
                    "the checkpoint signs"
                )
            self._check_end(checkpoint)
        return edge

    def tile(self, tile: Tile) -> bytes:
        """A tile or bundle, or the whole one that has taken its place."""
        for each in (tile, tile.whole):
            data = read_if_there(self.path / each.path, tile.most_bytes)
            if data is not None:
                return data
        raise TamperedError(f"{tile.path} is missing")

    def _between(self, old: int, newer: int) -> tuple[bytes, ...]:
        """The proof that a tree has grown from a smaller one; none is from nothing."""
        if not 0 < old <= newer:
            return ()
        with self._told():
            stored = StoredTree(newer, self.tile)
            return tuple(consistency_proof(old, newer, stored))

    def _check_end(self, checkpoint: Checkpoint) -> None:
        """Nothing lies past the checkpoint that one append cut short cannot leave."""
        index, width = divmod(checkpoint.size, WIDTH)
        wider = [Tile(ENTRIES, index, each) for each in range(width + 2, WIDTH + 1)]
        further = [Tile(ENTRIES, index + 1, each) for each in (1, WIDTH)]
        for tile in (*wider, *further):
            # Unless the journal has grown since the checkpoint was read.
            there = read_if_there(self.path / tile.path, tile.most_bytes) is not None
            if there and self.checkpoint() == checkpoint:
                raise TamperedError(
                    f"{tile.path} lies past the {checkpoint.size} entries that the "
                    "checkpoint signs: an older checkpoint was put back"
                )

    def _opened(self, note: bytes) -> Checkpoint:
        with self._told():
            return open_checkpoint(note, self.key)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say of which journal it is that something is wrong."""
        try:
            yield
        except TamperedError as error:
            raise TamperedError(f"{self.path}: {error}") from None


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal that is written here.

    Attributes:
        path: the directory of its key and its log.
        key: signs its checkpoints.
    """

    path: Path
    key: JournalKey

    @classmethod
    def open(cls, path: Path) -> "Journal":
        """The journal of that directory.

        Raises:
            StorageError: its key cannot be read.
            TrustListError: its key is not private, or none of a journal.
        """
        key = at_hand(load_key(read_private(path / _PRIVATE, LIMITS.key_file_bytes)))
        if not isinstance(key, JournalKey):
            raise TrustListError(f"{path / _PRIVATE}: not the private key of a journal")
        return cls(path, key)

    @classmethod
    def begin(cls, path: Path, name: str, randomness: Randomness) -> "Journal":
        """A new journal, or the one that is there already.

        Raises:
            TamperedError: there is a log whose key is gone.
            WriteFailedError: it could not be written.
            ValueError: a name that cannot be one.
        """
        with _write_failures(path):
            make_private_directory(path)
            with locked(path / _LOG):
                if (path / _PRIVATE).exists():
                    return cls.open(path)
                journal = cls(path, new_journal_key(name, randomness))
                journal._begin()
        return journal

    @property
    def reader(self) -> JournalReader:
        """The same, to be read."""
        return JournalReader(self.path / _LOG, note_key(self.key.public))

    def append(self, entry: bytes) -> Appended:
        """Enter something. When this returns, it is on the disk, and stays.

        Raises:
            JournalError: an entry that is too long, or one too many.
            TamperedError: the journal is not as it was signed; nothing was entered.
            WriteFailedError: a file refuses; what the entry is about must not be
                done. Where only its last step failed, it may stand there all the same.
        """
        with _write_failures(self.path), locked(self.path / _LOG):
            mended = self._mend()
            edge, files = self.reader.edge().appended(entry)
            write_unread({self._log / path: data for path, data in files.items()})
            note = self._signed(edge)
            write_unread({self._log / _NEXT: note})
            publish(self._log / _NEXT, self._log / _CHECKPOINT)
            self._clear(edge.size)
        return Appended(edge.size - 1, note, mended)

    def mend(self) -> Mended:
        """What the next append would do first about one that was cut short.

        Raises:
            TamperedError: the journal is not as it was signed.
            WriteFailedError: a file refuses.
        """
        with _write_failures(self.path), locked(self._log):
            return self._mend()

    @property
    def _log(self) -> Path:
        return self.path / _LOG

    def _begin(self) -> None:
        # The key comes last: with it the journal is begun.
        if (self._log / "tile").exists():
            raise TamperedError(f"{self._log} has entries, and its key is gone")
        make_private_directory(self._log)
        write_atomically(self._log / _CHECKPOINT, self._signed(Edge()))
        create_atomically(self.path / _PRIVATE, dump_key(self.key), private=True)

    def _signed(self, edge: Edge) -> bytes:
        checkpoint = Checkpoint(origin_of(self.key.public), edge.size, edge.root)
        return sign_checkpoint(checkpoint, self.key.key)

    def _mend(self) -> Mended:
        """Finish an append that was cut short after its checkpoint was signed."""
        reader = self.reader
        there = reader.checkpoint()
        signed = self._signed_next()
        if signed is None or signed.size <= there.size:
            left = Tile(ENTRIES, there.size // WIDTH, there.size % WIDTH + 1)
            path = self._log / left.path
            dropped = read_if_there(path, left.most_bytes) is not None
            return Mended.DROPPED if dropped else Mended.NOTHING
        # It was signed over what had reached the disk, so it has to be there.
        last = read_entry(there.size, there.size + 1, reader.tile)
        grown, _ = reader.edge().appended(last)
        if (grown.size, grown.root) != (signed.size, signed.root):
            raise TamperedError(
                f"{self._log / _NEXT} does not follow from the checkpoint"
            )
        publish(self._log / _NEXT, self._log / _CHECKPOINT)
        self._clear(grown.size)
        return Mended.FINISHED

    def _signed_next(self) -> Checkpoint | None:
        """The checkpoint that waits; None where none is, or it is torn."""
        note = read_if_there(self._log / _NEXT, JOURNAL_LIMITS.note_bytes)
        if note is None:
            return None
        try:
            return open_checkpoint(note, self.reader.key)
        except JournalError:
            return None

    def _clear(self, size: int) -> None:
        """Remove the parts of what is whole now; what stays behind does no harm."""
        levels = ((f"{level}", count) for level, count in enumerate(counts(size)))
        for name, count in ((ENTRIES, size), *levels):
            index, rest = divmod(count, WIDTH)
            if not rest:
                part = Tile(name, index - 1, 1)
                shutil.rmtree((self._log / part.path).parent, ignore_errors=True)


def _signers(note: bytes) -> set[tuple[str, bytes]]:
    return {(each.name, each.identifier) for each in read_note(note).signatures}


@contextmanager
def _write_failures(path: Path) -> Iterator[None]:
    try:
        yield
    except StorageError as error:
        raise WriteFailedError(
            f"{path}: not entered, so it must not be done: {error}"
        ) from error
