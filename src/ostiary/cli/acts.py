"""What an owner does, entered in the home's journal before it is done."""

import hashlib
import os
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

import typer

from ostiary.cli.clock import now
from ostiary.config import GateConfig
from ostiary.credential import PublicKey, RootDocument, TrustList
from ostiary.journal import JournalEntry, OwnerAct, OwnerActKind, dump_entry
from ostiary.storage.home import Home
from ostiary.storage.journal import Journal, Mended
from ostiary.storage.owner import Record

_SIGNED: Final[Mapping[type[RootDocument | TrustList], OwnerActKind]] = (
    MappingProxyType(
        {
            RootDocument: OwnerActKind.ROOT_SIGNED,
            TrustList: OwnerActKind.TRUST_SIGNED,
        }
    )
)

_TOLD: Final[Mapping[Mended, str]] = MappingProxyType(
    {
        Mended.NOTHING: "",
        Mended.FINISHED: "; one before it that was cut short was finished",
        Mended.DROPPED: "; one before it that was cut short, and not done, was dropped",
    }
)


def recorder(home: Home, at: datetime) -> Record:
    """Enters what is signed in the home's journal."""

    def record(
        what: RootDocument | TrustList, digest: bytes, signers: tuple[bytes, ...]
    ) -> None:
        record_act(home, OwnerAct(at, _SIGNED[type(what)], digest, signers))

    return record


def record_key(home: Home, act: OwnerActKind, key: PublicKey, at: datetime) -> None:
    """Enter what is done to a key."""
    digest = hashlib.sha256(key.key.public_bytes_raw()).digest()
    record_act(home, OwnerAct(at, act, digest))


def record_act(home: Home, act: OwnerAct) -> None:
    """Enter an act, and say so; raises as `record_entry`."""
    record_entry(home, act, act.act)


def record_entry(home: Home, entry: JournalEntry, told: str) -> None:
    """Enter what is about to be done, and say so; the first entry begins the journal.

    Raises:
        JournalError: it could not be entered, so it must not be done.
    """
    journal = Journal.begin(home.journal_path, "home", os.urandom)
    if not journal.reader.checkpoint().size:
        typer.echo(f"Began the journal {home.journal_path}; its public key, to be kept")
        typer.echo(f"by whoever shall check it: {journal.reader.key.text}")
    _append(journal, entry, told)


def record_at_gate(gate: GateConfig, kind: OwnerActKind, what: bytes) -> None:
    """Enter what is about to be done to a gate in that gate's own journal.

    Args:
        gate: its configuration; one that names no journal is told so.
        kind: what is done.
        what: SHA-256 of what it is done to; 32 bytes.

    Raises:
        JournalError: it could not be entered, so it must not be done.
        StorageError: the journal's key is not there.
        TrustListError: others can read that key, or it is another kind of key.
    """
    path = gate.attendants.journal
    if path is None:
        typer.echo("Not entered anywhere: this gate has no journal")
        return
    _append(Journal.open(path), OwnerAct(now(), kind, what), kind)


def _append(journal: Journal, entry: JournalEntry, told: str) -> None:
    done = journal.append(dump_entry(entry))
    typer.echo(f"Journal: entry {done.index}, {told}{_TOLD[done.mended]}")
