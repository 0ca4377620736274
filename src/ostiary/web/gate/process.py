"""The process of the pages, as the gate holds it: started, spoken to, started again.

Nothing here waits for it. What does not fit into a socket is not sent.
"""

import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from ostiary.web.gate.link import MAX_BYTES, TO_GATE, LinkError, Message, decode, encode

RESTART_SECONDS: Final = 5.0
"""Least time between two starts."""

MOST_AT_ONCE: Final = 8
"""Messages that are taken at once: a browser cannot keep the gate listening."""

_ENDING_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class _Running:
    process: subprocess.Popen[bytes]
    words: socket.socket
    pictures: socket.socket
    since: float


class PageProcess:
    """Keeps one process of the pages running.

    Args:
        listener: the socket that browsers connect to; it stays over restarts.
        seconds: now, on a clock that never runs backwards.
    """

    def __init__(self, listener: socket.socket, seconds: float) -> None:
        self._listener = listener
        self._running = self._start(seconds)

    @property
    def id(self) -> int:
        """The process's id."""
        return self._running.process.pid

    def revive(self, seconds: float) -> bool:
        """Start it again if it has ended; whether that was done."""
        ended = self._running.process.poll() is not None
        if not ended or seconds - self._running.since < RESTART_SECONDS:
            return False
        self._let_go()
        self._running = self._start(seconds)
        return True

    def say(self, message: Message) -> bool:
        """Say something, if there is room for it; whether there was."""
        return _sent(self._running.words, encode(message))

    def reflect(self, picture: memoryview) -> None:
        """Send a picture of the mirror, if there is room for it."""
        _sent(self._running.pictures, picture)

    def heard(self) -> Iterator[Message]:
        """What it has said since; what is no message is dropped."""
        for _ in range(MOST_AT_ONCE):
            try:
                packet = self._running.words.recv(MAX_BYTES + 1, socket.MSG_DONTWAIT)
            except OSError:
                return
            if not packet:
                return
            with suppress(LinkError):
                yield decode(packet, TO_GATE)

    def close(self) -> None:
        """End it."""
        self._let_go()
        process = self._running.process
        try:
            process.wait(_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _let_go(self) -> None:
        self._running.words.close()
        self._running.pictures.close()

    def _start(self, seconds: float) -> _Running:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        shown, seen = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, seen:
            passed = [each.fileno() for each in (self._listener, theirs, seen)]
            process = launch(passed)
        return _Running(process, ours, shown, seconds)


def launch(descriptors: Sequence[int]) -> subprocess.Popen[bytes]:
    """Start the process with the listener, the words and the pictures."""
    return subprocess.Popen(  # noqa: S603 - itself, and three numbers
        [sys.executable, "-m", "ostiary.web.gate.server", *map(str, descriptors)],
        pass_fds=descriptors,
        stdin=subprocess.DEVNULL,
        # Ctrl-C at the terminal is for the gate, which then ends its pages.
        start_new_session=True,
    )


def _sent(there: socket.socket, packet: bytes | memoryview) -> bool:
    try:
        there.send(packet, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
    except OSError:
        # Full, too long, or nobody at the other end: the next one is newer.
        return False
    return True
