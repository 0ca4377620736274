"""`ostiary keys backup` and `keys restore`, as an owner types them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ostiary.cli.application import app
from ostiary.errors import ConfigurationError, OstiaryError, TrustListError
from ostiary.storage.home import Home

OWN = "correct horse battery"

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `ostiary` in a home of its own, typing lines."""
    environment = {"OSTIARY_HOME": str(tmp_path / "home")}
    return lambda *words, typed=(): CliRunner().invoke(
        app, words, env=environment, input="".join(f"{line}\n" for line in typed)
    )


def refusal(result: Result, kind: type[OstiaryError]) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def test_a_lost_home_comes_back_and_goes_on_revoking(run: Run, tmp_path: Path) -> None:
    run("keys", "new", "root", "owner")
    run("keys", "new", "issuer", "acme", "--status-size", "64")
    run("keys", "new", "zone", "north")
    run("trust", "add", "acme", "--zone", "north")
    assert run("trust", "sign").exit_code == 0
    index = Home(tmp_path / "home").register("acme").hand_out(bytes)
    file, new = tmp_path / "backup.age", tmp_path / "new"
    made = run("keys", "backup", "--out", str(file), typed=(OWN, OWN))
    assert made.exit_code == 0, made.output
    assert "private keys: 3, registers: 1" in made.output
    assert OWN not in made.output
    assert file.stat().st_mode & 0o077 == 0
    # After the backup, and lost with the home but for what the gates have.
    run("status", "build", "acme", "--revoke", str(index))
    lists = str(tmp_path / "home" / "status" / "acme.cwt")
    words = ("keys", "restore", str(file), "--home", str(new))
    assert "newest status list" in refusal(run(*words, typed=(OWN,)), TrustListError)
    assert not new.exists()
    back = run(*words, "--status-list", lists, typed=(OWN,))
    assert back.exit_code == 0, back.output
    assert "hands out nothing" in back.output
    built = run("status", "build", "acme", "--home", str(new))
    assert "64 indices, 1 revoked" in built.output


def test_the_offered_passphrase_has_to_be_written_down(
    run: Run, tmp_path: Path
) -> None:
    run("keys", "new", "zone", "north")
    file = tmp_path / "backup.age"
    for typed, told in (
        (("",), "Aborted"),
        (("short",), "nothing was written"),
        ((OWN, "another one of some length"), "typed differently"),
    ):
        result = run("keys", "backup", "--out", str(file), typed=typed)
        assert result.exit_code != 0
        assert told in f"{result.output}{result.exception}"
        assert not file.exists()


def test_a_backup_is_never_written_over(run: Run, tmp_path: Path) -> None:
    run("keys", "new", "zone", "north")
    file = tmp_path / "backup.age"
    file.write_text("old")
    result = run("keys", "backup", "--out", str(file))
    assert "not replaced" in refusal(result, ConfigurationError)
    assert file.read_text() == "old"
