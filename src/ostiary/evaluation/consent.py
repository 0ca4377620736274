"""What a volunteer consents to before a calibration at a site, by version.

Not the consent of the desk: no pass comes of it, and many comparisons are made.
"""

from typing import Final

from ostiary.errors import ConfigurationError

VERSION: Final = "2026-11"

TEXT: Final = """\
What is captured: frames of your face, in two sittings. From each a row of numbers is
computed, by which faces can be compared. The frames themselves are not kept.
Why: your numbers are compared with those of the other volunteers, to measure how often
this gate would take one person for another. For nothing else; no pass comes of it.
Where it is kept: in one sealed file, under a number instead of your name. Its key lies
apart from it.
For how long: until the threshold is computed, at most until the day you were told. The
key is then destroyed, and nobody can open the file any more. You can withdraw at any
time before: your numbers are then taken out.
Without it: nothing follows if you say no. You lose no way through the gate.
"""


def require_consent(version: str | None) -> None:
    """Let nothing be captured without consent to the current text.

    Args:
        version: the version that the volunteer accepted; None where nobody was asked.

    Raises:
        ConfigurationError: none, or of another version; the message holds the text.
    """
    if version != VERSION:
        raise ConfigurationError(
            "consent comes before capture. Show this to the volunteer, and if they "
            f"accept it, say so with --consent {VERSION}:\n\n{TEXT}"
        )
