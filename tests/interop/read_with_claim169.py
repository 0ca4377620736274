"""Reads our unsealed credentials with `claim169`: JSON in, JSON out.

Input: an array of {"name", "text", "issuer"}, the last the signer's public JWK. Output:
an object, name -> {"read"} or {"refused"}.
"""

import base64
import json
import sys
from typing import Any

import claim169


def octets(text: str) -> bytes:
    """Base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def read(job: dict[str, Any]) -> dict[str, Any]:
    # Our vectors are not of today.
    result = claim169.decode_with_ed25519(
        job["text"], octets(job["issuer"]["x"]), validate_timestamps=False
    )
    meta, identity = result.cwt_meta, result.claim169
    return {
        "verified": result.is_verified(),
        "issuer": meta.issuer,
        "expires_at": meta.expires_at,
        "not_before": meta.not_before,
        "issued_at": meta.issued_at,
        "version": identity.version,
        "full_name": identity.full_name,
        "face": [
            {
                "data": face.data.hex(),
                "format": face.format,
                "sub_format": face.sub_format,
                "issuer": face.issuer,
            }
            for face in identity.face or []
        ],
    }


def answer(job: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"read": read(job)}
    except Exception as error:  # noqa: BLE001 - an oracle; whatever it says is shown
        return {"refused": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    jobs = json.load(sys.stdin)
    json.dump({job["name"]: answer(job) for job in jobs}, sys.stdout)
