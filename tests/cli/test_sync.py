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
    new_issuer_key,
    new_root_key,
    sign_status_list,
)
from ostiary.errors import (
    ConfigurationError,
    FetchError,
    OstiaryError,
    StorageError,
    TrustListError,
)
from ostiary.storage.home import Home, read_root_file
from ostiary.storage.owner import sign_root, sign_trust
from ostiary.storage.sync import Folder, Web
from tests.owner import OWNER, put_in_force, root_document, trusted

Run = Callable[..., Result]
DAY = timedelta(days=1)
NOW = clock.now()
CONFIG = """
zone = "north"
time_zone = "UTC"
[files]
root = "root.cose"
trust = "trust.cose"
zone_keys = []
status_lists = ["lists/acme.cwt", "lists/fair.cwt"]
[passage]
door = "simulated"
"""


@pytest.fixture
def desk(tmp_path: Path) -> Home:
    """The home of two issuers, who have just published."""
    home = Home(tmp_path / "desk")
    keys = [new_issuer_key(name, os.urandom) for name in ("acme", "fair")]
    for key in keys:
        home.add_issuer(key, f"urn:{key.name}")
    put_in_force(home, *(trusted(k.public, NOW - DAY, NOW + DAY, ()) for k in keys))
    out(home).mkdir()
    for key in keys:
        publish(home, key.name, 1)
    bring(home)
    return home


def out(home: Home) -> Path:
    """The folder that is carried to the gates."""
    return home.path / "out"


def bring(home: Home) -> None:
    """Lay into it what the gates are to have of trust."""
    for path in (*home.path.glob("root*.cose"), home.trust_path):
        (out(home) / path.name).write_bytes(path.read_bytes())


def publish(home: Home, issuer: str, hours_ago: int) -> bytes:
    issued = NOW - timedelta(hours=hours_ago)
    uri, ttl = f"urn:{issuer}", timedelta(hours=1)
    status = StatusList(issuer, uri, issued, issued + DAY, ttl, bytes(8))
    token = sign_status_list(status, home.issuer_keys(issuer)[0])
    (out(home) / f"{issuer}.cwt").write_bytes(token)
    return token


@pytest.fixture
def gate(tmp_path: Path, desk: Home) -> Path:
    """A gate's folder, with root document and trust list, and no status list."""
    folder = tmp_path / "gate"
    (folder / "lists").mkdir(parents=True)
    (folder / "gate.toml").write_text(CONFIG)
    (folder / "root.cose").write_bytes(desk.root_path.read_bytes())
    (folder / "trust.cose").write_bytes(desk.trust_path.read_bytes())
    return folder


@pytest.fixture
def run(gate: Path, desk: Home) -> Run:
    """Syncs that gate from the desk's folder."""

    def sync(source: str | Path = "") -> Result:
        where = str(source or out(desk))
        call = ["sync", "--config", str(gate / "gate.toml"), "--from", where]
        return CliRunner().invoke(app, call)

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
    for path in out(desk).glob("*.cwt"):
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
    for path in out(desk).glob("*.cwt"):
        path.unlink()
    result = run()
    assert "acme.cwt" in refusal(result, StorageError)
    assert "ostiary: " in result.output
    assert "fair.cwt" in result.output


def test_a_newer_trust_list_comes_before_what_is_checked_by_it(
    run: Run, gate: Path, desk: Home
) -> None:
    run()
    put_in_force(desk, *desk.trust().entries, at=NOW)
    bring(desk)
    result = run()
    assert result.exit_code == 0
    assert "trust.cose: trust list 2, until" in result.output
    assert (gate / "trust.cose").read_bytes() == desk.trust_path.read_bytes()


def test_an_issuer_who_is_new_in_the_trust_list_can_be_brought_at_once(
    run: Run, gate: Path, desk: Home
) -> None:
    entries = list(desk.trust().entries)
    put_in_force(desk, entries[0], at=NOW)
    (gate / "trust.cose").write_bytes(desk.trust_path.read_bytes())
    refusal(run(), TrustListError)
    put_in_force(desk, *entries, at=NOW)
    bring(desk)
    result = run()
    assert result.exit_code == 0
    assert "fair.cwt: a new list" in result.output


def test_a_new_root_document_comes_with_a_list_of_its_own(
    run: Run, gate: Path, desk: Home
) -> None:
    other = new_root_key("other", os.urandom)
    for version in (2, 3):
        root = root_document(OWNER, other, version=version)
        sign_root(desk, root, [OWNER, other])
    sign_trust(desk, [other], NOW, NOW + DAY)
    bring(desk)
    result = run()
    assert result.exit_code == 0
    assert "root.cose: root document 3, until" in result.output
    assert "trust.cose: trust list 1" in result.output
    assert read_root_file(gate / "root.cose").version == 3


def test_half_a_trust_list_on_a_stick_changes_nothing(
    run: Run, gate: Path, desk: Home
) -> None:
    before = (gate / "trust.cose").read_bytes()
    (out(desk) / "trust.cose").write_bytes(before[:-9])
    refusal(run(), TrustListError)
    assert (gate / "trust.cose").read_bytes() == before


def test_an_older_trust_list_changes_nothing(run: Run, gate: Path, desk: Home) -> None:
    older = desk.trust_path.read_bytes()
    put_in_force(desk, *desk.trust().entries, at=NOW)
    bring(desk)
    run()
    (out(desk) / "trust.cose").write_bytes(older)
    assert "trust.cose: older than" in refusal(run(), TrustListError)
    assert (gate / "trust.cose").read_bytes() == desk.trust_path.read_bytes()


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
    assert "/lists/root.cose" in refusal(result, FetchError)
    assert "/lists/acme.cwt" in result.output


def test_a_network_that_fails_has_an_exit_code_of_its_own() -> None:
    assert EXIT_CODES[FetchError] == 10
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES)
