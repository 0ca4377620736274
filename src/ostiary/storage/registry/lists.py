"""Status lists and their places: drawn at random, and never handed out twice.

All of it happens in the transaction of whoever calls.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, Table, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ostiary.credential import Randomness
from ostiary.credential.checks import check_uri
from ostiary.errors import ConfigurationError, RegistryError
from ostiary.storage.register import Entries, check_size
from ostiary.storage.registry.records import ListState
from ostiary.storage.registry.schema import MOST_OCTETS, lists, places

UPSERTS: Final[Mapping[str, Callable[[Table], sqlite.Insert | postgresql.Insert]]] = (
    MappingProxyType({"sqlite": sqlite.insert, "postgresql": postgresql.insert})
)
"""An insertion that may find its row there, by dialect."""

_DRAWS: Final = 32
"""Before the free places are counted: of a list that is nine tenths full, one in thirty
gets that far."""

_ROWS_AT_ONCE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """A place that was free until now."""

    list_id: int
    uri: str
    position: int


def add_list(
    connection: Connection,
    tenant_id: int,
    issuer: str,
    entries: Entries,
    *,
    closed: bool,
) -> ListState:
    """Make an issuer's next list; what its entries say is taken is taken.

    Raises:
        ConfigurationError: the address is too long, or that of another list.
    """
    check_new(connection, entries.uri)
    number = 1 + len(states(connection, tenant_id, issuer))
    made = connection.execute(
        insert(lists)
        .values(
            tenant_id=tenant_id,
            issuer=issuer,
            number=number,
            uri=entries.uri,
            size=entries.size,
            closed=int(closed),
        )
        .returning(lists.c.id)
    ).scalar_one()
    # Of a list that hands out nothing any more only the revoked places matter.
    taken = entries.revoked if closed else entries.handed_out
    rows = [
        {
            "list_id": made,
            "position": index,
            "revoked": int(entries.revoked[index // 8] >> index % 8 & 1),
        }
        for index in np.flatnonzero(np.unpackbits(taken, bitorder="little")).tolist()
    ]
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        connection.execute(insert(places), rows[start : start + _ROWS_AT_ONCE])
    return ListState(number, entries.uri, entries.size, len(rows), closed)


def check_new(connection: Connection, uri: str) -> None:
    """Whether a list can be known by that address.

    Raises:
        ConfigurationError: it cannot.
    """
    try:
        check_uri(uri)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    if len(uri) > MOST_OCTETS:
        raise ConfigurationError(
            f"a registry takes addresses of at most {MOST_OCTETS} characters, so that "
            "no template fits in their place"
        )
    if has_list(connection, uri):
        raise ConfigurationError(
            f"there is a list at {uri} already, of this tenant or of another one in "
            "the same database; say another --uri"
        )


def has_list(connection: Connection, uri: str) -> bool:
    """Whether a list is known by that address, whoever's it is."""
    known = select(lists.c.id).where(lists.c.uri == uri)
    return connection.execute(known).first() is not None


