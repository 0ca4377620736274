"""The owner's own reference of a pass: sealed to its record, and found blindly.

ChaCha20-Poly1305 (RFC 8439) with the pass's identifier as associated data, so that none
can be moved to another record; padded to one length. Looked up by HMAC-SHA-256, so that
the database answers only to whoever has the key.
"""

import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ostiary.credential import Randomness
from ostiary.errors import StorageError
from ostiary.storage.registry.records import OWN_REFERENCE_BYTES, own_octets

_NONCE_BYTES: Final = 12


def seal_own(own: str, key: bytes, identifier: bytes, randomness: Randomness) -> bytes:
    """The reference, sealed; 60 bytes, however long it is.

    Args:
        own: up to 31 bytes in UTF-8.
        key: 32 bytes.
        identifier: of the pass.
        randomness: a source of random bytes.
    """
    plain = own_octets(own)
    padded = bytes([len(plain)]) + plain.ljust(OWN_REFERENCE_BYTES, b"\0")
    nonce = randomness(_NONCE_BYTES)
    sealed = ChaCha20Poly1305(derived(key, b"seal")).encrypt(nonce, padded, identifier)
    return nonce + sealed


def open_own(sealed: bytes, key: bytes, identifier: bytes) -> str:
    """What `seal_own` sealed.

    Raises:
        StorageError: another key, another pass, or damaged.
    """
    nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        padded = ChaCha20Poly1305(derived(key, b"seal")).decrypt(
            nonce, rest, identifier
        )
    except (InvalidTag, ValueError):
        raise StorageError(
            "an own reference does not open: registry.key is another one, or the "
            "record is damaged"
        ) from None
    return padded[1 : 1 + padded[0]].decode()


def blind(own: str, key: bytes, tenant: str) -> bytes:
    """What a reference is found by; 32 bytes."""
    keyed = hmac.new(derived(key, b"find"), tenant.encode() + b"\0", SHA256().name)
    keyed.update(own_octets(own))
    return keyed.digest()


def check_of(key: bytes, tenant: str) -> bytes:
    """By what a tenant knows its key again, without holding it; 32 bytes."""
    return hmac.digest(derived(key, b"know"), tenant.encode(), SHA256().name)


def derived(key: bytes, use: bytes) -> bytes:
    """A key for one use, of the registry's; 32 bytes (HKDF, RFC 5869)."""
    return HKDF(SHA256(), 32, salt=None, info=b"ostiary registry " + use).derive(key)
