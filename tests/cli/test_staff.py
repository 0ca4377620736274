"""`ostiary staff`."""

import getpass
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ostiary.cli.application import app
from ostiary.errors import ConfigurationError, WriteFailedError
from ostiary.journal import OwnerAct, OwnerActKind, load_entry
from ostiary.staff import is_password
from ostiary.storage.home import Home
from ostiary.storage.journal import Journal

GOOD = "four words on tea"


class Terminal:
    """Somebody who types."""

    def __init__(self) -> None:
        self.typed: list[str] = []

    def type(self, *typed: str) -> None:
        self.typed = [*typed]

    def answer(self, prompt: str) -> str:
        assert prompt.endswith(": ")
        return self.typed.pop(0)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    made = Terminal()
    monkeypatch.setattr(getpass, "getpass", made.answer)
    monkeypatch.setattr("ostiary.cli.staff.sys", _Sys())
    yield made
    assert made.typed == []


class _Stdin:
    def isatty(self) -> bool:
        return True


class _Sys:
    stdin = _Stdin()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def invoke(home: Home, *words: str) -> Result:
    return CliRunner().invoke(app, ["staff", *words, "--home", str(home.path)])


def run(home: Home, *words: str) -> str:
    result = invoke(home, *words)
    assert result.exit_code == 0, (words, result.output, result.exception)
    return result.output


def acts(home: Home) -> list[OwnerActKind]:
    entries = map(load_entry, Journal.open(home.journal_path).reader.entries())
    return [entry.act for entry in entries if isinstance(entry, OwnerAct)]


def test_from_the_first_account_to_the_last(home: Home, terminal: Terminal) -> None:
    assert "nobody can sign in" in run(home, "list")
    terminal.type(GOOD, GOOD)
    run(home, "add", "kim", "--role", "owner")
    terminal.type(GOOD, GOOD)
    run(home, "add", "lee")
    listed = ["kim", "owner", "active", "lee", "attendant", "active"]
    assert run(home, "list").split() == listed
    run(home, "suspend", "lee")
    assert home.staff.read().active("lee") is None
    run(home, "reinstate", "lee")
    terminal.type(new := "five words on black tea", new)
    run(home, "password", "lee")
    assert is_password(home.staff.read().existing("lee").verifier, new)
    run(home, "remove", "lee")
    assert [each.name for each in home.staff.read()] == ["kim"]
    assert acts(home) == [
        OwnerActKind.STAFF_ADDED,
        OwnerActKind.STAFF_ADDED,
        OwnerActKind.STAFF_SUSPENDED,
        OwnerActKind.STAFF_REINSTATED,
        OwnerActKind.STAFF_PASSWORD_SET,
        OwnerActKind.STAFF_REMOVED,
    ]


@pytest.mark.parametrize("typed", [(GOOD, GOOD + "!"), ("short",), ("kim" * 9,)])
def test_what_is_mistyped_changes_nothing(
    home: Home, terminal: Terminal, typed: tuple[str, ...]
) -> None:
    terminal.type(*typed)
    result = invoke(home, "add", "kim")
    assert isinstance(result.exception, ConfigurationError)
    assert typed[0] not in str(result.exception)
    assert not home.path.exists()


def test_no_terminal_no_password(home: Home) -> None:
    assert not sys.stdin.isatty() or True
    result = CliRunner().invoke(
        app, ["staff", "add", "kim", "--home", str(home.path)], input=f"{GOOD}\n" * 2
    )
    assert isinstance(result.exception, ConfigurationError)
    assert "on a terminal" in str(result.exception)


@pytest.mark.parametrize("name", ["Kim", "kim lee", "../kim", "", "k" * 33, "кim"])
def test_what_is_no_name_is_refused_before_a_password_is_typed(
    home: Home, terminal: Terminal, name: str
) -> None:
    del terminal
    assert isinstance(invoke(home, "add", name).exception, ConfigurationError)


@pytest.mark.parametrize("command", ["suspend", "reinstate", "remove", "password"])
def test_nobody_of_that_name(home: Home, terminal: Terminal, command: str) -> None:
    del terminal
    result = invoke(home, command, "zoe")
    assert isinstance(result.exception, ConfigurationError)
    assert "no account 'zoe'" in str(result.exception)


def test_what_changes_nothing_is_not_entered(home: Home, terminal: Terminal) -> None:
    terminal.type(GOOD, GOOD)
    run(home, "add", "kim")
    assert "already" in str(invoke(home, "add", "kim").exception)
    assert "active already" in str(invoke(home, "reinstate", "kim").exception)
    assert acts(home) == [OwnerActKind.STAFF_ADDED]


def test_what_cannot_be_entered_is_not_done(
    home: Home, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.type(GOOD, GOOD)
    run(home, "add", "kim")

    def refuse(journal: Journal, data: bytes) -> None:
        del journal, data
        raise WriteFailedError("no room")

    monkeypatch.setattr(Journal, "append", refuse)
    assert isinstance(invoke(home, "suspend", "kim").exception, WriteFailedError)
    assert home.staff.read().active("kim") is not None


GATE = """
zone = "north"
time_zone = "UTC"
[files]
root = "root.cose"
trust = "trust.cose"
status_lists = []
[passage]
door = "simulated"
"""


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("", r"pages\.certificate"),
        ('[attendants]\ntoken = "t"\n', r"pages\.certificate"),
        (
            '[attendants]\ntoken = "t"\n[pages]\naddress = "0.0.0.0"\n'
            'certificate = "c"\nkey = "k"\n',
            r"pages\.hosts",
        ),
        (
            '[attendants]\ntoken = "t"\n[pages]\ncertificate = "c"\nkey = "k"\n',
            "takes TLS",
        ),
    ],
)
def test_what_cannot_be_shared(tmp_path: Path, more: str, why: str) -> None:
    (tmp_path / "gate.toml").write_text(GATE + more)
    # A private key alone is no certificate, and is never shared.
    (tmp_path / "c").write_text("-----BEGIN PRIVATE KEY-----\n")
    words = ["share", str(tmp_path / "out"), "--config", str(tmp_path / "gate.toml")]
    result = CliRunner().invoke(app, ["staff", *words])
    assert isinstance(result.exception, ConfigurationError)
    with pytest.raises(ConfigurationError, match=why):
        raise result.exception
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "t").exists()
