"""Places that are searched: stretches of memory, and files."""

import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from ostiary_residue.searcher import MARGIN, Searcher

PIECE: Final = 1 << 20
"""Bytes that are searched at a time."""


@dataclass(slots=True)
class Finding:
    """What a search of several places came to.

    Attributes:
        what: what was searched.
        places: how many places: maps, files.
        size: how many bytes were read.
        unread: how many files or pieces of memory could not be, or not whole.
        found: how many runs, by kind and place. Never what they hold.
    """

    what: str
    places: int = 0
    size: int = 0
    unread: int = 0
    found: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of something that can be read at any offset.

    Attributes:
        name: what to call it.
        descriptor: an open file.
        begin: where it begins, a multiple of eight.
        end: where it ends.
    """

    name: str
    descriptor: int
    begin: int
    end: int


def search_place(searcher: Searcher, place: Place, finding: Finding) -> None:
    """Search one place, and add what came of it to the finding."""
    finding.places += 1
    for begin in range(place.begin, place.end, PIECE):
        end = min(begin + PIECE, place.end)
        first = max(place.begin, begin - MARGIN)
        try:
            raw = os.pread(place.descriptor, end + MARGIN - first, first)
        except OSError:
            # The kernel's own pages, or a file that is gone: said, not passed over.
            finding.unread += 1
            continue
        finding.unread += len(raw) < end - first
        finding.size += min(len(raw), end - first)
        data = np.frombuffer(raw, np.uint8)
        for kind in searcher.search(data, begin - first, end - first):
            finding.found[kind, place.name] += 1


def search_bytes(searcher: Searcher, what: str, data: bytes) -> Finding:
    """Search bytes that are here already."""
    finding = Finding(what, places=1, size=len(data))
    found = searcher.search(np.frombuffer(data, np.uint8), 0, len(data))
    finding.found.update((kind, what) for kind in found)
    return finding


def search_files(searcher: Searcher, what: str, paths: Iterable[Path]) -> Finding:
    """Search files; what is gone meanwhile or may not be read counts as unread."""
    finding = Finding(what)
    for path in paths:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        except OSError:
            finding.unread += 1
            continue
        try:
            size = os.fstat(descriptor).st_size
            search_place(searcher, Place(str(path), descriptor, 0, size), finding)
        finally:
            os.close(descriptor)
    return finding


def files_since(folders: Iterable[Path], moment: float) -> Iterator[Path]:
    """Regular files below folders that were changed since a moment.

    Args:
        folders: where; one that is not there is empty.
        moment: seconds since the epoch, as the file system counts them.
    """
    for folder in folders:
        for base, _, names in os.walk(folder):
            for path in (f"{base}/{name}" for name in names):
                if _is_newer(path, moment):
                    yield Path(path)


def _is_newer(path: str, moment: float) -> bool:
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and max(found.st_mtime, found.st_ctime) >= moment
