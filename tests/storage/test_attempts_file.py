from pathlib import Path

import pytest

from ostiary.errors import StorageError
from ostiary.storage.attempts import AttemptsFile
from ostiary.transaction.attempts import GATE_TRIES


def test_what_is_written_is_read_and_nothing_else_is_in_it(tmp_path: Path) -> None:
    file = AttemptsFile(tmp_path / "attempts.json")
    assert file.read() == 0
    file.write(15)
    assert file.read() == 15
    assert file.path.read_text() == '{"version": 1, "tries": 15}\n'


def test_a_damaged_one_counts_as_full(tmp_path: Path) -> None:
    file = AttemptsFile(tmp_path / "attempts.json")
    file.path.write_bytes(b"\0" * 100)
    assert file.read() == GATE_TRIES


def test_one_that_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    file = AttemptsFile(tmp_path / "attempts.json")
    file.path.mkdir()
    with pytest.raises(StorageError):
        file.read()
    with pytest.raises(StorageError):
        file.write(5)
    with pytest.raises(StorageError):
        AttemptsFile(tmp_path / "nowhere" / "attempts.json").write(5)
