"""`ostiary registry`, and what `issue` and `status` do with one."""

import json
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner, Result

from ostiary.cli import clock
from ostiary.cli.application import app
from ostiary.credential import new_issuer_key, new_zone_key, read_status_list
from ostiary.errors import (
    ConfigurationError,
    OstiaryError,
    RegistryError,
    StorageError,
    TrustListError,
)
from ostiary.storage.files import create_atomically
from ostiary.storage.home import Home
from tests.owner import listed, put_in_force, trusted

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")

from ostiary.desk.service import Desk
from ostiary.storage.registry.records import RevocationReason, RevokedFor
from ostiary.storage.registry.registry import LEFT_BEHIND
from ostiary.web.desk.passes import REASONS
from tests.registries import wanted

DAY = timedelta(days=1)
NOW = clock.now()
Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    issuer = new_issuer_key("acme", os.urandom)
    home.add_issuer(issuer, "urn:acme", 64)
    zone = new_zone_key("north", 0, NOW - DAY, NOW + 90 * DAY, os.urandom)
    home.add_zone_key(zone)
    put_in_force(
        home, trusted(issuer.public, NOW - DAY, NOW + 90 * DAY, {"north"}), listed(zone)
    )
    return home


@pytest.fixture
def run(home: Home) -> Run:
    """Runs `ostiary` in that home."""
    return lambda *words: CliRunner().invoke(app, [*words, "--home", str(home.path)])


def done(result: Result) -> str:
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def refusal(result: Result, kind: type[OstiaryError]) -> str:
    assert isinstance(result.exception, kind), (result.output, result.exception)
    return str(result.exception)


def issued(run: Run, out: Path, *words: str) -> str:
    """The identifier of a pass that was written there."""
    said = done(
        run(
            *("issue", "--faceless", "--zone", "north", "--days", "30"),
            *("--out", str(out), *words),
        )
    )
    assert out.exists()
    return said.split("registry revoke ")[1].split()[0]


def revoked(home: Home, number: int = 0) -> int:
    """How many bits are set in the signed list."""
    token = home.status_paths()[number].read_bytes()
    status = read_status_list(token, home.trust(), NOW)
    return int.from_bytes(status.bits, "little").bit_count()


def test_a_register_is_taken_over_with_what_it_says(
    run: Run, home: Home, tmp_path: Path
) -> None:
    indices = [home.register("acme").hand_out(os.urandom) for _ in range(60)]
    home.register("acme").revoke(indices[:2])
    assert "60 of 64 places taken" in done(run("registry", "init"))
    assert "Took over" not in done(run("registry", "init"))
    for number in range(4):
        issued(run, tmp_path / f"{number}.txt")
    words = ("issue", "--faceless", "--zone", "north", "--days", "30", "--out")
    full = refusal(run(*words, str(tmp_path / "no.txt")), RegistryError)
    assert "ostiary registry roll acme" in full
    assert not (tmp_path / "no.txt").exists()
    done(run("status", "build", "acme", "--revoke", str(indices[2])))
    assert revoked(home) == 3
    done(run("registry", "roll", "acme", "--uri", "urn:acme:2", "--size", "64"))
    issued(run, tmp_path / "5.txt")
    done(run("status", "build", "acme"))
    assert [path.name for path in home.status_paths()] == ["acme.cwt", "acme.2.cwt"]
    assert "one list" in refusal(
        run("status", "build", "acme", "--revoke", "1"), RegistryError
    )


def test_a_register_that_was_taken_over_before_registries_had_names_is_no_obstacle(
    run: Run, home: Home, tmp_path: Path
) -> None:
    done(run("registry", "init"))
    path = home.path / "status" / "acme.register.json"
    content = json.loads(path.read_bytes())
    path.write_text(json.dumps({**content, "taken_over": True}))
    assert "Took over" not in done(run("registry", "init"))
    assert json.loads(path.read_bytes()) == content
    issued(run, tmp_path / "1.txt")
    # Of another registry nobody knows what it handed out.
    path.write_text(json.dumps({**content, "taken_over": True}))
    for name in ("registry.toml", "registry.sqlite", "registry.key", "registry.mark"):
        (home.path / name).unlink()
    refusal(run("registry", "init"), RegistryError)


