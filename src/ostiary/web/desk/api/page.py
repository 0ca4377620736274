"""Where the interface for programs stands among the desk's pages."""

from typing import Final

from starlette.routing import BaseRoute, Mount

from ostiary.web.careful import Taken
from ostiary.web.desk.api.problems import PREFIX
from ostiary.web.desk.site import DeskSite, Page


def _routes(site: DeskSite) -> tuple[BaseRoute, ...]:
    from ostiary.web.desk.api.app import open_api  # noqa: PLC0415 - the extra

    return (Mount(PREFIX, open_api(site)),)


PAGE: Final = Page(
    _routes,
    # Whoever shows a token is no browser that another site sends here; bodies are the
    # guard's to refuse, in words that programs read.
    taken={f"{PREFIX}/": Taken(most_bytes=None, from_pages=False)},
)
