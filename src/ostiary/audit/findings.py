"""What an audit can find."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FindingKind(StrEnum):
    """What is wrong, or stands out."""

    NOT_VERIFIED = "log-not-verified"
    NOT_WITNESSED = "too-few-witnesses"
    UNREADABLE = "entry-unreadable"
    NO_RULES = "opened-without-rules"
    REASON = "reason-not-offered"
    HOURS = "outside-hours"
    ZONE = "hours-not-judged"
    UNKNOWN = "authenticator-unknown"
    SUSPENDED = "authenticator-suspended"
    ENDED = "authenticator-ended"
    ASSERTION = "assertion-refused"
    REPLAYED = "entered-twice"
    TOO_MANY = "too-many-in-an-hour"
    TOO_SOON = "too-soon-after-another"
    ALONE = "signed-by-one-alone"
    TWICE = "signed-twice-by-one"
    CLOCK_BACK = "clock-went-back"
    AHEAD = "drawn-before-clock-set"
    CLOCK_SET = "clock-set-anew"
    HOUR_TWICE = "hour-told-twice"
    UNSEEN = "newest-entries-not-witnessed"
    GAP = "hours-missing"
    OUTLIER = "unusual-rate"


NOTICES: Final = frozenset(
    {
        FindingKind.CLOCK_SET,
        FindingKind.UNSEEN,
        FindingKind.GAP,
        FindingKind.OUTLIER,
    }
)
"""What stands out, and may well have its reason. Everything else is wrong."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Attributes:
        kind: what.
        log: the origin of the journal, or its path where it has none.
        index: the entry's number; None where it is about no single one.
        detail: what exactly; no name of a person.
    """

    kind: FindingKind
    log: str
    index: int | None
    detail: str

    @property
    def wrong(self) -> bool:
        """Whether it breaks a rule, and does not only stand out."""
        return self.kind not in NOTICES
