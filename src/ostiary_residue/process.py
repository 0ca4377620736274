"""A process from outside: its memory, its open files, what it may leave behind.

Linux, proc(5). A process that is not dumpable, as every `ostiary` is, shows these to
root alone.
"""

import os
import re
import signal
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ostiary_residue.errors import ResidueError
from ostiary_residue.places import Finding, Place, search_place
from ostiary_residue.searcher import Searcher

_MAP: Final = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+ *(.*)", re.ASCII)
_PATIENCE: Final = 5.0
"""Seconds that a process may take to stop."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Whether something may leave the memory behind our back.

    Attributes:
        what: what is asked for.
        says: what the system says.
        safe: whether nothing can leave by it.
    """

    what: str
    says: str
    safe: bool


@contextmanager
def held(pid: int) -> Iterator[None]:
    """Stop a process for as long as it is searched, and let it go on.

    Raises:
        ResidueError: it is not there, or does not stop.
    """
    _signal(pid, signal.SIGSTOP)
    try:
        _await_stop(pid)
        yield
    finally:
        _signal(pid, signal.SIGCONT)


def search_memory(searcher: Searcher, pid: int, what: str) -> Finding:
    """Search every map that can be read, whoever shares it.

    Raises:
        ResidueError: it cannot be looked into.
    """
    finding = Finding(what)
    maps = _read(pid, "maps").splitlines()
    try:
        descriptor = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    except OSError as error:
        raise ResidueError(_no_access(pid, error)) from None
    try:
        for line in maps:
            begin, end, rights, name = _parsed(line)
            # These two are the kernel's, the same for all, and not to be read here.
            if "r" in rights and name not in {"[vvar]", "[vvar_vclock]", "[vsyscall]"}:
                place = Place(name or "nameless memory", descriptor, begin, end)
                search_place(searcher, place, finding)
    finally:
        os.close(descriptor)
    return finding


def search_open_files(
    searcher: Searcher, pid: int, left_out: frozenset[tuple[int, int]]
) -> Finding:
    """Search every regular file that it holds open, deleted ones too.

    Args:
        searcher: knows what to look for.
        pid: the process.
        left_out: device and inode of what is not searched: its camera.

    Raises:
        ResidueError: it cannot be looked into.
    """
    finding = Finding("open files, deleted ones too")
    for link in _links(pid):
        try:
            found = link.stat()
            # There is no going back in a pipe or a socket, and a device is not ours.
            if not stat.S_ISREG(found.st_mode):
                continue
            if (found.st_dev, found.st_ino) in left_out:
                continue
            descriptor = os.open(link, os.O_RDONLY)
        except OSError:
            finding.unread += 1
            continue
        try:
            place = Place(str(link.readlink()), descriptor, 0, found.st_size)
            search_place(searcher, place, finding)
        finally:
            os.close(descriptor)
    return finding


def policies(pid: int) -> Iterator[Policy]:
    """What may be written of its memory: swap, core dumps, what others may read.

    Raises:
        ResidueError: it cannot be looked into.
    """
    yield from _swap(pid)
    limits = _read(pid, "limits")
    core = re.search(r"Max core file size +(\S+) +(\S+)", limits)
    soft, hard = core.groups() if core else ("?", "?")
    no_core = (soft, hard) == ("0", "0")
    yield Policy("core dumps", f"limit {soft}, at most {hard}", no_core)
    # proc(5): of a process that is not dumpable, this belongs to root.
    owner = Path(f"/proc/{pid}/mem").stat().st_uid
    yield Policy("its memory", f"belongs to account {owner}", safe=owner == 0)


def _swap(pid: int) -> Iterator[Policy]:
    status = _read(pid, "status")
    swapped = re.search(r"VmSwap:\s+(\d+)", status)
    locked = re.search(r"VmLck:\s+(\d+)", status)
    devices = Path("/proc/swaps").read_text().splitlines()[1:]
    limit = _swap_limit(pid)
    used = int(swapped[1]) if swapped else 0
    says = f"{len(devices)} devices, {used} kB of it there, "
    says += (
        f"{locked[1] if locked else 0} kB locked, at most {limit} bytes by its cgroup"
    )
    yield Policy("swap", says, safe=used == 0 and (not devices or limit == "0"))


def _swap_limit(pid: int) -> str:
    """The cgroup's `memory.swap.max`; "max" where none is set or can be read."""
    group = re.search(r"^0::(.*)$", _read(pid, "cgroup"), re.MULTILINE)
    path = Path(f"/sys/fs/cgroup{group[1] if group else ''}/memory.swap.max")
    try:
        return path.read_text().strip()
    except OSError:
        return "max"


def _links(pid: int) -> list[Path]:
    try:
        return sorted(Path(f"/proc/{pid}/fd").iterdir())
    except OSError as error:
        raise ResidueError(_no_access(pid, error)) from None


def _parsed(line: str) -> tuple[int, int, str, str]:
    found = _MAP.fullmatch(line)
    if found is None:
        raise ResidueError("the list of its memory is not as proc(5) says")
    return int(found[1], 16), int(found[2], 16), found[3], found[4]


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError as error:
        raise ResidueError(_no_access(pid, error)) from None


def _no_access(pid: int, error: OSError) -> str:
    return (
        f"process {pid} cannot be looked into: {error.strerror}; it has ended, or "
        "hides its memory, as it should: search as root"
    )


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except OSError as error:
        raise ResidueError(_no_access(pid, error)) from None


def _await_stop(pid: int) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        state = _read(pid, "stat").rpartition(")")[2].split()[0]
        if state == "T":
            return
        if state == "Z":
            break
        time.sleep(0.01)
    raise ResidueError(f"process {pid} ended before it was searched, or does not stop")
