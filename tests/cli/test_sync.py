import os
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ostiary.cli import clock
from ostiary.cli.application import EXIT_CODES, app
from ostiary.cli.sync import open_source
from ostiary.credential import (
    StatusList,
    TrustedIssuer,
    new_issuer_key,
    sign_status_list,
)
from ostiary.errors import (
    ConfigurationError,
    FetchError,
    OstiaryError,
    StorageError,
    TrustListError,
)
from ostiary.storage.home import Home
from ostiary.storage.sync import Folder, Web

Run = Callable[..., Result]
DAY = timedelta(days=1)
NOW = clock.now()
CONFIG = """
zone = "north"
time_zone = "UTC"
[files]
trust = "trust.json"
zone_keys = []
status_lists = ["lists/acme.cwt", "lists/fair.cwt"]
[passage]
door = "simulated"
"""


@pytest.fixture
def desk(tmp_path: Path) -> Home:
    """The home of two issuers, who have just published."""
    home = Home(tmp_path / "desk")
    for name in ("acme", "fair"):
        key = new_issuer_key(name, os.urandom)
        home.add_issuer(key, f"urn:{name}")
        trusted = TrustedIssuer(key.public, NOW - DAY, NOW + DAY, frozenset())
        home.add_trusted(trusted)
        publish(home, name, 1)
    return home


def publish(home: Home, issuer: str, hours_ago: int) -> bytes:
    issued = NOW - timedelta(hours=hours_ago)
    uri, ttl = f"urn:{issuer}", timedelta(hours=1)
    status = StatusList(issuer, uri, issued, issued + DAY, ttl, bytes(8))
    token = sign_status_list(status, home.issuer_key(issuer))
    home.save_status_list(issuer, token)
    return token


@pytest.fixture
def gate(tmp_path: Path, desk: Home) -> Path:
    """A gate's folder, with the trust list and no status list."""
    folder = tmp_path / "gate"
    (folder / "lists").mkdir(parents=True)
    (folder / "gate.toml").write_text(CONFIG)
    (folder / "trust.json").write_bytes(desk.trust_path.read_bytes())
    return folder


@pytest.fixture
def run(gate: Path, desk: Home) -> Run:
    """Syncs that gate from the desk's folder of status lists."""

    def sync(*words: str, source: str | Path = desk.path / "status") -> Result:
        call = ["sync", "--config", str(gate / "gate.toml"), "--from", str(source)]
        return CliRunner().invoke(app, [*call, *words])

    return sync


def refusal(result: Result, kind: type[OstiaryError]) -> str:
    assert isinstance(result.exception, kind), result.exception
    return str(result.exception)


def test_a_stick_brings_the_lists_that_the_configuration_names(
    run: Run, gate: Path, desk: Home
) -> None:
    result = run()
    assert result.exit_code == 0
    assert result.output.count("a new list, issued") == 2
    for path in desk.status_paths():
        assert (gate / "lists" / path.name).read_bytes() == path.read_bytes()


def test_it_is_quiet_when_nothing_changed(run: Run) -> None:
    run()
    result = run()
    assert result.exit_code == 0
    assert result.output == ""


def test_a_list_that_cannot_come_keeps_no_other_back(
    run: Run, gate: Path, desk: Home
) -> None:
    run()
    newer = publish(desk, "fair", 0)
    publish(desk, "acme", 2)
    before = (gate / "lists" / "acme.cwt").read_bytes()
    result = run()
    assert "acme.cwt: older than" in refusal(result, TrustListError)
    assert "fair.cwt: a new list" in result.output
    assert (gate / "lists" / "acme.cwt").read_bytes() == before
    assert (gate / "lists" / "fair.cwt").read_bytes() == newer


def test_every_list_that_cannot_come_is_named(run: Run, desk: Home) -> None:
    for path in desk.status_paths():
        path.unlink()
    result = run()
    assert "acme.cwt" in refusal(result, StorageError)
    assert "ostiary: " in result.output
    assert "fair.cwt" in result.output


def test_the_trust_list_stays_unless_it_is_asked_for(
    run: Run, gate: Path, desk: Home
) -> None:
    (desk.path / "status" / "trust.json").write_text('{"version": 1, "issuers": []}')
    before = (gate / "trust.json").read_bytes()
    assert run().exit_code == 0
    assert (gate / "trust.json").read_bytes() == before


def test_the_trust_list_comes_first_when_it_is_asked_for(
    run: Run, gate: Path, desk: Home
) -> None:
    (gate / "trust.json").write_text('{"version": 1, "issuers": []}')
    stick = desk.path / "status" / "trust.json"
    stick.write_bytes(desk.trust_path.read_bytes())
    result = run("--trust")
    assert result.exit_code == 0
    assert "a new trust list, keys of issuers: 2" in result.output
    assert result.output.count("a new list, issued") == 2


def test_a_trust_list_never_comes_over_a_network(run: Run, gate: Path) -> None:
    before = (gate / "trust.json").read_bytes()
    result = run("--trust", source="https://status.example/lists")
    assert "from a folder only" in refusal(result, ConfigurationError)
    assert (gate / "trust.json").read_bytes() == before


def test_half_a_trust_list_on_a_stick_changes_nothing(
    run: Run, gate: Path, desk: Home
) -> None:
    before = (gate / "trust.json").read_bytes()
    (desk.path / "status" / "trust.json").write_bytes(before[:-9])
    refusal(run("--trust"), TrustListError)
    assert (gate / "trust.json").read_bytes() == before


@pytest.mark.parametrize(
    "source",
    [
        "http://status.example/",
        "HTTP://status.example/",
        "ftp://status.example/",
        "file:///media/stick",
        "https://",
        "https://[",
        "https://clerk:hunter2@status.example/",
        "https://status.example/?key=hunter2",
        "https://status.example/#hunter2",
        "nowhere/to/be/found",
    ],
)
def test_another_source_is_refused_and_no_password_repeated(source: str) -> None:
    with pytest.raises(ConfigurationError, match="--from") as refused:
        open_source(source)
    assert "hunter2" not in str(refused.value)


def test_sources_are_an_https_address_or_a_folder(tmp_path: Path) -> None:
    assert open_source(str(tmp_path)) == Folder(tmp_path)
    for address in ("https://status.example/lists", "https://status.example/lists/"):
        assert open_source(address) == Web("https://status.example/lists/")


def test_two_files_of_one_name_are_refused(run: Run, gate: Path) -> None:
    config = gate / "gate.toml"
    config.write_text(CONFIG.replace("lists/fair.cwt", "acme.cwt"))
    assert "two files are called acme.cwt" in refusal(run(), ConfigurationError)


@pytest.mark.enable_socket
def test_a_server_that_is_not_there_is_the_networks_fault(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    result = run(source=f"https://127.0.0.1:{port}/lists")
    assert "/lists/acme.cwt" in refusal(result, FetchError)


def test_a_network_that_fails_has_an_exit_code_of_its_own() -> None:
    assert EXIT_CODES[FetchError] == 10
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES)
