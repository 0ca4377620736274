"""A camera of the network: RTSP (RFC 2326), uncompressed video (RFC 4175), over TCP.

Small, but what FFmpeg speaks with it is the real protocol over a real socket, which can
be cut, silenced and taken up again.
"""

import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, Final

import numpy as np

from ostiary.terms import Image

PICTURES_A_SECOND: Final = 20

_SDP: Final = """\
v=0
o=- 0 0 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=video 0 RTP/AVP 96
a=rtpmap:96 raw/90000
a=fmtp:96 sampling=BGR; width={width}; height={height}; depth=8; colorimetry=BT601-5
a=framerate:{rate}
a=control:track
"""

_HEADERS: Final = {
    "OPTIONS": "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n",
    "DESCRIBE": "Content-Type: application/sdp\r\n",
    "SETUP": "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n",
}


class RtspCamera:
    """Sends one picture again and again, with new noise each time.

    Attributes:
        picture: what it shows; may be set to another one of the same size.
        noise: highest value that is added to it at random; 0: it is frozen.
        silent: whether it sends nothing, and stays connected.
        plays: how often somebody began to watch.
        sent: pictures that were sent.
    """

    def __init__(self, picture: Image) -> None:
        self.picture = picture
        self.noise = 8
        self.silent = False
        self.plays = 0
        self.sent = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port = self._listener.getsockname()[1]
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept, self._listener)

    @property
    def address(self) -> str:
        return f"rtsp://127.0.0.1:{self._port}/"

    def __enter__(self) -> "RtspCamera":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.cut()

    def cut(self) -> None:
        """Pull the plug."""
        for each in (self._listener, *self._connections):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(10)
        self._connections.clear()
        self._threads.clear()

    def plug_in(self) -> None:
        """Come back, at the same address."""
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._start(self._accept, self._listener)

    def _start(self, serve: Callable[[socket.socket], None], of: socket.socket) -> None:
        thread = threading.Thread(target=serve, args=(of,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                self._connections.append(connection)
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection.makefile("rb") as requests:
            while line := requests.readline():
                method = line.split()[0].decode()
                self._answer(connection, method, _sequence(requests))
                if method == "PLAY":
                    self.plays += 1
                    self._play(connection)

    def _answer(self, connection: socket.socket, method: str, sequence: str) -> None:
        height, width = self.picture.shape[:2]
        sdp = _SDP.format(width=width, height=height, rate=PICTURES_A_SECOND)
        body = sdp.replace("\n", "\r\n") if method == "DESCRIBE" else ""
        head = f"RTSP/1.0 200 OK\r\nCSeq: {sequence}\r\nSession: 1\r\n"
        head += f"{_HEADERS.get(method, '')}Content-Length: {len(body)}\r\n\r\n"
        connection.sendall((head + body).encode())

    def _play(self, connection: socket.socket) -> None:
        rng = np.random.default_rng(self.plays)
        packets = number = 0
        while True:
            number += 1
            if not self.silent:
                shape = (*self.picture.shape[:2], 1)
                noise = rng.integers(0, self.noise + 1, shape, np.uint8)
                shown = self.picture // 2 + self.picture // 4 + noise
                connection.sendall(_packets(shown, packets, number))
                packets += len(shown)
                self.sent += 1
            time.sleep(1 / PICTURES_A_SECOND)


def _sequence(requests: BinaryIO) -> str:
    """The number of the request whose header is read to its end."""
    sequence = ""
    while (line := requests.readline().strip()) != b"":
        if line.startswith(b"CSeq:"):
            sequence = line.split()[1].decode()
    return sequence


def _packets(picture: Image, first: int, number: int) -> bytes:
    """A packet for each line of the picture, as RTSP puts them into its connection."""
    packets = []
    for y, line in enumerate(picture):
        last = 0x80 if y == len(picture) - 1 else 0
        stamp = number * 90_000 // PICTURES_A_SECOND & 0xFFFFFFFF
        rtp = struct.pack(">BBHII", 0x80, 96 | last, (first + y) & 0xFFFF, stamp, 7)
        pixels = line.tobytes()
        packet = rtp + struct.pack(">HHHH", 0, len(pixels), y, 0) + pixels
        packets.append(b"$\0" + struct.pack(">H", len(packet)) + packet)
    return b"".join(packets)
