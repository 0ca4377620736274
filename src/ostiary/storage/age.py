"""Files under a passphrase, in the age format (age-encryption.org/v1, scrypt).

The format's own tools open them, and we open what those seal, if the work that they ask
for is bounded. The library that there is settles the work by a stopwatch, and so could
not be used (docs/adr/0024-a-backup-hands-out-nothing.md).
"""

import base64
import re
from collections.abc import Iterator
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ostiary.credential import Randomness
from ostiary.errors import StorageError, TrustListError

WORK: Final = 18
"""Binary logarithm of scrypt's cost, as the age tool has it: 256 MiB, a second."""

_MOST_WORK: Final = 20
"""What is read at all: 1 GiB."""

_KEY_BYTES: Final = 32
_FILE_KEY_BYTES: Final = 16
_SALT_BYTES: Final = 16
_TAG_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_CHUNK_BYTES: Final = 65_536

_HEADER: Final = re.compile(
    rb"(age-encryption\.org/v1\n"
    rb"-> scrypt ([A-Za-z0-9+/]{22}) ([1-9][0-9]?)\n"
    rb"([A-Za-z0-9+/]{43})\n"
    rb"---) ([A-Za-z0-9+/]{43})\n"
)


def seal(content: bytes, passphrase: str, randomness: Randomness) -> bytes:
    """A file that opens with the passphrase alone.

    Args:
        content: of any length.
        passphrase: in UTF-8, as it stands.
        randomness: salt, key and nonce.

    Raises:
        StorageError: too little memory.
    """
    salt, file_key = randomness(_SALT_BYTES), randomness(_FILE_KEY_BYTES)
    wrapping = ChaCha20Poly1305(_stretched(passphrase, salt, WORK))
    wrapped = wrapping.encrypt(bytes(_NONCE_BYTES), file_key, None)
    header = b"age-encryption.org/v1\n-> scrypt %s %d\n%s\n---" % (
        _encoded(salt),
        WORK,
        _encoded(wrapped),
    )
    mac = _header_mac(file_key, header).finalize()
    nonce = randomness(_SALT_BYTES)
    stream = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
    sealed = (
        stream.encrypt(counter, content[start : start + _CHUNK_BYTES], None)
        for start, counter in _chunks(len(content), _CHUNK_BYTES)
    )
    return b"".join((header, b" ", _encoded(mac), b"\n", nonce, *sealed))


def unseal(data: bytes, passphrase: str) -> bytes:
    """The content of a file.

    Raises:
        StorageError: too little memory.
        TrustListError: another passphrase, a damaged file, or none that is sealed by a
            passphrase alone.
    """
    match = _HEADER.match(data)
    if match is None or int(match[3]) > _MOST_WORK:
        raise TrustListError("this is no file that is sealed with a passphrase")
    header, salt, work, wrapped, mac = match.groups()
    key = _stretched(passphrase, _decoded(salt), int(work))
    try:
        wrapping = ChaCha20Poly1305(key)
        file_key = wrapping.decrypt(bytes(_NONCE_BYTES), _decoded(wrapped), None)
        _header_mac(file_key, header).verify(_decoded(mac))
        return _opened(data[match.end() :], file_key)
    except (InvalidTag, InvalidSignature):
        raise TrustListError(
            "it does not open: another passphrase, or it is damaged"
        ) from None


def _opened(payload: bytes, file_key: bytes) -> bytes:
    nonce, sealed = payload[:_SALT_BYTES], payload[_SALT_BYTES:]
    stream = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
    length = _CHUNK_BYTES + _TAG_BYTES
    chunks = [
        stream.decrypt(counter, sealed[start : start + length], None)
        for start, counter in _chunks(len(sealed), length)
    ]
    if len(chunks) > 1 and not chunks[-1]:
        raise InvalidTag  # The format has one way of ending.
    return b"".join(chunks)


def _chunks(total: int, length: int) -> Iterator[tuple[int, bytes]]:
    """Where each chunk starts, and its nonce: a counter, and whether it is the last."""
    starts = range(0, max(total, 1), length)
    for number, start in enumerate(starts):
        last = start == starts[-1]
        yield start, number.to_bytes(_NONCE_BYTES - 1) + bytes([last])


def _stretched(passphrase: str, salt: bytes, work: int) -> bytes:
    salted = b"age-encryption.org/v1/scrypt" + salt
    try:
        return Scrypt(salted, _KEY_BYTES, n=1 << work, r=8, p=1).derive(
            passphrase.encode()
        )
    except MemoryError:
        needed = (1 << work) * 1024 // 2**20
        raise StorageError(
            f"a passphrase takes {needed} MiB of memory, which are not free here"
        ) from None


def _derived(file_key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=salt, info=info).derive(file_key)


def _header_mac(file_key: bytes, header: bytes) -> HMAC:
    mac = HMAC(_derived(file_key, b"", b"header"), SHA256())
    mac.update(header)
    return mac


def _encoded(octets: bytes) -> bytes:
    return base64.b64encode(octets).rstrip(b"=")


def _decoded(text: bytes) -> bytes:
    """Without padding, and in its one spelling.

    Raises:
        TrustListError: another spelling of the same bytes.
    """
    octets = base64.b64decode(text + b"=" * (-len(text) % 4))
    if _encoded(octets) != text:
        raise TrustListError("this is no file that is sealed with a passphrase")
    return octets
