"""How new a status list a gate has used, so that it never goes back to an older one."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, TypeAlias

from ostiary.credential.checks import check_name, check_uri, seconds_of
from ostiary.credential.jsonfile import Members, read_object
from ostiary.credential.limits import LIMITS
from ostiary.credential.status import StatusList
from ostiary.errors import TrustListError

_VERSION: Final = 1

Marks: TypeAlias = Mapping[tuple[str, str], datetime]
"""Issuer's name and list's address -> when the newest list used was issued."""


@dataclass(frozen=True, slots=True)
class HighWater:
    """The newest status list used of each issuer and address. It only ever rises.

    Attributes:
        marks: moments of issue, whole seconds; empty where no list was used yet.
    """

    marks: Marks = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the marks.

        Raises:
            ValueError: a name, an address or a moment that cannot be one.
        """
        for (issuer, uri), issued_at in self.marks.items():
            check_name(issuer)
            check_uri(uri)
            seconds_of(issued_at)
        object.__setattr__(self, "marks", MappingProxyType(dict(self.marks)))

    def is_above(self, status: StatusList) -> bool:
        """Whether a newer list than this one was used already."""
        mark = self.marks.get((status.issuer, status.uri))
        return mark is not None and status.issued_at < mark

    def joined(self, other: "HighWater") -> "HighWater":
        """The higher of both, mark by mark."""
        marks = dict(self.marks)
        for key, issued_at in other.marks.items():
            marks[key] = max(issued_at, marks.get(key, issued_at))
        return HighWater(marks)

    def raised_by(self, lists: Iterable[StatusList], at: datetime) -> "HighWater":
        """What it is once these lists were used.

        A list of the future is not used, so it raises nothing. Else one list from a
        wrong clock would shut out all right ones that follow.
        """
        raised = self
        for status in lists:
            if not status.is_ahead(at):
                mark = {(status.issuer, status.uri): status.issued_at}
                raised = raised.joined(HighWater(mark))
        return raised


def dump_high_water(high_water: HighWater) -> bytes:
    """The file of the marks: a JSON object, UTF-8, ending in a line feed.

    Raises:
        TrustListError: more marks than the file may hold.
    """
    entries = [
        {"issuer": issuer, "uri": uri, "iat": seconds_of(issued_at)}
        for (issuer, uri), issued_at in sorted(high_water.marks.items())
    ]
    content = {"version": _VERSION, "status_lists": entries}
    data = (json.dumps(content, indent=2) + "\n").encode()
    if len(data) > LIMITS.high_water_bytes:
        raise TrustListError(f"longer than {LIMITS.high_water_bytes} bytes")
    return data


def load_high_water(data: bytes) -> HighWater:
    """Read the file of the marks.

    Raises:
        TrustListError: anything but a file as `dump_high_water` writes it.
    """
    members = read_object(data, LIMITS.high_water_bytes)
    if members.integer("version") != _VERSION:
        raise TrustListError("a record of another version")
    entries = [_read_entry(entry) for entry in members.objects("status_lists")]
    members.finish()
    marks = dict(entries)
    if len(marks) != len(entries):
        raise TrustListError("a status list stands twice")
    try:
        return HighWater(marks)
    except ValueError as error:
        raise TrustListError(f"an entry that cannot be one: {error}") from None


def _read_entry(entry: Members) -> tuple[tuple[str, str], datetime]:
    key = entry.text("issuer"), entry.text("uri")
    issued_at = entry.moment("iat")
    entry.finish()
    return key, issued_at
