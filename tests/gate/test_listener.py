"""The listener answers three questions, on loopback, and whoever dawdles is dropped."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any, TypeAlias

import pytest

from ostiary.errors import ConfigurationError
from ostiary.gate import listener
from ostiary.gate.clock import SystemClock
from ostiary.gate.condition import Watching
from ostiary.gate.listener import Listener, Pages
from ostiary.gate.metrics import Figures, GateCollector
from ostiary.reasons import Reason

pytestmark = pytest.mark.enable_socket

World: TypeAlias = Any  # tests/gate/conftest.py makes it
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def pages(world: World) -> Pages:
    clock = SystemClock(UTC)
    world.watching = Watching(world.knowledge(), clock)
    collector = GateCollector(Figures(), world.watching, clock, ())
    return Pages(collector, world.watching)


@pytest.fixture(params=["127.0.0.1", "::1"])
def served(world: World, request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    made = Listener((request.param, 0), pages(world))
    yield request.param, made.port
    made.close()


def get(address: tuple[str, int], path: str) -> tuple[int, str]:
    with closing(HTTPConnection(*address, timeout=10)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()


def test_health_and_figures(world: World, served: tuple[str, int]) -> None:
    status, said = get(served, "/readyz")
    assert (status, json.loads(said)["ready"]) == (503, False)
    assert list(json.loads(said)["reasons"]) == [Reason.GATE_NOT_READY]
    world.watching.pass_time(NOON)
    assert get(served, "/readyz?verbose")[0] == 200
    assert get(served, "/healthz") == (200, '{"live": true}\n')
    world.watching.camera(Reason.CAMERA_FAULT, NOON)
    status, said = get(served, "/readyz")
    assert status == 503
    assert "Check its cable" in json.loads(said)["reasons"][Reason.CAMERA_FAULT]
    status, said = get(served, "/metrics")
    assert status == 200
    assert "ostiary_ready 0.0" in said
    assert get(served, "/")[0] == 404


@pytest.mark.parametrize(
    "request_",
    [b"", b"\xff\x00\r\n\r\n", b"POST /metrics HTTP/1.1\r\n\r\n", b"GET " * 4000],
)
def test_whatever_is_sent_the_next_is_served(
    world: World,
    request_: bytes,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(listener, "_SECONDS", 0.2)
    with (
        closing(Listener(("127.0.0.1", 0), pages(world))) as made,
        socket.create_connection(("127.0.0.1", made.port)) as dawdler,
    ):
        dawdler.sendall(request_)
        assert get(("127.0.0.1", made.port), "/healthz")[0] == 200
    assert capfd.readouterr() == ("", "")


def test_an_address_that_is_taken_stops_the_start(world: World) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        address = ("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(ConfigurationError, match=r"metrics\.listen.*in use"):
            Listener(address, pages(world))
