"""What the pages share: board, languages, sessions, how a page is made."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from ostiary.web.gate.board import Board
from ostiary.web.gate.console import Console
from ostiary.web.gate.link import Opening
from ostiary.web.languages import Language, Languages
from ostiary.web.rendering import rendered

COOKIE: Final = "kiosk"
"""Name of the cookie that the kiosk's browser keeps."""

PATIENCE_SECONDS: Final = 10.0
"""How long a client may take for one piece of an endless answer."""


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages share.

    Attributes:
        board: what they show now.
        opening: how they are served.
        languages: the languages there are.
        console: the attendants', and who is signed in to it.
    """

    board: Board
    opening: Opening
    languages: Languages
    console: Console

    def page(
        self, template: str, language: Language, *, status: int = 200, **values: object
    ) -> Response:
        """A page of a template, in a language."""
        return HTMLResponse(self.text(template, language, **values), status)

    def text(self, template: str, language: Language, **values: object) -> str:
        """What a template says, in a language."""
        return rendered(template, language, languages=self.languages, **values)

    def language(self, request: Request) -> Language:
        """The language that was asked for, or what the kiosk speaks."""
        asked = request.query_params.get("language", "")
        return self.languages.get(asked) or self.languages[self.opening.language]


def is_kiosk(request: Request, site: Site) -> bool:
    """Whether the browser is the one that used the way in."""
    return holds(request, COOKIE, site.opening.session)


def refusal(request: Request, site: Site) -> Response:
    """What anybody else is shown."""
    return site.page("closed.html", site.language(request), status=403)


def holds(request: Request, cookie: str, secret: str) -> bool:
    """Whether a browser sent that secret in that cookie."""
    given = request.cookies.get(cookie, "")
    return secrets.compare_digest(given.encode(), secret.encode())


class Endless(Response):
    """An answer that goes on until the client leaves, or is too slow.

    One piece at a time: the next is made when the last was taken, so that nothing is
    queued for whoever reads slowly.

    Args:
        pieces: what is sent.
        media_type: what it is.
    """

    def __init__(self, pieces: AsyncGenerator[bytes], media_type: str) -> None:
        super().__init__(media_type=media_type)
        del self.headers["content-length"]
        self._pieces = pieces

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send piece by piece."""
        sending = asyncio.ensure_future(self._send(send))
        leaving = asyncio.ensure_future(_left(receive))
        both = (sending, leaving)
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in both:
                each.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _send(self, send: Send) -> None:
        headers = self.raw_headers
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        # Closed at once when the client leaves, so that what it began ends with it.
        async with aclosing(self._pieces) as pieces:
            async for piece in pieces:
                body = {"type": "http.response.body", "body": piece, "more_body": True}
                await asyncio.wait_for(send(body), PATIENCE_SECONDS)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
