"""What the pages at a gate and those of a desk both say, in English."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from ostiary.journal import OpeningReason
from ostiary.web.entrance import SignIn

REFUSED_SIGN_IN: Final[Mapping[SignIn, str]] = MappingProxyType(
    {
        SignIn.WRONG: "Name and password do not fit, or the account is suspended.",
        SignIn.ELSEWHERE: "This account is for other pages than these.",
        SignIn.WAIT: "Tried too often. Wait a little, then try again.",
        SignIn.BUSY: "Too many people sign in at once. Try again in a moment.",
        SignIn.CLOSED: "Nobody can sign in here yet: the owner has to add an account.",
    }
)

REASONS: Final[Mapping[OpeningReason, str]] = MappingProxyType(
    {
        OpeningReason.CREDENTIAL_UNREADABLE: "The pass cannot be read",
        OpeningReason.FALSE_NON_MATCH: "The right person is not recognised",
        OpeningReason.ACCESSIBILITY: "Somebody cannot use the gate as it is",
        OpeningReason.EMERGENCY: "Emergency",
        OpeningReason.OTHER: "Another reason",
    }
)
"""For which a door is opened by hand."""


def messages() -> Iterator[str]:
    """Every text of these, in English."""
    for table in (REFUSED_SIGN_IN, REASONS):
        yield from table.values()
