import secrets
from pathlib import Path

import pytest

from ostiary.errors import StorageError
from ostiary.gate.attempts import AttemptCounter
from ostiary.storage.attempts import AttemptsFile
from ostiary.transaction.attempts import GATE_SECONDS, GATE_TRIES


def test_what_is_written_is_read_and_nothing_else_is_in_it(tmp_path: Path) -> None:
    file = AttemptsFile(tmp_path / "attempts.json")
    assert file.read() == 0
    file.write(15)
    assert file.read() == 15
    assert file.path.read_text() == '{"version": 1, "tries": 15}\n'


@pytest.mark.parametrize("length", [0, 100, 4096])
def test_a_damaged_one_counts_as_full_and_is_mended(
    tmp_path: Path, length: int
) -> None:
    file = AttemptsFile(tmp_path / "attempts.json")
    file.path.write_bytes(b"\0" * length)
    assert file.read() == GATE_TRIES
    counter = AttemptCounter(file, secrets.token_bytes)
    counter.pass_time(0.0)
    counter.pass_time(GATE_TRIES * GATE_SECONDS)
    assert file.path.read_text() == '{"version": 1, "tries": 0}\n'


def test_one_that_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    file = AttemptsFile(tmp_path / "attempts.json")
    file.path.mkdir()
    with pytest.raises(StorageError):
        file.read()
    with pytest.raises(StorageError):
        file.write(5)
    with pytest.raises(StorageError):
        AttemptsFile(tmp_path / "nowhere" / "attempts.json").write(5)
