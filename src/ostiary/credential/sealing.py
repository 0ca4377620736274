"""COSE_Encrypt (RFC 9052 section 5.1): one content key, wrapped to each receiver's key.

The receivers of a credential are zones; that of a zone's key, on its way, is a gate.

Content: AES-256-GCM. Recipients: ECDH-ES + A256KW (RFC 9053 section 6.4.1) over X25519
with HKDF-SHA-256, a fresh ephemeral key each. No derivation of our own.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)

from ostiary.credential import cbor
from ostiary.credential.cose import (
    Algorithm,
    Curve,
    Header,
    KeyParameter,
    KeyType,
    Tag,
)
from ostiary.credential.keys import (
    IDENTIFIER_BYTES,
    KEY_BYTES,
    GatePublicKey,
    Randomness,
    ZonePublicKey,
)
from ostiary.credential.limits import LIMITS
from ostiary.credential.signing import Headers
from ostiary.erasure import overwrite
from ostiary.errors import CannotUnsealError, MalformedError
from ostiary.reasons import Reason

_IV_BYTES: Final = 12
_GCM_TAG_BYTES: Final = 16
_WRAPPED_BYTES: Final = KEY_BYTES + 8
_FIELD_PRIME: Final = 2**255 - 19
_KEY_BITS: Final = 8 * KEY_BYTES

_NO_HEADERS: Final[Headers] = MappingProxyType({})
_RECIPIENT_HEADER: Final = bytes(
    cbor.encode({Header.ALGORITHM: Algorithm.ECDH_ES_A256KW})
)
_NOBODY: Final = (None, None, None)
_KDF_CONTEXT: Final = bytes(
    cbor.encode([Algorithm.A256KW, _NOBODY, _NOBODY, [_KEY_BITS, _RECIPIENT_HEADER]])
)
"""COSE_KDF_Context, RFC 9053 section 5.2: for A256KW, neither party named."""


Receiver: TypeAlias = ZonePublicKey | GatePublicKey
"""Whoever a message can be sealed to."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """The content key for one receiver's key.

    Attributes:
        key_identifier: of that key; 8 bytes.
        ephemeral: the sender's X25519 public key; 32 bytes.
        wrapped: the content key under the agreed key (RFC 3394); 40 bytes.
    """

    key_identifier: bytes
    ephemeral: bytes = field(repr=False)
    wrapped: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed message, not opened.

    Attributes:
        protected: the protected header as it stands; a view.
        headers: what it names besides the algorithm; not believed before it is opened.
        iv: 12 bytes; a view.
        ciphertext: with its tag; a view.
        recipients: one to four.
    """

    protected: memoryview = field(repr=False)
    headers: Mapping[cbor.Key, cbor.Value]
    iv: memoryview = field(repr=False)
    ciphertext: memoryview = field(repr=False)
    recipients: tuple[Recipient, ...]


def seal(
    content: bytearray,
    receivers: Sequence[Receiver],
    randomness: Randomness,
    headers: Headers = _NO_HEADERS,
) -> bytearray:
    """Seal content to one to four keys.

    Args:
        content: what to seal.
        receivers: whoever holds one of their private halves can open it.
        randomness: 32 bytes of content key, 12 of IV, then 32 for each receiver.
        headers: protected header parameters besides the algorithm; anyone can read
            them, and nobody can change them.

    Returns:
        A tagged COSE_Encrypt.

    Raises:
        ValueError: a public key with which no secret can be agreed.
    """
    parameters: dict[cbor.Key, cbor.Encodable] = {
        Header.ALGORITHM: Algorithm.A256GCM,
        **headers,
    }
    protected = cbor.encode(parameters)
    content_key = randomness(KEY_BYTES)
    iv = randomness(_IV_BYTES)
    ciphertext = AESGCM(content_key).encrypt(iv, content, _context(protected))
    recipients = [_wrap(content_key, key, randomness) for key in receivers]
    return cbor.encode(
        [protected, {Header.IV: iv}, ciphertext, recipients], tag=Tag.ENCRYPT
    )


def _context(protected: bytearray | memoryview) -> bytes:
    """Enc_structure, RFC 9052 section 5.3: what the seal authenticates as well."""
    return bytes(cbor.encode(["Encrypt", protected, b""]))


def _wrap(
    content_key: bytes, receiver: Receiver, randomness: Randomness
) -> cbor.Encodable:
    ephemeral = X25519PrivateKey.from_private_bytes(randomness(KEY_BYTES))
    wrapping_key = _agree(ephemeral, receiver.key)
    if wrapping_key is None:
        raise ValueError("no secret can be agreed with this key")
    sender: cbor.Encodable = {
        KeyParameter.TYPE: KeyType.OKP,
        KeyParameter.CURVE: Curve.X25519,
        KeyParameter.X: ephemeral.public_key().public_bytes_raw(),
    }
    unprotected: cbor.Encodable = {
        Header.KEY_IDENTIFIER: receiver.identifier,
        Header.EPHEMERAL_KEY: sender,
    }
    return [_RECIPIENT_HEADER, unprotected, aes_key_wrap(wrapping_key, content_key)]


