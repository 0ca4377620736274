"""What the wallet says, in English; the catalogues have the rest."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "title": "Your pass",
        "alt": "The code of your pass",
        "language": "Language",
        "bright": "Make the screen as bright as it goes, and hold the code up to the "
        "camera of the gate.",
        "sealed": "The code is sealed: only the gates that it opens can read it. This "
        "page cannot, and sends it to nobody.",
        "none": "There is no pass here. Open the link from the desk again.",
        "damaged": "This link holds no whole pass: part of it is missing, or it is "
        "another link. Open the link from the desk again.",
        "open": "This pass is not sealed, so anyone who sees it can read it. Ask the "
        "desk for another.",
        "closing": "The pass is gone from this page when you close it. The history of "
        "your browser may still have the link.",
        "keep": "Keep it on this phone",
        "kept": "The pass is kept on this phone, and is there without a network, too. "
        "Whoever can unlock the phone can show it.",
        "online": "The pass is kept on this phone, but this page needs a network. "
        "Whoever can unlock the phone can show it.",
        "unkept": "This browser does not keep it. Use the picture or the printed pass.",
        "forget": "Forget it",
        "forgotten": "The pass is gone from this page. The history of your browser may "
        "still have the link: clear it there.",
    }
)
"""By what the page calls them."""


def messages() -> tuple[str, ...]:
    """All of it, for the catalogues."""
    return tuple(TEXTS.values())
