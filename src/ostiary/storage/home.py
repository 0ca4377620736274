"""An owner's directory: what lies where in it.

    root/NAME.private.json            root/NAME.public.json
    issuer/NAME.private.json          issuer/NAME.public.json
    gates/NAME.private.json           gates/NAME.public.json
    zones/ZONE-EPOCH.private.json     zones/ZONE-EPOCH.public.json
    status/NAME.register.json         status/NAME.cwt
    settings/NAME.private.json        settings/NAME.public.json
    root.cose  root.1.cose ...        the root document in force, and every one so far
    trust.json  trust.cose            the draft of the trust list, and the signed list
    high-water.json                   staff.json  access-tokens.json
    journal/private.json              journal/log/ (docs/spec/journal.md)
    audit/policy  audit/logs/NAME/    audit/kept/FILE: other journals, and what is known

Directories are made for their owner alone (0700), private keys too (0600). A further
key of an issuer or a gate is called NAME.2, the next one NAME.3.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import platformdirs

from ostiary.credential import (
    LIMITS,
    Act,
    AnyKey,
    Entries,
    GateKey,
    GatePublicKey,
    IssuerKey,
    IssuerPublicKey,
    PrivateKey,
    RootDocument,
    RootKey,
    RootPublicKey,
    SettingsKey,
    SettingsPublicKey,
    TokenKey,
    TrustList,
    ZoneKey,
    ZonePublicKey,
    dump_entries,
    dump_key,
    load_entries,
    load_key,
    read_root,
    read_trust,
)
from ostiary.credential.checks import check_uri
from ostiary.errors import ConfigurationError, StorageError, TrustListError
from ostiary.storage.access import AccessFile
from ostiary.storage.authenticators import AuthenticatorsFile
from ostiary.storage.files import (
    create_atomically,
    locked,
    make_private_directory,
    read_limited,
    read_private,
    write_atomically,
)
from ostiary.storage.pins import read_pin
from ostiary.storage.register import SIZE, StatusRegister, check_size
from ostiary.storage.staff import StaffFile
from ostiary.tokens import TokenSigner

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_FURTHER: Final = re.compile(rf"({_NAME.pattern})\.([2-9]|[1-9][0-9]{{1,3}})")
_EPOCH: Final = re.compile(r"0|[1-9][0-9]{0,8}")
PRIVATE: Final = ".private.json"
PUBLIC: Final = ".public.json"
_STATUS: Final = ".cwt"
REGISTER: Final = ".register.json"

_Key = TypeVar("_Key", bound=AnyKey)


def check_file_name(name: str) -> str:
    """The name of an issuer or a zone, given back when a file can be called by it.

    Raises:
        ConfigurationError: it is not 1 to 32 lower-case letters, digits and hyphens,
            the first no hyphen.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} cannot be a name: it takes 1 to 32 lower-case letters, digits "
            "and hyphens, the first no hyphen"
        )
    return name


