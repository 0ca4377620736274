"""What a body may be like, asked before anything reads it."""

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ostiary.web.desk.api.problems import Kind, ProblemError, invalid

MOST_JSON_BYTES: Final = 16 * 1024

MOST_PICTURE_BYTES: Final = 16 * 2**20
"""Of one photograph: what good telephones take."""

JSON: Final = "application/json"
PICTURES: Final = ("image/jpeg", "image/png", "image/webp")

_ONCE: Final = ("authorization", "content-type", "idempotency-key")
"""Of doubled ones a proxy may heed the first and the desk the last."""

_LONGEST_LENGTH: Final = len("1000000000")


class Guard:
    """Refuses what is too long, says no length or two things, or is of another type.

    Args:
        app: what it stands before.
        pictures: how the path ends of what takes pictures.
    """

    def __init__(self, app: ASGIApp, pictures: str) -> None:
        self._app = app
        self._pictures = pictures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        problem = self._problem(scope) if scope["type"] == "http" else None
        if problem is None:
            await self._app(scope, receive, send)
        else:
            await problem.answer()(scope, receive, send)

    def _problem(self, scope: Scope) -> ProblemError | None:
        headers = Headers(scope=scope)
        if any(len(headers.getlist(name)) > 1 for name in _ONCE):
            return invalid(["/header"])
        if "transfer-encoding" in headers:
            # In pieces, its length would count for nothing (RFC 9112, section 6.3).
            return ProblemError(Kind.NO_LENGTH, "send a Content-Length, and no chunks")
        told = headers.get("content-length", "0")
        if not (told.isascii() and told.isdigit()) or len(told) > _LONGEST_LENGTH:
            return ProblemError(Kind.NO_LENGTH, "a Content-Length is a decimal number")
        is_picture = scope["path"].endswith(self._pictures)
        most = MOST_PICTURE_BYTES if is_picture else MOST_JSON_BYTES
        if int(told) > most:
            return ProblemError(Kind.TOO_LARGE, f"at most {most} bytes are taken here")
        types = PICTURES if is_picture else (JSON,)
        if int(told) and _media_type(headers) not in types:
            return ProblemError(
                Kind.WRONG_TYPE, f"what is taken here: {', '.join(types)}"
            )
        return None


def _media_type(headers: Headers) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()