def _agree(private: X25519PrivateKey, public: X25519PublicKey) -> bytes | None:
    """The wrapping key; None where the shared secret would be all zero (RFC 7748)."""
    try:
        secret = private.exchange(public)
    except ValueError:
        return None
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=_KDF_CONTEXT).derive(secret)


def read_sealed(message: bytes, labels: Collection[cbor.Key] = ()) -> Sealed:
    """Read a COSE_Encrypt.

    Args:
        message: the whole encoding; the result holds views of it.
        labels: of the protected header parameters that must stand there, and no others,
            besides the algorithm.

    Raises:
        MalformedError: `CBOR_*`, `COSE_MALFORMED` or `COSE_ALGORITHM`.
    """
    match cbor.decode(message):
        case cbor.Tagged(
            Tag.ENCRYPT,
            list(
                [
                    memoryview() as protected,
                    {Header.IV: memoryview() as iv, **others},
                    memoryview() as ciphertext,
                    list() as recipients,
                ]
            ),
        ) if not others and len(iv) == _IV_BYTES and len(ciphertext) >= _GCM_TAG_BYTES:
            headers = _read_protected(protected, Algorithm.A256GCM, labels)
        case _:
            raise MalformedError(Reason.COSE_MALFORMED)
    if not 0 < len(recipients) <= LIMITS.recipients:
        raise MalformedError(Reason.COSE_MALFORMED)
    read = tuple(_read_recipient(recipient) for recipient in recipients)
    if len({recipient.key_identifier for recipient in read}) != len(read):
        raise MalformedError(Reason.COSE_MALFORMED)
    return Sealed(protected, headers, iv, ciphertext, read)


def _read_recipient(recipient: cbor.Value) -> Recipient:
    match recipient:
        case list(
            [
                memoryview() as protected,
                {
                    Header.KEY_IDENTIFIER: memoryview() as key,
                    Header.EPHEMERAL_KEY: {
                        KeyParameter.TYPE: KeyType.OKP,
                        KeyParameter.CURVE: Curve.X25519,
                        KeyParameter.X: memoryview() as ephemeral,
                        **more,
                    },
                    **others,
                },
                memoryview() as wrapped,
            ]
        ) if not more and not others:
            _read_protected(protected, Algorithm.ECDH_ES_A256KW)
        case _:
            raise MalformedError(Reason.COSE_MALFORMED)
    lengths = (len(key), len(ephemeral), len(wrapped))
    if lengths != (IDENTIFIER_BYTES, KEY_BYTES, _WRAPPED_BYTES):
        raise MalformedError(Reason.COSE_MALFORMED)
    # X25519 itself would take a coordinate's other spellings for the same point.
    if int.from_bytes(ephemeral, "little") >= _FIELD_PRIME:
        raise MalformedError(Reason.COSE_MALFORMED)
    return Recipient(bytes(key), bytes(ephemeral), bytes(wrapped))


def _read_protected(
    protected: memoryview, algorithm: Algorithm, labels: Collection[cbor.Key] = ()
) -> Mapping[cbor.Key, cbor.Value]:
    """What the header names under these labels, besides that algorithm."""
    headers = cbor.decode(protected)
    if not isinstance(headers, dict):
        raise MalformedError(Reason.COSE_MALFORMED)
    named = headers.pop(Header.ALGORITHM, None)
    if not isinstance(named, int):
        raise MalformedError(Reason.COSE_MALFORMED)
    if named != algorithm:
        raise MalformedError(Reason.COSE_ALGORITHM)
    if headers.keys() != set(labels):
        raise MalformedError(Reason.COSE_MALFORMED)
    return headers


def unseal(sealed: Sealed, recipient: Recipient, key: X25519PrivateKey) -> bytearray:
    """Open a sealed message.

    Returns:
        The content, in the only buffer that holds it; the caller overwrites it.

    Raises:
        CannotUnsealError: `CANNOT_UNSEAL`: changed, damaged, or sealed to another key.
    """
    content = _open(sealed, recipient, key)
    if content is None:
        raise CannotUnsealError(Reason.CANNOT_UNSEAL)
    return content


def _open(
    sealed: Sealed, recipient: Recipient, key: X25519PrivateKey
) -> bytearray | None:
    """None, not an exception: a traceback would keep the keys of this frame alive."""
    ephemeral = X25519PublicKey.from_public_bytes(recipient.ephemeral)
    wrapping_key = _agree(key, ephemeral)
    if wrapping_key is None:
        return None
    content = bytearray(len(sealed.ciphertext) - _GCM_TAG_BYTES)
    try:
        content_key = aes_key_unwrap(wrapping_key, recipient.wrapped)
        AESGCM(content_key).decrypt_into(
            sealed.iv, sealed.ciphertext, _context(sealed.protected), content
        )
    except (InvalidUnwrap, InvalidTag):
        overwrite(content)
        return None
    return content
