"""What the desk's pages share: who is there, what they ask, how they are answered."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ostiary.desk.service import Desk
from ostiary.errors import OstiaryError, RegistryError, StorageError
from ostiary.staff import Session, StaffRole
from ostiary.storage.home import Home
from ostiary.storage.registry.records import By
from ostiary.web.careful import Taken
from ostiary.web.desk.counter import Counter
from ostiary.web.desk.studio import Studio
from ostiary.web.desk.tally import Tally
from ostiary.web.entrance import Entrance
from ostiary.web.forms import Form, acting, may_act, session_secret
from ostiary.web.languages import Language, Languages
from ostiary.web.rendering import rendered

OWNER: Final = frozenset({StaffRole.OWNER})
ISSUERS: Final = frozenset({StaffRole.ISSUER, StaffRole.OWNER})
"""Whose pages there are."""

CSRF_HEADER: Final = "x-csrf"
"""Where a script shows the session's token when what it sends is no form."""


@dataclass(frozen=True, slots=True)
class Link:
    """A page that stands in the head of every page.

    Attributes:
        path: its address.
        title: what it is called.
        roles: to whom it is shown.
    """

    path: str
    title: str
    roles: frozenset[StaffRole]


@dataclass(frozen=True, slots=True)
class DeskSite:
    """What the desk's pages share.

    Attributes:
        desk: the home, its registry and its journal.
        entrance: the sign-in, and who is signed in.
        now: the time, in UTC, to the second.
        languages: those of the gate's pages.
        studio: where faces are looked at.
        counter: the passes that are being made.
        links: what stands in the head of every page.
        unsafe: what is switched off here; it stands on every page.
        wallet: where holders' wallet lies; None: on this server.
        tally: what the owner is told of what is asked.
    """

    desk: Desk
    entrance: Entrance
    now: Callable[[], datetime]
    languages: Languages
    studio: Studio
    counter: Counter
    links: tuple[Link, ...]
    unsafe: tuple[str, ...] = ()
    wallet: str | None = None
    tally: Tally = field(default_factory=Tally.to_stderr)

    @property
    def home(self) -> Home:
        """The owner's directory."""
        return self.desk.home

    def page(
        self,
        template: str,
        session: Session | None,
        *,
        status: int = 200,
        language: Language | None = None,
        **values: object,
    ) -> Response:
        """A page of a template in `templates/`, for somebody or for nobody yet.

        The template extends `desk/frame.html` and finds `session`, `links`, `_` and
        `language` beside the values.
        """
        role = None if session is None else session.account.role
        links = [link for link in self.links if role in link.roles]
        spoken = language or self.languages["en"]
        text = rendered(
            template,
            spoken,
            session=session,
            links=links,
            unsafe=self.unsafe,
            **values,
        )
        return HTMLResponse(text, status)

    def trouble(self, session: Session | None, said: str, status: int) -> Response:
        """A page that says what is in the way."""
        return self.page("desk/trouble.html", session, status=status, said=said)


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who is signed in, and what they ask.

    Attributes:
        site: the pages.
        request: what the browser sent.
        session: whose it is.
        secret: of the session; no page ever shows it.
        form: the fields of what was sent; empty where nothing was, or no form.
    """

    site: DeskSite
    request: Request
    session: Session
    secret: str = field(repr=False)
    form: Form = field(default_factory=dict, repr=False)

    @property
    def by(self) -> By:
        """Who acts, for the registry and the journal."""
        return self.site.desk.by(self.site.now(), self.session.account.digest)

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        language: Language | None = None,
        **values: object,
    ) -> Response:
        """A page for them, in English where no language is given."""
        return self.site.page(
            template, self.session, status=status, language=language, **values
        )


Handler: TypeAlias = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the desk's addresses, that belong together.

    Attributes:
        routes: makes them for a site.
        links: which of them stand in the head of every page.
        taken: what they take that differs from forms, by how the address begins.
    """

    routes: Callable[[DeskSite], Iterable[BaseRoute]]
    links: tuple[Link, ...] = ()
    taken: Mapping[str, Taken] = field(default_factory=dict)


def shown(
    site: DeskSite, path: str, handler: Handler, roles: frozenset[StaffRole]
) -> Route:
    """An address that shows something, to those who may see it."""

    async def show(request: Request) -> Response:
        secret = session_secret(site.entrance, request)
        session = site.entrance.session(secret)
        if session is None:
            return RedirectResponse("/sign-in", 303)
        return await _answered(Visit(site, request, session, secret), handler, roles)

    return Route(path, show, methods=["GET"])


def done(
    site: DeskSite, path: str, handler: Handler, roles: frozenset[StaffRole]
) -> Route:
    """An address of a form that does something, for those who may do it."""

    async def do(request: Request) -> Response:
        form = await acting(site.entrance, request)
        visit = None if form is None else _visit(site, request, form)
        if visit is None:
            return RedirectResponse("/sign-in", 303)
        return await _answered(visit, handler, roles)

    return Route(path, do, methods=["POST"])


def sent(
    site: DeskSite, path: str, handler: Handler, roles: frozenset[StaffRole]
) -> Route:
    """An address for what a script sends that is no form; the handler reads it."""

    async def take(request: Request) -> Response:
        csrf = request.headers.get(CSRF_HEADER, "")
        known = may_act(site.entrance, request, csrf)
        visit = _visit(site, request, {}) if known else None
        if visit is None:
            return Response(status_code=401)
        return await _answered(visit, handler, roles)

    return Route(path, take, methods=["POST"])


def _visit(site: DeskSite, request: Request, form: Form) -> Visit | None:
    secret = session_secret(site.entrance, request)
    session = site.entrance.session(secret)
    if session is None:
        return None
    return Visit(site, request, session, secret, form)


async def _answered(
    visit: Visit, handler: Handler, roles: frozenset[StaffRole]
) -> Response:
    if visit.session.account.role not in roles:
        return visit.site.trouble(visit.session, NOT_YOURS, 403)
    try:
        return await handler(visit)
    except RegistryError as error:
        return visit.site.trouble(visit.session, str(error), 409)
    except StorageError as error:
        return visit.site.trouble(visit.session, str(error), 503)
    except OstiaryError as error:
        return visit.site.trouble(visit.session, str(error), 409)


NOT_YOURS: Final = "This page is not for your account."
