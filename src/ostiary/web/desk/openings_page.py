"""Owners' pages of openings by hand: whose authenticators, and under which rules."""

import asyncio
from datetime import timedelta
from typing import Final

from starlette.responses import Response
from starlette.routing import BaseRoute

from ostiary.desk.attendants import Attendants, fingerprint, registered
from ostiary.errors import ConfigurationError
from ostiary.web.desk.owning import back, confirmed, entering, said
from ostiary.web.desk.rules_form import FIELDS, read_rules
from ostiary.web.desk.site import OWNER, DeskSite, Link, Page, Visit, done, shown

LONGEST_DAYS: Final = 3_660
USUAL_DAYS: Final = 365


def _routes(site: DeskSite) -> tuple[BaseRoute, ...]:
    page = _Openings(site)
    return (
        shown(site, "/openings", page.show, OWNER),
        done(site, "/openings/compare", page.compare, OWNER),
        confirmed(site, "/openings/add", page.add),
        confirmed(site, "/openings/suspend", page.suspend),
        shown(site, "/openings/rules", page.rules, OWNER),
        confirmed(site, "/openings/rules/enter", page.enter),
    )


PAGE: Final = Page(
    _routes,
    links=(
        Link("/openings", "Openings by hand", OWNER),
        Link("/openings/rules", "Rules of openings", OWNER),
    ),
)


class _Openings:
    def __init__(self, site: DeskSite) -> None:
        self._site = site
        self._attendants = Attendants(site.home, entering(site))

    async def show(self, visit: Visit) -> Response:
        """Every authenticator, and the form for what an attendant's page showed."""
        admissions = await asyncio.to_thread(
            self._attendants.admissions, self._site.now()
        )
        return visit.page(
            "desk/openings.html",
            admissions=admissions,
            accounts=tuple(self._site.home.staff.read()),
            said=said(visit),
        )

    async def compare(self, visit: Visit) -> Response:
        """What the owner compares before anything is done."""
        name, text = visit.form.get("account", ""), visit.form.get("text", "")
        self._site.home.staff.read().existing(name)
        identifier, cose = registered(text)
        return visit.page(
            "desk/compare.html",
            account=name,
            text=f"{identifier.hex()}.{cose.hex()}",
            compared=fingerprint(identifier, cose),
            days=USUAL_DAYS,
            most=LONGEST_DAYS,
        )

    async def add(self, visit: Visit) -> Response:
        """Let the account open with it."""
        at, days = self._site.now(), _days(visit.form.get("days", ""))
        name, text = visit.form.get("account", ""), visit.form.get("text", "")
        until = at + timedelta(days=days)
        await asyncio.to_thread(self._attendants.add, name, text, at, until)
        return back("/openings")

    async def suspend(self, visit: Visit) -> Response:
        """Let an authenticator open nothing."""
        name = visit.form.get("key", "")
        await asyncio.to_thread(self._attendants.suspend, name, self._site.now())
        return back("/openings")

    async def rules(self, visit: Visit) -> Response:
        """The rules in force, and the form for others."""
        rules = await asyncio.to_thread(self._attendants.rules)
        return visit.page(
            "desk/rules.html",
            rules=rules,
            fields=FIELDS,
            said=said(visit),
        )

    async def enter(self, visit: Visit) -> Response:
        """Put rules in force."""
        rules = read_rules(visit.form, self._site.now())
        await asyncio.to_thread(self._attendants.rule, rules)
        return back("/openings/rules")


def _days(text: str) -> int:
    """How long an authenticator opens.

    Raises:
        ConfigurationError: no number, or none in reach.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= len("9999")):
        raise ConfigurationError("how many days is a whole number")
    if not 1 <= int(text) <= LONGEST_DAYS:
        raise ConfigurationError(f"an authenticator opens for 1 to {LONGEST_DAYS} days")
    return int(text)
