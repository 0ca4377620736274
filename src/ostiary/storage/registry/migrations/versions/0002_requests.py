"""Requests of the desk's HTTP interface that have one effect."""

import sqlalchemy as sa
from alembic import op

from ostiary.storage.registry.octets import is_number, octets

revision = "0002"
down_revision = "0001"


def _octets(name: str, most: int, *, null: bool = False) -> sa.Column[bytes]:
    limit = sa.CheckConstraint(
        octets(name) <= most, name=op.f(f"ck_requests_{name}_octets")
    )
    return sa.Column(name, sa.LargeBinary(most), limit, nullable=null)


def upgrade() -> None:
    """Make their table."""
    is_moment = sa.CheckConstraint(
        is_number("begun_at"), name=op.f("ck_requests_begun_at_number")
    )
    op.create_table(
        "requests",
        sa.Column("tenant_id", sa.Integer, nullable=False),
        _octets("key", 32),
        _octets("content", 32),
        _octets("claim", 16, null=True),
        sa.Column("begun_at", sa.BigInteger, is_moment, nullable=False),
        _octets("identifier", 16, null=True),
        _octets("renews", 16, null=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_requests_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "key", name=op.f("pk_requests")),
    )
