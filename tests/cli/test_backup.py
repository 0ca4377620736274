"""`ostiary keys backup` and `keys restore`, as an owner types them."""

from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass
class Lost:
    """A home that went on after its backup was made, and is gone."""

    run: Run
    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "backup.age"

    def on_stick(self, name: str) -> Path:
        return self.folder / "stick" / name

    def restored(self, *words: str, to: str = "new") -> Result:
        home = ("--home", str(self.folder / to))
        restore = ("keys", "restore", str(self.file), "--unpublished", "acme")
        return self.run(*restore, *home, *words, typed=(OWN,))

    def newest(self, *roots: int) -> list[str]:
        """Options that name the newest list, and these root documents."""
        words = ["--trust", str(self.on_stick("trust.cose"))]
        for version in roots:
            words += ["--root", str(self.on_stick(f"root.{version}.cose"))]
        return words


@pytest.fixture
def lost(run: Run, tmp_path: Path) -> Lost:
    """Since its backup it has changed its root twice, and lost an issuer's key."""
    lost = Lost(run, tmp_path)
    for kind, name in (("root", "owner"), ("issuer", "acme"), ("zone", "north")):
        run("keys", "new", kind, name)
    run("trust", "add", "acme", "--zone", "north")
    run("trust", "sign")
    run("keys", "backup", "--out", str(lost.file), typed=(OWN, OWN))
    run("trust", "root", "change")
    run("trust", "root", "change", "--days", "30")
    run("trust", "remove", "acme", "--compromised")
    assert run("trust", "sign").exit_code == 0
    (tmp_path / "home").rename(tmp_path / "stick")
    return lost


def test_whoever_restores_an_old_trust_list_is_told(lost: Lost) -> None:
    done = lost.restored()
    assert done.exit_code == 0, done.output
    assert "The trust list is the backup's: 1, issued" in done.output


def test_a_restored_home_takes_back_nothing_that_was_said_since(lost: Lost) -> None:
    done = lost.restored(*lost.newest(3, 1, 2))
    assert done.exit_code == 0, done.output
    assert "the backup's" not in done.output
    home = Home(lost.folder / "new")
    assert home.root().version == 3
    assert home.trust().entries == home.draft()
    (acme,) = home.draft().issuers
    assert acme.life.compromised_at is not None
    between = lost.on_stick("root.2.cose").read_bytes()
    assert (home.path / "root.2.cose").read_bytes() == between


def test_no_root_document_is_left_out_of_a_restored_home(lost: Lost) -> None:
    for roots, told in (((), "root document 3"), ((3,), "does not follow")):
        result = lost.restored(*lost.newest(*roots))
        assert told in refusal(result, TrustListError)
    only = lost.restored(*lost.newest(2)[2:])
    assert "only with --trust" in refusal(only, ConfigurationError)
    assert not (lost.folder / "new").exists()


def test_a_list_older_than_the_backups_is_refused(lost: Lost, run: Run) -> None:
    assert lost.restored(to="old").exit_code == 0
    old = (lost.folder / "old" / "trust.cose").read_bytes()
    assert lost.restored(*lost.newest(2, 3)).exit_code == 0
    lost.file.unlink()
    home = ("--home", str(lost.folder / "new"))
    run("keys", "backup", "--out", str(lost.file), *home, typed=(OWN, OWN))
    lost.on_stick("trust.cose").write_bytes(old)
    result = lost.restored(*lost.newest(), to="newer")
    assert "older than the backup's" in refusal(result, TrustListError)


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
