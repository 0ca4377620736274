"""Releases that wait for the journal, over a restart."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.errors import JournalError, StorageError
from ostiary.journal import DoorReleased, OwnerAct, OwnerActKind, dump_entry
from ostiary.storage.releases import ReleasesFile
from ostiary.terms import ReleaseCause
from tests.conftest import NOW

RELEASED = DoorReleased(NOW, "north", ReleaseCause.WIRED)
LATER = DoorReleased(NOW + timedelta(seconds=9), "north", ReleaseCause.SUPPLY)


def test_what_waits_comes_back_and_nothing_waits_without_a_file(tmp_path: Path) -> None:
    file = ReleasesFile(tmp_path / "releases")
    assert file.read() == ()
    file.write((RELEASED, LATER))
    assert file.read() == (RELEASED, LATER)
    file.write(())
    assert file.read() == ()


def test_another_entry_does_not_get_in_that_way(tmp_path: Path) -> None:
    path = tmp_path / "releases"
    act = OwnerAct(NOW, OwnerActKind.STAFF_ADDED, bytes(32))
    path.write_text(f"{dump_entry(RELEASED).hex()}\n{dump_entry(act).hex()}\n")
    with pytest.raises(JournalError, match="another kind"):
        ReleasesFile(path).read()


@given(data=st.binary(max_size=200))
def test_whatever_lies_there_is_releases_or_a_documented_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "releases"
    for each in (data, data.hex().encode()):
        path.write_bytes(each)
        try:
            assert all(
                isinstance(found, DoorReleased) for found in ReleasesFile(path).read()
            )
        except (JournalError, StorageError):
            continue


def test_a_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "releases"
    path.write_bytes(b"00 " * (1 << 16))
    with pytest.raises(StorageError):
        ReleasesFile(path).read()
