"""The one way down for a gate's record: an act of its owner, with a name to it.

What was done is noted in a file beside the record, whose name ends in ".acts", before
the record changes.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from ostiary.credential import HighWater, dump_high_water
from ostiary.credential.checks import check_name, seconds_of
from ostiary.errors import StorageError
from ostiary.storage.files import locked, read_limited, write_atomically

_MAX_BYTES: Final = 1 << 20
"""Of the notes: thousands of acts, where a gate should see a few in its life."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What an owner does to a gate's record.

    Attributes:
        at: when; timezone-aware, whole seconds.
        by: the name of whoever does it.
        what: what is lowered, in words.
    """

    at: datetime
    by: str
    what: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a name or a moment that cannot be one.
        """
        check_name(self.by)
        seconds_of(self.at)


def notes_path(record: Path) -> Path:
    """Where the acts on a record are noted."""
    return record.with_name(f"{record.name}.acts")


def recover(record: Path, to: HighWater, recovery: Recovery) -> None:
    """Note the act, then put another record in the place of the old one.

    Args:
        record: the gate's record; it may be damaged, and need not be there.
        to: what it says from now on.
        recovery: the act.

    Raises:
        StorageError: one of the files could not be written. Where the act could not be
            noted, the record is as it was.
    """
    with locked(record):
        _note(notes_path(record), recovery)
        write_atomically(record, dump_high_water(to))


def _note(path: Path, recovery: Recovery) -> None:
    there = read_limited(path, _MAX_BYTES) if path.exists() else b""
    line = {
        "at": seconds_of(recovery.at),
        "by": recovery.by,
        "what": list(recovery.what),
    }
    data = there + json.dumps(line).encode() + b"\n"
    if len(data) > _MAX_BYTES:
        raise StorageError(f"{path} is full; move it to where you keep such files")
    write_atomically(path, data)
