"""One database, SQLite or PostgreSQL, and its schema's version."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from ostiary.errors import ConfigurationError, StorageError

_DRIVERS: Final = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_WAITS: Final = {
    "sqlite": {"timeout": 30},
    "postgresql+psycopg": {
        "connect_timeout": 30,
        # A server whose cable was pulled in the middle of an act is given up in half a
        # minute, and not in the two hours of the system's own.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 4,
        "tcp_user_timeout": 30_000,
    },
}
"""How long a database is waited for: seconds, and the last one milliseconds."""

_ALONE: Final = {"isolation_level": "AUTOCOMMIT"}
_MIGRATIONS: Final = Path(__file__).parent / "migrations"

_PRAGMAS: Final = (
    "PRAGMA foreign_keys = ON",
    # What is deleted is overwritten with zeros, in the file.
    "PRAGMA secure_delete = ON",
    # A commit has reached the disk, and so has the directory of its journal.
    "PRAGMA synchronous = EXTRA",
)


def open_engine(url: str) -> Engine:
    """An engine for the database at an address; nothing is connected yet.

    Raises:
        ConfigurationError: an address of another kind.
    """
    try:
        parsed = make_url(url)
        driver = _DRIVERS[parsed.drivername]
    except (ArgumentError, KeyError, ValueError):
        raise ConfigurationError(
            "a registry's address begins with sqlite:///FILE or postgresql://"
        ) from None
    if driver == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise ConfigurationError("a registry in memory would be lost: sqlite:///FILE")
    if driver == "sqlite" and parsed.query:
        raise ConfigurationError(
            "a registry in a file takes no options: sqlite:///FILE"
        )
    if driver != "sqlite" and not (_is_here(parsed) or _is_encrypted(parsed)):
        raise ConfigurationError(
            "a registry on another machine is reached over TLS, by a name that its "
            "certificate has: add ?sslmode=verify-full to its address"
        )
    engine = create_engine(
        parsed.set(drivername=driver),
        connect_args=_WAITS[driver],
        hide_parameters=True,
        poolclass=NullPool,
    )
    if driver == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _is_here(url: URL) -> bool:
    """Whether a server is reached without a network."""
    named = [url.host or "", *_said(url, "host"), *_said(url, "hostaddr")]
    hosts = [host for several in named for host in several.split(",")]
    here = all(not host or host[0] == "/" or host in _LOOPBACK for host in hosts)
    # What a service is stands in a file that may say anything.
    return here and not _said(url, "service")


def _is_encrypted(url: URL) -> bool:
    """Whether libpq checks whom it speaks to (libpq-ssl, "SSL Mode Descriptions")."""
    return set(_said(url, "sslmode")) == {"verify-full"}


def _said(url: URL, name: str) -> Sequence[str]:
    return url.normalized_query.get(name, ())


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # Python's driver would begin transactions late, and not for what only reads.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    if connection.get_execution_options() != _ALONE:
        # One that read before it wrote could not be let in between two that wrote.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """All or nothing; what is committed has reached the disk.

    Raises:
        StorageError: the database cannot be reached, is full, damaged or refuses.
    """
    with told(engine), engine.begin() as connection:
        yield connection


def compact(engine: Engine) -> None:
    """In SQLite, leave nothing of what was removed in the file.

    Raises:
        StorageError: the database refuses, or the disk has no room for a copy.
    """
    if engine.dialect.name == "sqlite":
        with told(engine), engine.connect() as connection:
            alone = connection.execution_options(**_ALONE)
            alone.exec_driver_sql("VACUUM")


@contextmanager
def told(engine: Engine) -> Iterator[None]:
    """Turn the database's own errors into ours.

    Raises:
        StorageError: in place of any of them.
    """
    try:
        yield
    except DBAPIError as error:
        # The first line alone: a server quotes values in those that follow.
        said = str(error.orig).partition("\n")[0]
        raise StorageError(f"the registry at {_named(engine)}: {said}") from None
    except SQLAlchemyError as error:
        kind = type(error).__name__
        raise StorageError(f"the registry at {_named(engine)}: {kind}") from None


def upgrade(engine: Engine) -> None:
    """Bring the schema to its newest version.

    Raises:
        StorageError: the database refuses, or was made by a newer Ostiary.
    """
    with transaction(engine) as connection:
        if current(connection) not in {None, *_known()}:
            raise StorageError(_other_version(engine))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def require_newest(engine: Engine) -> None:
    """Let nothing be read or written under another schema.

    Raises:
        StorageError: the schema is an older or a newer one, or there is none.
    """
    with transaction(engine) as connection:
        found = current(connection)
    if found is None:
        raise StorageError(
            f"there is no registry at {_named(engine)}: it was never made (ostiary "
            "registry init), or is lost (ostiary registry restore)"
        )
    if found != _newest():
        raise StorageError(_other_version(engine))


def has_schema(engine: Engine) -> bool:
    """Whether there is any schema of ours, of whichever version.

    Raises:
        StorageError: the database cannot be reached.
    """
    with transaction(engine) as connection:
        return current(connection) is not None


def current(connection: Connection) -> str | None:
    """The schema's version; None where there is none."""
    return MigrationContext.configure(connection).get_current_revision()


def _other_version(engine: Engine) -> str:
    return (
        f"the registry at {_named(engine)} has another schema than this Ostiary's "
        f"({_newest()}); an older one is brought up by: ostiary registry init"
    )


def _newest() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _known() -> set[str]:
    scripts = ScriptDirectory.from_config(_config())
    return {script.revision for script in scripts.walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _named(engine: Engine) -> str:
    # What follows the question mark may hold a password, too.
    return engine.url.set(query={}).render_as_string(hide_password=True)
