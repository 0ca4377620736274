"""The process of the pages: `python -m ostiary.web.gate.server`.

Started by `pages` with three descriptors: a listening socket, the words and the
pictures. It ends when the gate does.
"""

import asyncio
import logging
import os
import socket
import ssl
import sys
import time
from contextlib import suppress
from typing import Final

import uvicorn

from ostiary.erasure import overwrite
from ostiary.gate.hardening import harden_process
from ostiary.web.connections import Loop
from ostiary.web.gate.app import make_app
from ostiary.web.gate.board import Board
from ostiary.web.gate.link import (
    MAX_BYTES,
    MAX_PICTURE_BYTES,
    TO_PAGES,
    Handout,
    Invitation,
    LinkError,
    Message,
    Opening,
    Scene,
    decode,
    encode,
)
from ostiary.web.gate.peers import make_console
from ostiary.web.gate.site import Site
from ostiary.web.gate.watched import Changes, OwnGate
from ostiary.web.languages import Languages
from ostiary.web.serving import limit_files, settings_of
from ostiary.web.tls import serving

NICENESS: Final = 10
"""Below the gate's, so that it gives way where there are too few processors."""

BEAT_SECONDS: Final = 2.0
"""How often the gate is told whether anybody watches it."""


class GateEnd:
    """The gate, as its pages hear it.

    Args:
        words: the socket of the messages.
        pictures: the socket of the mirror.
    """

    def __init__(self, words: socket.socket, pictures: socket.socket) -> None:
        self._words = words
        self._pictures = pictures
        self._buffer = bytearray(MAX_PICTURE_BYTES)
        self._server: uvicorn.Server | None = None
        self.board = Board(self.tell)
        self._own: OwnGate | None = None

    def tell(self, message: Message) -> None:
        """Say something to the gate; dropped if it does not listen."""
        with suppress(OSError):
            self._words.send(encode(message), socket.MSG_DONTWAIT)

    def opening(self) -> Opening:
        """The first message, waited for.

        Raises:
            LinkError: the gate said something else, or nothing.
        """
        said = decode(self._words.recv(MAX_BYTES + 1), TO_PAGES)
        if not isinstance(said, Opening):
            raise LinkError("another message came first")
        return said

    def listen(self, server: uvicorn.Server, own: OwnGate) -> None:
        """Hear the gate from now on, until it ends; the server ends then, too."""
        self._server = server
        self._own = own
        loop = asyncio.get_running_loop()
        for heard, hear in (
            (self._words, self._hear),
            (self._pictures, self._look),
        ):
            heard.settimeout(0)
            loop.add_reader(heard, hear)

    def _hear(self) -> None:
        try:
            packet = self._words.recv(MAX_BYTES + 1)
        except BlockingIOError:
            return
        except OSError:
            packet = b""
        if not packet:
            self._end()
            return
        with suppress(LinkError):
            self._heed(decode(packet, TO_PAGES))

    def _heed(self, message: Message) -> None:
        match message:
            case Scene():
                self.board.show(message)
            case Handout(text):
                self.board.hand_out(text)
            case Invitation(entry):
                self.board.invite(entry)
            case _ if self._own is not None:
                self._own.hear(message)
            case _:
                pass

    def _look(self) -> None:
        try:
            length = self._pictures.recv_into(self._buffer)
        except OSError:
            return
        with memoryview(self._buffer) as picture:
            self.board.reflect(picture[:length])
        overwrite(self._buffer)

    def _end(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._words)
        loop.remove_reader(self._pictures)
        if self._server is not None:
            self._server.should_exit = True
            self._server.force_exit = True


def main(listener: int, words: int, pictures: int) -> None:
    """Serve the pages until the gate ends.

    Args:
        listener: descriptor of the socket that browsers connect to.
        words: descriptor of the socket of the messages.
        pictures: descriptor of the socket of the mirror.
    """
    os.nice(NICENESS)
    # What a browser sends is nobody's log line, and neither is a traceback over it.
    logging.disable()
    harden_process()
    limit_files()
    serve(listener, words, pictures)


def serve(listener: int, words: int, pictures: int) -> None:
    """Serve the pages until the gate ends; the rest of `main` is about the process."""
    with (
        socket.socket(fileno=listener) as door,
        socket.socket(fileno=words) as said,
        socket.socket(fileno=pictures) as shown,
        suppress(LinkError, OSError),
        asyncio.Runner(loop_factory=Loop) as runner,
    ):
        runner.run(_serve(door, GateEnd(said, shown)))


async def _serve(door: socket.socket, end: GateEnd) -> None:
    opening = end.opening()
    changes = Changes()
    own = OwnGate(
        name=opening.name,
        unsafe=tuple(opening.unsafe.split()),
        board=end.board,
        tell=end.tell,
        seconds=time.monotonic,
        changes=changes,
    )
    console = make_console(opening, own, changes)
    site = Site(end.board, opening, Languages(), console)
    app = make_app(site, ("localhost", *opening.hosts.split()))
    server = uvicorn.Server(settings_of(app, _tls(opening)))
    end.listen(server, own)
    beating = asyncio.create_task(_beat(own))
    try:
        await server.serve(sockets=[door])
    finally:
        beating.cancel()


def _tls(opening: Opening) -> ssl.SSLContext | None:
    """What the pages are served with; None: without TLS."""
    if opening.certificate is None:
        return None
    return serving(opening.certificate, opening.key)


async def _beat(own: OwnGate) -> None:
    """Tell the gate again and again whether anybody watches it."""
    while True:
        own.beat()
        await asyncio.sleep(BEAT_SECONDS)


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:4]))
