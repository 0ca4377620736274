"""Keys of issuers (Ed25519), of zones and gates (X25519), and the files they travel in.

A key's identifier is the first 8 bytes of its COSE key thumbprint (RFC 9679, SHA-256).
A file is one JSON Web Key of type OKP (RFC 8037) with members of our own that say whose
it is. Members that are not expected are refused.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
)

from ostiary.credential import cbor
from ostiary.credential.checks import check_name, check_window, seconds_of
from ostiary.credential.cose import Curve, KeyParameter, KeyType
from ostiary.credential.jsonfile import Members, base64url, read_object
from ostiary.credential.limits import LIMITS
from ostiary.errors import TrustListError

Randomness: TypeAlias = Callable[[int], bytes]
"""A source of that many bytes that nobody can foresee."""

IDENTIFIER_BYTES: Final = 8
KEY_BYTES: Final = 32


def _identifier(curve: Curve, public: bytes) -> bytes:
    thumbprint_input = cbor.encode(
        {
            KeyParameter.TYPE: KeyType.OKP,
            KeyParameter.CURVE: curve,
            KeyParameter.X: public,
        }
    )
    return hashlib.sha256(thumbprint_input).digest()[:IDENTIFIER_BYTES]


@dataclass(frozen=True, slots=True)
class IssuerPublicKey:
    """What a gate knows of an issuer's key.

    Attributes:
        name: the issuer's name, as credentials carry it; several keys may share it.
        key: checks signatures.
        identifier: 8 bytes, made from the key.
    """

    name: str
    key: Ed25519PublicKey = field(repr=False)
    identifier: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Check the name and work out the identifier.

        Raises:
            ValueError: a name that cannot be one.
        """
        check_name(self.name)
        identifier = _identifier(Curve.ED25519, self.key.public_bytes_raw())
        object.__setattr__(self, "identifier", identifier)


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """An issuer's private key: signs credentials and status lists."""

    name: str
    key: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> IssuerPublicKey:
        """Its public half."""
        return IssuerPublicKey(self.name, self.key.public_key())


@dataclass(frozen=True, slots=True)
class ZonePublicKey:
    """What an issuer knows of a zone's key, for one epoch.

    Attributes:
        zone: the zone's name, as credentials carry it.
        epoch: counts the zone's keys, from 0.
        not_before: the epoch's first moment, timezone-aware, whole seconds.
        not_after: the first moment past the epoch.
        key: receives the content keys of credentials.
        identifier: 8 bytes, made from the key.
    """

    zone: str
    epoch: int
    not_before: datetime
    not_after: datetime
    key: X25519PublicKey = field(repr=False)
    identifier: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Check the fields and work out the identifier.

        Raises:
            ValueError: a name, epoch or window that cannot be one.
        """
        check_name(self.zone)
        check_window(self.not_before, self.not_after)
        if self.epoch < 0:
            raise ValueError("epochs count from 0")
        identifier = _identifier(Curve.X25519, self.key.public_bytes_raw())
        object.__setattr__(self, "identifier", identifier)

    def is_current(self, at: datetime) -> bool:
        """Whether the moment lies within the epoch."""
        return self.not_before <= at < self.not_after


@dataclass(frozen=True, slots=True)
class ZoneKey:
    """A zone's private key: opens the credentials sealed to it."""

    public: ZonePublicKey
    key: X25519PrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class GatePublicKey:
    """What an owner knows of a gate's own key.

    Attributes:
        name: the gate's name, as its owner calls it.
        key: receives the keys of the gate's zones.
        identifier: 8 bytes, made from the key.
    """

    name: str
    key: X25519PublicKey = field(repr=False)
    identifier: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Check the name and work out the identifier.

        Raises:
            ValueError: a name that cannot be one.
        """
        check_name(self.name)
        identifier = _identifier(Curve.X25519, self.key.public_bytes_raw())
        object.__setattr__(self, "identifier", identifier)


@dataclass(frozen=True, slots=True)
class GateKey:
    """A gate's private key: opens the zone keys that are handed over to it."""

    name: str
    key: X25519PrivateKey = field(repr=False)

    @property
    def public(self) -> GatePublicKey:
        """Its public half."""
        return GatePublicKey(self.name, self.key.public_key())


AnyKey: TypeAlias = (
    IssuerPublicKey | IssuerKey | ZonePublicKey | ZoneKey | GatePublicKey | GateKey
)


def new_issuer_key(name: str, randomness: Randomness) -> IssuerKey:
    """A fresh signing key for an issuer of that name.

    Raises:
        ValueError: a name that cannot be one.
    """
    check_name(name)
    return IssuerKey(name, Ed25519PrivateKey.from_private_bytes(randomness(KEY_BYTES)))


