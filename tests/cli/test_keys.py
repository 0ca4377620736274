import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ostiary.cli import keys
from ostiary.credential import IssuerPublicKey, ZonePublicKey, load_key
from ostiary.errors import ConfigurationError, OstiaryError, StorageError
from ostiary.storage.home import Home

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `ostiary keys` in a home of its own."""
    environment = {"OSTIARY_HOME": str(tmp_path / "home")}
    return lambda *words: CliRunner().invoke(keys.app, words, env=environment)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def refusal(result: Result, kind: type[OstiaryError]) -> str:
    """What the command was refused with."""
    assert isinstance(result.exception, kind), result.exception
    assert result.stdout == ""
    return str(result.exception)


def private_parts(home: Home) -> list[str]:
    files = list(home.path.glob("*/*.private.json"))
    assert files
    return [json.loads(file.read_text())["d"] for file in files]


def test_a_new_issuer_is_kept_privately_with_a_register(run: Run, home: Home) -> None:
    result = run("new", "issuer", "acme")

    assert result.exit_code == 0
    assert home.issuer_keys("acme")[0].identifier.hex() in result.output
    assert "Next: ostiary trust add acme" in result.output
    assert home.register("acme").uri == "urn:ostiary:acme"
    modes = [stat.S_IMODE(path.stat().st_mode) for path in home.path.glob("*/")]
    assert modes
    assert set(modes) == {0o700}
    [private] = home.path.glob("issuer/*.private.json")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600


def test_the_status_list_can_have_an_address_of_its_own(run: Run, home: Home) -> None:
    run("new", "issuer", "acme", "--status-uri", "https://acme.example/s")

    assert home.register("acme").uri == "https://acme.example/s"


def test_the_register_has_the_size_that_was_asked_for(run: Run, home: Home) -> None:
    result = run("new", "issuer", "acme", "--status-size", "10000001")

    assert "10000008 indices" in result.output
    assert home.register("acme").read().size == 10_000_008


@pytest.mark.parametrize("size", ["0", "16777217"])
def test_a_register_of_no_or_too_many_indices_is_refused(
    run: Run, home: Home, size: str
) -> None:
    assert run("new", "issuer", "acme", "--status-size", size).exit_code == 2
    assert not home.path.exists()


def test_a_wrong_address_is_refused_before_anything_is_written(
    run: Run, home: Home
) -> None:
    result = run("new", "issuer", "acme", "--status-uri", "")

    assert "--status-uri" in refusal(result, ConfigurationError)
    assert not home.path.exists()


def test_a_new_zone_key_says_where_its_private_half_lies(run: Run, home: Home) -> None:
    result = run("new", "zone", "north", "--days", "30")

    [key] = home.zone_public_keys("north")
    assert (key.epoch, (key.not_after - key.not_before).days) == (0, 30)
    assert str(home.zone_key_paths("north")[0]) in result.output


def test_each_zone_key_takes_the_next_epoch_or_the_one_asked_for(
    run: Run, home: Home
) -> None:
    for words in ([], ["--epoch", "5"], [], ["--epoch", "3"]):
        assert run("new", "zone", "north", *words).exit_code == 0

    assert [key.epoch for key in home.zone_public_keys("north")] == [0, 3, 5, 6]


@pytest.mark.parametrize("kind", ["issuer", "zone"])
@pytest.mark.parametrize("name", ["", "North", "../north", "a/b", "a" * 33, "ä"])
def test_a_name_that_could_lead_elsewhere_is_refused(
    run: Run, home: Home, kind: str, name: str
) -> None:
    assert "lower-case" in refusal(run("new", kind, name), ConfigurationError)
    assert not home.path.exists()


@pytest.mark.parametrize(
    "words", [("issuer", "acme"), ("zone", "north", "--epoch", "0")]
)
def test_a_key_is_never_replaced(run: Run, home: Home, words: tuple[str, ...]) -> None:
    run("new", *words)
    before = private_parts(home)

    assert "not replaced" in refusal(run("new", *words), StorageError)

    assert private_parts(home) == before


def test_a_list_shows_what_there_is(run: Run) -> None:
    assert "No keys" in run("list").output
    run("new", "issuer", "acme")
    run("new", "zone", "north")
    run("new", "zone", "north")

    lines = run("list").output.splitlines()

    assert [line.partition(":")[0] for line in lines] == [
        "issuer acme",
        "zone north epoch 0",
        "zone north epoch 1",
    ]


@pytest.mark.parametrize(
    ("name", "kind", "epoch"),
    [
        ("acme", IssuerPublicKey, None),
        ("north", ZonePublicKey, 1),
        ("north-0", ZonePublicKey, 0),
    ],
)
def test_an_export_is_the_public_half_alone(
    run: Run, tmp_path: Path, name: str, kind: type, epoch: int | None
) -> None:
    run("new", "issuer", "acme")
    run("new", "zone", "north")
    run("new", "zone", "north")

    result = run("export", name, "--out", str(tmp_path / "out.json"))

    assert result.exit_code == 0
    key = load_key((tmp_path / "out.json").read_bytes())
    assert isinstance(key, kind)
    assert getattr(key, "epoch", None) == epoch


def test_a_key_that_is_not_there_is_not_exported(run: Run, tmp_path: Path) -> None:
    result = run("export", "acme", "--out", str(tmp_path / "out.json"))

    assert "keys list" in refusal(result, ConfigurationError)
    assert not (tmp_path / "out.json").exists()


def test_one_name_for_an_issuer_and_a_zone_is_asked_about(
    run: Run, tmp_path: Path
) -> None:
    run("new", "issuer", "north")
    run("new", "zone", "north")

    result = run("export", "north", "--out", str(tmp_path / "out.json"))

    message = refusal(result, ConfigurationError)
    assert "issuer north and zone north epoch 0" in message
    assert run("export", "north-0", "--out", str(tmp_path / "out.json")).exit_code == 0


def test_no_command_prints_anything_private(
    run: Run, home: Home, tmp_path: Path
) -> None:
    out = str(tmp_path / "out.json")
    results = [
        run(*words)
        for words in (
            ("new", "issuer", "acme"),
            ("new", "zone", "north"),
            ("list",),
            ("export", "acme", "--out", out),
            ("export", "north", "--out", out),
            ("new", "issuer", "acme"),
        )
    ]

    said = "".join(result.output + str(result.exception) for result in results)
    said += (tmp_path / "out.json").read_text()
    secrets = private_parts(home)
    assert len(secrets) == 2
    for secret in secrets:
        assert secret not in said
