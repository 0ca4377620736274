"""The zone's keys that a gate holds: plain files, and what was handed over to it."""

from collections.abc import Iterator
from datetime import datetime

from ostiary.config import GateConfig
from ostiary.credential import Entries, ZoneKey
from ostiary.errors import ConfigurationError
from ostiary.storage.home import read_zone_key
from ostiary.storage.zone_keys import SealedKeys, read_gate_key


class ZoneKeyFiles:
    """The files of zone keys that a configuration and a trust list name.

    Attributes:
        paths: the files that `read` reads, as far as it is known before, or would read
            if they were there.
    """

    def __init__(self, config: GateConfig) -> None:
        self._files = config.files
        self._zone = config.zone
        own = config.files.gate_key
        self._named = (*config.files.zone_keys, *(() if own is None else (own,)))
        self.paths = self._named

    def read(self, entries: Entries, at: datetime) -> tuple[ZoneKey, ...]:
        """Read all keys of the zone; sealed ones are opened in memory alone.

        Args:
            entries: of the trust list, which says which keys may have been handed over.
            at: now; what was handed over has to be in order if it still counts.

        Raises:
            ConfigurationError: a key of another zone, or none at all.
            StorageError: one cannot be read.
            TrustListError: one is not in order, or not the one that is listed.
        """
        keys = (*self._plain(), *self._handed_over(entries, at))
        if not keys:
            raise ConfigurationError(
                f"no key of zone {self._zone!r} is here: files.zone_keys names none, "
                "and none was handed over to files.gate_key"
            )
        return keys

    def _plain(self) -> Iterator[ZoneKey]:
        for path in self._files.zone_keys:
            key = read_zone_key(path)
            if key.public.zone != self._zone:
                raise ConfigurationError(
                    f"{path}: a key of another zone than {self._zone!r}"
                )
            yield key

    def _handed_over(self, entries: Entries, at: datetime) -> Iterator[ZoneKey]:
        if self._files.gate_key is None:
            return
        gate_key = read_gate_key(self._files.gate_key)
        sealed = SealedKeys(self._files.sealed_keys, gate_key, self._zone)
        listed, wanted = sealed.listed(entries), sealed.wanted(entries, at)
        self.paths = (*self._named, *map(sealed.path, listed))
        yield from sealed.read(wanted)
        yield from sealed.read_past(key for key in listed if key not in wanted)
