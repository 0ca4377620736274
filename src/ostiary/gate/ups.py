"""Asks a supply how it is, through the daemon of NUT (Network UPS Tools).

One question, by the text protocol of upsd (NUT 2.8, "Network protocol information"):

    GET VAR hall ups.status      ->  VAR hall ups.status "OL CHRG"

Reading needs no password. Whatever goes wrong is `Supply.UNKNOWN`: a supply that cannot
be asked is one more thing that may fail, and never a reason to open or to stop.
"""

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from ostiary.config import Power as Settings
from ostiary.gate.receiving import receive_until
from ostiary.gate.supply import Patience, Power, Supply, advance, read_status
from ostiary.ports import Clock

_EVERY_SECONDS: Final = 2.0
"""How often it is asked; upsd itself looks about as often."""

_ANSWER_SECONDS: Final = 2.0
_LONGEST_ANSWER: Final = 1024
"""Bytes; the status words of real supplies are under a hundred."""


def ask(settings: Settings) -> Supply:
    """What the supply says now; unknown where it, or its daemon, does not answer."""
    name, host, port = settings.supply
    try:
        with socket.create_connection((host, port), _ANSWER_SECONDS) as connection:
            connection.sendall(f"GET VAR {name} ups.status\n".encode())
            line = receive_until(connection, b"\n", _LONGEST_ANSWER, _ANSWER_SECONDS)
            with suppress(OSError):
                connection.sendall(b"LOGOUT\n")
    except OSError:
        return Supply.UNKNOWN
    found = re.fullmatch(
        rf'VAR {re.escape(name)} ups\.status "([^"\\]*)"\n', line.decode("latin-1")
    )
    return Supply.UNKNOWN if found is None else read_status(found[1])


class PowerWatch:
    """Asks a supply in a thread of its own, and keeps what follows.

    Args:
        settings: which supply, and how patient to be.
        clock: for how long something lasts.
        asking: what asks it.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        asking: Callable[[Settings], Supply] = ask,
    ) -> None:
        self._settings = settings
        self._patience = Patience(
            low=settings.low_seconds,
            lost=settings.lost_seconds,
            back=settings.back_seconds,
        )
        self._clock = clock
        self._asking = asking
        self._ended = threading.Event()
        self.said = Supply.UNKNOWN
        self.power = Power.new(clock.seconds())
        self._thread = threading.Thread(target=self._watch, name="power", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def look(self) -> None:
        """Ask once, and take the answer."""
        said = self._asking(self._settings)
        seconds = self._clock.seconds()
        self.power = advance(self.power, said, seconds, self._patience)
        self.said = said

    def close(self) -> None:
        """Ask no more."""
        self._ended.set()

    def _watch(self) -> None:
        while not self._ended.is_set():
            self.look()
            self._ended.wait(_EVERY_SECONDS)
