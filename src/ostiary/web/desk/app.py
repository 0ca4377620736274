"""The application of a desk: which pages there are.

A page is a module with a `Page`; `PAGES` names them all.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from ostiary.web.app import STATIC
from ostiary.web.careful import Careful, broken, missing
from ostiary.web.desk import (
    check,
    front,
    journal_page,
    making,
    openings_page,
    passes,
    password_page,
    staff_page,
    wallet,
)
from ostiary.web.desk.api import page as api
from ostiary.web.desk.site import DeskSite, Link, Page
from ostiary.web.desk.tally import Tallied

DESK_STATIC: Final = Path(__file__).parent / "static"

PAGES: Final[tuple[Page, ...]] = (
    front.PAGE,
    making.PAGE,
    passes.PAGE,
    wallet.PAGE,
    check.PAGE,
    staff_page.PAGE,
    openings_page.PAGE,
    journal_page.PAGE,
    password_page.PAGE,
    api.PAGE,
)
"""Every page; a new one is added here."""


def links() -> tuple[Link, ...]:
    """What stands in the head of every page, in the order of the pages."""
    return tuple(link for page in PAGES for link in page.links)


def make_desk_app(site: DeskSite, hosts: Iterable[str]) -> ASGIApp:
    """The application of a desk.

    Args:
        site: what the pages share.
        hosts: by which names it may be called, against DNS rebinding.
    """
    routes = [route for page in PAGES for route in page.routes(site)]
    app = Starlette(
        routes=[
            *routes,
            Mount("/static/desk", StaticFiles(directory=DESK_STATIC)),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        exception_handlers={404: missing, 500: broken},
    )
    taken = {start: each for page in PAGES for start, each in page.taken.items()}
    return Careful(Tallied(app, site.tally), hosts, taken, site.tally.refuse)
