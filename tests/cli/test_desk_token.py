"""`ostiary desk token`."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ostiary.cli.application import app
from ostiary.cli.clock import now
from ostiary.errors import ConfigurationError, WriteFailedError
from ostiary.journal import OwnerAct, OwnerActKind, load_entry
from ostiary.staff.access import Scope
from ostiary.storage.home import Home
from ostiary.storage.journal import Journal


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def invoke(home: Home, *words: str) -> Result:
    words = ("desk", "token", *words, "--home", str(home.path))
    return CliRunner().invoke(app, words)


def run(home: Home, *words: str) -> str:
    result = invoke(home, *words)
    assert result.exit_code == 0, (words, result.output, result.exception)
    return result.output


def test_a_token_is_made_shown_once_listed_and_revoked(home: Home) -> None:
    assert "No tokens" in run(home, "list")
    told = run(home, "new", "till", "--scope", "passes:read", "--scope", "passes:issue")
    secret = told.splitlines()[-1]
    token = home.access.read().presented(secret, now())
    assert token is not None
    assert (token.name, token.scopes) == ("till", (Scope.ISSUE, Scope.READ))
    assert now() + timedelta(days=89) < token.expires_at
    assert secret.encode() not in home.access.path.read_bytes()
    assert home.access.path.stat().st_mode & 0o777 == 0o600
    listed = run(home, "list")
    assert "till" in listed
    assert "passes:issue passes:read" in listed
    assert secret not in listed
    assert home.access.read().presented(secret, token.expires_at) is None
    run(home, "revoke", "till")
    assert home.access.read().presented(secret, now()) is None
    entries = map(load_entry, Journal.open(home.journal_path).reader.entries())
    done = [(each.act, each.what) for each in entries if isinstance(each, OwnerAct)]
    assert done == [
        (OwnerActKind.DESK_TOKEN_MADE, token.account),
        (OwnerActKind.DESK_TOKEN_REVOKED, token.account),
    ]


@pytest.mark.parametrize("name", ["Till", "../till", "", "-till", "t" * 33])
def test_a_token_of_another_name_is_not_made(home: Home, name: str) -> None:
    words = ["desk", "token", "new", "--scope", "passes:read"]
    result = CliRunner().invoke(app, [*words, "--home", str(home.path), "--", name])
    assert isinstance(result.exception, ConfigurationError)
    assert not home.access.path.exists()


@pytest.mark.parametrize("days", ["0", "367"])
def test_none_counts_for_ever(home: Home, days: str) -> None:
    words = ("new", "till", "--scope", "passes:read", "--days", days)
    assert invoke(home, *words).exit_code == 2


def test_none_is_made_that_the_journal_cannot_enter(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(journal: Journal, entry: bytes) -> None:
        del journal, entry
        raise WriteFailedError("full")

    monkeypatch.setattr(Journal, "append", refuse)
    result = invoke(home, "new", "till", "--scope", "passes:read")
    assert isinstance(result.exception, WriteFailedError)
    assert home.access.read().all == ()
