"""Token Status Lists (draft-ietf-oauth-status-list, CWT form): what was withdrawn.

One bit a credential. A gate fetches whole lists on a schedule, so that nobody learns
whose status it looked up.
"""

import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from ostiary.credential import cbor
from ostiary.credential.checks import (
    check_aware,
    check_name,
    check_uri,
    check_window,
    moment_of,
    seconds_of,
)
from ostiary.credential.cose import Header
from ostiary.credential.keys import IssuerKey
from ostiary.credential.life import Act
from ostiary.credential.limits import LIMITS
from ostiary.credential.signing import Headers, check_signature, read_signed, sign
from ostiary.credential.trust import TrustedIssuer, TrustList
from ostiary.errors import CredentialError, StatusError, TrustListError
from ostiary.reasons import Reason

_HEADERS: Final[Headers] = MappingProxyType({Header.TYPE: "application/statuslist+cwt"})
_SMALLEST_OUTPUT: Final = 9


class _Claim(IntEnum):
    """Labels of the status list token's CWT claims."""

    SUBJECT = 2
    EXPIRES = 4
    ISSUED = 6
    STATUS_LIST = 65_533
    TIME_TO_LIVE = 65_534


@dataclass(frozen=True, slots=True)
class StatusList:
    """Which of one issuer's credentials are revoked, at one moment.

    Attributes:
        issuer: name of the issuer whose key signs it.
        uri: its address, which credentials refer to.
        issued_at: when it was drawn up; moments are timezone-aware, whole seconds.
        expires_at: the first moment at which no gate may rely on it.
        ttl: how soon a gate should ask for a newer one; whole seconds.
        bits: bit i modulo 8 of byte i // 8, least significant first, is set where
            credential i is revoked.
        signer: whose key signed it, as the trust list has it; None before it was signed
            and read again, and then no gate relies on it.
    """

    issuer: str
    uri: str
    issued_at: datetime
    expires_at: datetime
    ttl: timedelta
    bits: bytes = field(repr=False)
    signer: TrustedIssuer | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a field outside of its limits.
        """
        check_name(self.issuer)
        check_uri(self.uri)
        check_window(self.issued_at, self.expires_at)
        if self.ttl <= timedelta(0) or self.ttl % timedelta(seconds=1):
            raise ValueError("a time to live is a positive number of whole seconds")
        if not 0 < len(self.bits) <= LIMITS.status_list_bytes:
            raise ValueError(
                f"a status list has 1 to {LIMITS.status_list_bytes} bytes of bits"
            )

    @property
    def size(self) -> int:
        """How many credentials it speaks of."""
        return 8 * len(self.bits)

    def is_ahead(self, at: datetime) -> bool:
        """Whether it seems to be issued in the future, by more than clocks differ."""
        return self.issued_at - at > LIMITS.clock_skew

    def is_overdue(self, at: datetime) -> bool:
        """Whether its issuer has promised a newer one by then."""
        return at >= self.issued_at + self.ttl

    def is_revoked(self, index: int) -> bool:
        """Whether the credential at that place was withdrawn.

        Raises:
            StatusError: `STATUS_INVALID`: the list does not speak of it.
        """
        if not 0 <= index < self.size:
            raise StatusError(Reason.STATUS_INVALID)
        return bool(self.bits[index // 8] >> index % 8 & 1)


def sign_status_list(status: StatusList, issuer_key: IssuerKey) -> bytes:
    """The signed token of a list.

    Raises:
        ValueError: the key is another issuer's, or the token would be too long.
    """
    if status.issuer != issuer_key.name:
        raise ValueError("an issuer signs its own status list")
    packed = zlib.compress(status.bits, _SMALLEST_OUTPUT)
    payload = cbor.encode(
        {
            _Claim.SUBJECT: status.uri,
            _Claim.EXPIRES: seconds_of(status.expires_at),
            _Claim.ISSUED: seconds_of(status.issued_at),
            _Claim.STATUS_LIST: {"bits": 1, "lst": packed},
            _Claim.TIME_TO_LIVE: int(status.ttl.total_seconds()),
        }
    )
    token = bytes(sign(payload, issuer_key, _HEADERS))
    if len(token) > LIMITS.status_token_bytes:
        raise ValueError(
            f"a status list token has at most {LIMITS.status_token_bytes} bytes"
        )
    return token


def read_status_list(token: bytes, trust: TrustList, at: datetime) -> StatusList:
    """Read a token whose signer is trusted, and was when it signed.

    Whether the list is fresh enough is for `verify` to say, when it relies on it.

    Raises:
        TrustListError: not well-formed, of no trusted issuer, or its signature invalid.
    """
    check_aware(at)
    if len(token) > LIMITS.status_token_bytes:
        raise TrustListError(f"longer than {LIMITS.status_token_bytes} bytes")
    try:
        signed = read_signed(token, _HEADERS)
        issuer = trust.entries.issuer(signed.key_identifier)
        if issuer is None:
            raise TrustListError("no issuer that is trusted has signed this list")
        check_signature(signed, issuer.key)
        status = _read_claims(cbor.decode(signed.payload), issuer)
    except (CredentialError, ValueError) as error:
        raise TrustListError(f"not a usable status list: {error}") from None
    if not issuer.life.vouches(Act.WITHDRAW, status.issued_at, at):
        raise TrustListError(f"signed by a key of {status.issuer!r} that did not count")
    return status


def _read_claims(claims: cbor.Value, issuer: TrustedIssuer) -> StatusList:
    match claims:
        case {
            _Claim.SUBJECT: str(uri),
            _Claim.EXPIRES: int(expires),
            _Claim.ISSUED: int(issued),
            _Claim.STATUS_LIST: {"bits": 1, "lst": memoryview() as packed, **more},
            _Claim.TIME_TO_LIVE: int(ttl),
            **others,
        } if not more and not others and ttl <= LIMITS.latest_second:
            return StatusList(
                issuer=issuer.key.name,
                uri=uri,
                issued_at=moment_of(issued),
                expires_at=moment_of(expires),
                ttl=timedelta(seconds=ttl),
                bits=_inflate(packed),
                signer=issuer,
            )
    raise TrustListError("a status list has a claim too many, too few or wrong")


def _inflate(packed: memoryview) -> bytes:
    inflater = zlib.decompressobj()
    try:
        bits = inflater.decompress(packed, LIMITS.status_list_bytes + 1)
    except zlib.error:
        raise TrustListError("its bits are damaged") from None
    if len(bits) > LIMITS.status_list_bytes:
        raise TrustListError(f"inflates past {LIMITS.status_list_bytes} bytes")
    if not inflater.eof or inflater.unused_data:
        raise TrustListError("its bits are cut short, or something follows them")
    return bits
