"""The file of staff accounts on a disk."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from ostiary.errors import ConfigurationError, StorageError, TrustListError
from ostiary.staff import Account, Accounts, StaffRole
from ostiary.staff.passwords import NOBODY
from ostiary.storage.staff import StaffFile

KIM = Account("kim", StaffRole.ATTENDANT, NOBODY)


@pytest.fixture
def file(tmp_path: Path) -> StaffFile:
    return StaffFile(tmp_path / "new" / "staff.json")


def test_without_a_file_there_is_nobody(file: StaffFile) -> None:
    assert file.read() == Accounts()


def test_what_was_changed_is_read_again_and_private(file: StaffFile) -> None:
    file.change(lambda staff: staff.added(KIM))
    assert file.read() == Accounts((KIM,))
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert file.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_that_others_can_read_is_refused(file: StaffFile) -> None:
    file.change(lambda staff: staff.added(KIM))
    file.path.chmod(0o640)
    with pytest.raises(TrustListError, match="chmod 600"):
        file.read()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff" * 9, b"{" * 70_000])
def test_a_torn_or_huge_file_is_refused_and_never_replaced(
    file: StaffFile, content: bytes
) -> None:
    file.path.parent.mkdir()
    file.path.write_bytes(content)
    file.path.chmod(0o600)
    with pytest.raises((ConfigurationError, StorageError), match=r"staff\.json"):
        file.change(lambda staff: staff.added(KIM))
    assert file.path.read_bytes() == content


def test_what_is_no_file_is_refused(file: StaffFile) -> None:
    file.path.mkdir(parents=True)
    with pytest.raises(StorageError):
        file.read()


def test_a_change_that_fails_leaves_it(file: StaffFile) -> None:
    file.change(lambda staff: staff.added(KIM))

    def refuse(staff: Accounts) -> Accounts:
        raise StorageError(f"no room after {len(staff.all)}")

    with pytest.raises(StorageError, match="no room after 1"):
        file.change(refuse)
    assert file.read() == Accounts((KIM,))


def test_two_at_once_lose_nothing(file: StaffFile) -> None:
    def add(number: int) -> None:
        new = replace(KIM, name=f"a{number}")
        file.change(lambda staff: staff.added(new))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(file.read().all) == 8
