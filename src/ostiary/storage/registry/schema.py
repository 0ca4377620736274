"""The tables of the registry. Every column is too short for a template.

Database types alone bound nothing in SQLite, so each column carries a check of its own:
at most so many bytes, or that it is a number. The shortest template of a face has 128
bytes (ADR 0009).
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

from ostiary.storage.registry.octets import is_number, octets

MOST_OCTETS: Final = 120
"""Of any column. An address of a status list is the longest of them."""

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def _text(name: str, most: int, *, null: bool = False) -> Column[str]:
    return Column(name, String(most), _at_most(name, most), nullable=null)


def _octets(name: str, most: int, *, null: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary(most), _at_most(name, most), nullable=null)


def _at_most(name: str, most: int) -> CheckConstraint:
    return CheckConstraint(octets(name) <= most, name=f"{name}_octets")


def _number(
    name: str, kind: type[TypeEngine[int]], *, null: bool = False
) -> Column[int]:
    check = CheckConstraint(is_number(name), name=f"{name}_number")
    return Column(name, kind, check, nullable=null)


tenants: Final = Table(
    "tenants",
    metadata,
    Column("id", Integer, primary_key=True),
    _text("name", 32),
    UniqueConstraint("name"),
)

bindings: Final = Table(
    "bindings",
    metadata,
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    _octets("identity", 16),
    _octets("key_check", 32),
    PrimaryKeyConstraint("tenant_id"),
)
"""What a tenant's registry is told apart by outside, and which key is its own."""

desks: Final = Table(
    "desks",
    metadata,
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    _octets("desk", 32),
    _number("acts", BigInteger),
    PrimaryKeyConstraint("tenant_id", "desk"),
)
"""How many acts of each desk are on record. The desk counts them, too."""

lists: Final = Table(
    "lists",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    _text("issuer", 32),
    _number("number", Integer),
    _text("uri", MOST_OCTETS),
    _number("size", Integer),
    _number("closed", SmallInteger),
    UniqueConstraint("tenant_id", "uri"),
    UniqueConstraint("issuer", "tenant_id", "number"),
    # Of all tenants: two that signed for one address would take each other's
    # revocations back.
    Index(None, "uri", unique=True),
)
"""Status lists. One that is closed hands out nothing any more, and goes on revoking."""

places: Final = Table(
    "places",
    metadata,
    Column("list_id", ForeignKey("lists.id"), nullable=False),
    _number("position", Integer),
    _number("revoked", SmallInteger),
    PrimaryKeyConstraint("list_id", "position"),
)
"""Indices that were ever handed out, for good, each with its bit."""

passes: Final = Table(
    "passes",
    metadata,
    Column("identifier", LargeBinary(16), _at_most("identifier", 16), primary_key=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    _number("list_id", Integer),
    _number("position", Integer),
    _text("state", 16),
    _number("issued_at", BigInteger),
    _number("not_before", BigInteger),
    _number("expires_at", BigInteger),
    _text("consent_version", 16, null=True),
    _number("consent_at", BigInteger, null=True),
    _text("consent_means", 16, null=True),
    _octets("account", 32),
    _text("reason", 24, null=True),
    _number("changed_at", BigInteger),
    _octets("changed_by", 32),
    _octets("own_sealed", 64, null=True),
    _octets("own_blind", 32, null=True),
    ForeignKeyConstraint(
        ["list_id", "position"], ["places.list_id", "places.position"]
    ),
    UniqueConstraint("list_id", "position"),
    Index(None, "own_blind"),
)

pass_zones: Final = Table(
    "pass_zones",
    metadata,
    Column(
        "identifier",
        LargeBinary(16),
        ForeignKey("passes.identifier", ondelete="CASCADE"),
        _at_most("identifier", 16),
        nullable=False,
    ),
    _text("zone", 32),
    PrimaryKeyConstraint("identifier", "zone"),
)

desk_hours: Final = Table(
    "desk_hours",
    metadata,
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    _octets("desk", 32),
    _octets("account", 32),
    _number("hour", BigInteger),
    _number("issued", Integer),
    _number("revoked", Integer),
    _number("entering", BigInteger, null=True),
    PrimaryKeyConstraint("tenant_id", "desk", "account", "hour"),
)
"""Totals that are not yet in a journal; `entering` is how many entries it had when one
began to be entered."""

requests: Final = Table(
    "requests",
    metadata,
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    _octets("key", 32),
    _octets("content", 32),
    _octets("claim", 16, null=True),
    _number("begun_at", BigInteger),
    _octets("identifier", 16, null=True),
    _octets("renews", 16, null=True),
    PrimaryKeyConstraint("tenant_id", "key"),
)
"""Requests for a pass that have one effect however often they are sent: by digests of
their key and content, who is at one (`claim`), and which pass came of it. For a day."""
