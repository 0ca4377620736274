"""Tells the service manager that the gate serves, and that its loop still goes round.

The protocol of sd_notify(3): lines in a datagram to the socket that `NOTIFY_SOCKET`
names. Whoever started the gate by hand set none, and nothing is told.
"""

import socket
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Final

from typing_extensions import override

from ostiary.gate.displays import Display
from ostiary.ports import Clock

_BEATS: Final = 3
"""How often, within the time after which a silent process is killed."""


class Supervised(Display):
    """Tells when the gate begins to serve, and that it goes on.

    Args:
        environment: of the process, where the service manager says how to be told.
        clock: for how long ago it was told.
    """

    def __init__(self, environment: Mapping[str, str], clock: Clock) -> None:
        self._address = _abstract(environment.get("NOTIFY_SOCKET", ""))
        patience = environment.get("WATCHDOG_USEC", "")
        self._every = int(patience) / 1e6 / _BEATS if patience.isdecimal() else None
        self._clock = clock
        self._told: float | None = None

    @override
    def pass_time(self, at: datetime) -> None:
        """Tell once that it serves, and now and again that it still does."""
        seconds = self._clock.seconds()
        if self._told is None:
            self._tell("READY=1")
            self._told = seconds
        elif self._every is not None and seconds - self._told >= self._every:
            self._tell("WATCHDOG=1")
            self._told = seconds

    @override
    def close(self) -> None:
        """Tell that it ends."""
        self._tell("STOPPING=1")

    def _tell(self, line: str) -> None:
        if not self._address:
            return
        # A manager that does not listen is no reason to stop serving.
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection,
        ):
            connection.settimeout(0)
            connection.sendto(line.encode(), self._address)


def _abstract(name: str) -> str:
    """The name as the system has it: "@" stands for no file where it stands first."""
    return f"\0{name[1:]}" if name.startswith("@") else name
