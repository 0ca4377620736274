"""COSE_Sign1 (RFC 9052 section 4.2) with Ed25519, for credentials and status lists.

Written with algorithm -8 (EdDSA), which today's readers know; -19 (Ed25519, RFC 9864)
is read too. Both mean the same operation here, since all issuers' keys are Ed25519.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature

from ostiary.credential import cbor
from ostiary.credential.cose import Algorithm, Header, Tag
from ostiary.credential.keys import IDENTIFIER_BYTES, SigningKey, VerifyingKey
from ostiary.erasure import overwrite
from ostiary.errors import InvalidSignatureError, MalformedError
from ostiary.reasons import Reason

_SIGNATURES: Final = (Algorithm.EDDSA, Algorithm.ED25519)
SIGNATURE_BYTES: Final = 64

Headers: TypeAlias = Mapping[cbor.Key, cbor.Encodable]
_NO_HEADERS: Final[Headers] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed message, its signature not checked.

    Attributes:
        algorithm: -8 or -19.
        key_identifier: of the key that is said to have signed; 8 bytes.
        protected: the protected header as it stands.
        payload: what was signed; a view.
        signature: 64 bytes; a view.
    """

    algorithm: int
    key_identifier: bytes
    protected: memoryview = field(repr=False)
    payload: memoryview = field(repr=False)
    signature: memoryview = field(repr=False)


def sign(
    payload: bytearray, key: SigningKey, headers: Headers = _NO_HEADERS
) -> bytearray:
    """Sign a payload.

    Args:
        payload: CBOR claims.
        key: signs.
        headers: protected header parameters besides algorithm and key.

    Returns:
        A tagged COSE_Sign1, in a buffer that the caller overwrites.
    """
    parameters: dict[cbor.Key, cbor.Encodable] = {
        Header.ALGORITHM: Algorithm.EDDSA,
        Header.KEY_IDENTIFIER: key.identifier,
        **headers,
    }
    protected = cbor.encode(parameters)
    signature_input = _signature_input(protected, payload)
    signature = key.key.sign(signature_input)
    overwrite(signature_input)
    return cbor.encode([protected, {}, payload, signature], tag=Tag.SIGN1)


def is_unsealed(message: bytes) -> bool:
    """Whether a message shows a signed credential with no seal around it.

    Raises:
        MalformedError: `CBOR_*`.
    """
    match cbor.decode(message):
        case cbor.Tagged(Tag.SIGN1 | Tag.CWT):
            return True
        case _:
            return False


def read_signed(
    message: bytes | bytearray | memoryview, headers: Headers = _NO_HEADERS
) -> Signed:
    """Read a COSE_Sign1; the claim169 specification's example puts tag 61 around it.

    Args:
        message: the whole encoding; the result holds views of it.
        headers: protected header parameters that must stand there, and no others,
            besides algorithm and key.

    Raises:
        MalformedError: `CBOR_*`, `COSE_MALFORMED` or `COSE_ALGORITHM`.
    """
    match cbor.decode(message):
        case cbor.Tagged(Tag.CWT, cbor.Tagged(Tag.SIGN1, content)):
            return _read_parts(content, headers)
        case cbor.Tagged(Tag.SIGN1, content):
            return _read_parts(content, headers)
        case _:
            raise MalformedError(Reason.COSE_MALFORMED)


def _read_parts(content: cbor.Value, headers: Headers) -> Signed:
    match content:
        case list(
            [
                memoryview() as protected,
                dict() as unprotected,
                memoryview() as payload,
                memoryview() as signature,
            ]
        ) if not unprotected and len(signature) == SIGNATURE_BYTES:
            algorithm, key_identifier = _read_protected(protected, headers)
            return Signed(algorithm, key_identifier, protected, payload, signature)
        case _:
            raise MalformedError(Reason.COSE_MALFORMED)


def _read_protected(protected: memoryview, headers: Headers) -> tuple[int, bytes]:
    match cbor.decode(protected):
        case {Header.ALGORITHM: int(algorithm)} if algorithm not in _SIGNATURES:
            raise MalformedError(Reason.COSE_ALGORITHM)
        case {
            Header.ALGORITHM: int(algorithm),
            Header.KEY_IDENTIFIER: memoryview() as key,
            **others,
        } if others == headers and len(key) == IDENTIFIER_BYTES:
            return algorithm, bytes(key)
        case _:
            raise MalformedError(Reason.COSE_MALFORMED)


def check_signature(signed: Signed, key: VerifyingKey) -> None:
    """Check the signature; the copy that this takes is overwritten.

    Raises:
        InvalidSignatureError: `SIGNATURE_INVALID`.
    """
    signature_input = _signature_input(signed.protected, signed.payload)
    try:
        key.key.verify(signed.signature, signature_input)
    except InvalidSignature:
        raise InvalidSignatureError(Reason.SIGNATURE_INVALID) from None
    finally:
        overwrite(signature_input)


def _signature_input(
    protected: bytearray | memoryview, payload: bytearray | memoryview
) -> bytearray:
    """Sig_structure, RFC 9052 section 4.4, without external data."""
    return cbor.encode(["Signature1", protected, b"", payload])
