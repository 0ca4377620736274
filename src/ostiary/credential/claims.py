"""What a credential says: CWT claims (RFC 8392) around claim 169 (MOSIP identity data).

The set of claims is closed: a gate that overlooked a claim might overlook a
restriction. The identity data hold a face template, or nothing of the holder at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Final

from ostiary.credential import cbor
from ostiary.credential.checks import (
    check_name,
    check_uri,
    check_window,
    moment_of,
    seconds_of,
)
from ostiary.credential.limits import LIMITS
from ostiary.credential.template import BiometricReference, Coding
from ostiary.errors import IncompatibleReferenceError, MalformedError
from ostiary.reasons import Reason

IDENTIFIER_BYTES: Final = 16
_WEEKDAYS: Final = range(7)
_DAY_MINUTES: Final = 24 * 60


class _Claim(IntEnum):
    """Labels of CWT claims; IANA's registry, and RFC 8392's private range for hours."""

    ISSUER = 1
    AUDIENCE = 3
    EXPIRES = 4
    NOT_BEFORE = 5
    ISSUED = 6
    IDENTIFIER = 7
    IDENTITY = 169
    STATUS = 65_535
    HOURS = -65_537


_CLOSED_SET: Final = frozenset(_Claim)


class _Identity(IntEnum):
    """Keys of claim 169's map. All others are somebody's personal data."""

    VERSION = 2
    FACE = 62


class _Biometric(IntEnum):
    """Keys of one biometric in claim 169."""

    DATA = 0
    FORMAT = 1
    SUB_FORMAT = 2
    ISSUER = 3


_VERSION: Final = "1"
_FORMAT_TEMPLATE: Final = 1
_SUB_FORMAT_VENDOR: Final = 100


@dataclass(frozen=True, slots=True)
class StatusReference:
    """Where the issuer says whether it has withdrawn the credential.

    Attributes:
        uri: the status list's address, which is also its name.
        index: the credential's place in it, from 0.
    """

    uri: str
    index: int = field(repr=False)

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: an address or index that cannot be one.
        """
        check_uri(self.uri)
        if not 0 <= self.index < 8 * LIMITS.status_list_bytes:
            raise ValueError("a status index lies within the longest list")


@dataclass(frozen=True, slots=True)
class Hours:
    """A window on the gate's civil clock. Past midnight takes two of them.

    Attributes:
        weekdays: 0 (Monday) to 6 (Sunday), at least one.
        start_minute: minutes since midnight, 0 to 1439.
        end_minute: first minute past the window, up to 1440.
    """

    weekdays: frozenset[int]
    start_minute: int
    end_minute: int

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: no such weekday or minute, or an empty window.
        """
        if not self.weekdays or not self.weekdays <= frozenset(_WEEKDAYS):
            raise ValueError("weekdays are 0 to 6, at least one")
        if not 0 <= self.start_minute < self.end_minute <= _DAY_MINUTES:
            raise ValueError("a window starts before it ends, within one day")

    def contain(self, at: datetime) -> bool:
        """Whether the moment lies inside, on its own clock."""
        minute = 60 * at.hour + at.minute
        within = self.start_minute <= minute < self.end_minute
        return within and at.weekday() in self.weekdays


@dataclass(frozen=True, slots=True)
class Claims:
    """The content of one credential.

    Attributes:
        issuer: who issued it.
        zones: which zones it opens.
        issued_at: when; all moments are timezone-aware, whole seconds.
        not_before: its first valid moment.
        expires_at: the first moment past its validity.
        identifier: 16 random bytes.
        status: where to learn of its withdrawal; only an unsafe gate does without.
        hours: zone -> the windows in which it opens that zone; absent means always.
        reference: the holder's template; None for the lane without a face.
    """

    issuer: str
    zones: tuple[str, ...]
    issued_at: datetime
    not_before: datetime
    expires_at: datetime
    identifier: bytes = field(repr=False)
    status: StatusReference | None
    hours: Mapping[str, tuple[Hours, ...]]
    reference: BiometricReference | None

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a field outside of its limits, or fields that contradict.
        """
        check_name(self.issuer)
        seconds_of(self.issued_at)
        check_window(self.not_before, self.expires_at)
        if len(self.identifier) != IDENTIFIER_BYTES:
            raise ValueError(f"an identifier has {IDENTIFIER_BYTES} bytes")
        self._check_zones()
        self._check_hours()

    def _check_zones(self) -> None:
        for zone in self.zones:
            check_name(zone)
        if len(set(self.zones)) != len(self.zones):
            raise ValueError("a zone stands twice")
        if len(self.zones) > LIMITS.recipients:
            raise ValueError(f"a credential opens at most {LIMITS.recipients} zones")

    def _check_hours(self) -> None:
        if not self.hours.keys() <= set(self.zones):
            raise ValueError("hours belong to a zone that the credential opens")
        for windows in self.hours.values():
            if not 0 < len(windows) <= LIMITS.windows_per_zone:
                raise ValueError(
                    f"a zone has 1 to {LIMITS.windows_per_zone} windows, or no entry"
                )

    def allow_hour(self, zone: str, at: datetime) -> bool:
        """Whether the credential opens the zone at that hour of its civil clock."""
        windows = self.hours.get(zone)
        return windows is None or any(window.contain(at) for window in windows)


