"""What becomes of the lists of a registry that may be older than its passes.

Nobody knows which places were handed out, and revoked, after it was written. So its
lists hand out nothing any more, and revoke what the newest signed ones do (ADR 0024).
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from secrets import token_bytes

import numpy as np
from sqlalchemy import Connection, select, update

from ostiary.credential import StatusList
from ostiary.errors import RegistryError
from ostiary.storage.register import IDENTITY_BYTES, Entries
from ostiary.storage.registry.database import transaction
from ostiary.storage.registry.lists import add_list, has_list, revoke_place
from ostiary.storage.registry.registry import Registry
from ostiary.storage.registry.schema import bindings, lists


@dataclass(frozen=True, slots=True)
class Brought:
    """What an owner knows that an old record does not.

    Attributes:
        newest: the newest status lists that others have; what they revoke is revoked.
        unpublished: addresses of lists that were never signed, as their owner says.
        known: addresses of lists that are known to have been there.
    """

    newest: Sequence[StatusList]
    unpublished: Set[str]
    known: Set[str] = frozenset()


def accept(registry: Registry, brought: Brought) -> None:
    """Go on with an old copy of a registry. From here on it is another one.

    Raises:
        RegistryError: a list has another size, or the newest one of a list is missing.
        StorageError: the database refuses; nothing is changed.
    """
    with transaction(registry.engine) as connection:
        close(connection, registry.tenant_id, brought)
        connection.execute(
            update(bindings)
            .where(bindings.c.tenant_id == registry.tenant_id)
            .values(identity=token_bytes(IDENTITY_BYTES))
        )


def close(connection: Connection, tenant_id: int, brought: Brought) -> None:
    """Close all lists of a tenant, and revoke what the newest ones do.

    Raises:
        RegistryError: a list has another size, or the newest one of a list is missing.
    """
    ours = lists.c.tenant_id == tenant_id
    connection.execute(update(lists).where(ours).values(closed=1))
    for each in brought.newest:
        _join(connection, tenant_id, each)
    there = set(connection.execute(select(lists.c.uri).where(ours)).scalars())
    told = brought.unpublished | {each.uri for each in brought.newest}
    for uri in sorted((there | brought.known) - told):
        raise RegistryError(
            f"bring the newest status list at {uri}, from a gate or a server: "
            "--status-list FILE. An old record does not know what was revoked after "
            "it was made. If it was never signed: --unpublished ADDRESS"
        )


def _join(connection: Connection, tenant_id: int, newest: StatusList) -> None:
    """Revoke what a signed list revokes; one made after the backup is entered, closed.

    Its address can then not be given to a new one, which would hand its places out
    again.
    """
    wanted = select(lists).where(
        lists.c.tenant_id == tenant_id,
        lists.c.uri == newest.uri,
        lists.c.issuer == newest.issuer,
        lists.c.size == newest.size,
    )
    row = connection.execute(wanted).first()
    octets = np.frombuffer(newest.bits, np.uint8)
    if row is not None:
        for index in np.flatnonzero(np.unpackbits(octets, bitorder="little")).tolist():
            revoke_place(connection, row.id, index)
    elif has_list(connection, newest.uri):
        raise RegistryError(f"the backup's list at {newest.uri} has another size")
    else:
        late = Entries(newest.uri, octets, octets)
        add_list(connection, tenant_id, newest.issuer, late, closed=True)
