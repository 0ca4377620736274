"""What the gate holds from its owner's files, read again when they change.

A status list that cannot be used does not stop the gate: passes that need it are
refused with that reason, until a good file lies there. So it is with a trust list that
has expired, or is older than one used before. Root document, trust list, keys and the
record of the newest lists used have to be in order for the gate to start at all; when
they are not later on, nothing is verified.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from ostiary.config import GateConfig
from ostiary.credential import (
    LIMITS,
    GateKnowledge,
    HighWater,
    StatusList,
    TrustList,
    read_status_list,
)
from ostiary.credential.clock import is_due, raised_mark
from ostiary.errors import (
    ConfigurationError,
    StorageError,
    TrustListError,
)
from ostiary.gate.notices import clock_notices, missing_keys
from ostiary.gate.zone_keys import ZoneKeyFiles
from ostiary.reasons import Reason
from ostiary.storage.files import read_limited
from ostiary.storage.high_water import HighWaterFile
from ostiary.storage.home import read_root_file, read_trust_file

_SOON: Final = timedelta(days=14)
"""How long before trust expires the owner is reminded of it."""

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
        self._stamps: Mapping[Path, Stamp] = {}
        self._knowledge: GateKnowledge | None = None
        self._lists: dict[Path, tuple[Stamp, StatusList]] = {}
        self._record = HighWaterFile(config.files.high_water)
        self._high_water: HighWater | None = None
        self._unusable: dict[Path, str] = {}
        self._zone_keys = ZoneKeyFiles(config)
        self._time: datetime | None = None
        self._noted: datetime | None = None

    def at(self, at: datetime) -> GateKnowledge:
        """What the gate knows now.

        Raises:
            ConfigurationError: no key is for the gate's zone.
            StorageError: a file of trust or keys, or the record of the newest lists,
                cannot be read, or the record cannot be written.
            TrustListError: one of these is not in order.
        """
        knowledge = self._trusted(at)
        lists = tuple(self._status_lists(knowledge.trust, at))
        if lists != knowledge.status_lists:
            knowledge = replace(knowledge, status_lists=lists)
        high_water = self._raised_by(knowledge, at)
        if high_water != knowledge.high_water:
            knowledge = replace(knowledge, high_water=high_water)
        self._knowledge = knowledge
        return knowledge

    def pass_time(self, at: datetime) -> None:
        """Note what time it is, whether anybody comes or not.

        In memory; on the disk in steps. What cannot be written is tried again with the
        next step, and before a pass is judged: there it tells.
        """
        if self._knowledge is None:
            return
        self._time = raised_mark(self._time, at, self._knowledge.believed_until)
        if is_due(self._noted, self._time):
            self._noted = self._time
            with suppress(ConfigurationError, StorageError, TrustListError):
                self.at(at)

    def fault(self, at: datetime) -> Reason | None:
        """Why nobody at all can be let in now; None: whoever has a good pass can be."""
        try:
            knowledge = self.at(at)
        except (ConfigurationError, StorageError, TrustListError):
            return Reason.GATE_NOT_READY
        fault = knowledge.trust_fault(at)
        if fault is None and knowledge.believed_until <= at:
            return Reason.STATUS_STALE
        return fault

    def notices(self, at: datetime) -> Iterator[str]:
        """What the owner should know of what `at` read last.

        A sentence for each list that cannot be used, is older than one used before, is
        overdue or will soon have expired, for each key that is not listed or not here,
        and for a clock that cannot be right.
        """
        high_water = self._high_water or HighWater()
        if self._knowledge is not None:
            yield from clock_notices(self._knowledge, at)
            yield from self._trust_notices(self._knowledge, at)
            yield from missing_keys(self._knowledge, at)
        for path in self._config.files.status_lists:
            held = self._lists.get(path)
            if held is None:
                yield f"{path}: no status list that can be used: {self._unusable[path]}"
            elif high_water.is_above(held[1]):
                yield f"{path}: older than a list that was used before, so not used"
            elif held[1].is_overdue(at):
                due = held[1].issued_at + held[1].ttl
                yield f"{path}: a newer list was due by {due:%F %R} UTC"

    def lists_issued(self) -> Mapping[Path, datetime | None]:
        """When each status list was issued that `at` read last.

        None for a file that holds no list that can be used, or one that is older than
        one used before.
        """
        high_water = self._high_water or HighWater()
        issued: dict[Path, datetime | None] = {}
        for path in self._config.files.status_lists:
            held = self._lists.get(path)
            old = held is None or high_water.is_above(held[1])
            issued[path] = None if held is None or old else held[1].issued_at
        return issued

    def _trust_notices(self, knowledge: GateKnowledge, at: datetime) -> Iterator[str]:
        path, trust = self._config.files.trust, knowledge.trust
        if knowledge.high_water.is_above_trust(trust):
            yield f"{path}: older than a list that was used before: nothing is verified"
        elif not trust.is_in_force(at):
            yield f"{path}: expired on {trust.ends_at:%F %R} UTC: nothing is verified"
        elif not trust.is_in_force(at + _SOON):
            yield f"{path}: expires on {trust.ends_at:%F %R} UTC; bring a newer one"
        for key in knowledge.zone_keys:
            if trust.entries.zone(key.public) is None:
                yield (
                    f"{path}: does not name the key of zone {key.public.zone} epoch "
                    f"{key.public.epoch} that is here, so it opens nothing"
                )

    def _trusted(self, at: datetime) -> GateKnowledge:
        """What it knew, unless trust or keys have changed since."""
        files = self._config.files
        paths = (files.root, files.trust, *self._zone_keys.paths)
        stamps = {path: _stamp(path) for path in paths}
        if self._knowledge is None or stamps != self._stamps:
            # Forget first, so that a change that cannot be read leaves nothing behind.
            self._knowledge = None
            self._lists.clear()
            self._knowledge = self._read(at)
            self._stamps = stamps
        return self._knowledge

    def _read(self, at: datetime) -> GateKnowledge:
        files, credentials = self._config.files, self._config.credentials
        trust = read_trust_file(files.trust, read_root_file(files.root))
        return GateKnowledge(
            zone=self._config.zone,
            zone_keys=self._zone_keys.read(trust.entries, at),
            trust=trust,
            status_lists=(),
            max_status_age=credentials.max_status_age,
            extractor=self._extractor,
            dimensions=self._dimensions,
            unsafe_accept_unsealed=credentials.unsafe_accept_unsealed,
            unsafe_accept_without_status=credentials.unsafe_accept_without_status,
        )

    def _status_lists(self, trust: TrustList, at: datetime) -> Iterator[StatusList]:
        """The lists that can be used; only a file that changed is read."""
        self._unusable.clear()
        for path in self._config.files.status_lists:
            stamp = _stamp(path)
            held = self._lists.pop(path, None)
            if held is None or held[0] != stamp:
                # One that was refused is read again: it may have been for the clock's
                # sake.
                held = self._read_status_list(path, stamp, trust, at)
            if held is not None:
                self._lists[path] = held
                yield held[1]

    def _read_status_list(
        self, path: Path, stamp: Stamp, trust: TrustList, at: datetime
    ) -> tuple[Stamp, StatusList] | None:
        try:
            token = read_limited(path, LIMITS.status_token_bytes)
            return stamp, read_status_list(token, trust, at)
        except (StorageError, TrustListError) as error:
            self._unusable[path] = str(error)
            return None

    def _raised_by(self, knowledge: GateKnowledge, at: datetime) -> HighWater:
        """The record, on the disk before anything of this is relied upon.

        Only the time seen may be later than the disk says, by less than a step.
        """
        if self._high_water is None:
            self._high_water = self._record.read()
        there = self._high_water
        self._time = raised_mark(self._time, at, knowledge.believed_until)
        seen = HighWater(time=self._time)
        wanted = there.raised_by_trust(knowledge.trust, at)
        wanted = wanted.raised_by(knowledge.status_lists, at)
        if is_due(there.time, self._time):
            # In steps alone, which frames make: a time noted with a list would be that
            # of the first pass that needed it.
            wanted = wanted.joined(seen)
        if wanted != there:
            self._high_water = self._record.raise_to(wanted)
        self._noted = self._high_water.time
        return self._high_water.joined(seen)


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_ctime_ns
