"""Whom the gates and desks of an owner believe, what for, and how long.

An owner keeps the entries as a draft. Signed by the owners whom the root document
names, with a version and an expiry, they are a trust list; nothing relies on less. An
empty list is legal and refuses everyone.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, Generic, TypeAlias, TypeVar

from ostiary.credential import cbor
from ostiary.credential.checks import check_name, check_window, seconds_of
from ostiary.credential.jsonfile import Members, expect_object, read_object
from ostiary.credential.keys import (
    AnyKey,
    GatePublicKey,
    IssuerKey,
    IssuerPublicKey,
    SettingsPublicKey,
    ZonePublicKey,
    bare_members,
    key_members,
    read_bare_key,
    read_key,
)
from ostiary.credential.life import Act, LifeCycle
from ostiary.credential.limits import LIMITS
from ostiary.credential.quorum import Cosigned, read_cosigned
from ostiary.credential.root import RootDocument
from ostiary.errors import CredentialError, TrustListError

_KIND: Final = "application/ostiary-trust+cbor"
_DRAFT_VERSION: Final = 2

ListedKey: TypeAlias = (
    IssuerPublicKey | ZonePublicKey | GatePublicKey | SettingsPublicKey
)
_Key = TypeVar("_Key", bound=ListedKey)

_FOR_ZONES: Final = (IssuerPublicKey, GatePublicKey)
_MOMENTS: Final = ("active_from", "ending_from", "ends_at")
_FOUND: Final = "compromised_at"


@dataclass(frozen=True, slots=True)
class Entry(Generic[_Key]):
    """One key, its life, and its zones.

    Attributes:
        key: whose it is, and its public half.
        life: when it may be used, and until when what was made with it counts.
        zones: of an issuer's key, the zones that it may issue for; with none it signs
            status lists only. Of a gate's key, the zones whose keys the gate may be
            given. Of other keys none.
    """

    key: _Key
    life: LifeCycle
    zones: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a zone's name that cannot be one, zones of a key that has none,
                or a life that reaches out of a zone key's epoch.
        """
        for zone in self.zones:
            check_name(zone)
        if self.zones and not isinstance(self.key, _FOR_ZONES):
            raise ValueError("only keys of issuers and gates are for zones")
        if isinstance(self.key, ZonePublicKey) and not (
            self.key.not_before <= self.life.active_from
            and self.life.ends_at <= self.key.not_after
        ):
            raise ValueError("a zone's key is used within its epoch")


TrustedIssuer: TypeAlias = Entry[IssuerPublicKey]
ListedZone: TypeAlias = Entry[ZonePublicKey]
ListedGate: TypeAlias = Entry[GatePublicKey]
ListedSettings: TypeAlias = Entry[SettingsPublicKey]
AnyEntry: TypeAlias = TrustedIssuer | ListedZone | ListedGate | ListedSettings


@dataclass(frozen=True, slots=True)
class Entries:
    """What an owner says of all keys: one entry a key, in the owner's order.

    Attributes:
        issuers: keys that sign passes and status lists; one name may have several.
        zones: keys that passes are sealed to; one for each epoch of a zone.
        gates: keys that zone keys are sealed to; one name may have several.
        settings: keys that sign gates' settings.
    """

    issuers: tuple[TrustedIssuer, ...] = ()
    zones: tuple[ListedZone, ...] = ()
    gates: tuple[ListedGate, ...] = ()
    settings: tuple[ListedSettings, ...] = ()
    _issuers: Mapping[bytes, TrustedIssuer] = field(
        init=False, repr=False, compare=False
    )
    _zones: Mapping[bytes, ListedZone] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the entries.

        Raises:
            ValueError: too many, a key in two entries, or an epoch with two keys.
        """
        identifiers = [entry.key.identifier for entry in self]
        if len(identifiers) > LIMITS.trust_entries:
            raise ValueError(f"a trust list has at most {LIMITS.trust_entries} entries")
        if len(set(identifiers)) != len(identifiers):
            raise ValueError("a key stands twice in the trust list")
        epochs = {(entry.key.zone, entry.key.epoch) for entry in self.zones}
        if len(epochs) != len(self.zones):
            raise ValueError("an epoch of a zone has two keys in the trust list")
        object.__setattr__(self, "_issuers", _by_identifier(self.issuers))
        object.__setattr__(self, "_zones", _by_identifier(self.zones))

    def __iter__(self) -> Iterator[AnyEntry]:
        """All entries, kind by kind."""
        for _, listed in _lists(self):
            yield from listed

    @classmethod
    def of(cls, entries: Iterable[AnyEntry]) -> "Entries":
        """Those entries, each in the list of its kind.

        Raises:
            ValueError: too many, a key in two entries, or an epoch with two keys.
        """
        found = tuple(entries)
        return cls(
            issuers=_of_kind(found, IssuerPublicKey),
            zones=_of_kind(found, ZonePublicKey),
            gates=_of_kind(found, GatePublicKey),
            settings=_of_kind(found, SettingsPublicKey),
        )

    def having(self, entry: AnyEntry) -> "Entries":
        """The same with that entry; what was said of its key before is replaced.

        Raises:
            ValueError: as `of`.
        """
        return Entries.of((*self.lacking(entry.key), entry))

    def lacking(self, key: ListedKey) -> "Entries":
        """The same without what is said of that key."""
        return Entries.of(
            entry for entry in self if entry.key.identifier != key.identifier
        )

    def issuer(self, identifier: bytes) -> TrustedIssuer | None:
        """The entry of the issuer's key with that identifier (8 bytes)."""
        return self._issuers.get(identifier)

    def issuer_key(
        self, keys: Iterable[IssuerKey], act: Act, at: datetime
    ) -> IssuerKey | None:
        """The last of these keys with which that may be done now."""
        found = None
        for key in keys:
            entry = self.issuer(key.identifier)
            if entry is not None and entry.life.may(act, at):
                found = key
        return found

    def zone_key(self, zone: str, at: datetime) -> ZonePublicKey | None:
        """The key of the zone's newest epoch to which passes may be sealed now."""
        active = [
            entry.key
            for entry in self.zones
            if entry.key.zone == zone and entry.life.may(Act.SEAL, at)
        ]
        return max(active, key=lambda key: key.epoch, default=None)

    def zone(self, key: ZonePublicKey) -> ListedZone | None:
        """The entry of that very key: of the same zone, epoch and window."""
        entry = self._zones.get(key.identifier)
        return entry if entry is not None and entry.key == key else None


