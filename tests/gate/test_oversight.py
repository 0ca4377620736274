"""A gate that runs is watched over as its configuration says."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC
from http.client import HTTPConnection
from io import StringIO
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from typer.testing import CliRunner

from ostiary.capture.qr import qr_image
from ostiary.cli import gate as command
from ostiary.cli.application import app
from ostiary.config import load_config
from ostiary.gate.clock import SystemClock
from ostiary.gate.condition import Watching
from ostiary.gate.displays import Display
from ostiary.gate.logs import Log
from ostiary.gate.loop import Equipment, Gate
from ostiary.gate.oversight import overseen
from ostiary.gate.ups import PowerWatch
from ostiary.ports import LiveSource
from ostiary.reasons import Reason
from ostiary.terms import Image, Sight

pytestmark = pytest.mark.enable_socket

World: TypeAlias = Any  # tests/gate/conftest.py makes it


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port: int = free.getsockname()[1]
    return port


def get(port: int, path: str) -> tuple[int, str]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()


Told: TypeAlias = tuple[tuple[int, str], str]


class Asking:
    """A film, during which somebody asks how the gate is."""

    def __init__(self, film: LiveSource, ask: Callable[[], Told]) -> None:
        self._film = film
        self._ask = ask
        self.told: list[Told] = []

    def frames(self) -> Iterator[Sight]:
        for sight in self._film.frames():
            yield sight
            self.told.append(self._ask())

    def close(self) -> None:
        self._film.close()


def test_a_gate_that_serves_says_so_until_it_ends(
    world: World, empty_scene: Callable[[], Image]
) -> None:
    port = free_port()
    settings = world.home.path / "gate.toml"
    settings.write_text(
        settings.read_text()
        + "[credentials]\nunsafe_accept_unsealed = true\n"
        + f'[metrics]\nlisten = "127.0.0.1:{port}"\n'
        + f'[power]\nups = "hall@127.0.0.1:{free_port()}"\n'
    )
    config = load_config(settings)
    clock = SystemClock(config.clock_zone)
    assert config.power is not None
    watch = PowerWatch(config.power, clock)
    gear: Equipment = world.gate()._gear
    watching = Watching(gear.knowledge, clock, watch)
    watched = overseen(gear, config, clock, watching, Log(StringIO()))
    film = world.film(qr_image(world.issue().text), *(empty_scene() for _ in range(4)))
    asking = Asking(film, lambda: (get(port, "/readyz"), get(port, "/metrics")[1]))
    Gate(watched).run(asking)
    assert world.display.reasons == [Reason.HOLDER_VERIFIED]
    for (status, ready), figures in asking.told:
        assert (status, json.loads(ready)["ready"]) == (200, True)
        assert 'ostiary_unsafe_setting{setting="unsafe_accept_unsealed"} 1.0' in figures
        assert 'ostiary_power_stage{stage="mains"} 1.0' in figures
        assert "holder-verified" not in figures
    with pytest.raises(ConnectionRefusedError):
        get(port, "/healthz")


def test_the_command_writes_json_and_sleeps_by_the_supply(
    world: World,
    empty_scene: Callable[[], Image],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings: Path = world.home.path / "gate.toml"
    settings.write_text(
        settings.read_text()
        + f'[power]\nups = "hall@127.0.0.1:{free_port()}"\n[log]\nform = "json"\n'
    )
    gear: Equipment = world.gate()._gear

    def equipped(
        _config: object, _store: object, display: Display, _digest: object
    ) -> Equipment:
        gear.knowledge.at(SystemClock(UTC).now())
        return replace(gear, display=display)

    film = world.film(*(empty_scene() for _ in range(3)))
    monkeypatch.setattr(command, "equip", equipped)
    monkeypatch.setattr(command, "open_lasting_source", lambda *_: film)
    result = CliRunner().invoke(
        app, ["gate", "run", "--config", str(settings), "--source", "0"]
    )
    assert result.exit_code == 0, result.exception
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert {line["kind"] for line in lines} <= {"start", "notice"}
    assert "zone north: ready" in {line["text"] for line in lines}
    assert film.closed
