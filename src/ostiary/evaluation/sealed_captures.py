"""Captures between two sessions: one sealed file, and its key in another place.

    captures   12 bytes nonce, then AES-256-GCM (NIST SP 800-38D) of `dump_captures`
    key        JSON, readable by its owner alone

At the end the key is destroyed, and with it whatever copies of the sealed file there
are. On flash storage the blocks of a destroyed file can outlive it until they are
reused: docs/how-to/calibrate.md says what follows.
"""

import json
import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ostiary.credential import LIMITS, Randomness
from ostiary.credential.jsonfile import base64url, read_object
from ostiary.erasure import overwrite
from ostiary.errors import ConfigurationError, TrustListError
from ostiary.evaluation.volunteers import Captures, dump_captures, load_captures
from ostiary.storage.files import (
    create_atomically,
    destroy,
    read_limited,
    read_private,
    write_atomically,
)

MAX_BYTES: Final = 2**28
"""Longest sealed file that is read, in bytes: 2,000 people with 100 frames or so."""

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_KEY_TYPE: Final = "ostiary-captures-key"
_VERSION: Final = 1
_CONTEXT: Final = b"ostiary-calibration-captures 1"


class SealedCaptures:
    """The two files.

    Args:
        captures: the sealed file.
        key: the key's file, in another folder.

    Raises:
        ConfigurationError: both in one folder: whoever copies the folder has both.
    """

    def __init__(self, captures: Path, key: Path) -> None:
        if captures.absolute().parent.resolve() == key.absolute().parent.resolve():
            raise ConfigurationError(
                "keep the key apart from the captures: in another folder, best on a "
                "stick that you can destroy"
            )
        self._captures, self._key = captures, key

    def exist(self) -> bool:
        """Whether something was captured already."""
        return os.path.lexists(self._captures) or os.path.lexists(self._key)

    def begin(self, randomness: Randomness) -> None:
        """Make a new key.

        Raises:
            StorageError: it cannot be written, or there is one.
        """
        content = {
            "type": _KEY_TYPE,
            "version": _VERSION,
            "k": base64url(randomness(_KEY_BYTES)),
        }
        data = (json.dumps(content, indent=2) + "\n").encode()
        create_atomically(self._key, data, private=True)

    def read(self) -> Captures:
        """Open what was captured.

        Raises:
            StorageError: a file cannot be read.
            TrustListError: the key is no key or not private, or does not open the file.
        """
        sealed = read_limited(self._captures, MAX_BYTES)
        nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            opened = bytearray(self._cipher().decrypt(nonce, content, _CONTEXT))
        except (InvalidTag, ValueError):
            raise TrustListError(
                f"{self._captures}: the key does not open it: another key, or damaged"
            ) from None
        try:
            return load_captures(opened)
        finally:
            overwrite(opened)

    def write(self, captures: Captures, randomness: Randomness) -> None:
        """Seal what was captured, in place of what was there.

        Raises:
            StorageError: a file cannot be read or written.
            TrustListError: the key is no key, or not private.
        """
        content = dump_captures(captures)
        try:
            nonce = randomness(_NONCE_BYTES)
            sealed = nonce + self._cipher().encrypt(nonce, content, _CONTEXT)
        finally:
            overwrite(content)
        write_atomically(self._captures, sealed, private=True)

    def destroy(self) -> None:
        """Destroy the key, then remove the sealed file; what is gone already, is gone.

        Raises:
            StorageError: one of them cannot be removed.
        """
        for path in (self._key, self._captures):
            if os.path.lexists(path):
                destroy(path)

    def _cipher(self) -> AESGCM:
        members = read_object(
            read_private(self._key, LIMITS.key_file_bytes), LIMITS.key_file_bytes
        )
        if members.text("type") != _KEY_TYPE or members.integer("version") != _VERSION:
            raise TrustListError(f"{self._key} is no key of captures")
        key = members.octets("k", _KEY_BYTES)
        members.finish()
        return AESGCM(key)
