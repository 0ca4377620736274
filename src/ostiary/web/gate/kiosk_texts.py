"""What the kiosk says of each scene, in English; the catalogues have the rest.

What a reason or a move says stands in `reasons` and `presentation.challenge`, and is
not said otherwise here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ostiary.presentation.challenge import OR_WAIT, PROMPTS
from ostiary.reasons import ADVICE
from ostiary.web.gate.board import Help
from ostiary.web.gate.link import Kind, Scene


@dataclass(frozen=True, slots=True)
class Words:
    """A few words to be read from afar, and a sentence.

    Attributes:
        title: the words.
        text: the sentence; where the scene has a reason, its advice stands instead.
    """

    title: str
    text: str


WORDS: Final[Mapping[Kind, Words]] = MappingProxyType(
    {
        Kind.IDLE: Words("Show your pass", "Hold its code up to the camera."),
        Kind.LOOK: Words("Look here", "Stand on the mark and look into the camera."),
        Kind.MOVE: Words("Please move", OR_WAIT),
        Kind.ATTENDANT: Words(
            "One moment, please", "An attendant will look at your document."
        ),
        Kind.OPENING: Words("One moment, please", "The door is opening."),
        Kind.GRANTED: Words("Welcome", "Please go through."),
        Kind.REFUSED: Words("The door stays closed", "Please ask the attendant."),
        Kind.REFERRED: Words("One moment, please", "The attendant will help you."),
        Kind.CLOSED: Words("Out of service", "Please ask the attendant."),
    }
)

LOST: Final = "This screen has lost its gate. Please ask the attendant."
"""Said by the page itself when nothing comes any more."""

HELP: Final[Mapping[Help, str]] = MappingProxyType(
    {
        Help.NOT_CALLED: "Call the attendant",
        Help.CALLED: "The attendant was called",
        Help.COMING: "An attendant is coming",
    }
)


def words(scene: Scene) -> Words:
    """What is said of a scene."""
    said = WORDS[scene.kind]
    if scene.move is not None:
        return Words(PROMPTS[scene.move], said.text)
    if scene.reason is None or scene.kind is Kind.GRANTED:
        return said
    return Words(said.title, ADVICE[scene.reason].holder)
