"""One file with all that an owner's directory must not lose, under a passphrase.

A tar archive in the age format: without Ostiary,
`age --decrypt FILE | tar --extract` gives the files back. What others can fetch again
(status lists) and what belongs to one machine (the record of what its gate has seen,
the journal of what was done on it, the accounts of its staff, the access tokens of its
desk) stays out: a journal's key, restored, would sign a second history, and accounts
and tokens that were ended would be back.
"""

import io
import re
import secrets
import shutil
import tarfile
from collections.abc import Iterable, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias

from ostiary.credential import (
    AnyKey,
    HighWater,
    IssuerPublicKey,
    PublicKey,
    Randomness,
    RootDocument,
    StatusList,
    TokenKey,
    TrustMark,
    dump_entries,
    load_key,
    read_drawn_up_root,
    read_drawn_up_trust,
    read_next_root,
    read_own_status_list,
    read_root,
    read_trust,
)
from ostiary.errors import ConfigurationError, StorageError, TrustListError
from ostiary.storage.files import (
    create_atomically,
    make_private_directory,
    read_limited,
)
from ostiary.storage.home import PRIVATE, PUBLIC, REGISTER, Home, root_version_path
from ostiary.storage.register import (
    MAX_FILE_BYTES,
    Entries,
    dump_register,
    load_register,
)

Files: TypeAlias = Mapping[str, bytes]
"""Contents by path below the owner's directory."""

MAX_BYTES: Final = 2**26
"""An archive: eight of the largest registers, or thousands of keys."""

_NAME: Final = re.compile(r"(?:[a-z]{1,32}/)?[a-z0-9][a-z0-9.-]{0,63}")
_KEPT: Final = (".json", ".cose")
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_ROOT: Final = "root.cose"
_TRUST: Final = "trust.cose"
_DRAFT: Final = "trust.json"
_OF_THE_MACHINE: Final = frozenset(
    {"high-water.json", "staff.json", "access-tokens.json"}
)


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds, checked.

    Attributes:
        files: all contents.
        keys: private keys, and where tokens keep others, by path.
        registers: status registers as they were, by path.
        issuers: public halves of issuers' keys.
    """

    files: Files = field(repr=False)
    keys: Mapping[str, AnyKey] = field(repr=False)
    registers: Mapping[str, Entries] = field(repr=False)
    issuers: tuple[IssuerPublicKey, ...]

    @property
    def on_tokens(self) -> tuple[str, ...]:
        """Paths of keys that hardware tokens keep, so that no backup holds them."""
        return tuple(
            path for path, key in self.keys.items() if isinstance(key, TokenKey)
        )


def collect(home: Home) -> Backup:
    """What a backup of an owner's directory holds.

    Raises:
        ConfigurationError: there is nothing to keep.
        StorageError: a file cannot be read.
        TrustListError: one is not in order: a backup of it would serve nobody.
    """
    found = sorted({*home.path.glob("*"), *home.path.glob("*/*")})
    kept = [path for path in found if path.suffix in _KEPT and _is_kept(path)]
    if not kept:
        raise ConfigurationError(f"there is nothing to back up in {home.path}")
    files = {
        path.relative_to(home.path).as_posix(): read_limited(path, MAX_FILE_BYTES)
        for path in kept
    }
    return check(files)


def _is_kept(path: Path) -> bool:
    kept = path.name not in _OF_THE_MACHINE and path.name[0] != "."
    return path.is_file() and kept


def check(files: Files) -> Backup:
    """Check all files of a backup that can be checked without others.

    Raises:
        TrustListError: a path, key or register that is not in order.
    """
    for path in files:
        if not _NAME.fullmatch(path):
            raise TrustListError(f"{path!r} is not the name of an owner's file")
    public = {path: load_key(files[path]) for path in _ending(files, PUBLIC)}
    keys = {path: load_key(files[path]) for path in _ending(files, PRIVATE)}
    for path, key in keys.items():
        shown = public.get(f"{path.removesuffix(PRIVATE)}{PUBLIC}")
        if isinstance(key, PublicKey) or shown not in (None, key.public):
            raise TrustListError(f"{path} does not hold what its public half promises")
    return Backup(
        files,
        keys,
        {path: load_register(files[path]) for path in _ending(files, REGISTER)},
        tuple(key for key in public.values() if isinstance(key, IssuerPublicKey)),
    )


def restored(backup: Backup, lists: Iterable[bytes], unpublished: Set[str]) -> Files:
    """What a directory holds that is made from a backup.

    Since the backup, indices may have been handed out and passes revoked. So each
    register hands out nothing any more, and takes over what the newest list that the
    issuer has signed revokes.

    Args:
        backup: checked.
        lists: signed status lists, the newest of each register.
        unpublished: issuers who never signed a list, as their owner says.

    Raises:
        TrustListError: a list of no register here, or not signed by its issuer's key;
            or a register whose list is missing.
    """
    files = dict(backup.files)
    newest = _newest(backup, lists)
    for path, entries in backup.registers.items():
        issuer = _issuer(path)
        if entries.uri not in newest and issuer not in unpublished:
            raise TrustListError(
                f"bring the newest status list of {issuer} ({entries.uri}), from a "
                "gate or a server: --status-list FILE. A backup does not know what was "
                "revoked after it was made"
            )
        revoked = newest.get(entries.uri, entries.bits)
        files[path] = dump_register(_closed(path, entries, revoked))
    return files


def with_newest_trust(files: Files, roots: Iterable[bytes], trust: bytes) -> Files:
    """The same with the newest trust list, and a draft that says what it says.

    Else an owner who signs the restored draft takes back what was said after the
    backup: that a key is compromised, say.

    Args:
        files: of a restored directory.
        roots: signed root documents; those later than the backup's are put in force.
        trust: the newest signed trust list.

    Raises:
        TrustListError: a root document that does not follow, a list that is not signed
            by enough owners, or one older than the backup's.
    """
    root, laid = _newest_root(files, roots)
    new = read_trust(trust, root)
    if _TRUST in files:
        _, old = read_drawn_up_trust(files[_TRUST])
        if HighWater(trust=TrustMark.of(old)).is_above_trust(new):
            raise TrustListError(
                f"trust list {new.version} is older than the backup's {old.version}, "
                "or another of that version"
            )
    if _DRAFT in files:
        laid[_DRAFT] = dump_entries(new.entries)
    return {**files, **laid, _TRUST: trust}


def _newest_root(
    files: Files, roots: Iterable[bytes]
) -> tuple[RootDocument, dict[str, bytes]]:
    """The newest root document, and the files of those later than the backup's."""
    if _ROOT not in files:
        raise TrustListError("the backup holds no root document to check a list by")
    root, laid = read_root(files[_ROOT]), dict[str, bytes]()
    drawn_up = {read_drawn_up_root(data)[1].version: data for data in roots}
    for version, data in sorted(drawn_up.items()):
        if version > root.version:
            root = read_next_root(data, root)
            laid |= {root_version_path(Path(_ROOT), version).name: data, _ROOT: data}
    return root, laid


