"""The page on which an attendant opens by hand: why, what is recorded, and signing it.

The script asks the browser for the authenticator; everything else is asked of the gate.
"""

import base64
from collections.abc import AsyncGenerator, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ostiary.credential.jsonfile import base64url
from ostiary.desk.attendants import fingerprint, registered
from ostiary.errors import ConfigurationError
from ostiary.journal import Assertion, OpeningReason
from ostiary.staff import Session
from ostiary.web.attend import event
from ostiary.web.forms import acting, session_secret
from ostiary.web.hand import LOST, NO_KIOSK, name_of
from ostiary.web.hand_texts import (
    NOT_ALLOWED,
    NOT_REGISTERED,
    REASONS,
    SIGN_TOO,
    outcome,
)
from ostiary.web.languages import Language
from ostiary.web.link import HandEnded, HandWaits
from ostiary.web.site import Endless, Site

_PARTS: Final = ("data", "client", "signature")

BEAT_SECONDS: Final = 1.0
"""How often it is looked anew at what waits for a second signature."""


def routes(site: Site) -> tuple[BaseRoute, ...]:
    """The addresses of opening by hand."""
    page = _HandPage(site)
    return (
        Route("/attend/hand", page.show),
        Route("/attend/hand/wish", page.wish, methods=["POST"]),
        Route("/attend/hand/sign", page.sign, methods=["POST"]),
        Route("/attend/hand/waiting", page.waiting),
        Route("/attend/hand/second", page.second, methods=["POST"]),
        Route("/attend/hand/drop", page.drop, methods=["POST"]),
        Route("/attend/hand/challenge", page.challenge, methods=["POST"]),
        Route("/attend/hand/register", page.register, methods=["POST"]),
    )