def test_nobody_says_what_the_desk_alone_can_know_of_a_pass(run: Run) -> None:
    for reason in sorted(set(RevocationReason) - set(get_args(RevokedFor))):
        result = run("registry", "revoke", "00" * 16, "--reason", reason)
        assert (result.exit_code, reason in result.stderr) == (2, True)
    assert set(REASONS) == set(get_args(RevokedFor))


def test_a_pass_is_found_renewed_withdrawn_and_erased(
    run: Run, home: Home, tmp_path: Path
) -> None:
    done(run("registry", "init"))
    first = issued(run, tmp_path / "1.txt", "--own", "staff 7")
    assert first in done(run("registry", "find", "--own", "staff 7"))
    words = ("--renews", first, "--own", "staff 7")
    second = issued(run, tmp_path / "2.txt", *words)
    assert "revoked, renewed" in done(run("registry", "find", first))
    done(run("registry", "withdraw", second))
    assert second not in done(run("registry", "find", "--own", "staff 7"))
    assert "Removed 1 records" in done(run("registry", "prune"))
    assert "knows no pass" in refusal(run("registry", "find", second), RegistryError)
    done(run("registry", "erase", first))
    done(run("status", "build", "acme"))
    assert revoked(home) == 2
    assert run("registry", "find", "--own", "staff 7").exit_code == 1
    assert "as it has to be" in done(run("registry", "check"))


def test_what_nobody_confirmed_is_named_and_with_mend_revoked(
    run: Run, home: Home
) -> None:
    done(run("registry", "init"))
    desk = Desk.open(home, os.urandom)
    at = NOW - LEFT_BEHIND
    left = desk.registry.reserve(wanted(), desk.by(at), os.urandom).identifier
    for words in (("check",), ("check", "--mend")):
        result = run("registry", *words)
        assert f"never confirmed: {left.hex()}" in result.stdout
        assert result.exit_code == (len(words) == 1)
    assert "as it has to be" in done(run("registry", "check"))
    record = desk.registry.record(left)
    assert record.reason is RevocationReason.NEVER_HANDED_OVER


def test_nothing_is_signed_once_the_way_to_the_registry_is_lost(
    run: Run, home: Home, tmp_path: Path
) -> None:
    done(run("registry", "init"))
    lost = issued(run, tmp_path / "1.txt")
    done(run("registry", "revoke", lost, "--reason", "lost"))
    settings = home.path / "registry.toml"
    said = settings.read_bytes()
    settings.unlink()
    for words in ((), ("--revoke", "1")):
        message = refusal(run("status", "build", "acme", *words), TrustListError)
        assert "registry.toml" in message
    assert not home.status_paths()
    other = ("registry", "init", "--url", f"sqlite:///{tmp_path / 'other.sqlite'}")
    assert "another registry" in refusal(run(*other), RegistryError)
    refusal(run("status", "build", "acme"), RegistryError)
    mark = home.path / "registry.mark"
    known = mark.read_bytes()
    mark.unlink()
    assert "not this one" in refusal(run(*other), RegistryError)
    refusal(run("status", "build", "acme"), ConfigurationError)
    mark.write_bytes(known)
    assert not home.status_paths()
    settings.write_bytes(said)
    done(run("status", "build", "acme"))
    assert revoked(home) == 1


