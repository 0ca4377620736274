"""Reads what another machine sends, within one time and one length for all of it."""

import socket
import time


def receive_until(
    connection: socket.socket, end: bytes, longest: int, seconds: float
) -> bytes:
    """What comes, up to and with `end`; what there is where it does not come whole.

    Args:
        connection: a connected socket.
        end: what the message ends with.
        longest: bytes after which no more is read.
        seconds: how long all of it may take, however it trickles in.

    Raises:
        OSError: as the socket does; `TimeoutError` when the time is over.
    """
    until = time.monotonic() + seconds
    received = b""
    while end not in received and len(received) < longest:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        piece = connection.recv(longest - len(received))
        if not piece:
            break
        received += piece
    return received
