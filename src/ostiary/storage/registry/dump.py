"""One tenant's registry as a file, and back: the same for both databases.

Lines of JSON: a header, then one row of one table each, and at the end how many those
were, so that a file that was cut short is not taken for a whole one. It holds no key,
so own references in it stay sealed. What comes of it hands out nothing (ADR 0024):
places may have been handed out after it was written.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from sqlalchemy import (
    Connection,
    LargeBinary,
    Select,
    String,
    Table,
    func,
    insert,
    select,
)

from ostiary.errors import RegistryError, TrustListError
from ostiary.storage.registry.closing import Brought, close
from ostiary.storage.registry.database import transaction
from ostiary.storage.registry.registry import Registry
from ostiary.storage.registry.schema import (
    desk_hours,
    lists,
    pass_zones,
    passes,
    places,
)

MAX_BYTES: Final = 2**30
"""About two million passes."""

_HEADER: Final = {"ostiary-registry": 1}
_END: Final = "end"
_TABLES: Final[Mapping[str, Table]] = {
    table.name: table for table in (lists, places, passes, pass_zones, desk_hours)
}
"""In an order in which each row finds those that it names."""

_Value: TypeAlias = str | int | bytes | None
_Row: TypeAlias = dict[str, _Value]


def dump(registry: Registry) -> Iterator[bytes]:
    """The lines of a registry, of one moment.

    Raises:
        StorageError: the database refuses.
    """
    with transaction(registry.engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
            )
        yield _line(_HEADER)
        count = 0
        for name, table in _TABLES.items():
            for row in connection.execute(_ours(table, registry.tenant_id)):
                count += 1
                yield _line([name, {key: _said(row[i]) for i, key in _columns(table)}])
        yield _line([_END, count])


def restore(registry: Registry, lines: Sequence[bytes], brought: Brought) -> int:
    """Fill an empty tenant with what `dump` wrote; how many rows that were.

    Args:
        registry: has no list yet.
        lines: what was written.
        brought: what its owner knows that the backup does not.

    Raises:
        RegistryError: the registry holds something, a list has another size, or the
            newest one of a list is missing.
        TrustListError: anything but what `dump` writes.
        StorageError: the database refuses; nothing is restored.
    """
    count = len(lines) - 2
    if count < 0 or lines[0].strip() != _line(_HEADER).strip():
        raise TrustListError("not the backup of a registry")
    if lines[-1] != _line([_END, count]):
        raise TrustListError("a backup of a registry that was cut short")
    with transaction(registry.engine) as connection:
        ours = lists.c.tenant_id == registry.tenant_id
        known = select(func.count()).where(ours)
        if connection.execute(known.select_from(lists)).scalar_one():
            raise RegistryError("the registry holds lists already; nothing is replaced")
        numbers: dict[_Value, int] = {}
        for line in lines[1:-1]:
            _insert(connection, registry.tenant_id, numbers, *_read(line))
        close(connection, registry.tenant_id, brought)
    return count


def _ours(table: Table, tenant_id: int) -> Select[*tuple[_Value, ...]]:
    wanted = select(table)
    if table is places:
        wanted = wanted.join(lists, lists.c.id == places.c.list_id)
    if table is pass_zones:
        wanted = wanted.join(passes)
    owner = (
        table if "tenant_id" in table.c else {places: lists, pass_zones: passes}[table]
    )
    return wanted.where(owner.c.tenant_id == tenant_id)


def _columns(table: Table) -> list[tuple[int, str]]:
    return list(enumerate(table.c.keys()))


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _said(value: _Value) -> str | int | None:
    return value.hex() if isinstance(value, bytes) else value


def _read(line: bytes) -> tuple[Table, _Row]:
    try:
        name, said = json.loads(line)
        table = _TABLES[name]
        if set(said) != set(table.c.keys()):
            raise TrustListError("a backup of a registry with other columns")
        return table, {key: _heard(table, key, said[key]) for key in said}
    except (ValueError, TypeError, KeyError, RecursionError):
        raise TrustListError("a backup of a registry that is damaged") from None


def _heard(table: Table, key: str, value: object) -> _Value:
    kind = table.c[key].type
    match value:
        case None:
            return None
        case str() if isinstance(kind, LargeBinary):
            return bytes.fromhex(value)
        case str() if isinstance(kind, String):
            return value
        case int() if not isinstance(kind, LargeBinary | String | bool):
            return value
    raise ValueError(key)


def _insert(
    connection: Connection,
    tenant_id: int,
    numbers: dict[_Value, int],
    table: Table,
    row: _Row,
) -> None:
    """A row, with the numbers that tenant and lists have here."""
    if "tenant_id" in row:
        row["tenant_id"] = tenant_id
    if "list_id" in row:
        if row["list_id"] not in numbers:
            raise TrustListError("a backup of a registry that names a list it has not")
        row["list_id"] = numbers[row["list_id"]]
    if table is lists:
        number = row.pop("id")
        made = insert(lists).values(**row).returning(lists.c.id)
        numbers[number] = connection.execute(made).scalar_one()
    else:
        connection.execute(insert(table).values(**row))
