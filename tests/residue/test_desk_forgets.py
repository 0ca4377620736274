"""A desk of the real command forgets whom it enrolled."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")

from ostiary.vision.store import ModelStore
from ostiary_residue import command
from ostiary_residue.command import search_desk
from ostiary_residue.desk import Applicants
from ostiary_residue.errors import ResidueError
from ostiary_residue.gate import COMMAND
from ostiary_residue.report import Report
from tests.residue.test_gate_forgets import KEEPS, may_trace

pytestmark = [
    pytest.mark.models,
    pytest.mark.data,
    pytest.mark.enable_socket,
    pytest.mark.skipif(
        not may_trace(), reason="only root may look into a desk (CAP_SYS_PTRACE)"
    ),
]

Search: TypeAlias = Callable[..., Report]


@pytest.fixture(scope="module")
def searched(models: str, data: str) -> Search:
    """Runs a desk for so many people, and searches it."""
    folder, faces = Path(models), Path(data, "nuaa-dev", "bona-fide")
    applicants = Applicants(faces, ModelStore(folder, folder), np.random.default_rng())

    def search(_: object, __: object, passes: int, *starts: str) -> Report:
        return search_desk(applicants, folder, passes, starts or COMMAND)

    return search


def test_nothing_is_left_of_people_who_were_enrolled(
    searched: Search, models: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By way of the command."""
    reports: list[Report] = []

    def planted(*_: object) -> None:
        """What `searched` has made already."""

    def search(*words: object) -> Report:
        reports.append(searched(*words))
        return reports[0]

    monkeypatch.setattr(command, "Applicants", planted)
    monkeypatch.setattr(command, "search_desk", search)
    words = ["desk", "--faces", "faces", "--models", models, "--passes", "6"]
    monkeypatch.setattr(sys, "argv", ["ostiary-residue", *words])
    with pytest.raises(SystemExit):
        command.main()
    [report] = reports
    assert report.decisions == {"handed-over": 6}
    assert dict(report.found) == {}
    assert {"text of a pass", "picture's file", "template, int4"} <= set(report.kinds)
    memory, files, later = report.findings[:3]
    assert (memory.unread, files.unread, later.unread) == (0, 0, 0)
    assert memory.size > 100e6
    core, owner = report.policies[1:]
    assert core.safe
    assert owner.safe


def test_a_desk_that_keeps_what_it_was_shown_is_found(searched: Search) -> None:
    report = searched(None, None, 2, *KEEPS)
    found = {kind for kind, _ in report.found}
    assert found >= {
        "template, int4",
        "features, float32",
        "picture, pixels",
        "picture's file",
        "array of the chain",
    }


def test_a_desk_that_does_not_serve_is_not_taken_for_a_clean_one(
    searched: Search,
) -> None:
    with pytest.raises(ResidueError, match="does not serve"):
        searched(None, None, 1, sys.executable, "-c", "print('nothing')")


def test_without_people_nothing_is_proved(models: str, tmp_path: Path) -> None:
    folder = Path(models)
    (tmp_path / "nobody").mkdir()
    with pytest.raises(ResidueError, match="nobody has 3 photographs"):
        Applicants(tmp_path, ModelStore(folder, folder), np.random.default_rng())
