"""A throw-away PostgreSQL, for the registry."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from ostiary.storage.files import make_private_directory


def _programs() -> Path | None:
    """Where the newest server's programs lie, as Debian lays them."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((each.parent for each in found), default=None)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a server that nobody else reaches: a socket in a folder."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: make postgresql")
    # A socket's path is short, and the server refuses to run as root.
    folder = Path(tempfile.mkdtemp(prefix="ostiary-pg-"))
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data = str(folder / "data")
    options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=50"

    def run(*words: str) -> None:
        subprocess.run(  # noqa: S603 - fixed words
            [str(programs / words[0]), *words[1:]],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            user=user,
            group="nogroup" if user else None,
            extra_groups=[] if user else None,
        )

    try:
        run(
            "initdb", "-D", data, "-U", "desk", "-A", "trust", "--no-sync", "-E", "UTF8"
        )
        run("pg_ctl", "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start")
        yield f"postgresql://desk@/postgres?host={folder}"
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of either kind."""
    if request.param == "postgresql":
        from sqlalchemy import text  # noqa: PLC0415 - the extra

        from ostiary.storage.registry.database import open_engine  # noqa: PLC0415

        url: str = request.getfixturevalue("postgresql")
        name = f"registry_{uuid4().hex}"
        engine = open_engine(url).execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        return url.replace("/postgres?", f"/{name}?")
    make_private_directory(tmp_path / "home")
    return f"sqlite:///{tmp_path / 'home' / 'registry.sqlite'}"
