"""The file of access tokens on a disk."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ostiary.errors import ConfigurationError, StorageError, TrustListError
from ostiary.staff.access import AccessToken, Scope
from ostiary.storage.access import AccessFile
from ostiary.storage.home import Home

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TILL = AccessToken("till", (Scope.READ,), bytes(32), AT)


@pytest.fixture
def file(tmp_path: Path) -> AccessFile:
    return Home(tmp_path / "home").access


def test_a_file_of_tokens_that_others_can_read_is_refused(file: AccessFile) -> None:
    assert file.read().all == ()
    file.change(lambda tokens: tokens.added(TILL))
    assert file.read().all == (TILL,)
    file.path.chmod(0o640)
    with pytest.raises(TrustListError, match="chmod 600"):
        file.read()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff" * 9, b"{" * 70_000])
def test_a_torn_or_huge_one_is_refused_and_never_replaced(
    file: AccessFile, content: bytes
) -> None:
    file.path.parent.mkdir()
    file.path.write_bytes(content)
    file.path.chmod(0o600)
    with pytest.raises((ConfigurationError, StorageError), match=r"tokens\.json"):
        file.change(lambda tokens: tokens.added(TILL))
    assert file.path.read_bytes() == content


def test_two_makers_at_once_lose_no_token(file: AccessFile) -> None:
    def add(number: int) -> None:
        token = AccessToken(f"t{number}", (Scope.READ,), bytes(32), AT)
        file.change(lambda tokens: tokens.added(token))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(file.read().all) == 8
