"""`ostiary issue-batch`: many desks at one registry, here and through a scheduler."""

import csv
import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer import testing

from ostiary.capture.photographs import load_photograph
from ostiary.capture.qr import read_qr
from ostiary.cli import clock
from ostiary.cli.application import app
from ostiary.credential import Hours, inspect_opened, new_issuer_key, new_zone_key
from ostiary.desk.batch import Job, Outcome, Result, issue_line
from ostiary.desk.consent import VERSION
from ostiary.desk.issuing import Draft, PassRequest, draft_pass
from ostiary.desk.people import Line, Person
from ostiary.errors import ConfigurationError, StorageError
from ostiary.reasons import Reason
from ostiary.storage.home import Home
from tests.owner import listed, put_in_force, trusted

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")

DAY = timedelta(days=1)
NOW = clock.now()
HEADER = "id,zones,from,days,hours,photos,consent,consented\n"
Run = Callable[..., testing.Result]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    issuer = new_issuer_key("acme", os.urandom)
    home.add_issuer(issuer, "urn:acme", 64)
    zone = new_zone_key("north", 0, NOW - DAY, NOW + 90 * DAY, os.urandom)
    home.add_zone_key(zone)
    put_in_force(
        home, trusted(issuer.public, NOW - DAY, NOW + 90 * DAY, {"north"}), listed(zone)
    )
    (tmp_path / "out").mkdir()
    (tmp_path / "photos").mkdir()
    run_in(home, "registry", "init")
    return home


def run_in(home: Home, *words: str) -> testing.Result:
    return testing.CliRunner().invoke(app, [*words, "--home", str(home.path)])


def batch(
    home: Home, people: str, *words: str
) -> tuple[testing.Result, dict[str, str]]:
    """What the command says, and what its report says of each line."""
    folder = home.path.parent
    (folder / "people.csv").write_text(HEADER + people)
    report = folder / "report.csv"
    report.unlink(missing_ok=True)
    result = run_in(
        home,
        *("issue-batch", str(folder / "people.csv"), "--out", str(folder / "out")),
        *("--report", str(report), "--photos", str(folder / "photos")),
        *(words or ("--workers", "1")),
    )
    with report.open(newline="") as file:
        return result, {row["line"]: row["result"] for row in csv.DictReader(file)}


def people(count: int) -> str:
    return "".join(f"staff {number},north,,30,,,,\n" for number in range(count))


def indices(home: Home) -> Iterator[int]:
    """Of all passes that were written, each opened with the zone's key."""
    for path in (home.path.parent / "out").iterdir():
        [text] = read_qr(load_photograph(path))
        status = inspect_opened(text, home.zone_keys("north")).status
        assert status is not None
        yield status.index


def test_everybody_gets_one_pass_however_often_it_is_begun(home: Home) -> None:
    result, said = batch(home, people(6), "--workers", "2")
    assert (result.exit_code, set(said.values())) == (0, {"issued"})
    result, said = batch(home, people(9))
    assert result.exit_code == 0
    assert sorted(said.values()) == ["issued"] * 3 + ["there already"] * 6
    found = list(indices(home))
    assert len(found) == len(set(found)) == 9


def test_what_is_wrong_with_one_stops_no_other(home: Home) -> None:
    lines = (
        f"staff 90,north,,30,,missing.jpg,{VERSION},2026-11-20\n"
        f"staff 91,north,,30,,../x.jpg,{VERSION},2026-11-20\n"
        "staff 92,south,,30,,,,\n"
        "=cmd,north,,30,,,,\n"
        f"staff 93,north,,30,,{'x' * 300},{VERSION},2026-11-20\n"
        f"staff 94,north,,30,,x.jpg,{VERSION},{NOW + 2 * DAY:%F}\n"
    )
    result, said = batch(home, lines + people(1))
    assert result.exit_code == 1
    assert said == dict.fromkeys("234567", "refused") | {"8": "issued"}
    report = (home.path.parent / "report.csv").read_text()
    assert "not in the folder" in report
    assert "no key of zone 'south'" in report
    assert "=cmd" not in report
    assert "still to come" in report
    assert len(list(indices(home))) == 1


