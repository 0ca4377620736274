"""A journal after a crash, at every point and in every state that a disk may be left in.

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
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ostiary.storage import journal as storage
from ostiary.storage.journal import Journal, Mended
from tests.conftest import drawn

MOST_STATES = 24
"""Of one prefix; where there are more, as many are drawn."""

CUT_POINTS = 1_000
"""At least so many in all."""


@dataclass
class Node:
    """A file: what it holds for sure, and what it may hold besides."""

    sure: bytes = b""
    written: bytes | None = None

    def contents(self) -> Sequence[bytes]:
        if self.written is None:
            return (self.sure,)
        half = self.written[: len(self.written) // 2]
        zeros = bytes(len(self.written))
        return (self.sure, self.written, half, zeros, b"")


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
        content = (self.root / path).read_bytes()
        self.touched(path, content)
        self.cut()  # Written, and not flushed yet.
        node = self.now[path]
        assert node is not None
        node.sure, node.written = content, None

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
            torn = [
                node for node in names.values() if node and node.written is not None
            ]
            for number in range(5 if torn else 1):
                yield {
                    name: node and node.contents()[number % len(node.contents())]
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
    patch.setattr(storage.shutil, "rmtree", removed)


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


def check(folder: Path, acknowledged: int, *, published: bool) -> Mended:
    """What a start after a crash has to find; what it did about it."""
    reopened = Journal.open(folder)
    there = list(reopened.reader.entries())
    assert reopened.reader.verify().size == len(there)
    assert there in (entries(acknowledged), entries(acknowledged + 1))
    done = reopened.append(b"afterwards")
    found = list(reopened.reader.entries())
    assert reopened.reader.verify().size == len(found) == done.index + 1
    assert found[:-1] in (there, entries(acknowledged + 1))
    if published:
        # Somebody may have seen that checkpoint: another of its size is never signed.
        assert found[:-1] == entries(acknowledged + 1)
    finished = len(found) - 1 > len(there)
    assert (done.mended is Mended.FINISHED) == finished
    return done.mended


@pytest.mark.parametrize("begins", [0, 1, 254, 255, 256])
def test_whatever_a_crash_leaves_is_found_whole(begins: int, tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        written = Journal.begin(path, "home", drawn(b"journal"))
        for entry in entries(begins):
            written.append(entry)
    (path / "log.lock").unlink()
    disk = Disk(path)
    with pytest.MonkeyPatch.context() as patch:
        record(disk, patch)
        written.append(entries(begins + 1)[-1])
    draw = random.Random(begins)  # noqa: S311 - which states, and no secret
    seen = set()
    count = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        for point, states in enumerate(disk.states):
            published = point >= disk.published[0]
            for state in draw.sample(states, min(len(states), MOST_STATES)):
                folder = tmp_path / "left"
                build(folder, state)
                seen.add(check(folder, begins, published=published))
                shutil.rmtree(folder)
                count += 1
    assert seen == set(Mended)
    assert count >= CUT_POINTS / 5
