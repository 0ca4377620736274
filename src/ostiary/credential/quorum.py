"""COSE_Sign (RFC 9052 section 4.1): one content, signed by several owners.

Whether the signatures are enough is for a role to say, which names keys and how many of
them it takes. Signatures of keys that it does not name are not looked at, so that one
file can satisfy an old and a new role at once; those of keys that it names must hold.
No key signs twice, and signatures stand in the order of their keys' identifiers.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from cryptography.exceptions import InvalidSignature

from ostiary.credential import cbor
from ostiary.credential.cose import Algorithm, Header, Tag
from ostiary.credential.keys import IDENTIFIER_BYTES, RootKey, RootPublicKey
from ostiary.credential.limits import LIMITS
from ostiary.credential.signing import SIGNATURE_BYTES
from ostiary.errors import MalformedError, TrustListError
from ostiary.reasons import Reason


@dataclass(frozen=True, slots=True)
class Role:
    """Who signs something, and how many of them it takes.

    Attributes:
        keys: 1 to `LIMITS.role_keys` owners' keys, in the order of their names; no key
            and no name twice.
        threshold: 1 to as many as there are keys.
    """

    keys: tuple[RootPublicKey, ...]
    threshold: int

    def __post_init__(self) -> None:
        """Check the fields, and put the keys in order.

        Raises:
            ValueError: too many keys, one twice, or a threshold that cannot be met.
        """
        if len(self.keys) > LIMITS.role_keys:
            raise ValueError(f"a role has at most {LIMITS.role_keys} keys")
        for what in ("identifier", "name"):
            if len({getattr(key, what) for key in self.keys}) != len(self.keys):
                raise ValueError(f"a role has no {what} of a key twice")
        if not 1 <= self.threshold <= len(self.keys):
            raise ValueError("a role's threshold is from one to the number of its keys")
        ordered = tuple(sorted(self.keys, key=lambda key: key.name))
        object.__setattr__(self, "keys", ordered)


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A content and its signatures, which were not checked.

    Attributes:
        kind: media type of the content, which the signatures cover.
        content: what is signed.
        signatures: key's identifier (8 bytes) -> signature (64 bytes).
    """

    kind: str
    content: bytes = field(repr=False)
    signatures: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the content, however many have signed it."""
        return hashlib.sha256(self.content).digest()

    def signed_by(self, key: RootKey) -> "Cosigned":
        """The same with that key's signature too."""
        signature = key.key.sign(self._signature_input(key.identifier))
        signatures = {**self.signatures, key.identifier: signature}
        return replace(self, signatures=MappingProxyType(signatures))

    def signers(self, role: Role) -> Sequence[RootPublicKey]:
        """Whose signatures are there, of the keys that a role names.

        Raises:
            TrustListError: a signature of one of these keys does not hold.
        """
        signers = [key for key in role.keys if key.identifier in self.signatures]
        for key in signers:
            try:
                key.key.verify(
                    self.signatures[key.identifier],
                    self._signature_input(key.identifier),
                )
            except InvalidSignature:
                raise TrustListError(
                    f"the signature of {key.name!r} does not hold"
                ) from None
        return signers

    def check_quorum(self, role: Role) -> None:
        """Check that as many have signed as the role asks for.

        Raises:
            TrustListError: too few have, or a signature does not hold.
        """
        count = len(self.signers(role))
        if count < role.threshold:
            raise TrustListError(
                f"signed by {count} of the {role.threshold} owners that it takes"
            )

    def _signature_input(self, identifier: bytes) -> bytearray:
        """Sig_structure, RFC 9052 section 4.4, without external data."""
        signer = _signer_header(identifier)
        return cbor.encode(
            ["Signature", _body_header(self.kind), signer, b"", self.content]
        )


def dump_cosigned(message: Cosigned) -> bytes:
    """The tagged COSE_Sign of a content that at least one key has signed."""
    signatures: list[cbor.Encodable] = [
        [_signer_header(identifier), {}, signature]
        for identifier, signature in sorted(message.signatures.items())
    ]
    return bytes(
        cbor.encode(
            [_body_header(message.kind), {}, message.content, signatures],
            tag=Tag.SIGN,
        )
    )


def read_cosigned(data: bytes, kind: str, limit: int) -> Cosigned:
    """Read a COSE_Sign over a content of that kind, of at most `limit` bytes.

    Raises:
        MalformedError: `CBOR_*`, `COSE_MALFORMED` or `COSE_ALGORITHM`.
        TrustListError: it is longer.
    """
    if len(data) > limit:
        raise TrustListError(f"longer than {limit} bytes")
    match cbor.decode(data):
        case cbor.Tagged(
            Tag.SIGN,
            list(
                [
                    memoryview() as protected,
                    dict() as unprotected,
                    memoryview() as content,
                    list() as signatures,
                ]
            ),
        ) if protected == _body_header(kind) and not unprotected:
            return Cosigned(kind, bytes(content), _read_signatures(signatures))
        case _:
            raise MalformedError(Reason.COSE_MALFORMED)


def _read_signatures(signatures: list[cbor.Value]) -> Mapping[bytes, bytes]:
    if not 0 < len(signatures) <= 2 * LIMITS.role_keys:
        raise MalformedError(Reason.COSE_MALFORMED)
    read = dict(map(_read_signature, signatures))
    if list(read) != sorted(read) or len(read) != len(signatures):
        raise MalformedError(Reason.COSE_MALFORMED)
    return MappingProxyType(read)


def _read_signature(signature: cbor.Value) -> tuple[bytes, bytes]:
    match signature:
        case list(
            [
                memoryview() as protected,
                dict() as unprotected,
                memoryview() as octets,
            ]
        ) if not unprotected and len(octets) == SIGNATURE_BYTES:
            return _read_signer(protected), bytes(octets)
        case _:
            raise MalformedError(Reason.COSE_MALFORMED)


def _read_signer(protected: memoryview) -> bytes:
    match cbor.decode(protected):
        case {Header.ALGORITHM: int(other)} if other != Algorithm.EDDSA:
            raise MalformedError(Reason.COSE_ALGORITHM)
        case {
            Header.ALGORITHM: int(),
            Header.KEY_IDENTIFIER: memoryview() as identifier,
            **others,
        } if not others and len(identifier) == IDENTIFIER_BYTES:
            return bytes(identifier)
        case _:
            raise MalformedError(Reason.COSE_MALFORMED)


def _body_header(kind: str) -> bytes:
    return bytes(cbor.encode({Header.TYPE: kind}))


def _signer_header(identifier: bytes) -> bytes:
    parameters: dict[cbor.Key, cbor.Encodable] = {
        Header.ALGORITHM: Algorithm.EDDSA,
        Header.KEY_IDENTIFIER: identifier,
    }
    return bytes(cbor.encode(parameters))
