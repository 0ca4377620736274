"""From a consenting person's photographs to a pass.

The photographs are overwritten as soon as the features are there, the features as soon
as the template is, the template as soon as it is sealed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from ostiary.capture.photographs import load_photograph
from ostiary.credential import (
    Act,
    BiometricReference,
    Claims,
    Entries,
    Hours,
    IssuerKey,
    Randomness,
    StatusReference,
    ZonePublicKey,
    check_zone_keys,
    encode_template,
    issue,
)
from ostiary.credential.claims import IDENTIFIER_BYTES
from ostiary.erasure import overwrite
from ostiary.errors import CaptureError, ConfigurationError
from ostiary.storage.home import Home
from ostiary.storage.register import StatusRegister
from ostiary.terms import Image
from ostiary.vision.chain import FaceChain


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRequest:
    """What a pass is to say, besides the face.

    Attributes:
        issuer: name of the issuer whose key signs.
        zones: the zones that it opens, one to four.
        not_before: from when it is valid.
        expires_at: from when it is not any more.
        hours: weekdays and hours by zone; a zone that is not named opens always.
    """

    issuer: str
    zones: tuple[str, ...]
    not_before: datetime
    expires_at: datetime
    hours: Mapping[str, tuple[Hours, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """A pass that can be issued, but for the face.

    Attributes:
        claims: what it says; no face, no identifier and no status index yet.
        issuer_key: signs it.
        zone_keys: it is sealed to them, one for each zone.
        register: hands out its status index.
    """

    claims: Claims
    issuer_key: IssuerKey = field(repr=False)
    zone_keys: tuple[ZonePublicKey, ...]
    register: StatusRegister


@dataclass(frozen=True, slots=True)
class IssuedPass:
    """A pass, and what the desk may remember of it.

    Attributes:
        text: the sealed credential as base45, for a QR code.
        status_index: its place in the issuer's status list, for a revocation.
        claims: what it says; the template in it has been overwritten.
    """

    text: str
    status_index: int
    claims: Claims


def enrol(photographs: Sequence[Image], chain: FaceChain) -> BiometricReference:
    """Make a biometric reference, and overwrite the photographs.

    Args:
        photographs: one or more, height x width x 3, uint8, BGR, with one face each.
        chain: makes the features; its name goes into the reference.

    Raises:
        EnrolmentError: a photograph without exactly one usable face.
    """
    try:
        features = chain.enrol(photographs)
    finally:
        overwrite(*photographs)
        chain.forget()
    template = encode_template(features, chain.coding)
    overwrite(features.values)
    return BiometricReference(chain.extractor, chain.coding, template)


def load_photographs(paths: Sequence[Path]) -> list[Image]:
    """Load photographs, all or none.

    Raises:
        CaptureError: one cannot be used; the message gives its number, not its name.
    """
    photographs: list[Image] = []
    try:
        for path in paths:
            photographs.append(load_photograph(path))
    except CaptureError as error:
        overwrite(*photographs)
        number = len(photographs) + 1
        raise CaptureError(f"photograph {number}: {error}") from None
    return photographs


def draft_pass(request: PassRequest, home: Home, at: datetime) -> Draft:
    """Check all that a pass is to say, before anybody's face is looked at.

    Args:
        request: what it is to say.
        home: the owner's directory: keys and the status register.
        at: now, aware, whole seconds.

    Raises:
        ConfigurationError: the request does not fit the keys that are there, or no
            pass can say it.
        StorageError: a key, the trust list or the register cannot be read.
        TrustListError: one of these is not in order, or the trust list has expired.
    """
    issuer_key = home.issuer_key(request.issuer, Act.ISSUE, at)
    entries = home.trust_in_force(at).entries
    zone_keys = tuple(_zone_key(entries, zone, at) for zone in request.zones)
    register = home.register(request.issuer)
    try:
        claims = Claims(
            issuer=request.issuer,
            zones=request.zones,
            issued_at=at,
            not_before=request.not_before,
            expires_at=request.expires_at,
            identifier=bytes(IDENTIFIER_BYTES),
            status=StatusReference(register.uri, 0),
            hours=request.hours,
            reference=None,
        )
        check_zone_keys(claims, zone_keys)
        _check_trust(claims, entries, issuer_key, zone_keys)
    except ValueError as error:
        raise ConfigurationError(f"no pass can say this: {error}") from None
    return Draft(claims, issuer_key, zone_keys, register)


def issue_pass(
    draft: Draft, reference: BiometricReference | None, randomness: Randomness
) -> IssuedPass:
    """Sign and seal a pass, and overwrite the template.

    Args:
        draft: what it says, and the keys.
        reference: its face; None for the lane without a face.
        randomness: a source of random bytes fit for keys.

    Raises:
        StorageError: the register cannot be read or written.
        TrustListError: the register is not in order, or is full.
    """
    try:
        index = draft.register.hand_out(randomness)
        status = StatusReference(draft.register.uri, index)
        identifier = randomness(IDENTIFIER_BYTES)
        return sign_pass(draft, reference, identifier, status, randomness)
    finally:
        forget(reference)


def sign_pass(
    draft: Draft,
    reference: BiometricReference | None,
    identifier: bytes,
    status: StatusReference,
    randomness: Randomness,
) -> IssuedPass:
    """Sign and seal a pass whose place is on record; the template stays the caller's.

    Args:
        draft: what it says, and the keys.
        reference: its face; None for the lane without a face.
        identifier: 16 random bytes.
        status: its place in a status list.
        randomness: a source of random bytes fit for keys.
    """
    claims = replace(
        draft.claims, identifier=identifier, status=status, reference=reference
    )
    text = issue(claims, draft.issuer_key, draft.zone_keys, randomness)
    return IssuedPass(text, status.index, claims)


def forget(reference: BiometricReference | None) -> None:
    """Overwrite a template; twice is harmless."""
    if reference is not None:
        overwrite(np.frombuffer(reference.data, np.uint8))


def _zone_key(entries: Entries, zone: str, at: datetime) -> ZonePublicKey:
    """The zone's newest key that is in use now."""
    key = entries.zone_key(zone, at)
    if key is None:
        raise ConfigurationError(
            f"no key of zone {zone!r} is in use by the trust list now; make one: "
            "ostiary keys new zone, ostiary trust add, ostiary trust sign"
        )
    return key


def _check_trust(
    claims: Claims, entries: Entries, key: IssuerKey, zone_keys: Sequence[ZonePublicKey]
) -> None:
    """Check that gates will believe it for as long as it says.

    Raises:
        ValueError: they will not.
    """
    issuer = entries.issuer(key.identifier)
    if issuer is None or not issuer.zones.issuperset(claims.zones):
        raise ValueError("the trust list does not let its issuer issue for its zones")
    lives = {"issuer": issuer.life} | {
        f"zone {zone.key.zone!r}": zone.life
        for zone in entries.zones
        if zone.key in zone_keys
    }
    for whose, life in lives.items():
        if claims.expires_at > life.ends_at:
            raise ValueError(
                f"the key of its {whose} ends before it, on {life.ends_at:%Y-%m-%d}"
            )
