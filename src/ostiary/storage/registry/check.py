"""Whether a registry is as it has to be."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, and_, func, select

from ostiary.errors import StorageError
from ostiary.storage.registry.database import transaction
from ostiary.storage.registry.own_reference import blind, open_own
from ostiary.storage.registry.records import PassState
from ostiary.storage.registry.registry import Registry
from ostiary.storage.registry.schema import passes, places

_BITS: Final[Mapping[PassState, tuple[int, str]]] = MappingProxyType(
    {
        PassState.RESERVED: (1, "reserved passes stand as revoked in a status list"),
        PassState.ISSUED: (1, "issued passes stand as revoked in a status list"),
        PassState.REVOKED: (0, "revoked passes do not stand so in a status list"),
    }
)
"""What the place of a pass must not say, by its state, and how one calls that."""


def faults(registry: Registry) -> list[str]:
    """What is wrong, in words; nothing biometric and nobody's reference.

    Raises:
        StorageError: the database cannot be read.
    """
    with transaction(registry.engine) as connection:
        return [
            *_damage(connection),
            *_bits(connection, registry),
            *_own(connection, registry),
        ]


def _damage(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        for said in connection.exec_driver_sql("PRAGMA integrity_check").scalars():
            if said != "ok":
                yield f"the file is damaged: {said}"
        if connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            yield "the file is damaged: a row names another one that is not there"


def _bits(connection: Connection, registry: Registry) -> Iterator[str]:
    same = and_(
        places.c.list_id == passes.c.list_id, places.c.position == passes.c.position
    )
    for state, (wrong, words) in _BITS.items():
        found = select(func.count()).select_from(passes.join(places, same))
        count = connection.execute(
            found.where(
                passes.c.tenant_id == registry.tenant_id,
                passes.c.state == state,
                places.c.revoked == wrong,
            )
        ).scalar_one()
        if count:
            yield f"{count} {words}"


def _own(connection: Connection, registry: Registry) -> Iterator[str]:
    wanted = select(passes.c.identifier, passes.c.own_sealed, passes.c.own_blind).where(
        passes.c.tenant_id == registry.tenant_id, passes.c.own_sealed.is_not(None)
    )
    wrong = 0
    for identifier, sealed, found_by in connection.execute(wanted):
        try:
            own = open_own(sealed, registry.key, identifier)
            wrong += found_by != blind(own, registry.key, registry.tenant)
        except StorageError:
            wrong += 1
    if wrong:
        yield f"{wrong} own references do not open with this registry.key"