@dataclass(frozen=True, slots=True)
class Home:
    """One owner's directory, which need not exist yet.

    Every method may raise `StorageError` where a file cannot be read or written,
    `TrustListError` where one is not in order or a private key is not private, and
    `ConfigurationError` for a name that `check_file_name` refuses.
    """

    path: Path

    @classmethod
    def at(cls, path: Path | None) -> "Home":
        """The directory that was asked for, or the one of this machine's user."""
        return cls(path or platformdirs.user_data_path("ostiary"))

    def add_issuer(
        self, key: IssuerKey | TokenKey, status_uri: str, status_size: int = SIZE
    ) -> None:
        """Keep a new issuer's key, and make its status register of that size.

        Args:
            key: the private key, or where a hardware token keeps it.
            status_uri: address of its status list.
            status_size: how many passes it can issue.

        Raises:
            StorageError: there is an issuer of that name already.
            ValueError: an address or a size that cannot be one.
        """
        name = check_file_name(key.public.name)
        # Before anything is written.
        check_uri(status_uri)
        check_size(status_size)
        self._add("issuer", name, key)
        self._made("status")
        path = self._path("status", name, REGISTER)
        StatusRegister.create(path, status_uri, status_size)

    def add_zone_key(self, key: ZoneKey) -> Path:
        """Keep a new key of a zone; where its private half lies then.

        Raises:
            ConfigurationError: an epoch of more than nine digits.
            StorageError: there is a key of that epoch already.
        """
        check_file_name(key.public.zone)
        if not _EPOCH.fullmatch(str(key.public.epoch)):
            raise ConfigurationError("the number of an epoch has at most nine digits")
        return self._add("zones", f"{key.public.zone}-{key.public.epoch}", key)

    def add_issuer_key(self, key: IssuerKey) -> Path:
        """Keep a further key of an issuer who is here; where its private half lies.

        Raises:
            ConfigurationError: there is no such issuer.
            StorageError: it cannot be written.
        """
        taken = self._stems_of("issuer", check_file_name(key.name), PUBLIC)
        if not taken:
            raise ConfigurationError(f"there is no issuer {key.name!r} here yet")
        return self._add("issuer", f"{key.name}.{len(taken) + 1}", key)

    def add_gate_key(self, key: GateKey) -> tuple[Path, Path]:
        """Keep a new key of the gate that this machine is, or a further one.

        Returns:
            Where its private half lies then, and where its public half.

        Raises:
            StorageError: it cannot be written.
        """
        name = check_file_name(key.name)
        taken = len(self._stems_of("gates", name, PUBLIC))
        stem = f"{name}.{taken + 1}" if taken else name
        return self._add("gates", stem, key), self._path("gates", stem, PUBLIC)

    def add_root_key(self, key: RootKey | TokenKey) -> Path:
        """Keep a new root key; where its private half lies then.

        Raises:
            StorageError: there is one of that name already.
        """
        return self._add("root", check_file_name(key.public.name), key)

    def add_settings_key(self, key: SettingsKey | TokenKey) -> Path:
        """Keep a new key that signs gates' settings; where its private half lies then.

        Raises:
            StorageError: there is one of that name already.
        """
        return self._add("settings", check_file_name(key.public.name), key)

    def issuers(self) -> tuple[str, ...]:
        """Names of the issuers with a public key here, in order."""
        return tuple(filter(_NAME.fullmatch, self._stems("issuer", PUBLIC)))

    def zones(self) -> tuple[str, ...]:
        """Names of the zones with a public key here, in order."""
        zones = {stem.rpartition("-")[0] for stem in self._stems("zones", PUBLIC)}
        return tuple(sorted(filter(_NAME.fullmatch, zones)))

    def signers(self) -> tuple[str, ...]:
        """Names of the issuers who can sign here, in order."""
        return tuple(filter(_NAME.fullmatch, self._stems("issuer", PRIVATE)))

    def only_issuer(self, name: str | None) -> str:
        """The issuer of that name who can sign here; without a name, the only one.

        Raises:
            ConfigurationError: no such issuer, none at all, or several to choose from.
        """
        return _only(list(self.signers()), name, "issuer")

    def only_zone(self, name: str | None) -> str:
        """The zone of that name with a private key here; without a name, the only one.

        Raises:
            ConfigurationError: no such zone, none at all, or several to choose from.
        """
        stems = self._stems("zones", PRIVATE)
        zones = {stem.rpartition("-")[0] for stem in stems}
        return _only(sorted(zones), name, "zone")

    def only_settings_key(self, name: str | None) -> str:
        """The settings key of that name that is here; without a name, the only one.

        Raises:
            ConfigurationError: no such key, none at all, or several to choose from.
        """
        return _only(self._stems("settings", PRIVATE), name, "settings")

    def issuer_key(self, name: str, act: Act, at: datetime) -> IssuerKey:
        """An issuer's private key with which that may be done now.

        Raises:
            ConfigurationError: no key that is here may, by the trust list in force.
            TokenError: a hardware token keeps it, and does not give access to it.
        """
        keys = self.issuer_keys(name)
        found = self.trust_in_force(at).entries.issuer_key(keys, act, at)
        if found is None:
            raise ConfigurationError(
                f"no key of issuer {name!r} that is here is in use by the trust list; "
                "see: ostiary trust check"
            )
        if isinstance(found.key, TokenSigner):
            # Before anybody's face is captured for what it could not sign.
            found.key.unlock()
        return found

    def issuer_keys(self, name: str) -> tuple[IssuerKey, ...]:
        """An issuer's private keys, in the order in which they were made."""
        stems = self._stems_of("issuer", check_file_name(name), PRIVATE)
        return tuple(self._private("issuer", stem, IssuerKey) for stem in stems)

    def is_issuer_on_token(self, name: str) -> bool:
        """Whether a hardware token keeps a key of that issuer."""
        return any(isinstance(key.key, TokenSigner) for key in self.issuer_keys(name))

    def issuer_public_keys(self, name: str) -> tuple[IssuerPublicKey, ...]:
        """An issuer's public keys, in the order in which they were made."""
        stems = self._stems_of("issuer", check_file_name(name), PUBLIC)
        return tuple(self._public("issuer", stem, IssuerPublicKey) for stem in stems)

    def root_public_keys(self) -> tuple[RootPublicKey, ...]:
        """All public root keys here, in the order of their names."""
        stems = self._stems("root", PUBLIC)
        return tuple(self._public("root", stem, RootPublicKey) for stem in stems)

    def settings_public_keys(self) -> tuple[SettingsPublicKey, ...]:
        """All public settings keys here, in the order of their names."""
        stems = self._stems("settings", PUBLIC)
        return tuple(
            self._public("settings", stem, SettingsPublicKey) for stem in stems
        )

    def settings_key(self, name: str) -> SettingsKey:
        """The private key of that name that signs settings."""
        return self._private("settings", check_file_name(name), SettingsKey)

    def settings_key_in_use(self, name: str, at: datetime) -> SettingsKey:
        """The same, if what it signs now counts at the gates.

        Raises:
            ConfigurationError: it is not active by the trust list in force.
        """
        key = self.settings_key(name)
        for entry in self.trust_in_force(at).entries.settings:
            same = entry.key.identifier == key.identifier
            if same and entry.life.may(Act.SIGN_SETTINGS, at):
                return key
        raise ConfigurationError(
            f"the settings key {name!r} is not in use by the trust list in force, so "
            "no gate would believe it: ostiary trust add its public file, then trust "
            "sign; see: ostiary trust check"
        )

    def gate_public_keys(self) -> tuple[GatePublicKey, ...]:
        """All public keys of gates made here, in the order of their files' names."""
        stems = self._stems("gates", PUBLIC)
        return tuple(self._public("gates", stem, GatePublicKey) for stem in stems)

    def root_keys(self) -> tuple[RootKey, ...]:
        """All private root keys here, in the order of their names."""
        stems = self._stems("root", PRIVATE)
        return tuple(self._private("root", stem, RootKey) for stem in stems)

    def zone_keys(self, zone: str) -> tuple[ZoneKey, ...]:
        """All private keys of a zone, by epoch."""
        stems = self._zone_stems(zone, PRIVATE)
        return tuple(self._private("zones", stem, ZoneKey) for stem in stems)

    def zone_public_keys(self, zone: str) -> tuple[ZonePublicKey, ...]:
        """All public keys of a zone, by epoch."""
        stems = self._zone_stems(zone, PUBLIC)
        return tuple(self._public("zones", stem, ZonePublicKey) for stem in stems)

    def zone_key_paths(self, zone: str) -> tuple[Path, ...]:
        """Where a zone's private keys lie, by epoch; a gate's settings name them."""
        stems = self._zone_stems(zone, PRIVATE)
        return tuple(self._path("zones", stem, PRIVATE) for stem in stems)

    @property
    def high_water_path(self) -> Path:
        """Where a gate that runs on this directory records the newest status lists."""
        return self.path / "high-water.json"

    @property
    def staff(self) -> StaffFile:
        """The accounts of those who work at the pages."""
        return StaffFile(self.path / "staff.json")

    @property
    def access(self) -> AccessFile:
        """The tokens of programs that work at the desk."""
        return AccessFile(self.path / "access-tokens.json")

    @property
    def authenticators(self) -> AuthenticatorsFile:
        """Which authenticator each of them opens with by hand."""
        return AuthenticatorsFile.beside(self.staff.path)

    @property
    def journal_path(self) -> Path:
        """Where the journal of what is done here lies."""
        return self.path / "journal"

    @property
    def audit_path(self) -> Path:
        """Where gates' logs lie that are audited with it, and what is held to them."""
        return self.path / "audit"

    @property
    def root_path(self) -> Path:
        """Where the root document in force lies."""
        return self.path / "root.cose"

    @property
    def trust_path(self) -> Path:
        """Where the signed trust list lies."""
        return self.path / "trust.cose"

    @property
    def draft_path(self) -> Path:
        """Where the draft of the trust list lies, which nothing relies on."""
        return self.path / "trust.json"

    def root(self) -> RootDocument:
        """The root document in force.

        Raises:
            ConfigurationError: there is none.
        """
        if not self.root_path.exists():
            raise ConfigurationError(
                f"no root document in {self.path}; an owner makes one: "
                "ostiary keys new root NAME, then ostiary trust sign. Elsewhere lay "
                "down root.cose and trust.cose as the owner gives them"
            )
        return read_root_file(self.root_path)

    def save_root(self, root: RootDocument, data: bytes) -> None:
        """Put a root document in force, and keep it beside those before it."""
        self._made()
        write_atomically(root_version_path(self.root_path, root.version), data)
        write_atomically(self.root_path, data)

    def trust(self) -> TrustList:
        """The signed trust list, checked by the root document in force.

        Raises:
            ConfigurationError: there is none.
        """
        root, data = self.root(), self.trust_data()
        try:
            return read_trust(data, root)
        except TrustListError as error:
            raise TrustListError(f"{self.trust_path}: {error}") from None

    def trust_data(self) -> bytes:
        """The file of the signed trust list, whoever has signed it.

        Raises:
            ConfigurationError: there is none.
        """
        if not self.trust_path.exists():
            raise ConfigurationError(
                f"no signed trust list in {self.path}; an owner signs one: "
                "ostiary trust sign"
            )
        return read_limited(self.trust_path, LIMITS.trust_file_bytes)

    def trust_in_force(self, at: datetime) -> TrustList:
        """The same, for somebody who relies on it now.

        Raises:
            ConfigurationError: there is none.
            TrustListError: it has expired.
        """
        trust = self.trust()
        if not trust.is_in_force(at):
            raise TrustListError(
                f"{self.trust_path} expired on {trust.ends_at:%F %R} UTC; an owner "
                "signs the next one: ostiary trust sign"
            )
        return trust

    def save_trust(self, data: bytes) -> None:
        """Put a signed trust list in force."""
        self._made()
        write_atomically(self.trust_path, data)

    def draft(self) -> Entries:
        """What the next trust list will say; nothing, where there is no draft."""
        if not self.draft_path.exists():
            return Entries()
        try:
            return load_entries(read_limited(self.draft_path, LIMITS.trust_file_bytes))
        except TrustListError as error:
            raise TrustListError(f"{self.draft_path}: {error}") from None

    def change_draft(self, change: Callable[[Entries], Entries]) -> Entries:
        """Change the draft, and give back what it says then.

        Raises:
            TrustListError: what it would say cannot be said.
        """
        self._made()
        with locked(self.draft_path):
            try:
                draft = change(self.draft())
            except ValueError as error:
                raise TrustListError(str(error)) from None
            write_atomically(self.draft_path, dump_entries(draft))
        return draft

    def register(self, issuer: str) -> StatusRegister:
        """An issuer's status register."""
        return StatusRegister(self._path("status", check_file_name(issuer), REGISTER))

    def status_paths(self) -> tuple[Path, ...]:
        """Where the signed status lists lie, in order of their issuers' names."""
        return tuple(
            self._path("status", stem, _STATUS)
            for stem in self._stems("status", _STATUS)
        )

    def status_path(self, issuer: str, number: int = 1) -> Path:
        """Where the newest signed one of an issuer's status lists lies, or will lie."""
        stem = check_file_name(issuer) if number == 1 else f"{issuer}.{number}"
        return self._path("status", stem, _STATUS)

    def save_status_list(self, issuer: str, token: bytes, number: int = 1) -> Path:
        """Keep an issuer's newest signed status list; where it lies then.

        Args:
            issuer: whose.
            token: the signed list.
            number: which of the issuer's lists, where a registry has several.
        """
        path = self.status_path(issuer, number)
        self._made("status")
        write_atomically(path, token)
        return path

    def _made(self, folder: str = "") -> None:
        make_private_directory(self.path)
        make_private_directory(self.path / folder)

    def _add(self, folder: str, stem: str, key: PrivateKey | TokenKey) -> Path:
        self._made(folder)
        shown = self._path(folder, stem, PUBLIC)
        private = self._path(folder, stem, PRIVATE)
        if shown.exists():
            raise StorageError(f"{shown} is there already, and is not replaced")
        # The private half first: a public one alone would have passes sealed to a key
        # that nobody holds.
        create_atomically(private, dump_key(key), private=True)
        try:
            create_atomically(shown, dump_key(key.public))
        except StorageError:
            private.unlink()
            raise
        return private

    def _private(self, folder: str, stem: str, kind: type[_Key]) -> _Key:
        path = self._path(folder, stem, PRIVATE)
        return _checked(path, kind, stem, read_private(path, LIMITS.key_file_bytes))

    def _public(self, folder: str, stem: str, kind: type[_Key]) -> _Key:
        path = self._path(folder, stem, PUBLIC)
        return _checked(path, kind, stem, read_limited(path, LIMITS.key_file_bytes))

    def _stems_of(self, folder: str, name: str, suffix: str) -> list[str]:
        """All keys of one name, in the order in which they were made."""
        numbered = {
            int(stem.removeprefix(f"{name}.")): stem
            for stem in self._stems(folder, suffix)
            if _FURTHER.fullmatch(stem) and stem.startswith(f"{name}.")
        }
        first = [name] if self._path(folder, name, suffix).exists() else []
        return first + [numbered[number] for number in sorted(numbered)]

    def _zone_stems(self, zone: str, suffix: str) -> list[str]:
        prefix = f"{check_file_name(zone)}-"
        epochs = (
            stem.removeprefix(prefix)
            for stem in self._stems("zones", suffix)
            if stem.startswith(prefix)
        )
        numbers = sorted(int(epoch) for epoch in epochs if _EPOCH.fullmatch(epoch))
        return [f"{prefix}{number}" for number in numbers]

    def _stems(self, folder: str, suffix: str) -> list[str]:
        found = (self.path / folder).glob(f"*{suffix}")
        return sorted(path.name.removesuffix(suffix) for path in found)

    def _path(self, folder: str, stem: str, suffix: str) -> Path:
        return self.path / folder / f"{stem}{suffix}"


