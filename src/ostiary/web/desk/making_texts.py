"""What the desk says to the person whose pass it is, in their language.

What a reason says at a gate stands in `reasons`; only what would be amiss at a desk is
said otherwise here.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from ostiary.reasons import ADVICE, Reason
from ostiary.web.desk.studio import Unseen

TAKEN: Final = "Taken. Look into the camera once more."

BEGIN_AGAIN: Final = (
    "This looks like a picture or a screen, not a person. Nothing of it is kept. Let "
    "the person sit before the camera, with nothing in between, and begin again."
)

AT_THE_DESK: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.NO_FACE: "Look into the camera, please.",
        Reason.FACE_CUT_OFF: "Move to the middle of the picture, please.",
        Reason.ATTACK_SUSPECTED: BEGIN_AGAIN,
        Reason.ATTACK_NOT_ASSESSED: "Move a little back, with light from the front.",
        Reason.CAMERA_REPEATS: "This picture was taken before. Take another one; if "
        "the camera stands still, start it again.",
        Reason.NON_MATCH: "The pictures do not show one and the same person. All are "
        "forgotten; begin again.",
    }
)

UNSEEN: Final[Mapping[Unseen, str]] = MappingProxyType(
    {
        Unseen.NONE_BEGUN: "Nothing was sent for a while, and what was taken is "
        "forgotten. Begin again.",
        Unseen.TOO_SOON: "One moment.",
        Unseen.NO_PICTURE: "This file is no picture that can be read: JPEG, PNG or "
        "WebP, still, of up to 50 megapixels.",
    }
)


TO_READ: Final = "For the person whose face it is: read this, then decide yourself."
AGREE: Final = "I have read this, and I agree."
GO_ON: Final = "Continue"
DISAGREE: Final = "I do not agree: nothing is captured"
CHANGED: Final = "The text has changed since. Read it again."
NO_TICK: Final = "Without the tick nothing is captured."
LOOK: Final = "Three pictures are taken. Press the button, then look into the camera."
START: Final = "Start the camera"
GIVE_UP: Final = "Give up: keep nothing"


def messages() -> Iterator[str]:
    """Every text of these, in English, for the languages' catalogues."""
    yield from (TO_READ, AGREE, GO_ON, DISAGREE, CHANGED, NO_TICK)
    yield from (LOOK, START, GIVE_UP, TAKEN)
    yield from AT_THE_DESK.values()
    yield from UNSEEN.values()


def advice(reason: Reason | None) -> str:
    """What the person can do next; after a picture that was taken, None."""
    if reason is None:
        return TAKEN
    return AT_THE_DESK.get(reason) or ADVICE[reason].holder
