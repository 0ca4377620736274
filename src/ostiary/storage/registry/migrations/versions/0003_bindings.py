"""What a registry is told apart by, what each desk did, and one owner to an address."""

import sqlalchemy as sa
from alembic import op

from ostiary.errors import RegistryError
from ostiary.storage.registry.octets import is_number, octets

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make two tables and an index.

    Raises:
        RegistryError: an address stands for lists of several tenants.
    """
    _require_one_owner_each()
    op.create_table(
        "bindings",
        sa.Column("tenant_id", sa.Integer, nullable=False),
        _octets("bindings", "identity", 16),
        _octets("bindings", "key_check", 32),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_bindings_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_bindings")),
    )
    number = sa.CheckConstraint(is_number("acts"), name=op.f("ck_desks_acts_number"))
    op.create_table(
        "desks",
        sa.Column("tenant_id", sa.Integer, nullable=False),
        _octets("desks", "desk", 32),
        sa.Column("acts", sa.BigInteger, number, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_desks_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "desk", name=op.f("pk_desks")),
    )
    op.create_index(op.f("ix_lists_uri"), "lists", ["uri"], unique=True)


def _require_one_owner_each() -> None:
    lists = sa.table("lists", sa.column("uri", sa.String))
    shared = sa.select(lists.c.uri).group_by(lists.c.uri).having(sa.func.count() > 1)
    found = op.get_bind().scalars(shared.order_by(lists.c.uri)).all()
    if found:
        raise RegistryError(
            f"several tenants have a status list at {', '.join(found)}, and would take "
            "each other's revocations back, so nothing was changed: with the Ostiary "
            "that made it, move all of them but one to databases of their own (ostiary "
            "registry backup, init, restore), then let each roll to an address of its "
            "own (ostiary registry roll --uri)"
        )


def _octets(table: str, name: str, most: int) -> sa.Column[bytes]:
    limit = sa.CheckConstraint(
        octets(name) <= most, name=op.f(f"ck_{table}_{name}_octets")
    )
    return sa.Column(name, sa.LargeBinary(most), limit, nullable=False)
