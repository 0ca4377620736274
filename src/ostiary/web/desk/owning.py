"""What owners' pages share: acts that are confirmed by one's own password."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ostiary.journal import JournalEntry, dump_entry
from ostiary.staff import StaffRole
from ostiary.web.desk.front import STATUS
from ostiary.web.desk.site import OWNER, DeskSite, Handler, Visit, done
from ostiary.web.entrance import SignIn
from ostiary.web.forms import address_of

_NOT_CONFIRMED: Final[Mapping[SignIn, str]] = MappingProxyType(
    {
        SignIn.WRONG: "That is not your own password, so nothing was done.",
        SignIn.WAIT: "Passwords were tried too often. Wait a little, then try again. "
        "Nothing was done.",
        SignIn.BUSY: "Too many passwords are looked at. Try again in a moment. Nothing "
        "was done.",
    }
)

SAID: Final[Mapping[str, str]] = MappingProxyType(
    {
        "done": "It is done, and stands in the journal.",
    }
)
"""What a page says of what was done just before, by the word in its address."""


def confirmed(
    site: DeskSite,
    path: str,
    handler: Handler,
    roles: frozenset[StaffRole] = OWNER,
) -> Route:
    """An address of an act for which one's own password is asked again.

    The form's field is `own`.
    """

    async def confirm(visit: Visit) -> Response:
        refused = await site.entrance.confirm(
            visit.session, visit.form.get("own", ""), address_of(visit.request)
        )
        if refused is None:
            return await handler(visit)
        return site.trouble(visit.session, _NOT_CONFIRMED[refused], STATUS[refused])

    return done(site, path, confirm, roles)


def entering(site: DeskSite) -> Callable[[JournalEntry], None]:
    """Enters in the home's journal what is about to be done."""

    def enter(entry: JournalEntry) -> None:
        site.desk.journal.append(dump_entry(entry))

    return enter


def back(path: str) -> Response:
    """To a page that then says that it is done."""
    return RedirectResponse(f"{path}?said=done", 303)


def said(visit: Visit) -> str | None:
    """What a page says of what was done just before; None: nothing."""
    return SAID.get(visit.request.query_params.get("said", ""))
