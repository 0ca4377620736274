"""Enrolments of programs: consent first, then photographs, one by one."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response

from ostiary.desk.consent import POINTS, VERSION
from ostiary.desk.enrolment import WANTED
from ostiary.erasure import overwrite
from ostiary.storage.registry.records import Consent
from ostiary.web.desk.api.bodies import StrictRoute
from ostiary.web.desk.api.caller import Issuer
from ostiary.web.desk.api.guard import PICTURES
from ostiary.web.desk.api.models import (
    ConsentText,
    EnrolmentBegun,
    EnrolmentId,
    EnrolmentWanted,
    Look,
)
from ostiary.web.desk.api.problems import Kind, ProblemError, described
from ostiary.web.desk.making_texts import advice

PHOTOGRAPHS: Final = "/photographs"
"""How the address ends of what takes pictures."""

router: Final = APIRouter(tags=["enrolments"], route_class=StrictRoute)

Identifier = Annotated[EnrolmentId, Path(description="Of the enrolment.")]


@router.get("/consent", responses=described())
async def consent(caller: Issuer) -> ConsentText:
    """The text that a person is told before anything is captured."""
    del caller
    return ConsentText(version=VERSION, points=list(POINTS))


@router.post(
    "/enrolments", status_code=201, responses=described(Kind.CONFLICT, Kind.BUSY)
)
async def begin(wanted: EnrolmentWanted, caller: Issuer) -> EnrolmentBegun:
    """Begin an enrolment, once the person consented to the current text."""
    given = wanted.consent
    if given.version != VERSION:
        raise ProblemError(
            Kind.CONFLICT,
            "that is not the current text, so nobody consented to it: GET /consent",
        )
    said = Consent(given.version, caller.api.now(), given.means)
    identifier = await caller.api.enrolments.begin(caller.token.account, said)
    return EnrolmentBegun(enrolment=identifier, wanted=WANTED)


@router.post(
    "/enrolments/{identifier}" + PHOTOGRAPHS,
    responses=described(Kind.NOT_FOUND, Kind.CONFLICT),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in PICTURES
            },
        }
    },
)
async def look(identifier: Identifier, caller: Issuer, request: Request) -> Look:
    """Have one photograph looked at; it is overwritten, whatever comes of it."""
    mine = caller.api.enrolments
    with mine.turn(caller.token.account, identifier):
        data = bytearray()
        try:
            async for piece in request.stream():
                data += piece
            seen = await mine.look(caller.token.account, identifier, data)
        finally:
            overwrite(data)
    return Look(
        taken=seen.reason is None,
        reason=seen.reason,
        advice=None if seen.reason is None else advice(seen.reason),
        count=seen.taken,
        complete=seen.is_complete,
    )


@router.delete(
    "/enrolments/{identifier}", status_code=204, responses=described(Kind.NOT_FOUND)
)
async def forget(identifier: Identifier, caller: Issuer) -> Response:
    """End an enrolment; what was taken is overwritten."""
    await caller.api.enrolments.forget(caller.token.account, identifier)
    return Response(status_code=204)
