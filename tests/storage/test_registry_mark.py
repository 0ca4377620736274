"""An old copy of a registry is known for one, from outside it."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.errors import RegistryError, TrustListError
from ostiary.storage.registry.mark import (
    Mark,
    MarkFile,
    Standing,
    dump_mark,
    load_mark,
)

HERE = Standing(bytes(16), 3, {"urn:a": False, "urn:b": True})
MARK = Mark(bytes(16), 7, frozenset({"urn:a"}))
OTHER = replace(HERE, identity=b"o" * 16)


@pytest.fixture
def file(tmp_path: Path) -> MarkFile:
    file = MarkFile(tmp_path / "registry.mark")
    file.note(HERE)
    return file


def test_what_knows_as_much_or_more_is_let_be(file: MarkFile) -> None:
    file.require(HERE)
    file.require(replace(HERE, acts=4, lists={**HERE.lists, "urn:c": False}))
    assert file.lists() == {"urn:a", "urn:b", "urn:c"}
    assert file.path.stat().st_mode & 0o77 == 0


def test_what_knows_less_is_an_old_copy(file: MarkFile) -> None:
    with pytest.raises(RegistryError, match=r"old copy.*ostiary registry accept"):
        file.require(replace(HERE, acts=2))


def test_another_registry_hands_out_nothing_of_lists_that_are_known(
    file: MarkFile,
) -> None:
    for lists in (
        {"urn:a": False},
        {"urn:a": True, "urn:b": False},
        {},
        {"urn:c": True},
    ):
        with pytest.raises(RegistryError, match="another registry"):
            file.require(replace(OTHER, lists=lists))
    file.require(replace(OTHER, acts=0, lists={"urn:a": True, "urn:c": False}))
    # From here on it is this one, and nothing was forgotten.
    assert file.lists() == {"urn:a", "urn:b", "urn:c"}
    with pytest.raises(RegistryError, match="another registry"):
        file.require(HERE)


def test_without_a_mark_a_desk_that_did_nothing_begins_and_another_stops(
    tmp_path: Path,
) -> None:
    file = MarkFile(tmp_path / "registry.mark")
    with pytest.raises(RegistryError, match="is gone"):
        file.require(HERE)
    file.require(replace(HERE, acts=0))
    file.require(HERE)


def test_the_slower_of_two_lowers_nothing(file: MarkFile) -> None:
    file.note(replace(HERE, acts=2))
    with pytest.raises(RegistryError, match="old copy"):
        file.require(replace(HERE, acts=2))


@given(
    st.builds(
        Mark,
        st.binary(min_size=16, max_size=16),
        st.integers(min_value=0),
        st.frozensets(st.text()),
    )
)
def test_a_mark_is_read_as_it_was_written(mark: Mark) -> None:
    assert load_mark(dump_mark(mark)) == mark


@given(st.binary() | st.integers(0, 200).map(lambda n: dump_mark(MARK)[:n]))
def test_rubbish_is_refused_as_such(data: bytes) -> None:
    try:
        load_mark(data)
    except TrustListError:
        return
    assert load_mark(data) == MARK


@pytest.mark.parametrize(
    "data",
    [
        dump_mark(replace(MARK, acts=-1)),
        dump_mark(MARK).replace(b'"version": 1', b'"version": 2'),
        dump_mark(MARK).replace(b"7", b'7, "more": 1'),
        b"",
    ],
)
def test_a_damaged_mark_is_not_made_up_anew(file: MarkFile, data: bytes) -> None:
    file.path.write_bytes(data)
    for act in (file.require, file.note):
        with pytest.raises(TrustListError, match=r"registry\.mark.*accept"):
            act(HERE)
    assert file.path.read_bytes() == data
