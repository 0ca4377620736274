"""How a gate gets a zone's key: sealed to the gate's own key, as a file.

    the owner    the zone's key, to the gate's key that the trust list names -> a file
    the gate     the file, with its own key -> the zone's key, in memory alone

Anyone can seal a key to a gate. What makes it the zone's is that the trust list names
it for that zone and epoch; whoever takes a key over looks there.
"""

from typing import Final

from ostiary.credential import cbor
from ostiary.credential.cose import Header
from ostiary.credential.keys import (
    GateKey,
    GatePublicKey,
    Randomness,
    ZoneKey,
    dump_key,
    load_key,
)
from ostiary.credential.limits import LIMITS
from ostiary.credential.sealing import Sealed, read_sealed, seal, unseal
from ostiary.credential.signing import Headers
from ostiary.erasure import overwrite
from ostiary.errors import CredentialError, TrustListError

_TYPE: Final = "application/ostiary-zone-key+cose"


def hand_over(zone_key: ZoneKey, gate: GatePublicKey, randomness: Randomness) -> bytes:
    """A zone's key for one gate: the file of the key, sealed.

    Whether the gate may have it is for the caller to ask the trust list.

    Raises:
        ValueError: a gate's key with which no secret can be agreed.
    """
    content = bytearray(dump_key(zone_key))
    try:
        return bytes(seal(content, (gate,), randomness, _headers(zone_key, gate)))
    finally:
        overwrite(content)


def take_over(data: bytes, gate_key: GateKey) -> ZoneKey:
    """Open a key that was handed over to this gate.

    Args:
        data: the file, as `hand_over` makes it.
        gate_key: the gate's own.

    Raises:
        TrustListError: damaged, changed, or another gate's.
    """
    if len(data) > LIMITS.key_file_bytes:
        raise TrustListError(f"longer than {LIMITS.key_file_bytes} bytes")
    try:
        sealed = read_sealed(data, _LABELS)
        content = _open(sealed, gate_key)
    except CredentialError as error:
        raise TrustListError(f"not a usable sealed key: {error}") from None
    try:
        zone_key = load_key(bytes(content))
    finally:
        overwrite(content)
    if not isinstance(zone_key, ZoneKey):
        raise TrustListError("what is sealed is not the private key of a zone")
    if sealed.headers != _headers(zone_key, gate_key.public):
        raise TrustListError("it holds another key than it is marked with")
    return zone_key


_LABELS: Final = (Header.TYPE, "zone", "epoch", "gate")


def _headers(zone_key: ZoneKey, gate: GatePublicKey) -> Headers:
    """What anyone can read on the file."""
    public = zone_key.public
    values: tuple[cbor.Encodable, ...] = (_TYPE, public.zone, public.epoch, gate.name)
    return dict(zip(_LABELS, values, strict=True))


def _open(sealed: Sealed, gate_key: GateKey) -> bytearray:
    for recipient in sealed.recipients:
        if recipient.key_identifier == gate_key.public.identifier:
            return unseal(sealed, recipient, gate_key.key)
    raise TrustListError(f"not sealed to the key of gate {gate_key.name!r}")
