"""What holds for every request and every answer, whichever page it is of."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
"""What every answer carries (OWASP, HTTP Security Response Headers Cheat Sheet); what
an answer of ours says itself stays, as a page's that looks through a camera."""

MAX_BODY_BYTES: Final = 16 * 1024
"""Longest body of a request: forms of a few fields."""

_LONGEST_LENGTH: Final = len("1000000000")


@dataclass(frozen=True, slots=True)
class Taken:
    """What an address takes of requests that change something.

    Attributes:
        most_bytes: longest body; None: the address sees to bodies itself, also to those
            that do not tell their length.
        from_pages: from our own pages alone; otherwise from whoever shows what no
            browser sends by itself, which is for the address to ask for.
    """

    most_bytes: int | None = MAX_BODY_BYTES
    from_pages: bool = True


class Careful:
    """Adds the headers, and refuses what no page of ours sends.

    Args:
        app: what it stands before.
        hosts: by which names and addresses it may be called: a page of somebody
            else's that has its own name point here is refused (DNS rebinding).
        taken: what addresses take that differ from most, by how they begin.
        told: called with each request that is refused here.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Iterable[str],
        taken: Mapping[str, Taken] = MappingProxyType({}),
        told: Callable[[], None] = lambda: None,
    ) -> None:
        self._app = app
        # Browsers write names in small letters, whatever an owner writes.
        self._hosts = frozenset(host.lower() for host in hosts)
        self._taken = taken
        self._told = told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        refused = _host(headers) not in self._hosts or _is_foreign(
            scope, headers, self._what_is_taken(scope["path"])
        )
        if refused:
            self._told()
            answer = PlainTextResponse("not from here\n", 403)
            await answer(scope, receive, dressed)
        else:
            await self._app(scope, receive, dressed)

    def _what_is_taken(self, path: str) -> Taken:
        found = (each for start, each in self._taken.items() if path.startswith(start))
        return next(found, Taken())


def _host(headers: Headers) -> str:
    """The name or address that it was called by, without the port."""
    name, _, port = headers.get("host", "").rpartition(":")
    return (name if port.isdecimal() else f"{name}:{port}").strip("[]:").lower()


def _is_foreign(scope: Scope, headers: Headers, taken: Taken) -> bool:
    """Whether it changes something and comes from another site, or is too long."""
    if scope["method"] in {"GET", "HEAD"}:
        return False
    own = f"{scope['scheme']}://{headers.get('host', '')}"
    if taken.from_pages and headers.get("origin") != own:
        return True
    return taken.most_bytes is not None and _is_longer(headers, taken.most_bytes)


def _is_longer(headers: Headers, most_bytes: int) -> bool:
    """Whether a body is longer than that, or does not say how long it is."""
    if "transfer-encoding" in headers:
        # In pieces: its length would count for nothing (RFC 9112, section 6.3).
        return True
    length = headers.get("content-length", "")
    if not length.isascii() or not length.isdigit() or len(length) > _LONGEST_LENGTH:
        return True
    return int(length) > most_bytes


async def missing(_request: Request, _error: Exception) -> Response:
    """What is answered where there is no page."""
    return PlainTextResponse("there is no such page\n", 404)


async def broken(_request: Request, _error: Exception) -> Response:
    """What is answered where a page fails by a fault of ours."""
    return PlainTextResponse("this page does not work at the moment\n", 500)