def test_nothing_is_signed_without_the_extra(
    run: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(run("registry", "init"))
    monkeypatch.setitem(sys.modules, "alembic", None)
    message = refusal(run("status", "build", "acme"), ConfigurationError)
    assert "ostiary[desk]" in message
    assert not home.status_paths()


def test_an_issuer_whom_the_registry_does_not_know_is_named(
    run: Run, home: Home
) -> None:
    (home.path / "status/acme.register.json").rename(home.path / "kept.json")
    (home.path / "issuer/acme.public.json").rename(home.path / "public.json")
    done(run("registry", "init"))
    (home.path / "kept.json").rename(home.path / "status/acme.register.json")
    (home.path / "public.json").rename(home.path / "issuer/acme.public.json")
    message = refusal(run("status", "build", "acme"), ConfigurationError)
    assert "ostiary registry init" in message
    assert not home.status_paths()


def test_without_a_registry_its_options_are_refused(run: Run, tmp_path: Path) -> None:
    words = ("issue", "--faceless", "--zone", "north", "--days", "30")
    out = ("--out", str(tmp_path / "1.txt"))
    for more in (("--own", "staff 7"), ("--renews", "0" * 32)):
        assert "ostiary registry init" in refusal(
            run(*words, *out, *more), ConfigurationError
        )
    for command in ("check", "prune"):
        refusal(run("registry", command), ConfigurationError)


@pytest.mark.parametrize("text", ["", "zz", "00", "0" * 31, "0" * 34, "../x"])
def test_rubbish_for_an_identifier_is_named(run: Run, text: str) -> None:
    done(run("registry", "init"))
    message = refusal(run("registry", "find", text), ConfigurationError)
    assert "32 hex digits" in message


def test_an_own_reference_that_is_too_long_is_refused(run: Run, tmp_path: Path) -> None:
    done(run("registry", "init"))
    out = ("--out", str(tmp_path / "1.txt"), "--own", "x" * 32)
    result = run("issue", "--faceless", "--zone", "north", "--days", "30", *out)
    assert result.exit_code == 2
    assert "at most 31 bytes" in result.output


def test_a_lost_registry_comes_back_and_hands_out_nothing(
    run: Run, home: Home, tmp_path: Path
) -> None:
    done(run("registry", "init"))
    first = issued(run, tmp_path / "1.txt", "--own", "staff 7")
    done(run("registry", "backup", "--out", str(tmp_path / "backup")))
    assert b"staff 7" not in (tmp_path / "backup").read_bytes()
    late = issued(run, tmp_path / "2.txt")
    done(run("registry", "revoke", late, "--reason", "lost"))
    done(run("status", "build", "acme"))
    (home.path / "registry.sqlite").unlink()
    assert "registry restore" in refusal(run("registry", "check"), StorageError)
    # A new one in its place would take the revocation back.
    assert "registry restore" in refusal(run("registry", "init"), StorageError)
    restore = ("registry", "restore", str(tmp_path / "backup"))
    assert "urn:acme" in refusal(run(*restore), RegistryError)
    signed = ("--status-list", str(home.status_paths()[0]))
    done(run(*restore, *signed))
    assert first in done(run("registry", "find", "--own", "staff 7"))
    done(run("status", "build", "acme"))
    assert revoked(home) == 1
    words = ("issue", "--faceless", "--zone", "north", "--days", "30")
    out = ("--out", str(tmp_path / "3.txt"))
    assert "roll" in refusal(run(*words, *out), RegistryError)
    assert "nothing is replaced" in refusal(run(*restore, *signed), RegistryError)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}\n", b'{"ostiary-registry":1}\n["lists",{}]\n', b"\0\xff\n"]
    + [b'{"ostiary-registry":1}\n' + line for line in (b"[]", b"[1,2]\n", b"[" * 9999)],
)
def test_rubbish_for_a_backup_is_refused_and_leaves_nothing(
    run: Run, home: Home, tmp_path: Path, content: bytes
) -> None:
    done(run("registry", "init"))
    (home.path / "registry.sqlite").unlink()
    (tmp_path / "backup").write_bytes(content)
    restore = ("registry", "restore", str(tmp_path / "backup"))
    assert "backup" in refusal(run(*restore), TrustListError)