def test_days_and_hours_of_a_list_stand_in_its_passes(home: Home) -> None:
    begins = f"{NOW + 5 * DAY:%F}"
    lines = (
        f'staff 1,north,{begins},30,"north=mon-fri,08:00-18:00",,,\n'
        'staff 2,north,,30,"south=mon-fri,08:00-18:00",,,\n'
        "staff 3,north,2020-01-01,30,,,,\n"
    )
    result, said = batch(home, lines)
    assert said == {"2": "issued", "3": "refused", "4": "refused"}
    report = (home.path.parent / "report.csv").read_text()
    assert "hours belong to a zone" in report
    assert "days: the last one is over" in report
    [path] = (home.path.parent / "out").iterdir()
    [text] = read_qr(load_photograph(path))
    found = inspect_opened(text, home.zone_keys("north"))
    assert f"{found.not_before:%F %R}" == f"{begins} 00:00"
    assert found.expires_at - found.not_before == 30 * DAY
    assert found.hours == {"north": (Hours(frozenset(range(5)), 480, 1080),)}
    assert result.exit_code == 1


@pytest.mark.models
@pytest.mark.data
def test_people_of_a_list_are_each_known_by_their_own_pass(
    home: Home, models: str, data: str
) -> None:
    faces = Path(data, "nuaa-dev", "bona-fide")
    folder = home.path.parent
    lines = ""
    for subject in ("0001", "0002", "0008"):
        frames = sorted((faces / subject).iterdir())
        chosen = [frames[number] for number in (0, 5, 10)]
        for path in chosen:
            # Photographs of people are not copied.
            (folder / "photos" / path.name).symlink_to(path)
        names = ";".join(path.name for path in chosen)
        lines += f"{subject},north,,30,,{names},{VERSION},2026-11-20\n"
    result, said = batch(home, lines, "--workers", "2", "--models", models)
    assert (result.exit_code, set(said.values())) == (0, {"issued"})
    assert run_in(home, "status", "build", "acme").exit_code == 0
    face = str(sorted((faces / "0002").iterdir())[-1])
    passes = issued_to(folder / "report.csv", folder / "out")
    for subject, reason in (
        ("0002", Reason.HOLDER_VERIFIED),
        ("0008", Reason.NON_MATCH),
    ):
        words = ("--credential", str(passes[subject]), "--image", face)
        assert reason in run_in(home, "verify", *words, "--models", models).output


def issued_to(report: Path, out: Path) -> dict[str, Path]:
    """Whose which pass is, by a batch's report."""
    with report.open(newline="") as file:
        return {row["id"]: out / f"{row['said']}.png" for row in csv.DictReader(file)}


def test_two_batches_at_once_make_one_pass(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home.path.parent
    none = folder / "none"
    job = Job(home.path, "acme", None, folder / "out", "", None, none)
    line = Line(2, Person("staff 1", ("north",), None, 30, {}, (), None))
    found: list[Outcome] = []

    def meanwhile(request: PassRequest, home: Home, at: datetime) -> Draft:
        monkeypatch.setattr("ostiary.desk.batch.draft_pass", draft_pass)
        found.append(issue_line(job, line, NOW))
        return draft_pass(request, home, at)

    monkeypatch.setattr("ostiary.desk.batch.draft_pass", meanwhile)
    found.append(issue_line(job, line, NOW))
    assert [each.result for each in found] == [Result.ISSUED, Result.REFUSED]
    assert "meanwhile" in found[1].said
    assert len(list(indices(home))) == 1


def test_a_batch_takes_a_registry_and_a_new_report(home: Home) -> None:
    words = ("issue-batch", str(home.path / "x"), "--out", str(home.path))
    there = (*words, "--report", str(home.path / "registry.toml"))
    assert run_in(home, *there).exit_code == 2
    (home.path / "registry.toml").unlink()
    result = run_in(home, *words, "--report", str(home.path / "new.csv"))
    assert isinstance(result.exception, ConfigurationError)


def test_a_list_that_is_not_there_is_named(home: Home) -> None:
    words = ("issue-batch", "missing.csv", "--out", str(home.path))
    result = run_in(home, *words, "--report", str(home.path / "new.csv"))
    assert isinstance(result.exception, StorageError)


@pytest.mark.enable_socket
# Dask's own, of its event loop when it closes.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_scheduler_s_machines_do_the_same(home: Home) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra batch is absent")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
    ) as cluster:
        words = ("--scheduler", cluster.scheduler_address)
        result, said = batch(home, people(6) + "staff 9,south,,30,,,,\n", *words)
    assert result.exit_code == 1, result.output
    assert sorted(said.values()) == ["issued"] * 6 + ["refused"]
    assert len(set(indices(home))) == 6
