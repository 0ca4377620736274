"""The search itself: every place in which a process can have left something."""

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ostiary_residue.places import Finding, files_since, search_bytes, search_files
from ostiary_residue.process import held, search_memory, search_open_files
from ostiary_residue.searcher import Searcher

_SETTLE: Final = 0.3
"""Seconds that it may work on before it is searched."""

_LOGS: Final = tuple(
    Path(path)
    for path in (
        "/var/log",
        "/run/log",
        "/var/lib/systemd/coredump",
        "/var/crash",
    )
)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A process, and what else it may have left something in.

    Attributes:
        pid: the process.
        began: when it was started, in seconds since the epoch.
        folders: its own: settings, keys, state.
        said: all that it has printed.
        camera: device and inode of a file that it takes its pictures from; None: none.
        go_on: lets it do something between two searches of its memory.
    """

    pid: int
    began: float
    folders: tuple[Path, ...]
    said: bytes = field(repr=False)
    camera: tuple[int, int] | None
    go_on: Callable[[], None]


def search(searcher: Searcher, suspect: Suspect) -> Iterator[Finding]:
    """Search everything that can be; the process stands still while it is looked at.

    Raises:
        ResidueError: it cannot be looked into, or ended meanwhile.
    """
    pid = suspect.pid
    left_out = frozenset(() if suspect.camera is None else (suspect.camera,))
    for what in ("memory", "memory, after a pause"):
        time.sleep(_SETTLE)
        with held(pid):
            yield search_memory(searcher, pid, what)
            if what == "memory":
                yield search_open_files(searcher, pid, left_out)
        suspect.go_on()
    yield search_bytes(searcher, "what it printed", suspect.said)
    for what, folders in (
        ("its own files", suspect.folders),
        ("temporary files and shared memory", _temporary()),
        ("logs, the journal and core dumps", _LOGS),
    ):
        since = 0.0 if folders == suspect.folders else suspect.began
        yield search_files(searcher, what, files_since(folders, since))


def _temporary() -> tuple[Path, ...]:
    usual = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"))  # noqa: S108 - as they are
    return tuple(dict.fromkeys((Path(tempfile.gettempdir()), *usual)))
