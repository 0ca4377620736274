"""Forms of those who are signed in, and the cookie that they hold.

Every act is a form with the session's token, which no other site knows.
"""

import secrets
from collections.abc import Mapping
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ostiary.erasure import overwrite
from ostiary.web.entrance import Entrance

MOST_FIELDS: Final = 64

Form: TypeAlias = Mapping[str, str]


async def acting(entrance: Entrance, request: Request) -> Form | None:
    """The form of somebody who is signed in and means it; None: of nobody such."""
    form = await read_form(request)
    return form if may_act(entrance, request, form.get("csrf", "")) else None


def may_act(entrance: Entrance, request: Request, csrf: str) -> bool:
    """Whether a session's browser shows its token; if so, the person did something."""
    secret = session_secret(entrance, request)
    session = entrance.session(secret)
    shown = csrf.encode(errors="surrogatepass")
    if session is None or not secrets.compare_digest(shown, session.csrf.encode()):
        return False
    entrance.use(secret)
    return True


async def read_form(request: Request) -> Form:
    """The fields of a form, each once; nothing where it is no form of ours."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return {}
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode(), max_num_fields=MOST_FIELDS)
    except ValueError:
        return {}
    return dict(pairs)


async def read_octets(request: Request) -> bytearray | None:
    """What was sent, in a buffer that can be overwritten; None: less came than said.

    Its length was said, and is within what the address takes (`careful`).
    """
    data = bytearray(int(request.headers.get("content-length", "0")))
    end = 0
    try:
        async for piece in request.stream():
            data[end : end + len(piece)] = piece
            end += len(piece)
    except ClientDisconnect:
        overwrite(data)
        return None
    return data


def session_secret(entrance: Entrance, request: Request) -> str:
    """What the browser holds of its session; empty: nothing."""
    return request.cookies.get(_cookie(entrance, request), "")


def keep_session(
    entrance: Entrance, request: Request, answer: Response, secret: str
) -> None:
    """Have the browser hold a session."""
    answer.set_cookie(
        _cookie(entrance, request),
        secret,
        httponly=True,
        samesite="strict",
        secure=_is_encrypted(request),
    )


def drop_session(entrance: Entrance, request: Request, answer: Response) -> None:
    """Have the browser hold none."""
    answer.delete_cookie(
        _cookie(entrance, request),
        httponly=True,
        samesite="strict",
        secure=_is_encrypted(request),
    )


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client is not None else ""


def _cookie(entrance: Entrance, request: Request) -> str:
    """`__Host-` keeps other hosts from laying one down; it takes TLS (RFC 6265bis)."""
    return f"__Host-{entrance.cookie}" if _is_encrypted(request) else entrance.cookie


def _is_encrypted(request: Request) -> bool:
    return request.url.scheme == "https"
