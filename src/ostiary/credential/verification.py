"""From the text of a QR code to a verified credential, in one fixed order.

     1. size           the text is no longer than a QR code can hold
     2. base45         one spelling only
     3. zlib           bounded; nothing missing, nothing after it
     4. trust list     in force, and no older than one used before; by a clock that
                       stands behind neither it nor what was seen before
     5. COSE_Encrypt   sealed, with algorithms known here
     6. recipient      sealed to a key of this zone that the trust list names and that
                       counts
     7. open           the seal is whole
     8. COSE_Sign1     signed, with an algorithm known here, and no further layer
     9. issuer         the trust list names the signing key, and it counts
    10. signature      it holds
    11. claims         all that must be there, nothing else, by that issuer, and from
                       when its key was active
    12. validity       now, and not past the end of the zone's key
    13. audience       this zone, zones that the issuer may issue for, this hour
    14. status         the issuer's fresh list, no older than one used before, says that
                       it is not revoked
    15. reference      a template of the extractor in use, or none at all

Nothing of a step is believed before all steps above it have passed. The first that
fails decides the reason. Only this module makes a `VerifiedCredential`.
"""

from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field
from datetime import datetime, timedelta
from typing import Final, NoReturn

from ostiary.credential.checks import check_aware, check_name
from ostiary.credential.claims import Claims, StatusReference, read_claims
from ostiary.credential.clock import is_behind
from ostiary.credential.high_water import HighWater
from ostiary.credential.keys import ZoneKey, ZonePublicKey
from ostiary.credential.life import Act, State
from ostiary.credential.limits import LIMITS
from ostiary.credential.sealing import Recipient, Sealed, read_sealed, unseal
from ostiary.credential.signing import Signed, check_signature, is_unsealed, read_signed
from ostiary.credential.status import StatusList
from ostiary.credential.template import BiometricReference, decode_template
from ostiary.credential.text import read_text
from ostiary.credential.trust import ListedZone, TrustedIssuer, TrustList
from ostiary.erasure import overwrite
from ostiary.errors import (
    CannotUnsealError,
    OutsideValidityError,
    RevokedError,
    StatusError,
    TrustError,
    UntrustedIssuerError,
)
from ostiary.reasons import Reason
from ostiary.terms import Features

_MADE_BY_VERIFY: Final = object()


