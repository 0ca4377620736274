"""Which presentations there are, and of whom: a directory of species of attack.

    bona-fide/SUBJECT/...           people as they are
    SPECIES/SUBJECT/...             attacks of one kind on the same people

Below a subject lie pictures, videos, and directories of either. A video is one
presentation. Pictures of one name but for a number at its end are one session, and so
are those of one directory; each session is as many presentations as it has frames for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ostiary.capture.photographs import SUFFIXES
from ostiary.errors import EvaluationError

BONA_FIDE: Final = "bona-fide"
"""Name of the one directory that holds no attacks."""

VIDEOS: Final = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm"})
"""Ends of names that are taken for videos."""

_NUMBERED: Final = re.compile(r"(.*?)[-_ ]?[0-9]+")


@dataclass(frozen=True, slots=True)
class Recording:
    """Pictures of one session in their order, or one video.

    Attributes:
        species: kind of attack, or `BONA_FIDE`.
        subject: who is shown.
        session: of which sitting.
        files: the pictures, or the one video.
        moving: whether it is a video.
    """

    species: str
    subject: str
    session: str
    files: tuple[Path, ...]
    moving: bool


@dataclass(frozen=True, slots=True)
class Recordings:
    """A directory of presentations.

    Attributes:
        name: of the directory.
        all: sorted by species, subject and session.
        astray: files that are neither picture nor video, or belong to nobody.
    """

    name: str
    all: tuple[Recording, ...]
    astray: tuple[str, ...]

    @property
    def species(self) -> tuple[str, ...]:
        """The kinds of attack, sorted."""
        return tuple(sorted({each.species for each in self.all} - {BONA_FIDE}))


def read_recordings(directory: Path) -> Recordings:
    """What lies in a directory; nothing is opened yet.

    Raises:
        EvaluationError: it cannot be read, has no bona fide presentations, or no
            attacks.
    """
    try:
        files = sorted(_files(directory), key=_in_order)
    except OSError as error:
        raise EvaluationError(
            f"{directory}: cannot be read: {error.strerror}"
        ) from error
    sessions: dict[tuple[str, str, str, bool], list[Path]] = {}
    astray = []
    for file in files:
        parts = file.relative_to(directory).parts
        moving = file.suffix.lower() in VIDEOS
        if len(parts) < len(("species", "subject", "file")) or not (
            moving or file.suffix.lower() in SUFFIXES
        ):
            astray.append("/".join(parts))
            continue
        species, subject, *folders = parts[:-1]
        session = "/".join((*folders, _session(file, alone=moving)))
        sessions.setdefault((species, subject, session, moving), []).append(file)
    found = tuple(
        Recording(species, subject, session, tuple(paths), moving)
        for (species, subject, session, moving), paths in sorted(sessions.items())
    )
    recordings = Recordings(directory.resolve().name, found, tuple(astray))
    if not recordings.species or not any(r.species == BONA_FIDE for r in found):
        raise EvaluationError(
            f"{directory}: needs {BONA_FIDE}/SUBJECT/ with pictures or videos, and "
            "beside it SPECIES/SUBJECT/ with attacks"
        )
    return recordings


def _files(directory: Path) -> Iterator[Path]:
    for entry in directory.iterdir():
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _files(entry)
        else:
            yield entry


def _in_order(path: Path) -> list[tuple[int, str]]:
    """Numbers in a name count as numbers: frame 9 comes before frame 10."""
    pieces = re.split(r"([0-9]+)", str(path))
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in pieces]


def _session(file: Path, *, alone: bool) -> str:
    numbered = None if alone else _NUMBERED.fullmatch(file.stem)
    return numbered[1] if numbered else file.stem
