"""What a gate was started on, entered in its journal where that has changed.

Each is named by a digest, so that whoever keeps the files can say which it was.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias

from ostiary.config import Pages
from ostiary.journal import JournalEntry, OwnerAct, OwnerActKind, dump_entry, load_entry
from ostiary.storage.files import read_limited
from ostiary.storage.journal import Journal

Loaded: TypeAlias = Mapping[OwnerActKind, bytes]
"""What was loaded -> SHA-256 of it, 32 bytes."""

_MOST_BYTES = 1 << 20
"""Longest certificate, in bytes."""


def threshold_digest(chain: str, threshold: float) -> bytes:
    """SHA-256 of `CHAIN THRESHOLD`, the threshold as the shortest decimal of it."""
    return hashlib.sha256(f"{chain} {threshold!r}".encode()).digest()


def certificate_loaded(pages: Pages) -> Loaded:
    """What the pages prove themselves with; nothing where they speak no TLS.

    Raises:
        StorageError: it cannot be read.
    """
    if pages.certificate is None:
        return {}
    content = read_limited(pages.certificate, _MOST_BYTES)
    return {OwnerActKind.CERTIFICATE_LOADED: hashlib.sha256(content).digest()}


def enter_loaded(journal: Journal, loaded: Loaded, at: datetime) -> None:
    """Enter what is not what was entered last.

    Args:
        journal: the gate's.
        loaded: what it was started on.
        at: now; timezone-aware.

    Raises:
        JournalError: the journal is not in order, or cannot be written.
        StorageError: it cannot be read.
    """
    known: dict[OwnerActKind, bytes] = {}

    def see(data: bytes) -> None:
        entry: JournalEntry = load_entry(data)
        if isinstance(entry, OwnerAct):
            known[entry.act] = entry.what

    journal.reader.verify(see)
    moment = at.astimezone(UTC).replace(microsecond=0)
    for act, what in loaded.items():
        if known.get(act) != what:
            journal.append(dump_entry(OwnerAct(moment, act, what)))
