"""What a desk knows of its registry from outside it.

A database can be put back as it was last week, by a snapshot or a careless copy, and
nothing in it says so. Its desk therefore keeps count beside it: how many of its own
acts are on record, and which status lists there are. A copy that knows of fewer is
refused, until its owner accepts it as a restored one: it then hands out nothing (ADR
0066).
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ostiary.credential.jsonfile import base64url, read_object
from ostiary.errors import RegistryError, TrustListError
from ostiary.storage.files import locked, read_private, write_atomically
from ostiary.storage.register import IDENTITY_BYTES

_VERSION: Final = 1
_MAX_BYTES: Final = 2**20
"""More than eight thousand addresses of status lists."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a registry says of itself to one desk.

    Attributes:
        identity: what it is told apart by, 16 bytes.
        acts: how many acts of the desk are on record.
        lists: addresses of status lists, and whether each is closed.
    """

    identity: bytes
    acts: int
    lists: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a desk has seen of its registry.

    Attributes:
        identity: what that is told apart by, 16 bytes.
        acts: how many acts of the desk were on record.
        lists: addresses of every status list that there ever was.
    """

    identity: bytes
    acts: int
    lists: frozenset[str]

    def require(self, standing: Standing) -> None:
        """Let nothing be done with a registry that knows less than this.

        Another one in its place may be a restored one: the lists that were known before
        are closed in it. What it knows nothing of, it cannot make again: `Desk.roll`
        takes no address that stands here.

        Raises:
            RegistryError: it is an old copy, or another registry.
        """
        if standing.identity != self.identity:
            closed = [standing.lists[uri] for uri in self.lists & set(standing.lists)]
            if not all(closed) or (self.lists and not closed):
                raise RegistryError(
                    "this is another registry than the one that this desk has worked "
                    f"with, and was not restored from its backup. {ADVICE}"
                )
        elif standing.acts < self.acts:
            raise RegistryError(
                f"the registry is an old copy: it knows {standing.acts} acts of this "
                f"desk, which has seen {self.acts} on record. {ADVICE}"
            )

    def joined(self, standing: Standing) -> "Mark":
        """This, and what the registry says now."""
        lists = self.lists | set(standing.lists)
        same = standing.identity == self.identity
        # Of two desks of one home the slower one would lower the other's count.
        acts = max(standing.acts, self.acts) if same else standing.acts
        return Mark(standing.identity, acts, lists)


ADVICE: Final = (
    "Bring back the one that is missing, or go on with this one, closed: ostiary "
    "registry accept"
)


@dataclass(frozen=True, slots=True)
class MarkFile:
    """The mark, in one file.

    Every method may raise `StorageError` where the file cannot be read or written, and
    `TrustListError` where it is damaged: it is never made up anew.
    """

    path: Path

    def lists(self) -> frozenset[str]:
        """Addresses of every list that there ever was, as far as is known here."""
        mark = self._read()
        return frozenset() if mark is None else mark.lists

    def require(self, standing: Standing) -> None:
        """Let nothing be done with a registry that knows less than this desk.

        Raises:
            RegistryError: it is an old copy or another one, or this desk has lost its
                mark, so that nobody can tell.
        """
        mark = self._read()
        if mark is not None:
            mark.require(standing)
        elif standing.acts:
            raise RegistryError(
                f"{self.path} is gone, so nobody can tell whether the registry is an "
                f"old copy. {ADVICE}"
            )
        self.note(standing)

    def note(self, standing: Standing) -> None:
        """Keep what a registry says; nothing that was known is forgotten."""
        with locked(self.path):
            mark = self._read()
            known = mark or Mark(standing.identity, 0, frozenset())
            joined = known.joined(standing)
            if joined != mark:
                write_atomically(self.path, dump_mark(joined), private=True)

    def _read(self) -> Mark | None:
        if not os.path.lexists(self.path):
            return None
        try:
            return load_mark(read_private(self.path, _MAX_BYTES))
        except TrustListError as error:
            raise TrustListError(
                f"{self.path}: {error}. Bring it back, or remove it and go on with a "
                "registry that is closed: ostiary registry accept"
            ) from None


def dump_mark(mark: Mark) -> bytes:
    """The file of a mark: a JSON object, UTF-8, ending in a line feed."""
    content = {
        "version": _VERSION,
        "registry": base64url(mark.identity),
        "acts": mark.acts,
        "lists": sorted(mark.lists),
    }
    return (json.dumps(content, indent=2) + "\n").encode()


def load_mark(data: bytes) -> Mark:
    """Read the file of a mark.

    Raises:
        TrustListError: anything but a file as `dump_mark` writes it.
    """
    members = read_object(data, _MAX_BYTES)
    if members.integer("version") != _VERSION:
        raise TrustListError("a mark of another version")
    identity = members.octets("registry", IDENTITY_BYTES)
    acts, lists = members.integer("acts"), members.texts("lists")
    members.finish()
    if acts < 0:
        raise TrustListError("a mark that counts below nothing")
    return Mark(identity, acts, frozenset(lists))
