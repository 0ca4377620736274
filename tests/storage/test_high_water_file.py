"""The record on the disk: kept over restarts, shared, and never made up anew."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostiary.credential import HighWater
from ostiary.errors import StorageError, TrustListError
from ostiary.storage.high_water import HighWaterFile

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


def mark(hours: int, uri: str = "urn:acme") -> HighWater:
    return HighWater({("acme", uri): AT + timedelta(hours=hours)})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "high-water.json"


def test_without_a_file_nothing_was_used_yet(path: Path) -> None:
    assert HighWaterFile(path).read() == HighWater()
    assert not path.exists()


def test_it_is_kept_for_whoever_reads_it_next(path: Path) -> None:
    assert HighWaterFile(path).raise_to(mark(1)) == mark(1)
    assert HighWaterFile(path).read() == mark(1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hours=st.lists(st.integers(-100, 100), min_size=1, max_size=5))
def test_the_file_only_ever_rises(path: Path, hours: list[int]) -> None:
    path.unlink(missing_ok=True)
    highest = hours[0]
    for each in hours:
        highest = max(highest, each)
        assert HighWaterFile(path).raise_to(mark(each)) == mark(highest)


def test_gates_that_share_a_file_lose_nothing(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(40):
            pool.submit(HighWaterFile(path).raise_to, mark(0, f"urn:{number}"))
    assert len(HighWaterFile(path).read().marks) == 40


def test_what_did_not_change_is_not_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    HighWaterFile(path).raise_to(mark(1))
    monkeypatch.setattr(os, "replace", None)
    HighWaterFile(path).raise_to(mark(0))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff" * 10])
def test_a_damaged_record_is_named_and_not_replaced(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(TrustListError, match=r"high-water\.json.*damaged.*how-to"):
        HighWaterFile(path).read()
    with pytest.raises(TrustListError):
        HighWaterFile(path).raise_to(mark(1))
    assert path.read_bytes() == content


def test_a_link_that_leads_nowhere_is_not_taken_for_a_missing_file(path: Path) -> None:
    path.symlink_to("nowhere")
    with pytest.raises(StorageError):
        HighWaterFile(path).read()


def test_a_full_disk_leaves_the_record_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    HighWaterFile(path).raise_to(mark(1))
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="No space left"):
            HighWaterFile(path).raise_to(mark(2))
    assert HighWaterFile(path).read() == mark(1)
