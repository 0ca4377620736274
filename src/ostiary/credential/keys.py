"""Keys of issuers, zones, gates and owners, and the files they travel in.

Ed25519 signs: an issuer's key passes and status lists, a root key root documents and
trust lists, a settings key a gate's settings, a journal's key its checkpoints. X25519
opens: a zone's key passes, a
gate's key what is handed over to that gate.

A key's identifier is the first 8 bytes of its COSE key thumbprint (RFC 9679, SHA-256).
A file is one JSON Web Key of type OKP (RFC 8037) with members of our own that say what
kind it is and whose; in the place of the private half `d`, `token` says which hardware
token keeps it. Members that are not expected are refused.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol, TypeAlias

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
from ostiary.credential.token_uri import TokenUri
from ostiary.errors import TrustListError

Randomness: TypeAlias = Callable[[int], bytes]
"""A source of that many bytes that nobody can foresee."""

IDENTIFIER_BYTES: Final = 8
KEY_BYTES: Final = 32


class Signer(Protocol):
    """What signs with Ed25519 (RFC 8032), wherever its private key lies.

    `Ed25519PrivateKey` is one; a key that a hardware token keeps is another.
    """

    def public_key(self) -> Ed25519PublicKey:
        """What its signatures are checked with."""

    def sign(self, data: bytes | bytearray, /) -> bytes:
        """The signature, 64 bytes, over the bytes as they stand."""


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
class VerifyingKey:
    """The public half of a key that signs.

    Attributes:
        name: whose key it is; several keys may share a name.
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
class IssuerPublicKey(VerifyingKey):
    """What a gate knows of an issuer's key; the name is the one in credentials."""


@dataclass(frozen=True, slots=True)
class RootPublicKey(VerifyingKey):
    """What a root document says of an owner's key."""


@dataclass(frozen=True, slots=True)
class SettingsPublicKey(VerifyingKey):
    """What a gate knows of the key that signs its settings."""


@dataclass(frozen=True, slots=True)
class JournalPublicKey(VerifyingKey):
    """What an auditor knows of a journal's key."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private half of a key that signs, of whatever kind.

    Attributes:
        name: whose key it is.
        key: signs.
    """

    name: str
    key: Signer = field(repr=False)

    @property
    def identifier(self) -> bytes:
        """8 bytes, made from the public half."""
        return _identifier(Curve.ED25519, self.key.public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True)
class IssuerKey(SigningKey):
    """An issuer's private key: signs credentials and status lists."""

    @property
    def public(self) -> IssuerPublicKey:
        """Its public half."""
        return IssuerPublicKey(self.name, self.key.public_key())


@dataclass(frozen=True, slots=True)
class RootKey(SigningKey):
    """An owner's private key: signs root documents, trust lists, or both."""

    @property
    def public(self) -> RootPublicKey:
        """Its public half."""
        return RootPublicKey(self.name, self.key.public_key())


@dataclass(frozen=True, slots=True)
class SettingsKey(SigningKey):
    """A private key that signs gates' configurations and calibrations."""

    @property
    def public(self) -> SettingsPublicKey:
        """Its public half."""
        return SettingsPublicKey(self.name, self.key.public_key())


@dataclass(frozen=True, slots=True)
class JournalKey(SigningKey):
    """A journal's private key: signs its checkpoints, and lies with its one writer."""

    @property
    def public(self) -> JournalPublicKey:
        """Its public half."""
        return JournalPublicKey(self.name, self.key.public_key())


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
    """What an owner knows of a gate's key.

    Attributes:
        name: the gate's name; its old and its new key share it.
        key: receives what is handed over to that gate.
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
    """A gate's private key: opens what is handed over to that gate."""

    name: str
    key: X25519PrivateKey = field(repr=False)

    @property
    def public(self) -> GatePublicKey:
        """Its public half."""
        return GatePublicKey(self.name, self.key.public_key())


SigningPublicKey: TypeAlias = (
    IssuerPublicKey | RootPublicKey | SettingsPublicKey | JournalPublicKey
)
SigningPrivateKey: TypeAlias = IssuerKey | RootKey | SettingsKey | JournalKey


@dataclass(frozen=True, slots=True)
class TokenKey:
    """What is known here of a private key that a hardware token keeps.

    Attributes:
        public: its public half, which every signature is checked against.
        uri: which token, and which key on it.
    """

    public: SigningPublicKey
    uri: TokenUri

    def behind(self, signer: Signer) -> SigningPrivateKey:
        """The private key, as whoever signs with it holds it.

        Args:
            signer: reaches the key on the token.
        """
        match self.public:
            case IssuerPublicKey(name=name):
                return IssuerKey(name, signer)
            case RootPublicKey(name=name):
                return RootKey(name, signer)
            case SettingsPublicKey(name=name):
                return SettingsKey(name, signer)
            case JournalPublicKey(name=name):
                return JournalKey(name, signer)


