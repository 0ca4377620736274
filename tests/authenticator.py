"""An authenticator in software: what a security key would answer."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ostiary.journal import (
    Assertion,
    AuthenticatorAdded,
    KeyAlgorithm,
    ManualOpening,
    Opening,
)

PARTY = "gate.example"
ORIGIN = "https://gate.example"
PRESENT, VERIFIED, MAY_BE_SYNCED, IS_SYNCED = 0x01, 0x04, 0x08, 0x10

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _es256(seed: bytes) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(hashlib.sha256(seed).digest()) % (_ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def drawn_key(seed: bytes) -> bytes:
    """A public key of P-256 that is the same in every run."""
    return (
        _es256(seed)
        .public_key()
        .public_bytes(
            serialization.Encoding.X962,
            serialization.PublicFormat.UncompressedPoint,
        )
    )


@dataclass
class Authenticator:
    """One attendant's.

    Attributes:
        seed: makes its key.
        counter: of its signatures; None for one that keeps none.
        algorithm: how it signs.
    """

    seed: bytes
    counter: int | None = 0
    algorithm: KeyAlgorithm = KeyAlgorithm.ES256

    @property
    def attendant(self) -> bytes:
        return hashlib.sha256(b"credential " + self.seed).digest()

    def added(self, at: datetime, until: datetime) -> AuthenticatorAdded:
        return AuthenticatorAdded(at, self.attendant, self.algorithm, self.key, until)

    @property
    def key(self) -> bytes:
        if self.algorithm is KeyAlgorithm.ES256:
            return drawn_key(self.seed)
        return self._eddsa.public_key().public_bytes_raw()

    @property
    def _eddsa(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(self.seed).digest())

    def open(
        self,
        opening: Opening,
        *,
        party: str = PARTY,
        flags: int = PRESENT | VERIFIED,
        extra: bytes = b"",
        said: Mapping[str, object] = MappingProxyType({}),
    ) -> ManualOpening:
        """Answer for an opening; what is said otherwise is taken as it is given."""
        if self.counter is not None:
            self.counter += 1
        challenge = base64.urlsafe_b64encode(opening.challenge).rstrip(b"=").decode()
        client = {
            "type": "webauthn.get",
            "challenge": challenge,
            "origin": ORIGIN,
            "crossOrigin": False,
            **said,
        }
        client_data = json.dumps(client).encode()
        data = hashlib.sha256(party.encode()).digest() + bytes([flags])
        data += (self.counter or 0).to_bytes(4) + extra
        message = data + hashlib.sha256(client_data).digest()
        return ManualOpening(
            opening, Assertion(data, client_data, self._signed(message))
        )

    def _signed(self, message: bytes) -> bytes:
        if self.algorithm is KeyAlgorithm.ES256:
            return _es256(self.seed).sign(message, ec.ECDSA(hashes.SHA256()))
        return self._eddsa.sign(message)
