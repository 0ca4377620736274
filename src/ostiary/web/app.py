"""The application: which pages there are, and what holds for every one of them.

A page is a module with a function from `Site` to routes; `PAGES` names them all.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ostiary.web import attend, kiosk, peers, trial
from ostiary.web.site import Site

STATIC: Final = Path(__file__).parent / "static"

PAGES: Final[tuple[Callable[[Site], Iterable[BaseRoute]], ...]] = (
    kiosk.routes,
    attend.routes,
    peers.routes,
    trial.routes,
)
"""Every page; a new one is added here."""

HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Nothing from anywhere else, nothing inline.
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; "
        "style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        # Not `no-referrer`: our own forms would then say that they come from nowhere.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cache-Control": "no-store",
    }
)
"""What every answer carries (OWASP, HTTP Security Response Headers Cheat Sheet)."""

MAX_BODY_BYTES: Final = 16 * 1024
"""Longest body of a request: forms of a few fields."""


class Careful:
    """Adds the headers, and refuses what no page of ours sends.

    Args:
        app: what it stands before.
        hosts: by which names and addresses it may be called: a page of somebody
            else's that has its own name point here is refused (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        headers = Headers(scope=scope)
        if _host(headers) not in self._hosts or _is_foreign(scope, headers):
            refused = PlainTextResponse("not from here\n", 403)
            await refused(scope, receive, dressed)
        else:
            await self._app(scope, receive, dressed)


def _host(headers: Headers) -> str:
    """The name or address that it was called by, without the port."""
    name, _, port = headers.get("host", "").rpartition(":")
    return (name if port.isdecimal() else f"{name}:{port}").strip("[]:")


def _is_foreign(scope: Scope, headers: Headers) -> bool:
    """Whether it changes something and comes from another site, or is too long."""
    if scope["method"] in {"GET", "HEAD"}:
        return False
    length = headers.get("content-length", "")
    if not length.isascii() or not length.isdigit() or len(length) > len("16384"):
        return True
    own = f"{scope['scheme']}://{headers.get('host', '')}"
    return int(length) > MAX_BODY_BYTES or headers.get("origin") != own


async def _missing(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("there is no such page\n", 404)


async def _broken(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("this page does not work at the moment\n", 500)


def make_app(site: Site, hosts: Iterable[str]) -> Starlette:
    """The application of a site.

    Args:
        site: what the pages share.
        hosts: by which names it may be called, against DNS rebinding.
    """
    routes = [route for page in PAGES for route in page(site)]
    return Starlette(
        routes=[*routes, Mount("/static", StaticFiles(directory=STATIC))],
        middleware=[Middleware(Careful, hosts=hosts)],
        exception_handlers={404: _missing, 500: _broken},
    )
