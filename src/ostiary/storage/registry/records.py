"""What a registry says of a pass, and what may be done to one."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from ostiary.credential.checks import check_name, check_window, seconds_of
from ostiary.credential.claims import IDENTIFIER_BYTES
from ostiary.errors import ConfigurationError
from ostiary.storage.files import (
    create_atomically,
    make_private_directory,
    read_private,
)
from ostiary.storage.home import Home, check_file_name

ACCOUNT_BYTES: Final = 32
OWN_REFERENCE_BYTES: Final = 31
KEY_BYTES: Final = 32
MOST_ZONES: Final = 4
"""Zones of one pass."""

_PLACE_BYTES: Final = 4_096
_WORD: Final = re.compile(r"[A-Za-z0-9._-]{1,16}")


class PassState(StrEnum):
    """How far a pass has come.

    A pass is `reserved` from before it is signed until it has been handed over: what a
    crash leaves in between may be a living pass or none, and can be revoked.
    """

    RESERVED = "reserved"
    ISSUED = "issued"
    REVOKED = "revoked"


class RevocationReason(StrEnum):
    """Why a pass does not count any more."""

    LOST = "lost"
    STOLEN = "stolen"
    NO_LONGER_ENTITLED = "no-longer-entitled"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    RENEWED = "renewed"
    ISSUED_IN_ERROR = "issued-in-error"
    NEVER_HANDED_OVER = "never-handed-over"
    UNSPECIFIED = "unspecified"


RevokedFor: TypeAlias = Literal[
    RevocationReason.LOST,
    RevocationReason.STOLEN,
    RevocationReason.NO_LONGER_ENTITLED,
    RevocationReason.CONSENT_WITHDRAWN,
    RevocationReason.ISSUED_IN_ERROR,
    RevocationReason.UNSPECIFIED,
]
"""What somebody can say of a pass that is to end; the rest the desk alone can know."""


class ConsentMeans(StrEnum):
    """By which act a person consented."""

    COMMAND_LINE = "command-line"
    PAGE = "page"
    PAPER = "paper"


@dataclass(frozen=True, slots=True)
class Consent:
    """That a person consented: to which text, when, and by what act.

    Attributes:
        version: of the text; up to 16 letters, digits, dots, hyphens, underscores.
        at: when; aware, whole seconds.
        means: how.
    """

    version: str
    at: datetime
    means: ConsentMeans

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a version or moment that cannot be one.
        """
        if not _WORD.fullmatch(self.version):
            raise ValueError("a consent's version is a short word")
        seconds_of(self.at)


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, and when.

    Attributes:
        desk: SHA-256 of the key of the journal that the act will stand in; 32 bytes.
        account: SHA-256 of the account's key; 32 bytes.
        at: now; aware, whole seconds.
    """

    desk: bytes
    account: bytes
    at: datetime

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a length or moment that cannot be one.
        """
        seconds_of(self.at)
        if {len(self.desk), len(self.account)} != {ACCOUNT_BYTES}:
            raise ValueError(f"desk and account have {ACCOUNT_BYTES} bytes each")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A pass for which a place is to be reserved.

    Attributes:
        issuer: whose key will sign it.
        zones: what it opens, one to four.
        not_before: from when it is valid.
        expires_at: from when it is not any more.
        consent: to its face; None in the lane without one.
        own: the owner's own reference for it, up to 31 bytes in UTF-8; None for none.
    """

    issuer: str
    zones: tuple[str, ...]
    not_before: datetime
    expires_at: datetime
    consent: Consent | None = None
    own: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: what no pass can say.
        """
        check_window(self.not_before, self.expires_at)
        if not 1 <= len(set(self.zones)) == len(self.zones) <= MOST_ZONES:
            raise ValueError("a pass opens one to four zones, each named once")
        for name in (self.issuer, *self.zones):
            check_file_name(name)
        if self.own is not None:
            check_own(self.own)


@dataclass(frozen=True, slots=True)
class Reserved:
    """A place that nobody else has or ever had.

    Attributes:
        identifier: of the pass; 16 bytes, random.
        uri: address of the status list.
        index: in that list.
    """

    identifier: bytes
    uri: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRecord:
    """What the registry says of one pass.

    Attributes:
        identifier: 16 bytes.
        issuer: whose key signed it.
        uri: address of its status list.
        index: in that list.
        state: how far it has come.
        zones: what it opens, in order of their names.
        issued_at: when its place was reserved.
        not_before: from when it is valid.
        expires_at: from when it is not any more.
        consent: to its face; None in the lane without one.
        account: who issued it; 32 bytes.
        reason: why it was revoked; None unless it was.
        changed_at: when it came to its state.
        changed_by: who brought it there; 32 bytes.
    """

    identifier: bytes
    issuer: str
    uri: str
    index: int
    state: PassState
    zones: tuple[str, ...]
    issued_at: datetime
    not_before: datetime
    expires_at: datetime
    consent: Consent | None
    account: bytes
    reason: RevocationReason | None
    changed_at: datetime
    changed_by: bytes

    def counts(self, at: datetime) -> bool:
        """Whether it may open a gate at that moment, or later."""
        return self.state is not PassState.REVOKED and at < self.expires_at


@dataclass(frozen=True, slots=True)
class ListState:
    """A status list as the registry has it.

    Attributes:
        number: which of its issuer's lists, from 1.
        uri: where gates know it by.
        size: how many indices it has.
        taken: how many are handed out.
        closed: whether it hands out none any more.
    """

    number: int
    uri: str
    size: int
    taken: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Keep:
    """How long a record is kept, and why.

    Attributes:
        days: from the moment that `since` says.
        since: column of the registry that the days count from.
        why: what it is kept for.
    """

    days: int
    since: str
    why: str

    @property
    def time(self) -> timedelta:
        """The days as a span."""
        return timedelta(days=self.days)


