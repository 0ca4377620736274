"""Owners' page of accounts, and the page on which somebody chooses a password.

No owner types or learns another's password: a code is shown once, and whoever has it
chooses their own (docs/adr/0064).
"""

import asyncio
import os
import secrets
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ostiary.desk.accounts import AccountKeeper, check_typed_twice, checked_name
from ostiary.errors import ConfigurationError, OstiaryError
from ostiary.staff import Account, Invitations, StaffRole, State, make_verifier
from ostiary.staff.passwords import SALT_BYTES
from ostiary.web.desk.owning import back, confirmed, entering, said
from ostiary.web.desk.site import OWNER, DeskSite, Link, Page, Visit, shown
from ostiary.web.forms import read_form

ROLES: Final[Mapping[StaffRole, str]] = MappingProxyType(
    {
        StaffRole.ATTENDANT: "Attendant: answers for passes at the gates' pages",
        StaffRole.ISSUER: "Issuer: makes passes at this desk",
        StaffRole.OWNER: "Owner: all of it, and these pages",
    }
)

STATES: Final[Mapping[State, str]] = MappingProxyType(
    {State.ACTIVE: "May sign in", State.SUSPENDED: "Suspended"}
)

INVITE: Final = "invite"
SUSPEND: Final = "suspend"
REINSTATE: Final = "reinstate"
REMOVE: Final = "remove"

_ACTS: Final[Mapping[str, Callable[[AccountKeeper, str], None]]] = MappingProxyType(
    {
        SUSPEND: lambda keeper, name: keeper.set_state(name, State.SUSPENDED),
        REINSTATE: lambda keeper, name: keeper.set_state(name, State.ACTIVE),
        REMOVE: lambda keeper, name: keeper.remove(name),
    }
)

ACTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        INVITE: "Give them a code to choose a new password with",
        SUSPEND: "Suspend: sign them out, and let them sign in no more",
        REINSTATE: "Reinstate: let them sign in again",
        REMOVE: "Remove the account",
    }
)


def _routes(site: DeskSite) -> tuple[BaseRoute, ...]:
    staff = _Staff(site)
    return (
        shown(site, "/staff", staff.all, OWNER),
        confirmed(site, "/staff/add", staff.add),
        shown(site, "/staff/{name}", staff.one, OWNER),
        confirmed(site, "/staff/{name}/act", staff.act),
        Route("/welcome", staff.ask),
        Route("/welcome", staff.choose, methods=["POST"]),
    )


PAGE: Final = Page(_routes, links=(Link("/staff", "Staff", OWNER),))


class _Staff:
    def __init__(self, site: DeskSite) -> None:
        self._site = site
        self._invitations = Invitations(secrets.token_bytes)

    async def all(self, visit: Visit) -> Response:
        """Every account, and the form for a new one."""
        return visit.page(
            "desk/staff.html",
            accounts=tuple(self._site.home.staff.read()),
            roles=ROLES,
            states=STATES,
            said=said(visit),
        )

    async def add(self, visit: Visit) -> Response:
        """Make an account with a password that nobody knows, and a code for it."""
        name = checked_name(visit.form.get("name", "").strip().lower())
        account = await asyncio.to_thread(_unknown, name, _role(visit))
        await asyncio.to_thread(self._keeper(visit).add, account)
        return self._invited(visit, account)

    async def one(self, visit: Visit) -> Response:
        """One account, and what can be done about it."""
        account = self._account(visit)
        own = account.name == visit.session.account.name
        return visit.page(
            "desk/staff-one.html",
            account=account,
            own=own,
            acts={act: ACTS[act] for act in _possible(account, own=own)},
            roles=ROLES,
            states=STATES,
            said=said(visit),
        )

    async def act(self, visit: Visit) -> Response:
        """Do one of these things."""
        account, act = self._account(visit), visit.form.get("act", "")
        if act == INVITE:
            return self._invited(visit, account)
        if act not in _ACTS:
            raise ConfigurationError("nothing was chosen, so nothing was done")
        await asyncio.to_thread(_ACTS[act], self._keeper(visit), account.name)
        return back("/staff" if act == REMOVE else f"/staff/{account.name}")

    async def ask(self, _request: Request) -> Response:
        """The form for whoever was given a code."""
        return self._asked(None)

    async def choose(self, request: Request) -> Response:
        """Put the password in force that they chose."""
        form = await read_form(request)
        accounts = self._site.entrance.accounts()
        seconds = self._site.entrance.seconds()
        account = self._invitations.invited(form.get("code", ""), accounts, seconds)
        if account is None:
            return self._asked(NO_CODE, 403)
        password = form.get("password", "")
        try:
            check_typed_twice(password, form.get("again", ""), account.name)
            await asyncio.to_thread(self._set, account.name, password)
        except OstiaryError as error:
            return self._asked(str(error), 409)
        return self._site.page("desk/welcomed.html", None, name=account.name)

    def _set(self, name: str, password: str) -> None:
        verifier = make_verifier(password, os.urandom(SALT_BYTES))
        keeper = AccountKeeper(
            self._site.home.staff, entering(self._site), self._site.now()
        )
        keeper.set_password(name, verifier)

    def _asked(self, refused: str | None, status: int = 200) -> Response:
        page = self._site.page
        return page("desk/welcome.html", None, status=status, refused=refused)

    def _invited(self, visit: Visit, account: Account) -> Response:
        code = self._invitations.invite(account, self._site.entrance.seconds())
        return visit.page("desk/invited.html", account=account, code=code)

    def _account(self, visit: Visit) -> Account:
        return self._site.home.staff.read().existing(visit.request.path_params["name"])

    def _keeper(self, visit: Visit) -> AccountKeeper:
        site = self._site
        name = visit.session.account.name
        return AccountKeeper(site.home.staff, entering(site), site.now(), name)


NO_CODE: Final = (
    "There is no such code, or it serves no more: it serves once, for a day. Ask an "
    "owner for another."
)


def _unknown(name: str, role: StaffRole) -> Account:
    """An account whose password nobody knows, not even this process after this."""
    password = secrets.token_urlsafe(32)
    return Account(name, role, make_verifier(password, os.urandom(SALT_BYTES)))


def _role(visit: Visit) -> StaffRole:
    role = visit.form.get("role", "")
    if role not in set(StaffRole):
        raise ConfigurationError("no role was chosen, so nothing was done")
    return StaffRole(role)


def _possible(account: Account, *, own: bool) -> tuple[str, ...]:
    """What can be done about an account: nobody suspends or removes themself."""
    if own:
        return (INVITE,)
    turned = SUSPEND if account.state is State.ACTIVE else REINSTATE
    return (INVITE, turned, REMOVE)
