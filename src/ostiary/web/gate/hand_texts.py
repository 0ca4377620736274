"""What the page for opening by hand says, in English; the catalogues have the rest."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from ostiary.gate.openings import NotOpened, Refusal
from ostiary.journal import OpeningFault
from ostiary.web.gate.hand import LOST, NO_KIOSK

OPENED: Final = "It is entered, and the gate opens."

NOT_ALLOWED: Final = "Your authenticator may not open this gate now. Ask the owner."

NOT_SIGNED: Final = "What the authenticator said does not hold. Nothing was opened."
"""Of every fault of an assertion: what it is, its name says."""

NOT_REGISTERED: Final = "This authenticator cannot be registered here."

SIGN_TOO: Final = (
    "Signed. Now another attendant has to sign at this gate's page, within a minute."
)
"""To the first of two."""

_ALONE: Final = (
    "Another attendant has to sign too, and did not. Nothing was opened: ask again."
)

_CLOCK: Final = "The gate's clock went back. Call the owner."

_NO_JOURNAL: Final = (
    "The journal cannot be written, so the gate stays shut. Call the owner."
)

REFUSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        NotOpened.ANOTHER: "Another opening is under way. Try again in a moment.",
        NotOpened.LATE: "Too late. Nothing was opened: ask again.",
        NotOpened.ALONE: _ALONE,
        NotOpened.NO_PASS: (
            "There is nothing to make a receipt of: no pass was read and verified here "
            "just now. Have it shown once more, or open without a receipt."
        ),
        NO_KIOSK: (
            "A receipt is for the person alone, and no screen of this gate stands "
            "before them. Open without a receipt."
        ),
        NotOpened.NOT_ENTERED: _NO_JOURNAL,
        NotOpened.DAMAGED: _NO_JOURNAL,
        NotOpened.DOOR: "It is entered, but the door does not answer: go and look.",
        OpeningFault.NO_RULES: NOT_ALLOWED,
        OpeningFault.REASON: "The owner does not offer this reason. Choose another.",
        OpeningFault.HOURS: "Nobody opens by hand at this hour. Ask the owner.",
        OpeningFault.ZONE: "The gate does not know the hours' time zone. Call the "
        "owner.",
        OpeningFault.UNKNOWN: NOT_ALLOWED,
        OpeningFault.SUSPENDED: NOT_ALLOWED,
        OpeningFault.ENDED: NOT_ALLOWED,
        OpeningFault.TOO_SOON: "You have only just opened. Wait a little.",
        OpeningFault.TOO_MANY: "You have opened too often in this hour.",
        OpeningFault.ALONE: _ALONE,
        OpeningFault.TWICE: "You have signed already: somebody else has to.",
        OpeningFault.CLOCK_BACK: _CLOCK,
        OpeningFault.AHEAD: _CLOCK,
        LOST: "The gate does not answer. Nothing is known for certain: go and look.",
    }
)


def messages() -> Iterator[str]:
    """Every text of these, in English."""
    yield from (OPENED, NOT_SIGNED, NOT_REGISTERED, SIGN_TOO)
    yield from REFUSED.values()


def outcome(refusal: Refusal | str | None) -> str:
    """What came of a wish."""
    return OPENED if refusal is None else REFUSED.get(refusal, NOT_SIGNED)
