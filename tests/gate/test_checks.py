"""`gate check` looks at everything, says how to mend it, and changes nothing."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from ostiary.cli.application import app
from ostiary.config import GateConfig
from ostiary.errors import ModelError
from ostiary.gate.checks import CHECKS, Bench, Finding, Verdict, devices, examine, files
from ostiary.gate.checks import system as machine
from ostiary.gate.checks.finding import Check
from ostiary.vision.store import ModelStore
from ostiary.web.gate.checks import CHECKS as PAGES

World: TypeAlias = Any  # tests/gate/conftest.py makes it
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Clock:
    """A clock that stands still at noon, and goes on by tenths of seconds."""

    def __init__(self) -> None:
        self._asked = 0

    def now(self) -> datetime:
        return NOON

    def seconds(self) -> float:
        self._asked += 1
        return self._asked / 10


class Chain:
    """A chain that loads; its threshold is all that is asked for."""

    threshold = 0.5


@dataclass
class Place:
    """A gate's folder, and what a check finds there."""

    world: World
    source: str | None = None
    at: datetime = NOON
    open_door: bool = False
    system: Path = field(default_factory=lambda: Path("/nowhere"))

    @property
    def path(self) -> Path:
        path: Path = self.world.home.path / "gate.toml"
        return path

    def add(self, text: str) -> None:
        self.path.write_text(self.path.read_text() + text)

    def _bench(self, config: GateConfig) -> Bench:
        return Bench(
            path=self.path,
            config=config,
            source=self.source,
            store=ModelStore(None, Path("none")),
            clock=Clock(),
            at=self.at,
            open_door=self.open_door,
            system=self.system,
        )

    def findings(self) -> list[Finding]:
        return list(examine(self.path, self._bench))

    def of(self, what: str) -> list[tuple[Verdict, str]]:
        return [
            (each.verdict, each.found) for each in self.findings() if each.what == what
        ]

    def failing(self) -> list[str]:
        return [each.what for each in self.findings() if each.verdict is Verdict.FAILS]


