"""What a gate has relied upon, so that it never goes back to anything older."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, TypeAlias

from ostiary.credential.checks import check_name, check_uri, seconds_of
from ostiary.credential.jsonfile import Members, base64url, read_object
from ostiary.credential.limits import LIMITS
from ostiary.credential.status import StatusList
from ostiary.credential.trust import TrustList
from ostiary.errors import TrustListError

_VERSION: Final = 2
_DIGEST_BYTES: Final = 32

Marks: TypeAlias = Mapping[tuple[str, str], datetime]
"""Issuer's name and list's address -> when the newest list used was issued."""


@dataclass(frozen=True, slots=True)
class TrustMark:
    """Which trust list, under which root document.

    A list that was drawn up under a later root document is the later one, whatever its
    version: whoever took the keys of trust lists may have counted them up to the end.

    Attributes:
        root_version: of the root document when the list was drawn up.
        version: of the list.
        digest: SHA-256 of what was signed; 32 bytes.
    """

    root_version: int
    version: int
    digest: bytes

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a version or a digest that cannot be one.
        """
        if min(self.root_version, self.version) < 1:
            raise ValueError("versions count from 1")
        if len(self.digest) != _DIGEST_BYTES:
            raise ValueError("a SHA-256 has 32 bytes")

    @classmethod
    def of(cls, trust: TrustList) -> "TrustMark":
        """The mark of a list that was read from a signed file."""
        return cls(trust.root_version, trust.version, trust.digest)

    @property
    def height(self) -> tuple[int, int]:
        """What lists are ordered by."""
        return self.root_version, self.version


@dataclass(frozen=True, slots=True)
class HighWater:
    """The newest that a gate has relied upon, of each kind. It only ever rises.

    Attributes:
        marks: of status lists; empty where none was used yet.
        root: the latest version of a root document; 0 where none was used yet.
        trust: the newest trust list; None where none was used yet.
        time: the highest time seen; None where none was noted yet. Moments are whole
            seconds.
    """

    marks: Marks = field(default_factory=dict)
    root: int = 0
    trust: TrustMark | None = None
    time: datetime | None = None

    def __post_init__(self) -> None:
        """Check the marks.

        Raises:
            ValueError: a name, an address, a version or a moment that cannot be one.
        """
        for (issuer, uri), issued_at in self.marks.items():
            check_name(issuer)
            check_uri(uri)
            seconds_of(issued_at)
        if self.root < 0:
            raise ValueError("versions count from 1")
        if self.time is not None:
            seconds_of(self.time)
        object.__setattr__(self, "marks", MappingProxyType(dict(self.marks)))

    @property
    def moments(self) -> Iterator[datetime]:
        """Every moment that has been, by this record."""
        yield from self.marks.values()
        if self.time is not None:
            yield self.time

    def is_above(self, status: StatusList) -> bool:
        """Whether a newer list than this one was used already."""
        mark = self.marks.get((status.issuer, status.uri))
        return mark is not None and status.issued_at < mark

    def is_above_trust(self, trust: TrustList) -> bool:
        """Whether a newer trust list or root document was used already.

        So is another list of the same version: one of the two is a forgery.
        """
        if trust.root is not None and trust.root.version < self.root:
            return True
        mark = TrustMark.of(trust)
        if self.trust is None or mark.height > self.trust.height:
            return False
        return mark != self.trust

    def joined(self, other: "HighWater") -> "HighWater":
        """The higher of both, mark by mark; of two of one height, its own."""
        marks = dict(self.marks)
        for key, issued_at in other.marks.items():
            marks[key] = max(issued_at, marks.get(key, issued_at))
        return HighWater(
            marks=marks,
            root=max(self.root, other.root),
            trust=max(
                filter(None, (self.trust, other.trust)),
                key=lambda mark: mark.height,
                default=None,
            ),
            time=max(filter(None, (self.time, other.time)), default=None),
        )

    def raised_by(self, lists: Iterable[StatusList], at: datetime) -> "HighWater":
        """What it is once these status lists were used.

        A list of the future is not used, so it raises nothing. Else one list from a
        wrong clock would shut out all right ones that follow.
        """
        raised = self
        for status in lists:
            if not status.is_ahead(at):
                mark = {(status.issuer, status.uri): status.issued_at}
                raised = raised.joined(HighWater(mark))
        return raised

    def raised_by_trust(self, trust: TrustList, at: datetime) -> "HighWater":
        """What it is once this trust list, and its root document, were used.

        One of the future, or past its end, is not used and raises nothing.
        """
        if trust.root is None or trust.is_ahead(at) or not trust.is_in_force(at):
            return self
        root = trust.root.version
        return self.joined(HighWater(root=root, trust=TrustMark.of(trust)))


def dump_high_water(high_water: HighWater) -> bytes:
    """The file of the marks: a JSON object, UTF-8, ending in a line feed.

    Raises:
        TrustListError: more marks than the file may hold.
    """
    content: dict[str, object] = {
        "version": _VERSION,
        "status_lists": [
            {"issuer": issuer, "uri": uri, "iat": seconds_of(issued_at)}
            for (issuer, uri), issued_at in sorted(high_water.marks.items())
        ],
        "root": high_water.root,
    }
    if high_water.trust is not None:
        content["trust"] = {
            "root": high_water.trust.root_version,
            "version": high_water.trust.version,
            "sha256": base64url(high_water.trust.digest),
        }
    if high_water.time is not None:
        content["time"] = seconds_of(high_water.time)
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
    root = members.integer("root")
    trust = _read_trust(members.member("trust")) if "trust" in members else None
    time = members.moment("time") if "time" in members else None
    members.finish()
    marks = dict(entries)
    if len(marks) != len(entries):
        raise TrustListError("a status list stands twice")
    try:
        return HighWater(marks, root, trust, time)
    except ValueError as error:
        raise TrustListError(f"an entry that cannot be one: {error}") from None


def _read_entry(entry: Members) -> tuple[tuple[str, str], datetime]:
    key = entry.text("issuer"), entry.text("uri")
    issued_at = entry.moment("iat")
    entry.finish()
    return key, issued_at


def _read_trust(entry: Members) -> TrustMark:
    versions = entry.integer("root"), entry.integer("version")
    digest = entry.octets("sha256", _DIGEST_BYTES)
    entry.finish()
    try:
        return TrustMark(*versions, digest)
    except ValueError as error:
        raise TrustListError(f"a mark that cannot be one: {error}") from None
