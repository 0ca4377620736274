"""Connections that hold a place: for whoever asks, and for as long as they do."""

import asyncio
from typing import Any, Final

from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CLIENTS: Final = 64
"""Most connections that are served at once; others are told to come back."""

ASKING_SECONDS: Final = 10.0
"""How long a request may take to come in whole; a browser's takes milliseconds."""

HANDSHAKE_SECONDS: Final = 10.0
"""How long TLS may take until it stands."""


class Place(H11Protocol):
    """A connection that has to ask for something, or makes room.

    One that says nothing, or says it in drops, is closed after `ASKING_SECONDS`; where
    all places are taken, the one that has waited longest is closed at once. A request
    that is being answered is left alone.

    Attributes:
        asking: what closes it; None: it asked, and is answered.
    """

    asking: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type] # it takes any
        self._watch()
        if len(self.connections) >= MAX_CLIENTS:
            self._make_room()

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.wait_no_more()

    def wait_no_more(self) -> None:
        """Leave it open until something else closes it."""
        if self.asking is not None:
            self.asking.cancel()
            self.asking = None

    def _watch(self) -> None:
        """Begin to count when a request is awaited, and stop when it is there."""
        cycle: Any = self.cycle
        if cycle is not None and not (cycle.response_complete or cycle.more_body):
            self.wait_no_more()
        elif self.asking is None and not self.transport.is_closing():
            self.asking = self.loop.call_later(ASKING_SECONDS, self.transport.abort)

    def _make_room(self) -> None:
        """Close whichever waits longest; this one does at least."""
        waiting = {
            each.asking.when(): each
            for each in self.connections
            if isinstance(each, Place) and each.asking is not None
        }
        longest = waiting[min(waiting)]
        longest.transport.abort()
        # It is gone in the loop's next round, and is not to be chosen again before.
        longest.wait_no_more()


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose servers do not wait a minute for TLS to stand."""

    @override
    async def create_server(
        self,
        *args: Any,
        **options: Any,
    ) -> asyncio.Server:
        """Serve; whoever does not finish the handshake in time is dropped."""
        if options.get("ssl") is not None:
            options["ssl_handshake_timeout"] = HANDSHAKE_SECONDS
        return await super().create_server(*args, **options)
