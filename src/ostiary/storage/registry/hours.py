"""What each account did by the hour, until that stands in a journal.

The totals are counted in the transaction of the act itself: no crash parts them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from ostiary.credential.checks import moment_of, seconds_of
from ostiary.errors import RegistryError
from ostiary.journal.entry import MOST_COUNTED, DeskHour
from ostiary.storage.registry.lists import UPSERTS
from ostiary.storage.registry.records import By
from ostiary.storage.registry.schema import desk_hours

HOUR: Final = int(timedelta(hours=1).total_seconds())

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
    """Add to the totals of an account's hour.

    Raises:
        RegistryError: the hour is being entered, or its totals are as high as an entry
            can say.
    """
    totals = UPSERTS[connection.dialect.name](desk_hours).values(
        tenant_id=tenant_id,
        desk=by.desk,
        account=by.account,
        hour=seconds_of(by.at) // HOUR * HOUR,
        issued=issued,
        revoked=revoked,
    )
    counted = totals.on_conflict_do_update(
        index_elements=list(desk_hours.primary_key.columns),
        set_={
            "issued": desk_hours.c.issued + issued,
            "revoked": desk_hours.c.revoked + revoked,
        },
        where=and_(
            desk_hours.c.entering.is_(None),
            desk_hours.c.issued + issued <= MOST_COUNTED,
            desk_hours.c.revoked + revoked <= MOST_COUNTED,
        ),
    ).returning(desk_hours.c.hour)
    if connection.execute(counted).first() is None:
        raise RegistryError(
            "this hour's totals cannot be added to: they are being entered in the "
            f"journal, or have reached {MOST_COUNTED}; check the clock, or wait for "
            "the next hour"
        )


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
