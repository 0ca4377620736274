"""Bringing a gate newer root documents, trust lists and status lists.

    fetched -> whole -> signed by whom it has to be -> good now -> the same list as
    the one in its place -> no older -> in its place, at once

Until the last step the old file lies untouched. A source is believed in nothing but
being the way by which bytes come.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol
from urllib.request import OpenerDirector

from ostiary.credential import (
    LIMITS,
    HighWater,
    RootDocument,
    StatusList,
    TrustList,
    TrustMark,
    read_drawn_up_root,
    read_next_root,
    read_status_list,
    read_trust,
)
from ostiary.download import (
    discard,
    download_changed,
    https_opener,
    part_tag,
    strong_tag,
)
from ostiary.errors import FetchError, StorageError, TrustListError
from ostiary.storage.files import locked, read_limited, write_atomically
from ostiary.storage.home import (
    read_root_file,
    read_trust_file,
    root_version_path,
)

_MAX_TAG_FILE_BYTES: Final = 256
_MAX_ROOTS: Final = 100
"""Root documents taken in at once: a source does not decide how long it keeps us."""


class Source(Protocol):
    """Where new files come from, each under the name of the file that it replaces."""

    def fetch(self, path: Path, limit: int) -> bytes | None:
        """The content that is to take the place of a file; None if it is the same.

        Raises:
            FetchError: it cannot be fetched.
            StorageError: it cannot be read, or is longer than `limit` bytes.
        """
        ...

    def keep(self, path: Path, data: bytes) -> None:
        """What was fetched was good, and lies in its place."""
        ...

    def drop(self, path: Path) -> None:
        """What was fetched is not in its place: the next attempt begins anew."""
        ...


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, such as a USB stick."""

    path: Path

    def fetch(self, path: Path, limit: int) -> bytes | None:
        """The file of that name in the folder."""
        data = read_limited(self.path / path.name, limit)
        return None if data == _content(path, limit) else data

    def keep(self, path: Path, data: bytes) -> None:
        """Nothing is kept back."""

    def drop(self, path: Path) -> None:
        """Nothing is kept back."""


@dataclass(frozen=True, slots=True)
class Web:
    """A folder on a web server.

    Beside a file `NAME` lie `NAME.part` while it is unfinished, and `NAME.etag`, which
    says which version of the server's it is.

    Attributes:
        base: the folder's address, ending in a slash.
        opener: makes the opener of each request; it decides which protocols are spoken.
    """

    base: str
    opener: Callable[[], OpenerDirector] = https_opener

    def fetch(self, path: Path, limit: int) -> bytes | None:
        """The file of that name on the server, if it is another than ours."""
        url, part = self.base + path.name, _part(path)
        held = _held_tag(path, limit)
        if not download_changed(url, part, limit, self.opener(), held):
            return None
        return read_limited(part, limit)

    def keep(self, path: Path, data: bytes) -> None:
        """Note which version of the server's this content is."""
        tag = part_tag(_part(path))
        if tag is not None:
            digest = hashlib.sha256(data).hexdigest()
            write_atomically(_tag_path(path), f"{digest} {tag}".encode("ascii"))
        discard(_part(path))

    def drop(self, path: Path) -> None:
        """Begin anew the next time."""
        discard(_part(path))


def sync_status_list(
    path: Path, source: Source, trust: TrustList, at: datetime
) -> StatusList | None:
    """Put a newer status list in the place of a file, or of none.

    Args:
        path: the gate's file.
        source: where a newer one may be.
        trust: the trust list in force.
        at: now.

    Returns:
        The list that lies there now; None if nothing changed.

    Raises:
        FetchError: nothing could be fetched.
        StorageError: a file could not be read or written.
        TrustListError: what was fetched may not take the old one's place.
    """
    with locked(path):
        data = source.fetch(path, LIMITS.status_token_bytes)
        if data is None:
            return None
        try:
            status = _checked(path, data, trust, at)
            changed = data != _content(path, LIMITS.status_token_bytes)
            if changed:
                write_atomically(path, data)
        except (StorageError, TrustListError):
            source.drop(path)
            raise
        source.keep(path, data)
    return status if changed else None


def sync_root(path: Path, source: Source) -> RootDocument | None:
    """Put the newest root document in the place of the gate's.

    Each one between the two has to let the next one in, so the source has them all:
    beside `root.cose` there are `root.2.cose`, `root.3.cose` and so on.

    Args:
        path: the gate's file.
        source: where a newer one may be.

    Returns:
        The document that lies there now; None if nothing changed.

    Raises:
        FetchError: nothing could be fetched.
        StorageError: a file could not be read or written.
        TrustListError: the gate's own is not in order, or what was fetched may not take
            its place.
    """
    with locked(path):
        old = read_root_file(path)
        data = source.fetch(path, LIMITS.root_file_bytes)
        if data is None:
            return None
        try:
            new = _next_roots(path, old, data, source)
            if new is not None:
                write_atomically(path, data)
        except (FetchError, StorageError, TrustListError):
            source.drop(path)
            raise
        source.keep(path, data)
    return new