def _newest(backup: Backup, lists: Iterable[bytes]) -> Mapping[str, bytes]:
    """The bits of the newest list by its address."""
    read = [_read_list(backup, token) for token in lists]
    addresses = {entries.uri for entries in backup.registers.values()}
    for status in read:
        if status.uri not in addresses:
            raise TrustListError(f"no register of this backup is that of {status.uri}")
    by_age = sorted(read, key=lambda status: status.issued_at)
    return {status.uri: status.bits for status in by_age}


def _read_list(backup: Backup, token: bytes) -> StatusList:
    for key in backup.issuers:
        with suppress(TrustListError):
            return read_own_status_list(token, key)
    raise TrustListError("a status list that no issuer of this backup has signed")


def _closed(path: str, entries: Entries, revoked: bytes) -> Entries:
    try:
        return entries.closed(revoked)
    except ValueError as error:
        raise TrustListError(f"{path}: {error}") from None


def write_archive(files: Files) -> bytes:
    """A tar archive of plain files.

    Raises:
        StorageError: more than `MAX_BYTES`.
    """
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), 0o600
            tar.addfile(entry, io.BytesIO(content))
    if archive.tell() > MAX_BYTES:
        raise StorageError(f"a backup has at most {MAX_BYTES} bytes")
    return archive.getvalue()


def read_archive(archive: bytes) -> Files:
    """The regular files of a tar archive, and nothing else in it.

    Raises:
        TrustListError: it is none, or holds anything but one content for each path.
    """
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
            for entry in tar:
                content = tar.extractfile(entry) if entry.isreg() else None
                if content is None or entry.name in files:
                    raise TrustListError("a backup that holds more than plain files")
                files[entry.name] = content.read(entry.size)
    except (tarfile.TarError, OSError, ValueError, EOFError):
        raise TrustListError("a backup that holds no archive") from None
    return files


def lay_out(files: Files, folder: Path) -> None:
    """Make an owner's directory that holds these files, whole or not at all.

    Raises:
        StorageError: something is there already, or it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StorageError(f"{folder} is there already; nothing in it is replaced")
    made = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}")
    try:
        for path, content in files.items():
            make_private_directory(made)
            make_private_directory((made / path).parent)
            create_atomically(made / path, content, private=True)
        made.replace(folder)
    except OSError as error:
        raise StorageError(f"{folder} cannot be made: {error.strerror}") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def new_passphrase(randomness: Randomness) -> str:
    """A passphrase of 125 random bits: five groups of five letters and digits.

    None of them looks like another: the alphabet of base 32 by Douglas Crockford.
    """
    drawn = "".join(_ALPHABET[octet % len(_ALPHABET)] for octet in randomness(25))
    return "-".join(drawn[start : start + 5] for start in range(0, len(drawn), 5))


def _issuer(path: str) -> str:
    return PurePosixPath(path).name.removesuffix(REGISTER)


def _ending(files: Files, suffix: str) -> list[str]:
    return [path for path in files if path.endswith(suffix)]
