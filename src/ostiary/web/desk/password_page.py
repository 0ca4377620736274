"""The page on which whoever is signed in chooses another password.

They show the one that they have. Every session of the account ends, this one as well,
so that the next thing that they do is to sign in with the new one.
"""

import asyncio
import os
from typing import Final

from starlette.responses import Response
from starlette.routing import BaseRoute

from ostiary.desk.accounts import AccountKeeper, check_typed_twice
from ostiary.errors import ConfigurationError
from ostiary.staff import Account, make_verifier
from ostiary.staff.passwords import SALT_BYTES
from ostiary.web.desk.owning import confirmed, entering
from ostiary.web.desk.site import ISSUERS, DeskSite, Link, Page, Visit, shown
from ostiary.web.forms import drop_session

_PATH: Final = "/password"


def _routes(site: DeskSite) -> tuple[BaseRoute, ...]:
    page = _Password(site)
    return (
        shown(site, _PATH, page.ask, ISSUERS),
        confirmed(site, _PATH, page.change, ISSUERS),
    )


PAGE: Final = Page(_routes, links=(Link(_PATH, "Your password", ISSUERS),))


class _Password:
    def __init__(self, site: DeskSite) -> None:
        self._site = site

    async def ask(self, visit: Visit) -> Response:
        """The form."""
        return self._asked(visit, None)

    async def change(self, visit: Visit) -> Response:
        """Put another password in force, and sign them out."""
        account, password = visit.session.account, visit.form.get("password", "")
        try:
            check_typed_twice(password, visit.form.get("again", ""), account.name)
        except ConfigurationError as error:
            return self._asked(visit, str(error))
        await asyncio.to_thread(self._set, account, password)
        await self._site.counter.forget(visit.secret)
        answer = self._site.page("desk/welcomed.html", None, name=account.name)
        drop_session(self._site.entrance, visit.request, answer)
        return answer

    def _set(self, account: Account, password: str) -> None:
        verifier = make_verifier(password, os.urandom(SALT_BYTES))
        site = self._site
        keeper = AccountKeeper(site.home.staff, entering(site), site.now())
        keeper.set_own_password(account, verifier)

    def _asked(self, visit: Visit, refused: str | None) -> Response:
        status = 200 if refused is None else 409
        return visit.page("desk/password.html", status=status, refused=refused)