def empty(uri: str, size: int) -> Entries:
    """The entries of a list of which nothing is handed out.

    Raises:
        ConfigurationError: a size or an address that cannot be one.
    """
    try:
        check_size(size)
        none = np.zeros(size // 8, np.uint8)
        return Entries(uri, none, none)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def states(connection: Connection, tenant_id: int, issuer: str) -> list[ListState]:
    """An issuer's lists, the oldest first."""
    taken = (
        select(func.count())
        .where(places.c.list_id == lists.c.id)
        .scalar_subquery()
        .label("taken")
    )
    rows = connection.execute(
        select(lists, taken)
        .where(lists.c.tenant_id == tenant_id, lists.c.issuer == issuer)
        .order_by(lists.c.number)
    )
    return [
        ListState(row.number, row.uri, row.size, row.taken, bool(row.closed))
        for row in rows
    ]


def draw(
    connection: Connection, tenant_id: int, issuer: str, randomness: Randomness
) -> Drawn:
    """Take a free place of the issuer's oldest list that has one.

    Each of its free places is as likely as any other, so that an index tells nothing of
    when a pass was issued.

    Raises:
        ConfigurationError: the issuer has no list here.
        RegistryError: none of them has a place left.
    """
    found = _rows(connection, tenant_id, issuer)
    if not found:
        raise ConfigurationError(
            f"the registry knows no issuer {issuer!r}: ostiary registry init"
        )
    for row in found:
        position = None if row.closed else _take(connection, row, randomness)
        if position is not None:
            return Drawn(row.id, row.uri, position)
    raise RegistryError(
        f"no list of issuer {issuer!r} has a place left; make its next one: "
        f"ostiary registry roll {issuer} --uri ADDRESS"
    )


def _rows(
    connection: Connection, tenant_id: int, issuer: str
) -> list[Row[tuple[int, str, int, int]]]:
    wanted = select(lists.c.id, lists.c.uri, lists.c.size, lists.c.closed).where(
        lists.c.tenant_id == tenant_id, lists.c.issuer == issuer
    )
    return list(connection.execute(wanted.order_by(lists.c.number)))


def _take(
    connection: Connection,
    row: Row[tuple[int, str, int, int]],
    randomness: Randomness,
) -> int | None:
    """A free place, on record as taken; None where there is none."""
    for position in _drawn(connection, row.id, row.size, randomness):
        if _insert(connection, row.id, position):
            return position
    return None


def _drawn(
    connection: Connection, list_id: int, size: int, randomness: Randomness
) -> Iterator[int]:
    # 128 bits over at most 2**24 places: the bias is under 2**-104.
    for _ in range(_DRAWS):
        yield int.from_bytes(randomness(16)) % size
    while (free := _free(connection, list_id, size)).size:
        yield int(free[int.from_bytes(randomness(16)) % free.size])


def _free(connection: Connection, list_id: int, size: int) -> NDArray[np.intp]:
    taken = select(places.c.position).where(places.c.list_id == list_id)
    free = np.ones(size, np.bool_)
    free[np.fromiter(connection.execute(taken).scalars(), np.int64)] = False
    return np.flatnonzero(free)


def _insert(connection: Connection, list_id: int, position: int) -> bool:
    """Whether the place was free, and is not any more."""
    taken = (
        UPSERTS[connection.dialect.name](places)
        .values(list_id=list_id, position=position, revoked=0)
        .on_conflict_do_nothing()
        .returning(places.c.position)
    )
    return connection.execute(taken).first() is not None


def set_revoked(connection: Connection, list_id: int, position: int) -> None:
    """Set the bit of a place that is taken; twice is harmless."""
    connection.execute(
        update(places)
        .where(places.c.list_id == list_id, places.c.position == position)
        .values(revoked=1)
    )


def revoke_place(connection: Connection, list_id: int, position: int) -> None:
    """Set the bit of a place of which the registry has no record of a pass.

    A place of a closed list may have been handed out all the same: after a backup.

    Raises:
        RegistryError: it was never handed out.
    """
    row = connection.execute(select(lists).where(lists.c.id == list_id)).one()
    if row.closed and 0 <= position < row.size:
        _insert(connection, list_id, position)
    taken = select(places).where(
        places.c.list_id == list_id, places.c.position == position
    )
    if connection.execute(taken).first() is None:
        raise RegistryError(f"index {position} was never handed out")
    set_revoked(connection, list_id, position)


def bits(connection: Connection, list_id: int, size: int) -> bytes:
    """A list's bits: 1 is revoked, index 0 in the lowest bit of byte 0."""
    revoked = select(places.c.position).where(
        places.c.list_id == list_id, places.c.revoked == 1
    )
    said = np.zeros(size, np.bool_)
    said[np.fromiter(connection.execute(revoked).scalars(), np.int64)] = True
    return np.packbits(said, bitorder="little").tobytes()
