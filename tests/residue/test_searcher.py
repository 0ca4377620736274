"""Every form of what is planted is found, at any address, and nothing else is."""

import os

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ostiary.terms import Features
from ostiary_residue.patterns import (
    LONG_RUN,
    PICTURE_RUN,
    RUN,
    Patterns,
    add_picture,
    add_template,
)
from ostiary_residue.places import PIECE, Finding, Place, search_bytes, search_place
from ostiary_residue.searcher import Searcher

RNG = np.random.default_rng(1)


def made() -> Patterns:
    patterns = Patterns()
    values = RNG.normal(size=256).astype(np.float32)
    add_template(patterns, "template", Features("x/1", values / np.linalg.norm(values)))
    picture = RNG.normal(128, 30, (120, 120, 3)).clip(0, 255).astype(np.uint8)
    add_picture(patterns, "picture", picture)
    return patterns


PATTERNS = made()
SEARCHER = Searcher(PATTERNS)
BLOCKS = [(block.kind, block.stretches[0], block.run) for block in PATTERNS.blocks]


def found(data: bytes) -> dict[str, int]:
    finding = search_bytes(SEARCHER, "here", data)
    return {kind: count for (kind, _), count in finding.found.items()}


@given(st.sampled_from(BLOCKS), st.integers(0, 63), st.data())
def test_what_is_left_of_any_form_is_found_at_any_address(
    block: tuple[str, np.ndarray[tuple[int], np.dtype[np.uint8]], int],
    before: int,
    data: st.DataObject,
) -> None:
    kind, stretch, run = block
    first = data.draw(st.integers(0, len(stretch) - run))
    left = stretch[first : first + run].tobytes()
    words = (left[at : at + 8] for at in range(run - 7))
    # Where next to all bytes are the same there has to be more.
    assume(min(len(set(word)) for word in words) >= 4 and len(set(left)) >= 6)
    assert kind in found(b"\xff" * before + left + b"\xff" * 200)


@pytest.mark.parametrize("kind", sorted(PATTERNS.kinds))
def test_each_form_as_a_whole_is_found(kind: str) -> None:
    (stretch, *_) = [s for k, s, _ in BLOCKS if k == kind]
    assert found(b"\xff" * 77 + stretch.tobytes() + b"\xff" * 77)[kind] >= 1


def test_it_knows_all_the_forms() -> None:
    kinds = set(PATTERNS.kinds)
    for form in (
        *("int4", "int8", "int4, base64", "int4, base45", "int4, hexadecimal"),
        *("int4, unpacked", "int4, read, float32", "int4, read, float64"),
        *("int8, read, float16", "int4, not normalised, float32"),
    ):
        assert f"template, {form}" in kinds
    for form in ("pixels", "pixels, red first", "grey", "planes, float32", "JPEG"):
        assert f"picture, {form}" in kinds


def test_less_than_a_run_is_chance() -> None:
    kind, stretch, run = BLOCKS[0]
    assert kind == "template, int4"
    assert run == RUN < PICTURE_RUN < LONG_RUN
    assert not found(b"\xff" * 9 + stretch[: RUN - 1].tobytes() + b"\xff" * 99)


def test_random_bytes_and_zeros_are_nothing() -> None:
    assert not found(RNG.bytes(1 << 22))
    assert not found(bytes(1 << 20))


@pytest.mark.parametrize("shift", [-200, -40, -8, -3, 0, 5])
def test_a_run_over_the_end_of_a_piece_is_found_once(shift: int) -> None:
    _, stretch, _ = BLOCKS[0]
    data = bytearray(b"\xff" * (PIECE + 4096))
    data[PIECE + shift : PIECE + shift + len(stretch)] = stretch.tobytes()
    descriptor = os.memfd_create("there")
    try:
        os.write(descriptor, data)
        finding = Finding("there")
        search_place(SEARCHER, Place("there", descriptor, 0, len(data)), finding)
    finally:
        os.close(descriptor)
    assert finding.found == {("template, int4", "there"): 1}
    assert finding.size >= len(data)


def test_there_has_to_be_something_to_search_for() -> None:
    with pytest.raises(ValueError, match="nothing"):
        Searcher(Patterns())
