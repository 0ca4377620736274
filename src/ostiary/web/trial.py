"""The pages of whoever tries the gate on themselves: consent first, then their pass.

They are for a visitor of the repository, in English, and are not there in service.
"""

import re
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ostiary.capture.qr import qr_png
from ostiary.desk.consent import TEXT, VERSION
from ostiary.web.site import Site, is_kiosk, refusal


def routes(site: Site) -> Iterable[BaseRoute]:
    """Their addresses; none where nobody tries anything."""
    if not site.opening.trial:
        return ()
    trial = _Trial(site)
    return (
        Route("/try", trial.ask),
        Route("/try/consent", trial.consent, methods=["POST"]),
        Route("/try/pass", trial.show),
        Route("/try/pass.png", trial.picture),
    )


def _points(text: str) -> list[str]:
    """The text point by point, each of which begins with a few words and a colon."""
    return re.split(r"\n(?=[^:\n]{1,24}: )", text.strip())


class _Trial:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._english = site.languages["en"]

    async def ask(self, request: Request) -> Response:
        """What is captured, why and for how long; nothing is before they agree."""
        if not is_kiosk(request, self._site):
            return refusal(request, self._site)
        if self._site.board.handout is not None:
            return RedirectResponse("/try/pass", 303)
        return self._site.page("try.html", self._english, points=_points(TEXT))

    async def consent(self, request: Request) -> Response:
        """They agree."""
        if not is_kiosk(request, self._site):
            return refusal(request, self._site)
        self._site.board.consent(VERSION)
        return RedirectResponse("/kiosk", 303)

    async def show(self, request: Request) -> Response:
        """The pass, to be photographed, printed or saved."""
        if not is_kiosk(request, self._site):
            return refusal(request, self._site)
        if self._site.board.take() is None:
            return RedirectResponse("/try", 303)
        return self._site.page("pass.html", self._english)

    async def picture(self, request: Request) -> Response:
        """Its code."""
        text = self._site.board.take()
        if text is None or not is_kiosk(request, self._site):
            return refusal(request, self._site)
        return Response(qr_png(text, "L"), media_type="image/png")
