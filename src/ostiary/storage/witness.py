"""A witness on the disk: its key, whom it follows, and what it signed last.

    private.json         its key; it signs nothing but cosignatures
    follows              keys of journals (a C2SP tlog-policy)
    seen/DIGEST          the newest checkpoint that it signed, by origin

What it signs is on the disk before anybody gets it, under a lock: it never signs two
trees of one size, nor a smaller one after a larger, whoever asks at the same time.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
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
from ostiary.errors import JournalError, StorageError, TrustListError
from ostiary.journal import (
    JOURNAL_LIMITS,
    Checkpoint,
    NoteKey,
    NoteSignature,
    SignatureType,
    cosign,
    open_checkpoint,
)
from ostiary.journal.policy import MOST_BYTES, WitnessPolicy, read_policy
from ostiary.journal.witnessing import (
    Refusal,
    judge_asked,
    nothing_of,
    read_asked,
)
from ostiary.storage.files import (
    create_atomically,
    locked,
    make_private_directory,
    read_if_there,
    read_limited,
    read_private,
    write_atomically,
)
from ostiary.storage.home import at_hand

_PRIVATE: Final = "private.json"
_FOLLOWS: Final = "follows"
_SEEN: Final = "seen"


@dataclass(frozen=True, slots=True)
class Refused:
    """A witness that signs nothing.

    Attributes:
        refusal: why.
        size: entries of the newest checkpoint that it signed of that journal.
    """

    refusal: Refusal
    size: int = 0


@dataclass(frozen=True, slots=True)
class WitnessState:
    """A witness that is kept here.

    Attributes:
        path: its directory.
        key: signs what it has seen.
    """

    path: Path
    key: JournalKey

    @classmethod
    def open(cls, path: Path) -> "WitnessState":
        """The witness of that directory.

        Raises:
            StorageError: its key cannot be read.
            TrustListError: its key is not private, or of another kind.
        """
        key = at_hand(load_key(read_private(path / _PRIVATE, LIMITS.key_file_bytes)))
        if not isinstance(key, JournalKey):
            raise TrustListError(f"{path / _PRIVATE}: not the key of a witness")
        return cls(path, key)

    @classmethod
    def begin(cls, path: Path, name: str, randomness: Randomness) -> "WitnessState":
        """A new witness, which follows nobody yet.

        Raises:
            StorageError: there is one already, or it cannot be written.
            JournalError: a name that cannot be one.
        """
        witness = cls(path, new_journal_key(name, randomness))
        witness.note_key  # noqa: B018 - a name that cannot stand in a note ends here
        make_private_directory(path / _SEEN)
        if (path / _PRIVATE).exists():
            raise StorageError(f"{path} is a witness already")
        write_atomically(path / _FOLLOWS, b"quorum none\n")
        create_atomically(path / _PRIVATE, dump_key(witness.key), private=True)
        return witness

    @property
    def note_key(self) -> NoteKey:
        """Its public key, as policies name it."""
        public = self.key.key.public_key()
        return NoteKey(self.key.name, public, SignatureType.COSIGNATURE)

    def follow(self, key: NoteKey) -> None:
        """Sign what that journal shows from now on.

        Raises:
            JournalError: it is followed already, or the key is none of a journal.
        """
        with locked(self.path / _FOLLOWS):
            before = read_limited(self.path / _FOLLOWS, MOST_BYTES)
            if key.name in read_policy(before).logs:
                raise JournalError(f"{key.name} is followed already")
            if key.kind is not SignatureType.ED25519:
                raise JournalError(f"{key.name} is the key of a witness, not a journal")
            after = f"log {key.text}\n".encode() + before
            read_policy(after)
            write_atomically(self.path / _FOLLOWS, after)

    def follows(self) -> WitnessPolicy:
        """Whom it follows.

        Raises:
            JournalError: the file is no policy.
        """
        return read_policy(read_limited(self.path / _FOLLOWS, MOST_BYTES))

    def add_checkpoint(self, body: bytes, at: datetime) -> NoteSignature | Refused:
        """Sign a checkpoint, if its journal has only grown.

        Args:
            body: of `add-checkpoint`.
            at: now; timezone-aware, whole seconds.

        Raises:
            StorageError: what would be signed cannot be kept, so it is not signed.
            JournalError: what is kept here is damaged, so nothing is signed.
        """
        asked = read_asked(body, self.follows().logs)
        if isinstance(asked, Refusal):
            return Refused(asked)
        seen = self._seen(asked.key.name)
        with locked(seen):
            known = self._known(asked.key)
            newer = judge_asked(asked, known)
            if isinstance(newer, Refusal):
                return Refused(newer, known.size)
            if newer != known:
                write_atomically(seen, asked.growth.checkpoint)
            return cosign(newer.text, self.key.name, self.key.key, at)

    def _known(self, key: NoteKey) -> Checkpoint:
        note = read_if_there(self._seen(key.name), JOURNAL_LIMITS.note_bytes)
        return nothing_of(key.name) if note is None else open_checkpoint(note, key)

    def _seen(self, origin: str) -> Path:
        return self.path / _SEEN / hashlib.sha256(origin.encode()).hexdigest()
