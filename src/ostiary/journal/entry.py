"""What a journal may hold: a closed set of entries, each in its one form.

An entry is a map in deterministic CBOR (RFC 8949 section 4.2.1). It names keys by their
identifiers and files by their digests. There is no free text, since what can only be
added to must not collect names, and nothing about whoever passes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from ostiary.credential import cbor
from ostiary.credential.checks import check_name, seconds_of
from ostiary.credential.jsonfile import Members, expect_object
from ostiary.credential.keys import IDENTIFIER_BYTES
from ostiary.errors import JournalError, MalformedError, TrustListError
from ostiary.journal.limits import JOURNAL_LIMITS
from ostiary.journal.merkle import leaf_hash
from ostiary.journal.register import (
    REGISTER_READERS,
    AuthenticatorAdded,
    AuthenticatorSuspended,
    ClockSet,
    Encoded,
    OpeningReason,
    OpeningRules,
    read_word,
    register_members,
)
from ostiary.terms import ReleaseCause

COMMITMENT_BYTES: Final = 32
DIGEST_BYTES: Final = 32
MOST_SIGNERS: Final = 32
MOST_COUNTED: Final = 1_000_000
FEWEST_COUNTED: Final = 10
_HOUR: Final = timedelta(hours=1)


class OwnerActKind(StrEnum):
    """What an owner does; what it is done to stands beside it."""

    KEY_ROTATED = "key-rotated"
    TRUST_SIGNED = "trust-signed"
    ROOT_SIGNED = "root-signed"
    RECORD_LOWERED = "record-lowered"
    CALIBRATION_LOADED = "calibration-loaded"
    CONFIGURATION_LOADED = "configuration-loaded"
    THRESHOLD_CHANGED = "threshold-changed"
    CERTIFICATE_LOADED = "certificate-loaded"
    KEY_HANDED_OVER = "key-handed-over"
    SETTINGS_SIGNED = "settings-signed"
    GATE_SHARED = "gate-shared"
    STAFF_ADDED = "staff-added"
    STAFF_SUSPENDED = "staff-suspended"
    STAFF_REINSTATED = "staff-reinstated"
    STAFF_REMOVED = "staff-removed"
    STAFF_PASSWORD_SET = "staff-password-set"  # noqa: S105 - what was done
    DESK_TOKEN_MADE = "desk-token-made"  # noqa: S105 - what was done
    DESK_TOKEN_REVOKED = "desk-token-revoked"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Opening:
    """A manual opening that an attendant asks for: what the assertion is made over.

    Attributes:
        at: when; timezone-aware, whole seconds.
        gate: its name.
        reason: from the list.
        attendant: SHA-256 of the authenticator's credential identifier; 32 bytes.
        commitment: 32 bytes that only a receipt can connect with a pass; random where
            nobody wants one.
    """

    at: datetime
    gate: str
    reason: OpeningReason
    attendant: bytes
    commitment: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a moment, name or length that cannot be one.
        """
        seconds_of(self.at)
        check_name(self.gate)
        _check_length(self.attendant, DIGEST_BYTES)
        _check_length(self.commitment, COMMITMENT_BYTES)

    @property
    def challenge(self) -> bytes:
        """What the attendant's authenticator signs: the hash of the entry without it.

        It is a leaf hash (RFC 6962), 32 bytes.
        """
        return leaf_hash(bytes(cbor.encode(_members_of(self))))


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an authenticator says to a challenge (WebAuthn level 2, section 5.2.2).

    Attributes:
        authenticator_data: 37 to 1,024 bytes.
        client_data: the JSON as it was signed; at most 1,024 bytes.
        signature: at most 512 bytes.
    """

    authenticator_data: bytes = field(repr=False)
    client_data: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Check the lengths.

        Raises:
            ValueError: one that cannot be.
        """
        for name, (least, most) in _ASSERTION.items():
            if not least <= len(getattr(self, name)) <= most:
                raise ValueError(f"{name} has {least} to {most} bytes")


_ASSERTION: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "authenticator_data": (37, 1_024),
        "client_data": (2, 1_024),
        "signature": (8, 512),
    }
)
"""Member -> least and most bytes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one attendant's authenticator says to an opening.

    Attributes:
        attendant: SHA-256 of the authenticator's credential identifier; 32 bytes.
        assertion: over the challenge of the opening.
    """

    attendant: bytes
    assertion: Assertion

    def __post_init__(self) -> None:
        """Check the length.

        Raises:
            ValueError: one that cannot be.
        """
        _check_length(self.attendant, DIGEST_BYTES)


