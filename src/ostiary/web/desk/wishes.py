"""What staff fill in for a new pass, read from the form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final

from ostiary.credential import Hours
from ostiary.credential.windows import WEEKDAYS
from ostiary.desk.issuing import PassRequest
from ostiary.errors import ConfigurationError
from ostiary.storage.home import Home
from ostiary.storage.registry.records import check_own, read_identifier
from ostiary.web.forms import Form

LONGEST: Final = timedelta(days=3_650)
"""As for commands."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A pass that somebody is to get.

    Attributes:
        issuer: whose key signs.
        zones: what it opens.
        first: first day, in UTC.
        last: last day, in UTC.
        hours: on which weekdays and hours, the same for each zone; None: always.
        face: whether it holds a face.
        own: the owner's own reference; None for none.
        renews: identifier of the pass that it renews; None for none.
    """

    issuer: str
    zones: tuple[str, ...]
    first: date
    last: date
    hours: Hours | None
    face: bool
    own: str | None = field(repr=False)
    renews: bytes | None

    def request(self, at: datetime) -> PassRequest:
        """The same as the desk's order, at a moment.

        Args:
            at: now, in UTC; a pass for today begins now.
        """
        windows = {} if self.hours is None else dict.fromkeys(self.zones, (self.hours,))
        return PassRequest(
            issuer=self.issuer,
            zones=self.zones,
            not_before=max(at, _midnight(self.first)),
            expires_at=_midnight(self.last) + timedelta(days=1),
            hours=windows,
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be chosen from.

    Attributes:
        issuers: who can sign here.
        zones: to which passes can be sealed now.
    """

    issuers: tuple[str, ...]
    zones: tuple[str, ...]

    @classmethod
    def of(cls, home: Home, at: datetime) -> "Offer":
        """What a home can issue now.

        Raises:
            StorageError: a file cannot be read.
            TrustListError: the trust list is not in order, or has expired.
        """
        entries = home.trust_in_force(at).entries
        zones = [zone for zone in home.zones() if entries.zone_key(zone, at)]
        return cls(home.signers(), tuple(zones))


def read_wish(form: Form, offer: Offer, today: date) -> Wish:
    """What a form asks for.

    Raises:
        ConfigurationError: it cannot be had; the message says what to change.
    """
    issuer = form.get("issuer", "")
    if issuer not in offer.issuers:
        raise ConfigurationError("Choose an issuer from the list.")
    zones = tuple(zone for zone in offer.zones if f"zone-{zone}" in form)
    if not 1 <= len(zones) <= 4:  # noqa: PLR2004 - `MOST_ZONES`, as the text says it
        raise ConfigurationError("Choose one to four zones.")
    lane = form.get("lane", "")
    if lane not in {"face", "faceless"}:
        raise ConfigurationError("Choose a pass with a face or without one.")
    first, last = _days(form, today)
    return Wish(
        issuer=issuer,
        zones=zones,
        first=first,
        last=last,
        hours=_hours(form),
        face=lane == "face",
        own=_own(form.get("own", "").strip()),
        renews=_renews(form.get("renews", "")),
    )


def _days(form: Form, today: date) -> tuple[date, date]:
    first, last = _day(form, "first", "first day"), _day(form, "last", "last day")
    if first < today:
        raise ConfigurationError("The first day is over already.")
    if last < first:
        raise ConfigurationError("The last day comes before the first.")
    if last - today > LONGEST:
        raise ConfigurationError("The last day is more than ten years away.")
    return first, last


def _day(form: Form, name: str, said: str) -> date:
    try:
        return date.fromisoformat(form.get(name, ""))
    except ValueError:
        raise ConfigurationError(f"Choose the {said}.") from None


def _hours(form: Form) -> Hours | None:
    days = frozenset(day for day in range(len(WEEKDAYS)) if f"day-{day}" in form)
    if form.get("when", "always") != "hours":
        if days:
            # It would open at more hours than somebody meant.
            raise ConfigurationError("Always, or at these weekdays and hours? Choose.")
        return None
    start, end = _minute(form, "start"), _minute(form, "end")
    try:
        # Midnight at the end is the end of the day.
        return Hours(days, start, end or 24 * 60)
    except ValueError:
        raise ConfigurationError(
            "Choose one weekday or more, and hours that begin before they end; hours "
            "past midnight take two passes."
        ) from None


def _minute(form: Form, name: str) -> int:
    try:
        clock = time.fromisoformat(form.get(name, ""))
    except ValueError:
        raise ConfigurationError("Choose from when to when, like 08:00.") from None
    return 60 * clock.hour + clock.minute


def _own(own: str) -> str | None:
    try:
        if own:
            check_own(own)
    except ValueError as error:
        raise ConfigurationError(f"Your own reference: {error}.") from None
    return own or None


def _renews(text: str) -> bytes | None:
    return read_identifier(text) if text else None


BLANK: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(
        ("issuer", "lane", "first", "last", "when", "start", "end", "own", "renews"), ""
    )
)
"""A form that nobody filled in."""


def filled_in(at: datetime, offer: Offer) -> Mapping[str, str]:
    """What an empty form begins with: from today on, for 30 days."""
    fields = {
        "first": f"{at:%F}",
        "last": f"{at + timedelta(days=30):%F}",
        "when": "always",
        "start": "08:00",
        "end": "18:00",
    }
    # Where there is nothing to choose, it is chosen.
    fields |= {f"zone-{zone}": "on" for zone in offer.zones if len(offer.zones) == 1}
    return fields


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
