"""The first schema of the registry."""

import sqlalchemy as sa
from alembic import op

from ostiary.storage.registry.octets import is_number, octets

revision = "0001"
down_revision = None


def _at_most(table: str, name: str, most: int) -> sa.CheckConstraint:
    return sa.CheckConstraint(
        octets(name) <= most, name=op.f(f"ck_{table}_{name}_octets")
    )


def _text(table: str, name: str, most: int, *, null: bool = False) -> sa.Column[str]:
    limit = _at_most(table, name, most)
    return sa.Column(name, sa.String(most), limit, nullable=null)


def _octets(
    table: str, name: str, most: int, *, null: bool = False
) -> sa.Column[bytes]:
    limit = _at_most(table, name, most)
    return sa.Column(name, sa.LargeBinary(most), limit, nullable=null)


def _number(
    table: str,
    name: str,
    kind: type[sa.types.TypeEngine[int]] = sa.BigInteger,
    *,
    null: bool = False,
) -> sa.Column[int]:
    check = sa.CheckConstraint(is_number(name), name=op.f(f"ck_{table}_{name}_number"))
    return sa.Column(name, kind, check, nullable=null)


def upgrade() -> None:
    """Make all tables."""
    _make_lists()
    _make_passes()
    op.create_table(
        "desk_hours",
        sa.Column("tenant_id", sa.Integer, nullable=False),
        _octets("desk_hours", "desk", 32),
        _octets("desk_hours", "account", 32),
        _number("desk_hours", "hour"),
        _number("desk_hours", "issued", sa.Integer),
        _number("desk_hours", "revoked", sa.Integer),
        _number("desk_hours", "entering", null=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_desk_hours_tenant_id")
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "desk", "account", "hour", name=op.f("pk_desk_hours")
        ),
    )


def _make_lists() -> None:
    op.create_table(
        "tenants",
        sa.Column("id", sa.Integer, nullable=False),
        _text("tenants", "name", 32),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
        sa.UniqueConstraint("name", name=op.f("uq_tenants_name")),
    )
    op.create_table(
        "lists",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        _text("lists", "issuer", 32),
        _number("lists", "number", sa.Integer),
        _text("lists", "uri", 120),
        _number("lists", "size", sa.Integer),
        _number("lists", "closed", sa.SmallInteger),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_lists_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lists")),
        sa.UniqueConstraint("tenant_id", "uri", name=op.f("uq_lists_tenant_id")),
        sa.UniqueConstraint(
            "issuer", "tenant_id", "number", name=op.f("uq_lists_issuer")
        ),
    )
    op.create_table(
        "places",
        sa.Column("list_id", sa.Integer, nullable=False),
        _number("places", "position", sa.Integer),
        _number("places", "revoked", sa.SmallInteger),
        sa.ForeignKeyConstraint(
            ["list_id"], ["lists.id"], name=op.f("fk_places_list_id")
        ),
        sa.PrimaryKeyConstraint("list_id", "position", name=op.f("pk_places")),
    )


def _make_passes() -> None:
    op.create_table(
        "passes",
        _octets("passes", "identifier", 16),
        sa.Column("tenant_id", sa.Integer, nullable=False),
        _number("passes", "list_id", sa.Integer),
        _number("passes", "position", sa.Integer),
        _text("passes", "state", 16),
        _number("passes", "issued_at"),
        _number("passes", "not_before"),
        _number("passes", "expires_at"),
        _text("passes", "consent_version", 16, null=True),
        _number("passes", "consent_at", null=True),
        _text("passes", "consent_means", 16, null=True),
        _octets("passes", "account", 32),
        _text("passes", "reason", 24, null=True),
        _number("passes", "changed_at"),
        _octets("passes", "changed_by", 32),
        _octets("passes", "own_sealed", 64, null=True),
        _octets("passes", "own_blind", 32, null=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_passes_tenant_id")
        ),
        sa.ForeignKeyConstraint(
            ["list_id", "position"],
            ["places.list_id", "places.position"],
            name=op.f("fk_passes_list_id"),
        ),
        sa.PrimaryKeyConstraint("identifier", name=op.f("pk_passes")),
        sa.UniqueConstraint("list_id", "position", name=op.f("uq_passes_list_id")),
    )
    op.create_index(op.f("ix_passes_own_blind"), "passes", ["own_blind"])
    op.create_table(
        "pass_zones",
        _octets("pass_zones", "identifier", 16),
        _text("pass_zones", "zone", 32),
        sa.ForeignKeyConstraint(
            ["identifier"],
            ["passes.identifier"],
            name=op.f("fk_pass_zones_identifier"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("identifier", "zone", name=op.f("pk_pass_zones")),
    )