@pytest.fixture
def place(world: World, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A gate's folder that is in order, as a machine sees it that is."""
    monkeypatch.setattr(files, "open_chain", lambda *_: Chain())
    monkeypatch.setattr(files, "open_attack_detector", lambda *_: None)
    monkeypatch.setattr(machine, "is_synchronised", lambda: True)
    world.home.path.chmod(0o755)
    return Place(world)


def listing(folder: Path) -> list[tuple[str, int, int]]:
    return sorted(
        (str(path), path.stat().st_mtime_ns, path.stat().st_size)
        for path in folder.rglob("*")
    )


def test_a_gate_in_order_fails_nowhere_and_stays_as_it_was(place: Place) -> None:
    before = listing(place.world.home.path)
    findings = place.findings()
    assert place.failing() == []
    assert {each.what for each in findings} == {check.what for check in CHECKS}
    assert listing(place.world.home.path) == before
    for each in findings:
        assert each.found
        assert (each.verdict is Verdict.OK) == (not each.mend), each


@pytest.mark.enable_socket
def test_it_goes_on_after_what_fails(place: Place) -> None:
    place.world.home.trust_path.write_bytes(b"damaged")
    place.add('[power]\nups = "ups@127.0.0.1:9"\n')
    place.source = "/dev/video987"
    failing = place.failing()
    assert failing == [
        "trust",
        "signature",
        "keys",
        "status lists",
        "clock",
        "camera",
        "power",
    ]
    (found,) = place.of("keys")
    assert found == (Verdict.FAILS, "not looked at, since this fails: trust")


def test_a_mistake_in_the_configuration_is_told_with_its_line(place: Place) -> None:
    place.add("[vision]\nspeed = 1\n")
    (found,) = place.findings()
    assert found.verdict is Verdict.FAILS
    assert re.search(r"gate\.toml:\d+: vision\.speed is unknown", found.found)


def test_weakening_settings_are_told(place: Place) -> None:
    place.add("[credentials]\nunsafe_accept_unsealed = true\n")
    said = (Verdict.WARNING, "unsafe_accept_unsealed is on and weakens the gate")
    assert said in place.of("configuration")


def test_lists_that_are_old_are_told(place: Place) -> None:
    place.at = NOON + timedelta(hours=3)
    ((verdict, said),) = place.of("status lists")
    assert (verdict, "issued 3 hours ago: a newer one was due" in said) == (
        Verdict.WARNING,
        True,
    )
    place.at = NOON + 2 * DAY
    ((verdict, said),) = place.of("status lists")
    assert (verdict, "2 days ago: too old" in said) == (Verdict.FAILS, True)
    (path,) = place.world.home.status_paths()
    path.write_bytes(b"half a file")
    ((verdict, said),) = place.of("status lists")
    assert (verdict, str(path) in said) == (Verdict.FAILS, True)


def test_older_files_than_were_used_are_told(place: Place) -> None:
    place.world.publish(NOON)
    place.world.knowledge().at(NOON)
    place.world.publish(NOON - timedelta(hours=2))
    ((verdict, said),) = place.of("status lists")
    assert (verdict, "older than one used before" in said) == (Verdict.FAILS, True)


def test_trust_that_ends_is_told(place: Place) -> None:
    place.at = place.world.knowledge().at(NOON).trust.ends_at - DAY
    assert place.of("trust")[0][0] is Verdict.WARNING
    place.at += DAY
    assert "expired" in place.of("trust")[0][1]


def test_a_key_that_others_can_read_is_told(place: Place) -> None:
    key = place.world.home.path / "zones/north-1.private.json"
    key.chmod(0o644)
    ((verdict, said),) = place.of("keys")
    assert (verdict, "chmod 600" in said) == (Verdict.FAILS, True)


def test_files_that_anybody_can_change_are_told(place: Place) -> None:
    place.path.chmod(0o666)
    ((verdict, said),) = place.of("rights")
    assert (verdict, "gate.toml" in said) == (Verdict.FAILS, True)


def test_a_clock_that_is_behind_is_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.world.knowledge().at(NOON)
    place.at = NOON - DAY
    monkeypatch.setattr(machine, "is_synchronised", lambda: False)
    assert [verdict for verdict, _ in place.of("clock")] == [
        Verdict.FAILS,
        Verdict.WARNING,
    ]


def test_the_kernel_is_asked_about_its_clock() -> None:
    assert isinstance(machine.is_synchronised(), bool)


@pytest.mark.parametrize("height", [480, 720])
@pytest.mark.parametrize("light", [0, 127])
def test_the_camera_is_measured(
    place: Place, tmp_path: Path, height: int, light: int
) -> None:
    for number in range(3):
        picture = np.full((height, 640, 3), light, np.uint8)
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture)
    place.source = str(tmp_path)
    said = place.of("camera")
    assert said[0] == (Verdict.OK, f"640 x {height}, 2.0 pictures a second")
    warned = {text.split()[-1] for verdict, text in said if verdict is Verdict.WARNING}
    expected = {"second"} | ({"lines"} if height < 720 else set())
    assert warned == expected | ({"black"} if not light else set())


def test_the_door_moves_only_where_that_is_allowed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "open_door", lambda *_: place.world.door)
    monkeypatch.setattr(devices, "_OPEN_SECONDS", 0)
    place.findings()
    assert place.world.door.openings == 0
    place.open_door = True
    place.findings()
    assert (place.world.door.openings, place.world.door.is_open) == (1, False)


def reading(place: Place, driver: str, device: Path | str) -> tuple[Verdict, str]:
    place.add(f'[reader]\ndriver = "{driver}"\ndevice = "{device}"\n')
    (found,) = place.of("reader")
    return found