class _HandPage:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._console = site.console
        self._hands = site.console.hands

    async def show(self, request: Request) -> Response:
        """The page; whoever is not signed in is sent to sign in first."""
        language = self._site.language(request)
        session = self._session(request)
        if session is None or self._hands.file is None:
            return RedirectResponse(f"/attend?language={language.code}", 303)
        identifier = self._hands.identifier(session.account.name)
        return self._site.page(
            "hand.html",
            language,
            csrf=session.csrf,
            account=session.account.name,
            identifier=None if identifier is None else base64url(identifier),
            key=None if identifier is None else name_of(identifier),
            reasons=self._offered(),
            lost=outcome(LOST),
            elsewhere=self._console.elsewhere(),
            sign_too=SIGN_TOO,
        )

    async def waiting(self, request: Request) -> Response:
        """What waits for a second signature, from now on, as server-sent events."""
        if self._session(request) is None or self._hands.file is None:
            return Response(status_code=401)
        pieces = self._waiting(request, self._site.language(request))
        return Endless(pieces, "text/event-stream")

    async def wish(self, request: Request) -> Response:
        """Have the gate draw up what is to be signed."""
        form, session = await self._acting(request)
        if session is None:
            return _nobody()
        identifier = self._hands.identifier(session.account.name)
        reason = form.get("reason", "")
        if identifier is None or reason not in set(OpeningReason):
            return self._told(request, NOT_ALLOWED, "authenticator-unknown")
        receipt = form.get("receipt") == "wanted"
        if receipt and not self._site.board.watchers:
            return self._told(request, outcome(NO_KIOSK), NO_KIOSK)
        drawn = await self._hands.wish(
            identifier, OpeningReason(reason), receipt=receipt
        )
        if isinstance(drawn, HandEnded):
            return self._told(request, outcome(drawn.refusal), drawn.refusal)
        return JSONResponse(
            {
                "wish": drawn.wish,
                "at": drawn.at,
                "gate": drawn.gate,
                "challenge": base64url(bytes.fromhex(drawn.challenge)),
                "signers": drawn.signers,
                "shown": drawn.shown,
            }
        )

    async def sign(self, request: Request) -> Response:
        """Hand the gate what the authenticator said, and tell what came of it."""
        form, session = await self._acting(request)
        if session is None:
            return _nobody()
        said = _assertion(form)
        if said is None:
            return self._told(request, outcome("malformed"), "assertion-malformed")
        ended = await self._hands.sign(form.get("wish", ""), said)
        return self._told(request, outcome(ended.refusal), ended.refusal)

    async def second(self, request: Request) -> Response:
        """The same, of another attendant's authenticator."""
        form, session = await self._acting(request)
        if session is None:
            return _nobody()
        identifier = self._hands.identifier(session.account.name)
        if identifier is None:
            return self._told(request, NOT_ALLOWED, "authenticator-unknown")
        said = _assertion(form)
        if said is None:
            return self._told(request, outcome("malformed"), "assertion-malformed")
        challenge = _challenge(form)
        ended = await self._hands.countersign(challenge, identifier, said)
        return self._told(request, outcome(ended.refusal), ended.refusal)

    async def drop(self, request: Request) -> Response:
        """Let others open instead."""
        form, session = await self._acting(request)
        if session is None:
            return _nobody()
        wish = form.get("wish", "")
        self._hands.drop(wish)
        self._site.board.end_receipt(wish)
        return Response(status_code=204)

    async def challenge(self, request: Request) -> Response:
        """What an authenticator that is to be registered answers to."""
        _, session = await self._acting(request)
        if session is None:
            return _nobody()
        challenge = self._hands.begin_registration(session.csrf)
        return JSONResponse({"challenge": base64url(challenge)})

    async def register(self, request: Request) -> Response:
        """The text for the owner, of what it answered."""
        form, session = await self._acting(request)
        if session is None:
            return _nobody()
        host = request.url.hostname or ""
        origin = f"{request.url.scheme}://{request.url.netloc}"
        answer = form.get("answer", "")
        try:
            text = self._hands.registered(session.csrf, host, origin, answer)
            # What an owner could not enter is not handed out either.
            compared = fingerprint(*registered(text))
        except ConfigurationError:
            return self._told(request, NOT_REGISTERED, "registration-refused")
        return JSONResponse({"text": text, "compared": compared})

    def _offered(self) -> Mapping[OpeningReason, str]:
        """The reasons to choose from; where no rules are known, the gate refuses."""
        offered = self._hands.offered
        return {each: text for each, text in REASONS.items() if each in offered} or (
            REASONS
        )

    async def _waiting(
        self, request: Request, language: Language
    ) -> AsyncGenerator[bytes]:
        shown: tuple[HandWaits, ...] | None = None
        while (session := self._session(request)) is not None:
            account = session.account.name
            now = self._hands.waiting(account)
            if now == shown:
                yield b"event: beat\ndata:\n\n"
            else:
                shown = now
                wanted = self._wanted(account)
                text = self._site.text("hand-waiting.html", language, **wanted)
                yield event(text)
            await self._console.changes.wait(BEAT_SECONDS)
        yield b"event: ended\ndata:\n\n"

    def _wanted(self, account: str) -> dict[str, object]:
        """What the template of what waits takes."""
        waiting = self._hands.waiting(account)
        return {
            "waiting": waiting,
            "reasons": REASONS,
            "who": {each.wish: self._hands.account(each.attendant) for each in waiting},
            "base64url": lambda text: base64url(bytes.fromhex(text)),
        }

    def _session(self, request: Request) -> Session | None:
        return self._console.session(session_secret(self._console, request))

    async def _acting(
        self, request: Request
    ) -> tuple[Mapping[str, str], Session | None]:
        """The form, and whose it is; None: of nobody who may act here."""
        form = await acting(self._console, request)
        allowed = form is not None and self._hands.file is not None
        return form or {}, self._session(request) if allowed else None

    def _told(self, request: Request, text: str, name: str | None) -> Response:
        said = self._site.language(request).say(text)
        return JSONResponse({"said": said, "name": name or "", "opened": not name})


def _nobody() -> Response:
    return Response(status_code=401)


def _assertion(form: Mapping[str, str]) -> Assertion | None:
    """What an authenticator said, as the script sends it; None: it is none."""
    try:
        return Assertion(*(_octets(form.get(name, "")) for name in _PARTS))
    except ValueError:
        return None


def _challenge(form: Mapping[str, str]) -> bytes:
    """What the script has the authenticator sign; empty: nothing that waits."""
    try:
        return _octets(form.get("challenge", ""))
    except ValueError:
        return b""


def _octets(text: str) -> bytes:
    """Bytes in base64url, as the script writes them."""
    return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
