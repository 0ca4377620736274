"""What becomes of a batch whose workers die."""

from concurrent.futures import CancelledError, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ostiary.desk.people import Line, Person
from ostiary.errors import DeviceError

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")

from ostiary.desk import batch
from ostiary.desk.batch import Job, Outcome, Result, issue_all

JOB = Job(Path("home"), "acme", None, Path("out"), "", None, Path("cache"))
AT = datetime(2026, 11, 21, tzinfo=UTC)
ISSUED = Outcome(3, "staff 3", Result.ISSUED, "")


def issued_but(error: Exception, monkeypatch: pytest.MonkeyPatch) -> list[Outcome]:
    """What becomes of lines 2 and 3, where line 2 comes to that."""

    def issue(_: Job, line: Line, __: datetime) -> Outcome:
        if line.number == 2:
            raise error
        return ISSUED

    monkeypatch.setattr(batch, "issue_line", issue)
    lines = [
        Line(number, Person(f"staff {number}", ("north",), None, 30, {}, (), None))
        for number in (2, 3)
    ]
    with ThreadPoolExecutor(1) as executor:
        found = issue_all(executor, 1, JOB, lines, lambda: AT)
        return sorted(found, key=lambda each: each.number)


def test_a_line_whose_workers_were_killed_stops_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dask = pytest.importorskip("distributed.scheduler", reason="no extra batch")
    killed, issued = issued_but(dask.KilledWorker("x", None, 3), monkeypatch)
    assert issued is ISSUED
    assert (killed.number, killed.result) == (2, Result.REFUSED)
    assert "begin the batch again" in killed.said


@pytest.mark.parametrize("error", [BrokenProcessPool(), CancelledError()])
def test_without_workers_the_batch_says_how_it_goes_on(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DeviceError, match="begin the batch again"):
        issued_but(error, monkeypatch)


def test_a_fault_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        issued_but(ZeroDivisionError(), monkeypatch)
