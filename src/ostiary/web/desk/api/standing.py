"""How things stand at the desk: lists that are due, passes that nobody confirmed."""

from typing import Final

from fastapi import APIRouter

from ostiary.desk.standing import list_standings
from ostiary.web.desk.api.bodies import StrictRoute
from ostiary.web.desk.api.caller import Reader
from ostiary.web.desk.api.models import ListStanding, Standing
from ostiary.web.desk.api.problems import Kind, described

router: Final = APIRouter(tags=["desk"], route_class=StrictRoute)


@router.get("/status", responses=described(Kind.CONFLICT))
def status(caller: Reader) -> Standing:
    """Counts of records, and the status lists: how full, until when, what they lack."""
    now = caller.api.now()
    caller.desk.require_newest()
    registry = caller.desk.registry
    return Standing(
        now=now,
        passes=registry.counts(),
        unconfirmed=len(registry.left_behind(now)),
        lists=[
            ListStanding(
                issuer=each.issuer,
                number=each.state.number,
                uri=each.state.uri,
                size=each.state.size,
                taken=each.state.taken,
                closed=each.state.closed,
                signed_until=each.signed_until,
                unpublished=each.unpublished,
            )
            for each in list_standings(caller.desk)
        ],
    )