PublicKey: TypeAlias = SigningPublicKey | ZonePublicKey | GatePublicKey
PrivateKey: TypeAlias = SigningPrivateKey | ZoneKey | GateKey
AnyKey: TypeAlias = PublicKey | PrivateKey | TokenKey


def new_issuer_key(name: str, randomness: Randomness) -> IssuerKey:
    """A fresh signing key for an issuer of that name.

    Raises:
        ValueError: a name that cannot be one.
    """
    check_name(name)
    return IssuerKey(name, Ed25519PrivateKey.from_private_bytes(randomness(KEY_BYTES)))


def new_root_key(name: str, randomness: Randomness) -> RootKey:
    """A fresh root key for an owner of that name.

    Raises:
        ValueError: a name that cannot be one.
    """
    check_name(name)
    return RootKey(name, Ed25519PrivateKey.from_private_bytes(randomness(KEY_BYTES)))


def new_settings_key(name: str, randomness: Randomness) -> SettingsKey:
    """A fresh key of that name that signs settings.

    Raises:
        ValueError: a name that cannot be one.
    """
    check_name(name)
    private = Ed25519PrivateKey.from_private_bytes(randomness(KEY_BYTES))
    return SettingsKey(name, private)


def new_journal_key(name: str, randomness: Randomness) -> JournalKey:
    """A fresh key for a journal of that name.

    Raises:
        ValueError: a name that cannot be one.
    """
    check_name(name)
    private = Ed25519PrivateKey.from_private_bytes(randomness(KEY_BYTES))
    return JournalKey(name, private)


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
    """A fresh key for a gate of that name.

    Raises:
        ValueError: a name that cannot be one.
    """
    check_name(name)
    return GateKey(name, X25519PrivateKey.from_private_bytes(randomness(KEY_BYTES)))


_ED25519: Final = "Ed25519"
_X25519: Final = "X25519"
_CURVES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "issuer": _ED25519,
        "root": _ED25519,
        "settings": _ED25519,
        "journal": _ED25519,
        "zone": _X25519,
        "gate": _X25519,
    }
)
"""Kind of a key -> its curve (RFC 8037)."""
_NAMED: Final[Mapping[type[SigningPublicKey | GatePublicKey], str]] = MappingProxyType(
    {
        IssuerPublicKey: "issuer",
        RootPublicKey: "root",
        SettingsPublicKey: "settings",
        JournalPublicKey: "journal",
        GatePublicKey: "gate",
    }
)
"""Public key that has a name and no more -> its kind."""
_IMPLIED: Final = frozenset({"kty", "crv", "kind", "x"})


def dump_key(key: AnyKey) -> bytes:
    """The file of one key: a JSON object, UTF-8, ending in a line feed.

    Raises:
        ValueError: a private key that is not here to be written down.
    """
    return (json.dumps(key_members(key), indent=2) + "\n").encode()


def load_key(data: bytes) -> AnyKey:
    """Read the file of one key; its kind, and whether it is private, show in its type.

    Raises:
        TrustListError: anything but a file as `dump_key` writes it.
    """
    members = read_object(data, LIMITS.key_file_bytes)
    key = read_key(members)
    members.finish()
    return key


def key_members(key: AnyKey) -> dict[str, str | int]:
    """The members of a key's JSON object.

    Raises:
        ValueError: a private key that is not here to be written down.
    """
    match key:
        case ZonePublicKey():
            return _public_members("zone", key.key) | {
                "zone": key.zone,
                "epoch": key.epoch,
                "nbf": seconds_of(key.not_before),
                "exp": seconds_of(key.not_after),
            }
        case VerifyingKey() | GatePublicKey():
            return _public_members(_NAMED[type(key)], key.key) | {"name": key.name}
        case _:
            return key_members(key.public) | _private_members(key)


def _private_members(key: PrivateKey | TokenKey) -> dict[str, str | int]:
    if isinstance(key, TokenKey):
        return {"token": key.uri.text}
    if isinstance(key.key, Ed25519PrivateKey | X25519PrivateKey):
        return {"d": base64url(key.key.private_bytes_raw())}
    raise ValueError("a private key that others keep cannot be written down")


def _public_members(
    kind: str, key: Ed25519PublicKey | X25519PublicKey
) -> dict[str, str | int]:
    public = base64url(key.public_bytes_raw())
    return {"kty": "OKP", "crv": _CURVES[kind], "x": public, "kind": kind}


