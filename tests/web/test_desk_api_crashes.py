"""What a killed desk or a lost database leaves of a request; one shared by tenants."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from ostiary.cli.clock import now
from ostiary.demo.desk_home import ISSUER, make_desk
from ostiary.desk.service import Desk
from ostiary.storage.home import Home
from ostiary.storage.registry.database import open_engine
from ostiary.storage.registry.records import KEY_BYTES, PassState, Place
from ostiary.storage.registry.registry import LEFT_BEHIND, Registry
from ostiary.storage.registry.requests import LEASE, Requests
from tests.web.killed_desk import KEY, MOMENTS
from tests.web.programs import stand_over

pytestmark = pytest.mark.enable_socket


def administer(url: str, statement: str) -> None:
    """What only outside of a transaction can be done."""
    engine = open_engine(url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))


def move(home: Home, url: str) -> None:
    """Connect a home with a registry of its own in another database."""
    for name in ("registry.toml", "registry.key", "registry.mark"):
        (home.path / name).unlink(missing_ok=True)
    place = Place.make(home, url, uuid4().hex, os.urandom(KEY_BYTES))
    Registry.create(place).add_list(ISSUER, f"urn:demo:{uuid4().hex}", 2**12)
    place.connect(home)


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """A desk's home, with its registry in either database."""
    made = make_desk(tmp_path / "home", now(), os.urandom).home
    if request.param == "postgresql":
        move(made, request.getfixturevalue("postgresql"))
    return made


@pytest.mark.parametrize("moment", MOMENTS)
def test_whenever_a_desk_is_killed_one_pass_comes_of_one_request(
    home: Home, moment: str
) -> None:
    ends = (now() + timedelta(days=3)).isoformat()
    with stand_over(Desk.open(home, os.urandom)) as stand:
        program = stand.program()
    assert program.secret is not None
    killed = subprocess.run(  # noqa: S603 - fixed words
        [
            *(sys.executable, "-m", "tests.web.killed_desk"),
            *(str(home.path), moment, program.secret, ends),
        ],
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    with stand_over(Desk.open(home, os.urandom)) as stand:
        program.origin = stand.origin
        if moment != "noted":
            # Whoever began may be at it still, for all that anybody knows.
            busy = program.order(KEY, expires_at=ends)
            assert (busy.status, busy.headers["retry-after"]) == (409, "60")
            stand.clock.at = now() + LEASE
        made = program.order(KEY, expires_at=ends)
        assert made.status == 201, made.text
        identifier = made.json()["record"]["identifier"]
        assert program.confirm(identifier).status == 200
        again = program.order(KEY, expires_at=ends)
        assert (again.status, again.json()["identifier"]) == (409, identifier)
        counts = stand.desk.registry.counts()
        assert counts[PassState.ISSUED] == 1
        # What was reserved and never left the desk is found, and can be revoked.
        left = stand.desk.registry.left_behind(stand.clock.at + LEFT_BEHIND)
        assert len(left) == (moment in {"reserved", "signed"})
        assert counts[PassState.REVOKED] == (moment == "noted")


def test_a_database_that_goes_half_way_is_told_and_comes_back(
    tmp_path: Path, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"desk_{uuid4().hex}"
    administer(postgresql, f"CREATE DATABASE {name}")
    home = make_desk(tmp_path / "home", now(), os.urandom).home
    move(home, postgresql.replace("/postgres?", f"/{name}?"))
    ends = (now() + timedelta(days=3)).isoformat()
    note = Requests.note

    def gone(*_: object) -> None:
        administer(postgresql, f"ALTER DATABASE {name} RENAME TO {name}_gone")
        note(*_)  # type: ignore[arg-type] # as they came

    with stand_over(Desk.open(home, os.urandom)) as stand:
        program = stand.program()
        with monkeypatch.context() as patch:
            patch.setattr(Requests, "note", gone)
            failed = program.order(KEY, expires_at=ends)
        for reply in (failed, program.ask("GET", "/status")):
            assert reply.status == 503
            assert int(reply.headers["retry-after"]) > 0
            assert name not in reply.text
            assert "postgresql" not in reply.text
        administer(postgresql, f"ALTER DATABASE {name}_gone RENAME TO {name}")
        assert program.order(KEY, expires_at=ends).status == 409
        stand.clock.at += LEASE
        assert program.order(KEY, expires_at=ends).status == 201
        assert stand.desk.registry.counts()[PassState.ISSUED] == 0


def test_tenants_of_one_database_see_nothing_of_each_other(
    tmp_path: Path, postgresql: str
) -> None:
    name = f"desks_{uuid4().hex}"
    administer(postgresql, f"CREATE DATABASE {name}")
    url = postgresql.replace("/postgres?", f"/{name}?")
    homes = [make_desk(tmp_path / each, now(), os.urandom).home for each in "ab"]
    for home in homes:
        move(home, url)
    first, second = (Desk.open(home, os.urandom) for home in homes)
    with stand_over(first) as ours, stand_over(second) as theirs:
        made = ours.program().issue(own="member 7")
        stranger = theirs.program()
        path = f"/passes/{made}"
        lost = {"reason": "lost"}
        assert stranger.ask("GET", path).status == 404
        assert stranger.ask("DELETE", path).status == 404
        assert stranger.ask("PUT", f"{path}/revocation", lost).status == 404
        assert stranger.confirm(made).status == 404
        assert stranger.order(renews=made).status == 409
        found = stranger.ask("POST", "/passes/find", {"own": "member 7"})
        assert found.json() == {"passes": []}
        assert set(stranger.ask("GET", "/status").json()["passes"].values()) == {0}
        assert ours.state(made) is PassState.ISSUED
