"""Owners' page of the journal: what was entered last, who saw it, and the audit."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from ostiary.audit import Audit, to_html
from ostiary.audit.homes import audit_home, policy_of
from ostiary.audit.summary import verdict
from ostiary.audit.tables import tables_of
from ostiary.audit.words import entry_in_words, shortened
from ostiary.journal import load_entry, open_checkpoint, read_note
from ostiary.storage.home import Home
from ostiary.storage.journal import JournalReader
from ostiary.web.desk.site import OWNER, DeskSite, Link, Page, Visit, done, shown

MOST_SHOWN: Final = 50
"""Entries; an audit has all of them."""


def _routes(site: DeskSite) -> tuple[BaseRoute, ...]:
    page = _Journal(site)
    return (
        shown(site, "/journal", page.show, OWNER),
        shown(site, "/journal/checkpoint", page.checkpoint, OWNER),
        done(site, "/journal/audit", page.audit, OWNER),
        shown(site, "/journal/audit", page.audited, OWNER),
        shown(site, "/journal/audit.html", page.report, OWNER),
    )


PAGE: Final = Page(_routes, links=(Link("/journal", "Journal and audit", OWNER),))


@dataclass(frozen=True, slots=True)
class Seen:
    """A checkpoint that others signed.

    Attributes:
        size: of the tree.
        signers: witnesses of the policy by name, and when each signed.
        others: how many more signatures there are, which nobody can check here.
    """

    size: int
    signers: Mapping[str, datetime]
    others: int


@dataclass(frozen=True, slots=True)
class Glance:
    """A journal at a glance.

    Attributes:
        origin: which it is.
        key: its public key.
        size: entries.
        newest: the last of them in words, by number, the newest first.
        seen: checkpoints that others signed, the newest first.
        witnesses: how many the policy names; None: there is no policy.
    """

    origin: str
    key: str
    size: int
    newest: Mapping[int, str]
    seen: tuple[Seen, ...]
    witnesses: int | None


class _Journal:
    def __init__(self, site: DeskSite) -> None:
        self._site = site
        self._turn = asyncio.Lock()
        self._begun: float | None = None
        self._last: tuple[Audit, datetime] | None = None

    @property
    def _reader(self) -> JournalReader:
        return self._site.desk.journal.reader

    async def show(self, visit: Visit) -> Response:
        """The journal at a glance."""
        found = await asyncio.to_thread(glance, self._site.home, self._reader)
        return visit.page("desk/journal.html", glance=found, last=self._last)

    async def checkpoint(self, _visit: Visit) -> Response:
        """The newest checkpoint, to be kept elsewhere."""
        self._reader.checkpoint()
        return _file(self._reader.note(), "checkpoint", "text/plain; charset=utf-8")

    async def audit(self, _visit: Visit) -> Response:
        """Audit all there is; several who ask at once are shown the same."""
        asked = self._site.entrance.seconds()
        async with self._turn:
            if self._begun is None or self._begun < asked:
                self._begun, at = self._site.entrance.seconds(), self._site.now()
                audit = await asyncio.to_thread(audit_home, self._site.home)
                self._last = audit, at
        return RedirectResponse("/journal/audit", 303)

    async def audited(self, visit: Visit) -> Response:
        """What the last audit came to."""
        if self._last is None:
            return RedirectResponse("/journal", 303)
        audit, at = self._last
        return visit.page(
            "desk/audit.html",
            audit=audit,
            at=at,
            verdict=verdict(audit),
            tables=tuple(tables_of(audit)),
        )

    async def report(self, _visit: Visit) -> Response:
        """The same as a page in one file, to be kept."""
        if self._last is None:
            return RedirectResponse("/journal", 303)
        audit, at = self._last
        name = f"audit-{at:%Y-%m-%d}.html"
        return _file(to_html(audit).encode(), name, "text/html; charset=utf-8")


def glance(home: Home, reader: JournalReader) -> Glance:
    """A home's journal as an owner looks at it.

    Raises:
        JournalError: it is not as it was signed, or the policy is none.
        StorageError: a file cannot be read.
    """
    checkpoint, policy, who = reader.checkpoint(), policy_of(home), _namer(home)
    newest = {
        number: entry_in_words(load_entry(data), who)
        for number, data in reversed(reader.newest(MOST_SHOWN))
    }
    seen = []
    for each in reader.cosigned():
        note = read_note(each)
        signers = {} if policy is None else policy.signers(note)
        size = open_checkpoint(each, reader.key).size
        others = len(note.signatures) - 1 - len(signers)
        seen.append(Seen(size, signers, others))
    return Glance(
        origin=checkpoint.origin,
        key=reader.key.text,
        size=checkpoint.size,
        newest=MappingProxyType(newest),
        seen=tuple(seen),
        witnesses=None if policy is None else len(policy.witnesses),
    )


def _namer(home: Home) -> Callable[[bytes], str]:
    """Names an account by what a journal has of it, where it is known here."""
    names = {
        hashlib.sha256(identifier).digest(): account
        for account, identifier in home.authenticators.read().items()
    }
    names |= {account.digest: account.name for account in home.staff.read()}

    def who(identifier: bytes) -> str:
        known, digits = names.get(identifier), shortened(identifier)
        return digits if known is None else f"{known} ({digits})"

    return who


def _file(data: bytes, name: str, kind: str) -> Response:
    """Something to be kept: the browser shows none of it."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=kind, headers=headers)
