"""What a person consents to before a face is looked at, by version.

The text says what is captured, why and for how long. An issuance names the version that
the person accepted; another one than the current is no consent to this processing.
"""

import hashlib
from collections.abc import Iterable
from textwrap import fill
from typing import Final

from ostiary.errors import ConfigurationError

VERSION: Final = "2026-11"

POINTS: Final = (
    "What is captured: a few photographs of your face. From them a template is "
    "computed, numbers by which one face can be compared with yours.",
    "Why: so that a gate can check that you are the holder of your pass. For nothing "
    "else.",
    "Where it is kept: on your pass alone, sealed so that only the gates it opens can "
    "read it. The photographs and the template are not stored, not here and not at any "
    "gate.",
    "For how long: until the last day of your pass, or until you destroy it. You can "
    "withdraw at any time: the pass is then revoked, and nothing else is left to "
    "erase.",
    "Without a face: you can have a pass without one, of equal standing. An attendant "
    "then looks at your document instead.",
)
"""What they are told, point by point."""

TEXT: Final = "".join(f"{fill(point, 88)}\n" for point in POINTS)
"""The points, for a terminal."""


def digest_of(points: Iterable[str]) -> str:
    """SHA-256 of the points as somebody is shown them, in hex.

    Args:
        points: in the order of `POINTS`, in whichever language.
    """
    return hashlib.sha256("\n".join(points).encode()).hexdigest()


def require_consent(version: str | None) -> None:
    """Let nothing be captured without consent to the current text.

    Args:
        version: the version that the person accepted; None where nobody was asked.

    Raises:
        ConfigurationError: none, or of another version; the message holds the text.
    """
    if version != VERSION:
        raise ConfigurationError(
            "consent comes before capture. Show this to the person, and if they accept "
            f"it, say so with --consent {VERSION}:\n\n{TEXT}"
        )
