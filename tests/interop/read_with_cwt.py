"""Reads our messages with `cwt`, in an environment of its own: JSON in, JSON out.

Nothing of ostiary is imported here. Base45, zlib, the key identifiers and the key
agreement are written out from their RFCs. `cwt` does all other COSE: it unwraps the
content key, opens A256GCM, checks the signature and reads the claims.

Input: an array of {"name", "text" or "token", "issuer", "zone"}: a text of a QR code or
the hexadecimal token of a status list, the signer's JWK, and a zone's private JWK for a
sealed text. Output: an object, name -> {"claims"} or {"refused"}.
"""

import base64
import hashlib
import json
import sys
import zlib
from typing import Any, Final

import cbor2
import cwt
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey,
    X25519PublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

BASE45: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
A256KW, ECDH_ES_A256KW = -5, -31
ED25519, X25519 = 6, 4


def octets(text: str) -> bytes:
    """Base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def base45(text: str) -> bytes:
    """RFC 9285, section 4."""
    out = b""
    for start in range(0, len(text), 3):
        group = text[start : start + 3]
        value = sum(
            BASE45.index(letter) * 45**place for place, letter in enumerate(group)
        )
        out += value.to_bytes(len(group) - 1)
    return out


def thumbprint(curve: int, public: bytes) -> bytes:
    """RFC 9679, cut to 8 bytes as our specification says."""
    key = cbor2.dumps({1: 1, -1: curve, -2: public}, canonical=True)
    return hashlib.sha256(key).digest()[:8]


def agree(private: bytes, ephemeral: bytes, protected: bytes) -> bytes:
    """X25519, then HKDF-SHA-256 over COSE_KDF_Context (RFC 9053, sections 5, 6.4.1)."""
    secret = X25519PrivateKey.from_private_bytes(private).exchange(
        X25519PublicKey.from_public_bytes(ephemeral)
    )
    party = [None, None, None]  # identity, nonce, other
    context = cbor2.dumps([A256KW, party, party, [256, protected]])
    return HKDF(SHA256(), 32, salt=None, info=context).derive(secret)


def with_agreed_key(
    message: cbor2.CBORTag, zone: dict[str, str]
) -> tuple[cbor2.CBORTag, bytes]:
    """The message with this zone's recipient as plain A256KW, and the key for that.

    `cwt` 3.3 takes no X25519 key for ECDH-ES + A256KW, which RFC 9053 allows. The list
    of recipients is not authenticated, so everything else stays as it was.
    """
    protected, unprotected, ciphertext, recipients = message.value
    identifier = thumbprint(X25519, octets(zone["x"]))
    for header, parameters, wrapped in recipients:
        if parameters[4] == identifier:
            assert cbor2.loads(header) == {1: ECDH_ES_A256KW}
            key = agree(octets(zone["d"]), parameters[-1][-2], header)
            recipient = [b"", {1: A256KW, 4: identifier}, wrapped]
            parts = [protected, unprotected, ciphertext, [recipient]]
            return cbor2.CBORTag(message.tag, parts), key
    raise ValueError("no recipient")


def opened(message: bytes, zone: dict[str, str]) -> bytes:
    """What is sealed, opened by `cwt`."""
    rewritten, key = with_agreed_key(cbor2.loads(message), zone)
    identifier = thumbprint(X25519, octets(zone["x"]))
    wrapping = cwt.COSEKey.from_symmetric_key(key, alg="A256KW", kid=identifier)
    content: bytes = cwt.COSE.new().decode(cbor2.dumps(rewritten), wrapping)
    return content


def untouched(message: bytes, zone: dict[str, str]) -> str:
    """What `cwt` says to the message as it stands, without our key agreement."""
    try:
        key = cwt.COSEKey.new(
            {
                1: 1,
                2: thumbprint(X25519, octets(zone["x"])),
                3: ECDH_ES_A256KW,
                -1: X25519,
                -2: octets(zone["x"]),
                -4: octets(zone["d"]),
            }
        )
        cwt.COSE.new().decode(message, key, context={"alg": "A256GCM"})
    except Exception as error:  # noqa: BLE001 - an oracle; whatever it says is shown
        return str(error)
    return "read"


def readable(value: object) -> object:
    """JSON has no bytes, and text keys only."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [readable(element) for element in value]
    if isinstance(value, dict):
        return {str(key): readable(element) for key, element in value.items()}
    return value


def read(job: dict[str, Any]) -> dict[str, Any]:
    message = (
        zlib.decompress(base45(job["text"]))
        if "text" in job
        else bytes.fromhex(job["token"])
    )
    found: dict[str, Any] = {}
    if job.get("zone"):
        found["untouched"] = untouched(message, job["zone"])
        message = opened(message, job["zone"])
    public = octets(job["issuer"]["x"])
    issuer = cwt.COSEKey.new(
        {1: 1, 2: thumbprint(ED25519, public), -1: ED25519, -2: public}
    )
    # `cwt.decode` compares with the machine's clock, and ours are not of today.
    tagged = cbor2.loads(message)
    signed = tagged.value if tagged.tag == 61 else tagged
    payload = cwt.COSE.new(verify_kid=True).decode(cbor2.dumps(signed), issuer)
    found["claims"] = readable(cbor2.loads(payload))
    return found


def answer(job: dict[str, Any]) -> dict[str, Any]:
    try:
        return read(job)
    except Exception as error:  # noqa: BLE001 - an oracle; whatever it says is shown
        return {"refused": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    jobs = json.load(sys.stdin)
    json.dump({job["name"]: answer(job) for job in jobs}, sys.stdout)
