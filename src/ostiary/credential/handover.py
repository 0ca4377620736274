"""How a gate gets a zone's key: sealed to the gate's own key, as a file.

    the owner    the zone's key, to the gate's key that the trust list names -> a file
    the gate     the file, with its own key -> the zone's key, in memory alone

Anyone can seal a key to a gate. What makes it the zone's is that the trust list names
it for that zone and epoch; whoever takes a key over looks there.
"""

from collections.abc import Sequence
from datetime import datetime
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
from ostiary.credential.life import Act
from ostiary.credential.limits import LIMITS
from ostiary.credential.sealing import Sealed, read_sealed, seal, unseal
from ostiary.credential.signing import Headers
from ostiary.credential.trust import Entries
from ostiary.erasure import overwrite
from ostiary.errors import CredentialError, TrustListError

_TYPE: Final = "application/ostiary-zone-key+cose"


def receivers(
    entries: Entries, gate: str, zone: str, at: datetime
) -> tuple[GatePublicKey, ...]:
    """The keys of a gate that a zone's key may be sealed to; two while one follows one.

    Raises:
        TrustListError: no such gate, not one of that zone, or no key of it is in use.
    """
    own = [entry for entry in entries.gates if entry.key.name == gate]
    if not own:
        raise TrustListError(
            f"the trust list in force names no gate {gate!r}: ostiary trust add, then "
            "ostiary trust sign"
        )
    there = [entry for entry in own if zone in entry.zones]
    if not there:
        raise TrustListError(f"gate {gate!r} is not for zone {zone!r}")
    usable = [entry.key for entry in there if entry.life.may(Act.HAND_OVER, at)]
    if not usable:
        states = ", ".join(entry.life.state(at) for entry in there)
        raise TrustListError(f"gate {gate!r} is given nothing; its key is {states}")
    return tuple(usable)


def hand_over(
    zone_key: ZoneKey, gates: Sequence[GatePublicKey], randomness: Randomness
) -> bytes:
    """A zone's key for one gate: the file of the key, sealed.

    Args:
        zone_key: what is handed over.
        gates: one to four keys of that one gate, as `receivers` finds them.
        randomness: keys and IV of the seal.

    Raises:
        ValueError: keys of several gates, or one with which no secret can be agreed.
    """
    if len({gate.name for gate in gates}) != 1:
        raise ValueError("a zone's key is handed over to one gate at a time")
    content = bytearray(dump_key(zone_key))
    try:
        return bytes(seal(content, gates, randomness, _headers(zone_key, gates[0])))
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
