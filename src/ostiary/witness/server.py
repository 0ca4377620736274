"""A witness that others ask over a network."""

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ostiary.errors import OstiaryError
from ostiary.journal import JOURNAL_LIMITS
from ostiary.journal.witnessing import Refusal
from ostiary.storage.witness import Refused, WitnessState

BODY_BYTES: Final = JOURNAL_LIMITS.note_bytes
"""A checkpoint, 63 hashes and some room."""

MOST_A_MINUTE: Final = 120
"""Requests that are looked at; a journal asks now and then."""

_MINUTE: Final = 60.0
_SIZE_TYPE: Final = "text/x.tlog.size"


def make_app(state: WitnessState, now: Callable[[], datetime]) -> Starlette:
    """The application: `POST /add-checkpoint`, and nothing else.

    Args:
        state: the witness.
        now: the wall clock; timezone-aware, whole seconds.
    """
    recent: deque[float] = deque()

    async def add_checkpoint(request: Request) -> Response:
        if _too_many(recent, time.monotonic()):
            return Response(status_code=HTTPStatus.TOO_MANY_REQUESTS)
        body = await _body(request)
        if body is None:
            return Response(status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return await run_in_threadpool(_answer, state, body, now)

    return Starlette(
        routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"])]
    )


def _answer(state: WitnessState, body: bytes, now: Callable[[], datetime]) -> Response:
    try:
        answer = state.add_checkpoint(body, now())
    except OstiaryError:
        # What could not be kept is not signed; its message may name files.
        return Response(status_code=HTTPStatus.INTERNAL_SERVER_ERROR)
    if not isinstance(answer, Refused):
        return PlainTextResponse(answer.line)
    if answer.refusal is Refusal.CONFLICT:
        headers = {"Content-Type": _SIZE_TYPE}
        return Response(f"{answer.size}\n", answer.refusal, headers)
    return Response(status_code=answer.refusal)


async def _body(request: Request) -> bytes | None:
    """What was sent; None where it is too long."""
    body = b""
    try:
        async for block in request.stream():
            body += block
            if len(body) > BODY_BYTES:
                return None
    except ClientDisconnect:
        return None
    return body


def _too_many(recent: deque[float], at: float) -> bool:
    while recent and at - recent[0] > _MINUTE:
        recent.popleft()
    if len(recent) >= MOST_A_MINUTE:
        return True
    recent.append(at)
    return False
