"""The browser's part of a kiosk: it looks into the mirror, and keeps nothing."""

import json
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Thread
from typing import Final
from urllib.parse import urlsplit

from typing_extensions import override

_OK: Final = 200
_PATIENCE: Final = 60.0
"""Seconds that an answer of the pages may take."""


class Onlooker(Thread):
    """Becomes the kiosk, and looks into the mirror whenever that is open.

    Args:
        invitation: the address by which one browser becomes the kiosk.

    Attributes:
        seen: how many bytes of pictures it was shown.

    Raises:
        OSError: nobody answers there.
    """

    def __init__(self, invitation: str) -> None:
        super().__init__(daemon=True)
        address = urlsplit(invitation)
        self._host = address.netloc
        self._cookie = ""
        self.seen = 0
        with closing(self._connect()) as connection:
            entered = self._get(connection, address.path)
            self._cookie = (entered.getheader("set-cookie") or "").partition(";")[0]
        self._telling = self._connect()
        self._told = self._get(self._telling, "/kiosk/events")

    @override
    def run(self) -> None:
        """Look until the gate ends."""
        with closing(self._telling), suppress(OSError, HTTPException):
            for line in self._told:
                # Between these come beats, which say nothing.
                if line.startswith(b"data: {"):
                    self._look(json.loads(line.removeprefix(b"data: "))["mirror"])

    def _look(self, token: str | None) -> None:
        if token is None:
            return
        with closing(self._connect()) as connection:
            mirror = self._get(connection, f"/kiosk/mirror/{token}")
            if mirror.status == _OK:
                while piece := mirror.read1():
                    self.seen += len(piece)

    def _connect(self) -> HTTPConnection:
        return HTTPConnection(self._host, timeout=_PATIENCE)

    def _get(self, connection: HTTPConnection, path: str) -> HTTPResponse:
        connection.request("GET", path, headers={"Cookie": self._cookie})
        return connection.getresponse()
