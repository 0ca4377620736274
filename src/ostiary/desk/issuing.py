"""From a consenting person's photographs to a pass.

The photographs are overwritten as soon as the features are there, the features as soon
as the template is, the template as soon as it is sealed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from ostiary.capture.photographs import load_photograph
from ostiary.credential import (
    BiometricReference,
    Claims,
    Hours,
    StatusReference,
    ZonePublicKey,
    encode_template,
    issue,
)
from ostiary.errors import CaptureError, ConfigurationError
from ostiary.storage.home import Home
from ostiary.terms import Image
from ostiary.vision.chain import FaceChain

IDENTIFIER_BYTES: Final = 16
"""Length of a credential's random identifier (cti), in bytes."""


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
        _overwrite_all(photographs)
        chain.forget()
    template = encode_template(features, chain.coding)
    features.values.fill(0)
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
        _overwrite_all(photographs)
        number = len(photographs) + 1
        raise CaptureError(f"photograph {number}: {error}") from None
    return photographs


def check_request(request: PassRequest, home: Home, at: datetime) -> None:
    """Refuse a pass that could not be issued, before anybody's face is looked at.

    Raises:
        ConfigurationError: the request does not fit the keys that are there.
        StorageError: a key cannot be read.
        TrustListError: a key is not in order.
    """
    home.issuer_key(request.issuer)
    for zone in request.zones:
        _zone_key(home, zone, request, at)


def issue_pass(
    request: PassRequest,
    reference: BiometricReference | None,
    home: Home,
    at: datetime,
    randomness: Callable[[int], bytes],
) -> IssuedPass:
    """Sign and seal a pass, and overwrite the template.

    Args:
        request: what it is to say.
        reference: its face; None for the lane without a face.
        home: the owner's directory: keys and the status register.
        at: now, aware.
        randomness: a source of random bytes fit for keys.

    Raises:
        ConfigurationError: the request does not fit the keys that are there.
        StorageError: a key or the register cannot be read or written.
        TrustListError: a key or the register is not in order, or the register is full.
    """
    try:
        zone_keys = tuple(_zone_key(home, zone, request, at) for zone in request.zones)
        register = home.register(request.issuer)
        index = register.hand_out(randomness)
        claims = Claims(
            issuer=request.issuer,
            zones=request.zones,
            issued_at=at,
            not_before=request.not_before,
            expires_at=request.expires_at,
            identifier=randomness(IDENTIFIER_BYTES),
            status=StatusReference(register.uri, index),
            hours=request.hours,
            reference=reference,
        )
        issuer_key = home.issuer_key(request.issuer)
        text = issue(claims, issuer_key, zone_keys, randomness)
    except ValueError as error:
        raise ConfigurationError(f"no pass can say this: {error}") from None
    finally:
        if reference is not None:
            _overwrite(reference)
    return IssuedPass(text, index, claims)


def _zone_key(
    home: Home, zone: str, request: PassRequest, at: datetime
) -> ZonePublicKey:
    """The zone's newest key that is in use now."""
    current = [
        key
        for key in home.zone_public_keys(zone)
        if key.not_before <= at < key.not_after
    ]
    if not current:
        raise ConfigurationError(
            f"no key of zone {zone!r} is in use now; make one: ostiary keys new zone"
        )
    newest = max(current, key=lambda key: key.epoch)
    if request.expires_at > newest.not_after:
        raise ConfigurationError(
            f"the pass would outlive the key of zone {zone!r}, which ends on "
            f"{newest.not_after:%Y-%m-%d}; ask for fewer days, or make a new key"
        )
    return newest


def _overwrite_all(photographs: Sequence[Image]) -> None:
    for photograph in photographs:
        photograph.fill(0)


def _overwrite(reference: BiometricReference) -> None:
    data = reference.data
    if isinstance(data, bytearray):
        data[:] = bytes(len(data))
