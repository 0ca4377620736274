import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ostiary.cli import clock, status
from ostiary.credential import (
    IssuerKey,
    StatusList,
    new_issuer_key,
    read_status_list,
    sign_status_list,
)
from ostiary.errors import (
    ConfigurationError,
    OstiaryError,
    StorageError,
    TrustListError,
)
from ostiary.storage.home import Home
from tests.owner import put_in_force, trusted

Run = Callable[..., Result]
DAY = timedelta(days=1)
NOW = clock.now()


@pytest.fixture
def key() -> IssuerKey:
    return new_issuer_key("acme", os.urandom)


@pytest.fixture
def home(tmp_path: Path, key: IssuerKey) -> Home:
    """A home with one issuer, trusted."""
    home = Home(tmp_path / "home")
    home.add_issuer(key, "urn:acme")
    put_in_force(home, trusted(key.public, NOW - DAY, NOW + DAY, ()))
    return home


@pytest.fixture
def run(home: Home) -> Run:
    """Runs `ostiary status` in that home."""
    return lambda *words: CliRunner().invoke(
        status.app, [*words, "--home", str(home.path)]
    )


def refusal(result: Result, kind: type[OstiaryError]) -> str:
    """What the command was refused with."""
    assert isinstance(result.exception, kind), result.exception
    assert result.stdout == ""
    return str(result.exception)


def written(home: Home) -> StatusList:
    [path] = home.status_paths()
    return read_status_list(path.read_bytes(), home.trust(), clock.now())


def test_a_list_is_signed_and_written(run: Run, home: Home) -> None:
    result = run("build", "acme", "--days", "3", "--ttl-hours", "6")

    assert result.exit_code == 0
    assert str(home.status_paths()[0]) in result.output
    assert "0 revoked" in result.output
    found = written(home)
    assert found.uri == "urn:acme"
    assert found.expires_at - found.issued_at == 3 * DAY
    assert found.ttl == timedelta(hours=6)


def test_what_is_revoked_stays_revoked(run: Run, home: Home) -> None:
    register = home.register("acme")
    indices = [register.hand_out(os.urandom) for _ in range(4)]
    chosen = [word for index in indices[:2] for word in ("--revoke", str(index))]

    assert "2 revoked" in run("build", "acme", *chosen).output
    assert "3 revoked" in run("build", "acme", "--revoke", str(indices[2])).output

    found = written(home)
    assert [found.is_revoked(index) for index in indices] == [True] * 3 + [False]


def test_an_index_that_was_never_handed_out_is_refused_and_nothing_is_written(
    run: Run, home: Home
) -> None:
    result = run("build", "acme", "--revoke", "5")

    assert "never handed out" in refusal(result, TrustListError)
    assert home.status_paths() == ()


def test_an_issuer_without_a_private_key_here_is_refused(run: Run) -> None:
    refusal(run("build", "other"), ConfigurationError)


def test_an_old_copy_of_the_register_takes_no_revocation_back(
    run: Run, home: Home
) -> None:
    index = home.register("acme").hand_out(os.urandom)
    path = home.path / "status/acme.register.json"
    old = path.read_bytes()
    assert run("build", "acme", "--revoke", str(index)).exit_code == 0
    path.write_bytes(old)
    assert "old copy" in refusal(run("build", "acme"), StorageError)
    assert sum(written(home).bits) > 0
    home.status_paths()[0].write_bytes(b"rubbish")
    assert run("build", "acme").exit_code == 0


def test_a_good_list_is_described(run: Run, home: Home) -> None:
    register = home.register("acme")
    run("build", "acme", "--revoke", str(register.hand_out(os.urandom)))

    result = run("check", str(home.status_paths()[0]))

    assert result.exit_code == 0
    assert "urn:acme: 131072 indices, 1 revoked" in result.output
    assert "0.0 hours ago" in result.output
    assert "newer one" not in result.output


def test_a_list_older_than_its_issuer_promised_says_so(
    run: Run, home: Home, key: IssuerKey
) -> None:
    old = StatusList("acme", "urn:acme", NOW - DAY, NOW + DAY, DAY / 24, bytes(16))
    path = home.save_status_list("acme", sign_status_list(old, key))

    result = run("check", str(path))

    assert "signed 24." in result.output
    assert "newer one" in result.output


def test_a_list_past_its_end_says_so(run: Run, home: Home, key: IssuerKey) -> None:
    old = StatusList("acme", "urn:acme", NOW - DAY, NOW - DAY / 2, DAY / 24, bytes(16))
    path = home.save_status_list("acme", sign_status_list(old, key))

    assert "no gate accepts it" in run("check", str(path)).output


def test_a_list_of_no_trusted_issuer_is_refused(run: Run, home: Home) -> None:
    run("build", "acme")
    [path] = home.status_paths()
    put_in_force(home)

    refusal(run("check", str(path)), TrustListError)


def test_nothing_is_signed_without_a_key_in_use(run: Run, home: Home) -> None:
    put_in_force(home)

    message = refusal(run("build", "acme"), ConfigurationError)

    assert "no key of issuer 'acme'" in message
    assert home.status_paths() == ()


def test_nothing_is_signed_under_a_trust_list_that_has_expired(
    run: Run, home: Home
) -> None:
    put_in_force(home, at=NOW - 2 * DAY, expires_at=NOW - DAY)

    assert "expired on" in refusal(run("build", "acme"), TrustListError)


def test_a_changed_list_is_refused(run: Run, home: Home) -> None:
    run("build", "acme")
    [path] = home.status_paths()
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)

    refusal(run("check", str(path)), TrustListError)


def test_a_list_that_is_not_there_is_refused(run: Run, tmp_path: Path) -> None:
    refusal(run("check", str(tmp_path / "missing.cwt")), StorageError)


def test_nothing_private_is_printed(run: Run, home: Home) -> None:
    [private] = home.path.glob("issuer/*.private.json")
    secret = private.read_text().split('"d": "')[1].split('"')[0]

    said = (
        run("build", "acme").output + run("check", str(home.status_paths()[0])).output
    )

    assert len(secret) == 43
    assert secret not in said
