"""Doors that were released past the gate, entered in its journal afterwards.

The wires release the door; nothing here can hold that up. What cannot be entered then
is kept, on the disk too if it takes it, and entered as soon as the journal does.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final

from typing_extensions import override

from ostiary.errors import JournalError, OstiaryError, StorageError
from ostiary.gate.displays import Display
from ostiary.journal import DoorReleased, dump_entry
from ostiary.reasons import Reason
from ostiary.storage.journal import Journal
from ostiary.storage.releases import MOST, ReleasesFile
from ostiary.terms import ReleaseCause

RETRY: Final = timedelta(minutes=1)
"""Between two tries to enter what waits: a disk may be full."""

NAME: Final = "releases-not-entered"
"""Of the file in the journal's directory."""

_CAUSES: Final[Mapping[Reason, ReleaseCause]] = MappingProxyType(
    {
        Reason.WIRED_RELEASE: ReleaseCause.WIRED,
        Reason.LOCK_UNPOWERED: ReleaseCause.SUPPLY,
    }
)
"""Alarms that are entered."""


class ReleaseEntries(Display):
    """Enters each release once, when its alarm begins.

    Args:
        journal: the gate's.
        gate: its name, as entries have it.

    Attributes:
        damage: why those that waited from an earlier run are not known; or None.
    """

    def __init__(self, journal: Journal, gate: str) -> None:
        self._journal = journal
        self._gate = gate
        self._file = ReleasesFile(_path(journal))
        self._tried: datetime | None = None
        self.damage: OstiaryError | None = None
        try:
            self._waiting = self._file.read()
        except (JournalError, StorageError) as error:
            self.damage = error
            self._waiting = ()
        self._kept = self._waiting

    @override
    def alarm(self, reason: Reason, at: datetime) -> None:
        """Enter it, if the door was released."""
        cause = _CAUSES.get(reason)
        if cause is None:
            return
        at = at.astimezone(UTC).replace(microsecond=0)
        self._waiting = (*self._waiting, DoorReleased(at, self._gate, cause))[:MOST]
        self._enter(at)

    @override
    def pass_time(self, at: datetime) -> None:
        """Try again, now and then."""
        tried = self._tried
        due = tried is None or not timedelta(0) <= at - tried < RETRY
        if self._waiting and due:
            self._enter(at)

    def _enter(self, at: datetime) -> None:
        """Enter what waits, and keep what still does.

        One of which only the last step fails is entered twice: readers count it once.
        """
        self._tried = at
        with suppress(JournalError):
            for each in self._waiting:
                self._journal.append(dump_entry(each))
                self._waiting = self._waiting[1:]
        if self._waiting != self._kept:
            with suppress(StorageError):
                self._file.write(self._waiting)
                self._kept = self._waiting


def _path(journal: Journal) -> Path:
    return journal.path / NAME
