"""What the pages cost the gate: processor and wall time of its end of them.

    .venv/bin/python -m benchmarks.served_pages

Prints, in Markdown, what one call takes while the process of the pages is idle, flooded
with connections and slow readers, and stopped.
"""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import numpy as np

from ostiary.gate.displays import Stage
from pages.drawn import drawn_face
from pages.staged import Stand, stand

CALLS = 2000
CLIENTS = 200
ASKED = b"GET /kiosk HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 50


@contextmanager
def idle(_there: Stand) -> Iterator[None]:
    """Nobody looks."""
    yield


@contextmanager
def flooded(there: Stand) -> Iterator[None]:
    """Many ask much and read nothing."""
    host, _, port = there.pages.address.removeprefix("http://").partition(":")
    with ExitStack() as clients:
        for _ in range(CLIENTS):
            client = clients.enter_context(socket.socket())
            client.settimeout(0.05)
            try:
                client.connect((host, int(port)))
                client.send(ASKED)
            except OSError:
                continue
        yield


@contextmanager
def stopped(there: Stand) -> Iterator[None]:
    """The process gets no time at all, and its sockets are full."""
    there.stop_pages()
    for _ in range(CALLS):
        there.rest()
    yield


def measured(call: Callable[[], object]) -> str:
    """Mean processor time and the longest wall time of one call, in microseconds."""
    walls = np.empty(CALLS)
    began = time.process_time()
    for number in range(CALLS):
        at = time.perf_counter()
        call()
        walls[number] = time.perf_counter() - at
    spent = (time.process_time() - began) / CALLS
    return f"{1e6 * spent:.0f} ({1e6 * np.percentile(walls, 99):.0f})"


def main() -> None:
    face = drawn_face()
    print("Microseconds of processor time a call; in brackets the 99th percentile of")
    print("wall time:\n")
    print("| pages | a frame | another scene | a picture of the mirror |")
    print("| --- | --- | --- | --- |")
    for name, kind in (("idle", idle), ("flooded", flooded), ("stopped", stopped)):
        with stand() as there, kind(there):
            stages = iter([Stage.FACE, Stage.DOOR] * CALLS)
            pictures = iter(range(CALLS))
            frame = measured(there.pass_time)
            scene = measured(lambda: there.pages.enter(next(stages)))  # noqa: B023
            mirror = measured(
                lambda: there.pages.mirror(face, float(next(pictures)))  # noqa: B023
            )
            print(f"| {name} | {frame} | {scene} | {mirror} |")


if __name__ == "__main__":
    main()
