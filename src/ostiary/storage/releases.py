"""Releases of a door that could not be entered in the journal yet, over a restart."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ostiary.errors import JournalError
from ostiary.journal import DoorReleased, dump_entry, load_entry
from ostiary.storage.files import read_limited, write_atomically

MOST: Final = 64
"""Releases that are kept. Whoever plays with a call point does not fill the disk."""

_MOST_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class ReleasesFile:
    """A line for each, hexadecimal, as it is to be entered; need not exist yet.

    Both methods raise `StorageError` where the disk does not do it.
    """

    path: Path

    def read(self) -> tuple[DoorReleased, ...]:
        """What it says; nothing without a file.

        Raises:
            JournalError: it holds something else.
        """
        if not os.path.lexists(self.path):
            return ()
        try:
            lines = read_limited(self.path, _MOST_BYTES).decode("ascii").split()
            entries = [load_entry(bytes.fromhex(line)) for line in lines]
        except ValueError:
            raise JournalError(f"{self.path}: not what a gate writes") from None
        found = tuple(each for each in entries if isinstance(each, DoorReleased))
        if len(found) != len(entries):
            raise JournalError(f"{self.path}: entries of another kind")
        return found

    def write(self, releases: Iterable[DoorReleased]) -> None:
        """Put these in the place of what it said."""
        lines = "".join(f"{dump_entry(each).hex()}\n" for each in releases)
        write_atomically(self.path, lines.encode())
