"""Signatures that lie beside a file: a COSE_Sign1 with detached content.

A gate's configuration and its calibration stay files that people read and edit. The
signature says what the file is, for which gate it was signed, and when: a calibration
cannot stand in for a configuration, nor one gate's file for another's.

RFC 9052 section 4.2, the content of section 2 detached, so nil in its place; moment and
gate as CWT claims in the protected header (RFC 9597).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final

from cryptography.exceptions import InvalidSignature

from ostiary.credential import cbor
from ostiary.credential.checks import check_name, moment_of, seconds_of
from ostiary.credential.cose import Algorithm, Header, Tag
from ostiary.credential.keys import (
    IDENTIFIER_BYTES,
    SettingsKey,
    SettingsPublicKey,
)
from ostiary.credential.limits import LIMITS
from ostiary.credential.signing import SIGNATURE_BYTES
from ostiary.errors import MalformedError, TrustListError

_BEFORE: Final = b"\xd2\x84"
_AFTER: Final = b"\xa0\xf6\x58\x40"
"""Tag 18 and an array of four; an empty map, nil, and the length of a signature. The
reader of CBOR takes no nil, and this is the one place where it may stand."""


class FileKind(StrEnum):
    """What a signed file is, as its signature says it (COSE content type)."""

    CONFIGURATION = "application/ostiary-configuration+toml"
    CALIBRATION = "application/ostiary-calibration+json"


class _Claim(IntEnum):
    """CWT claims in the header (RFC 8392)."""

    AUDIENCE = 3
    ISSUED = 6


@dataclass(frozen=True, slots=True)
class FileSignature:
    """Who signed a file, what as, for whom and when; not checked.

    Attributes:
        kind: what the file is.
        gate: the one gate that it is for; None is any of the owner's gates.
        signed_at: timezone-aware, whole seconds.
        key_identifier: of the settings key that is said to have signed; 8 bytes.
        signature: 64 bytes.
    """

    kind: FileKind
    gate: str | None
    signed_at: datetime
    key_identifier: bytes
    signature: bytes = field(repr=False)

    def check(
        self,
        content: bytes,
        kind: FileKind,
        gate: str | None,
        keys: Iterable[SettingsPublicKey],
    ) -> SettingsPublicKey:
        """Check it against the file, and give back the key that has signed.

        Whether that key was trusted when it signed, and is now, the trust list says.

        Args:
            content: the whole file.
            kind: what the file is read as.
            gate: name of the gate that reads it; None if it has none.
            keys: of those who may sign settings.

        Raises:
            TrustListError: of another kind, for another gate, of none of these keys, or
                the file was changed.
        """
        if self.kind != kind:
            raise TrustListError(f"signed as {self.kind}, not as {kind}")
        if self.gate is not None and self.gate != gate:
            raise TrustListError(f"signed for the gate {self.gate!r}, not for this one")
        signer = next(
            (key for key in keys if key.identifier == self.key_identifier), None
        )
        if signer is None:
            raise TrustListError(
                f"signed by key {self.key_identifier.hex()}, which is none that may "
                "sign settings"
            )
        protected = _protected(self.kind, self.gate, self.signed_at, signer.identifier)
        try:
            signer.key.verify(self.signature, _signature_input(protected, content))
        except InvalidSignature:
            raise TrustListError("changed since it was signed") from None
        return signer


def sign_file(
    content: bytes, kind: FileKind, gate: str | None, at: datetime, key: SettingsKey
) -> bytes:
    """The signature to lay beside a file.

    Args:
        content: the whole file.
        kind: what it is.
        gate: the one gate that it is for; None is any of the owner's gates.
        at: now; timezone-aware, whole seconds.
        key: signs.

    Returns:
        A tagged COSE_Sign1 without its content.

    Raises:
        ValueError: a gate's name or a moment that cannot be one.
    """
    if gate is not None:
        check_name(gate)
    protected = _protected(kind, gate, at, key.identifier)
    signature = key.key.sign(_signature_input(protected, content))
    return bytes(cbor.encode([protected, {}, None, signature], tag=Tag.SIGN1))


def read_file_signature(data: bytes) -> FileSignature:
    """Read the signature of a file, without checking it.

    Raises:
        TrustListError: anything but what `sign_file` writes.
    """
    if len(data) > LIMITS.file_signature_bytes:
        raise TrustListError(f"longer than {LIMITS.file_signature_bytes} bytes")
    end = len(data) - SIGNATURE_BYTES
    start = end - len(_AFTER)
    if not data.startswith(_BEFORE) or data[max(start, 0) : max(end, 0)] != _AFTER:
        raise TrustListError("not the signature of a file")
    try:
        read = _read_header(cbor.decode(data[len(_BEFORE) : start]), data[end:])
    except (MalformedError, ValueError) as error:
        raise TrustListError(f"not the signature of a file: {error}") from None
    return read


def _read_header(protected: cbor.Value, signature: bytes) -> FileSignature:
    if not isinstance(protected, memoryview):
        raise TrustListError("not the signature of a file: no header")
    match cbor.decode(protected):
        case {
            Header.ALGORITHM: Algorithm.EDDSA,
            Header.CONTENT_TYPE: str(kind),
            Header.KEY_IDENTIFIER: memoryview() as key,
            Header.CWT_CLAIMS: dict() as claims,
            **others,
        } if not others and len(key) == IDENTIFIER_BYTES:
            signed_at, gate = _read_claims(claims)
            return FileSignature(FileKind(kind), gate, signed_at, bytes(key), signature)
        case _:
            raise TrustListError("not the signature of a file: its header is wrong")


def _read_claims(claims: dict[cbor.Key, cbor.Value]) -> tuple[datetime, str | None]:
    match claims:
        case {
            _Claim.ISSUED: int(issued),
            _Claim.AUDIENCE: str(gate),
            **others,
        } if not others:
            check_name(gate)
            return moment_of(issued), gate
        case {_Claim.ISSUED: int(issued), **others} if not others:
            return moment_of(issued), None
        case _:
            raise TrustListError("not the signature of a file: its claims are wrong")


def _protected(
    kind: FileKind, gate: str | None, at: datetime, identifier: bytes
) -> bytes:
    claims: dict[cbor.Key, cbor.Encodable] = {_Claim.ISSUED: seconds_of(at)}
    if gate is not None:
        claims[_Claim.AUDIENCE] = gate
    parameters: dict[cbor.Key, cbor.Encodable] = {
        Header.ALGORITHM: Algorithm.EDDSA,
        Header.CONTENT_TYPE: kind.value,
        Header.KEY_IDENTIFIER: identifier,
        Header.CWT_CLAIMS: claims,
    }
    return bytes(cbor.encode(parameters))


def _signature_input(protected: bytes, content: bytes) -> bytearray:
    """Sig_structure, RFC 9052 section 4.4, without external data."""
    return cbor.encode(["Signature1", protected, b"", content])
