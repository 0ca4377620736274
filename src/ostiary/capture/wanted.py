"""What a camera of this machine is asked for."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Wanted:
    """Size and rate of the pictures; a camera may decline.

    Attributes:
        width: in pixels. Codes need 1280 x 720.
        height: in pixels.
        rate: pictures a second.
    """

    width: int = 1280
    height: int = 720
    rate: float = 15.0


USUAL: Final = Wanted()
"""What is asked for where nobody says anything else."""
