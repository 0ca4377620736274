"""Whoever holds a connection without asking for anything makes room for others."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest

from ostiary.web import connections
from ostiary.web.connections import MAX_CLIENTS
from pages.staged import Stand, stand

pytestmark = pytest.mark.enable_socket

Client = Any
"""The fixture's type; test modules import nothing from one another."""


@pytest.fixture
def hurried(in_thread: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    """Pages that wait half a second for a request."""
    monkeypatch.setattr(connections, "ASKING_SECONDS", 0.5)
    with stand() as there:
        yield there


def connect(there: Stand) -> socket.socket:
    address = urlsplit(there.pages.address)
    return socket.create_connection((address.hostname or "", address.port or 0), 20)


def head(there: Stand, *lines: str) -> bytes:
    """The head of a request that this address is asked for."""
    host = urlsplit(there.pages.address).netloc
    origin = there.pages.address
    given = ("POST /attend/sign-in HTTP/1.1", f"Host: {host}", f"Origin: {origin}")
    return "\r\n".join((*given, *lines, "", "")).encode()


def drip(line: socket.socket) -> None:
    """A request that never ends, in drops."""
    for _ in range(100):
        line.sendall(b"G")
        time.sleep(0.05)


def ask(there: Stand, path: str, cookie: str = "") -> bytes:
    """A request of a page."""
    host = urlsplit(there.pages.address).netloc
    lines = (f"GET {path} HTTP/1.1", f"Host: {host}", f"Cookie: {cookie}")
    return "\r\n".join((*lines, "", "")).encode()


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\n"])
def test_one_that_does_not_ask_is_closed(hurried: Stand, said: bytes) -> None:
    with connect(hurried) as line:
        line.sendall(said)
        assert line.recv(64) == b""


def test_one_that_asks_in_drops_is_closed(hurried: Stand) -> None:
    with connect(hurried) as line, pytest.raises(OSError, match=r"reset|[Pp]ipe"):
        drip(line)


def test_a_body_that_does_not_come_is_not_awaited(hurried: Stand) -> None:
    with connect(hurried) as line:
        line.sendall(head(hurried, "Content-Length: 9") + b"name=")
        assert line.recv(64) == b""


def test_one_that_is_answered_stays(hurried: Stand) -> None:
    with connect(hurried) as line:
        line.sendall(ask(hurried, urlsplit(hurried.pages.invite()).path))
        answer = line.recv(4096).decode()
        cookie = answer.partition("set-cookie: ")[2].partition(";")[0]
        line.sendall(ask(hurried, "/kiosk/events", cookie))
        said = b""
        # The first beat comes later than a request may take.
        while b"event: beat" not in said:
            said += line.recv(4096)


def test_all_places_taken_by_nobody_are_free(standing: Stand, client: Client) -> None:
    with ExitStack() as held:
        for _ in range(2 * MAX_CLIENTS):
            held.enter_context(connect(standing))
        assert client.get("/kiosk")[0] == 403


def test_a_length_and_pieces_are_not_both_believed(standing: Stand) -> None:
    with connect(standing) as line:
        line.sendall(
            head(standing, "Content-Length: 5", "Transfer-Encoding: chunked")
            + b"100000\r\n"
        )
        assert line.recv(64).startswith(b"HTTP/1.1 403")