def read_zone_key(path: Path) -> ZoneKey:
    """The private key of a zone from a file of its owner's alone.

    Raises:
        StorageError: it cannot be read.
        TrustListError: others can read it, or it is something else.
    """
    key = load_key(read_private(path, LIMITS.key_file_bytes))
    if not isinstance(key, ZoneKey):
        raise TrustListError(f"{path}: not the private key of a zone")
    return key


def at_hand(key: AnyKey) -> AnyKey:
    """A key as one uses it: what a hardware token keeps, its token signs with."""
    if isinstance(key, TokenKey):
        return key.behind(TokenSigner(key.uri, key.public.key, read_pin))
    return key


def root_version_path(path: Path, version: int) -> Path:
    """Where the root document of that version lies beside the one in force."""
    return path.with_name(f"{path.stem}.{version}{path.suffix}")


def read_root_file(path: Path) -> RootDocument:
    """A root document that a person has laid there, or that was let in by one.

    Raises:
        StorageError: it cannot be read.
        TrustListError: it is not in order.
    """
    try:
        return read_root(read_limited(path, LIMITS.root_file_bytes))
    except TrustListError as error:
        raise TrustListError(f"{path}: {error}") from None


def read_trust_file(path: Path, root: RootDocument) -> TrustList:
    """A signed trust list.

    Raises:
        StorageError: it cannot be read.
        TrustListError: it is not in order, or not signed by enough owners.
    """
    try:
        return read_trust(read_limited(path, LIMITS.trust_file_bytes), root)
    except TrustListError as error:
        raise TrustListError(f"{path}: {error}") from None


def _only(names: Sequence[str], name: str | None, kind: str) -> str:
    if not names:
        raise ConfigurationError(
            f"there is no {kind} here; make one: ostiary keys new {kind} NAME"
        )
    if name is None and len(names) == 1:
        return names[0]
    if name is None or name not in names:
        found = f"no {kind} {name!r}" if name else f"several {kind}s"
        raise ConfigurationError(
            f"{found} here; say --{kind}, one of {', '.join(names)}"
        )
    return name


def _checked(path: Path, kind: type[_Key], stem: str, data: bytes) -> _Key:
    key = at_hand(load_key(data))
    if not isinstance(key, kind) or _owner(key) != stem.partition(".")[0]:
        raise TrustListError(f"{path} holds another key than its name says")
    return key


def _owner(key: AnyKey) -> str:
    """The name of a key's file, but for the number of an issuer's further key."""
    match key:
        case ZonePublicKey():
            return f"{key.zone}-{key.epoch}"
        case ZoneKey() | TokenKey():
            return _owner(key.public)
        case _:
            return key.name
