"""Finds stretches in bytes, hundreds of thousands of them in one go.

Any 16 bytes in a row hold an eight-byte word at an address that eight divides. So of
what is searched only those words are looked up: in two tables of hashes, then among the
sorted words of all stretches, then byte by byte.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ostiary_residue.patterns import LONG_RUN, Patterns

_WORD: Final = 8
MARGIN: Final = LONG_RUN
"""Bytes before and after a piece that are needed to tell what lies at its ends."""

_BITS: Final = 26
_MULTIPLIERS: Final = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xD1B54A32D192ED03),
)
"""Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4): 2^64 by the golden
ratio, and by that of two dimensions."""

_VALUES: Final = 4
"""Least number of different bytes in a word that is looked up."""

_VARIED: Final = 6
"""The same in all of a run."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    kind: str
    data: bytes
    run: int


class Searcher:
    """Looks for all patterns at once.

    Args:
        patterns: what to look for.
    """

    def __init__(self, patterns: Patterns) -> None:
        self._stretches: list[_Stretch] = []
        words, owners, places = [], [], []
        for block in patterns.blocks:
            windows = np.lib.stride_tricks.sliding_window_view(
                block.stretches, _WORD, axis=1
            )
            chosen = _places(windows.shape[1], block.run)
            count = len(windows)
            words.append(windows[:, chosen].copy().view(np.uint64).reshape(-1))
            first = len(self._stretches)
            owners.append(np.repeat(np.arange(first, first + count), len(chosen)))
            places.append(np.tile(chosen, count))
            self._stretches += [
                _Stretch(block.kind, row.tobytes(), block.run)
                for row in block.stretches
            ]
        if not words:
            raise ValueError("there is nothing to search for")
        self._index(
            np.concatenate(words), np.concatenate(owners), np.concatenate(places)
        )

    def _index(
        self,
        words: NDArray[np.uint64],
        owners: NDArray[np.intp],
        places: NDArray[np.intp],
    ) -> None:
        rich = _rich(words)
        words, owners, places = words[rich], owners[rich], places[rich]
        order = np.argsort(words, kind="stable")
        self._words = words[order]
        self._owners, self._places = owners[order], places[order]
        self._tables = [np.zeros(1 << _BITS, np.bool_) for _ in _MULTIPLIERS]
        for table, multiplier in zip(self._tables, _MULTIPLIERS, strict=True):
            table[_hashed(self._words, multiplier)] = True

    def search(self, data: NDArray[np.uint8], begin: int, end: int) -> Iterator[str]:
        """The kind of each stretch that is left in a piece, once for each run of it.

        Args:
            data: the piece, and what there is of `MARGIN` before and after it; begins
                at an address that eight divides.
            begin: where the piece begins.
            end: where it ends; a run that begins later belongs to the next piece.
        """
        words = data[: len(data) // _WORD * _WORD].view(np.uint64)
        maybe = np.arange(0)
        for number, multiplier in enumerate(_MULTIPLIERS):
            asked = words[maybe] if number else words
            known = np.flatnonzero(self._tables[number][_hashed(asked, multiplier)])
            maybe = maybe[known] if number else known
        left = np.searchsorted(self._words, words[maybe], "left")
        right = np.searchsorted(self._words, words[maybe], "right")
        runs: set[tuple[str, int]] = set()
        for at, first, last in zip(maybe * _WORD, left, right, strict=True):
            for entry in range(first, last):
                run = self._run(data, int(at), entry)
                if run is not None and begin <= run[1] < end:
                    runs.add(run)
        yield from (kind for kind, _ in runs)

    def _run(
        self, data: NDArray[np.uint8], at: int, entry: int
    ) -> tuple[str, int] | None:
        """The kind of a stretch, and where what is left of it begins; None: chance."""
        stretch = self._stretches[self._owners[entry]]
        place = int(self._places[entry])
        before = min(place, at)
        there = data[at - before : at - place + len(stretch.data)].tobytes()
        wanted = stretch.data[place - before :]
        back = _alike(there[:before][::-1], wanted[:before][::-1])
        on = _alike(there[before:], wanted[before:])
        # Cut at the margin, so that two pieces tell the same of where a run begins.
        run = there[before - back : before + on]
        by_chance = len(run) < stretch.run or len(set(run)) < _VARIED
        return None if by_chance else (stretch.kind, at - back)


def _places(width: int, run: int) -> NDArray[np.intp]:
    """Where in a stretch words are taken, so that each run holds one of them.

    A run holds so many words that begin at addresses that eight divides; one in as many
    is enough.
    """
    every = (run - _WORD + 1) // _WORD
    places = np.arange(width)
    chosen: NDArray[np.intp] = places[places // _WORD % every == 0]
    return chosen


def _alike(one: bytes, other: bytes) -> int:
    """How many bytes are the same from the start."""
    for number, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return number
    return min(len(one), len(other))


def _hashed(words: NDArray[np.uint64], multiplier: np.uint64) -> NDArray[np.int64]:
    return ((words * multiplier) >> np.uint64(64 - _BITS)).view(np.int64)


def _rich(words: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Whether a word has enough different bytes to be worth looking up."""
    inside = np.sort(words.view(np.uint8).reshape(-1, _WORD), axis=1)
    different: NDArray[np.intp] = (np.diff(inside, axis=1) != 0).sum(1)
    return different + 1 >= _VALUES
