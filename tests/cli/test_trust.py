import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ostiary.cli import clock, trust
from ostiary.credential import (
    AnyKey,
    TrustedIssuer,
    dump_key,
    new_issuer_key,
    new_zone_key,
)
from ostiary.errors import (
    ConfigurationError,
    OstiaryError,
    StorageError,
    TrustListError,
)
from ostiary.storage.home import Home

Run = Callable[..., Result]
DAY = timedelta(days=1)
START = datetime(2026, 11, 21, tzinfo=UTC)
KEY = new_issuer_key("acme", os.urandom)
ZONE_KEY = new_zone_key("north", 0, START, START + DAY, os.urandom)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def run(home: Home) -> Run:
    """Runs `ostiary trust` in that home."""
    return lambda *words: CliRunner().invoke(
        trust.app, [*words, "--home", str(home.path)]
    )


def refusal(result: Result, kind: type[OstiaryError]) -> str:
    """What the command was refused with."""
    assert isinstance(result.exception, kind), result.exception
    return str(result.exception)


def test_an_empty_list_says_that_it_refuses_everyone(run: Run, home: Home) -> None:
    assert "every pass is refused" in run("show").output
    assert not home.path.exists()


def test_an_issuer_of_ones_own_is_trusted_by_name(run: Run, home: Home) -> None:
    home.add_issuer(KEY, "urn:acme")

    result = run("add", "acme", "--zone", "north", "--zone", "south", "--days", "30")

    assert result.exit_code == 0
    assert str(home.trust_path) in result.output
    [trusted] = home.trust().issuers
    assert trusted.key == KEY.public
    assert trusted.zones == {"north", "south"}
    assert trusted.not_after - trusted.not_before == 30 * DAY


def test_an_issuer_from_elsewhere_is_trusted_by_the_file_of_its_key(
    run: Run, home: Home, tmp_path: Path
) -> None:
    file = tmp_path / "acme.json"
    file.write_bytes(dump_key(KEY.public))

    result = run("add", str(file), "--zone", "north")

    assert result.exit_code == 0
    assert [issuer.key for issuer in home.trust().issuers] == [KEY.public]


def test_what_was_said_of_a_key_is_replaced(run: Run, home: Home) -> None:
    home.add_issuer(KEY, "urn:acme")
    run("add", "acme", "--zone", "north")
    run("add", "acme", "--zone", "south")

    [trusted] = home.trust().issuers
    assert trusted.zones == {"south"}


@pytest.mark.parametrize("key", [KEY, ZONE_KEY.public, ZONE_KEY])
def test_only_an_issuers_public_key_is_trusted(
    run: Run, home: Home, tmp_path: Path, key: AnyKey
) -> None:
    file = tmp_path / "key.json"
    file.write_bytes(dump_key(key))

    result = run("add", str(file), "--zone", "north")

    assert "not the public key of an issuer" in refusal(result, TrustListError)
    assert not home.trust_path.exists()


def test_an_issuer_that_is_not_there_is_refused(run: Run) -> None:
    refusal(run("add", "acme", "--zone", "north"), StorageError)


def test_a_zone_that_cannot_be_one_is_refused(run: Run, home: Home) -> None:
    home.add_issuer(KEY, "urn:acme")

    refusal(run("add", "acme", "--zone", "../north"), ConfigurationError)

    assert not home.trust_path.exists()


def test_a_zone_has_to_be_named(run: Run, home: Home) -> None:
    home.add_issuer(KEY, "urn:acme")

    assert run("add", "acme").exit_code == 2
    assert not home.trust_path.exists()


@pytest.mark.parametrize(
    ("begins", "ends", "remark"),
    [(-2, -1, "(ended)"), (1, 2, "(not yet)"), (-1, 1, "")],
)
def test_what_is_not_trusted_now_is_marked(
    run: Run, home: Home, begins: int, ends: int, remark: str
) -> None:
    now = clock.now()
    zones = frozenset({"north", "attic"})
    home.add_trusted(
        TrustedIssuer(KEY.public, now + begins * DAY, now + ends * DAY, zones)
    )

    shown = run("show").output

    assert KEY.public.identifier.hex() in shown
    assert "zones: attic, north" in shown
    assert [mark for mark in ("(ended)", "(not yet)") if mark in shown] == (
        [remark] if remark else []
    )
