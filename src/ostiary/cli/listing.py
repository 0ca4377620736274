"""Trust lists and what is to be known of them, as lines for people to read."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from ostiary.credential import (
    AnyEntry,
    Entries,
    GatePublicKey,
    IssuerPublicKey,
    ListedKey,
    RootDocument,
    SettingsPublicKey,
    State,
    TrustList,
    ZonePublicKey,
    gaps,
)

_AHEAD: Final = timedelta(days=90)


def describe(entry: AnyEntry, at: datetime) -> str:
    """One entry, and the state of its key at that moment."""
    life = entry.life
    zones = f", zones: {', '.join(sorted(entry.zones))}" if entry.zones else ""
    if isinstance(entry.key, IssuerPublicKey) and not entry.zones:
        zones = ", status lists only"
    ending = (
        f", ending from {life.ending_from:%F}"
        if life.ending_from < life.ends_at
        else ""
    )
    return (
        f"{label(entry.key)}: {life.state(at)}, key {entry.key.identifier.hex()}, "
        f"{life.active_from:%F} to {life.ends_at:%F}{ending}{zones}"
    )


def label(key: ListedKey) -> str:
    """What a key is called."""
    match key:
        case ZonePublicKey():
            return f"zone {key.zone} epoch {key.epoch}"
        case IssuerPublicKey():
            return f"issuer {key.name}"
        case GatePublicKey():
            return f"gate {key.name}"
        case SettingsPublicKey():
            return f"settings {key.name}"


def list_lines(trust: TrustList, at: datetime) -> Iterator[str]:
    """A trust list, and the states of its keys at that moment."""
    yield (
        f"trust list {trust.version}, issued {trust.issued_at:%F %R}, until "
        f"{trust.expires_at:%F %R} UTC"
    )
    for entry in trust.entries:
        yield f"  {describe(entry, at)}"


def wrong(
    trust: TrustList, root: RootDocument, signers: int, draft: Entries, at: datetime
) -> Iterator[str]:
    """What keeps gates from accepting it, or anybody from being issued a pass."""
    if signers < root.trust.threshold:
        yield f"{root.trust.threshold - signers} more owners have to sign it"
    if trust.root_version > root.version:
        yield f"it was drawn up under root document {trust.root_version}"
    if at >= trust.expires_at:
        yield "it has expired. Next: ostiary trust sign"
    if at >= root.expires_at:
        yield "the root document has expired. Next: ostiary trust root change"
    if trust.is_ahead(at):
        yield "it was issued in the future; look at the clocks"
    for gap in gaps(trust.entries, at, at + _AHEAD):
        yield f"{gap.whose} has no active key from {gap.begins:%F} to {gap.ends:%F}"
    if draft != trust.entries and list(draft):
        yield "the draft says something else. Next: ostiary trust sign"


def ahead(trust: TrustList, root: RootDocument, at: datetime) -> Iterator[str]:
    """What ends in the time looked at, and what a pass of today cannot outlive."""
    if at < trust.expires_at <= at + _AHEAD:
        yield f"the trust list expires on {trust.expires_at:%F}: ostiary trust sign"
    if at < root.expires_at <= at + _AHEAD:
        until = f"{root.expires_at:%F}"
        yield f"the root document expires on {until}: ostiary trust root change"
    for entry in trust.entries:
        life = entry.life
        if life.state(at) is State.ACTIVE and life.ending_from <= at + _AHEAD:
            yield (
                f"{label(entry.key)} makes nothing new from {life.ending_from:%F}; a "
                f"pass issued today cannot outlive {life.ends_at:%F}"
            )
