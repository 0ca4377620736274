"""Who may open by hand, as an owner sets it down: for commands and pages alike.

What is to be in force is entered in the journal first. Then the file says which account
has which authenticator; where that fails, the same act again mends it.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from ostiary.credential.windows import read_window
from ostiary.errors import ConfigurationError
from ostiary.journal import (
    AuthenticatorAdded,
    AuthenticatorSuspended,
    ClockSet,
    OpeningHours,
    OpeningRules,
    Standing,
    load_entry,
    read_cose_key,
)
from ostiary.journal.hours import in_order
from ostiary.journal.register import ATTENDANT_BYTES, RegisterEntry
from ostiary.journal.standing import TOLERANCE
from ostiary.storage.authenticators import check_identifier
from ostiary.storage.civil_time import civil_zone
from ostiary.storage.home import Home
from ostiary.storage.journal import Journal

MOST_TEXT: Final = 4_096
"""Characters of what a page shows when it has registered an authenticator."""

FINGERPRINT_DIGITS: Final = 20
"""Hexadecimal: 80 bits, which nobody meets with another text on purpose."""

_GROUP: Final = 4

_LOCAL: Final = "localhost"

_ORIGIN: Final = re.compile(
    r"(?P<scheme>https?)://(?!([^:]*\.)?[0-9]+(:|$))"
    r"(?P<host>[a-z0-9-]+(\.[a-z0-9-]+)*)(:(?P<port>[1-9][0-9]{0,4}))?"
)
"""Of a page; its host has a name, and is no address of numbers."""

_USUAL_PORTS: Final[Mapping[str, str]] = MappingProxyType(
    {"http": "80", "https": "443"}
)
"""Which no browser writes."""


@dataclass(frozen=True, slots=True)
class Admission:
    """An authenticator, and whose it is.

    Attributes:
        account: that opens with it; None: of none, since something was not done whole.
        attendant: SHA-256 of its credential identifier; 32 bytes.
        until: the first moment at which it no longer opens; None: it does not open now.
    """

    account: str | None
    attendant: bytes
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Attendants:
    """Those who open by hand at the gates of one home.

    Every method may raise `JournalError` where the journal is not in order or cannot be
    written, and what `AuthenticatorsFile` raises.

    Attributes:
        home: the owner's directory.
        enter: enters in its journal what is about to be done.
    """

    home: Home
    enter: Callable[[RegisterEntry], None] = field(repr=False)

    def rule(self, rules: OpeningRules) -> None:
        """Put rules in force, from now on; they take the place of those before.

        Raises:
            ConfigurationError: the clock is behind what was entered, or no browser
                would ask for an opening by them.
        """
        _check_pages(rules)
        _check_clock(self._standing(), rules.at)
        self.enter(rules)

    def add(
        self, name: str, text: str, at: datetime, until: datetime
    ) -> AuthenticatorAdded:
        """Let an account open with the authenticator that it registered.

        Args:
            name: the account.
            text: what the attendant's page showed.
            at: now; timezone-aware, whole seconds.
            until: the first moment at which it no longer opens.

        Raises:
            ConfigurationError: no such account or text, no authenticator that can
                serve, one attendant would have two, or two attendants one, or the clock
                is behind what was entered.
        """
        self.home.staff.read().existing(name)
        identifier, cose = registered(text)
        algorithm, key = read_cose_key(cose)
        attendant = hashlib.sha256(identifier).digest()
        try:
            entry = AuthenticatorAdded(at, attendant, algorithm, key, until)
        except ValueError as error:
            raise ConfigurationError(
                f"no authenticator that can serve: {error}"
            ) from None
        standing = self._standing()
        _check_clock(standing, at)
        self._check_alone(name, attendant, standing, at)
        _check_key(standing, entry)
        self.enter(entry)
        self.home.authenticators.put(name, identifier)
        return entry

    def suspend(self, name: str, at: datetime) -> AuthenticatorSuspended:
        """Let an authenticator open nothing, until it is added again.

        Args:
            name: the account that has it; or its key, 64 hexadecimal digits.
            at: now; timezone-aware, whole seconds.

        Raises:
            ConfigurationError: the account has none.
        """
        attendant = self._attendant(name)
        if attendant is None:
            raise ConfigurationError(f"{name} has no authenticator")
        entry = AuthenticatorSuspended(at, attendant)
        self.enter(entry)
        return entry

    def set_clock(self, at: datetime) -> datetime:
        """Measure time anew after entries of a clock that was ahead; what it said last.

        Args:
            at: now, on a clock that is right; timezone-aware, whole seconds.

        Raises:
            ConfigurationError: no entry is ahead of now.
        """
        latest = self._standing().latest
        if latest is None or not _is_ahead(latest, at):
            raise ConfigurationError(
                f"no entry is ahead of {at:%F %T} UTC, so there is nothing to set right"
            )
        self.enter(ClockSet(at))
        return latest

    def admissions(self, at: datetime) -> tuple[Admission, ...]:
        """Every account's authenticator, and those in force that are of no account."""
        return self._admissions(self._standing(), at)

    def _admissions(self, standing: Standing, at: datetime) -> tuple[Admission, ...]:
        in_force = {each.attendant: each.until for each in standing.admitted(at)}
        whose = self._attendants()
        lost = in_force.keys() - set(whose.values())
        return (
            *(Admission(name, key, in_force.get(key)) for name, key in whose.items()),
            *(Admission(None, key, in_force[key]) for key in sorted(lost)),
        )

    def rules(self) -> OpeningRules | None:
        """Those in force; None: there are none, so nobody opens."""
        return self._standing().rules

    def _attendants(self) -> dict[str, bytes]:
        known = self.home.authenticators.read()
        return {name: hashlib.sha256(each).digest() for name, each in known.items()}

    def _attendant(self, name: str) -> bytes | None:
        whose = self._attendants()
        return whose.get(name) or next(self._named(name), None)

    def _named(self, name: str) -> Iterator[bytes]:
        """The authenticator of that key, if it was ever entered."""
        try:
            key = bytes.fromhex(name)
        except ValueError:
            return
        if len(key) == ATTENDANT_BYTES and self._standing().knows(key):
            yield key

    def _check_alone(
        self, name: str, attendant: bytes, standing: Standing, at: datetime
    ) -> None:
        """Whether one attendant has one authenticator, so that limits hold for each."""
        for each in self._admissions(standing, at):
            same, own = each.attendant == attendant, each.account == name
            if same and each.account is not None and not own:
                raise ConfigurationError(
                    f"this authenticator is that of {each.account}"
                )
            if own and not same and each.until is not None:
                raise ConfigurationError(
                    f"{name} has an authenticator that may still open: "
                    f"ostiary opening suspend {name}, then add this one"
                )
            if each.account is None and not same:
                raise ConfigurationError(
                    f"the authenticator {each.attendant.hex()} may open, and no "
                    "account has it: add it again, or suspend it by that key"
                )

    def _standing(self) -> Standing:
        """What is in force by the journal, all of which is verified."""
        standing = Standing()
        if self.home.journal_path.exists():
            reader = Journal.open(self.home.journal_path).reader
            reader.verify(lambda data: standing.see(load_entry(data)))
        return standing