@dataclass(frozen=True, slots=True)
class ManualOpening:
    """A door that an attendant opens by hand, and answers for.

    Attributes:
        opening: what is signed.
        assertion: of the attendant who asked for it.
        second: of another one, over the same; None: nobody else signed.
    """

    opening: Opening
    assertion: Assertion
    second: Answer | None = None

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Of everybody who signed, whoever asked first."""
        first = Answer(self.opening.attendant, self.assertion)
        return (first,) if self.second is None else (first, self.second)


@dataclass(frozen=True, slots=True)
class OwnerAct:
    """Something an owner does to keys, trust, settings or staff.

    Attributes:
        at: when; timezone-aware, whole seconds.
        act: what.
        what: SHA-256 of what it is done to, 32 bytes: of a file as it is signed or
            loaded, of a public key, of an account with its salt, or of an access token
            with its hash.
        by: identifiers of the keys that stand behind it, 8 bytes each; none where the
            act takes no key.
    """

    at: datetime
    act: OwnerActKind
    what: bytes
    by: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a moment or length that cannot be one, or an identifier twice.
        """
        seconds_of(self.at)
        _check_length(self.what, DIGEST_BYTES)
        for identifier in self.by:
            _check_length(identifier, IDENTIFIER_BYTES)
        if list(self.by) != sorted(set(self.by)) or len(self.by) > MOST_SIGNERS:
            raise ValueError("identifiers stand in order, each once")


@dataclass(frozen=True, slots=True)
class DeskHour:
    """What one account of an issuer's desk did in one hour, as totals.

    Attributes:
        at: when the hour began; timezone-aware, a whole hour.
        account: SHA-256 of the account's key, 32 bytes.
        issued: passes, 0 to 1,000,000.
        revoked: passes, 0 to 1,000,000.
    """

    at: datetime
    account: bytes
    issued: int
    revoked: int

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a moment, length or number that cannot be one.
        """
        _check_hour(self.at)
        _check_length(self.account, DIGEST_BYTES)
        if not all(0 <= each <= MOST_COUNTED for each in (self.issued, self.revoked)):
            raise ValueError(f"totals lie between 0 and {MOST_COUNTED}")


@dataclass(frozen=True, slots=True)
class GateHour:
    """How many presentations ended how at one gate in one hour.

    Small numbers could point to somebody, so none below 10 stands there: 0 means that
    there were fewer than 10, or none.

    Attributes:
        at: when the hour began; timezone-aware, a whole hour.
        gate: its name.
        passages: presentations that were granted.
        passes: that were refused for their pass.
        faces: that were refused for what the camera saw.
        others: that were refused for another cause, such as a fault.
    """

    at: datetime
    gate: str
    passages: int
    passes: int
    faces: int
    others: int

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a moment, name or number that cannot be one.
        """
        _check_hour(self.at)
        check_name(self.gate)
        for each in (self.passages, self.passes, self.faces, self.others):
            if each and not FEWEST_COUNTED <= each <= MOST_COUNTED:
                raise ValueError(
                    f"totals are 0 or lie between {FEWEST_COUNTED} and {MOST_COUNTED}"
                )


@dataclass(frozen=True, slots=True)
class DoorReleased:
    """A door that was released past the gate: by the wired release, or its supply.

    It was open before this was entered, and nobody signs it: nothing may hold up an
    emergency.

    Attributes:
        at: when the gate noticed; timezone-aware, whole seconds.
        gate: its name.
        cause: what its wires tell.
    """

    at: datetime
    gate: str
    cause: ReleaseCause

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a moment or name that cannot be one.
        """
        seconds_of(self.at)
        check_name(self.gate)


def told_count(count: int) -> int:
    """What a gate's hour says of a number: nothing of one below 10."""
    return min(count, MOST_COUNTED) if count >= FEWEST_COUNTED else 0


JournalEntry: TypeAlias = (
    ManualOpening
    | OwnerAct
    | DeskHour
    | GateHour
    | DoorReleased
    | AuthenticatorAdded
    | AuthenticatorSuspended
    | OpeningRules
    | ClockSet
)

_GATE_COUNTS: Final = ("passages", "passes", "faces", "others")


def dump_entry(entry: JournalEntry) -> bytes:
    """An entry in its one form."""
    return bytes(cbor.encode(_entry_members(entry)))


def load_entry(data: bytes) -> JournalEntry:
    """Read one entry.

    Raises:
        JournalError: anything but what `dump_entry` writes.
    """
    if len(data) > JOURNAL_LIMITS.entry_bytes:
        raise JournalError(f"an entry has at most {JOURNAL_LIMITS.entry_bytes} bytes")
    try:
        members = expect_object("the entry", cbor.decode(data))
        read = _READERS.get(members.text("kind"))
        if read is None:
            raise JournalError("an entry of a kind that is not known")
        entry = read(members)
        members.finish()
    except MalformedError as error:
        raise JournalError(f"an entry that is no strict CBOR: {error}") from None
    except (TrustListError, ValueError) as error:
        raise JournalError(f"an entry that cannot be one: {error}") from None
    return entry


