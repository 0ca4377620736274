"""Looking into a process, and its files, from outside."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ostiary_residue.command import CANNOT, main
from ostiary_residue.errors import ResidueError
from ostiary_residue.patterns import Patterns
from ostiary_residue.places import files_since, search_files
from ostiary_residue.process import held, policies, search_memory, search_open_files
from ostiary_residue.searcher import Searcher

# Its hexadecimal form is on the command line, which is not searched for.
SECRET = np.random.default_rng(3).bytes(64)
HOLDS = """
import os, sys, tempfile
secret = bytes.fromhex(sys.argv[1])
file = tempfile.TemporaryFile()
file.write(secret)
file.flush()
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def searcher() -> Searcher:
    patterns = Patterns()
    patterns.whole("secret", SECRET)
    return Searcher(patterns)


@pytest.fixture
def holder() -> Iterator[int]:
    """A process that holds the secret, in memory and in a file without a name."""
    with subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-c", HOLDS, SECRET.hex()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
        process.kill()


def test_what_a_process_holds_is_found(searcher: Searcher, holder: int) -> None:
    with held(holder):
        memory = search_memory(searcher, holder, "memory")
    assert memory.found.total() >= 1
    assert memory.places > 10
    files = search_open_files(searcher, holder, frozenset())
    ((_, place),) = files.found
    assert "(deleted)" in place


def test_its_camera_is_left_out(searcher: Searcher, holder: int) -> None:
    regular = [
        path.stat() for path in Path(f"/proc/{holder}/fd").iterdir() if path.is_file()
    ]
    left_out = frozenset((found.st_dev, found.st_ino) for found in regular)
    assert left_out
    assert not search_open_files(searcher, holder, left_out).found


def test_a_process_goes_on_after_the_search(searcher: Searcher, holder: int) -> None:
    with held(holder):
        pass
    state = Path(f"/proc/{holder}/stat").read_text().rpartition(")")[2].split()[0]
    assert state != "T"


def test_a_process_that_may_dump_its_memory_is_not_safe(holder: int) -> None:
    told = {policy.what: policy for policy in policies(holder)}
    limits = Path(f"/proc/{holder}/limits").read_text()
    assert set(told) == {"swap", "core dumps", "its memory"}
    core = [line.split()[4] for line in limits.splitlines() if "core" in line]
    assert told["core dumps"].safe is (
        core == ["0"] and "most 0" in told["core dumps"].says
    )


def test_a_process_that_has_ended_is_no_clean_one(searcher: Searcher) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    for look in (
        lambda: search_memory(searcher, process.pid, "memory"),
        lambda: search_open_files(searcher, process.pid, frozenset()),
        lambda: list(policies(process.pid)),
        lambda: held(process.pid).__enter__(),
    ):
        with pytest.raises(ResidueError, match="looked into"):
            look()


def test_files_that_were_changed_are_searched(
    searcher: Searcher, tmp_path: Path
) -> None:
    old, new = tmp_path / "old", tmp_path / "deep" / "new"
    new.parent.mkdir()
    old.write_bytes(SECRET)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(old)
    began = time.time()  # noqa: TID251 - as the file system has it
    later = began + 10
    new.write_bytes(b"before" + SECRET)
    os.utime(new, (later, later))
    assert list(files_since([tmp_path], began + 5)) == [new]
    assert list(files_since([tmp_path / "nowhere"], 0)) == []
    finding = search_files(searcher, "files", [new, tmp_path / "gone"])
    assert finding.found == {("secret", str(new)): 1}
    assert finding.unread == 1


def test_what_cannot_be_searched_is_said_and_is_not_clean(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["gate", "--faces", str(tmp_path), "--models", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["ostiary-residue", *words])
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == CANNOT
    assert "ostiary-residue: " in capsys.readouterr().err
