"""A zone's keys at a gate: plain files, and sealed ones that only this gate can open.

A sealed key lies in the gate's folder as `ZONE-EPOCH.GATE.sealed`. Which ones belong
there is for the trust list to say, so that a next epoch takes no change of settings.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ostiary.credential import (
    LIMITS,
    Entries,
    GateKey,
    ZoneKey,
    ZonePublicKey,
    load_key,
    take_over,
)
from ostiary.credential.life import Act
from ostiary.errors import FetchError, StorageError, TrustListError
from ostiary.storage.files import locked, read_limited, read_private, write_atomically
from ostiary.storage.home import check_file_name
from ostiary.storage.sync import Source


def sealed_name(key: ZonePublicKey, gate: str) -> str:
    """What the file of a zone's key is called that was handed over to a gate.

    Raises:
        ConfigurationError: a zone or a gate that no file can be called by.
    """
    return f"{check_file_name(key.zone)}-{key.epoch}.{check_file_name(gate)}.sealed"


def read_gate_key(path: Path) -> GateKey:
    """A gate's private key from a file of its owner's alone.

    Raises:
        StorageError: it cannot be read.
        TrustListError: others can read it, or it is something else.
    """
    key = load_key(read_private(path, LIMITS.key_file_bytes))
    if not isinstance(key, GateKey):
        raise TrustListError(f"{path}: not the private key of a gate")
    return key


@dataclass(frozen=True, slots=True)
class SealedKeys:
    """The keys of one zone that were handed over to one gate.

    Attributes:
        folder: where they lie.
        gate_key: opens them.
        zone: whose keys they are.
    """

    folder: Path
    gate_key: GateKey
    zone: str

    def listed(self, entries: Entries) -> tuple[ZonePublicKey, ...]:
        """The keys of the zone that the trust list names, whatever it says of them."""
        return tuple(e.key for e in entries.zones if e.key.zone == self.zone)

    def wanted(self, entries: Entries, at: datetime) -> tuple[ZonePublicKey, ...]:
        """Those of them that count at that moment."""
        return tuple(
            entry.key
            for entry in entries.zones
            if entry.key.zone == self.zone and entry.life.may(Act.COUNT, at)
        )

    def path(self, key: ZonePublicKey) -> Path:
        """Where the file of that key lies."""
        return self.folder / sealed_name(key, self.gate_key.name)

    def read(self, keys: Iterable[ZonePublicKey]) -> Iterator[ZoneKey]:
        """Open those of the keys that have come.

        Raises:
            StorageError: one that cannot be read.
            TrustListError: one that cannot be opened, or is another than its name says.
        """
        for key in keys:
            path = self.path(key)
            if os.path.lexists(path):
                yield self._read(path, key)

    def read_past(self, keys: Iterable[ZonePublicKey]) -> Iterator[ZoneKey]:
        """Open those of the keys that can be opened, of keys that count no more.

        They open no pass, and only tell why. So one that cannot be opened, such as one
        that was handed over to a key that the gate has replaced, stops nothing.
        """
        for key in keys:
            with suppress(StorageError, TrustListError):
                yield self._read(self.path(key), key)

    def sync(self, key: ZonePublicKey, source: Source) -> bool:
        """Bring one key, unless it is here and the source has no other.

        Returns:
            Whether it has changed.

        Raises:
            FetchError: nothing could be fetched.
            StorageError: a file could not be read or written.
            TrustListError: what was fetched is not that key, or not for this gate.
        """
        path = self.path(key)
        with locked(path):
            data = self._fetched(path, key, source)
            if data is None:
                return False
            try:
                self._opened(data, key)
                write_atomically(path, data)
            except (StorageError, TrustListError):
                source.drop(path)
                raise
            source.keep(path, data)
        return True

    def _fetched(self, path: Path, key: ZonePublicKey, source: Source) -> bytes | None:
        """Another file than ours; None where ours will do."""
        try:
            return source.fetch(path, LIMITS.key_file_bytes)
        except (FetchError, StorageError):
            # An owner need not leave a file there once every gate has it.
            if self._holds(path, key):
                return None
            raise

    def _holds(self, path: Path, key: ZonePublicKey) -> bool:
        try:
            self._read(path, key)
        except (StorageError, TrustListError):
            return False
        return True

    def _read(self, path: Path, key: ZonePublicKey) -> ZoneKey:
        data = read_limited(path, LIMITS.key_file_bytes)
        try:
            return self._opened(data, key)
        except TrustListError as error:
            raise TrustListError(f"{path}: {error}") from None

    def _opened(self, data: bytes, key: ZonePublicKey) -> ZoneKey:
        opened = take_over(data, self.gate_key)
        if opened.public != key:
            raise TrustListError(
                f"not the key that the trust list names for zone {key.zone!r}, epoch "
                f"{key.epoch}"
            )
        return opened