@dataclass(frozen=True, slots=True)
class GateKnowledge:
    """All that a gate knows and judges a credential by.

    Attributes:
        zone: the zone behind this gate.
        zone_keys: its private keys, of all epochs that may still be in use.
        trust: whom it believes, as read from a signed list.
        status_lists: what it has read; of several by one issuer for one address, the
            newest counts.
        max_status_age: how old a list may be, however late it expires.
        extractor: identity of the extractor in use.
        dimensions: number of elements of its features.
        high_water: the newest that it has relied upon; nothing where it is new.
        unsafe_accept_unsealed: take credentials whose template anyone can read.
        unsafe_accept_without_status: take credentials that nobody can withdraw.
    """

    zone: str
    zone_keys: tuple[ZoneKey, ...] = field(repr=False)
    trust: TrustList
    status_lists: Sequence[StatusList]
    max_status_age: timedelta
    extractor: str
    dimensions: int
    high_water: HighWater = field(default_factory=HighWater)
    unsafe_accept_unsealed: bool = False
    unsafe_accept_without_status: bool = False

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a key of another zone, a name that cannot be one, or a trust
                list that was not read from a signed file.
        """
        check_name(self.zone)
        if any(key.public.zone != self.zone for key in self.zone_keys):
            raise ValueError("a gate holds the keys of its own zone only")
        if self.trust.root is None:
            raise ValueError("a gate relies on a signed trust list only")

    @property
    def believed_until(self) -> datetime:
        """The first moment at which its trust and status lists let nobody in.

        A gate without a status list lets nobody in at any moment.
        """
        ends = [self.trust.expires_at]
        if self.trust.root is not None:
            ends.append(self.trust.root.expires_at)
        if not self.unsafe_accept_without_status:
            fresh = (
                min(status.expires_at, status.issued_at + self.max_status_age)
                for status in self.status_lists
            )
            ends.append(max(fresh, default=self.trust.issued_at))
        return min(ends)

    def trust_fault(self, at: datetime) -> Reason | None:
        """Why no pass at all can be judged now; None: passes can be."""
        if self.trust.is_ahead(at) or is_behind(at, self.high_water.moments):
            return Reason.CLOCK_BEHIND
        if not self.trust.is_in_force(at):
            return Reason.TRUST_EXPIRED
        if self.high_water.is_above_trust(self.trust):
            return Reason.TRUST_ROLLED_BACK
        return None


def _refuse_to_be_copied(_credential: object) -> NoReturn:
    raise TypeError("a verified credential is neither copied nor stored")


@dataclass(frozen=True, slots=True, eq=False)
class VerifiedCredential:
    """A credential that passed every step. Only `verify` makes one.

    Attributes:
        issuer: who issued it.
        zones: which zones it opens.
        expires_at: the first moment past its validity.
        identifier: 16 bytes; never leaves the gate's memory.
        reference: the holder's template, in an array that whoever takes it overwrites;
            None for the lane without a face.
    """

    issuer: str
    zones: tuple[str, ...]
    expires_at: datetime
    identifier: bytes = field(repr=False)
    reference: Features | None = field(repr=False)
    made_by: InitVar[object]

    def __post_init__(self, made_by: object) -> None:
        """Refuse to be made anywhere else.

        Raises:
            TypeError: made by anything but `verify`.
        """
        if made_by is not _MADE_BY_VERIFY:
            raise TypeError("only verify() makes a verified credential")

    __reduce__ = _refuse_to_be_copied


def verify(text: str, knowledge: GateKnowledge, at: datetime) -> VerifiedCredential:
    """Verify a credential in the order at the top of this file.

    Whatever the outcome, the opened credential is overwritten before this returns.

    Args:
        text: base45, as read from the QR code.
        knowledge: what the gate judges by.
        at: now, timezone-aware, on the civil clock of the gate, which hours refer to.

    Raises:
        CredentialError: the subclass and the reason of the first step that fails.
        ValueError: `at` is naive.
    """
    check_aware(at)
    message = read_text(text)  # 1, 2, 3
    _check_trust(knowledge, at)  # 4
    content, zone_key = _open(message, knowledge, at)  # 5, 6, 7
    try:
        signed = read_signed(content)  # 8
        issuer = _find_issuer(signed, knowledge.trust, at)  # 9
        check_signature(signed, issuer.key)  # 10
        claims = _read_claims(signed, issuer)  # 11
        _check_validity(claims, zone_key, at)  # 12
        _check_audience(claims, issuer, knowledge.zone, at)  # 13
        _check_status(claims, knowledge, at)  # 14
        reference = _read_reference(claims.reference, knowledge)  # 15
    finally:
        overwrite(content)
    return VerifiedCredential(
        issuer=claims.issuer,
        zones=claims.zones,
        expires_at=claims.expires_at,
        identifier=claims.identifier,
        reference=reference,
        made_by=_MADE_BY_VERIFY,
    )


def _check_trust(knowledge: GateKnowledge, at: datetime) -> None:
    # First, since all else is judged by it.
    fault = knowledge.trust_fault(at)
    if fault is not None:
        raise TrustError(fault)


def _open(
    message: bytes, knowledge: GateKnowledge, at: datetime
) -> tuple[bytearray, ZonePublicKey | None]:
    """The signed message in a buffer of its own, and the zone key that opened it."""
    if is_unsealed(message):
        if not knowledge.unsafe_accept_unsealed:
            raise CannotUnsealError(Reason.NOT_SEALED)
        return bytearray(message), None
    sealed = read_sealed(message)
    recipient, zone_key = _find_recipient(sealed, knowledge, at)
    return unseal(sealed, recipient, zone_key.key), zone_key.public


def _find_recipient(
    sealed: Sealed, knowledge: GateKnowledge, at: datetime
) -> tuple[Recipient, ZoneKey]:
    held = {key.public.identifier: key for key in knowledge.zone_keys}
    refusal = Reason.NO_RECIPIENT
    for recipient in sealed.recipients:
        zone_key = held.get(recipient.key_identifier)
        if zone_key is None:
            continue
        reason = _why_not(knowledge.trust.entries.zone(zone_key.public), at)
        if reason is None:
            return recipient, zone_key
        refusal = reason
    raise CannotUnsealError(refusal)


def _why_not(zone: ListedZone | None, at: datetime) -> Reason | None:
    """Why a zone's key opens nothing; None where it opens."""
    if zone is None:
        return Reason.ZONE_KEY_UNLISTED
    if zone.life.may(Act.COUNT, at):
        return None
    compromised = zone.life.state(at) is State.COMPROMISED
    return Reason.ZONE_KEY_COMPROMISED if compromised else Reason.ZONE_KEY_ENDED