def sync_trust(
    path: Path, source: Source, root: RootDocument, used: HighWater, at: datetime
) -> TrustList | None:
    """Put a newer trust list in the place of the gate's, or of none.

    Args:
        path: the gate's file.
        source: where a newer one may be.
        root: the root document in force.
        used: the gate's record of what it has relied upon.
        at: now.

    Returns:
        The list that lies there now; None if nothing changed.

    Raises:
        FetchError: nothing could be fetched.
        StorageError: a file could not be read or written.
        TrustListError: what was fetched may not take the old one's place.
    """
    with locked(path):
        data = source.fetch(path, LIMITS.trust_file_bytes)
        if data is None:
            return None
        try:
            new = _checked_trust(path, data, root, used, at)
            write_atomically(path, data)
        except (StorageError, TrustListError):
            source.drop(path)
            raise
        source.keep(path, data)
    return new


def _next_roots(
    path: Path, root: RootDocument, data: bytes, source: Source
) -> RootDocument | None:
    """The newest root document, let in by all before it; None if it is the same."""
    _, newest = read_drawn_up_root(data)
    if newest.digest == root.digest:
        return None
    if newest.version <= root.version:
        raise TrustListError(
            f"root document {newest.version} follows none, and {root.version} is here"
        )
    if newest.version - root.version > _MAX_ROOTS:
        raise TrustListError(f"more than {_MAX_ROOTS} root documents ahead")
    for version in range(root.version + 1, newest.version):
        root = read_next_root(_root_between(path, version, source), root)
    return read_next_root(data, root)


def _root_between(path: Path, version: int, source: Source) -> bytes:
    between = root_version_path(path, version)
    data = source.fetch(between, LIMITS.root_file_bytes)
    source.drop(between)
    return read_limited(between, LIMITS.root_file_bytes) if data is None else data


def _checked_trust(
    path: Path, data: bytes, root: RootDocument, used: HighWater, at: datetime
) -> TrustList:
    """The list, if it may take the place of what lies there."""
    new = read_trust(data, root)
    if new.is_ahead(at):
        raise TrustListError("issued in the future; look at the clocks")
    if not new.is_in_force(at):
        raise TrustListError(f"expired on {new.ends_at:%F %R} UTC")
    if used.is_above_trust(new):
        raise TrustListError("older than, or another than, the newest list used here")
    try:
        old = read_trust_file(path, root)
    except (StorageError, TrustListError):
        return new
    if HighWater(trust=TrustMark.of(old)).is_above_trust(new):
        raise TrustListError(f"older than, or another than, the list in {path}")
    return new


def _checked(path: Path, data: bytes, trust: TrustList, at: datetime) -> StatusList:
    """The list, if it may take the place of what lies there."""
    new = read_status_list(data, trust, at)
    if new.is_ahead(at):
        raise TrustListError("issued in the future; look at the clocks")
    if at >= new.expires_at:
        raise TrustListError(f"ended on {new.expires_at:%F %R} UTC")
    old = _in_place(path, trust, at)
    if old is None or old.is_ahead(at):
        return new
    if (old.issuer, old.uri) != (new.issuer, new.uri):
        raise TrustListError(f"not the list that lies in {path}: {old.uri}")
    if new.issued_at < old.issued_at:
        raise TrustListError(f"older than the list that lies in {path}")
    return new


def _in_place(path: Path, trust: TrustList, at: datetime) -> StatusList | None:
    """The list that lies there, if a gate could use it."""
    data = _content(path, LIMITS.status_token_bytes)
    if data is None:
        return None
    try:
        return read_status_list(data, trust, at)
    except TrustListError:
        return None


def _content(path: Path, limit: int) -> bytes | None:
    """What lies there, if it can be read."""
    try:
        return read_limited(path, limit)
    except StorageError:
        return None


def _held_tag(path: Path, limit: int) -> str | None:
    """The tag of what lies there, if nobody has put another content there since."""
    noted, content = (
        _content(_tag_path(path), _MAX_TAG_FILE_BYTES),
        _content(path, limit),
    )
    if noted is None or content is None:
        return None
    digest, _, tag = noted.decode("ascii", "replace").partition(" ")
    same = digest == hashlib.sha256(content).hexdigest()
    return strong_tag(tag) if same else None


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _tag_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.etag")
