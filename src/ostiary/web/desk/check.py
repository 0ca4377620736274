"""The self-check: anybody shows a pass, and is told in plain words what it holds.

Nobody signs in. A picture is read for its code, in memory, and overwritten; what the
code says comes back to the browser, which sends it like what a scanner types.
"""

import asyncio
import time
from typing import Final
from urllib.parse import unquote, urlsplit

import numpy as np
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from ostiary.capture.photographs import decode_photograph
from ostiary.capture.qr import read_qr
from ostiary.credential.windows import window_text
from ostiary.desk.checking import check_pass
from ostiary.erasure import overwrite
from ostiary.errors import CaptureError, MalformedError, OstiaryError
from ostiary.reasons import ADVICE
from ostiary.web.careful import HEADERS, Taken
from ostiary.web.desk.site import ISSUERS, DeskSite, Link, Page
from ostiary.web.forms import read_form, read_octets

MOST_BYTES: Final = 2 * 2**20
"""Longest picture; the page sends smaller ones."""

MOST_PIXELS: Final = 4_000_000

SECONDS_BETWEEN: Final = 0.1
"""Least time between two checks, and between two pictures, whoever asks for them:
nobody is signed in."""

_CAMERA: Final = HEADERS["Permissions-Policy"].replace("camera=()", "camera=(self)")

BUSY: Final = "Others are checking their passes. Try again in a moment."
AMISS: Final = "This desk cannot look at passes at the moment. Tell its staff."
NO_PICTURE: Final = "That is no picture that can be read: JPEG, PNG or WebP."
NO_CODE: Final = "No code was found in it. Flatten it, and show all of it."
SEVERAL: Final = "There is more than one code in it. Show one pass at a time."


def _routes(site: DeskSite) -> tuple[BaseRoute, ...]:
    check = _Check(site)
    return (
        Route("/check", check.ask),
        Route("/check", check.tell, methods=["POST"]),
        Route("/check/picture", check.read, methods=["POST"]),
    )


PAGE: Final = Page(
    _routes,
    (Link("/check", "Check a pass", ISSUERS),),
    {"/check/picture": Taken(most_bytes=MOST_BYTES)},
)


def text_of(given: str) -> str:
    """The text of a pass, of its link where that was given."""
    if not given.startswith(("http://", "https://")):
        return given
    try:
        return unquote(urlsplit(given).fragment)
    except ValueError:
        return given


class _Pace:
    """Something that all visitors together may do so often."""

    def __init__(self) -> None:
        self._next = 0.0

    def allows(self, seconds: float) -> bool:
        """Whether it may be done now; if so, it counts as done."""
        if seconds < self._next:
            return False
        self._next = seconds + SECONDS_BETWEEN
        return True


class _Check:
    def __init__(self, site: DeskSite) -> None:
        self._site = site
        # Apart, since what was read from a picture is checked at once.
        self._checks = _Pace()
        self._pictures = _Pace()
        # One at a time: whoever comes with slow ones keeps no thread from staff.
        self._reading = asyncio.Lock()

    async def ask(self, _request: Request) -> Response:
        """The page that asks for a pass."""
        return self._asked()

    async def tell(self, request: Request) -> Response:
        """What a pass holds."""
        form = await read_form(request)
        if not self._checks.allows(time.monotonic()):
            return self._asked(BUSY, 429)
        at = self._site.now().astimezone()
        text = text_of(form.get("text", ""))
        try:
            found = await asyncio.to_thread(check_pass, text, self._site.desk, at)
        except MalformedError as error:
            return self._asked(ADVICE[error.reason].holder, 422)
        except OstiaryError:
            # What is amiss names files and servers, which is for staff to know.
            return self._asked(AMISS, 503)
        hours = {
            zone: "; ".join(map(window_text, windows))
            for zone, windows in (found.content.hours if found.content else {}).items()
        }
        return self._site.page(
            "desk/checked.html", None, found=found, hours=hours, advice=ADVICE
        )

    async def read(self, request: Request) -> Response:
        """What the one code in a picture says."""
        if self._reading.locked() or not self._pictures.allows(time.monotonic()):
            return PlainTextResponse(BUSY, 429)
        data = await read_octets(request)
        if data is None:
            return PlainTextResponse(NO_PICTURE, 400)
        async with self._reading:
            text, fault = await asyncio.to_thread(_read, data)
        return PlainTextResponse(fault or text, 422 if fault else 200)

    def _asked(self, told: str = "", status: int = 200) -> Response:
        page = self._site.page(
            "desk/check.html", None, status=status, told=told, no_picture=NO_PICTURE
        )
        page.headers["Permissions-Policy"] = _CAMERA
        return page


def _read(data: bytearray) -> tuple[str, str]:
    """The text of the code in a picture, or why there is none; it is overwritten."""
    try:
        picture = decode_photograph(data, MOST_PIXELS)
    except CaptureError:
        return "", NO_PICTURE
    finally:
        overwrite(np.frombuffer(data, np.uint8))
    try:
        texts = read_qr(picture)
    finally:
        overwrite(picture)
    if len(texts) != 1:
        return "", SEVERAL if texts else NO_CODE
    return texts[0], ""
