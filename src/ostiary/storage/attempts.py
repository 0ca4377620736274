"""How often a gate was tried in vain, kept over a power cut: one number."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ostiary.storage.files import read_limited, write_atomically
from ostiary.transaction.attempts import dump_mark, load_mark

_MOST_READ: Final = 1 << 20
"""Bytes. Far more than a mark has: what a disk has spoilt has to be read to count as
damaged, and be mended."""


@dataclass(frozen=True, slots=True)
class AttemptsFile:
    """The gate's mark, in a file that need not exist yet.

    Both methods raise `StorageError` where the disk does not do it.
    """

    path: Path

    def read(self) -> int:
        """What it says; without a file, that nothing was tried."""
        if not os.path.lexists(self.path):
            return 0
        return load_mark(read_limited(self.path, _MOST_READ))

    def write(self, mark: int) -> None:
        """Put a new mark in the old one's place."""
        write_atomically(self.path, dump_mark(mark))
