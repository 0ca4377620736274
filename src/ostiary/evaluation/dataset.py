"""Which pictures there are, and whose: a directory of people, or a table.

    PERSON/IMAGE                              as LFW is laid out
    path,person[,session][,quality][,LABEL]   a table; LABEL groups people

What a name says is all that is known of a person: no label is ever inferred from a
face.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Final

from ostiary.capture.photographs import SUFFIXES
from ostiary.errors import EvaluationError
from ostiary.storage.files import read_limited

MAX_TABLE_BYTES: Final = 64 * 2**20
"""Longest table that is read, in bytes: about half a million pictures."""

MOST_LABELS: Final = 10
"""Columns that group people."""

MOST_GROUPS: Final = 40
"""Groups of one label: every two of them are told apart, with an interval."""

_NEEDED: Final = ("path", "person")
_KNOWN: Final = (*_NEEDED, "session", "quality")
_BEST_QUALITY: Final = 100.0


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of one person.

    Attributes:
        path: where it lies.
        name: how reports name it: from the person's directory on, or as in the table.
        person: whose it is.
        session: of which sitting; empty where that is not known.
        quality: 0 to 100, higher is better; None: neither given nor measured.
    """

    path: Path
    name: str
    person: str
    session: str = ""
    quality: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """Pictures of people.

    Attributes:
        name: of the directory or the table.
        pictures: sorted by person, session and name.
        has_sessions: whether every picture has a session.
        labels: label to person to group; every person has every label.
        missing: names that the table has and the disk has not.
        astray: pictures that belong to nobody.
    """

    name: str
    pictures: tuple[Picture, ...]
    has_sessions: bool = False
    labels: Mapping[str, Mapping[str, str]]
    missing: tuple[str, ...] = ()
    astray: tuple[str, ...] = ()


def read_data_set(path: Path) -> DataSet:
    """The pictures of a directory, or those that a table names.

    Args:
        path: a directory, or a CSV file whose paths count from where it lies.

    Raises:
        EvaluationError: no pictures, or a table that is not in order; says which row.
        StorageError: it cannot be read.
    """
    data_set = _read_directory(path) if path.is_dir() else _read_table(path)
    if not data_set.pictures:
        raise EvaluationError(f"{path}: no pictures in PERSON/IMAGE, or in the table")
    return data_set


def _read_directory(path: Path) -> DataSet:
    try:
        people = [person for person in sorted(path.iterdir()) if not _hidden(person)]
        pictures = tuple(
            Picture(image, f"{person.name}/{image.name}", person.name)
            for person in people
            if person.is_dir()
            for image in sorted(person.iterdir())
            if not _hidden(image)
        )
    except OSError as error:
        raise EvaluationError(f"{path}: cannot be read: {error.strerror}") from error
    astray = tuple(
        entry.name
        for entry in people
        if not entry.is_dir() and entry.suffix.lower() in SUFFIXES
    )
    return DataSet(
        name=path.resolve().name, pictures=pictures, labels={}, astray=astray
    )


def _hidden(path: Path) -> bool:
    return path.name.startswith(".")


def _read_table(path: Path) -> DataSet:
    rows = list(_rows(path))
    names = [name for name in rows[0] if name not in _KNOWN] if rows else []
    if len(names) > MOST_LABELS:
        raise EvaluationError(f"{path}: more than {MOST_LABELS} columns of labels")
    found, missing, seen = [], [], set[str]()
    for number, row in enumerate(rows, start=2):
        picture = _picture(row, path.parent, number)
        if picture.name in seen:
            raise EvaluationError(f"row {number} names a picture for the second time")
        seen.add(picture.name)
        if _is_there(picture.path):
            found.append(picture)
        else:
            missing.append(picture.name)
    sessions = [bool(picture.session) for picture in found]
    if any(sessions) and not all(sessions):
        raise EvaluationError("some pictures have a session and others have none")
    return DataSet(
        name=path.stem,
        pictures=tuple(sorted(found, key=lambda p: (p.person, p.session, p.name))),
        has_sessions=any(sessions),
        labels={name: _groups(rows, name) for name in names},
        missing=tuple(missing),
    )


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # A name that is too long.
        return False


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        text = read_limited(path, MAX_TABLE_BYTES).decode("utf-8-sig")
        reader = csv.DictReader(StringIO(text, newline=""), strict=True)
        columns: Sequence[str] = reader.fieldnames or ()
        if len(set(columns)) < len(columns) or not {*_NEEDED} <= {*columns}:
            raise EvaluationError(
                f"{path}: the first row names the columns, each once: path, person, "
                "and if wanted session, quality and labels"
            )
        for number, row in enumerate(reader, start=2):
            if None in row or None in row.values():
                raise EvaluationError(f"row {number} has more or fewer columns")
            yield row
    except (UnicodeDecodeError, csv.Error):
        raise EvaluationError(f"{path}: not a table in CSV and UTF-8") from None


def _picture(row: Mapping[str, str], base: Path, number: int) -> Picture:
    name, person = row["path"], row["person"]
    if not name or not person or "\0" in name:
        raise EvaluationError(f"row {number} lacks its path or its person")
    quality = row.get("quality", "")
    return Picture(
        base / name,
        name,
        person,
        row.get("session", ""),
        _quality(quality, number) if quality else None,
    )


def _quality(text: str, number: int) -> float:
    try:
        quality = float(text)
    except ValueError:
        quality = -1.0
    if not 0 <= quality <= _BEST_QUALITY:
        raise EvaluationError(f"row {number}: quality is a number from 0 to 100")
    return quality


def _groups(rows: Sequence[Mapping[str, str]], label: str) -> dict[str, str]:
    """Group by person; a person is in one group, and in no unnamed one."""
    groups: dict[str, str] = {}
    for number, row in enumerate(rows, start=2):
        if not row[label] or groups.setdefault(row["person"], row[label]) != row[label]:
            raise EvaluationError(
                f"row {number}: {label} is missing, or another than before for the "
                "same person"
            )
    if len(set(groups.values())) > MOST_GROUPS:
        raise EvaluationError(f"{label} has more than {MOST_GROUPS} groups")
    return groups
