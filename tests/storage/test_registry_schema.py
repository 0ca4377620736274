"""No column of the registry takes a template; migrations make what the code says."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    inspect,
    text,
)
from sqlalchemy.exc import DBAPIError

from ostiary.errors import RegistryError, StorageError
from ostiary.storage.registry.database import (
    current,
    open_engine,
    require_newest,
    transaction,
    upgrade,
)
from ostiary.storage.registry.schema import MOST_OCTETS, lists, metadata, tenants

TEMPLATE = 128
"""Bytes of the shortest template of a face."""


def test_there_are_only_short_texts_short_bytes_and_whole_numbers() -> None:
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, String | LargeBinary):
                assert column.type.length is not None, column
                assert column.type.length <= MOST_OCTETS < TEMPLATE, column
            else:
                kinds = BigInteger | Integer | SmallInteger
                assert isinstance(column.type, kinds), column


def refusal(url: str, table: Table, changed: dict[str, str | bytes]) -> str:
    """What the database says to a row; nothing else in it is too long."""
    row: dict[str, str | bytes | int] = {}
    for column in table.columns:
        kind = column.type
        row[column.name] = 7
        if isinstance(kind, String | LargeBinary):
            row[column.name] = b"x" if isinstance(kind, LargeBinary) else "x"
    with open_engine(url).connect() as connection:
        try:
            connection.execute(table.insert().values(row | changed))
        except DBAPIError as error:
            return str(error.orig)
    return "let in, and not kept"


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_the_database_itself_refuses_a_template_in_any_column(
    database: str, table: Table
) -> None:
    upgrade(open_engine(database))
    for column in table.columns:
        if not isinstance(column.type, String | LargeBinary):
            continue
        octets = isinstance(column.type, LargeBinary)
        # Two bytes a character, so that characters do not count for less.
        value = b"\x9f" * TEMPLATE if octets else "\u00e9" * (TEMPLATE // 2)
        said = refusal(database, table, {column.name: value})
        limit = f"ck_{table.name}_{column.name}_octets"
        assert limit in said or "value too long for type" in said, said
        assert "octets" not in refusal(database, table, {})


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_nor_does_it_take_one_for_a_number(database: str, table: Table) -> None:
    upgrade(open_engine(database))
    for column in table.columns:
        if isinstance(column.type, String | LargeBinary):
            continue
        for value in (b"\x9f" * TEMPLATE, "x" * TEMPLATE):
            said = refusal(database, table, {column.name: value})
            assert said != "let in, and not kept", column


def test_the_migrations_make_the_tables_that_the_code_knows(database: str) -> None:
    engine = open_engine(database)
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
        found = inspect(connection)
        for table in metadata.sorted_tables:
            made = {each["name"] for each in found.get_check_constraints(table.name)}
            assert made == {
                each.name
                for column in table.columns
                for each in column.constraints
                if isinstance(each, CheckConstraint)
            }


def test_two_tenants_with_one_address_are_named_before_anything_is_changed(
    database: str,
) -> None:
    engine = open_engine(database)
    upgrade(engine)
    with transaction(engine) as connection:
        for undone in (
            "DROP INDEX ix_lists_uri",
            "DROP TABLE bindings",
            "DROP TABLE desks",
            "UPDATE alembic_version SET version_num = '0002'",
        ):
            connection.execute(text(undone))
        for number, uri in enumerate(("urn:a", "urn:b", "urn:b"), start=1):
            row = {"id": number, "number": 1, "size": 64, "closed": 0, "uri": uri}
            connection.execute(tenants.insert().values(id=number, name=f"t{number}"))
            connection.execute(
                lists.insert().values(tenant_id=number, issuer="i", **row)
            )
    with pytest.raises(RegistryError, match="status list at urn:b, and would"):
        upgrade(engine)
    with transaction(engine) as connection:
        assert current(connection) == "0002"
        assert "bindings" not in inspect(connection).get_table_names()
        connection.execute(lists.delete().where(lists.c.id == 3))
    upgrade(engine)
    require_newest(engine)


def test_a_newer_or_a_missing_schema_is_not_written_to(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'registry.sqlite'}")
    with pytest.raises(StorageError, match="ostiary registry init"):
        require_newest(engine)
    upgrade(engine)
    upgrade(engine)
    require_newest(engine)
    with transaction(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refused in (require_newest, upgrade):
        with pytest.raises(StorageError, match="another schema"):
            refused(engine)