def _entry_members(entry: JournalEntry) -> Encoded:
    match entry:
        case ManualOpening():
            return _opened_members(entry)
        case OwnerAct():
            return {
                "kind": "owner-act",
                "at": seconds_of(entry.at),
                "act": entry.act.value,
                "what": entry.what,
                "by": list(entry.by),
            }
        case DeskHour() | GateHour() | DoorReleased():
            return _told_members(entry)
        case AuthenticatorAdded() | AuthenticatorSuspended():
            return register_members(entry)
        case OpeningRules() | ClockSet():
            return register_members(entry)


def _told_members(entry: DeskHour | GateHour | DoorReleased) -> Encoded:
    """Of what is told afterwards."""
    at = seconds_of(entry.at)
    match entry:
        case DeskHour():
            return {
                "kind": "desk-hour",
                "at": at,
                "account": entry.account,
                "issued": entry.issued,
                "revoked": entry.revoked,
            }
        case GateHour():
            counts: Encoded = {name: getattr(entry, name) for name in _GATE_COUNTS}
            return {"kind": "gate-hour", "at": at, "gate": entry.gate, **counts}
        case DoorReleased():
            cause = entry.cause.value
            return {
                "kind": "door-released",
                "at": at,
                "gate": entry.gate,
                "cause": cause,
            }


def _opened_members(opened: ManualOpening) -> Encoded:
    said = _members_of(opened.opening)
    said["assertion"] = _said(opened.assertion)
    if opened.second is not None:
        second = _said(opened.second.assertion)
        said["second"] = {"attendant": opened.second.attendant, **second}
    return said


def _said(assertion: Assertion) -> Encoded:
    return {name: getattr(assertion, name) for name in _ASSERTION}


def _members_of(opening: Opening) -> Encoded:
    return {
        "kind": "manual-opening",
        "at": seconds_of(opening.at),
        "gate": opening.gate,
        "reason": opening.reason.value,
        "attendant": opening.attendant,
        "commitment": opening.commitment,
    }


def _read_opening(members: Members) -> ManualOpening:
    said = members.member("assertion")
    assertion = _read_assertion(said)
    said.finish()
    second = _read_second(members.member("second")) if "second" in members else None
    opening = Opening(
        at=members.moment("at"),
        gate=members.text("gate"),
        reason=read_word(OpeningReason, members, "reason"),
        attendant=members.raw("attendant", DIGEST_BYTES),
        commitment=members.raw("commitment", COMMITMENT_BYTES),
    )
    return ManualOpening(opening, assertion, second)


def _read_second(members: Members) -> Answer:
    attendant = members.raw("attendant", DIGEST_BYTES)
    assertion = _read_assertion(members)
    members.finish()
    return Answer(attendant, assertion)


def _read_assertion(members: Members) -> Assertion:
    return Assertion(*(members.any_raw(name) for name in _ASSERTION))


def _read_owner_act(members: Members) -> OwnerAct:
    return OwnerAct(
        at=members.moment("at"),
        act=read_word(OwnerActKind, members, "act"),
        what=members.raw("what", DIGEST_BYTES),
        by=members.raws("by", IDENTIFIER_BYTES),
    )


def _read_desk_hour(members: Members) -> DeskHour:
    return DeskHour(
        at=members.moment("at"),
        account=members.raw("account", DIGEST_BYTES),
        issued=members.integer("issued"),
        revoked=members.integer("revoked"),
    )


def _read_gate_hour(members: Members) -> GateHour:
    return GateHour(
        members.moment("at"),
        members.text("gate"),
        *(members.integer(name) for name in _GATE_COUNTS),
    )


def _read_released(members: Members) -> DoorReleased:
    return DoorReleased(
        at=members.moment("at"),
        gate=members.text("gate"),
        cause=read_word(ReleaseCause, members, "cause"),
    )


_READERS: Final[Mapping[str, Callable[[Members], JournalEntry]]] = MappingProxyType(
    {
        "manual-opening": _read_opening,
        "owner-act": _read_owner_act,
        "desk-hour": _read_desk_hour,
        "gate-hour": _read_gate_hour,
        "door-released": _read_released,
        **REGISTER_READERS,
    }
)


def _check_hour(at: datetime) -> None:
    if seconds_of(at) % int(_HOUR.total_seconds()):
        raise ValueError("an hour begins with its first second")


def _check_length(octets: bytes, length: int) -> None:
    if len(octets) != length:
        raise ValueError(f"{len(octets)} bytes, where there have to be {length}")
