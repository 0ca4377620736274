"""Making a credential: sign first, then seal to each zone that it opens."""

from collections.abc import Sequence

from ostiary.credential.claims import Claims, write_claims
from ostiary.credential.keys import IssuerKey, Randomness, ZonePublicKey
from ostiary.credential.sealing import seal
from ostiary.credential.signing import sign
from ostiary.credential.text import write_text
from ostiary.erasure import overwrite


def issue(
    claims: Claims,
    issuer_key: IssuerKey,
    zone_keys: Sequence[ZonePublicKey],
    randomness: Randomness,
) -> str:
    """Issue a sealed credential.

    Args:
        claims: what it says. The reference's data stay the caller's to overwrite.
        issuer_key: signs; of the name that the claims give as issuer.
        zone_keys: one key for each zone that the claims name.
        randomness: keys and IV of the seal.

    Returns:
        The base45 text of the QR code.

    Raises:
        ValueError: the issuer, the zones, their keys or the end of validity do not
            belong together.
    """
    check_zone_keys(claims, zone_keys)
    signed = _sign(claims, issuer_key)
    try:
        return write_text(seal(signed, zone_keys, randomness))
    finally:
        overwrite(signed)


def issue_unsealed(claims: Claims, issuer_key: IssuerKey) -> str:
    """Issue the interoperable, unsealed form: whoever sees it can read the template.

    For tests against other implementations of claim 169. A gate refuses it, unless a
    setting that is called unsafe allows it.

    Raises:
        ValueError: the key is another issuer's.
    """
    signed = _sign(claims, issuer_key)
    try:
        return write_text(signed)
    finally:
        overwrite(signed)


def _sign(claims: Claims, issuer_key: IssuerKey) -> bytearray:
    if claims.issuer != issuer_key.name:
        raise ValueError("an issuer signs its own credentials")
    payload = write_claims(claims)
    try:
        return sign(payload, issuer_key)
    finally:
        overwrite(payload)


def check_zone_keys(claims: Claims, zone_keys: Sequence[ZonePublicKey]) -> None:
    """Check that credential and keys belong together.

    Raises:
        ValueError: not one key for each zone, or a key that starts later or ends sooner
            than the credential.
    """
    if not claims.zones:
        raise ValueError("a credential opens at least one zone")
    if sorted(key.zone for key in zone_keys) != sorted(claims.zones):
        raise ValueError("a credential is sealed to one key of each of its zones")
    for key in zone_keys:
        if claims.expires_at > key.not_after:
            raise ValueError(
                f"the key of zone {key.zone!r} ends before the credential, on "
                f"{key.not_after:%Y-%m-%d}"
            )
        if claims.not_before < key.not_before:
            raise ValueError(
                f"the key of zone {key.zone!r} starts after the credential"
            )
