"""A gate of the real command forgets two hundred people, one after the other."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from ostiary.presentation.fusion import Asking
from ostiary.vision.store import ModelStore
from ostiary_residue import command
from ostiary_residue.command import search_gate
from ostiary_residue.errors import ResidueError
from ostiary_residue.gate import COMMAND, Planting
from ostiary_residue.report import Report

Capture: TypeAlias = pytest.CaptureFixture[str]
KEEPS = (sys.executable, "-m", "tests.residue.gate_that_keeps")


def may_trace() -> bool:
    """Whether it may look into a process that hides its memory (capabilities(7))."""
    status = Path("/proc/self/status").read_text()
    held = int(status.partition("CapEff:")[2].split()[0], 16)
    return bool(held >> 19 & 1)


pytestmark = [
    pytest.mark.models,
    pytest.mark.data,
    pytest.mark.skipif(
        not may_trace(), reason="only root may look into a gate (CAP_SYS_PTRACE)"
    ),
]


Search: TypeAlias = Callable[..., Report]


@pytest.fixture(scope="module")
def searched(models: str, data: str) -> Search:
    """Runs a gate for so many people, and searches it."""
    folder, faces = Path(models), Path(data, "nuaa-dev", "bona-fide")
    store = ModelStore(folder, folder)
    planting = Planting(faces, store, np.random.default_rng())

    def search(count: int, challenge: Asking, *starts: str) -> Report:
        return search_gate(planting, folder, count, challenge, starts or COMMAND)

    return search


def test_nothing_is_left_of_two_hundred_people(searched: Search) -> None:
    report = searched(200, Asking.NEVER)
    assert report.decisions["holder-verified"] > 190
    assert dict(report.found) == {}
    assert {each.what: each.unread for each in report.findings[:3]} == {
        "memory": 0,
        "open files, deleted ones too": 0,
        "memory, after a pause": 0,
    }
    assert report.findings[0].size > 100e6
    core, memory = report.policies[1:]
    assert core.safe
    assert memory.safe


def test_nothing_is_left_of_people_who_were_asked_to_move(
    searched: Search, models: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """By way of the command, which says it as JSON."""

    def planted(*_: object) -> None:
        """What `searched` has made already."""

    def search(_: None, __: Path, count: int, challenge: Asking) -> Report:
        return searched(count, challenge)

    monkeypatch.setattr(command, "Planting", planted)
    monkeypatch.setattr(command, "search_gate", search)
    words = ["gate", "--faces", "faces", "--models", models, "--transactions", "6"]
    words += ["--challenge", "always", "--json"]
    monkeypatch.setattr(sys, "argv", ["ostiary-residue", *words])
    with pytest.raises(SystemExit):
        command.main()
    told = json.loads(capsys.readouterr().out)
    # A photograph that does not move is referred.
    assert told["decisions"]["not-moved"] > 3
    assert {
        each["what"]: each["found"] for each in told["searched"] if each["found"]
    } == {}
    assert len(told["searched"]) == 7


def test_the_search_finds_what_is_left(searched: Search) -> None:
    report = searched(2, Asking.NEVER, *KEEPS)
    found = {kind for kind, _ in report.found}
    assert found >= {
        "template, int4",
        "template, int4, read, float32",
        "probe, float32",
        "picture, pixels",
        "array of the chain",
    }
    assert not report.is_clean
    assert any(line.startswith("FOUND") for line in report.lines())


def test_a_gate_that_ends_is_not_taken_for_a_clean_one(searched: Search) -> None:
    ends = (sys.executable, "-c", 'print(\'{"reason": "x"}\')')
    with pytest.raises(ResidueError, match="ended before"):
        searched(2, Asking.NEVER, *ends)
