"""A gate of the real command forgets two hundred people, one after the other."""

import json
import os
import sys
from pathlib import Path
from typing import TypeAlias

import pytest

from ostiary.presentation.fusion import Asking
from ostiary.vision.store import ModelStore
from ostiary_residue.command import main, search_gate
from ostiary_residue.errors import ResidueError
from ostiary_residue.gate import COMMAND
from ostiary_residue.report import Report

Capture: TypeAlias = pytest.CaptureFixture[str]
KEEPS = (sys.executable, "-m", "tests.residue.gate_that_keeps")

pytestmark = [
    pytest.mark.models,
    pytest.mark.data,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into a gate"),
]


def searched(
    models: str, data: str, count: int, challenge: Asking, *command: str
) -> Report:
    folder = Path(models)
    faces = Path(data, "nuaa-dev", "bona-fide")
    store = ModelStore(folder, folder)
    return search_gate(faces, store, folder, count, challenge, command or COMMAND)


def test_nothing_is_left_of_two_hundred_people(models: str, data: str) -> None:
    report = searched(models, data, 200, Asking.NEVER)
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
    models: str, data: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    faces = str(Path(data, "nuaa-dev", "bona-fide"))
    words = ["gate", "--faces", faces, "--models", models, "--transactions", "6"]
    words += ["--challenge", "always", "--json"]
    monkeypatch.setattr(sys, "argv", ["ostiary-residue", *words])
    with pytest.raises(SystemExit):
        main()
    told = json.loads(capsys.readouterr().out)
    # A photograph that does not move is referred.
    assert told["decisions"]["not-moved"] > 3
    assert [each["found"] for each in told["searched"]] == [[]] * 8


def test_the_search_finds_what_is_left(models: str, data: str) -> None:
    report = searched(models, data, 2, Asking.NEVER, *KEEPS)
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


def test_a_gate_that_ends_is_not_taken_for_a_clean_one(models: str, data: str) -> None:
    ends = (sys.executable, "-c", 'print(\'{"reason": "x"}\')')
    with pytest.raises(ResidueError, match="ended before"):
        searched(models, data, 2, Asking.NEVER, *ends)
