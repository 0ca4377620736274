"""The pages of issued passes: found one by one, never listed; ended, erased."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from starlette.responses import Response
from starlette.routing import BaseRoute

from ostiary.credential import inspect_opened
from ostiary.errors import ConfigurationError, CredentialError
from ostiary.storage.registry.records import (
    PassRecord,
    PassState,
    RevocationReason,
    RevokedFor,
    check_own,
    read_identifier,
)
from ostiary.web.desk.site import ISSUERS, DeskSite, Link, Page, Visit, done, shown

REASONS: Final[Mapping[RevokedFor, str]] = MappingProxyType(
    {
        RevocationReason.LOST: "It is lost",
        RevocationReason.STOLEN: "It was stolen",
        RevocationReason.NO_LONGER_ENTITLED: "The holder may not enter any more",
        RevocationReason.CONSENT_WITHDRAWN: "The holder withdraws consent",
        RevocationReason.ISSUED_IN_ERROR: "It was issued by mistake",
        RevocationReason.UNSPECIFIED: "Another reason",
    }
)
"""Why staff may end a pass; what the desk itself notes is not chosen by hand."""

_TOLD: Final = "The pass is ended, from the next status list on. Bring it to the gates."
_ERASED: Final = "The pass is ended, and its record is removed."


def _routes(site: DeskSite) -> tuple[BaseRoute, ...]:
    pages = _Pages(site)
    return (
        shown(site, "/passes", pages.ask, ISSUERS),
        done(site, "/passes", pages.find, ISSUERS),
        done(site, "/passes/end", pages.end, ISSUERS),
        done(site, "/passes/erase", pages.erase, ISSUERS),
    )


PAGE: Final = Page(_routes, (Link("/passes", "Find a pass", ISSUERS),))


class _Pages:
    def __init__(self, site: DeskSite) -> None:
        self._desk = site.desk

    async def ask(self, visit: Visit) -> Response:
        """Which pass it is."""
        return _found(visit, "", None, None)

    async def find(self, visit: Visit) -> Response:
        """The passes that a number, an own reference or a pass itself names."""
        asked = visit.form.get("which", "").strip()
        try:
            records = await asyncio.to_thread(self._find, asked)
        except ConfigurationError as error:
            return _found(visit, asked, None, str(error), status=422)
        return _found(visit, asked, records, None)

    async def end(self, visit: Visit) -> Response:
        """End a pass, for a reason."""
        identifier = read_identifier(visit.form.get("identifier", ""))
        reason = visit.form.get("reason", "")
        if reason not in set(REASONS):
            return await self._after(visit, identifier, "Choose a reason.", status=422)
        chosen = RevocationReason(reason)
        await asyncio.to_thread(self._desk.revoke, identifier, chosen, visit.by)
        return await self._after(visit, identifier, _TOLD)

    async def erase(self, visit: Visit) -> Response:
        """End a pass, and remove its record."""
        identifier = read_identifier(visit.form.get("identifier", ""))
        if visit.form.get("sure") != "yes":
            said = "Nothing is removed without the tick."
            return await self._after(visit, identifier, said, status=422)
        await asyncio.to_thread(self._desk.erase, identifier, visit.by)
        return _found(visit, "", None, _ERASED)

    async def _after(
        self, visit: Visit, identifier: bytes, said: str, *, status: int = 200
    ) -> Response:
        record = await asyncio.to_thread(self._desk.registry.record, identifier)
        return _found(visit, identifier.hex(), [record], said, status=status)

    def _find(self, asked: str) -> list[PassRecord]:
        registry = self._desk.registry
        identifier = _number(asked) or self._held_up(asked)
        if identifier is not None:
            return [registry.record(identifier)]
        try:
            check_own(asked)
        except ValueError:
            raise ConfigurationError(
                "Type the number of a pass or your own reference for it, or scan it."
            ) from None
        return registry.find(asked)

    def _held_up(self, asked: str) -> bytes | None:
        """Which pass it is, where it is one that a zone's key here opens."""
        home = self._desk.home
        keys = [key for zone in home.zones() for key in home.zone_keys(zone)]
        try:
            return inspect_opened(asked, keys).identifier
        except CredentialError:
            return None


def _number(asked: str) -> bytes | None:
    try:
        return read_identifier(asked)
    except ConfigurationError:
        return None


def _found(
    visit: Visit,
    asked: str,
    records: list[PassRecord] | None,
    said: str | None,
    *,
    status: int = 200,
) -> Response:
    at = visit.site.now()
    return visit.page(
        "desk/passes.html",
        status=status,
        asked=asked,
        records=records,
        living={each.identifier for each in records or () if each.counts(at)},
        renewable=PassState.ISSUED,
        reasons=REASONS,
        said=said,
    )
