"""The application of the desk's interface for programs, and its description."""

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from types import MappingProxyType
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp
from typing_extensions import override

from ostiary.errors import OstiaryError
from ostiary.web.desk.api import enrolments, passes, standing
from ostiary.web.desk.api.caller import Api
from ostiary.web.desk.api.entry import Entry
from ostiary.web.desk.api.guard import Guard
from ostiary.web.desk.api.models import SENT, ProblemBody
from ostiary.web.desk.api.problems import (
    PREFIX,
    Kind,
    ProblemError,
    invalid,
    problem_of,
)
from ostiary.web.desk.api.sittings import Enrolments
from ostiary.web.desk.site import DeskSite

_DESCRIPTION: Final = """\
The acts of an issuer's desk, for programs: passes with and without a face, issued,
confirmed, renewed, revoked and erased. Nothing biometric is kept, and no copy of a
pass. Problems are RFC 9457; a pass is sent once, and counts as handed over when it is
confirmed. How to use it: docs/how-to/desk-api.md.
"""

_QUIET: Final[TelemetryConfig] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""FastAPI tells nobody what is sent here, whatever the environment asks of it."""

_UNREADABLE: Final = (Kind.INVALID, "a body that cannot be read")

_HTTP: Final[Mapping[int, tuple[Kind, str]]] = MappingProxyType(
    {
        404: (Kind.NOT_FOUND, f"see {PREFIX}/openapi.json"),
        405: (Kind.NO_SUCH_METHOD, f"see {PREFIX}/openapi.json"),
    }
)
"""What Starlette and FastAPI refuse by themselves; the rest are bodies."""

_STEPS: Final = frozenset(
    {"body", "header", "path", "query", "identifier", "paper"}
) | {
    "Idempotency-Key",
    *(name for model in SENT for name in model.model_fields),
}
"""Names that there are in requests; any other one came with the request."""


class _App(FastAPI):
    @override
    def openapi(self) -> dict[str, Any]:
        if not self.openapi_schema:
            self.openapi_schema = _closed(super().openapi())
        return self.openapi_schema


def _closed(said: dict[str, Any]) -> dict[str, Any]:
    """Ours in place of FastAPI's own errors, which never leave here."""
    schemas = said["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["ProblemBody"] = ProblemBody.model_json_schema()
    said["components"]["schemas"] = dict(sorted(schemas.items()))
    return said


def make_app() -> FastAPI:
    """The routes and the description, of no desk yet."""
    app = _App(
        title="Ostiary desk",
        description=_DESCRIPTION,
        version=version("ostiary"),
        servers=[{"url": PREFIX}],
        root_path_in_servers=False,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        telemetry=_QUIET,
    )
    for module in (enrolments, passes, standing):
        app.include_router(module.router)
    app.add_exception_handler(ProblemError, _told)
    app.add_exception_handler(OstiaryError, _failed)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _broken)
    return app


def open_api(site: DeskSite) -> ASGIApp:
    """The application over a desk, with what a body may be like asked first."""
    app, randomness = make_app(), secrets.token_bytes
    app.state.api = Api(
        desk=site.desk,
        entry=Entry.make(site.home.access, site.now, time.monotonic, randomness),
        enrolments=Enrolments(site.studio, time.monotonic, randomness),
        now=site.now,
        randomness=randomness,
    )
    return Guard(app, enrolments.PHOTOGRAPHS)


def description() -> str:
    """`docs/spec/desk-api.json`."""
    return json.dumps(make_app().openapi(), indent=1, ensure_ascii=False) + "\n"


async def _told(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ProblemError):
        raise error
    return error.answer()


async def _failed(request: Request, error: Exception) -> Response:
    if not isinstance(error, OstiaryError):
        raise error
    api: Api = request.app.state.api
    return problem_of(error, str(api.desk.home.path)).answer()


async def _invalid(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    return invalid(_place(each["loc"]) for each in error.errors()).answer()


def _place(path: Sequence[int | str]) -> str:
    """Where something is wrong, without what was sent: names of members can be."""
    known = [str(step) for step in path if isinstance(step, int) or step in _STEPS]
    return "/" + "/".join(known)


async def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    kind, detail = _HTTP.get(error.status_code, _UNREADABLE)
    answer = ProblemError(kind, detail).answer()
    answer.headers.update(error.headers or {})
    return answer


async def _broken(_request: Request, _error: Exception) -> Response:
    return ProblemError(Kind.FAULT, "a fault of Ostiary's own").answer()