def write_claims(claims: Claims) -> bytearray:
    """The claims as CBOR, in a buffer that the caller overwrites."""
    content: dict[cbor.Key, cbor.Encodable] = {
        _Claim.ISSUER: claims.issuer,
        _Claim.EXPIRES: seconds_of(claims.expires_at),
        _Claim.NOT_BEFORE: seconds_of(claims.not_before),
        _Claim.ISSUED: seconds_of(claims.issued_at),
        _Claim.IDENTIFIER: claims.identifier,
        _Claim.IDENTITY: _write_identity(claims.reference),
    }
    if claims.zones:
        several = len(claims.zones) > 1
        content[_Claim.AUDIENCE] = claims.zones if several else claims.zones[0]
    if claims.status is not None:
        content[_Claim.STATUS] = _write_status(claims.status)
    if claims.hours:
        content[_Claim.HOURS] = {
            zone: [_write_window(window) for window in windows]
            for zone, windows in claims.hours.items()
        }
    return cbor.encode(content)


def _write_status(status: StatusReference) -> cbor.Encodable:
    place: cbor.Encodable = {"idx": status.index, "uri": status.uri}
    return {"status_list": place}


def _write_identity(reference: BiometricReference | None) -> cbor.Encodable:
    if reference is None:
        return {_Identity.VERSION: _VERSION}
    biometric: cbor.Encodable = {
        _Biometric.DATA: reference.data,
        _Biometric.FORMAT: _FORMAT_TEMPLATE,
        _Biometric.SUB_FORMAT: _SUB_FORMAT_VENDOR,
        _Biometric.ISSUER: f"{reference.extractor}/{reference.coding}",
    }
    return {_Identity.FACE: [biometric]}


def _write_window(window: Hours) -> list[int]:
    mask = sum(1 << weekday for weekday in window.weekdays)
    return [mask, window.start_minute, window.end_minute]


def read_claims(payload: memoryview) -> Claims:
    """Read the claims. The reference's data stay a view of the payload.

    Raises:
        MalformedError: `CBOR_*`; `CLAIMS_MALFORMED`: a claim is missing, unknown, of a
            wrong type or out of its range; `REFERENCE_MALFORMED`: the face entry.
        IncompatibleReferenceError: the face is no template in a coding known here.
    """
    content = cbor.decode(payload)
    if not isinstance(content, dict) or not content.keys() <= _CLOSED_SET:
        raise MalformedError(Reason.CLAIMS_MALFORMED)
    try:
        return _claims(content)
    except ValueError:
        raise MalformedError(Reason.CLAIMS_MALFORMED) from None


