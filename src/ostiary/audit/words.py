"""Single entries in words, for terminals and pages."""

from collections.abc import Callable
from typing import Final

from ostiary.audit.trail import in_words
from ostiary.journal import (
    DeskHour,
    DoorReleased,
    GateHour,
    JournalEntry,
    ManualOpening,
)
from ostiary.journal.entry import FEWEST_COUNTED

SHORT: Final = 8
"""Hexadecimal digits of an identifier that are shown."""


def shortened(identifier: bytes) -> str:
    """An attendant or account as a journal alone can name it."""
    return identifier.hex()[:SHORT]


def entry_in_words(entry: JournalEntry, who: Callable[[bytes], str] = shortened) -> str:
    """What an entry says, with its moment.

    Args:
        entry: which.
        who: names an attendant or an account of 32 bytes.
    """
    match entry:
        case ManualOpening(opening=opening):
            keys = " and ".join(who(each.attendant) for each in entry.answers)
            return (
                f"{opening.at:%F %T} gate {opening.gate} opened by hand, "
                f"{opening.reason}, attendant {keys}"
            )
        case DoorReleased():
            return f"{entry.at:%F %T} gate {entry.gate} released, {entry.cause}"
        case DeskHour():
            return (
                f"{entry.at:%F %R} desk {who(entry.account)}, in the hour: "
                f"{entry.issued} issued, {entry.revoked} revoked"
            )
        case GateHour():
            return (
                f"{entry.at:%F %R} gate {entry.gate}, in the hour (0: fewer than "
                f"{FEWEST_COUNTED}): {entry.passages} passages, refused for passes "
                f"{entry.passes}, faces {entry.faces}, other causes {entry.others}"
            )
        case _:
            return f"{entry.at:%F %T} {in_words(entry)}"
