"""The pages of a new pass: wish, consent, face, preview, hand-over."""

import asyncio
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from ostiary.capture.qr import qr_png, qr_svg
from ostiary.credential.windows import window_text
from ostiary.desk.consent import POINTS, VERSION, digest_of
from ostiary.desk.enrolment import WANTED
from ostiary.desk.issuing import IssuedPass, draft_pass
from ostiary.desk.printing import card_pdf, sheet_pdf
from ostiary.errors import ConfigurationError, RegistryError
from ostiary.storage.registry.records import (
    Consent,
    ConsentMeans,
    PassState,
    read_identifier,
)
from ostiary.web.careful import HEADERS, Taken
from ostiary.web.desk import making_texts as texts
from ostiary.web.desk.counter import Making
from ostiary.web.desk.site import (
    ISSUERS,
    DeskSite,
    Handler,
    Link,
    Page,
    Visit,
    done,
    sent,
    shown,
)
from ostiary.web.desk.studio import Seen, Unseen
from ostiary.web.desk.wishes import BLANK, Offer, filled_in, read_wish
from ostiary.web.forms import read_octets
from ostiary.web.languages import Language

MAX_PICTURE_BYTES: Final = 16 * 2**20
"""Longest file of a picture."""

PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
"""What a picture may be sent as: the file alone, and no form around it, which servers
lay down on the disk."""

CAMERA: Final = HEADERS["Permissions-Policy"].replace("camera=()", "camera=(self)")
"""The permissions of the one page that looks through a camera."""

TOO_FAST: Final = (
    "Passes without a face come too fast from this account. Wait a little, then press "
    "again: what was filled in is still there. For many at once there is a command: "
    "ostiary issue-batch."
)

_Write = Callable[[IssuedPass], bytes]

DOWNLOADS: Final[Mapping[str, tuple[str, _Write]]] = MappingProxyType(
    {
        "pass.png": ("image/png", lambda issued: qr_png(issued.text, "M")),
        "pass.svg": ("image/svg+xml", lambda issued: qr_svg(issued.text, "M")),
        "card.pdf": ("application/pdf", card_pdf),
        "sheet.pdf": ("application/pdf", sheet_pdf),
    }
)
"""The files of a pass, by name: no other name is looked up anywhere."""

STATUS: Final[Mapping[Unseen, int]] = MappingProxyType(
    {
        Unseen.NONE_BEGUN: 409,
        Unseen.TOO_SOON: 429,
        Unseen.NO_PICTURE: 422,
    }
)


def _routes(site: DeskSite) -> tuple[BaseRoute, ...]:
    pages = _Pages(site)

    def show(path: str, handler: Handler) -> BaseRoute:
        return shown(site, path, handler, ISSUERS)

    def do(path: str, handler: Handler) -> BaseRoute:
        return done(site, path, handler, ISSUERS)

    return (
        show("/new", pages.ask),
        do("/new", pages.wish),
        show("/new/consent", pages.explain),
        do("/new/consent", pages.consent),
        show("/new/face", pages.face),
        do("/new/begin", pages.begin),
        do("/new/leave", pages.leave),
        sent(site, "/new/look", pages.look, ISSUERS),
        show("/new/preview", pages.preview),
        do("/new/issue", pages.issue),
        show("/new/pass", pages.hand),
        show("/new/pass/{name}", pages.download),
        do("/new/handed-over", pages.handed_over),
        do("/new/give-up", pages.give_up),
    )


PAGE: Final = Page(
    _routes,
    (Link("/new", "New pass", ISSUERS),),
    {"/new/look": Taken(MAX_PICTURE_BYTES)},
)


