"""The application of a gate: which pages there are.

A page is a module with a function from `Site` to routes; `PAGES` names them all.
"""

from collections.abc import Callable, Iterable
from typing import Final

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from ostiary.web.careful import Careful, broken, missing
from ostiary.web.gate import attend, hand_page, kiosk, peers, trial
from ostiary.web.gate.site import Site
from ostiary.web.rendering import STATIC

PAGES: Final[tuple[Callable[[Site], Iterable[BaseRoute]], ...]] = (
    kiosk.routes,
    attend.routes,
    hand_page.routes,
    peers.routes,
    trial.routes,
)
"""Every page; a new one is added here."""


def make_app(site: Site, hosts: Iterable[str]) -> ASGIApp:
    """The application of a site.

    Args:
        site: what the pages share.
        hosts: by which names it may be called, against DNS rebinding.
    """
    routes = [route for page in PAGES for route in page(site)]
    app = Starlette(
        routes=[*routes, Mount("/static", StaticFiles(directory=STATIC))],
        exception_handlers={404: missing, 500: broken},
    )
    # Around all of it: what Starlette says of a fault of ours carries the headers, too.
    return Careful(app, hosts)
