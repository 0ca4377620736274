"""A journal after a crash, at every point, in every state a disk may be left in.

The writes, flushes and renames of real appends are recorded. Of each prefix of them the
states are built that a disk may show after the power was cut there: whatever was not
flushed is there or not, each on its own, and unflushed content is old, missing, torn or
zeros. In each of them the next start has to find a whole tree with all that was
acknowledged, and what goes on from there must never have been signed otherwise.
"""

import itertools
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ostiary.storage.journal import Journal, Mended
from tests.conftest import drawn

MOST_STATES = 24
"""Of one prefix; where there are more, as many are drawn."""


@dataclass
class Node:
    """A file: what it holds for sure, and what it may hold besides."""

    sure: bytes = b""
    written: bytes | None = None

    def content(self, number: int) -> bytes:
        """One of what a cut may leave of it."""
        if self.written is None:
            return self.sure
        half = self.written[: len(self.written) // 2]
        zeros = bytes(len(self.written))
        return (self.sure, self.written, half, zeros, b"")[number]


@dataclass(frozen=True)
class Linked:
    """A file or directory got a name."""

    path: str
    node: Node | None


@dataclass(frozen=True)
class Moved:
    """A file got another name."""

    old: str
    new: str


Names = dict[str, Node | None]
"""What a disk shows: names of files, and of directories with None."""


@dataclass
class Disk:
    """Follows what a program does to files below a directory."""

    root: Path
    sure: Names = field(default_factory=dict)
    pending: list[Linked | Moved] = field(default_factory=list)
    now: Names = field(default_factory=dict)
    open: dict[int, str] = field(default_factory=dict)
    states: list[list[dict[str, bytes | None]]] = field(default_factory=list)
    published: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        for path in sorted(self.root.rglob("*")):
            node = None if path.is_dir() else Node(path.read_bytes())
            self.sure[self.name(path)] = node
        self.now = dict(self.sure)

    def name(self, path: str | os.PathLike[str]) -> str:
        return Path(path).relative_to(self.root).as_posix()

    def created(self, path: str, descriptor: int, flags: int) -> None:
        self.open[descriptor] = path
        if flags & os.O_CREAT and path not in self.now:
            node = Node()
            self.now[path] = node
            self.pending.append(Linked(path, node))
        elif flags & os.O_TRUNC:
            self.touched(path, b"")

    def touched(self, path: str, content: bytes) -> None:
        node = self.now[path]
        assert node is not None
        node.written = content

    def flushed(self, descriptor: int) -> None:
        path = self.open[descriptor]
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            inside = [each for each in self.pending if each_lies_in(each, path)]
            show(self.sure, inside)
            self.pending = [each for each in self.pending if each not in inside]
            return
        for name, node in self.now.items():
            if node is not None:
                content = (self.root / name).read_bytes()
                if content != node.sure:
                    self.touched(name, content)
        self.cut()  # Written, and not flushed yet.
        node = self.now[path]
        assert node is not None
        node.sure, node.written = (self.root / path).read_bytes(), None

    def cut(self) -> None:
        """Note the states that a cut here may leave."""
        self.states.append(list(self.left()))

    def left(self) -> Iterator[dict[str, bytes | None]]:
        kept: list[Sequence[Linked | Moved]] = []
        for count in range(len(self.pending) + 1):
            kept += itertools.combinations(self.pending, count)
        for some in kept:
            names = dict(self.sure)
            show(names, some)
            torn = any(node and node.written is not None for node in names.values())
            for number in range(5 if torn else 1):
                yield {
                    name: node.content(number) if node else None
                    for name, node in names.items()
                    if has_parents(name, names)
                }


def each_lies_in(change: Linked | Moved, folder: str) -> bool:
    path = change.path if isinstance(change, Linked) else change.new
    return Path(path).parent.as_posix() == folder


def show(names: Names, changes: Sequence[Linked | Moved]) -> None:
    for change in changes:
        if isinstance(change, Linked):
            names[change.path] = change.node
        elif change.old in names:
            names[change.new] = names.pop(change.old)


def has_parents(name: str, names: Names) -> bool:
    parents = Path(name).parents
    return all(each.as_posix() in names for each in parents if each.as_posix() != ".")


def record(disk: Disk, patch: pytest.MonkeyPatch) -> None:
    """Have the disk follow every call that changes files."""
    real_open, real_replace, real_mkdir = os.open, os.replace, os.mkdir

    def opened(path: str, flags: int, mode: int = 0o777, **more: int) -> int:
        descriptor = real_open(path, flags, mode, **more)
        if Path(path) == disk.root or disk.root in Path(path).parents:
            disk.created(disk.name(path), descriptor, flags)
            disk.cut()
        return descriptor

    def flushed(descriptor: int) -> None:
        disk.flushed(descriptor)
        disk.cut()

    def replaced(old: Path, new: Path) -> None:
        real_replace(old, new)
        disk.now[disk.name(new)] = disk.now.pop(disk.name(old))
        disk.pending.append(Moved(disk.name(old), disk.name(new)))
        disk.cut()
        disk.published.append(len(disk.states))

    def made(path: Path, mode: int = 0o777) -> None:
        real_mkdir(path, mode)
        disk.now[disk.name(path)] = None
        disk.pending.append(Linked(disk.name(path), None))
        disk.cut()

    def removed(path: Path, *, ignore_errors: bool) -> None:
        """Leave it: what was not removed has to do no harm."""

    patch.setattr(os, "open", opened)
    patch.setattr(os, "fsync", flushed)
    patch.setattr(os, "replace", replaced)
    patch.setattr(os, "mkdir", made)
    patch.setattr(shutil, "rmtree", removed)


def record_links(disk: Disk, patch: pytest.MonkeyPatch) -> None:
    """Have it follow further names of files, too; none is taken away."""
    real = os.link

    def linked(old: Path, new: Path) -> None:
        real(old, new)
        node = disk.now[disk.name(old)]
        disk.now[disk.name(new)] = node
        disk.pending.append(Linked(disk.name(new), node))
        disk.cut()

    def unlinked(path: Path, *, missing_ok: bool) -> None:
        """Leave it as well."""

    patch.setattr(os, "link", linked)
    patch.setattr(Path, "unlink", unlinked)


def build(folder: Path, state: dict[str, bytes | None]) -> None:
    for name in sorted(state):
        content = state[name]
        if content is None:
            (folder / name).mkdir(parents=True)
        else:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    (folder / "private.json").chmod(0o600)


def entries(count: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(count)]


def check(folder: Path, before: int, *, published: bool, acknowledged: bool) -> Mended:
    """What a start after a crash has to find; what it did about it."""
    old, new = entries(before), entries(before + 1)
    reopened = Journal.open(folder)
    there = list(reopened.reader.entries())
    assert reopened.reader.verify().size == len(there)
    assert there == new or (there == old and not acknowledged)
    done = reopened.append(b"afterwards")
    found = list(reopened.reader.entries())
    assert reopened.reader.verify().size == len(found) == done.index + 1
    assert found[:-1] in (there, new)
    if published:
        # Somebody may have seen that checkpoint: another of its size is never signed.
        assert found[:-1] == new
    finished = len(found) - 1 > len(there)
    assert (done.mended is Mended.FINISHED) == finished
    return done.mended


def prepare(path: Path, begins: int) -> Journal:
    """A journal of so many entries, without the parts that older trees had."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        journal = Journal.begin(path, "home", drawn(b"journal"))
        for entry in entries(begins):
            journal.append(entry)
    for part in path.glob("log/tile/*/*.p/*"):
        if int(part.name) != begins % 256 and part.parts[-3] != "1":
            part.unlink()
    (path / "log.lock").unlink()
    return journal


# First entries, and each side of the end of a bundle: 1,125 states of a disk in all.
@pytest.mark.parametrize("begins", [*range(14), 30, 100, 254, 255, 256, 257, 511, 512])
def test_whatever_a_crash_leaves_is_found_whole(begins: int, tmp_path: Path) -> None:
    journal = prepare(tmp_path / "journal", begins)
    disk = Disk(journal.path)
    with pytest.MonkeyPatch.context() as patch:
        record(disk, patch)
        journal.append(entries(begins + 1)[-1])
    disk.cut()
    draw = random.Random(begins)  # noqa: S311 - which states, and no secret
    checked: dict[tuple[bool, bool, frozenset[tuple[str, bytes | None]]], Mended] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        for point, states in enumerate(disk.states):
            published = point >= disk.published[0]
            acknowledged = point == len(disk.states) - 1
            for state in draw.sample(states, min(len(states), MOST_STATES)):
                key = published, acknowledged, frozenset(state.items())
                if key not in checked:
                    folder = tmp_path / f"{len(checked)}"
                    build(folder, state)
                    checked[key] = check(
                        folder, begins, published=published, acknowledged=acknowledged
                    )
    assert set(checked.values()) == set(Mended)
    assert len(checked) > 20


def test_a_beginning_cut_short_is_begun_again_and_a_first_entry_stays(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    disk = Disk(home)
    with pytest.MonkeyPatch.context() as patch:
        record(disk, patch)
        record_links(disk, patch)
        journal = Journal.begin(home / "journal", "home", drawn(b"journal"))
        journal.append(b"first")
    disk.cut()
    draw = random.Random(3)  # noqa: S311 - which states, and no secret
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        for point, states in enumerate(disk.states):
            for number, state in enumerate(draw.sample(states, min(len(states), 8))):
                folder = tmp_path / f"{point}-{number}"
                folder.mkdir()
                for name, content in sorted(state.items()):
                    place = folder / name
                    if content is None:
                        place.mkdir()
                    else:
                        place.write_bytes(content)
                        place.chmod(0o600)
                again = Journal.begin(folder / "journal", "home", drawn(b"another"))
                there = list(again.reader.entries())
                assert again.append(b"second").index in (len(there), len(there) + 1)
                assert again.reader.verify().size
                if point == len(disk.states) - 1:
                    assert there == [b"first"]
                    assert again.key.public == journal.key.public


APPENDING = """
import os, sys
from itertools import count
from pathlib import Path
from ostiary.storage.journal import Journal

journal = Journal.open(Path(sys.argv[1]))
for number in count():
    entry = b"%d-%d" % (os.getpid(), number)
    print(journal.append(entry).index, entry.decode(), flush=True)
"""


def test_killed_at_any_moment_it_loses_nothing_that_was_acknowledged(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal"
    journal = Journal.begin(path, "home", drawn(b"journal"))
    draw = random.Random(9)  # noqa: S311 - when, and no secret
    acknowledged: dict[int, bytes] = {}
    for _ in range(6):
        process = subprocess.Popen(  # noqa: S603 - this very interpreter
            [sys.executable, "-c", APPENDING, str(path)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        with process:
            told = [process.stdout.readline()]
            time.sleep(draw.uniform(0, 0.2))
            process.send_signal(signal.SIGKILL)
            told += process.stdout.readlines()
        for index, entry in (line.split() for line in told):
            acknowledged[int(index)] = entry
        there = list(journal.reader.entries())
        assert journal.reader.verify().size == len(there)
        assert all(there[index] == entry for index, entry in acknowledged.items())
        assert len(set(there)) == len(there)
    assert len(acknowledged) > 6
