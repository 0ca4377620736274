"""Signing keys that a hardware token keeps, through PKCS#11.

The token signs; its private key never leaves it, and nothing here falls back to another
key. Needs the extra `hardware-keys`, and the driver that the key's URI names. A process
stays logged in to a token until it ends.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ostiary.credential import TokenUri
from ostiary.credential.keys import KEY_BYTES
from ostiary.errors import ConfigurationError, TokenError

if TYPE_CHECKING:
    import pkcs11

Pin: TypeAlias = Callable[[TokenUri], str]
"""Where the PIN of a token comes from; asked once, and never tried again."""

_PROOF: Final = b"Ostiary asks for a signature to see whose key this is"
"""No credential, list or document starts like this."""

_OCTET_STRING: Final = b"\x04\x20"
"""DER's type and length, which most tokens put before a point of 32 bytes."""

_ADVICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PinIncorrect": "it refuses the PIN; after a few wrong ones it locks itself",
        "PinLenRange": "it refuses the PIN: too short or too long",
        "PinInvalid": "it refuses the PIN",
        "PinLocked": "its PIN is locked; its own tool unlocks it, with the SO PIN",
        "PinExpired": "its PIN has expired; its own tool sets a new one",
        "UserPinNotInitialized": "it has no PIN yet; its own tool sets one",
        "NoSuchKey": "it keeps no such key",
        "MultipleObjectsReturned": "it keeps several such keys; add id=... to the URI",
        "MechanismInvalid": "it cannot sign with Ed25519",
        "KeyTypeInconsistent": "that key cannot sign with Ed25519",
        "TokenNotPresent": "it was pulled out",
        "DeviceRemoved": "it was pulled out",
    }
)
"""What drivers report, by the library's exception, in words to act on."""


class TokenSigner:
    """An Ed25519 key on a token: signs there.

    Whose key it is, is known without the token, which is asked for only by `unlock`.

    Args:
        uri: which token, and which key on it.
        public: what it signs is checked with, each time.
        pin: gives the token's PIN.
    """

    def __init__(self, uri: TokenUri, public: Ed25519PublicKey, pin: Pin) -> None:
        self._uri = uri
        self._public = public
        self._pin = pin
        self._key: pkcs11.SignMixin | None = None

    def public_key(self) -> Ed25519PublicKey:
        """What its signatures are checked with."""
        return self._public

    def unlock(self) -> "pkcs11.SignMixin":
        """Log in to the token and find the key, unless that was done.

        Raises:
            ConfigurationError: the extra is not installed.
            TokenError: no such driver, token or key; or the PIN is wrong or locked.
        """
        if self._key is None:
            library = _library()
            with _token_errors(library, self._uri):
                session = _session(library, self._uri, self._pin)
                self._key = _signing_key(library, session, self._uri)
        return self._key

    def sign(self, data: bytes | bytearray, /) -> bytes:
        """The token's signature over the bytes, which it sees whole.

        Raises:
            ConfigurationError: as `unlock`.
            TokenError: as `unlock`; or it refuses, is gone, or signs with another key.
        """
        return _sign(self.unlock(), self._uri, self._public, data)


def read_public_key(uri: TokenUri, pin: Pin) -> Ed25519PublicKey:
    """The public half of a key on a token; a signature shows that both halves belong.

    Raises:
        ConfigurationError: the extra is not installed.
        TokenError: as `TokenSigner.sign`, or it is no Ed25519 key.
    """
    library = _library()
    with _token_errors(library, uri):
        session = _session(library, uri, pin)
        shown = _find(library, session, uri, "PUBLIC_KEY")
        point = bytes(shown[library.Attribute.EC_POINT])
        key = _signing_key(library, session, uri)
    if len(point) == KEY_BYTES + len(_OCTET_STRING):
        point = point.removeprefix(_OCTET_STRING)
    try:
        public = Ed25519PublicKey.from_public_bytes(point)
    except ValueError:
        raise TokenError(f"{_named(uri)}: that key is no Ed25519 key") from None
    _sign(key, uri, public, _PROOF)
    return public


def _sign(
    key: "pkcs11.SignMixin",
    uri: TokenUri,
    public: Ed25519PublicKey,
    data: bytes | bytearray,
) -> bytes:
    library = _library()
    with _token_errors(library, uri):
        signature: bytes = key.sign(bytes(data), mechanism=library.Mechanism.EDDSA)
    try:
        public.verify(signature, data)
    except InvalidSignature:
        raise TokenError(
            f"{_named(uri)}: the key there is another than the one that was taken up; "
            "what it signed is not used"
        ) from None
    return signature


def _signing_key(
    library: ModuleType, session: "pkcs11.Session", uri: TokenUri
) -> "pkcs11.SignMixin":
    found = _find(library, session, uri, "PRIVATE_KEY")
    if not isinstance(found, library.SignMixin):
        raise TokenError(f"{_named(uri)}: that key does not sign")
    key: pkcs11.SignMixin = found
    return key


def _session(library: ModuleType, uri: TokenUri, pin: Pin) -> "pkcs11.Session":
    driver = library.lib(uri.module)
    fitting = [token for token in driver.get_tokens() if _fits(token, uri)]
    if len(fitting) != 1:
        found = "several fit; add serial=..." if fitting else "it is not there"
        raise TokenError(f"{_named(uri)}: {found}")
    token: pkcs11.Token = fitting[0]
    try:
        return token.open(user_pin=pin(uri))
    except library.UserAlreadyLoggedIn:
        # By this process, for another key.
        return token.open()


def _fits(token: "pkcs11.Token", uri: TokenUri) -> bool:
    says = {
        "token": token.label,
        "serial": token.serial.decode(errors="replace"),
        "manufacturer": token.manufacturer_id,
        "model": token.model,
    }
    return uri.token.items() <= says.items()


def _find(
    library: ModuleType, session: "pkcs11.Session", uri: TokenUri, half: str
) -> "pkcs11.Key":
    return session.get_key(
        object_class=library.ObjectClass[half],
        label=uri.label,
        id=uri.identifier or None,
    )


def _library() -> ModuleType:
    try:
        return import_module("pkcs11")
    except ImportError:
        raise ConfigurationError(
            "a key on a hardware token needs the extra: "
            "pip install 'ostiary[hardware-keys]'"
        ) from None


@contextmanager
def _token_errors(library: ModuleType, uri: TokenUri) -> Iterator[None]:
    try:
        yield
    except library.PKCS11Error as error:
        kind = type(error).__name__
        # A driver that cannot be loaded comes as the base class, with a text.
        said = str(error) if type(error) is library.PKCS11Error else f"it says {kind}"
        raise TokenError(f"{_named(uri)}: {_ADVICE.get(kind, said)}") from None


def _named(uri: TokenUri) -> str:
    token = " ".join(uri.token.values())
    return f"token {token!r}, key {uri.label or uri.identifier.hex()!r}"
