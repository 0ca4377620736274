"""A list of people who are to get passes, as a spreadsheet exports it.

    id,zones,from,days,hours,photos,consent,consented
    staff 7,north;south,,30,,7-a.jpg;7-b.jpg,2026-11,2026-11-20
    staff 8,north,2026-12-01,30,"north=mon-fri,08:00-18:00",,,

Every cell may have come from anywhere: none is taken for a path, and none goes into the
report that a spreadsheet would take for a formula.
"""

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from ostiary.credential import Hours
from ostiary.desk.consent import VERSION
from ostiary.desk.hours import read_hours
from ostiary.errors import ConfigurationError
from ostiary.storage.registry.records import (
    MOST_ZONES,
    Consent,
    ConsentMeans,
    check_own,
    own_octets,
)

MAX_BYTES: Final = 2**24
MOST_PEOPLE: Final = 100_000
MOST_PHOTOGRAPHS: Final = 10
MOST_DAYS: Final = 3_650

COLUMNS: Final = (
    "id",
    "zones",
    "from",
    "days",
    "hours",
    "photos",
    "consent",
    "consented",
)

_DAYS: Final = re.compile("[1-9][0-9]{0,3}")
_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")

_FORMULA: Final = tuple("=+-@\t\r\n")
"""What spreadsheets take for the beginning of one (OWASP, CSV injection), of full width
or not."""

_FILE_BYTES: Final = 255
"""Of a name, in every file system that people use."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is to get a pass.

    Attributes:
        own: the owner's own reference; the batch knows by it who has a pass already.
        zones: what the pass opens.
        begins: the first moment of its first day, in UTC; None: when it is issued.
        days: from then until it expires.
        hours: weekdays and hours by zone; a zone that is not named opens always.
        photographs: names of files; none for the lane without a face.
        consent: to the face; None without one.
    """

    own: str = field(repr=False)
    zones: tuple[str, ...]
    begins: datetime | None
    days: int
    hours: Mapping[str, tuple[Hours, ...]]
    photographs: tuple[str, ...] = field(repr=False)
    consent: Consent | None

    def window(self, at: datetime) -> tuple[datetime, datetime]:
        """From when to when the pass is valid, if it is issued now.

        Raises:
            ValueError: its last day is over, or later than there are days.
        """
        begins = self.begins or at
        try:
            ends = begins + timedelta(days=self.days)
        except OverflowError:
            raise ValueError("days: end after the last day there is") from None
        if ends <= at:
            raise ValueError("days: the last one is over")
        return begins, ends


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list: a person, or what is wrong with it.

    Attributes:
        number: of the line, from 2: the first holds the names of the columns.
        person: None where something is wrong.
        fault: what; empty where nothing is.
    """

    number: int
    person: Person | None
    fault: str = ""


def read_people(data: bytes) -> list[Line]:
    """Read a list: CSV (RFC 4180) in UTF-8, with the columns of `COLUMNS`.

    Raises:
        ConfigurationError: it is no such file, so that no line of it can be trusted.
    """
    try:
        text = data.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except UnicodeDecodeError:
        raise ConfigurationError(
            "the list is not in UTF-8; export it anew as 'CSV UTF-8'"
        ) from None
    except csv.Error as error:
        raise ConfigurationError(f"the list is no CSV file: {error}") from None
    if not rows or tuple(rows[0]) != COLUMNS:
        raise ConfigurationError(f"the list's first line is: {','.join(COLUMNS)}")
    if len(rows) > 1 + MOST_PEOPLE:
        raise ConfigurationError(f"a list has at most {MOST_PEOPLE} people")
    counts = Counter(own_octets(row[0]) for row in rows[1:] if row)
    return [_line(number, row, counts) for number, row in enumerate(rows[1:], 2) if row]


def _line(number: int, row: list[str], counts: Mapping[bytes, int]) -> Line:
    try:
        _check_row(row, counts)
        return Line(number, _person(row))
    except ValueError as error:
        return Line(number, None, str(error))


def _check_row(row: list[str], counts: Mapping[bytes, int]) -> None:
    if len(row) != len(COLUMNS):
        raise ValueError(f"has {len(row)} columns in place of {len(COLUMNS)}")
    for name, cell in zip(COLUMNS, row, strict=True):
        _check_cell(name, cell)
    if counts[own_octets(row[0])] > 1:
        raise ValueError("id: stands in the list more than once")


def _check_cell(name: str, cell: str) -> None:
    if unicodedata.normalize("NFKC", cell[:1]).startswith(_FORMULA):
        raise ValueError(f"{name}: begins like a formula")
    if not cell.isprintable() and cell:
        raise ValueError(f"{name}: has characters that do not print")


def _person(row: list[str]) -> Person:
    own, zones, begins, days, hours, photos, version, consented = row
    try:
        check_own(own)
    except ValueError as error:
        raise ValueError(f"id: {error}") from None
    named = tuple(zones.split(";"))
    if len(named) > MOST_ZONES:
        raise ValueError(f"zones: at most {MOST_ZONES}")
    photographs = tuple(photos.split(";")) if photos else ()
    if len(photographs) > MOST_PHOTOGRAPHS:
        raise ValueError(f"photos: at most {MOST_PHOTOGRAPHS}")
    for name in photographs:
        _check_file(name)
    consent = _consent(version, consented) if photographs else None
    if not photographs and (version or consented):
        raise ValueError("consent: to what, without photographs?")
    return Person(
        own=own,
        zones=named,
        begins=_midnight("from", begins) if begins else None,
        days=_days(days),
        hours=_hours(hours),
        photographs=photographs,
        consent=consent,
    )


def _days(text: str) -> int:
    if not _DAYS.fullmatch(text) or int(text) > MOST_DAYS:
        raise ValueError(f"days: a number from 1 to {MOST_DAYS}")
    return int(text)


def _check_file(name: str) -> None:
    """A photograph is a file in the one folder, whatever the list says."""
    if not name or name.startswith(".") or set(name) & {"/", "\\", ":"}:
        raise ValueError("photos: names of files, without folders")
    if len(name.encode()) > _FILE_BYTES:
        raise ValueError("photos: no file has so long a name")


def _consent(version: str, consented: str) -> Consent:
    if version != VERSION:
        raise ValueError(f"consent: has to be to version {VERSION}, the current one")
    moment = _midnight("consented", consented)
    return Consent(version, moment, ConsentMeans.PAPER)


def _midnight(column: str, text: str) -> datetime:
    """The first moment of a day, in UTC."""
    if not _DAY.fullmatch(text):
        raise ValueError(f"{column}: a day, like 2026-11-20")
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise ValueError(f"{column}: there is no such day") from None


def _hours(text: str) -> Mapping[str, tuple[Hours, ...]]:
    try:
        return read_hours(text.split(";")) if text else {}
    except ConfigurationError:
        raise ValueError(
            "hours: like north=mon-fri,08:00-18:00, several with ; between them"
        ) from None
