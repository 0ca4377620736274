"""The service manager is told, in the words of sd_notify(3)."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ostiary.gate.supervision import Supervised

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that the test sets."""

    at = 0.0

    def now(self) -> datetime:
        return NOON

    def seconds(self) -> float:
        return self.at


@pytest.fixture(params=["path", "gate@hall", "abstract"])
def manager(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[str, socket.socket]]:
    """A socket that listens, and what a service manager would call it."""
    abstract = request.param == "abstract"
    name = f"@{tmp_path}" if abstract else str(tmp_path / request.param)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name[1:]}" if abstract else name)
        listening.settimeout(0)
        yield name, listening


def told(listening: socket.socket) -> list[str]:
    lines = []
    try:
        while True:
            lines.append(listening.recv(100).decode())
    except BlockingIOError:
        return lines


def test_a_manager_is_told_that_it_serves_and_goes_on(
    manager: tuple[str, socket.socket],
) -> None:
    name, listening = manager
    clock = Clock()
    environment = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000000"}
    display = Supervised(environment, clock)
    assert told(listening) == []
    for clock.at in (1.0, 2.0, 10.9):
        display.pass_time(NOON)
    assert told(listening) == ["READY=1"]
    for clock.at in (11.0, 12.0, 20.0, 21.0):
        display.pass_time(NOON)
    assert told(listening) == ["WATCHDOG=1", "WATCHDOG=1"]
    display.close()
    assert told(listening) == ["STOPPING=1"]


def test_without_a_watchdog_it_is_told_once(
    manager: tuple[str, socket.socket],
) -> None:
    name, listening = manager
    clock = Clock()
    display = Supervised({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "soon"}, clock)
    for clock.at in range(100):
        display.pass_time(NOON)
    assert told(listening) == ["READY=1"]


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nowhere/at/all"}])
def test_nobody_who_listens_is_no_fault(environment: dict[str, str]) -> None:
    display = Supervised(environment, Clock())
    display.pass_time(NOON)
    display.close()


def test_a_manager_that_does_not_read_keeps_nobody_waiting(
    manager: tuple[str, socket.socket],
) -> None:
    clock = Clock()
    environment = {"NOTIFY_SOCKET": manager[0], "WATCHDOG_USEC": "3"}
    display = Supervised(environment, clock)
    for clock.at in range(5000):
        display.pass_time(NOON)
