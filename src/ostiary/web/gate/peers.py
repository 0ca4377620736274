"""Consoles elsewhere: this gate's view for them, and other gates' views for ours.

Each gate keeps its own state, and no server gathers them. A console asks each gate that
it was given a file for, over TLS, and shows that file's token; the connection lasts as
long as somebody is signed in there (docs/adr/0049).
"""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from ostiary.errors import OstiaryError
from ostiary.staff import Limits
from ostiary.storage.authenticators import AuthenticatorsFile
from ostiary.storage.files import read_private
from ostiary.web.gate.console import Console, read_staff
from ostiary.web.gate.link import LinkError, Opening
from ostiary.web.gate.peer_files import MAX_BYTES, Peer, context_of, read_peer
from ostiary.web.gate.site import Endless, Site
from ostiary.web.gate.view import MAX_BYTES as MAX_VIEW_BYTES
from ostiary.web.gate.view import (
    Act,
    Said,
    View,
    dump_act,
    dump_view,
    load_act,
    load_view,
    steady,
)
from ostiary.web.gate.watched import Changes, OwnGate, Watched

BEAT_SECONDS: Final = 1.0
"""How often a view is looked at anew."""

SILENT_SECONDS: Final = 10.0
"""A gate that says nothing for so long is lost."""

AGAIN_SECONDS: Final = 3.0
"""How long until a lost gate is called again."""

_LOST: Final = (
    OSError,
    EOFError,
    ValueError,
    TimeoutError,
    LinkError,
    asyncio.LimitOverrunError,
)
"""What a connection comes to that serves for nothing any more."""

_STREAM: Final = "/peer/events"
_ACT: Final = "/peer/act"


class RemoteGate:
    """Another gate, watched from here while somebody is signed in.

    Args:
        peer: which one.
        changes: is told of every change.
    """

    def __init__(self, peer: Peer, changes: Changes) -> None:
        self.name = peer.name
        self.address = peer.address
        self._peer = peer
        self._context = context_of(peer)
        self._changes = changes
        self._watchers = 0
        self._following: asyncio.Task[None] | None = None
        self._view: View | None = None
        self._at = 0.0

    def view(self) -> View | None:
        """What it said last, as old as it is by now; None: it cannot be reached."""
        if self._view is None:
            return None
        return self._view.older(asyncio.get_running_loop().time() - self._at)

    async def act(self, act: Act) -> Said:
        """Do it there; what does not come back for certain is lost."""
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                return await self._send(act)
        except _LOST:
            return Said.LOST

    def join(self) -> None:
        """One more watches it: the first opens the connection."""
        self._watchers += 1
        if self._following is None:
            self._following = asyncio.create_task(self._follow())

    def leave(self) -> None:
        """One less does: the last closes it."""
        self._watchers -= 1
        if self._watchers == 0 and self._following is not None:
            self._following.cancel()
            self._following = None
            self._view = None

    async def _follow(self) -> None:
        while True:
            with suppress(*_LOST):
                async with asyncio.timeout(SILENT_SECONDS):
                    reader, writer = await self._request("GET", _STREAM, b"")
                try:
                    await self._take(reader)
                finally:
                    writer.close()
            self._note(None)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _take(self, reader: asyncio.StreamReader) -> None:
        while True:
            async with asyncio.timeout(SILENT_SECONDS):
                line = await reader.readuntil(b"\n")
            if line.strip():
                # Two gates of one name: what it is called here counts.
                self._note(replace(load_view(line), gate=self.name))

    def _note(self, view: View | None) -> None:
        if (view is None) is not (self._view is None) or view is not None:
            self._view, self._at = view, asyncio.get_running_loop().time()
            self._changes.tell()

    async def _send(self, act: Act) -> Said:
        reader, writer = await self._request("POST", _ACT, dump_act(act))
        try:
            return Said((await reader.read(32)).decode())
        finally:
            writer.close()

    async def _request(
        self, method: str, path: str, body: bytes
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Ask for something, HTTP/1.0 (RFC 1945): the answer ends with the connection.

        Raises:
            OSError: it cannot be reached, or is not who it should be.
            ValueError: it refuses.
        """
        url = urlsplit(self._peer.address)
        reader, writer = await asyncio.open_connection(
            url.hostname, url.port, ssl=self._context, limit=MAX_VIEW_BYTES
        )
        head = (
            f"{method} {path} HTTP/1.0",
            f"Host: {url.netloc}",
            f"Origin: {self._peer.address}",
            f"Authorization: Bearer {self._peer.token}",
            f"Content-Length: {len(body)}",
        )
        writer.write("\r\n".join((*head, "", "")).encode() + body)
        try:
            answer = await reader.readuntil(b"\r\n\r\n")
            if answer.split(b" ", 2)[1:2] != [b"200"]:
                raise ValueError("refused")  # noqa: TRY301 - closed below
        except BaseException:
            writer.close()
            raise
        return reader, writer


def make_console(opening: Opening, own: OwnGate, changes: Changes) -> Console:
    """The console of a gate, with every other gate that it was given a file for.

    A file that cannot be used is shown as a gate that cannot be reached.
    """
    gates: dict[str, Watched] = {own.name: own}
    for line in opening.others.splitlines():
        with suppress(OstiaryError):
            gate = RemoteGate(read_peer(Path(line)), changes)
            gates.setdefault(gate.name, gate)
    if opening.by_hand and opening.staff is not None:
        own.hands.file = AuthenticatorsFile.beside(Path(opening.staff))
    return Console(
        hands=own.hands,
        staff=read_staff(opening.staff),
        limits=Limits(opening.idle, opening.whole),
        own=own,
        gates=gates,
        changes=changes,
        token=_token(opening.token),
    )


def _token(path: str | None) -> bytes | None:
    """The digest of what consoles elsewhere show; None: none may watch."""
    if path is None:
        return None
    try:
        text = read_private(Path(path), MAX_BYTES).strip()
    except OstiaryError:
        return None
    return hashlib.sha256(text).digest() if len(text) >= 43 else None  # noqa: PLR2004 - 32 bytes in base64url


def routes(site: Site) -> tuple[BaseRoute, ...]:
    """The addresses for consoles elsewhere."""
    peers = _Peers(site)
    return (
        Route(_STREAM, peers.events),
        Route(_ACT, peers.act, methods=["POST"]),
    )


class _Peers:
    def __init__(self, site: Site) -> None:
        self._console = site.console

    async def events(self, request: Request) -> Response:
        """This gate's view, a line for each change; an empty one when nothing does."""
        if not self._may(request):
            return PlainTextResponse("not for you\n", 403)
        return Endless(self._lines(), "application/x-ndjson")

    async def act(self, request: Request) -> Response:
        """Do what an attendant elsewhere does."""
        if not self._may(request):
            return PlainTextResponse("not for you\n", 403)
        try:
            act = load_act(await request.body())
        except LinkError:
            return PlainTextResponse("not understood\n", 400)
        return PlainTextResponse(await self._console.own.act(act))

    async def _lines(self) -> AsyncGenerator[bytes]:
        own = self._console.own
        own.join()
        try:
            shown: View | None = None
            while True:
                view = own.view()
                line = b"" if steady(view) == shown else dump_view(view)
                shown = steady(view)
                yield line + b"\n"
                await self._console.changes.wait(BEAT_SECONDS)
        finally:
            own.leave()

    def _may(self, request: Request) -> bool:
        held = self._console.token
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        shown = hashlib.sha256(token.encode(errors="surrogatepass")).digest()
        right = secrets.compare_digest(shown, held or bytes(32))
        return held is not None and scheme == "Bearer" and right