def new_zone_key(
    zone: str,
    epoch: int,
    not_before: datetime,
    not_after: datetime,
    randomness: Randomness,
) -> ZoneKey:
    """A fresh key for one epoch of a zone; the moments are aware, whole seconds.

    Raises:
        ValueError: a name, epoch or window that cannot be one.
    """
    key = X25519PrivateKey.from_private_bytes(randomness(KEY_BYTES))
    public = ZonePublicKey(zone, epoch, not_before, not_after, key.public_key())
    return ZoneKey(public, key)


def new_gate_key(name: str, randomness: Randomness) -> GateKey:
    """A fresh key for the gate of that name.

    Raises:
        ValueError: a name that cannot be one.
    """
    check_name(name)
    return GateKey(name, X25519PrivateKey.from_private_bytes(randomness(KEY_BYTES)))


def dump_key(key: AnyKey) -> bytes:
    """The file of one key: a JSON object, UTF-8, ending in a line feed."""
    return (json.dumps(key_members(key), indent=2) + "\n").encode()


def load_key(data: bytes) -> AnyKey:
    """Read the file of one key; whether it is private shows in its type.

    Raises:
        TrustListError: anything but a file as `dump_key` writes it.
    """
    members = read_object(data, LIMITS.key_file_bytes)
    key = read_key(members)
    members.finish()
    return key


def key_members(key: AnyKey) -> dict[str, str | int]:
    """The members of a key's JSON object."""
    match key:
        case IssuerKey():
            secret = base64url(key.key.private_bytes_raw())
            return key_members(key.public) | {"d": secret}
        case ZoneKey() | GateKey():
            secret = base64url(key.key.private_bytes_raw())
            return key_members(key.public) | {"d": secret}
        case IssuerPublicKey():
            return _public_members("Ed25519", key.key) | {"name": key.name}
        case ZonePublicKey():
            return _public_members("X25519", key.key) | {
                "zone": key.zone,
                "epoch": key.epoch,
                "nbf": seconds_of(key.not_before),
                "exp": seconds_of(key.not_after),
            }
        case GatePublicKey():
            return _public_members("X25519", key.key) | {"gate": key.name}


def read_key(members: Members) -> AnyKey:
    """Take a key's members out of a JSON object.

    Raises:
        TrustListError: missing or wrong members, or halves that do not belong together.
    """
    if members.text("kty") != "OKP":
        raise TrustListError("a key has the type OKP")
    curve = members.text("crv")
    public = members.octets("x", KEY_BYTES)
    secret = members.octets("d", KEY_BYTES) if "d" in members else None
    try:
        if curve == "Ed25519":
            return _issuer_key(members, public, secret)
        if curve == "X25519" and "gate" in members:
            return _gate_key(members, public, secret)
        if curve == "X25519":
            return _zone_key(members, public, secret)
    except ValueError as error:
        raise TrustListError(f"a key that cannot be one: {error}") from None
    raise TrustListError("a key lies on the curve Ed25519 or X25519")


def _issuer_key(
    members: Members, public: bytes, secret: bytes | None
) -> IssuerPublicKey | IssuerKey:
    name = members.text("name")
    known = IssuerPublicKey(name, Ed25519PublicKey.from_public_bytes(public))
    if secret is None:
        return known
    key = IssuerKey(name, Ed25519PrivateKey.from_private_bytes(secret))
    if key.public != known:
        raise ValueError("its halves do not belong together")
    return key


def _zone_key(
    members: Members, public: bytes, secret: bytes | None
) -> ZonePublicKey | ZoneKey:
    known = ZonePublicKey(
        zone=members.text("zone"),
        epoch=members.integer("epoch"),
        not_before=members.moment("nbf"),
        not_after=members.moment("exp"),
        key=X25519PublicKey.from_public_bytes(public),
    )
    if secret is None:
        return known
    key = X25519PrivateKey.from_private_bytes(secret)
    if key.public_key() != known.key:
        raise ValueError("its halves do not belong together")
    return ZoneKey(known, key)


def _gate_key(
    members: Members, public: bytes, secret: bytes | None
) -> GatePublicKey | GateKey:
    name = members.text("gate")
    known = GatePublicKey(name, X25519PublicKey.from_public_bytes(public))
    if secret is None:
        return known
    key = GateKey(name, X25519PrivateKey.from_private_bytes(secret))
    if key.public != known:
        raise ValueError("its halves do not belong together")
    return key


def _public_members(
    curve: str, key: Ed25519PublicKey | X25519PublicKey
) -> dict[str, str | int]:
    return {"kty": "OKP", "crv": curve, "x": base64url(key.public_bytes_raw())}
