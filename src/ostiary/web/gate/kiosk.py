"""The kiosk: the page that the person at the door looks at.

One browser is the kiosk. It comes in by an invitation that serves once, keeps the
session that it is given for it, and gets a way into the mirror each time that a face is
awaited; that serves once, too.
"""

import json
import struct
from collections.abc import AsyncGenerator
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ostiary.capture.qr import qr_png
from ostiary.web.gate.board import SEES_A_FACE, Board
from ostiary.web.gate.kiosk_texts import HELP, LOST, WORDS, words
from ostiary.web.gate.link import Kind
from ostiary.web.gate.site import COOKIE, Endless, Site, is_kiosk, refusal
from ostiary.web.languages import Language

BEAT_SECONDS: Final = 2.0
"""How long nothing is said at most; the page takes thrice that for a lost gate."""


def routes(site: Site) -> tuple[BaseRoute, ...]:
    """The kiosk's addresses."""
    kiosk = _Kiosk(site)
    return (
        Route("/", kiosk.show),
        Route("/kiosk", kiosk.show),
        Route("/kiosk/enter/{entry}", kiosk.enter),
        Route("/kiosk/events", kiosk.events),
        Route("/kiosk/mirror/{token}", kiosk.mirror),
        Route("/kiosk/help", kiosk.call, methods=["POST"]),
        Route("/kiosk/receipt/{number:int}", kiosk.receipt),
        Route("/kiosk/receipt/{number:int}/taken", kiosk.taken, methods=["POST"]),
    )


class _Kiosk:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._board = site.board

    async def enter(self, request: Request) -> Response:
        """Become the kiosk, once."""
        if not self._board.enter(request.path_params["entry"]):
            return self._refusal(request)
        first = "/try" if self._site.opening.trial else "/kiosk"
        answer = RedirectResponse(first, 303)
        answer.set_cookie(
            COOKIE,
            self._site.opening.session,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    async def show(self, request: Request) -> Response:
        """The page."""
        if not self._is_kiosk(request):
            return self._refusal(request)
        language = self._site.language(request)
        return self._site.page(
            "kiosk.html",
            language,
            first=_view(self._board, language),
            sound=self._site.opening.sound,
            lost=language.say(LOST),
            lost_title=language.say(WORDS[Kind.CLOSED].title),
            trial=self._site.opening.trial,
            unsafe=self._site.opening.unsafe.replace(" ", ", "),
            home=self._site.opening.language,
        )

    async def events(self, request: Request) -> Response:
        """What the page shows, from now on, as server-sent events."""
        if not self._is_kiosk(request):
            return self._refusal(request)
        self._board.renew_mirror()
        language = self._site.language(request)
        return Endless(_events(self._board, language), "text/event-stream")

    async def mirror(self, request: Request) -> Response:
        """The standing zone, picture after picture, as long as a face is awaited."""
        allowed = self._is_kiosk(request)
        if not (allowed and self._board.open_mirror(request.path_params["token"])):
            return self._refusal(request)
        return Endless(_pictures(self._board), "application/octet-stream")

    async def call(self, request: Request) -> Response:
        """Call the attendant."""
        if not self._is_kiosk(request):
            return self._refusal(request)
        self._board.call_for_help()
        return Response(status_code=204)

    async def receipt(self, request: Request) -> Response:
        """The code of the receipt, as a picture, for as long as it is shown."""
        shown = self._board.receipt
        if shown is None or not self._is_of(request) or not self._is_kiosk(request):
            return self._refusal(request)
        return Response(qr_png(shown.text, "M"), media_type="image/png")

    async def taken(self, request: Request) -> Response:
        """The person has it."""
        if not self._is_kiosk(request):
            return self._refusal(request)
        if self._is_of(request):
            self._board.end_receipt()
        return Response(status_code=204)

    def _is_of(self, request: Request) -> bool:
        """Whether it is about the last receipt."""
        number: int = request.path_params["number"]
        return number == self._board.receipts

    def _is_kiosk(self, request: Request) -> bool:
        return is_kiosk(request, self._site)

    def _refusal(self, request: Request) -> Response:
        return refusal(request, self._site)


async def _events(board: Board, language: Language) -> AsyncGenerator[bytes]:
    board.watchers += 1
    try:
        async for event in _changes(board, language):
            yield event
    finally:
        board.watchers -= 1


async def _changes(board: Board, language: Language) -> AsyncGenerator[bytes]:
    while True:
        seen = board.version
        view = json.dumps(_view(board, language))
        yield f"data: {view}\n\n".encode()
        while board.version == seen:
            version = board.version
            await board.change(BEAT_SECONDS)
            if version == board.version:
                yield b"event: beat\ndata: .\n\n"


async def _pictures(board: Board) -> AsyncGenerator[bytes]:
    """Each with its length before it, 4 bytes, big-endian."""
    seen = board.pictures
    while board.scene.kind in SEES_A_FACE:
        if board.pictures != seen:
            seen = board.pictures
            picture = board.picture()
            yield struct.pack(">I", len(picture)) + picture
        else:
            await board.change(BEAT_SECONDS)


def _view(board: Board, language: Language) -> dict[str, object]:
    """What the page is told: words to show, and nothing of the holder."""
    scene = board.scene
    said = words(scene)
    return {
        "kind": scene.kind,
        "shape": scene.move or scene.kind,
        "title": language.say(said.title),
        "text": language.say(said.text),
        "seconds": scene.seconds,
        "left": board.left(),
        "turn": scene.turn,
        "leadsTo": board.leads_to,
        "mirror": board.mirror_token,
        "receipt": None if board.receipt is None else board.receipts,
        "help": board.help,
        "helpText": language.say(HELP[board.help]),
    }
