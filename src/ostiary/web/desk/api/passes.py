"""Passes: issued, confirmed, looked up, revoked, erased.

A pass is handed over when the program says that it has it: until it is confirmed, a
request that is sent again makes it anew and revokes the one before (docs/adr/0063).
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from ostiary.credential import BiometricReference, Hours
from ostiary.desk.issuing import Draft, IssuedPass, PassRequest, draft_pass, forget
from ostiary.desk.service import Order
from ostiary.errors import OstiaryError, RegistryError
from ostiary.storage.registry.records import (
    By,
    Consent,
    PassRecord,
    PassState,
    RevocationReason,
    check_own,
)
from ostiary.storage.registry.requests import (
    LEASE,
    Begun,
    Refused,
    Requests,
)
from ostiary.storage.registry.requests import (
    Request as Repeatable,
)
from ostiary.web.desk.api.bodies import StrictRoute
from ostiary.web.desk.api.caller import Caller, Eraser, Issuer, Reader, Revoker
from ostiary.web.desk.api.forms import SCHEMAS, Form, Paper
from ostiary.web.desk.api.models import (
    Made,
    PassId,
    PassOrder,
    Record,
    Records,
    Revocation,
    Search,
    Window,
    in_seconds,
)
from ostiary.web.desk.api.problems import Kind, ProblemError, described

router: Final = APIRouter(tags=["passes"], route_class=StrictRoute)

Identifier: TypeAlias = Annotated[PassId, Path(description="Of the pass.")]


def _form(
    request: Request,
    paper: Annotated[Paper, Query(description="Of a PDF.")] = Paper.A6,
) -> Form:
    """In which form the pass is wanted; refused before one is made."""
    return Form.wanted(request.headers.get("accept", ""), paper)


Key: TypeAlias = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern="^[!-~]{16,64}$",
        description="16 to 64 printable characters, such as a UUID: a request that is "
        "sent again under the same key never makes a second pass that counts.",
    ),
]


@dataclass(frozen=True, slots=True)
class _Issuing:
    """One attempt at a request for a pass, in steps that may block."""

    caller: Caller
    by: By
    order: PassOrder
    attempt: Repeatable
    requests: Requests

    @classmethod
    def of(cls, caller: Caller, order: PassOrder, key: str) -> "_Issuing":
        api, by = caller.api, caller.by
        content = order.model_dump_json().encode()
        requests = Requests(api.desk.registry)
        attempt = requests.attempt(by.account, key, content, by.at, api.randomness)
        return cls(caller, by, order, attempt, requests)

    def begin(self) -> bytes | None:
        """Begin; the pass that came of an earlier attempt, or None.

        Raises:
            ProblemError: somebody is at it, or the key stands for another request.
        """
        match self.requests.begin(self.attempt):
            case Refused.BUSY:
                seconds = int(LEASE.total_seconds())
                raise ProblemError(Kind.BUSY, "this request is under way", seconds)
            case Refused.OTHER_CONTENT:
                raise ProblemError(Kind.KEY_REUSED, "take a new key for a new request")
            case Begun(earlier):
                return earlier

    def end(self, earlier: bytes) -> None:
        """End the pass of an earlier attempt, whose answer reached nobody.

        Raises:
            ProblemError: somebody has it: it was confirmed.
        """
        try:
            found = self.caller.desk.registry.record(earlier)
        except RegistryError:
            raise _made_before(earlier) from None
        if found.reason is RevocationReason.NEVER_HANDED_OVER:
            return
        # Whoever confirms it at this very moment has it.
        if not self.caller.desk.give_up(earlier, self.by):
            raise _made_before(earlier)

    def draft(self) -> Draft:
        """Check all that the pass is to say, before the face is taken.

        Raises:
            ProblemError: no pass can say it.
            OstiaryError: the keys that are there do not fit it.
        """
        desk, order = self.caller.desk, self.order
        try:
            if order.own is not None:
                check_own(order.own)
            request = PassRequest(
                issuer=desk.home.only_issuer(order.issuer),
                zones=tuple(order.zones),
                not_before=in_seconds(order.not_before or self.by.at),
                expires_at=in_seconds(order.expires_at),
                hours=_by_zone(order.hours),
            )
        except ValueError as error:
            raise ProblemError(
                Kind.CONFLICT, f"no pass can say this: {error}"
            ) from None
        desk.require_living(_octets(order.renews))
        return draft_pass(request, desk.home, self.by.at)

    def face(self) -> tuple[BiometricReference | None, Consent | None]:
        """The template and the consent to it; none of either without a face.

        Raises:
            ProblemError: there is no such enrolment, or it is not complete.
        """
        if self.order.enrolment is None:
            return None, None
        enrolments = self.caller.api.enrolments
        return enrolments.take(self.by.account, self.order.enrolment)

    def make(
        self,
        draft: Draft,
        reference: BiometricReference | None,
        consent: Consent | None,
    ) -> tuple[IssuedPass, Record]:
        """Make the pass; the template is overwritten.

        Raises:
            OstiaryError: it was not made, or what was made is revoked.
        """
        renews = _octets(self.order.renews)
        desk, randomness = self.caller.desk, self.caller.api.randomness
        order = Order(draft, reference, consent, self.order.own, renews)
        issued = desk.prepare(order, self.by, randomness)
        identifier = issued.claims.identifier
        try:
            self.requests.note(self.attempt, identifier, renews)
        except BaseException:
            # Nobody has it yet. Where this fails too, it stays on record as reserved.
            with suppress(OstiaryError):
                desk.give_up(identifier, self.by)
            raise
        return issued, Record.of(desk.registry.record(identifier))

    def abandon(self) -> None:
        """Let the request be sent again; where not even that can be, after a while."""
        with suppress(OstiaryError):
            self.requests.abandon(self.attempt)


@router.post(
    "/passes",
    status_code=201,
    response_model=Made,
    responses={
        **described(
            Kind.NOT_FOUND,
            Kind.NOT_ACCEPTABLE,
            Kind.CONFLICT,
            Kind.BUSY,
            Kind.MADE_BEFORE,
            Kind.KEY_REUSED,
        ),
        201: {
            "description": "The pass; confirm it when you have it.",
            "content": {kind: {"schema": schema} for kind, schema in SCHEMAS.items()},
        },
    },
)
async def issue(
    order: PassOrder,
    caller: Issuer,
    key: Key,
    form: Annotated[Form, Depends(_form)],
    request: Request,
) -> Response:
    """Issue a pass. It is sent once, and no copy is kept: confirm it when it came."""
    attempt = _Issuing.of(caller, order, key)
    earlier = await asyncio.to_thread(attempt.begin)
    try:
        if earlier is not None:
            await asyncio.to_thread(attempt.end, earlier)
        draft = await asyncio.to_thread(attempt.draft)
        reference, consent = attempt.face()
        try:
            issued, record = await asyncio.to_thread(
                attempt.make, draft, reference, consent
            )
        finally:
            # Where the desk ends before it was begun, nobody else does.
            forget(reference)
    except BaseException:
        await asyncio.to_thread(attempt.abandon)
        raise
    root = request.scope["root_path"]
    place = f"{root}/passes/{record.identifier}"
    return await asyncio.to_thread(form.answer, issued, record, place)


@router.put(
    "/passes/{identifier}/confirmation",
    responses=described(Kind.NOT_FOUND, Kind.CONFLICT),
)
def confirm(identifier: Identifier, caller: Issuer) -> Record:
    """Say that the pass has come; the one that it renews ends. Twice is harmless."""
    found, by = _found(caller, identifier), caller.by
    if found.account != by.account:
        raise ProblemError(Kind.NOT_FOUND, "this token made no such pass")
    if found.state is not PassState.ISSUED:
        renews = Requests(caller.desk.registry).renewed_by(found.identifier)
        try:
            caller.desk.confirm(found.identifier, by, renews)
        except RegistryError:
            # Of two at once one is second.
            if _found(caller, identifier).state is not PassState.ISSUED:
                raise
    return Record.of(_found(caller, identifier))


@router.get("/passes/{identifier}", responses=described(Kind.NOT_FOUND, Kind.CONFLICT))
def read(identifier: Identifier, caller: Reader) -> Record:
    """What the registry holds of a pass; never a face."""
    return Record.of(_found(caller, identifier))


@router.post("/passes/find", responses=described(Kind.CONFLICT))
def find(search: Search, caller: Reader) -> Records:
    """The passes with your own reference. In a body: addresses are written to logs."""
    try:
        check_own(search.own)
    except ValueError as error:
        raise ProblemError(Kind.CONFLICT, str(error)) from None
    caller.desk.require_newest()
    found = caller.desk.registry.find(search.own)
    return Records(passes=[Record.of(each) for each in found])


@router.put(
    "/passes/{identifier}/revocation",
    responses=described(Kind.NOT_FOUND, Kind.CONFLICT),
)
def revoke(identifier: Identifier, revocation: Revocation, caller: Revoker) -> Record:
    """End a pass, from the next status list on. Twice for one reason is harmless."""
    found = _found(caller, identifier)
    if found.reason is not revocation.reason:
        caller.desk.revoke(found.identifier, revocation.reason, caller.by)
    return Record.of(_found(caller, identifier))


@router.delete(
    "/passes/{identifier}",
    status_code=204,
    responses=described(Kind.NOT_FOUND, Kind.CONFLICT),
)
def erase(identifier: Identifier, caller: Eraser) -> Response:
    """End a pass, and remove its record now."""
    found = _found(caller, identifier)
    caller.desk.erase(found.identifier, caller.by)
    return Response(status_code=204)


def _found(caller: Caller, identifier: str) -> PassRecord:
    # Of an old copy nothing is to be believed, not even that a pass counts.
    caller.desk.require_newest()
    try:
        return caller.desk.registry.record(bytes.fromhex(identifier))
    except RegistryError:
        raise ProblemError(Kind.NOT_FOUND, "the registry knows no such pass") from None


def _by_zone(windows: Iterable[Window]) -> Mapping[str, tuple[Hours, ...]]:
    """Windows as a pass has them.

    Raises:
        ValueError: one ends before it starts.
    """
    zones: dict[str, tuple[Hours, ...]] = {}
    for window in windows:
        zones[window.zone] = (*zones.get(window.zone, ()), window.hours)
    return zones


def _octets(identifier: str | None) -> bytes | None:
    return None if identifier is None else bytes.fromhex(identifier)


def _made_before(identifier: bytes) -> ProblemError:
    return ProblemError(
        Kind.MADE_BEFORE,
        "the pass of this request was confirmed, and no copy of it is kept; revoke or "
        "renew it where it is lost",
        more={"identifier": identifier.hex()},
    )
