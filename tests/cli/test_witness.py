"""`ostiary witness`, and journals that are taken to witnesses on a stick."""

import os
from pathlib import Path

import pytest
import uvicorn
from typer.testing import CliRunner, Result

from ostiary.cli.application import app
from ostiary.errors import ConfigurationError, JournalError
from ostiary.storage.journal import Journal
from ostiary.storage.witness import WitnessState


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


def invoke(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, words)])


def run(*words: str | Path) -> str:
    result = invoke(*words)
    assert result.exit_code == 0, (words, result.output, result.exception)
    return result.output


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Of an owner who has signed a trust list."""
    path = tmp_path / "home"
    run("keys", "new", "root", "ada", "--home", path)
    run("trust", "sign", "--home", path)
    return path


@pytest.fixture
def state(tmp_path: Path, home: Path) -> Path:
    """A witness that follows the home's journal."""
    path = tmp_path / "witness"
    run("witness", "new", "w.example", "--state", path)
    key = Journal.open(home / "journal").reader.key.text
    run("witness", "follow", key, "--state", path)
    return path


@pytest.fixture
def policy(tmp_path: Path, home: Path) -> Path:
    made = run("witness", "new", "other.example", "--state", tmp_path / "other")
    path = tmp_path / "policy"
    path.write_text(f"witness other {made.split()[-1]}\nquorum other\n")
    return path


def policy_of(state: Path, tmp_path: Path) -> Path:
    text = WitnessState.open(state).note_key.text
    path = tmp_path / "policy"
    path.write_text(f"witness w {text}\nquorum w\n")
    return path


def test_a_stick_goes_to_a_witness_and_back(
    home: Path, state: Path, tmp_path: Path
) -> None:
    asked, signed = tmp_path / "asked", tmp_path / "signed"
    policy = policy_of(state, tmp_path)
    run("journal", "checkpoint", "--grown-from", "0", "--out", asked, "--home", home)
    run("witness", "sign", asked, "--out", signed, "--state", state)
    said = run("journal", "cosign", signed, "--policy", policy, "--home", home)
    assert "w: signed 2 entries" in said
    assert "w 20" in run("audit", "--policy", policy, "--home", home)
    # What it was brought last time does not do twice; it says what to bring.
    run("trust", "sign", "--home", home)
    again = invoke("witness", "sign", asked, "--out", signed, "--state", state)
    assert isinstance(again.exception, JournalError)
    assert "--grown-from 2" in str(again.exception)
    run("journal", "checkpoint", "--grown-from", "2", "--out", asked, "--home", home)
    run("witness", "sign", asked, "--out", signed, "--state", state)


def test_what_no_witness_signed_is_not_kept(
    home: Path, policy: Path, tmp_path: Path
) -> None:
    note = tmp_path / "note"
    run("journal", "checkpoint", "--out", note, "--home", home)
    kept = invoke("journal", "cosign", note, "--policy", policy, "--home", home)
    assert isinstance(kept.exception, JournalError)
    assert "no witness" in str(kept.exception)
    both = ("--since", note, "--grown-from", "0")
    refused = invoke("journal", "checkpoint", *both, "--home", home)
    assert isinstance(refused.exception, ConfigurationError)


def test_a_journal_that_is_not_followed_is_not_signed(
    home: Path, policy: Path, tmp_path: Path
) -> None:
    asked, signed = tmp_path / "asked", tmp_path / "signed"
    run("journal", "checkpoint", "--grown-from", "0", "--out", asked, "--home", home)
    words = ("witness", "sign", asked, "--out", signed, "--state", tmp_path / "other")
    refused = invoke(*words)
    assert "ostiary witness follow" in str(refused.exception)
    asked.write_bytes(b"rubbish")
    assert "no checkpoint" in str(invoke(*words).exception)
    assert not signed.exists()


@pytest.mark.enable_socket
def test_publishing_goes_on_past_a_dead_witness(
    home: Path, policy: Path, tmp_path: Path
) -> None:
    dead = policy.read_text().replace("\nquorum", " http://127.0.0.1:9\nquorum")
    policy.write_text(dead)
    result = invoke("journal", "publish", "--policy", policy, "--home", home)
    assert result.exit_code == 1
    assert "other: not signed" in result.output
    assert "Too few" in result.output
    policy.write_text("quorum none\n")
    run("journal", "publish", "--policy", policy, "--home", home)


def test_serving_listens_where_it_is_told(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, object] = {}
    monkeypatch.setattr(uvicorn, "run", lambda _, **more: told.update(more))
    said = run("witness", "serve", "--state", state, "--port", "8471")
    assert "http://127.0.0.1:8471" in said
    assert (told["host"], told["port"]) == ("127.0.0.1", 8471)
