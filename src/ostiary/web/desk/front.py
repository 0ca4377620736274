"""The first page, the sign-in and the sign-out."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ostiary.web.desk.site import ISSUERS, DeskSite, Page, Visit, done, shown
from ostiary.web.entrance import SignIn
from ostiary.web.forms import (
    address_of,
    drop_session,
    keep_session,
    read_form,
    session_secret,
)
from ostiary.web.texts import REFUSED_SIGN_IN

STATUS: Final[Mapping[SignIn, int]] = {
    SignIn.WRONG: 401,
    SignIn.ELSEWHERE: 403,
    SignIn.WAIT: 429,
    SignIn.BUSY: 503,
    SignIn.CLOSED: 503,
}
"""How a sign-in is refused, for machines."""

LEFT: Final = (
    "You are signed out, but the registry could not revoke pass {}, which was not "
    "handed over: it may still count. Destroy what was printed or saved of it, and "
    "have the owner revoke it: ostiary registry check --mend, an hour from now."
)


def _routes(site: DeskSite) -> tuple[BaseRoute, ...]:
    front = _Front(site)
    return (
        shown(site, "/", front.show, ISSUERS),
        Route("/sign-in", front.ask),
        Route("/sign-in", front.sign_in, methods=["POST"]),
        done(site, "/sign-out", front.sign_out, ISSUERS),
    )


PAGE: Final = Page(_routes)


class _Front:
    def __init__(self, site: DeskSite) -> None:
        self._site = site
        self._entrance = site.entrance

    async def show(self, visit: Visit) -> Response:
        """What there is to do."""
        return visit.page("desk/front.html")

    async def ask(self, request: Request) -> Response:
        """The sign-in; whoever is signed in goes on to the first page."""
        secret = session_secret(self._entrance, request)
        if self._entrance.session(secret) is not None:
            return RedirectResponse("/", 303)
        return self._asked(None if self._entrance.is_open else SignIn.CLOSED)

    async def sign_in(self, request: Request) -> Response:
        """Begin a session, and end the one that this browser had."""
        form = await read_form(request)
        name = form.get("name", "").strip().lower()
        held = await self._entrance.sign_in(
            name,
            form.get("password", ""),
            address_of(request),
            session_secret(self._entrance, request),
        )
        if isinstance(held, SignIn):
            return self._asked(held, self._entrance.wait(name, address_of(request)))
        answer = RedirectResponse("/", 303)
        keep_session(self._entrance, request, answer, held)
        return answer

    async def sign_out(self, visit: Visit) -> Response:
        """End the session, and give up the pass that it was making."""
        left = await self._site.counter.forget(visit.secret)
        self._entrance.sign_out(visit.secret)
        answer = RedirectResponse("/sign-in", 303) if left is None else self._left(left)
        drop_session(self._entrance, visit.request, answer)
        return answer

    def _left(self, identifier: bytes) -> Response:
        """What to do about a pass that was signed and could not be revoked."""
        return self._site.trouble(None, LEFT.format(identifier.hex()), 503)

    def _asked(self, refused: SignIn | None, wait: float = 0.0) -> Response:
        page = self._site.page(
            "desk/sign-in.html",
            None,
            status=200 if refused is None else STATUS[refused],
            refused=None if refused is None else REFUSED_SIGN_IN[refused],
            closed=refused is SignIn.CLOSED,
        )
        if refused is SignIn.WAIT:
            page.headers["Retry-After"] = str(int(wait) + 1)
        return page
