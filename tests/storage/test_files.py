import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from ostiary.errors import StorageError, TrustListError
from ostiary.storage.files import (
    create_atomically,
    destroy,
    locked,
    make_private_directory,
    read_limited,
    read_private,
    write_atomically,
)


class Write(Protocol):
    def __call__(self, path: Path, data: bytes, *, private: bool = False) -> None: ...


WRITERS = pytest.mark.parametrize("write", [write_atomically, create_atomically])


def run(script: str, path: Path) -> int:
    """Run Python in a process of its own; its return code."""
    command = [sys.executable, "-c", script, str(path)]
    ended = subprocess.run(command, check=False, timeout=60)  # noqa: S603 - ours
    return ended.returncode


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(directory: Path) -> list[str]:
    return sorted(entry.name for entry in directory.iterdir())


@WRITERS
def test_what_was_written_is_read_and_nothing_else_is_left(
    tmp_path: Path, write: Write
) -> None:
    write(tmp_path / "a", b"content")

    assert read_limited(tmp_path / "a", 7) == b"content"
    assert names(tmp_path) == ["a"]


def test_an_old_content_is_replaced(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", b"old")
    write_atomically(tmp_path / "a", b"new")

    assert (tmp_path / "a").read_bytes() == b"new"


def test_creating_never_replaces(tmp_path: Path) -> None:
    create_atomically(tmp_path / "a", b"old")

    with pytest.raises(StorageError, match="not replaced"):
        create_atomically(tmp_path / "a", b"new")

    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@WRITERS
def test_a_private_file_is_its_owners_alone_from_the_first_byte(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    flush = os.fsync

    def noting(descriptor: int) -> None:
        modes.extend(mode(entry) for entry in tmp_path.iterdir())
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    before = os.umask(0)
    try:
        write(tmp_path / "a", b"secret", private=True)
    finally:
        os.umask(before)

    assert modes
    assert set(modes) == {0o600}
    assert mode(tmp_path / "a") == 0o600


def test_a_private_file_takes_the_place_of_a_readable_one(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o644)

    write_atomically(path, b"secret", private=True)

    assert mode(path) == 0o600


def test_other_files_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "a", b"")
    finally:
        os.umask(before)

    assert mode(tmp_path / "a") == 0o640


def test_content_is_flushed_before_the_rename_and_the_directory_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    flush, replace = os.fsync, os.replace

    def noting_flush(descriptor: int) -> None:
        is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        done.append("flush directory" if is_directory else "flush file")
        flush(descriptor)

    def noting_replace(source: Path, target: Path) -> None:
        assert source.read_bytes() == b"content"
        done.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noting_flush)
    monkeypatch.setattr(os, "replace", noting_replace)
    write_atomically(tmp_path / "a", b"content")

    assert done == ["flush file", "rename", "flush directory"]


def failing(number: int) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_content_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(os, call, failing(errno.ENOSPC))

    with pytest.raises(StorageError, match="No space left"):
        write_atomically(tmp_path / "a", b"new")

    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("written", [0, 1, 5_000])
def test_a_write_that_is_cut_short_leaves_the_old_content_and_no_rest(
    tmp_path: Path, written: int
) -> None:
    # The system itself refuses the byte past the limit, as on a full disk.
    (tmp_path / "a").write_bytes(b"old")
    script = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from ostiary.errors import StorageError\n"
        "from ostiary.storage.files import write_atomically\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({written}, {written}))\n"
        "try:\n"
        "    write_atomically(Path(sys.argv[1]), b'x' * 20_000)\n"
        "except StorageError:\n"
        "    sys.exit(3)\n"
    )

    assert run(script, tmp_path / "a") == 3
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_process_killed_before_the_rename_leaves_the_old_content(
    tmp_path: Path,
) -> None:
    (tmp_path / "a").write_bytes(b"old")
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from ostiary.storage.files import write_atomically\n"
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "write_atomically(Path(sys.argv[1]), b'new', private=True)\n"
    )

    assert run(script, tmp_path / "a") == -signal.SIGKILL
    assert (tmp_path / "a").read_bytes() == b"old"
    [rest] = [tmp_path / name for name in names(tmp_path) if name != "a"]
    assert mode(rest) == 0o600


def test_an_interruption_is_passed_on_and_leaves_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)

    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a", b"new")

    assert names(tmp_path) == []


@WRITERS
@pytest.mark.parametrize("where", ["missing/a", "file/a", "nul\0", "n" * 300])
def test_a_place_that_cannot_be_written_is_refused(
    tmp_path: Path, write: Write, where: str
) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StorageError):
        write(tmp_path / where, b"content")

    assert names(tmp_path) == ["file"]


@WRITERS
def test_a_directory_that_takes_no_files_is_refused(write: Write) -> None:
    with pytest.raises(StorageError):
        write(Path("/proc/self/a"), b"content")