def test_an_old_copy_of_the_database_takes_no_revocation_back(
    run: Run, home: Home, tmp_path: Path
) -> None:
    done(run("registry", "init"))
    first = issued(run, tmp_path / "1.txt")
    old = (home.path / "registry.sqlite").read_bytes()
    done(run("registry", "revoke", first, "--reason", "lost"))
    done(run("status", "build", "acme"))
    (home.path / "registry.sqlite").write_bytes(old)
    assert "old copy" in refusal(run("status", "build", "acme"), StorageError)
    assert revoked(home) == 1


def test_every_list_of_a_restored_registry_is_brought_up_to_date(
    run: Run, home: Home, tmp_path: Path
) -> None:
    done(run("registry", "init"))
    done(run("registry", "roll", "acme", "--uri", "urn:acme:2", "--size", "64"))
    first = issued(run, tmp_path / "1.txt")
    done(run("registry", "backup", "--out", str(tmp_path / "backup")))
    done(run("registry", "revoke", first, "--reason", "lost"))
    done(run("status", "build", "acme"))
    (home.path / "registry.sqlite").unlink()
    one, two = ("--status-list", str(home.path / "status/acme.cwt")), "urn:acme:2"
    restore = ("registry", "restore", str(tmp_path / "backup"))
    other = ("--status-list", str(home.path / "status/acme.2.cwt"))
    for given, missing in ((one, two), (other, "urn:acme,"), ((), "urn:acme")):
        assert missing in refusal(run(*restore, *given), RegistryError)
    assert run("registry", "find", first).exit_code == 1
    done(run(*restore, *one, "--unpublished", two))
    done(run("status", "build", "acme"))
    assert revoked(home) == 1


def test_a_list_made_after_the_backup_is_never_handed_out_again(
    run: Run, home: Home, tmp_path: Path
) -> None:
    done(run("registry", "init"))
    done(run("registry", "backup", "--out", str(tmp_path / "backup")))
    roll = ("registry", "roll", "acme", "--uri", "urn:acme:2", "--size", "64")
    done(run(*roll))
    done(run("status", "build", "acme"))
    (home.path / "registry.sqlite").unlink()
    newest = [
        word for path in home.status_paths() for word in ("--status-list", str(path))
    ]
    (home.path / "registry.mark").unlink()
    done(run("registry", "restore", str(tmp_path / "backup"), *newest))
    assert "or was" in refusal(run(*roll), ConfigurationError)
    done(run("status", "build", "acme"))
    assert len(home.status_paths()) == 2


def test_a_backup_that_was_cut_short_is_refused(
    run: Run, home: Home, tmp_path: Path
) -> None:
    done(run("registry", "init"))
    issued(run, tmp_path / "1.txt")
    whole = tmp_path / "backup"
    done(run("registry", "backup", "--out", str(whole)))
    (home.path / "registry.sqlite").unlink()
    lines = whole.read_bytes().splitlines(keepends=True)
    cut = tmp_path / "cut"
    words = ("--unpublished", "urn:acme")
    for count in range(len(lines)):
        cut.write_bytes(b"".join(lines[:count]))
        refusal(run("registry", "restore", str(cut), *words), TrustListError)
    done(run("registry", "restore", str(whole), *words))


