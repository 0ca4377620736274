"""The pages of whoever tries the gate on themselves: consent first, then their pass.

They are for a visitor of the repository, and are not there in service.
"""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ostiary.capture.qr import qr_png
from ostiary.desk.consent import POINTS, VERSION
from ostiary.web.gate.site import Site, is_kiosk, refusal


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


class _Trial:
    def __init__(self, site: Site) -> None:
        self._site = site

    async def ask(self, request: Request) -> Response:
        """What is captured, why and for how long; nothing is before they agree."""
        if not is_kiosk(request, self._site):
            return refusal(request, self._site)
        if self._site.board.handout is not None:
            return self._on("/try/pass", request)
        language = self._site.language(request)
        return self._site.page("try.html", language, points=POINTS)

    async def consent(self, request: Request) -> Response:
        """They agree."""
        if not is_kiosk(request, self._site):
            return refusal(request, self._site)
        self._site.board.consent(VERSION)
        return self._on("/kiosk", request)

    async def show(self, request: Request) -> Response:
        """The pass, to be photographed, printed or saved."""
        if not is_kiosk(request, self._site):
            return refusal(request, self._site)
        if self._site.board.take() is None:
            return self._on("/try", request)
        return self._site.page("pass.html", self._site.language(request))

    async def picture(self, request: Request) -> Response:
        """Its code."""
        text = self._site.board.handout
        if text is None or not is_kiosk(request, self._site):
            return refusal(request, self._site)
        return Response(qr_png(text, "L"), media_type="image/png")

    def _on(self, path: str, request: Request) -> Response:
        """On to another page, in the same language."""
        language = self._site.language(request)
        return RedirectResponse(f"{path}?language={language.code}", 303)
