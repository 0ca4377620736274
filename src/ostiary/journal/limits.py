"""Every limit of a journal, in one place, with its unit."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class JournalLimits:
    """Upper bounds; what reaches past one is refused, never cut.

    Attributes:
        entry_bytes: one entry; an opening with two of the longest assertions fits, and
            C2SP tlog-tiles can carry 65,535.
        note_bytes: a checkpoint with all its signatures; 16 of the largest kind fit.
        key_name_bytes: the name of whoever signs, and a journal's origin, in UTF-8.
        size: entries of a journal; more than one a second for a hundred years.
        proof_hashes: of an inclusion or consistency proof (C2SP tlog-witness).
    """

    entry_bytes: int = 6_144
    note_bytes: int = 131_072
    key_name_bytes: int = 256
    size: int = 1 << 32
    proof_hashes: int = 63


JOURNAL_LIMITS: Final = JournalLimits()
