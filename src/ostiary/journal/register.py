"""Who may open by hand, and under which rules, as owners enter it.

Authenticators and rules are entries themselves: what was in force when a door was
opened is what stands before the opening, and nobody can say otherwise later.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ostiary.credential import cbor
from ostiary.credential.checks import check_uri, seconds_of
from ostiary.credential.jsonfile import Members
from ostiary.errors import JournalError, MalformedError
from ostiary.journal.hours import OpeningHours, hours_members, read_hours

ATTENDANT_BYTES: Final = 32
MOST_ORIGINS: Final = 8
MOST_AN_HOUR: Final = 1_000
LONGEST_PAUSE: Final = 3_600
MOST_SIGNERS_EACH: Final = 2
_COORDINATE_BYTES: Final = 32
_POINT: Final = b"\x04"

Encoded: TypeAlias = dict[cbor.Key, cbor.Encodable]

PublicKeys: TypeAlias = ec.EllipticCurvePublicKey | Ed25519PublicKey

_Word = TypeVar("_Word", bound=StrEnum)


class KeyAlgorithm(StrEnum):
    """How an authenticator signs (IANA COSE algorithms -7 and -8)."""

    ES256 = "ES256"
    EDDSA = "EdDSA"


class OpeningReason(StrEnum):
    """Why an attendant opens by hand."""

    CREDENTIAL_UNREADABLE = "credential-unreadable"
    FALSE_NON_MATCH = "false-non-match"
    ACCESSIBILITY = "accessibility"
    EMERGENCY = "emergency"
    OTHER = "other"


ALL_REASONS: Final = tuple(sorted(OpeningReason))


class UserCheck(StrEnum):
    """What an authenticator has to make sure of (WebAuthn level 2, section 6.1)."""

    PRESENT = "present"
    VERIFIED = "verified"


@dataclass(frozen=True)
class AuthenticatorAdded:
    """From here on, whoever has this authenticator may open by hand.

    Attributes:
        at: when; timezone-aware, whole seconds.
        attendant: SHA-256 of the authenticator's credential identifier; 32 bytes.
        algorithm: how it signs.
        key: its public key: an uncompressed point of P-256 (65 bytes, SEC 1 section
            2.3.3), or 32 bytes (RFC 8032).
        until: the first moment at which it no longer may.
    """

    at: datetime
    attendant: bytes
    algorithm: KeyAlgorithm
    key: bytes = field(repr=False)
    until: datetime

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a moment, length or key that cannot be one.
        """
        if seconds_of(self.at) >= seconds_of(self.until):
            raise ValueError("an authenticator serves until after it is added")
        _check_attendant(self.attendant)
        self.public  # noqa: B018 - a key that is none is refused here

    @cached_property
    def public(self) -> PublicKeys:
        """The key itself.

        Raises:
            ValueError: it is none of its algorithm.
        """
        if self.algorithm is KeyAlgorithm.EDDSA:
            return Ed25519PublicKey.from_public_bytes(self.key)
        if self.key[:1] != _POINT:
            raise ValueError("a point of P-256 stands uncompressed")
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.key)


@dataclass(frozen=True, slots=True)
class AuthenticatorSuspended:
    """From here on this authenticator opens nothing, until it is added again.

    Attributes:
        at: when; timezone-aware, whole seconds.
        attendant: SHA-256 of the authenticator's credential identifier; 32 bytes.
    """

    at: datetime
    attendant: bytes

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a moment or length that cannot be one.
        """
        seconds_of(self.at)
        _check_attendant(self.attendant)


@dataclass(frozen=True, slots=True)
class OpeningRules:
    """From here on, doors are opened by hand under these rules.

    Attributes:
        at: when; timezone-aware, whole seconds.
        relying_party: the name under which authenticators were registered, as
            browsers know it.
        origins: of the pages that may ask for an opening; in order, 1 to 8.
        user: what the authenticator has to make sure of.
        most_an_hour: openings of one attendant in any 3,600 seconds; 1 to 1,000.
        pause: seconds between two openings of one attendant; 0 to 3,600.
        signers: how many attendants sign an opening; 1 or 2.
        hours: outside of which nobody opens; None: at any hour.
        reasons: for which a door may be opened; in order, at least one.
    """

    at: datetime
    relying_party: str
    origins: tuple[str, ...]
    user: UserCheck
    most_an_hour: int
    pause: int
    signers: int = 1
    hours: OpeningHours | None = None
    reasons: tuple[OpeningReason, ...] = ALL_REASONS

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a moment, name or number that cannot be one.
        """
        seconds_of(self.at)
        for name in (self.relying_party, *self.origins):
            check_uri(name)
        in_order = list(self.origins) == sorted(set(self.origins))
        if not in_order or not 1 <= len(self.origins) <= MOST_ORIGINS:
            raise ValueError(f"1 to {MOST_ORIGINS} origins stand in order, each once")
        if not 1 <= self.most_an_hour <= MOST_AN_HOUR:
            raise ValueError(f"openings in an hour lie between 1 and {MOST_AN_HOUR}")
        if not 0 <= self.pause <= LONGEST_PAUSE:
            raise ValueError(f"a pause lies between 0 and {LONGEST_PAUSE} seconds")
        if not 1 <= self.signers <= MOST_SIGNERS_EACH:
            raise ValueError(f"1 to {MOST_SIGNERS_EACH} attendants sign an opening")
        if not self.reasons or list(self.reasons) != sorted(set(self.reasons)):
            raise ValueError("one reason or more stand in order, each once")


