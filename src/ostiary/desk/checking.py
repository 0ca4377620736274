"""What a holder can be told of their own pass, without and with the keys of its zones.

Nothing is believed that its issuer did not sign: what a pass says is told only after
every step up to its signature held, as at a gate. The template is never read; its
length is all that is told of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from ostiary.credential import (
    LIMITS,
    GateKnowledge,
    ListedZone,
    OpenedView,
    OutsideView,
    StatusList,
    TrustList,
    ZoneKey,
    inspect_opened,
    inspect_outside,
    read_status_list,
    verify,
)
from ostiary.credential.template import Coding
from ostiary.desk.service import Desk
from ostiary.erasure import overwrite
from ostiary.errors import CredentialError, RegistryError, TrustListError
from ostiary.reasons import Reason
from ostiary.storage.files import read_limited
from ostiary.storage.home import Home
from ostiary.storage.registry.records import PassState

_IN_ORDER: Final = tuple(Reason)

SIGNED: Final = frozenset(
    _IN_ORDER[
        _IN_ORDER.index(Reason.ISSUED_IN_FUTURE) : _IN_ORDER.index(
            Reason.TRIED_TOO_OFTEN
        )
    ]
)
"""Reasons of refusal that come after the signature held: by their order, which is that
of the steps of `credential.verification`."""

_ELEMENTS_PER_BYTE: Final[Mapping[Coding | None, int]] = MappingProxyType(
    {Coding.INT4: 2, Coding.INT8: 1}
)
_NO_EXTRACTOR: Final = "none"


@dataclass(frozen=True, slots=True)
class CheckedZone:
    """What a zone's key at the desk shows.

    Attributes:
        zone: its name.
        refused: why its gates would not take the pass now; None: they would.
    """

    zone: str
    refused: Reason | None


@dataclass(frozen=True, slots=True)
class CheckedPass:
    """What a holder can be told.

    Attributes:
        outside: what anyone learns who sees the code.
        readers: the zones whose keys open it, as the trust list in force names them.
        strangers: how many keys open it that the trust list does not name.
        zones: what the keys show that lie at this desk; nothing where there are none.
        content: what it says, as its issuer signed it; None where no key is here, or
            nobody who is believed signed it.
    """

    outside: OutsideView
    readers: tuple[ListedZone, ...]
    strangers: int
    zones: tuple[CheckedZone, ...]
    content: OpenedView | None


def check_pass(text: str, desk: Desk, at: datetime) -> CheckedPass:
    """Look at a pass as its holder would want to.

    Args:
        text: base45, as read from its code.
        desk: whose home may hold keys of its zones, and whose registry knows whether it
            was revoked since the last status list.
        at: now, aware, on the civil clock on which hours are read.

    Raises:
        MalformedError: it is no pass.
        ConfigurationError: there is no trust list here.
        TrustListError: it is not in force.
        StorageError: a file or the registry cannot be read.
    """
    outside = inspect_outside(text)
    trust = desk.home.trust_in_force(at)
    readers = tuple(_readers(outside.key_identifiers, trust))
    lists = tuple(_status_lists(desk.home, trust, at))
    seen = [
        _looked_at(text, key, trust, lists, at)
        for reader in readers
        for key in _keys(desk.home, reader)
    ]
    zones = tuple(zone for zone, _ in seen)
    content = next((view for _, view in seen if view is not None), None)
    if content is not None and _is_revoked(desk, content):
        zones = tuple(CheckedZone(each.zone, Reason.REVOKED) for each in zones)
    strangers = len(outside.key_identifiers) - len(readers) if outside.sealed else 0
    return CheckedPass(outside, readers, strangers, zones, content)


def _readers(identifiers: Sequence[bytes], trust: TrustList) -> Iterator[ListedZone]:
    named = {entry.key.identifier: entry for entry in trust.entries.zones}
    return (named[each] for each in identifiers if each in named)


def _keys(home: Home, listed: ListedZone) -> Iterable[ZoneKey]:
    """The private half of that very key, where it lies here."""
    if listed.key.zone not in home.zones():
        return ()
    held = home.zone_keys(listed.key.zone)
    return [key for key in held if key.public == listed.key]


def _looked_at(
    text: str,
    key: ZoneKey,
    trust: TrustList,
    lists: Sequence[StatusList],
    at: datetime,
) -> tuple[CheckedZone, OpenedView | None]:
    """What a gate of that zone would do, and what it says if that is signed."""
    zone = key.public.zone
    try:
        view = inspect_opened(text, (key,))
    except CredentialError as error:
        return CheckedZone(zone, error.reason), None
    knowledge = GateKnowledge(
        zone=zone,
        zone_keys=(key,),
        trust=trust,
        status_lists=lists,
        # How old the owner lets a list become is for each gate to say.
        max_status_age=timedelta.max,
        # A desk compares with nothing: whichever chain made the template is right.
        extractor=view.extractor or _NO_EXTRACTOR,
        dimensions=_ELEMENTS_PER_BYTE.get(view.coding, 0) * view.template_bytes,
    )
    refused = _refusal(text, knowledge, at)
    signed = refused is None or refused in SIGNED
    return CheckedZone(zone, refused), view if signed else None


def _refusal(text: str, knowledge: GateKnowledge, at: datetime) -> Reason | None:
    try:
        verified = verify(text, knowledge, at)
    except CredentialError as error:
        return error.reason
    if verified.reference is not None:
        overwrite(verified.reference.values)
    return None


def _status_lists(home: Home, trust: TrustList, at: datetime) -> Iterator[StatusList]:
    """Those that lie here and count; for any other, gates have their own."""
    for path in home.status_paths():
        token = read_limited(path, LIMITS.status_token_bytes)
        with suppress(TrustListError):
            yield read_status_list(token, trust, at)


def _is_revoked(desk: Desk, content: OpenedView) -> bool:
    """Whether it was revoked here; a pass of another desk is not on record."""
    try:
        record = desk.registry.record(content.identifier)
    except RegistryError:
        return False
    return record.state is PassState.REVOKED
