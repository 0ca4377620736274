"""What a desk tells its owner of what it is asked, and what it never tells."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ostiary.errors import StorageError
from ostiary.gate.logs import Log
from ostiary.storage.registry.registry import Registry
from ostiary.web.desk import server
from ostiary.web.desk.api.problems import PREFIX
from ostiary.web.desk.front import STATUS
from ostiary.web.desk.tally import ELSEWHERE, NOBODY, SIGN_INS, Tally
from ostiary.web.entrance import SignIn
from tests.web.desk_stand import (
    PASSWORD,
    STAFF,
    DeskStand,
    make_home,
    no_models,
    served,
)

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")
pytestmark = pytest.mark.enable_socket

HOUR = datetime(2026, 11, 21, 9, tzinfo=UTC)
LATER = HOUR + timedelta(hours=1)
SECRET = "zebra-of-a-secret"  # noqa: S105 - of nobody


@dataclass
class Told:
    """A desk, its clock, and what it told."""

    stand: DeskStand
    page: io.StringIO
    at: datetime = HOUR

    def lines(self) -> list[str]:
        """What is told once the hour is over."""
        self.at += timedelta(hours=1)
        self.stand.site.tally.tell()
        said = self.page.getvalue().splitlines()
        self.page.seek(0)
        self.page.truncate()
        return said


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    page = io.StringIO()
    site = make_home(tmp_path_factory.mktemp("desk") / "home", no_models)
    tally = Tally(Log(page), lambda: made.at)
    with served(replace(site, tally=tally)) as stand:
        made = Told(stand, page)
        yield made


def test_sign_ins_are_counted_by_what_became_of_them(told: Told) -> None:
    # No time passes, so that no delay is over.
    told.stand.site.entrance.seconds = lambda: 0.0
    visitor = told.stand.visitor()
    assert visitor.sign_in("isa").status == 303
    assert visitor.sign_in("kim").status == 403
    for name in ("isa", SECRET, SECRET, "lee"):
        assert visitor.sign_in(name, f"{SECRET} {SECRET}").status == 401
    assert visitor.sign_in("isa").status == 429
    assert told.lines() == [
        "2026-11-21 09h  sign-in: wrong name or password  4",
        "2026-11-21 09h  sign-in: let in  1",
        "2026-11-21 09h  sign-in: an account of other pages  1",
        "2026-11-21 09h  sign-in: too soon after others that failed  1",
    ]
    told.stand.site.entrance.seconds = lambda: 10_000.0


def test_nothing_is_told_before_the_hour_is_over(told: Told) -> None:
    told.lines()
    told.stand.visitor("isa")
    told.stand.site.tally.tell()
    assert told.page.getvalue() == ""
    assert len(told.lines()) == 1
    told.stand.visitor("isa")
    told.stand.site.tally.close()
    assert told.page.getvalue().endswith("sign-in: let in  1\n")
    told.page.seek(0)
    told.page.truncate()


def test_refusals_are_counted_each_as_its_kind(told: Told) -> None:
    told.lines()
    isa, nobody = told.stand.visitor("isa"), told.stand.visitor()
    told.lines()
    assert isa.get(f"/staff/{SECRET}").status == 403
    assert isa.post("/staff/kim/act", act=SECRET, own=PASSWORD).status == 403
    assert isa.get(f"/{SECRET}").status == 404
    assert isa.post("/new", first=SECRET).status == 422
    assert nobody.get(f"/passes?{SECRET}").status == 303
    assert isa.post("/new", csrf=SECRET).headers["location"] == "/sign-in"
    foreign = {"Origin": f"http://{SECRET}.example"}
    assert isa.ask("POST", "/new", b"", foreign).status == 403
    token = {"Authorization": f"Bearer {SECRET}"}
    assert nobody.ask("GET", f"{PREFIX}/standing", None, token).status in {401, 404}
    assert nobody.ask("GET", f"{PREFIX}/passes/{'0' * 32}", None, token).status == 401
    lines = told.lines()
    for kind in (
        "pages: 403 Forbidden  2",
        "pages: 404 Not Found  1",
        f"{NOBODY}  2",
        f"{ELSEWHERE}  1",
        "programs: 401 Unauthorized",
    ):
        assert any(kind in line for line in lines), kind
    assert not any(SECRET in line for line in lines)
    # Whoever signs out comes to the sign-in as well, and was refused nothing.
    assert isa.post("/sign-out").status == 303
    assert told.lines() == []


def test_a_fault_of_ours_is_told_by_its_kind_and_place_alone(
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[[Callable[[], bool]], None],
) -> None:
    def fail(*_: object) -> None:
        raise LookupError(SECRET)

    isa = told.stand.visitor("isa")
    told.lines()
    monkeypatch.setattr(Registry, "record", fail)
    assert isa.post("/passes/end", identifier="0" * 32).status == 500
    # The page is answered first.
    eventually(lambda: "LookupError" in told.page.getvalue())
    at_once = told.page.getvalue()
    assert at_once.startswith("fault: LookupError in ostiary.")
    assert at_once.count("\n") == 1
    lines = told.lines()
    assert any("pages: 500 Internal Server Error  1" in line for line in lines)
    assert not any(SECRET in line for line in lines)


def test_a_fault_is_told_at_once_and_then_counted() -> None:
    page, hours = io.StringIO(), iter([HOUR, HOUR, HOUR, LATER, LATER])
    tally = Tally(Log(page), lambda: next(hours))
    for _ in range(3):
        tally.fail(LookupError(SECRET))
    tally.tell()
    tally.fail(LookupError(SECRET))
    assert page.getvalue().splitlines() == [
        "fault: LookupError in a library",
        "2026-11-21 09h  fault: LookupError in a library  3",
        "fault: LookupError in a library",
    ]


@pytest.mark.parametrize("kind", [StorageError, LookupError])
def test_a_chore_that_fails_is_told_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    monkeypatch.setattr(server, "SETTLING_SECONDS", 0.01)
    tries: list[None] = []

    def fail(*_: object) -> None:
        tries.append(None)
        raise kind(SECRET)

    page = io.StringIO()
    site = make_home(tmp_path / "home", no_models)
    monkeypatch.setattr(type(site.desk), "settle", fail)
    site = replace(site, tally=Tally(Log(page), lambda: HOUR))
    with served(site) as stand:
        while len(tries) < 3:
            assert stand.visitor().get("/sign-in").status == 200
    lines = page.getvalue().splitlines()
    assert lines[0].startswith(f"fault: {kind.__name__} in ostiary.")
    counts = [line.rpartition("  ")[2] for line in lines if line.startswith("2026")]
    assert sum(map(int, counts)) == len(tries)
    assert SECRET not in page.getvalue()


def test_every_end_of_a_sign_in_has_words() -> None:
    assert set(SIGN_INS) == {303, *STATUS.values()}
    assert set(STATUS) == set(SignIn)
    assert not any(name in kind for name in STAFF for kind in SIGN_INS.values())
