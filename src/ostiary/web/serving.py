"""How pages are served: what connections may take, and that nothing is logged."""

import resource
import socket
import ssl
from collections.abc import Callable
from typing import Final

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ostiary.web.connections import MAX_CLIENTS, Place

MAX_FILES: Final = 256
"""Most descriptors, so that a flood ends here and not in the machine's memory."""

MAX_HEADER_BYTES: Final = 8 * 1024
"""Of a request: its target, and the names and values of its fields."""

_KEPT_ALIVE: Final = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 20_000),
)
"""A browser whose cable was pulled does not watch: it is dropped within 20 seconds."""


BACKLOG: Final = 32
"""Connections that wait to be taken; more are told to try again."""


def open_listener(address: str, port: int) -> socket.socket:
    """Begin to listen.

    Args:
        address: an IP address of this machine's.
        port: 0 for one that is free.

    Raises:
        OSError: it is taken, or not this machine's.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, port), family=family, backlog=BACKLOG)
    for level, option, value in _KEPT_ALIVE:
        # What is accepted takes it over from what listens.
        listener.setsockopt(level, option, value)
    return listener


def limit_files() -> None:
    """Let this process hold so many descriptors and no more."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_FILES, MAX_FILES))


class Brief:
    """Refuses a request whose head is too long, however it comes in.

    What reads requests counts only while a head is not whole: in one piece it may be of
    any length.

    Args:
        app: what it stands before.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or say 431 (RFC 6585, section 5)."""
        app = self._app
        if scope["type"] == "http" and _head_bytes(scope) > MAX_HEADER_BYTES:
            app = PlainTextResponse("The head of this request is too long.", 431)
        await app(scope, receive, send)


def _head_bytes(scope: Scope) -> int:
    fields = sum(len(name) + len(value) for name, value in scope["headers"])
    return fields + len(scope["raw_path"]) + len(scope["query_string"])


def settings_of(app: ASGIApp, tls: ssl.SSLContext | None) -> uvicorn.Config:
    """How an application is served: no log, no names, few connections.

    Args:
        app: the application.
        tls: what it is served with; None: without TLS.
    """
    return uvicorn.Config(
        Brief(app),
        lifespan="off",
        loop="asyncio",
        http=Place,
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        limit_concurrency=MAX_CLIENTS,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        ssl_context_factory=None if tls is None else _always(tls),
        timeout_graceful_shutdown=3,
    )


def _always(context: ssl.SSLContext) -> Callable[..., ssl.SSLContext]:
    """What makes the context, whatever it is asked with."""
    return lambda *_: context