def _find_issuer(signed: Signed, trust: TrustList, at: datetime) -> TrustedIssuer:
    issuer = trust.entries.issuer(signed.key_identifier)
    if issuer is None:
        raise UntrustedIssuerError(Reason.ISSUER_UNKNOWN)
    if issuer.life.state(at) is State.COMPROMISED:
        raise UntrustedIssuerError(Reason.ISSUER_COMPROMISED)
    if not issuer.life.may(Act.COUNT, at):
        raise UntrustedIssuerError(Reason.ISSUER_NOT_CURRENT)
    return issuer


def _read_claims(signed: Signed, issuer: TrustedIssuer) -> Claims:
    claims = read_claims(signed.payload)
    if claims.issuer != issuer.key.name:
        raise UntrustedIssuerError(Reason.ISSUER_UNKNOWN)
    if not issuer.life.may(Act.ISSUE, claims.issued_at):
        raise UntrustedIssuerError(Reason.ISSUER_NOT_CURRENT)
    return claims


def _check_validity(
    claims: Claims, zone_key: ZonePublicKey | None, at: datetime
) -> None:
    if claims.issued_at - at > LIMITS.clock_skew:
        raise OutsideValidityError(Reason.ISSUED_IN_FUTURE)
    if at < claims.not_before:
        raise OutsideValidityError(Reason.NOT_YET_VALID)
    if at >= claims.expires_at:
        raise OutsideValidityError(Reason.EXPIRED)
    if zone_key is not None and claims.expires_at > zone_key.not_after:
        raise OutsideValidityError(Reason.OUTLIVES_ZONE_KEY)


def _check_audience(
    claims: Claims, issuer: TrustedIssuer, zone: str, at: datetime
) -> None:
    if not claims.zones:
        raise OutsideValidityError(Reason.AUDIENCE_MISSING)
    if zone not in claims.zones:
        raise OutsideValidityError(Reason.WRONG_ZONE)
    if not issuer.zones.issuperset(claims.zones):
        raise UntrustedIssuerError(Reason.ISSUER_NOT_FOR_ZONE)
    if not claims.allow_hour(zone, at):
        raise OutsideValidityError(Reason.OUTSIDE_HOURS)


def _check_status(claims: Claims, knowledge: GateKnowledge, at: datetime) -> None:
    if claims.status is None:
        if knowledge.unsafe_accept_without_status:
            return
        raise StatusError(Reason.STATUS_MISSING)
    status = _find_status(claims, claims.status, knowledge.status_lists, at)
    if status.is_ahead(at):
        raise StatusError(Reason.STATUS_IN_FUTURE)
    if knowledge.high_water.is_above(status):
        raise StatusError(Reason.STATUS_ROLLED_BACK)
    if at >= status.expires_at or at - status.issued_at > knowledge.max_status_age:
        raise StatusError(Reason.STATUS_STALE)
    if status.is_revoked(claims.status.index):
        raise RevokedError(Reason.REVOKED)


def _find_status(
    claims: Claims,
    reference: StatusReference,
    lists: Sequence[StatusList],
    at: datetime,
) -> StatusList:
    """The newest list at that address that speaks for the credential's issuer.

    A name alone proves nothing, since issuers choose their own: the key that signed the
    list must be trusted for all zones that the credential opens, or for lists alone.
    """
    there = [status for status in lists if status.uri == reference.uri]
    if not there:
        raise StatusError(Reason.STATUS_UNKNOWN)
    own = [status for status in there if _speaks_for(status.signer, claims, at)]
    if not own:
        raise StatusError(Reason.STATUS_INVALID)
    return max(own, key=lambda status: status.issued_at)


def _speaks_for(signer: TrustedIssuer | None, claims: Claims, at: datetime) -> bool:
    return (
        signer is not None
        and signer.life.may(Act.COUNT, at)
        and signer.key.name == claims.issuer
        and (not signer.zones or signer.zones.issuperset(claims.zones))
    )


def _read_reference(
    reference: BiometricReference | None, knowledge: GateKnowledge
) -> Features | None:
    if reference is None:
        return None
    return decode_template(reference, knowledge.extractor, knowledge.dimensions)
