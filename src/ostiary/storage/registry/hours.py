"""What each account did by the hour, until that stands in a journal.

The totals are counted in the transaction of the act itself: no crash parts them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from ostiary.credential.checks import moment_of, seconds_of
from ostiary.errors import RegistryError
from ostiary.journal.entry import MOST_COUNTED, DeskHour
from ostiary.storage.registry.lists import UPSERTS
from ostiary.storage.registry.records import By
from ostiary.storage.registry.schema import desk_hours, desks

HOUR: Final = int(timedelta(hours=1).total_seconds())

MOST_HOURS: Final = 3
"""Beginning with its own, in which an act is counted: a clock that was set back meets
hours that were left half entered."""

LATE: Final = timedelta(minutes=15)
"""An act may be that much older than its commit: whoever began it was looking at a face
meanwhile. No hour is entered before, or it would stand in the journal twice."""


@dataclass(frozen=True, slots=True)
class Due:
    """An hour that is over and is not known to stand in the journal.

    Attributes:
        hour: what to enter.
        entering: how many entries the journal had when somebody began to enter it, and
            may have been cut short; None where nobody did.
    """

    hour: DeskHour
    entering: int | None


def count(
    connection: Connection, tenant_id: int, by: By, *, issued: int = 0, revoked: int = 0
) -> None:
    """Add to the totals of an account's hour, and to the acts of its desk.

    An hour that is being entered takes nothing any more. What was begun in it and is
    committed only now counts in the next one: a revocation waits for no journal.

    Raises:
        RegistryError: none of the next hours takes it either, or their totals are as
            high as an entry can say.
    """
    first = seconds_of(by.at) // HOUR * HOUR
    totals = {"issued": issued, "revoked": revoked}
    hours = range(first, first + MOST_HOURS * HOUR, HOUR)
    if not any(_add(connection, tenant_id, by, hour, totals) for hour in hours):
        raise RegistryError(
            f"the totals of this hour and of the next {MOST_HOURS - 1} cannot be added "
            f"to: they are being entered in the journal, or have reached "
            f"{MOST_COUNTED}; check the clock, then call: ostiary registry check"
        )
    act = UPSERTS[connection.dialect.name](desks).values(
        tenant_id=tenant_id, desk=by.desk, acts=1
    )
    connection.execute(
        act.on_conflict_do_update(
            index_elements=list(desks.primary_key.columns),
            set_={"acts": desks.c.acts + 1},
        )
    )


def _add(
    connection: Connection, tenant_id: int, by: By, hour: int, totals: Mapping[str, int]
) -> bool:
    """Whether an hour takes so much more."""
    row = UPSERTS[connection.dialect.name](desk_hours).values(
        tenant_id=tenant_id, desk=by.desk, account=by.account, hour=hour, **totals
    )
    counted = row.on_conflict_do_update(
        index_elements=list(desk_hours.primary_key.columns),
        set_={name: desk_hours.c[name] + more for name, more in totals.items()},
        where=and_(
            desk_hours.c.entering.is_(None),
            *(
                desk_hours.c[name] + more <= MOST_COUNTED
                for name, more in totals.items()
            ),
        ),
    ).returning(desk_hours.c.hour)
    return connection.execute(counted).first() is not None


def due(connection: Connection, tenant_id: int, desk: bytes, at: datetime) -> list[Due]:
    """Hours of a desk that have been over for `LATE`, the oldest first."""
    over = select(desk_hours).where(
        desk_hours.c.tenant_id == tenant_id,
        desk_hours.c.desk == desk,
        desk_hours.c.hour + HOUR <= seconds_of(at - LATE),
    )
    return [
        Due(
            DeskHour(moment_of(row.hour), row.account, row.issued, row.revoked),
            row.entering,
        )
        for row in connection.execute(over.order_by(desk_hours.c.hour))
    ]


def begin(
    connection: Connection, tenant_id: int, desk: bytes, hour: DeskHour, size: int
) -> DeskHour:
    """Note that an hour is about to be entered; what it says from here on."""
    noted = (
        update(desk_hours)
        .where(_same(tenant_id, desk, hour))
        .values(entering=size)
        .returning(desk_hours.c.issued, desk_hours.c.revoked)
    )
    issued, revoked = connection.execute(noted).one()
    return DeskHour(hour.at, hour.account, issued, revoked)


def end(connection: Connection, tenant_id: int, desk: bytes, hour: DeskHour) -> None:
    """Forget an hour that stands in the journal."""
    connection.execute(delete(desk_hours).where(_same(tenant_id, desk, hour)))


def _same(tenant_id: int, desk: bytes, hour: DeskHour) -> ColumnElement[bool]:
    return and_(
        desk_hours.c.tenant_id == tenant_id,
        desk_hours.c.desk == desk,
        desk_hours.c.account == hour.account,
        desk_hours.c.hour == seconds_of(hour.at),
    )