@pytest.mark.parametrize(
    ("driver", "device"),
    [
        ("serial", "/dev/null"),
        ("serial", "/dev/ttyACM77"),
        ("keyboard", "/dev/null"),
        ("nfc-simulated", "/nowhere"),
    ],
)
def test_a_reader_of_another_kind_or_none_is_told(
    place: Place, driver: str, device: str
) -> None:
    verdict, said = reading(place, driver, device)
    assert verdict is Verdict.FAILS
    assert f"does not serve as '{driver}'" in said


def test_a_reader_that_can_never_be_one_is_told(place: Place, tmp_path: Path) -> None:
    assert reading(place, "serial", tmp_path)[0] is Verdict.FAILS


def test_a_reader_that_serves_is_told(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert place.of("reader") == [(Verdict.OK, "the camera that sees faces")]
    monkeypatch.setattr(devices, "_READER_SECONDS", 0.3)
    serves = (Verdict.OK, "nfc-simulated serves")
    assert reading(place, "nfc-simulated", tmp_path) == serves


@pytest.mark.enable_socket
def test_an_address_that_is_taken_is_told(place: Place) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        place.add(f'[metrics]\nlisten = "127.0.0.1:{taken.getsockname()[1]}"\n')
        assert place.of("metrics")[0][0] is Verdict.FAILS
    assert place.of("metrics")[0][0] is Verdict.OK


SWAPS = "Filename Type Size Used Priority\n"


@pytest.mark.parametrize(
    ("swaps", "warned"),
    [
        (SWAPS, False),
        (SWAPS + "/dev/zram0 partition 8 0 100\n", False),
        (SWAPS + "/dev/dm-1 partition 8 0 100\n", False),
        (SWAPS + "/dev/dm-2 partition 8 0 100\n", True),
        (SWAPS + "/swapfile file 8 0 -2\n", True),
    ],
)
def test_swap_that_keeps_memory_is_told(
    place: Place, tmp_path: Path, swaps: str, *, warned: bool
) -> None:
    place.system = tmp_path
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/swaps").write_text(swaps)
    crypt = tmp_path / "sys/block/dm-1/dm"
    crypt.mkdir(parents=True)
    (crypt / "uuid").write_text("CRYPT-PLAIN-swap\n")
    assert (place.of("memory")[0][0] is Verdict.WARNING) == warned


def test_a_disk_without_room_is_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for free, verdict in ((0, Verdict.FAILS), (100 << 20, Verdict.WARNING)):
        usage = type("Usage", (), {"free": free})
        monkeypatch.setattr("shutil.disk_usage", lambda _, usage=usage: usage)
        assert place.of("disk")[0][0] is verdict


def test_what_the_system_refuses_is_a_finding(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(bench: Bench) -> Iterator[Finding]:
        yield Finding("one", Verdict.OK, str(bench.path))
        raise OSError(5, "Input/output error")

    def lack(bench: Bench) -> Iterator[Finding]:
        if bench.config.zone:
            raise ModelError(f"missing for {bench.config.zone}")
        yield Finding("two", Verdict.OK, "there")

    checks = (Check("one", refuse, "mend it"), Check("two", lack, "pull it"))
    monkeypatch.setattr("ostiary.gate.checks.CHECKS", checks)
    assert [(each.what, each.found, each.mend) for each in place.findings()][1:] == [
        ("one", "the system refuses: Input/output error", "mend it"),
        ("two", "missing for north", "pull it"),
    ]


@pytest.mark.enable_socket
def test_the_command_prints_a_line_each_and_fails_where_something_fails(
    place: Place,
) -> None:
    arguments = ["gate", "check", "--config", str(place.path)]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    found = [json.loads(line) for line in result.output.splitlines()]
    checks = (*CHECKS, *PAGES)
    assert {each["what"] for each in found} == {check.what for check in checks}
    assert {each["verdict"] for each in found} <= set(Verdict)
    place.path.write_text("zone = ")
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert re.search(r"^fails   configuration  .*gate\.toml:1: ", result.output)
    assert "mend: correct that" in result.output
