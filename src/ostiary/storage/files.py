"""Files written whole or not at all, read under a limit, locked while they change.

A new content is written beside the old one, forced to the disk, and only then put in
its place, so that a crash, a full disk or a second writer leaves one whole content.
"""

import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from ostiary.errors import StorageError, TrustListError

_Publish: TypeAlias = Callable[[Path, Path], None]

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def write_atomically(path: Path, data: bytes, *, private: bool = False) -> None:
    """Put a new content in the place of an old one, or of none.

    When this returns, the content has reached the disk. When it raises, the old content
    is as it was; only a failure to record the finished change on the disk comes later.

    Args:
        path: the file; its directory exists.
        data: the whole content.
        private: readable by its owner alone, from the first byte on. Otherwise the
            process's umask decides.

    Raises:
        StorageError: it could not be written, or something lies there that is no
            regular file.
    """
    with _storage_errors("written", path):
        special = path.exists() and not path.is_file()
    if special:
        raise StorageError(f"{path} is no regular file")
    _write(path, data, private=private, publish=os.replace)


def create_atomically(path: Path, data: bytes, *, private: bool = False) -> None:
    """As `write_atomically`, but never in the place of an old content.

    Raises:
        StorageError: there is such a file already, or it could not be written.
    """
    _write(path, data, private=private, publish=_link_in_place)


def write_unread(files: Mapping[Path, bytes]) -> None:
    """Write files that nobody reads before they are published; directories are made.

    When this returns, they have reached the disk with their names. A crash leaves any
    part of them, and whoever writes them again replaces that. They are all written
    before the first is flushed: most file systems then have one thing to wait for.

    Raises:
        StorageError: one could not be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with ExitStack() as opened:
        for path, data in files.items():
            opened.enter_context(_storage_errors("written", path))
            _make_directories(path.parent)
            file = opened.enter_context(os.fdopen(os.open(path, flags, 0o666), "wb"))
            file.write(data)
            file.flush()
            opened.callback(_flush_directory, path.parent)
            opened.callback(os.fsync, file.fileno())


def publish(unread: Path, path: Path) -> None:
    """Put a written file in the place of another, or of none, and force that to disk.

    Raises:
        StorageError: it could not be; which of the two is there is then not known.
    """
    with _storage_errors("published", path):
        os.replace(unread, path)  # noqa: PTH105 - one way of renaming for this module
        _flush_directory(path.parent)


def read_if_there(path: Path, limit: int) -> bytes | None:
    """As `read_limited`; None where there is no such file.

    Raises:
        StorageError: as `read_limited`.
    """
    try:
        return _read(path, limit, refused=0)
    except StorageError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise


def read_limited(path: Path, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes.

    Raises:
        StorageError: there is none, it is longer, it is no regular file, or it cannot
            be read.
    """
    return _read(path, limit, refused=0)


def read_private(path: Path, limit: int) -> bytes:
    """As `read_limited`, for a file that nobody but its owner may touch.

    Raises:
        StorageError: as `read_limited`.
        TrustListError: the group or others may read or write it.
    """
    return _read(path, limit, refused=_OTHERS)


def destroy(path: Path) -> None:
    """Overwrite a file with zeros, on the disk, and remove it.

    The file's own blocks are overwritten only where the disk writes in place. Flash
    storage and copying file systems write elsewhere and keep the old blocks for a time.

    Raises:
        StorageError: it is no regular file, or cannot be written or removed.
    """
    with _storage_errors("destroyed", path):
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "wb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise StorageError(f"{path} is no regular file")
            file.write(bytes(found.st_size))
            file.flush()
            os.fsync(descriptor)
        path.unlink()
        _flush_directory(path.parent)


@contextmanager
def destroyed_on_failure() -> Iterator[list[Path]]:
    """Destroy the files that are named to it, where this is left by an exception.

    Raises:
        StorageError: one of them cannot be.
    """
    named: list[Path] = []
    try:
        yield named
    except BaseException:
        for path in named:
            destroy(path)
        raise


def make_private_directory(path: Path) -> None:
    """Make a directory that its owner alone can enter; one that is there stays.

    When this returns, its name has reached the disk: what is flushed inside it later
    cannot vanish with it.

    Raises:
        StorageError: it cannot be made.
    """
    with _storage_errors("made", path):
        _make_directories(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        _flush_directory(path.parent)


def make_directory(path: Path) -> None:
    """Make a directory that anybody may read, with its name on the disk.

    Raises:
        StorageError: it cannot be made.
    """
    with _storage_errors("made", path):
        _make_directories(path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep every other process and thread that locks the same path waiting.

    The lock is on a file beside it, named with ".lock" at the end, which stays. The
    lock itself ends with its process, however that ends.

    Raises:
        StorageError: the lock file cannot be made.
    """
    lock = path.with_name(f"{path.name}.lock")
    with _storage_errors("locked", path):
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, data: bytes, *, private: bool, publish: _Publish) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with _storage_errors("written", path):
        try:
            _write_through(temporary, data, mode=0o600 if private else 0o666)
            publish(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        _flush_directory(path.parent)


def _write_through(path: Path, data: bytes, *, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _make_directories(path: Path) -> None:
    if not path.is_dir():
        _make_directories(path.parent)
        path.mkdir(exist_ok=True)
        _flush_directory(path.parent)


def _link_in_place(temporary: Path, path: Path) -> None:
    os.link(temporary, path)  # Unlike a rename, this refuses to replace.


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path, limit: int, *, refused: int) -> bytes:
    with _storage_errors("read", path):
        # Without O_NONBLOCK, opening a pipe would wait for somebody to write to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise StorageError(f"{path} is no regular file")
            if mode & refused:
                raise TrustListError(
                    f"{path} holds a secret, and others than its owner can get at it; "
                    f"make it private: chmod 600 {path}"
                )
            data = file.read(limit + 1)
    if len(data) > limit:
        raise StorageError(f"{path} is longer than {limit} bytes")
    return data


@contextmanager
def _storage_errors(done: str, path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise StorageError(f"{path} is there already; it is not replaced") from None
    except OSError as error:
        raise StorageError(f"{path} cannot be {done}: {error.strerror}") from error
    except ValueError:
        raise StorageError(f"{path!r} cannot be the name of a file") from None
