"""The tree in its tiles: its right edge, which grows, and all of it, to be checked.

Bytes come from a reader that is handed in, and go out as contents by path.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from ostiary.errors import JournalError, TamperedError
from ostiary.journal.limits import JOURNAL_LIMITS
from ostiary.journal.merkle import leaf_hash, root_of
from ostiary.journal.tiles import (
    ENTRIES,
    TILE_HEIGHT,
    WIDTH,
    Tile,
    counts,
    read_bundle,
    read_tile,
    row,
    write_bundle,
)

ReadTile: TypeAlias = Callable[[Tile], bytes]
"""The content of a tile or bundle, or of the whole one in its place.

Raises `TamperedError` where neither is there.
"""

Files: TypeAlias = Mapping[str, bytes]
"""Contents by path below the journal's directory."""

Visit: TypeAlias = Callable[[bytes], object]
"""Is shown entries one by one."""

Hashes: TypeAlias = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree: all that its root and its growth depend on.

    Attributes:
        size: leaves of the tree.
        rows: the hashes in the last, partial tile of each level; empty where the last
            one is whole.
        entries: those in the last, partial bundle.
    """

    size: int = 0
    rows: tuple[Hashes, ...] = ()
    entries: tuple[bytes, ...] = ()

    @property
    def root(self) -> bytes:
        """The root of the tree; 32 bytes."""
        below: Hashes = ()
        for hashes in self.rows:
            # What is left over below has less than one of these: it is their last.
            whole = (*hashes, *below)
            below = (root_of(whole),) if whole else ()
        return root_of(below)

    def appended(self, entry: bytes) -> tuple["Edge", Files]:
        """The edge with one entry more, and the files that this makes.

        Raises:
            JournalError: an entry that is too long, or one too many.
        """
        if len(entry) > JOURNAL_LIMITS.entry_bytes:
            most = JOURNAL_LIMITS.entry_bytes
            raise JournalError(f"an entry has at most {most} bytes, not {len(entry)}")
        if self.size >= JOURNAL_LIMITS.size:
            raise JournalError("the journal is full; begin another")
        entries = (*self.entries, entry)
        bundle = Tile(ENTRIES, self.size // WIDTH, len(entries))
        files = {bundle.path: write_bundle(entries)}
        rows = list(self.rows)
        risen: bytes | None = leaf_hash(entry)
        for level, count in enumerate(counts(self.size + 1)):
            if risen is None:
                break
            hashes = (*(rows[level] if level < len(rows) else ()), risen)
            tile = Tile(f"{level}", (count - 1) // WIDTH, len(hashes))
            files[tile.path] = b"".join(hashes)
            whole = len(hashes) == WIDTH
            risen = root_of(hashes) if whole else None
            rows[level : level + 1] = [() if whole else hashes]
        left = () if len(entries) == WIDTH else entries
        return Edge(self.size + 1, tuple(rows), left), files


def read_edge(size: int, read: ReadTile) -> Edge:
    """The right edge of the tree of that size.

    Raises:
        TamperedError: a file is missing or short, or the entries of the last bundle are
            not those that the tree holds.
    """
    rows = tuple(
        _last(f"{level}", count, read) for level, count in enumerate(counts(size))
    )
    width = size % WIDTH
    if not width:
        return Edge(size, rows)
    bundle = Tile(ENTRIES, size // WIDTH, width)
    entries = read_bundle(read(bundle), bundle)
    _check_leaves(bundle, map(leaf_hash, entries), rows[0])
    return Edge(size, rows, entries)


def read_entry(index: int, size: int, read: ReadTile) -> bytes:
    """One entry of the tree of that size.

    Raises:
        TamperedError: its bundle is missing or short.
    """
    place = index // WIDTH
    bundle = Tile(ENTRIES, place, min(WIDTH, size - place * WIDTH))
    return read_bundle(read(bundle), bundle)[index % WIDTH]


def read_entries(size: int, read: ReadTile) -> Iterator[bytes]:
    """All entries of the tree of that size, in order.

    Raises:
        TamperedError: a bundle is missing or short.
    """
    for bundle in row(ENTRIES, size):
        yield from read_bundle(read(bundle), bundle)


@dataclass(frozen=True, slots=True)
class StoredTree:
    """Hashes of complete subtrees, from the tiles of a tree of that size."""

    size: int
    read: ReadTile

    def __call__(self, height: int, index: int) -> bytes:
        """The hash of one, as proofs ask for it."""
        level, above = divmod(height, TILE_HEIGHT)
        first = index << above
        count = self.size >> level * TILE_HEIGHT
        place = first // WIDTH
        tile = Tile(f"{level}", place, min(WIDTH, count - place * WIDTH))
        begin = first % WIDTH
        return root_of(read_tile(self.read(tile), tile)[begin : begin + (1 << above)])


def check_tree(size: int, root: bytes, read: ReadTile, visit: Visit) -> None:
    """Work the whole tree out of its entries, and compare each tile and the root.

    Args:
        size: entries of the tree.
        root: as it is signed; 32 bytes.
        read: reads tiles and bundles.
        visit: is shown each entry, in order, as it was hashed. What it saw counts only
            once this returns.

    Raises:
        TamperedError: something is not as it was signed; the message says where.
    """
    hashes: Iterable[bytes] = _hashed(read_entries(size, read), visit)
    rows: list[Hashes] = []
    for level, count in enumerate(counts(size)):
        made = iter(hashes)
        risen: list[bytes] = []
        rest: Hashes = ()
        for tile in row(f"{level}", count):
            found = tuple(islice(made, tile.width))
            there = read_tile(read(tile), tile)
            if level == 0:
                _check_leaves(tile, found, there)
            elif found != there:
                raise TamperedError(f"{tile.path}: not the roots of the tiles below it")
            if tile.width == WIDTH:
                risen.append(root_of(found))
            else:
                rest = found
        rows.append(rest)
        hashes = risen
    if Edge(size, tuple(rows)).root != root:
        raise TamperedError(
            f"the tree of {size} entries has another root than its checkpoint signs"
        )


def _hashed(entries: Iterable[bytes], visit: Visit) -> Iterator[bytes]:
    for entry in entries:
        visit(entry)
        yield leaf_hash(entry)


def _last(name: str, count: int, read: ReadTile) -> Hashes:
    """The hashes in a row's last tile, where that is partial."""
    width = count % WIDTH
    if not width:
        return ()
    tile = Tile(name, count // WIDTH, width)
    return read_tile(read(tile), tile)


def _check_leaves(tile: Tile, made: Iterable[bytes], there: Sequence[bytes]) -> None:
    for number, (one, other) in enumerate(zip(made, there, strict=True), tile.first):
        if one != other:
            raise TamperedError(
                f"entry {number} is not what the tree holds in its place "
                f"(bundle and tile {tile.index})"
            )