def read_key(members: Members) -> AnyKey:
    """Take a key's members out of a JSON object.

    Raises:
        TrustListError: missing or wrong members, or halves that do not belong together.
    """
    if members.text("kty") != "OKP":
        raise TrustListError("a key has the type OKP")
    curve, kind = members.text("crv"), members.text("kind")
    if _CURVES.get(kind) != curve:
        raise TrustListError("a key of a kind and curve that do not go together")
    public = members.octets("x", KEY_BYTES)
    secret = members.octets("d", KEY_BYTES) if "d" in members else None
    return _read(kind, members, public, secret)


def bare_members(key: PublicKey) -> dict[cbor.Key, cbor.Encodable]:
    """The members of a public key where its kind is known, for CBOR."""
    said: dict[cbor.Key, cbor.Encodable] = {
        name: value for name, value in key_members(key).items() if name not in _IMPLIED
    }
    return {**said, "x": key.key.public_bytes_raw()}


def read_bare_key(kind: str, members: Members) -> AnyKey:
    """Take the members of `bare_members` out of an object; of that kind.

    Raises:
        TrustListError: missing or wrong members.
    """
    return _read(kind, members, members.raw("x", KEY_BYTES), None)


def _read(kind: str, members: Members, public: bytes, secret: bytes | None) -> AnyKey:
    try:
        return _READERS[kind](members, public, secret)
    except ValueError as error:
        raise TrustListError(f"a key that cannot be one: {error}") from None


def ed25519_key(public: bytes) -> Ed25519PublicKey:
    """The public key of 32 bytes that signatures are checked with.

    Raises:
        ValueError: a point of small order, for which anyone can make signatures.
    """
    _check_order(public, _SMALL_ED25519)
    return Ed25519PublicKey.from_public_bytes(public)


def x25519_key(public: bytes) -> X25519PublicKey:
    """The public key of 32 bytes that something can be sealed to.

    Raises:
        ValueError: a point of small order, with which no secret can be agreed.
    """
    _check_order(public, _SMALL_X25519)
    return X25519PublicKey.from_public_bytes(public)


def _check_order(public: bytes, small: frozenset[int]) -> None:
    if int.from_bytes(public, "little") % 2**255 in small:
        raise ValueError("a public key that is nobody's")


_P: Final = 2**255 - 19
_ED25519_8: Final = int(
    "05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826", 16
)
_X25519_8: Final = (
    int("00b8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0", 16),
    int("57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5f", 16),
)
_SMALL_ED25519: Final = frozenset(
    {0, 1, _P - 1, _P, _P + 1, _ED25519_8, _P - _ED25519_8}
)
_SMALL_X25519: Final = frozenset({0, 1, _P - 1, _P, _P + 1, *_X25519_8})
"""What the points of order 1, 2, 4 and 8 look like, reduced or not: y of edwards25519
(RFC 8032 section 5.1), u of curve25519 and its twist (RFC 7748 section 4.1). The
topmost bit is the sign of x of the one, and not looked at by the other."""


def _signing(
    shown: Callable[[str, Ed25519PublicKey], SigningPublicKey],
    kept: Callable[[str, Ed25519PrivateKey], PrivateKey],
) -> "_Reader":
    """A reader of keys of one kind that signs."""

    def read(members: Members, public: bytes, secret: bytes | None) -> AnyKey:
        name = members.text("name")
        known = shown(name, ed25519_key(public))
        if secret is None and "token" in members:
            return TokenKey(known, TokenUri.read(members.text("token")))
        if secret is None:
            return known
        return _whole(kept(name, Ed25519PrivateKey.from_private_bytes(secret)), known)

    return read


def _zone_key(members: Members, public: bytes, secret: bytes | None) -> AnyKey:
    known = ZonePublicKey(
        zone=members.text("zone"),
        epoch=members.integer("epoch"),
        not_before=members.moment("nbf"),
        not_after=members.moment("exp"),
        key=x25519_key(public),
    )
    if secret is None:
        return known
    private = X25519PrivateKey.from_private_bytes(secret)
    own = replace(known, key=private.public_key())
    return _whole(ZoneKey(own, private), known)


def _gate_key(members: Members, public: bytes, secret: bytes | None) -> AnyKey:
    name = members.text("name")
    known = GatePublicKey(name, x25519_key(public))
    if secret is None:
        return known
    return _whole(GateKey(name, X25519PrivateKey.from_private_bytes(secret)), known)


def _whole(key: PrivateKey, known: PublicKey) -> PrivateKey:
    if key.public != known:
        raise ValueError("its halves do not belong together")
    return key


_Reader: TypeAlias = Callable[[Members, bytes, bytes | None], AnyKey]
_READERS: Final[Mapping[str, _Reader]] = MappingProxyType(
    {
        "issuer": _signing(IssuerPublicKey, IssuerKey),
        "root": _signing(RootPublicKey, RootKey),
        "settings": _signing(SettingsPublicKey, SettingsKey),
        "journal": _signing(JournalPublicKey, JournalKey),
        "zone": _zone_key,
        "gate": _gate_key,
    }
)