def _claims(content: dict[cbor.Key, cbor.Value]) -> Claims:
    match content:
        case {
            _Claim.ISSUER: str(issuer),
            _Claim.EXPIRES: int(expires),
            _Claim.NOT_BEFORE: int(not_before),
            _Claim.ISSUED: int(issued),
            _Claim.IDENTIFIER: memoryview() as identifier,
            _Claim.IDENTITY: identity,
        }:
            return Claims(
                issuer=issuer,
                zones=_read_audience(content.get(_Claim.AUDIENCE)),
                issued_at=moment_of(issued),
                not_before=moment_of(not_before),
                expires_at=moment_of(expires),
                identifier=bytes(identifier),
                status=_read_status(content.get(_Claim.STATUS)),
                hours=_read_hours(content.get(_Claim.HOURS)),
                reference=_read_identity(identity),
            )
        case _:
            raise MalformedError(Reason.CLAIMS_MALFORMED)


def _read_audience(audience: cbor.Value | None) -> tuple[str, ...]:
    match audience:
        case None:
            return ()
        case str():
            return (audience,)
        case list() if len(audience) > 1:
            return tuple(_name(zone) for zone in audience)
        case _:
            raise MalformedError(Reason.CLAIMS_MALFORMED)


def _read_status(status: cbor.Value | None) -> StatusReference | None:
    match status:
        case None:
            return None
        case {
            "status_list": {"idx": int(index), "uri": str(uri), **more},
            **others,
        } if not more and not others:
            return StatusReference(uri, index)
        case _:
            raise MalformedError(Reason.CLAIMS_MALFORMED)


def _read_hours(hours: cbor.Value | None) -> dict[str, tuple[Hours, ...]]:
    if hours is None:
        return {}
    if not isinstance(hours, dict) or not hours:
        raise MalformedError(Reason.CLAIMS_MALFORMED)
    return {_name(zone): _read_windows(windows) for zone, windows in hours.items()}


def _name(zone: cbor.Value) -> str:
    if not isinstance(zone, str):
        raise MalformedError(Reason.CLAIMS_MALFORMED)
    return zone


def _read_windows(windows: cbor.Value) -> tuple[Hours, ...]:
    if not isinstance(windows, list):
        raise MalformedError(Reason.CLAIMS_MALFORMED)
    return tuple(_read_window(window) for window in windows)


def _read_window(window: cbor.Value) -> Hours:
    match window:
        case list([int(mask), int(start), int(end)]) if 0 < mask < 1 << len(_WEEKDAYS):
            weekdays = frozenset(day for day in _WEEKDAYS if mask >> day & 1)
            return Hours(weekdays, start, end)
        case _:
            raise MalformedError(Reason.CLAIMS_MALFORMED)


def _read_identity(identity: cbor.Value) -> BiometricReference | None:
    """Claim 169; the specification's own example wraps it in a byte string."""
    if isinstance(identity, memoryview):
        identity = cbor.decode(identity)
    match identity:
        case {_Identity.VERSION: version, **more} if version == _VERSION and not more:
            return None
        case {_Identity.FACE: face, **more} if not more:
            return _read_face(face)
        case _:
            raise MalformedError(Reason.CLAIMS_MALFORMED)


def _read_face(face: cbor.Value) -> BiometricReference:
    """The face; an array of one in the specification's table, a map in its example."""
    match face[0] if isinstance(face, list) and len(face) == 1 else face:
        case {
            _Biometric.DATA: memoryview() as data,
            _Biometric.FORMAT: int(kind),
            _Biometric.SUB_FORMAT: int(sub_format),
            _Biometric.ISSUER: str(maker),
            **more,
        } if not more:
            if (kind, sub_format) == (_FORMAT_TEMPLATE, _SUB_FORMAT_VENDOR):
                return _reference(maker, data)
            raise IncompatibleReferenceError(Reason.REFERENCE_INCOMPATIBLE)
        case _:
            raise MalformedError(Reason.REFERENCE_MALFORMED)


def _reference(maker: str, data: memoryview) -> BiometricReference:
    extractor, _, name = maker.rpartition("/")
    coding = next((coding for coding in Coding if coding == name), None)
    if coding is None:
        raise IncompatibleReferenceError(Reason.REFERENCE_INCOMPATIBLE)
    try:
        return BiometricReference(extractor, coding, data)
    except ValueError:
        raise MalformedError(Reason.REFERENCE_MALFORMED) from None
