"""A small listener for whoever watches over the gate: figures and health.

    /metrics   figures for Prometheus
    /healthz   200: the gate's loop goes round
    /readyz    200: it can serve; 503: it cannot, and why

One thread, one connection after the other, each with two seconds in all: whoever
dawdles keeps others waiting, and never the gate.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from socket import AF_INET6
from socketserver import TCPServer
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.registry import Collector
from typing_extensions import override

from ostiary.errors import ConfigurationError
from ostiary.gate.condition import Watching
from ostiary.gate.displays import Display
from ostiary.gate.receiving import receive_until
from ostiary.reasons import ADVICE

_SECONDS: Final = 2.0
_LONGEST_HEAD: Final = 8 * 1024
"""Bytes of a request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back.

    Attributes:
        status: whether all is well.
        kind: media type.
        body: the content.
    """

    status: HTTPStatus
    kind: str
    body: bytes


class Pages:
    """What can be asked for.

    Args:
        collector: makes the figures.
        watching: knows the condition.
    """

    def __init__(self, collector: Collector, watching: Watching) -> None:
        # A registry of its own: the default one tells of the process.
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(collector)
        self._watching = watching
        self._pages: Mapping[str, Callable[[], Answer]] = {
            "/metrics": self._metrics,
            "/healthz": self._health,
            "/readyz": self._readiness,
        }

    def answer(self, path: str) -> Answer:
        """The page of that path; what follows a question mark is not looked at."""
        make = self._pages.get(path.partition("?")[0])
        if make is None:
            text = f"there is: {', '.join(self._pages)}\n"
            return Answer(HTTPStatus.NOT_FOUND, "text/plain", text.encode())
        return make()

    def _metrics(self) -> Answer:
        body = generate_latest(self._registry)
        return Answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, body)

    def _health(self) -> Answer:
        return _condition({"live": self._watching.is_live}, "live")

    def _readiness(self) -> Answer:
        troubles = self._watching.condition.troubles
        live = self._watching.is_live
        reasons = {reason: ADVICE[reason].attendant for reason in troubles}
        told = {"ready": live and not troubles, "live": live, "reasons": reasons}
        return _condition(told, "ready")


def _condition(told: Mapping[str, object], which: str) -> Answer:
    status = HTTPStatus.OK if told[which] else HTTPStatus.SERVICE_UNAVAILABLE
    return Answer(status, "application/json", json.dumps(told).encode() + b"\n")


class Listener(Display):
    """Serves the pages from now on, until the gate ends.

    Args:
        address: IP address and port.
        pages: what is served.

    Raises:
        ConfigurationError: nothing can listen there.
    """

    def __init__(self, address: tuple[str, int], pages: Pages) -> None:
        kind = _ServerOf6 if ":" in address[0] else _Server
        handler = type("Handler", (_Handler,), {"pages": pages})
        try:
            self._server = kind(address, handler)
        except OSError as error:
            host, port = address
            raise ConfigurationError(
                f"metrics.listen: nothing can listen at {host}, port {port}: "
                f"{error.strerror}"
            ) from None
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="metrics", daemon=True
        )
        self._thread.start()

    @override
    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(TCPServer):
    # Not `HTTPServer`, which asks the network for its own name.
    allow_reuse_address = True

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: whoever goes away before the answer has been sent is free to."""


class _ServerOf6(_Server):
    address_family = AF_INET6


class _Handler(BaseHTTPRequestHandler):
    """One request of one connection."""

    pages: Pages
    server_version = "ostiary"
    sys_version = ""

    @override
    def setup(self) -> None:
        """Receive the whole request first, under one time and one length."""
        super().setup()
        try:
            head = receive_until(self.connection, b"\r\n\r\n", _LONGEST_HEAD, _SECONDS)
        except OSError:
            head = b""
        self.rfile = BytesIO(head)
        self.connection.settimeout(_SECONDS)

    def do_GET(self) -> None:
        """Answer."""
        answer = self.pages.answer(self.path)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(answer.body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: who asks, and when, is nobody's business here."""
