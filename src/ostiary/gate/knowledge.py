"""What the gate holds from its owner's files, read again when they change.

A status list that cannot be used does not stop the gate: passes that need it are
refused with that reason, until a good file lies there. Trust and keys have to be in
order for the gate to start at all; when they are not later on, nothing is verified.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from ostiary.config import GateConfig
from ostiary.credential import (
    LIMITS,
    GateKnowledge,
    StatusList,
    TrustList,
    ZoneKey,
    load_trust,
    read_status_list,
)
from ostiary.errors import (
    ConfigurationError,
    StorageError,
    TrustListError,
)
from ostiary.storage.files import read_limited
from ostiary.storage.home import read_zone_key

Stamp = tuple[int, int, int] | None
"""What changes with a file: inode, size, time of change; None where there is none."""


class KnowledgeFiles:
    """The files that a configuration names, as a `GateKnowledge`."""

    def __init__(self, config: GateConfig, extractor: str, dimensions: int) -> None:
        """Name the files; nothing is read yet.

        Args:
            config: the gate's configuration.
            extractor: identity of the extractor whose references can be compared.
            dimensions: length of its features.
        """
        self._config = config
        self._extractor = extractor
        self._dimensions = dimensions
        self._stamps: tuple[Stamp, ...] = ()
        self._knowledge: GateKnowledge | None = None
        self._unusable: dict[Path, str] = {}

    @property
    def unusable(self) -> Mapping[Path, str]:
        """Status lists that could not be used when they were last read, and why."""
        return self._unusable

    def at(self, at: datetime) -> GateKnowledge:
        """What the gate knows now.

        Raises:
            ConfigurationError: no key is for the gate's zone.
            StorageError: a file of trust or keys is missing or cannot be read.
            TrustListError: a file of trust or keys is not in order.
        """
        files = self._config.files
        paths = (files.trust, *files.zone_keys, *files.status_lists)
        stamps = tuple(_stamp(path) for path in paths)
        if self._knowledge is None or stamps != self._stamps:
            # Forget first, so that a change that cannot be read leaves nothing behind.
            self._knowledge = None
            self._knowledge = self._read(at)
            # A list may have been refused for the clock's sake: read it once more.
            self._stamps = () if self._unusable else stamps
        return self._knowledge

    def _read(self, at: datetime) -> GateKnowledge:
        files, credentials = self._config.files, self._config.credentials
        trust = _trust(files.trust)
        self._unusable = {}
        lists = tuple(self._status_lists(trust, at))
        return GateKnowledge(
            zone=self._config.zone,
            zone_keys=_zone_keys(files.zone_keys, self._config.zone),
            trust=trust,
            status_lists=lists,
            max_status_age=credentials.max_status_age,
            extractor=self._extractor,
            dimensions=self._dimensions,
            unsafe_accept_unsealed=credentials.unsafe_accept_unsealed,
            unsafe_accept_without_status=credentials.unsafe_accept_without_status,
        )

    def _status_lists(self, trust: TrustList, at: datetime) -> Iterator[StatusList]:
        for path in self._config.files.status_lists:
            try:
                token = read_limited(path, LIMITS.status_token_bytes)
                yield read_status_list(token, trust, at)
            except (StorageError, TrustListError) as error:
                self._unusable[path] = str(error)


def _trust(path: Path) -> TrustList:
    try:
        return load_trust(read_limited(path, LIMITS.trust_file_bytes))
    except TrustListError as error:
        raise TrustListError(f"{path}: {error}") from None


def _zone_keys(paths: tuple[Path, ...], zone: str) -> tuple[ZoneKey, ...]:
    keys = []
    for path in paths:
        key = read_zone_key(path)
        if key.public.zone != zone:
            raise ConfigurationError(f"{path}: a key of another zone than {zone!r}")
        keys.append(key)
    if not keys:
        raise ConfigurationError(f"files.zone_keys names no key of zone {zone!r}")
    return tuple(keys)


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_ctime_ns
