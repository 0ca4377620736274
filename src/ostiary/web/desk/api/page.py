"""Where the interface for programs stands among the desk's pages."""

import secrets
import time
from typing import Final

from starlette.routing import BaseRoute, Mount

from ostiary.web.careful import Taken
from ostiary.web.desk.api.app import open_api
from ostiary.web.desk.api.caller import Api
from ostiary.web.desk.api.enrolments import Enrolments
from ostiary.web.desk.api.entry import Entry
from ostiary.web.desk.api.problems import PREFIX
from ostiary.web.desk.site import DeskSite, Page


def api_of(site: DeskSite) -> Api:
    """What the routes share, of the desk that the pages share."""
    randomness = secrets.token_bytes
    return Api(
        desk=site.desk,
        entry=Entry.make(site.home.access, site.now, time.monotonic, randomness),
        enrolments=Enrolments(site.studio, time.monotonic, randomness),
        now=site.now,
        randomness=randomness,
    )


def _routes(site: DeskSite) -> tuple[BaseRoute, ...]:
    return (Mount(PREFIX, open_api(api_of(site))),)


PAGE: Final = Page(
    _routes,
    # Whoever shows a token is no browser that another site sends here; bodies are the
    # guard's to refuse, in words that programs read.
    taken={f"{PREFIX}/": Taken(most_bytes=None, from_pages=False)},
)
