"""The gate's own record of the newest status lists that it has used.

It names issuers and lists, and nothing of any pass or person.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from ostiary.credential import (
    LIMITS,
    HighWater,
    dump_high_water,
    load_high_water,
)
from ostiary.errors import TrustListError
from ostiary.storage.files import locked, read_limited, write_atomically


@dataclass(frozen=True, slots=True)
class HighWaterFile:
    """The record, in one file, which need not exist yet.

    Both methods raise `StorageError` where the file cannot be read, and
    `TrustListError` where it is damaged. What cannot be read is never made up anew:
    that would be a way back to an older list.
    """

    path: Path

    def read(self) -> HighWater:
        """What it says; without a file, that no list was used yet."""
        if not os.path.lexists(self.path):
            return HighWater()
        data = read_limited(self.path, LIMITS.high_water_bytes)
        try:
            return load_high_water(data)
        except TrustListError as error:
            raise TrustListError(
                f"{self.path}: the record of the newest status lists is damaged "
                f"({error}); docs/how-to/run-a-gate.md says how its owner recovers"
            ) from None

    def raise_to(self, wanted: HighWater) -> HighWater:
        """Raise the marks, never lower one; what the file says then.

        Raises:
            StorageError: it cannot be written.
        """
        with locked(self.path):
            there = self.read()
            joined = there.joined(wanted)
            if joined != there:
                write_atomically(self.path, dump_high_water(joined))
        return joined
