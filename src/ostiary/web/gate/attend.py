"""The attendants' page: signing in, and what waits at the gates.

Every act is a form with the session's token, which no other site knows; a script sends
the same forms without leaving the page. What is shown comes as server-sent events, made
from the same template as the page. A door is opened by hand on a page of its own.
"""

from collections.abc import AsyncGenerator, Mapping
from typing import Final

from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ostiary.staff import Session
from ostiary.web.entrance import SignIn
from ostiary.web.forms import (
    Form,
    acting,
    address_of,
    drop_session,
    keep_session,
    read_form,
    session_secret,
)
from ostiary.web.gate.attend_texts import (
    DEEDS,
    SAID,
    advice,
    conditions,
    ending,
)
from ostiary.web.gate.console import Console
from ostiary.web.gate.site import Endless, Site
from ostiary.web.gate.view import Act, Deed, Said, View, steady
from ostiary.web.languages import Language
from ostiary.web.texts import REFUSED_SIGN_IN

BEAT_SECONDS: Final = 1.0
"""How often the page is looked at anew; it takes five of them for a lost gate."""

_STATUS: Final[Mapping[SignIn, int]] = {
    SignIn.WRONG: 401,
    SignIn.ELSEWHERE: 403,
    SignIn.WAIT: 429,
    SignIn.BUSY: 503,
    SignIn.CLOSED: 503,
}


def routes(site: Site) -> tuple[BaseRoute, ...]:
    """The attendants' addresses."""
    page = _Attend(site)
    return (
        Route("/attend", page.show),
        Route("/attend/events", page.events),
        Route("/attend/sign-in", page.sign_in, methods=["POST"]),
        Route("/attend/sign-out", page.sign_out, methods=["POST"]),
        Route("/attend/act", page.act, methods=["POST"]),
        Route("/attend/here", page.here, methods=["POST"]),
    )


class _Attend:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._console = site.console

    async def show(self, request: Request) -> Response:
        """The page; to whoever is not signed in, the sign-in."""
        language = self._site.language(request)
        session = self._console.session(session_secret(self._console, request))
        if session is None:
            closed = not self._console.is_open
            return self._sign_in_page(language, SignIn.CLOSED if closed else None)
        values = self._main(session, request.query_params.get("said"))
        values["account"] = session.account.name
        values["by_hand"] = self._console.hands.file is not None
        return HTMLResponse(self._site.text("attend.html", language, **values))

    async def events(self, request: Request) -> Response:
        """What waits, from now on, as server-sent events, while the session lasts."""
        secret = session_secret(self._console, request)
        if self._console.session(secret) is None:
            return Response(status_code=401)
        language = self._site.language(request)
        return Endless(self._events(secret, language), "text/event-stream")

    async def sign_in(self, request: Request) -> Response:
        """Begin a session, and end the one that this browser had."""
        form, language = await read_form(request), self._site.language(request)
        name = form.get("name", "").strip().lower()
        address = address_of(request)
        held = await self._console.sign_in(
            name,
            form.get("password", ""),
            address,
            session_secret(self._console, request),
        )
        if isinstance(held, SignIn):
            wait = self._console.wait(name, address)
            return self._sign_in_page(language, held, wait)
        answer = _to_page(request)
        keep_session(self._console, request, answer, held)
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        if await acting(self._console, request) is None:
            return _to_page(request)
        self._console.sign_out(session_secret(self._console, request))
        answer = _to_page(request)
        drop_session(self._console, request, answer)
        return answer

    async def act(self, request: Request) -> Response:
        """Answer a question, or heed a call."""
        form = await acting(self._console, request)
        if form is None:
            return _to_page(request)
        act = _read_act(form)
        said = None
        if act is not None:
            said = await self._console.act(form.get("gate", ""), act)
        return _to_page(request, said)

    async def here(self, request: Request) -> Response:
        """The person did something at the page: the session goes on."""
        known = await acting(self._console, request) is not None
        return Response(status_code=204 if known else 401)

    async def _events(self, secret: str, language: Language) -> AsyncGenerator[bytes]:
        console = self._console
        async with console.watching():
            shown: object = None
            while (session := console.session(secret)) is not None:
                now = _steady(console, session)
                if now == shown:
                    yield b"event: beat\ndata:\n\n"
                else:
                    shown = now
                    main = self._main(session, None)
                    yield event(self._site.text("attend-main.html", language, **main))
                await console.changes.wait(BEAT_SECONDS)
            yield b"event: ended\ndata:\n\n"

    def _main(self, session: Session, said: str | None) -> dict[str, object]:
        """What the template of the page's middle takes."""
        views = self._console.views()
        there = {name: view for name, view in views.items() if view is not None}
        calls = [(name, call) for name, view in there.items() for call in view.calls]
        calls.sort(key=lambda each: -each[1].waited)
        questions = [
            (name, view.question)
            for name, view in there.items()
            if view.question is not None
        ]
        questions.sort(key=lambda each: each[1].left)
        word = SAID.get(Said(said)) if said in set(Said) else None
        return {
            "views": views,
            "elsewhere": self._console.elsewhere(),
            "calls": calls,
            "questions": questions,
            "seconds": self._console.hands.waiting(session.account.name),
            "csrf": session.csrf,
            "soon": _ends_soon(self._console, session),
            "said": word,
            "deeds": DEEDS,
            "advice": advice,
            "ending": ending,
            "conditions": conditions,
        }

    def _sign_in_page(
        self, language: Language, refused: SignIn | None, wait: float = 0.0
    ) -> Response:
        status = 200 if refused is None else _STATUS[refused]
        page = self._site.page(
            "sign-in.html",
            language,
            status=status,
            refused=None if refused is None else REFUSED_SIGN_IN[refused],
            closed=refused is SignIn.CLOSED,
        )
        if refused is SignIn.WAIT:
            page.headers["Retry-After"] = str(int(wait) + 1)
        return page


WARNED_SECONDS: Final = 120.0
"""How long before a session ends the page says so (WCAG 2.2.1: 20 s at least)."""


def _ends_soon(console: Console, session: Session) -> bool:
    return console.left(session) < WARNED_SECONDS


def _steady(console: Console, session: Session) -> object:
    """What has to be shown anew when it changes."""
    views: dict[str, View | None] = {
        name: None if view is None else steady(view)
        for name, view in console.views().items()
    }
    seconds = console.hands.waiting(session.account.name)
    return views, seconds, _ends_soon(console, session), session.csrf


def event(text: str) -> bytes:
    """A server-sent event that carries a text."""
    lines = "".join(f"data: {line}\n" for line in text.splitlines())
    return f"{lines}\n".encode()


def _read_act(form: Form) -> Act | None:
    deed, number = form.get("deed", ""), form.get("number", "")
    known = deed in set(Deed) and number.isascii() and number.isdigit()
    if not known or len(number) > len("999999999"):
        return None
    return Act(Deed(deed), int(number))


def _to_page(request: Request, said: Said | None = None) -> Response:
    """Back to the page, in its language."""
    known = {"language": request.query_params.get("language"), "said": said}
    url = URL("/attend").include_query_params(
        **{name: value for name, value in known.items() if value}
    )
    return RedirectResponse(url, 303)