def test_a_pass_is_printed_on_a_card_or_on_a_sheet(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("reportlab", reason="the extra desk is not there")
    done(run("registry", "init"))
    issued(run, tmp_path / "card.pdf")
    issued(run, tmp_path / "sheet.pdf", "--sheet")
    sizes = {path.stem: path.read_bytes() for path in tmp_path.glob("*.pdf")}
    assert b"/MediaBox [ 0 0 297.6378 420.9449 ]" in sizes["card"]
    assert b"/MediaBox [ 0 0 595.2756 841.8898 ]" in sizes["sheet"]


def test_an_old_copy_is_told_though_nothing_was_revoked_since(
    run: Run, home: Home, tmp_path: Path
) -> None:
    done(run("registry", "init"))
    file = home.path / "registry.sqlite"
    old = file.read_bytes()
    done(run("status", "build", "acme"))
    issued(run, tmp_path / "1.txt")
    file.write_bytes(old)
    words = ("issue", "--faceless", "--zone", "north", "--days", "30")
    for refused in (
        (*words, "--out", str(tmp_path / "2.txt")),
        ("registry", "check"),
        ("registry", "prune"),
        ("registry", "init"),
        ("registry", "find", "--own", "staff 7"),
        ("registry", "backup", "--out", str(tmp_path / "backup")),
        ("registry", "roll", "acme", "--uri", "urn:acme:2"),
        ("status", "build", "acme"),
    ):
        assert "registry accept" in refusal(run(*refused), RegistryError)
    assert not (tmp_path / "2.txt").exists()
    accept = ("registry", "accept")
    assert "urn:acme" in refusal(run(*accept), RegistryError)
    done(run(*accept, "--status-list", str(home.status_paths()[0])))
    assert "nothing to accept" in refusal(run(*accept), ConfigurationError)
    assert "as it has to be" in done(run("registry", "check"))
    full = refusal(run(*words, "--out", str(tmp_path / "2.txt")), RegistryError)
    assert "ostiary registry roll acme" in full
    done(run("registry", "roll", "acme", "--uri", "urn:acme:2"))
    issued(run, tmp_path / "2.txt")


def test_a_list_that_was_never_signed_is_not_made_again_at_its_address(
    run: Run, home: Home, tmp_path: Path
) -> None:
    done(run("registry", "init"))
    done(run("status", "build", "acme"))
    done(run("registry", "backup", "--out", str(tmp_path / "backup")))
    roll = ("registry", "roll", "acme", "--uri", "urn:acme:2", "--size", "64")
    done(run(*roll))
    (home.path / "registry.sqlite").unlink()
    words = ("--status-list", str(home.status_paths()[0]))
    restore = ("registry", "restore", str(tmp_path / "backup"), *words)
    assert "urn:acme:2" in refusal(run(*restore), RegistryError)
    done(run(*restore, "--unpublished", "urn:acme:2"))
    assert "or was" in refusal(run(*roll), ConfigurationError)
    done(run("registry", "roll", "acme", "--uri", "urn:acme:3", "--size", "64"))
    issued(run, tmp_path / "1.txt")


def test_a_second_home_takes_the_key_of_the_tenant_or_another_name(
    run: Run, home: Home, tmp_path: Path
) -> None:
    url = ("--url", f"sqlite:///{tmp_path / 'passes.sqlite'}")
    done(run("registry", "init", *url))
    other = Home(tmp_path / "other")
    other.add_issuer(new_issuer_key("acme", os.urandom), "urn:acme", 64)
    init = ("registry", "init", *url, "--home", str(other.path))
    message = refusal(CliRunner().invoke(app, init), ConfigurationError)
    assert "registry.key" in message
    # Nor may it sign for an address of somebody else's.
    named = CliRunner().invoke(app, [*init, "--tenant", "other"])
    assert "in the same database" in refusal(named, ConfigurationError)
    assert other.register("acme").read().taken_over_by is None


def test_nothing_stays_of_a_pass_that_could_not_be_handed_over_whole(
    run: Run, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("issue", "--faceless", "--zone", "north", "--days", "30")
    out = ("--out", str(tmp_path / "1.png"), "--out", str(tmp_path / "1.txt"))

    def full(path: Path, data: bytes, *, private: bool = False) -> None:
        if path.suffix == ".txt":
            raise StorageError("no room")
        create_atomically(path, data, private=private)

    monkeypatch.setattr("ostiary.cli.issue.create_atomically", full)
    refusal(run(*words, *out), StorageError)
    done(run("registry", "init"))
    refusal(run(*words, *out), StorageError)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    done(run("status", "build", "acme"))
    assert revoked(home) == 1
