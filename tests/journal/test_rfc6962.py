"""The tree: against a direct reading of RFC 6962, and the vectors others published."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.journal.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    leaf_hash,
    root_of,
    tree_root,
)

LEAVES = [leaf_hash(b"%d" % number) for number in range(600)]
FLIPPED = bytes(HASH_BYTES)
SIZES = st.integers(1, len(LEAVES))


def direct(leaves: list[bytes]) -> bytes:
    """MTH as section 2.1 defines it."""
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while 2 * middle < len(leaves):
        middle *= 2
    both = direct(leaves[:middle]) + direct(leaves[middle:])
    return hashlib.sha256(b"\x01" + both).digest()


def stored(height: int, index: int) -> bytes:
    return direct(LEAVES[index << height : (index + 1) << height])


def octets(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


@pytest.mark.published
def test_the_published_vectors_pass(published: Path) -> None:
    paths = sorted((published / "rfc6962").rglob("*.json"))
    assert len(paths) == 196
    wrong = []
    for path in paths:
        vector = json.loads(path.read_text(encoding="utf-8"))
        proof = [octets(each) for each in vector["proof"] or []]
        if "size1" in vector:
            holds = is_consistent(
                vector["size1"],
                octets(vector["root1"]),
                vector["size2"],
                octets(vector["root2"]),
                proof,
            )
        else:
            holds = is_included(
                octets(vector["leafHash"]),
                vector["leafIdx"],
                vector["treeSize"],
                proof,
                octets(vector["root"]),
            )
        if holds == vector["wantErr"]:
            wrong.append(path.name)
    assert wrong == []


def test_an_empty_tree_has_a_root_of_its_own() -> None:
    assert root_of([]) == EMPTY_ROOT == tree_root(0, stored)


@given(size=SIZES)
def test_both_ways_of_hashing_are_that_of_the_rfc(size: int) -> None:
    expected = direct(LEAVES[:size])
    assert root_of(LEAVES[:size]) == expected
    assert tree_root(size, stored) == expected


@given(size=SIZES, data=st.data())
def test_every_leaf_can_be_shown_and_in_its_place_only(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1))
    proof, root = inclusion_proof(index, size, stored), direct(LEAVES[:size])
    assert is_included(LEAVES[index], index, size, proof, root)
    assert is_included(LEAVES[index], other, size, proof, root) == (other == index)
    assert is_included(LEAVES[other], index, size, proof, root) == (other == index)
    assert not is_included(LEAVES[index], index, size, [*proof, FLIPPED], root)
    assert not is_included(LEAVES[index], index, size, proof, FLIPPED)
    if proof:
        assert not is_included(LEAVES[index], index, size, proof[:-1], root)


@given(size=SIZES, data=st.data())
def test_growth_can_be_shown_and_nothing_else(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    proof = consistency_proof(old, size, stored)
    before, after = direct(LEAVES[:old]), direct(LEAVES[:size])
    assert is_consistent(old, before, size, after, proof)
    assert not is_consistent(old, FLIPPED, size, after, proof)
    assert not is_consistent(old, before, size, FLIPPED, proof)
    assert not is_consistent(old, before, size, after, [*proof, FLIPPED])
    for place in range(len(proof)):
        bent = [*proof[:place], FLIPPED, *proof[place + 1 :]]
        assert not is_consistent(old, before, size, after, bent)
        assert not is_consistent(old, before, size, after, proof[:place])


def test_what_cannot_be_shown_is_not_asked_for() -> None:
    with pytest.raises(ValueError, match="no leaf 5"):
        inclusion_proof(5, 5, stored)
    with pytest.raises(ValueError, match="cannot follow"):
        consistency_proof(0, 5, stored)
    with pytest.raises(ValueError, match="cannot follow"):
        consistency_proof(6, 5, stored)


@given(
    numbers=st.tuples(*[st.integers(-2, 2**40)] * 2),
    proof=st.lists(st.binary(min_size=32, max_size=32), max_size=70),
)
def test_no_made_up_proof_holds(numbers: tuple[int, int], proof: list[bytes]) -> None:
    first, second = numbers
    assert not is_included(LEAVES[0], first, second, proof, FLIPPED)
    if first != second:
        assert not is_consistent(first, FLIPPED, second, LEAVES[1], proof)