@dataclass(frozen=True, slots=True)
class ClockSet:
    """From here on time is measured anew: the moments so far were of a wrong clock.

    Attributes:
        at: when, on the clock that is right; timezone-aware, whole seconds.
    """

    at: datetime

    def __post_init__(self) -> None:
        """Check the field.

        Raises:
            ValueError: a moment that cannot be one.
        """
        seconds_of(self.at)


RegisterEntry: TypeAlias = (
    AuthenticatorAdded | AuthenticatorSuspended | OpeningRules | ClockSet
)

KINDS: Final[Mapping[type[RegisterEntry], str]] = MappingProxyType(
    {
        AuthenticatorAdded: "authenticator-added",
        AuthenticatorSuspended: "authenticator-suspended",
        OpeningRules: "opening-rules",
        ClockSet: "clock-set",
    }
)
"""What each calls itself."""


def read_word(kind: type[_Word], members: Members, name: str) -> _Word:
    """Take a word of a list.

    Raises:
        ValueError: it is none of them.
    """
    try:
        return kind(members.text(name))
    except ValueError:
        # The enumeration's own message would quote what may be anything.
        raise ValueError(f"{name!r} is not of the list") from None


def register_members(entry: RegisterEntry) -> Encoded:
    """What such an entry says."""
    return {
        "kind": KINDS[type(entry)],
        "at": seconds_of(entry.at),
        **_members(entry),
    }


def _members(entry: RegisterEntry) -> Encoded:
    match entry:
        case AuthenticatorAdded():
            return {
                "attendant": entry.attendant,
                "algorithm": entry.algorithm.value,
                "key": entry.key,
                "until": seconds_of(entry.until),
            }
        case AuthenticatorSuspended():
            return {"attendant": entry.attendant}
        case OpeningRules():
            return {
                "relying_party": entry.relying_party,
                "origins": list(entry.origins),
                "user": entry.user.value,
                "most_an_hour": entry.most_an_hour,
                "pause": entry.pause,
                **_further(entry),
            }
        case ClockSet():
            return {}


def _further(rules: OpeningRules) -> Encoded:
    """What stands there only where it is asked for, so that a rule has one form."""
    said: Encoded = {}
    if rules.signers > 1:
        said["signers"] = rules.signers
    if rules.hours is not None:
        said["hours"] = hours_members(rules.hours)
    if rules.reasons != ALL_REASONS:
        said["reasons"] = [reason.value for reason in rules.reasons]
    return said


def _read_reasons(members: Members) -> tuple[OpeningReason, ...]:
    if "reasons" not in members:
        return ALL_REASONS
    words = members.texts("reasons")
    reasons = tuple(each for each in ALL_REASONS if each in words)
    if list(reasons) != list(words) or reasons == ALL_REASONS:
        raise ValueError("'reasons' are some of the list, in order, each once")
    return reasons


def _read_added(members: Members) -> AuthenticatorAdded:
    return AuthenticatorAdded(
        at=members.moment("at"),
        attendant=members.raw("attendant", ATTENDANT_BYTES),
        algorithm=read_word(KeyAlgorithm, members, "algorithm"),
        key=members.any_raw("key"),
        until=members.moment("until"),
    )


def _read_suspended(members: Members) -> AuthenticatorSuspended:
    return AuthenticatorSuspended(
        at=members.moment("at"), attendant=members.raw("attendant", ATTENDANT_BYTES)
    )


def _read_rules(members: Members) -> OpeningRules:
    return OpeningRules(
        at=members.moment("at"),
        relying_party=members.text("relying_party"),
        origins=tuple(members.texts("origins")),
        user=read_word(UserCheck, members, "user"),
        most_an_hour=members.integer("most_an_hour"),
        pause=members.integer("pause"),
        signers=_read_signers(members) if "signers" in members else 1,
        hours=read_hours(members.member("hours")) if "hours" in members else None,
        reasons=_read_reasons(members),
    )


def _read_signers(members: Members) -> int:
    signers = members.integer("signers")
    if signers == 1:
        raise ValueError("one signer is not written down")
    return signers


def _read_clock_set(members: Members) -> ClockSet:
    return ClockSet(members.moment("at"))


REGISTER_READERS: Final[Mapping[str, Callable[[Members], RegisterEntry]]] = (
    MappingProxyType(
        {
            KINDS[AuthenticatorAdded]: _read_added,
            KINDS[AuthenticatorSuspended]: _read_suspended,
            KINDS[OpeningRules]: _read_rules,
            KINDS[ClockSet]: _read_clock_set,
        }
    )
)
"""Kind -> what reads its members."""


def read_cose_key(data: bytes) -> tuple[KeyAlgorithm, bytes]:
    """The public key that an authenticator hands out (RFC 9053 sections 2 and 7).

    Args:
        data: the COSE key, of P-256 with ES256 or Ed25519 with EdDSA.

    Raises:
        JournalError: it is none of the two.
    """
    try:
        match cbor.decode(data):
            case {1: 2, 3: -7, -1: 1, -2: memoryview() as x, -3: memoryview() as y} if (
                len(x) == len(y) == _COORDINATE_BYTES
            ):
                return KeyAlgorithm.ES256, _POINT + bytes(x) + bytes(y)
            case {1: 1, 3: -8, -1: 6, -2: memoryview() as x}:
                return KeyAlgorithm.EDDSA, bytes(x)
            case _:
                pass
    except MalformedError:
        pass
    raise JournalError("a public key that is neither ES256 on P-256 nor Ed25519")


def _check_attendant(attendant: bytes) -> None:
    if len(attendant) != ATTENDANT_BYTES:
        raise ValueError(f"an attendant is named by {ATTENDANT_BYTES} bytes")
