"""Floods and slow readers at the pages: the gate takes every frame, and decides."""

import socket
from contextlib import ExitStack
from typing import Any

import pytest
from typing_extensions import override

from ostiary.capture.qr import qr_image
from ostiary.gate.displays import Display, Several
from ostiary.reasons import Reason
from pages.drawn import drawn_face
from pages.staged import stand

pytestmark = pytest.mark.enable_socket

World = Any
"""The fixture's type; test modules import nothing from one another."""

CONNECTIONS = 300
ASKED = b"GET /kiosk/events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: kiosk=%s\r\n\r\n"


class Frames(Display):
    """Counts the frames that the gate took."""

    count = 0

    @override
    def pass_time(self, at: object) -> None:
        self.count += 1


def flood(there: ExitStack, address: tuple[str, int]) -> None:
    """Connections that send nothing, half a request, or read nothing of the answer."""
    for number in range(CONNECTIONS):
        client = there.enter_context(socket.socket())
        client.setblocking(False)  # noqa: FBT003 - as the library has it
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.connect_ex(address)
        client.setblocking(True)  # noqa: FBT003 - as the library has it
        client.settimeout(0.05)
        sent = (b"", ASKED[:30], ASKED % b"guess")[number % 3]
        try:
            client.send(sent)
        except OSError:
            continue  # The queue is full: that is what is meant to happen.


def test_a_flood_and_slow_readers_cost_no_decision(world: World) -> None:
    frames = Frames()
    film = [qr_image(world.issue().text), *(drawn_face() for _ in range(60))]
    with stand() as there, ExitStack() as connections:
        address = there.pages.address.removeprefix("http://").split(":")
        flood(connections, (address[0], int(address[1])))
        decisions = world.display
        world.display = Several(decisions, frames, there.pages)
        world.run(*film)
    assert frames.count == len(film)
    assert decisions.reasons == [Reason.HOLDER_VERIFIED]


def test_pages_that_stand_still_cost_no_decision(world: World) -> None:
    """Stopped like a process that hangs: the sockets fill up, and the gate goes on."""
    frames = Frames()
    film = [qr_image(world.issue().text), *(drawn_face() for _ in range(60))]
    with stand() as there:
        there.stop_pages()
        for _ in range(500):
            there.rest()
            there.reflect()
        decisions = world.display
        world.display = Several(decisions, frames, there.pages)
        world.run(*film)
    assert frames.count == len(film)
    assert decisions.reasons == [Reason.HOLDER_VERIFIED]
