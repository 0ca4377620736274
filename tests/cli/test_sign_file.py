"""`ostiary keys new settings` and `trust sign-file`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ostiary.cli.application import app
from ostiary.credential import FileKind
from ostiary.errors import (
    ConfigurationError,
    ModelError,
    OstiaryError,
    StorageError,
    TrustListError,
)
from ostiary.storage.file_signatures import read_signature
from ostiary.storage.home import Home

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `ostiary` in a home of its own."""
    environment = {
        "OSTIARY_HOME": str(tmp_path / "home"),
        "XDG_CACHE_HOME": str(tmp_path / "no-models"),
    }
    return lambda *words: CliRunner().invoke(app, words, env=environment)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "gate.toml"
    path.write_text('zone = "north"\n')
    return path


def refusal(result: Result, kind: type[OstiaryError]) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def in_use(run: Run, tmp_path: Path, *names: str) -> None:
    """Make settings keys, and name them in a trust list in force."""
    run("keys", "new", "root", "ada")
    for name in names:
        assert run("keys", "new", "settings", name).exit_code == 0
        public = tmp_path / "home" / "settings" / f"{name}.public.json"
        assert run("trust", "add", str(public)).exit_code == 0
    assert run("trust", "sign").exit_code == 0


def test_a_settings_key_signs_a_configuration(
    run: Run, file: Path, tmp_path: Path
) -> None:
    in_use(run, tmp_path, "owner")
    result = run("trust", "sign-file", str(file), "--gate", "north-door")
    assert result.exit_code == 0, result.output
    assert "for the gate north-door" in result.output
    key = Home(tmp_path / "home").settings_key("owner")
    read_signature(file).check(
        file.read_bytes(), FileKind.CONFIGURATION, "north-door", [key.public]
    )


def test_a_key_that_no_gate_would_believe_signs_nothing(
    run: Run, file: Path, tmp_path: Path
) -> None:
    sign = ("trust", "sign-file", str(file))
    run("keys", "new", "settings", "owner")
    assert "no root document" in refusal(run(*sign), ConfigurationError)
    run("keys", "new", "root", "ada")
    public = str(tmp_path / "home" / "settings" / "owner.public.json")
    run("trust", "sign")
    assert "not in use" in refusal(run(*sign), ConfigurationError)
    run("trust", "add", public)
    assert "not in use" in refusal(run(*sign), ConfigurationError), "a draft only"
    run("trust", "sign")
    assert run(*sign).exit_code == 0
    signature = file.with_name("gate.toml.sig")
    signature.unlink()
    run("trust", "remove", "owner", "--compromised")
    run("trust", "sign")
    assert "not in use" in refusal(run(*sign), ConfigurationError)
    assert not signature.exists()


def test_the_key_is_named_where_there_are_several(
    run: Run, file: Path, tmp_path: Path
) -> None:
    assert "keys new settings" in refusal(
        run("trust", "sign-file", str(file)), ConfigurationError
    )
    in_use(run, tmp_path, "one", "two")
    told = refusal(run("trust", "sign-file", str(file)), ConfigurationError)
    assert "--settings, one of one, two" in told
    result = run("trust", "sign-file", str(file), "--settings", "two")
    assert "of two, for any gate" in result.output


def test_a_settings_key_is_listed(run: Run, tmp_path: Path) -> None:
    run("keys", "new", "settings", "owner")
    key = Home(tmp_path / "home").settings_key("owner")
    line = f"settings key owner: key {key.identifier.hex()}\n"
    assert run("keys", "list").output == line


def test_a_settings_key_is_never_replaced(run: Run) -> None:
    run("keys", "new", "settings", "owner")
    again = run("keys", "new", "settings", "owner")
    assert "not replaced" in refusal(again, StorageError)


GATE = """
zone = "north"
time_zone = "UTC"

[files]
root = "home/root.cose"
trust = "home/trust.cose"
zone_keys = ["home/zones/north-0.private.json"]
status_lists = ["acme.cwt"]

[passage]
door = "simulated"
"""


def test_a_gate_starts_on_a_signed_configuration_alone_once_a_key_is_listed(
    run: Run, file: Path, tmp_path: Path
) -> None:
    file.write_text(GATE)
    start = ("gate", "run", "--config", str(file), "--source", str(tmp_path))
    empty = ("--models", str(tmp_path / "none"))
    run("keys", "new", "root", "owner")
    run("keys", "new", "zone", "north")
    run("keys", "new", "settings", "owner")
    assert run("trust", "add", "north").exit_code == 0
    assert run("trust", "sign").exit_code == 0
    # Nothing asks for a signature yet, so it gets as far as its models.
    assert isinstance(run(*start, *empty).exception, ModelError)
    public = tmp_path / "home" / "settings" / "owner.public.json"
    added = run("trust", "add", str(public))
    assert added.exit_code == 0, added.output
    assert run("trust", "sign").exit_code == 0
    assert "signed files only" in refusal(run(*start, *empty), TrustListError)
    assert run("trust", "sign-file", str(file)).exit_code == 0
    assert isinstance(run(*start, *empty).exception, ModelError)
    file.write_text(GATE.replace("UTC", "Asia/Tokyo"))
    assert "changed since" in refusal(run(*start, *empty), TrustListError)
