"""Where a tree lies: C2SP tlog-tiles, as paths and contents.

A tile is up to 256 neighbouring hashes of one level; those of level 0 are the leaves'
hashes, and those of each further level the roots of whole tiles below. A bundle is up
to 256 entries, beside the tile of their hashes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ostiary.errors import TamperedError
from ostiary.journal.limits import JOURNAL_LIMITS
from ostiary.journal.merkle import HASH_BYTES

WIDTH: Final = 256
"""Of a whole tile or bundle."""

TILE_HEIGHT: Final = 8
"""Levels of the tree that one level of tiles stands for."""

_LENGTH_BYTES: Final = 2
_DIGITS: Final = 1_000
ENTRIES: Final = "entries"


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile, or with `ENTRIES` for its row a bundle.

    Attributes:
        row: the level of tiles, from "0" up, or `ENTRIES`.
        index: counts the tiles of a row, from the left, from 0.
        width: hashes or entries in it, 1 to 256.
    """

    row: str
    index: int
    width: int

    @property
    def path(self) -> str:
        """Where it lies below the journal's directory."""
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{self.row}/{_index_path(self.index)}{partial}"

    @property
    def whole(self) -> "Tile":
        """The same place, once it is filled."""
        return replace(self, width=WIDTH)

    @property
    def first(self) -> int:
        """The number of its first hash or entry in its row."""
        return self.index * WIDTH

    @property
    def most_bytes(self) -> int:
        """What it holds at most."""
        if self.row == ENTRIES:
            return WIDTH * (_LENGTH_BYTES + JOURNAL_LIMITS.entry_bytes)
        return WIDTH * HASH_BYTES


def row(name: str, count: int) -> Iterator[Tile]:
    """The tiles of a row that has that many hashes or entries."""
    whole, rest = divmod(count, WIDTH)
    for index in range(whole):
        yield Tile(name, index, WIDTH)
    if rest:
        yield Tile(name, whole, rest)


def counts(size: int) -> Iterator[int]:
    """How many hashes the rows of a tree of that size have, from level 0 up."""
    while size:
        yield size
        size >>= TILE_HEIGHT


def write_bundle(entries: Sequence[bytes]) -> bytes:
    """Each entry after its length: two bytes, the most significant first."""
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES) + entry for entry in entries)


def read_bundle(data: bytes, tile: Tile) -> tuple[bytes, ...]:
    """The first entries of a bundle, as many as the tile is wide.

    The whole bundle serves for each of its parts, so there may be more of them.

    Raises:
        TamperedError: there are fewer, the last one ends past the end, or something
            follows the last one of a whole bundle.
    """
    entries: list[bytes] = []
    position = 0
    while len(entries) < tile.width:
        begin = position + _LENGTH_BYTES
        end = begin + int.from_bytes(data[position:begin])
        if begin > len(data) or end > len(data):
            number = tile.first + len(entries)
            raise TamperedError(f"{tile.path}: it ends before entry {number} does")
        entries.append(data[begin:end])
        position = end
    if tile.width == WIDTH and position < len(data):
        rest = len(data) - position
        raise TamperedError(f"{tile.path}: {rest} bytes follow its end")
    return tuple(entries)


def read_tile(data: bytes, tile: Tile) -> tuple[bytes, ...]:
    """The first hashes of a tile, as many as it is wide.

    Raises:
        TamperedError: there are fewer.
    """
    if len(data) < tile.width * HASH_BYTES:
        raise TamperedError(f"{tile.path}: it has fewer than {tile.width} hashes")
    begins = range(0, tile.width * HASH_BYTES, HASH_BYTES)
    return tuple(data[begin : begin + HASH_BYTES] for begin in begins)


def _index_path(index: int) -> str:
    above, last = divmod(index, _DIGITS)
    path = f"{last:03}"
    while above:
        above, part = divmod(above, _DIGITS)
        path = f"x{part:03}/{path}"
    return path