def _of_kind(entries: Iterable[AnyEntry], kind: type[_Key]) -> tuple[Entry[_Key], ...]:
    return tuple(
        Entry(entry.key, entry.life, entry.zones)
        for entry in entries
        if isinstance(entry.key, kind)
    )


def _by_identifier(entries: Iterable[Entry[_Key]]) -> Mapping[bytes, Entry[_Key]]:
    return MappingProxyType({entry.key.identifier: entry for entry in entries})


@dataclass(frozen=True, slots=True)
class TrustList:
    """Entries that are in force, from one moment until another.

    Attributes:
        version: counts an owner's trust lists under one root document, from 1.
        root_version: of the root document when it was drawn up.
        issued_at: when that was; moments are timezone-aware, whole seconds.
        expires_at: the first moment at which no gate may rely on it.
        entries: what it says.
        digest: SHA-256 of what was signed; empty before it is read from a signed file.
        root: by which its signatures were checked; None before it was signed and read,
            and then no gate relies on it.
    """

    version: int
    root_version: int
    issued_at: datetime
    expires_at: datetime
    entries: Entries
    digest: bytes = field(default=b"", repr=False, compare=False)
    root: RootDocument | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a version or a window that cannot be one.
        """
        if min(self.version, self.root_version) < 1:
            raise ValueError("versions count from 1")
        check_window(self.issued_at, self.expires_at)

    def is_ahead(self, at: datetime) -> bool:
        """Whether it seems to be issued in the future, by more than clocks differ."""
        return self.issued_at - at > LIMITS.clock_skew

    @property
    def ends_at(self) -> datetime:
        """The first moment at which it, or the root document, has expired."""
        ends = self.expires_at if self.root is None else self.root.expires_at
        return min(self.expires_at, ends)

    def is_in_force(self, at: datetime) -> bool:
        """Whether it has been signed, and neither it nor its root has expired."""
        return self.root is not None and at < self.ends_at


def draw_up_trust(trust: TrustList) -> Cosigned:
    """The list, for its owners to sign.

    Raises:
        ValueError: it would be longer than a reader takes.
    """
    content: dict[cbor.Key, cbor.Encodable] = {
        "version": trust.version,
        "root": trust.root_version,
        "iat": seconds_of(trust.issued_at),
        "exp": seconds_of(trust.expires_at),
        **{kind: list(map(_content, listed)) for kind, listed in _lists(trust.entries)},
    }
    encoded = bytes(cbor.encode(content))
    # What is left is for signatures: a hundred bytes each.
    if len(encoded) > LIMITS.trust_file_bytes - LIMITS.root_file_bytes:
        raise ValueError("the trust list has too many entries and zones")
    return Cosigned(_KIND, encoded)


def read_drawn_up_trust(data: bytes) -> tuple[Cosigned, TrustList]:
    """A list that need not be signed by enough owners yet. Nothing may rely on it.

    Raises:
        TrustListError: it is not well-formed.
    """
    message = _read_message(data)
    return message, _read_list(message)


def read_trust(data: bytes, root: RootDocument) -> TrustList:
    """Read a signed list. Whether it is in force is for whoever relies on it to ask.

    Args:
        data: the signed file.
        root: the root document that is believed.

    Raises:
        TrustListError: not well-formed, not signed by enough of the owners whom the
            root document names, or drawn up under a later root document.
    """
    message = _read_message(data)
    message.check_quorum(root.trust)
    trust = _read_list(message)
    if trust.root_version > root.version:
        raise TrustListError(
            f"drawn up under root document {trust.root_version}, and only "
            f"{root.version} is here"
        )
    return replace(trust, root=root)


def dump_entries(entries: Entries) -> bytes:
    """The draft of a trust list: a JSON object, UTF-8, ending in a line feed.

    A draft that fits its file makes a list that fits its own, which is shorter.

    Raises:
        TrustListError: it would be longer than a reader takes.
    """
    content = {
        "version": _DRAFT_VERSION,
        **{
            kind: [{"key": key_members(entry.key), **_said(entry)} for entry in listed]
            for kind, listed in _lists(entries)
        },
    }
    data = (json.dumps(content, indent=2) + "\n").encode()
    if len(data) > LIMITS.trust_file_bytes:
        raise TrustListError(f"longer than {LIMITS.trust_file_bytes} bytes")
    return data


def load_entries(data: bytes) -> Entries:
    """Read the draft of a trust list.

    Raises:
        TrustListError: anything but a file as `dump_entries` writes it.
    """
    members = read_object(data, LIMITS.trust_file_bytes)
    if members.integer("version") != _DRAFT_VERSION:
        raise TrustListError("a draft of another version")
    entries = _read_entries(members, lambda _kind, key: read_key(key))
    members.finish()
    return entries


def _lists(entries: Entries) -> Iterator[tuple[str, Sequence[AnyEntry]]]:
    yield "issuers", entries.issuers
    yield "zones", entries.zones
    yield "gates", entries.gates
    yield "settings", entries.settings


def _content(entry: AnyEntry) -> cbor.Encodable:
    return {"key": bare_members(entry.key), **_said(entry)}


def _said(entry: AnyEntry) -> dict[cbor.Key, cbor.Encodable]:
    """What an entry says besides its key, in JSON and in CBOR alike."""
    said: dict[cbor.Key, cbor.Encodable] = {
        name: seconds_of(getattr(entry.life, name)) for name in _MOMENTS
    }
    if entry.life.compromised_at is not None:
        said[_FOUND] = seconds_of(entry.life.compromised_at)
    if isinstance(entry.key, _FOR_ZONES):
        said["zones"] = sorted(entry.zones)
    return said


def _read_message(data: bytes) -> Cosigned:
    try:
        return read_cosigned(data, _KIND, LIMITS.trust_file_bytes)
    except CredentialError as error:
        raise TrustListError(f"not a trust list: {error}") from None


def _read_list(message: Cosigned) -> TrustList:
    try:
        value = cbor.decode(message.content, LIMITS.trust_items)
    except CredentialError as error:
        raise TrustListError(f"not a trust list: {error}") from None
    members = expect_object("the list", value)
    version, root_version = members.integer("version"), members.integer("root")
    issued_at, expires_at = members.moment("iat"), members.moment("exp")
    entries = _read_entries(members, read_bare_key)
    members.finish()
    try:
        return TrustList(
            version=version,
            root_version=root_version,
            issued_at=issued_at,
            expires_at=expires_at,
            entries=entries,
            digest=message.digest,
        )
    except ValueError as error:
        raise TrustListError(f"a trust list that cannot be one: {error}") from None


_ReadKey: TypeAlias = Callable[[str, Members], AnyKey]


def _read_entries(members: Members, read: _ReadKey) -> Entries:
    def listed(name: str, kind: str, expected: type[_Key]) -> tuple[Entry[_Key], ...]:
        return tuple(
            _read_entry(entry, lambda key: read(kind, key), expected)
            for entry in members.objects(name)
        )

    try:
        return Entries(
            issuers=listed("issuers", "issuer", IssuerPublicKey),
            zones=listed("zones", "zone", ZonePublicKey),
            gates=listed("gates", "gate", GatePublicKey),
            settings=listed("settings", "settings", SettingsPublicKey),
        )
    except ValueError as error:
        raise TrustListError(str(error)) from None


def _read_entry(
    entry: Members, read: Callable[[Members], AnyKey], expected: type[_Key]
) -> Entry[_Key]:
    key_object = entry.member("key")
    key = read(key_object)
    key_object.finish()
    if not isinstance(key, expected):
        raise TrustListError("an entry holds a public key of its list's kind")
    zones = entry.texts("zones") if issubclass(expected, _FOR_ZONES) else ()
    if len(set(zones)) != len(zones):
        raise TrustListError("a zone stands twice")
    moments = [entry.moment(name) for name in _MOMENTS]
    if _FOUND in entry:
        moments.append(entry.moment(_FOUND))
    entry.finish()
    try:
        return Entry(key, LifeCycle(*moments), frozenset(zones))
    except ValueError as error:
        raise TrustListError(f"an entry that cannot be one: {error}") from None
