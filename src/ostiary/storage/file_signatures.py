"""Signatures of a gate's files: each lies beside its file, ending in ".sig".

A file that is changed has to be signed anew; until then its old signature does not fit,
and a gate that asks for one refuses it.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ostiary.credential import (
    LIMITS,
    FileKind,
    FileSignature,
    SettingsKey,
    read_file_signature,
    sign_file,
)
from ostiary.errors import ConfigurationError, TrustListError
from ostiary.storage.files import read_limited, write_atomically

MAX_BYTES: Final = 2**20
"""Longest file that is signed, in bytes."""

_KINDS: Final[Mapping[str, FileKind]] = MappingProxyType(
    {".toml": FileKind.CONFIGURATION, ".json": FileKind.CALIBRATION}
)
"""What a file is, by the ending of its name."""


def signature_path(path: Path) -> Path:
    """Where the signature of a file lies."""
    return path.with_name(f"{path.name}.sig")


def write_signature(
    path: Path,
    gate: str | None,
    at: datetime,
    key: SettingsKey,
    record: Callable[[bytes], object] = len,
) -> Path:
    """Sign a file, and lay the signature beside it; where it lies then.

    Args:
        path: a configuration (.toml) or a calibration (.json).
        gate: the one gate that it is for; None is any of the owner's gates.
        at: now; timezone-aware, whole seconds.
        key: signs.
        record: is told the SHA-256 of the file before its signature is written; what it
            raises stops that.

    Raises:
        ConfigurationError: a file of another kind, or a gate's name that is none.
        StorageError: the file cannot be read, or the signature not be written.
        TokenError: the hardware token that keeps the key does not sign.
    """
    kind = _KINDS.get(path.suffix)
    if kind is None:
        raise ConfigurationError(
            f"{path}: a file that is signed ends in {' or '.join(_KINDS)}"
        )
    content = read_limited(path, MAX_BYTES)
    try:
        signature = sign_file(content, kind, gate, at, key)
    except ValueError as error:
        raise ConfigurationError(f"{path} cannot be signed: {error}") from None
    beside = signature_path(path)
    record(hashlib.sha256(content).digest())
    write_atomically(beside, signature)
    return beside


def read_signature(path: Path) -> FileSignature:
    """The signature that lies beside a file, not checked.

    Raises:
        StorageError: there is none, or it cannot be read.
        TrustListError: it is no signature.
    """
    beside = signature_path(path)
    try:
        return read_file_signature(read_limited(beside, LIMITS.file_signature_bytes))
    except TrustListError as error:
        raise TrustListError(f"{beside}: {error}") from None
