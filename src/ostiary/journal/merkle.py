"""Merkle tree hashing (RFC 6962 section 2.1), and proofs (RFC 9162 section 2.1).

The tree's shape depends on its size alone. A complete subtree is named by its height
and by how many of that height lie to its left; whoever keeps the tree says its hash.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

HASH_BYTES: Final = 32

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

Stored: TypeAlias = Callable[[int, int], bytes]
"""Height and index of a complete subtree -> its hash."""

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


def leaf_hash(entry: bytes) -> bytes:
    """What an entry is in the tree; 32 bytes."""
    return hashlib.sha256(_LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """What two neighbours are one level up; 32 bytes."""
    return hashlib.sha256(_NODE + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over neighbouring subtrees of one size, of which the last may be less.

    Pairing from the left and leaving an odd one for the next round gives the tree of
    RFC 6962, which splits at the largest power of two.
    """
    if not hashes:
        return EMPTY_ROOT
    row = list(hashes)
    while len(row) > 1:
        odd = row[len(row) & ~1 :]
        pairs = zip(row[::2], row[1::2], strict=False)
        row = [node_hash(left, right) for left, right in pairs] + odd
    return row[0]


def tree_root(size: int, stored: Stored) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return _root(0, size, stored) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, stored: Stored) -> list[bytes]:
    """What shows that a leaf stands there in the tree of that size.

    Raises:
        ValueError: the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    return _path(index, 0, size, stored)


def consistency_proof(old: int, size: int, stored: Stored) -> list[bytes]:
    """What shows that the tree of that size begins with the older, smaller one.

    Raises:
        ValueError: the older tree is empty, which shows nothing, or is the larger.
    """
    if not 0 < old <= size:
        raise ValueError(f"a tree of {size} leaves cannot follow one of {old}")
    return _shared(old, 0, size, stored, known=True)


def is_included(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether the proof shows it (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size or len(leaf) != HASH_BYTES:
        return False
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            # Where the last node has no sibling, it rises alone.
            rise = _zeros(place)
            place, last = place >> rise, last >> rise
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(
    old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the proof shows it (RFC 9162 section 2.1.4.2).

    With an empty older tree there is nothing to show, and that is no proof.
    """
    if not 0 < old <= size:
        return False
    if old == size:
        return not proof and old_root == root
    # A complete older tree is its own first node.
    nodes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not nodes:
        return False
    rise = _zeros(~(old - 1))
    place, last = (old - 1) >> rise, (size - 1) >> rise
    before = after = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(node, before), node_hash(node, after)
            rise = _zeros(place)
            place, last = place >> rise, last >> rise
        else:
            after = node_hash(after, node)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == root


def _zeros(number: int) -> int:
    """How many binary zeros a number ends in; none, for 0."""
    return (number & -number).bit_length() - 1 if number else 0


def _split(leaves: int) -> int:
    """The largest power of two below it."""
    return 1 << (leaves - 1).bit_length() - 1


def _root(begin: int, end: int, stored: Stored) -> bytes:
    leaves = end - begin
    if leaves & (leaves - 1) == 0:
        height = leaves.bit_length() - 1
        return stored(height, begin >> height)
    middle = begin + _split(leaves)
    return node_hash(_root(begin, middle, stored), _root(middle, end, stored))


def _path(index: int, begin: int, end: int, stored: Stored) -> list[bytes]:
    if end - begin == 1:
        return []
    middle = begin + _split(end - begin)
    if index < middle:
        below = _path(index, begin, middle, stored)
        return [*below, _root(middle, end, stored)]
    return [*_path(index, middle, end, stored), _root(begin, middle, stored)]


def _shared(
    old: int, begin: int, end: int, stored: Stored, *, known: bool
) -> list[bytes]:
    """SUBPROOF of RFC 9162; `known` while the verifier knows this subtree's root."""
    if old == end:
        return [] if known else [_root(begin, end, stored)]
    middle = begin + _split(end - begin)
    if old <= middle:
        below = _shared(old, begin, middle, stored, known=known)
        return [*below, _root(middle, end, stored)]
    below = _shared(old, middle, end, stored, known=False)
    return [*below, _root(begin, middle, stored)]
