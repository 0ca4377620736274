"""A gate whose disk is full, or takes no writing any more, and does again."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from ostiary.errors import StorageError
from ostiary.reasons import Reason
from ostiary.storage.attempts import AttemptsFile
from ostiary.storage.high_water import HighWaterFile
from ostiary.storage.home import Home
from ostiary.transaction import Rules
from ostiary.transaction.attempts import MARK_STEP
from tests.gate.visits import AT, Visit, serve

World: TypeAlias = Any  # tests/gate/conftest.py makes it
HOUR = timedelta(hours=1)
STRANGER, HOLDER = (0, 1, 0, 0), (1, 0, 0, 0)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of half a megabyte."""
    path = tmp_path / "disk"
    path.mkdir()
    if not _mounted("-t", "tmpfs", "-o", "size=512k", "none", path):
        pytest.skip("only root may mount a disk of its own, and not everywhere")
    yield path
    subprocess.run(["umount", path], check=True)  # noqa: S603, S607 - ours


def _mounted(*words: str | Path) -> bool:
    done = subprocess.run(["mount", *words], capture_output=True, check=False)  # noqa: S603, S607 - ours
    return done.returncode == 0


@pytest.fixture
def world(world: World, disk: Path) -> World:
    """The world of all these tests, on that disk, with a list of two hours ago."""
    world.home = Home(disk / "home")
    world.settle()
    world.publish(AT - 2 * HOUR)
    world.rules = Rules(0.5, passage_seconds=0.2, rest_seconds=0.2)
    return world


def fill(disk: Path) -> None:
    """Leave not one byte."""
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


@dataclass(frozen=True)
class Fault:
    """What befalls a disk, and how it is mended."""

    begins: Callable[[Path], object]
    ends: Callable[[Path], object]


FAULTS = {
    "full": Fault(fill, lambda disk: (disk / "filler").unlink()),
    "read-only": Fault(
        lambda disk: _mounted("-o", "remount,ro", disk),
        lambda disk: _mounted("-o", "remount,rw", disk),
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_newer_list_that_cannot_be_noted_opens_nothing_until_it_can(
    world: World, disk: Path, fault: Fault
) -> None:
    text = world.issue().text
    record = HighWaterFile(world.home.high_water_path)

    def comes() -> None:
        world.publish(AT - HOUR)
        fault.begins(disk)

    reasons = serve(
        world,
        Visit(text),
        Visit(text, before=comes),
        Visit(text),
        Visit(text, before=lambda: fault.ends(disk)),
    )
    assert reasons == [
        Reason.HOLDER_VERIFIED,
        Reason.GATE_NOT_READY,
        Reason.GATE_NOT_READY,
        Reason.HOLDER_VERIFIED,
    ]
    assert max(record.read().marks.values()) == AT - HOUR


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_try_that_cannot_be_counted_is_the_last_until_it_can(
    world: World, disk: Path, fault: Fault
) -> None:
    text = world.issue().text
    mark = AttemptsFile(world.home.path / "attempts.json")

    def comes(person: tuple[int, ...]) -> None:
        world.vision.person = person

    def ends() -> None:
        fault.ends(disk)
        comes(HOLDER)

    def begins() -> None:
        fault.begins(disk)
        comes(STRANGER)

    reasons = serve(
        world,
        Visit(text),
        Visit(text, before=begins),
        Visit(text, before=lambda: comes(HOLDER)),
        Visit(text, before=ends),
    )
    assert reasons == [
        Reason.HOLDER_VERIFIED,
        Reason.NON_MATCH,
        Reason.GATE_NOT_READY,
        Reason.HOLDER_VERIFIED,
    ]
    assert mark.read() == MARK_STEP
    assert not [path for path in disk.rglob(".*") if path.suffix != ".lock"]


def test_a_gate_does_not_start_on_a_disk_that_is_full(world: World, disk: Path) -> None:
    fill(disk)
    with pytest.raises(StorageError, match="No space left"):
        serve(world, Visit("no pass"))
    assert world.door.openings == 0