RETENTION: Final[Mapping[RevocationReason | None, Keep]] = MappingProxyType(
    {
        None: Keep(90, "expires_at", "to answer for a pass that has run out"),
        RevocationReason.LOST: Keep(90, "changed_at", "to answer for a revocation"),
        RevocationReason.STOLEN: Keep(90, "changed_at", "to answer for a revocation"),
        RevocationReason.NO_LONGER_ENTITLED: Keep(
            90, "changed_at", "to answer for a revocation"
        ),
        RevocationReason.CONSENT_WITHDRAWN: Keep(0, "changed_at", "not at all"),
        RevocationReason.RENEWED: Keep(
            30, "changed_at", "to find a pass renewed amiss"
        ),
        RevocationReason.ISSUED_IN_ERROR: Keep(
            30, "changed_at", "to find out what went wrong"
        ),
        RevocationReason.NEVER_HANDED_OVER: Keep(
            30, "changed_at", "to find out what went wrong"
        ),
        RevocationReason.UNSPECIFIED: Keep(
            90, "changed_at", "to answer for a revocation"
        ),
    }
)
"""How long the record of a pass is kept, by why it was revoked; None: it was not.

The index of a status list stays taken for good, with its one bit: it says nothing about
anybody once the record is gone.
"""

REQUESTS_KEPT: Final = timedelta(hours=24)
"""How long it is known which pass came of a program's request, so that the same one,
sent again, makes no second pass. After that the same key is a new one."""


def check_own(own: str) -> None:
    """An owner's own reference is short, printable text.

    Raises:
        ValueError: it is not.
    """
    check_name(own)
    if len(own_octets(own)) > OWN_REFERENCE_BYTES:
        raise ValueError(f"an own reference has at most {OWN_REFERENCE_BYTES} bytes")


def read_identifier(text: str) -> bytes:
    """A pass's identifier as people write it, 16 bytes.

    Raises:
        ConfigurationError: it is not 32 hex digits, with or without spaces.
    """
    try:
        identifier = bytes.fromhex(text)
    except ValueError:
        identifier = b""
    if len(identifier) != IDENTIFIER_BYTES:
        raise ConfigurationError("a pass's identifier is 32 hex digits")
    return identifier


def own_octets(own: str) -> bytes:
    """An own reference as it is sealed and looked up: NFC, UTF-8."""
    return unicodedata.normalize("NFC", own).encode()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a registry is, and how its owner's references are sealed.

    Attributes:
        url: `sqlite:///FILE` or `postgresql://...`; it may hold a password.
        tenant: whose passes are meant, where several share a database.
        key: seals own references, 32 bytes.
    """

    url: str = field(repr=False)
    tenant: str
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, home: Home) -> "Place | None":
        """The place that a home is connected with; None where it has no registry.

        Raises:
            ConfigurationError: `registry.toml` does not say what it has to.
            StorageError: a file cannot be read.
            TrustListError: others may read one of the two files.
        """
        path = _settings_path(home)
        if not path.exists():
            return None
        text = read_private(path, _PLACE_BYTES)
        try:
            said = tomllib.loads(text.decode())
        except (UnicodeDecodeError, tomllib.TOMLDecodeError):
            raise ConfigurationError(f"{path}: not a TOML file") from None
        match said:
            case {"url": str(url), "tenant": str(tenant), **more} if not more:
                return cls(url, check_file_name(tenant), _read_key(_key_path(home)))
        raise ConfigurationError(
            f'{path}: says url = "..." and tenant = "...", no more'
        )

    @classmethod
    def make(cls, home: Home, url: str | None, tenant: str, key: bytes) -> "Place":
        """A place for a home's registry; the key is kept in a file of its own.

        Args:
            home: the owner's directory.
            url: of the database; None for one file in the home.
            tenant: a name.
            key: 32 random bytes; a key that is there already is kept.

        Raises:
            ConfigurationError: an address or a name that cannot be written down.
            StorageError: it cannot be written.
        """
        check_file_name(tenant)
        make_private_directory(home.path)
        url = url or f"sqlite:///{home.path.absolute() / 'registry.sqlite'}"
        if not url.isprintable() or set(url) & {'"', "\\"}:
            raise ConfigurationError("--url: printable, without quotes or backslashes")
        if not _key_path(home).exists():
            create_atomically(_key_path(home), key, private=True)
        return cls(url, tenant, _read_key(_key_path(home)))

    def connect(self, home: Home) -> None:
        """Connect a home with this place, for good.

        Raises:
            StorageError: it is connected already, or a file cannot be written.
        """
        text = f'url = "{self.url}"\ntenant = "{self.tenant}"\n'
        create_atomically(_settings_path(home), text.encode(), private=True)

    def prepare(self) -> None:
        """Make the database's file for its owner alone, where it is a file.

        Raises:
            StorageError: it cannot be made.
        """
        name = self.url.removeprefix("sqlite:///")
        if name != self.url and not Path(name).exists():
            create_atomically(Path(name), b"", private=True)


def _settings_path(home: Home) -> Path:
    return home.path / "registry.toml"


def _key_path(home: Home) -> Path:
    return home.path / "registry.key"


def _read_key(path: Path) -> bytes:
    key = read_private(path, KEY_BYTES)
    if len(key) != KEY_BYTES:
        raise ConfigurationError(f"{path}: has to have {KEY_BYTES} bytes")
    return key