def _is_ahead(latest: datetime, at: datetime) -> bool:
    return at < latest - TOLERANCE


def _check_clock(standing: Standing, at: datetime) -> None:
    """Whether what is entered now would be told as of a clock that went back."""
    latest = standing.latest
    if latest is not None and _is_ahead(latest, at):
        raise ConfigurationError(
            f"an entry is of {latest:%F %T} UTC, and now is {at:%F %T}: set the clock "
            "right, or where it is: ostiary opening clock"
        )


def _check_key(standing: Standing, entry: AuthenticatorAdded) -> None:
    """Whether the key is of this attendant alone; where two sign, it signs once."""
    if any(each != entry.attendant for each in standing.attendants_of(entry.key)):
        raise ConfigurationError(
            "another attendant's authenticator has this key: nobody is two attendants"
        )


def _check_pages(rules: OpeningRules) -> None:
    """Whether a browser asks an authenticator on such pages (WebAuthn level 2, 5.1.4).

    It compares the origin letter by letter, and has no relying party but the host's
    name or the end of it: others would be in force, and nobody could open.
    """
    for origin in rules.origins:
        found = _ORIGIN.fullmatch(origin)
        if found is None or found["port"] == _USUAL_PORTS[found["scheme"]]:
            raise ConfigurationError(
                f"{origin} is no address of a page as browsers write it: scheme, name "
                "and port with nothing behind, such as https://gate.example:8443"
            )
        party, host = rules.relying_party, found["host"]
        if found["scheme"] == "http" and not _is_below(host, _LOCAL):
            raise ConfigurationError(
                f"{origin}: browsers ask for no authenticator without a certificate, "
                f"but for pages of {_LOCAL}"
            )
        if not _is_below(host, party):
            raise ConfigurationError(
                f"{party} is not the host's name in {origin}, nor the end of it: "
                "authenticators that are bound to it do not answer there"
            )


def _is_below(host: str, name: str) -> bool:
    return f".{host}".endswith(f".{name}")


def opening_hours(texts: Sequence[str], time_zone: str | None) -> OpeningHours | None:
    """The hours of texts like `mon-fri,08:00-18:00`; None: none were given.

    Raises:
        ConfigurationError: a text of another form, or no time zone that is known here.
    """
    if not texts and time_zone is None:
        return None
    if not texts or time_zone is None or civil_zone(time_zone) is None:
        raise ConfigurationError(
            "hours of openings take a time zone that this machine knows, such as "
            "Europe/Berlin, and a time zone takes hours"
        )
    try:
        return in_order(time_zone, tuple(map(read_window, texts)))
    except ValueError:
        raise ConfigurationError(
            "hours of openings: write each like mon-fri,08:00-18:00; past midnight "
            "takes two of them, and there are 16 at most"
        ) from None


def registered(text: str) -> tuple[bytes, bytes]:
    """Credential identifier and COSE key of what an attendant's page showed.

    Raises:
        ConfigurationError: it is no such text.
    """
    try:
        parts = text[:MOST_TEXT].strip().split(".")
        identifier, key = (bytes.fromhex(part) for part in parts)
        check_identifier(identifier)
    except ValueError:
        raise ConfigurationError(
            "not the text that an attendant's page shows when it has registered an "
            "authenticator: two long numbers with a dot between"
        ) from None
    return identifier, key


def fingerprint(identifier: bytes, cose: bytes) -> str:
    """What an attendant and an owner compare, in groups of four digits.

    It is of the public key too. The attendant's name in the journal is of the
    credential identifier alone, and stays the same where another key is put beside it.
    """
    digest = hashlib.sha256(f"{identifier.hex()}.{cose.hex()}".encode()).hexdigest()
    digits = digest[:FINGERPRINT_DIGITS]
    return " ".join(
        digits[at : at + _GROUP] for at in range(0, FINGERPRINT_DIGITS, _GROUP)
    )
