"""What a column's value has to be, in both databases: short, or a number."""

from typing import Any

from sqlalchemy import ColumnElement, Integer, TextClause, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


class _Octets(ColumnElement[int]):
    """`octet_length` of a column, which SQLite has not had for long enough."""

    inherit_cache = False
    type = Integer()

    def __init__(self, name: str) -> None:
        self.column_name = name


@compiles(_Octets)
def _for_postgresql(element: _Octets, _: SQLCompiler, **__: Any) -> str:  # noqa: ANN401 - as SQLAlchemy calls it
    return f'octet_length("{element.column_name}")'


@compiles(_Octets, "sqlite")
def _for_sqlite(element: _Octets, _: SQLCompiler, **__: Any) -> str:  # noqa: ANN401
    return f'length(CAST("{element.column_name}" AS BLOB))'


def octets(name: str) -> ColumnElement[int]:
    """The length in bytes of the column of that name."""
    return _Octets(name)


def is_number(name: str) -> TextClause:
    """That the column of that name holds one.

    SQLite lets text and bytes into a column of numbers; there they are larger than any.
    """
    return text(f'"{name}" <= 9223372036854775807')