class _Pages:
    def __init__(self, site: DeskSite) -> None:
        self._site = site
        self._counter = site.counter

    async def ask(self, visit: Visit) -> Response:
        """What the pass is to be."""
        making = self._counter.of(visit.secret)
        if making is not None and making.issued is not None:
            return _on("/new/pass")
        offer = await self._offer()
        query = visit.request.query_params
        fields = {**filled_in(self._site.now(), offer), **query}
        if fields.get("renews"):
            renewed = read_identifier(fields["renews"])
            own = await asyncio.to_thread(self._site.desk.registry.own, renewed)
            fields["own"] = own or ""
        return self._asked(visit, offer, fields, None)

    async def wish(self, visit: Visit) -> Response:
        """Check what was filled in, before anybody is asked for anything."""
        making = self._counter.of(visit.secret)
        if making is not None and making.issued is not None:
            return _on("/new/pass")
        offer, at = await self._offer(), self._site.now()
        try:
            wish = read_wish(visit.form, offer, at.date())
            await asyncio.to_thread(draft_pass, wish.request(at), self._site.home, at)
            await asyncio.to_thread(self._site.desk.require_living, wish.renews)
        except ConfigurationError as error:
            return self._asked(visit, offer, visit.form, str(error))
        await self._counter.begin(visit.secret, wish, visit.session.account.digest)
        return _on("/new/consent" if wish.face else "/new/preview")

    async def explain(self, visit: Visit) -> Response:
        """What the person consents to, in their language."""
        making = self._counter.of(visit.secret)
        if making is None or not making.wish.face:
            return _on("/new")
        return self._explained(visit, making, None)

    async def consent(self, visit: Visit) -> Response:
        """Take the consent: to the text that stands there now, and no other."""
        making = self._meant(visit)
        if making is None or not making.wish.face:
            return _on("/new/consent")
        language = self._language(visit)
        shown_text = (visit.form.get("version"), visit.form.get("digest"))
        if shown_text != (VERSION, digest_of(map(language.say, POINTS))):
            return self._explained(visit, making, texts.CHANGED)
        if visit.form.get("agreed") != "yes":
            return self._explained(visit, making, texts.NO_TICK)
        version = f"{VERSION}.{language.code}"
        making.consent = Consent(version, self._site.now(), ConsentMeans.PAGE)
        return _on(f"/new/face?language={language.code}")

    async def face(self, visit: Visit) -> Response:
        """The camera, or files."""
        making = self._counter.of(visit.secret)
        if making is None or making.consent is None:
            return _on("/new/consent")
        page = visit.page(
            "desk/face.html",
            language=self._language(visit),
            wanted=WANTED,
            making=making.number,
            texts=texts,
        )
        page.headers["Permissions-Policy"] = CAMERA
        return page

    async def begin(self, visit: Visit) -> Response:
        """Begin to look; what was taken before is forgotten."""
        making = self._counter.of(visit.secret)
        if making is None or making.consent is None:
            return Response(status_code=409)
        room = await self._site.studio.begin(visit.secret)
        return Response(status_code=204 if room else 503)

    async def leave(self, visit: Visit) -> Response:
        """The page was left: nothing is held for whoever may come back."""
        await self._site.studio.forget(visit.secret)
        return Response(status_code=204)

    async def look(self, visit: Visit) -> Response:
        """Look at one picture, and say what is to be changed."""
        making = self._counter.of(visit.secret)
        if making is None or making.consent is None:
            return Response(status_code=409)
        if visit.request.headers.get("content-type", "") not in PICTURES:
            return _told(Unseen.NO_PICTURE, self._language(visit))
        data = await read_octets(visit.request)
        if data is None:
            return Response(status_code=400)
        seen = await self._site.studio.look(visit.secret, data)
        return _told(seen, self._language(visit))

    async def preview(self, visit: Visit) -> Response:
        """What the pass will hold, for the holder to read, too."""
        making = self._counter.of(visit.secret)
        if making is None:
            return _on("/new")
        if making.issued is not None:
            return _on("/new/pass")
        if making.wish.face and not self._site.studio.is_complete(visit.secret):
            return _on("/new/face" if making.consent else "/new/consent")
        return visit.page(
            "desk/preview.html", plain=_plain(making, self._site), making=making.number
        )

    async def issue(self, visit: Visit) -> Response:
        """Sign it and have it on record."""
        making = self._meant(visit)
        if making is None:
            return _on("/new/preview")
        wait = self._counter.admit(making)
        if wait:
            page = self._site.trouble(visit.session, TOO_FAST, 429)
            page.headers["Retry-After"] = str(math.ceil(wait))
            return page
        there = await self._counter.issue(visit.secret, making)
        return _on("/new/pass" if there else "/new/face")

    async def hand(self, visit: Visit) -> Response:
        """The pass, to be printed or saved, until it is handed over."""
        making = self._counter.of(visit.secret)
        if making is None or making.issued is None:
            return _on("/new")
        return visit.page(
            "desk/pass.html",
            plain=_plain(making, self._site),
            identifier=making.issued.claims.identifier.hex(),
            making=making.number,
        )

    async def download(self, visit: Visit) -> Response:
        """One of its files, made from memory."""
        making = self._counter.of(visit.secret)
        name = visit.request.path_params["name"]
        found = DOWNLOADS.get(name)
        if making is None or making.issued is None or found is None:
            return Response(status_code=404)
        kind, write = found
        content = await asyncio.to_thread(write, making.issued)
        saved = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=kind, headers=saved)

    async def handed_over(self, visit: Visit) -> Response:
        """The holder has it: it counts from now on, and is forgotten here."""
        identifier = read_identifier(visit.form.get("identifier", ""))
        await self._counter.hand_over(visit.secret, identifier)
        return visit.page("desk/handed-over.html", identifier=identifier.hex())

    async def give_up(self, visit: Visit) -> Response:
        """It is not to be: what was signed is revoked, the rest forgotten."""
        making = self._meant(visit)
        signed = _signed(making, visit)
        if making is not None:
            await self._counter.give_up(visit.secret, making)
        if signed is not None:
            await asyncio.to_thread(self._require_revoked, signed)
        return visit.page("desk/given-up.html", revoked=signed is not None)

    def _meant(self, visit: Visit) -> Making | None:
        """The pass that is being made, if it is the one that the page was of."""
        making = self._counter.of(visit.secret)
        if making is None or visit.form.get("making") != str(making.number):
            return None
        return making

    def _require_revoked(self, identifier: bytes) -> None:
        """Say that a pass was given up only where it was, now or before.

        Raises:
            RegistryError: it was not, as after a hand-over in another tab.
        """
        record = self._site.desk.registry.record(identifier)
        if record.state is not PassState.REVOKED:
            raise RegistryError(
                f"pass {identifier.hex()} does not wait here any more: it is "
                f"{record.state}; to end it, go to Find a pass"
            )

    async def _offer(self) -> Offer:
        return await asyncio.to_thread(Offer.of, self._site.home, self._site.now())

    def _asked(
        self, visit: Visit, offer: Offer, fields: Mapping[str, str], fault: str | None
    ) -> Response:
        return visit.page(
            "desk/new.html",
            status=200 if fault is None else 422,
            offer=offer,
            fields={**BLANK, **fields},
            fault=fault,
        )

    def _explained(self, visit: Visit, making: Making, fault: str | None) -> Response:
        language = self._language(visit)
        points = [language.say(point) for point in POINTS]
        return visit.page(
            "desk/consent.html",
            status=200 if fault is None else 409,
            language=language,
            languages=self._site.languages,
            version=VERSION,
            points=points,
            making=making.number,
            texts=texts,
            digest=digest_of(points),
            fault=fault,
        )

    def _language(self, visit: Visit) -> Language:
        code = visit.request.query_params.get("language", "")
        return self._site.languages.get(code) or self._site.languages["en"]


def _signed(making: Making | None, visit: Visit) -> bytes | None:
    """Identifier of the pass that is given up; None: none was signed."""
    if making is not None:
        return None if making.issued is None else making.issued.claims.identifier
    if "identifier" in visit.form:
        return read_identifier(visit.form["identifier"])
    return None


def _on(path: str) -> Response:
    return RedirectResponse(path, 303)


def _told(seen: Seen | Unseen, language: Language) -> Response:
    """What the page's script is told of a picture."""
    if isinstance(seen, Unseen):
        return JSONResponse({"said": language.say(texts.UNSEEN[seen])}, STATUS[seen])
    return JSONResponse(
        {
            "reason": seen.reason,
            "said": language.say(texts.advice(seen.reason)),
            "taken": seen.taken,
            "complete": seen.is_complete,
        }
    )


def _plain(making: Making, site: DeskSite) -> Mapping[str, object]:
    """What a pass holds, for templates."""
    wish = making.wish
    request = wish.request(site.now())
    return {
        "wish": wish,
        "begins": f"{request.not_before:%F %R}",
        "ends": f"{request.expires_at:%F %R}",
        "hours": None if wish.hours is None else window_text(wish.hours),
        "renews": None if wish.renews is None else wish.renews.hex(),
    }
