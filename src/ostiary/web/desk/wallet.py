"""The wallet, on the desk's own server, and the link by which a phone gets a pass."""

from typing import Final

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from ostiary.capture.qr import qr_svg
from ostiary.web.desk.site import ISSUERS, DeskSite, Page, Visit, shown
from ostiary.web.wallet import FOLDER, wallet_link, wallet_routes


def _routes(site: DeskSite) -> tuple[BaseRoute, ...]:
    return (
        *wallet_routes(),
        shown(site, "/new/wallet", _hand, ISSUERS),
        shown(site, "/new/wallet/link.svg", _picture, ISSUERS),
    )


PAGE: Final = Page(_routes)


async def _hand(visit: Visit) -> Response:
    """The link of the pass that is being made, for the holder's phone to scan."""
    if _link(visit) is None:
        return RedirectResponse("/new", 303)
    near = visit.site.wallet is None and visit.request.url.scheme == "http"
    return visit.page("desk/wallet.html", near=near)


async def _picture(visit: Visit) -> Response:
    link = _link(visit)
    if link is None:
        return Response(status_code=404)
    return Response(qr_svg(link, "L"), media_type="image/svg+xml")


def _link(visit: Visit) -> str | None:
    """None: no pass waits here to be handed over."""
    making = visit.site.counter.of(visit.secret)
    if making is None or making.issued is None:
        return None
    url = visit.request.url
    address = visit.site.wallet or f"{url.scheme}://{url.netloc}/{FOLDER}/"
    return wallet_link(address, making.issued.text)
