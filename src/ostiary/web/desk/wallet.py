"""The wallet, on the desk's own server; the page itself is `web.wallet`."""

from typing import Final

from ostiary.web.desk.site import Page
from ostiary.web.wallet import wallet_routes

PAGE: Final = Page(lambda _site: wallet_routes())