def test_concurrent_writers_leave_one_whole_content(tmp_path: Path) -> None:
    contents = [bytes([number]) * 100_000 for number in range(8)]
    writers = [
        threading.Thread(target=write_atomically, args=(tmp_path / "a", content))
        for content in contents
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert (tmp_path / "a").read_bytes() in contents
    assert names(tmp_path) == ["a"]


def test_of_concurrent_creators_one_wins(tmp_path: Path) -> None:
    won: list[int] = []
    lost: list[int] = []

    def create(number: int) -> None:
        try:
            create_atomically(tmp_path / "a", bytes([number]))
        except StorageError:
            lost.append(number)
        else:
            won.append(number)

    creators = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for creator in creators:
        creator.start()
    for creator in creators:
        creator.join()

    assert (len(won), len(lost)) == (1, 7)
    assert (tmp_path / "a").read_bytes() == bytes(won)


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"untouched")
    (tmp_path / "a").symlink_to(tmp_path / "elsewhere")

    write_atomically(tmp_path / "a", b"new")

    assert (tmp_path / "elsewhere").read_bytes() == b"untouched"
    assert not (tmp_path / "a").is_symlink()


@pytest.mark.parametrize("read", [read_limited, read_private])
def test_a_file_past_the_limit_is_refused(
    tmp_path: Path, read: Callable[[Path, int], bytes]
) -> None:
    write_atomically(tmp_path / "a", b"12345678", private=True)

    assert read(tmp_path / "a", 8) == b"12345678"
    with pytest.raises(StorageError, match="longer than 7 bytes"):
        read(tmp_path / "a", 7)


def a_pipe_that_nobody_writes_to(directory: Path) -> Path:
    os.mkfifo(directory / "pipe")
    return directory / "pipe"


@pytest.mark.parametrize(
    "make",
    [
        a_pipe_that_nobody_writes_to,
        lambda directory: directory,
        lambda directory: directory / "missing",
        lambda directory: directory / "nul\0",
        lambda _: Path("/dev/zero"),
    ],
)
def test_what_is_no_regular_file_is_refused(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    with pytest.raises(StorageError):
        read_limited(make(tmp_path), 100)


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644])
def test_a_private_file_that_others_can_touch_is_refused(
    tmp_path: Path, bits: int
) -> None:
    write_atomically(tmp_path / "key", b"4711", private=True)
    (tmp_path / "key").chmod(bits)

    with pytest.raises(TrustListError, match="chmod 600") as refused:
        read_private(tmp_path / "key", 100)

    assert "4711" not in str(refused.value)


@pytest.mark.parametrize("bits", [0o600, 0o400])
def test_a_private_file_of_its_owner_alone_is_read(tmp_path: Path, bits: int) -> None:
    write_atomically(tmp_path / "key", b"secret", private=True)
    (tmp_path / "key").chmod(bits)

    assert read_private(tmp_path / "key", 100) == b"secret"


def test_a_private_directory_is_its_owners_alone_and_made_once(tmp_path: Path) -> None:
    make_private_directory(tmp_path / "home")
    make_private_directory(tmp_path / "home")

    assert mode(tmp_path / "home") == 0o700


def test_a_file_in_the_place_of_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").touch()

    with pytest.raises(StorageError):
        make_private_directory(tmp_path / "home")


def test_a_lock_keeps_others_waiting(tmp_path: Path) -> None:
    order: list[str] = []
    started = threading.Event()

    def wait_for_it() -> None:
        started.set()
        with locked(tmp_path / "a"):
            order.append("second")

    other = threading.Thread(target=wait_for_it)
    with locked(tmp_path / "a"):
        other.start()
        started.wait(10)
        order.append("first")
    other.join(10)

    assert order == ["first", "second"]
    assert mode(tmp_path / "a.lock") == 0o600


def test_a_lock_ends_with_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "a"):
        raise ZeroDivisionError

    with locked(tmp_path / "a"):
        pass


def test_a_lock_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError), locked(tmp_path / "missing" / "a"):
        pytest.fail("it was entered")


def test_a_lock_is_made_where_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError), locked(tmp_path / "a"):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_destroyed_file_is_overwritten_and_gone(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"secret")
    with (tmp_path / "key").open("rb") as kept:
        destroy(tmp_path / "key")
        assert kept.read() == bytes(6)
    assert names(tmp_path) == []


def test_only_a_file_can_be_destroyed(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"kept")
    (tmp_path / "link").symlink_to("kept")
    os.mkfifo(tmp_path / "pipe")
    for name in ("none", "link", "pipe", "."):
        with pytest.raises(StorageError):
            destroy(tmp_path / name)
    assert (tmp_path / "kept").read_bytes() == b"kept"
    assert names(tmp_path) == ["kept", "link", "pipe"]
