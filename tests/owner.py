"""An owner for tests: one root key, its root document, and what is signed by it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from ostiary.credential import (
    AnyEntry,
    Entries,
    Entry,
    IssuerPublicKey,
    LifeCycle,
    ListedZone,
    Role,
    RootDocument,
    RootKey,
    TrustedIssuer,
    TrustList,
    ZoneKey,
    ZonePublicKey,
    draw_up_root,
    draw_up_trust,
    dump_cosigned,
    new_root_key,
    read_trust,
)
from ostiary.storage.home import Home
from ostiary.storage.owner import sign_root, sign_trust

LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)
FAR_OFF: Final = datetime(2040, 1, 1, tzinfo=UTC)
OWNER: Final = new_root_key("owner", lambda size: b"\x77" * size)


def root_document(
    *keys: RootKey,
    threshold: int = 1,
    version: int = 1,
    expires_at: datetime = FAR_OFF,
) -> RootDocument:
    """A root document whose keys have both roles."""
    role = Role(tuple(key.public for key in keys), threshold)
    return RootDocument(version, LONG_AGO, expires_at, role, role)


ROOT: Final = root_document(OWNER)


def signed_root(root: RootDocument = ROOT, keys: Iterable[RootKey] = (OWNER,)) -> bytes:
    """The file of a root document, signed by those keys."""
    message = draw_up_root(root)
    for key in keys:
        message = message.signed_by(key)
    return dump_cosigned(message)


def trusted(
    key: IssuerPublicKey, start: datetime, end: datetime, zones: Iterable[str]
) -> TrustedIssuer:
    """An issuer's key that is active from start to end."""
    return Entry(key, LifeCycle.between(start, end), frozenset(zones))


def listed(key: ZonePublicKey | ZoneKey) -> ListedZone:
    """A zone's key that is active for all of its epoch."""
    public = key.public if isinstance(key, ZoneKey) else key
    return Entry(public, LifeCycle.between(public.not_before, public.not_after))


def trust_list(
    *entries: AnyEntry,
    version: int = 1,
    root_version: int = 1,
    issued_at: datetime = LONG_AGO,
    expires_at: datetime = FAR_OFF,
) -> TrustList:
    """A list, not signed yet."""
    said = Entries.of(entries)
    return TrustList(version, root_version, issued_at, expires_at, said)


def signed_trust(trust: TrustList, keys: Iterable[RootKey] = (OWNER,)) -> bytes:
    """The file of a list, signed by those keys."""
    message = draw_up_trust(trust)
    for key in keys:
        message = message.signed_by(key)
    return dump_cosigned(message)


def put_in_force(
    home: Home,
    *entries: AnyEntry,
    at: datetime = LONG_AGO,
    expires_at: datetime = FAR_OFF,
) -> None:
    """Sign those entries, and no others, as the trust list of a home."""
    if not home.root_path.exists():
        home.add_root_key(OWNER)
        sign_root(home, ROOT, [OWNER])
    home.change_draft(lambda _: Entries.of(entries))
    sign_trust(home, [OWNER], at, expires_at)


def in_force(*entries: AnyEntry) -> TrustList:
    """A list as a gate has read it."""
    return read_trust(signed_trust(trust_list(*entries)), ROOT)
