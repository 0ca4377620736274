"""An owner's directory: what lies where in it.

    issuer/NAME.private.json          issuer/NAME.public.json
    zones/ZONE-EPOCH.private.json     zones/ZONE-EPOCH.public.json
    status/NAME.register.json         status/NAME.cwt
    settings/NAME.private.json        settings/NAME.public.json
    trust.json                        high-water.json

Directories are made for their owner alone (0700), private keys too (0600). A public
half that comes from elsewhere is laid in its place by hand; nothing else is needed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import platformdirs

from ostiary.credential import (
    LIMITS,
    AnyKey,
    IssuerKey,
    IssuerPublicKey,
    PrivateKey,
    PublicKey,
    SettingsKey,
    SettingsPublicKey,
    TokenKey,
    TrustedIssuer,
    TrustList,
    ZoneKey,
    ZonePublicKey,
    dump_key,
    dump_trust,
    load_key,
    load_trust,
)
from ostiary.credential.checks import check_uri
from ostiary.errors import ConfigurationError, StorageError, TrustListError
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
from ostiary.tokens import open_signer

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
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
    `ConfigurationError` for a name that `check_file_name` refuses. What gives a private
    key may raise `TokenError`, where a hardware token keeps it.
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
        self._add("issuer", key.public, key)
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
        return self._add("zones", key.public, key)

    def add_settings_key(self, key: SettingsKey | TokenKey) -> Path:
        """Keep a new key that signs gates' settings; where its private half lies then.

        Raises:
            StorageError: there is a key of that name already.
        """
        check_file_name(key.public.name)
        return self._add("settings", key.public, key)

    def issuers(self) -> tuple[str, ...]:
        """Names of the issuers with a public key here, in order."""
        return tuple(filter(_NAME.fullmatch, self._stems("issuer", PUBLIC)))

    def settings(self) -> tuple[str, ...]:
        """Names of the settings keys with a public half here, in order."""
        return tuple(filter(_NAME.fullmatch, self._stems("settings", PUBLIC)))

    def zones(self) -> tuple[str, ...]:
        """Names of the zones with a public key here, in order."""
        zones = {stem.rpartition("-")[0] for stem in self._stems("zones", PUBLIC)}
        return tuple(sorted(filter(_NAME.fullmatch, zones)))

    def only_issuer(self, name: str | None) -> str:
        """The issuer of that name who can sign here; without a name, the only one.

        Raises:
            ConfigurationError: no such issuer, none at all, or several to choose from.
        """
        return _only(self._stems("issuer", PRIVATE), name, "issuer")

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

    def settings_key(self, name: str) -> SettingsKey:
        """The private key of that name that signs settings."""
        return self._private("settings", check_file_name(name), SettingsKey)

    def settings_public_key(self, name: str) -> SettingsPublicKey:
        """The public half of the key of that name that signs settings."""
        return self._public("settings", check_file_name(name), SettingsPublicKey)

    def issuer_key(self, name: str) -> IssuerKey:
        """An issuer's private key."""
        return self._private("issuer", check_file_name(name), IssuerKey)

    def issuer_public_key(self, name: str) -> IssuerPublicKey:
        """An issuer's public key."""
        return self._public("issuer", check_file_name(name), IssuerPublicKey)

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
    def trust_path(self) -> Path:
        """Where the trust list lies."""
        return self.path / "trust.json"

    def trust(self) -> TrustList:
        """The trust list; an empty one, which refuses everyone, where there is none."""
        if not self.trust_path.exists():
            return TrustList(())
        return load_trust(read_limited(self.trust_path, LIMITS.trust_file_bytes))

    def add_trusted(
        self, issuer: TrustedIssuer, *, another_key: bool = False
    ) -> TrustList:
        """Trust an issuer's key; what the list said of the same key is replaced.

        Args:
            issuer: the key, and what it may do.
            another_key: that an issuer of this name is trusted under another key
                already, and that this one is the same issuer's all the same.

        Raises:
            TrustListError: it is, and was not said: issuers choose their own names.
        """
        self._made()
        with locked(self.trust_path):
            added = issuer.key.identifier
            others = [
                known for known in self.trust().issuers if known.key.identifier != added
            ]
            names = {known.key.name for known in others}
            if issuer.key.name in names and not another_key:
                raise TrustListError(
                    f"another key is trusted as {issuer.key.name!r}; if both are the "
                    "same issuer's, say so with --another-key"
                )
            trust = TrustList((*others, issuer))
            write_atomically(self.trust_path, dump_trust(trust))
        return trust

    def register(self, issuer: str) -> StatusRegister:
        """An issuer's status register."""
        return StatusRegister(self._path("status", check_file_name(issuer), REGISTER))

    def status_paths(self) -> tuple[Path, ...]:
        """Where the signed status lists lie, in order of their issuers' names."""
        return tuple(
            self._path("status", stem, _STATUS)
            for stem in self._stems("status", _STATUS)
        )

    def save_status_list(self, issuer: str, token: bytes) -> Path:
        """Keep an issuer's newest signed status list; where it lies then."""
        path = self._path("status", check_file_name(issuer), _STATUS)
        self._made("status")
        write_atomically(path, token)
        return path

    def _made(self, folder: str = "") -> None:
        make_private_directory(self.path)
        make_private_directory(self.path / folder)

    def _add(
        self,
        folder: str,
        public: PublicKey,
        key: PrivateKey | TokenKey,
    ) -> Path:
        self._made(folder)
        shown = self._path(folder, _stem(key), PUBLIC)
        private = self._path(folder, _stem(key), PRIVATE)
        if shown.exists():
            raise StorageError(f"{shown} is there already, and is not replaced")
        # The private half first: a public one alone would have passes sealed to a key
        # that nobody holds.
        create_atomically(private, dump_key(key), private=True)
        try:
            create_atomically(shown, dump_key(public))
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


def _only(names: Sequence[str], name: str | None, kind: str) -> str:
    if not names:
        raise ConfigurationError(
            f"there is no key of {kind} here; make one: ostiary keys new {kind} NAME"
        )
    if name is None and len(names) == 1:
        return names[0]
    if name is None or name not in names:
        found = f"no {kind} {name!r}" if name else f"several {kind}s"
        raise ConfigurationError(
            f"{found} here; say --{kind}, one of {', '.join(names)}"
        )
    return name


def _stem(key: AnyKey) -> str:
    match key:
        case ZonePublicKey():
            return f"{key.zone}-{key.epoch}"
        case ZoneKey() | TokenKey():
            return _stem(key.public)
        case _:
            return key.name


def _checked(path: Path, kind: type[_Key], stem: str, data: bytes) -> _Key:
    key = load_key(data)
    if isinstance(key, TokenKey) and _stem(key) == stem:
        key = key.behind(open_signer(key.uri, key.public.key, read_pin))
    if not isinstance(key, kind) or _stem(key) != stem:
        raise TrustListError(f"{path} holds another key than its name says")
    return key
