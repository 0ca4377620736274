"""`ostiary trust` as an owner uses it: drafting, signing, checking."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ostiary.cli import clock
from ostiary.cli.application import app
from ostiary.credential import (
    AnyKey,
    Entry,
    LifeCycle,
    State,
    dump_key,
    new_gate_key,
    new_issuer_key,
    new_root_key,
    new_settings_key,
    new_zone_key,
)
from ostiary.errors import (
    ConfigurationError,
    OstiaryError,
    StorageError,
    TrustListError,
)
from ostiary.storage.home import Home
from tests.owner import OWNER, put_in_force, root_document, signed_root, trusted

Run = Callable[..., Result]
DAY = timedelta(days=1)
NOW = clock.now()
KEY = new_issuer_key("acme", os.urandom)
ZONE_KEY = new_zone_key("north", 0, NOW - DAY, NOW + 400 * DAY, os.urandom)
GATE_KEY = new_gate_key("main", os.urandom)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """The home of an issuer and a zone."""
    home = Home(tmp_path / "home")
    home.add_issuer(KEY, "urn:acme")
    home.add_zone_key(ZONE_KEY)
    return home


@pytest.fixture
def run(home: Home) -> Run:
    """Runs `ostiary trust` in that home."""
    return lambda *words: CliRunner().invoke(
        app, ["trust", *words, "--home", str(home.path)]
    )


def refusal(result: Result, kind: type[OstiaryError]) -> str:
    """What the command was refused with."""
    assert isinstance(result.exception, kind), result.exception
    return str(result.exception)


def file_of(key: AnyKey, folder: Path) -> str:
    path = folder / "key.json"
    path.write_bytes(dump_key(key))
    path.chmod(0o600)
    return str(path)


def test_an_empty_draft_says_that_it_refuses_everyone(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    result = CliRunner().invoke(app, ["trust", "show", "--home", str(nowhere)])
    assert "every pass is refused" in result.output
    assert not nowhere.exists()


def test_an_issuer_comes_with_the_keys_of_its_zones(run: Run, home: Home) -> None:
    result = run("add", "acme", "--zone", "north", "--zone", "south", "--days", "30")

    assert result.exit_code == 0
    draft = home.draft()
    [issuer], [zone] = draft.issuers, draft.zones
    assert issuer.key == KEY.public
    assert issuer.zones == {"north", "south"}
    assert issuer.life.ends_at - issuer.life.active_from == 30 * DAY
    assert zone.key == ZONE_KEY.public
    assert zone.life.ends_at == ZONE_KEY.public.not_after
    assert "zone north epoch 0: active" in result.output


def test_what_is_listed_of_a_zone_stays_as_it_is(run: Run, home: Home) -> None:
    life = LifeCycle(NOW - DAY, NOW + DAY, NOW + 2 * DAY)
    home.change_draft(lambda draft: draft.having(Entry(ZONE_KEY.public, life)))
    run("add", "acme", "--zone", "north")
    assert [zone.life for zone in home.draft().zones] == [life]


@pytest.mark.parametrize(
    ("key", "zones", "said"),
    [
        (new_issuer_key("fair", os.urandom).public, ("north",), "issuer fair: active"),
        (new_issuer_key("fair", os.urandom).public, (), "status lists only"),
        (GATE_KEY.public, ("north",), "gate main: active"),
        (new_settings_key("office", os.urandom).public, (), "settings office: active"),
        (ZONE_KEY.public, (), "zone north epoch 0: active"),
    ],
)
def test_a_key_from_elsewhere_is_listed_by_its_file(
    run: Run, tmp_path: Path, key: AnyKey, zones: tuple[str, ...], said: str
) -> None:
    options = [word for zone in zones for word in ("--zone", zone)]

    result = run("add", file_of(key, tmp_path), *options)

    assert result.exit_code == 0, result.exception
    assert said in result.output
    assert said in run("show").output


def test_what_was_said_of_a_key_is_replaced(run: Run, home: Home) -> None:
    run("add", "acme", "--zone", "north")
    run("add", "acme", "--zone", "south")

    [issuer] = home.draft().issuers
    assert issuer.zones == {"south"}


def test_a_key_in_use_stays_so_from_its_first_moment(run: Run, home: Home) -> None:
    put_in_force(home, trusted(KEY.public, NOW - 9 * DAY, NOW + DAY, {"north"}))
    run("add", "acme", "--zone", "north", "--days", "30")
    [issuer] = home.draft().issuers
    assert issuer.life.active_from == NOW - 9 * DAY
    assert issuer.life.ends_at >= NOW + 30 * DAY


def test_a_key_that_is_compromised_does_not_come_back(run: Run, home: Home) -> None:
    run("add", "acme", "--zone", "north")
    run("remove", "acme", "--compromised")
    message = refusal(run("add", "acme", "--zone", "north"), TrustListError)
    assert "marked as compromised" in message
    assert states(home) == [State.COMPROMISED]


def test_a_key_is_one_things_alone(run: Run, home: Home, tmp_path: Path) -> None:
    assert run("add", "acme", "--zone", "north").exit_code == 0
    listed = home.draft()
    for other in (
        new_settings_key("acme", os.urandom),
        new_issuer_key("other", os.urandom),
    ):
        file = file_of(replace(other, key=KEY.key).public, tmp_path)
        message = refusal(run("add", file, "--another-key"), TrustListError)
        assert "listed as issuer acme already" in message
    assert home.draft() == listed


def test_a_key_can_be_announced(run: Run, home: Home) -> None:
    later = NOW + 30 * DAY

    result = run("add", "acme", "--zone", "north", "--from", f"{later:%Y-%m-%d}")

    [issuer] = home.draft().issuers
    assert issuer.life.state(NOW) is State.NEW
    assert f"{issuer.life.active_from:%F}" == f"{later:%F}"
    assert "issuer acme: new" in result.output


@pytest.mark.parametrize("begins", ["1960-01-01", "9999-12-31"])
def test_a_moment_that_no_list_can_say_is_refused(
    run: Run, home: Home, begins: str
) -> None:
    result = run("add", "acme", "--zone", "north", "--from", begins)
    assert "--from or --days" in refusal(result, ConfigurationError)
    assert not home.draft_path.exists()


def test_a_zones_key_is_announced_within_its_epoch(run: Run, home: Home) -> None:
    late = f"{NOW + 500 * DAY:%Y-%m-%d}"
    message = refusal(run("add", "north", "--from", late), ConfigurationError)
    assert "epoch of zone north epoch 0 ends on" in message
    run("add", "north", "--from", f"{NOW - 90 * DAY:%Y-%m-%d}")
    [zone] = home.draft().zones
    assert zone.life.active_from == ZONE_KEY.public.not_before


@pytest.mark.parametrize("key", [KEY, ZONE_KEY, GATE_KEY, OWNER, OWNER.public])
def test_only_public_keys_are_listed(
    run: Run, home: Home, tmp_path: Path, key: AnyKey
) -> None:
    result = run("add", file_of(key, tmp_path))

    assert "not a public key that a trust list" in refusal(result, TrustListError)
    assert not home.draft_path.exists()


def test_a_namesake_is_not_listed_unasked(run: Run, home: Home, tmp_path: Path) -> None:
    """Issuers choose their own names, and names tie status lists to them."""
    run("add", "acme", "--zone", "north")
    other = file_of(new_issuer_key("acme", os.urandom).public, tmp_path)
    assert "--another-key" in refusal(run("add", other), TrustListError)
    assert len(home.draft().issuers) == 1
    assert run("add", other, "--another-key").exit_code == 0
    assert len(home.draft().issuers) == 2


def test_a_second_key_of_an_epoch_is_refused(run: Run, tmp_path: Path) -> None:
    run("add", "north")
    other = new_zone_key("north", 0, NOW, NOW + DAY, os.urandom)
    result = run("add", file_of(other.public, tmp_path), "--another-key")
    assert "two keys" in refusal(result, TrustListError)


def test_a_name_of_nothing_here_is_taken_for_a_file(run: Run) -> None:
    refusal(run("add", "nobody", "--zone", "north"), StorageError)


def test_a_zone_that_cannot_be_one_is_refused(run: Run, home: Home) -> None:
    refusal(run("add", "acme", "--zone", "../north"), ConfigurationError)
    message = refusal(run("add", "north", "--zone", "north"), ConfigurationError)
    assert "not for the key of zone north" in message
    assert not home.draft_path.exists()


def test_an_issuer_and_a_zone_of_one_name_are_told_apart(run: Run, home: Home) -> None:
    home.add_issuer(new_issuer_key("north", os.urandom), "urn:north")
    message = refusal(run("add", "north"), ConfigurationError)
    assert "name the file of the key" in message


def test_the_quick_path_of_an_owner_alone(run: Run, home: Home) -> None:
    home.add_root_key(OWNER)
    run("add", "acme", "--zone", "north")

    result = run("sign")

    assert result.exit_code == 0, result.exception
    assert "root document 1: signed by owner" in result.output
    assert "trust list 1: signed by owner" in result.output
    trust = home.trust_in_force(clock.now())
    assert trust.entries == home.draft()
    assert (trust.expires_at - trust.issued_at).days == 90
    checked = run("check")
    assert checked.exit_code == 0, checked.output
    assert "WRONG" not in checked.output
    assert "soon: the trust list expires" in checked.output
    run("sign", "--days", "200")
    assert home.trust().version == 2
    assert "soon" not in run("check").output


def test_without_a_root_key_nothing_is_signed(run: Run, home: Home) -> None:
    message = refusal(run("sign"), ConfigurationError)
    assert "keys new root" in message
    home.add_root_key(OWNER)
    home.add_root_key(new_root_key("other", os.urandom))
    assert "trust root init" in refusal(run("sign"), ConfigurationError)
    assert not home.root_path.exists()


def test_a_root_key_can_stay_on_a_stick(run: Run, home: Home, tmp_path: Path) -> None:
    key = file_of(OWNER, tmp_path)
    assert run("sign", "--key", key).exit_code == 0
    assert not (home.path / "root").exists()
    refusal(run("sign"), ConfigurationError)
    assert home.trust().version == 1


def test_two_owners_sign_one_after_the_other(
    run: Run, home: Home, tmp_path: Path
) -> None:
    home.add_root_key(OWNER)
    other = new_root_key("other", os.urandom)
    public = file_of(other.public, tmp_path)
    result = run("root", "init", "--add", public, "--threshold", "2")
    assert "still to be signed, by any of other" in result.output
    stick = file_of(other, tmp_path)
    pending = home.path / "root.pending.cose"

    result = run("sign", "--pending", str(pending), "--key", stick)

    assert "root document 1: signed by other, owner" in result.output
    assert "2 of: other, owner" in result.output
    assert "there; see: trust root change" in refusal(
        run("root", "init"), ConfigurationError
    )
    run("add", "acme", "--zone", "north")
    result = run("sign")
    pending = home.path / "trust.pending.cose"
    assert f"Wrote {pending}" in result.output
    checked = run("check", str(pending))
    assert checked.exit_code == 1
    assert "WRONG: 1 more owners have to sign it" in checked.output
    run("sign", "--pending", str(pending), "--key", stick)
    assert run("check").exit_code == 0


def test_an_owner_comes_and_an_owner_goes(run: Run, home: Home, tmp_path: Path) -> None:
    home.add_root_key(OWNER)
    run("add", "acme", "--zone", "north")
    run("sign")
    other = new_root_key("other", os.urandom)
    public, stick = file_of(other.public, tmp_path), tmp_path / "stick.json"
    stick.write_bytes(dump_key(other))
    stick.chmod(0o600)

    result = run("root", "change", "--add", public, "--key", str(stick))
    assert "root document 2: signed by other, owner" in result.output
    run("root", "change", "--remove", "owner", "--key", str(stick))

    assert [key.name for key in home.root().root.keys] == ["other"]
    checked = run("check")
    assert checked.exit_code == 1
    assert "signed by 0 of the 1 that it takes: nobody" in checked.output
    assert run("sign", "--key", str(stick)).exit_code == 0
    assert run("check").exit_code == 0
    assert "no owner is called mallory" in refusal(
        run("root", "change", "--remove", "mallory"), ConfigurationError
    )


def test_trust_lists_can_be_signed_by_others_than_root_documents(
    run: Run, home: Home, tmp_path: Path
) -> None:
    home.add_root_key(OWNER)
    run("sign")
    other = new_root_key("other", os.urandom)
    public = file_of(other.public, tmp_path)

    result = run("root", "change", "--add", public, "--signs", "trust")

    assert result.exit_code == 0, result.exception
    assert [key.name for key in home.root().root.keys] == ["owner"]
    assert [key.name for key in home.root().trust.keys] == ["other", "owner"]


def test_a_threshold_is_one_that_can_be_met(run: Run, home: Home) -> None:
    home.add_root_key(OWNER)
    message = refusal(run("root", "init", "--threshold", "2"), ConfigurationError)
    assert "threshold" in message


def test_the_fingerprint_is_the_same_wherever_it_is_shown(
    run: Run, home: Home, tmp_path: Path
) -> None:
    home.add_root_key(OWNER)
    run("sign")
    copy = tmp_path / "root.cose"
    copy.write_bytes(home.root_path.read_bytes())
    shown = run("root", "show").output
    assert home.root().digest.hex()[:8] in shown
    assert run("root", "show", str(copy)).output == shown
    copy.write_bytes(signed_root(root_document(OWNER)))
    assert run("root", "show", str(copy)).output != shown


def test_only_public_root_keys_make_owners(
    run: Run, home: Home, tmp_path: Path
) -> None:
    home.add_root_key(OWNER)
    result = run("root", "init", "--add", file_of(KEY.public, tmp_path))
    assert "not a public root key" in refusal(result, TrustListError)


def states(home: Home) -> list[State]:
    return [entry.life.state(clock.now()) for entry in home.draft().issuers]


def test_a_key_that_is_removed_makes_nothing_new(run: Run, home: Home) -> None:
    put_in_force(home, trusted(KEY.public, NOW - DAY, NOW + DAY, {"north"}))
    result = run("remove", "acme")
    assert "issuer acme: ending" in result.output
    assert states(home) == [State.ENDING]
    run("remove", "acme", "--now")
    assert states(home) == [State.ENDED]
    run("remove", KEY.public.identifier.hex(), "--compromised")
    assert states(home) == [State.COMPROMISED]
    assert home.trust().entries.issuers[0].life.state(NOW) is State.ACTIVE


def test_a_key_that_was_not_in_use_yet_is_taken_out(run: Run, home: Home) -> None:
    put_in_force(home, trusted(KEY.public, NOW + DAY, NOW + 2 * DAY, {"north"}))
    assert "taken out: issuer acme" in run("remove", "acme").output
    assert states(home) == []


def test_what_is_not_there_is_not_removed(run: Run, home: Home) -> None:
    assert "no 'acme' in the draft" in refusal(
        run("remove", "acme"), ConfigurationError
    )
    gate = Entry(GATE_KEY.public, LifeCycle.between(NOW - DAY, NOW + DAY))
    namesake = new_issuer_key("main", os.urandom).public
    put_in_force(home, gate, trusted(namesake, NOW - DAY, NOW + DAY, ()))
    message = refusal(run("remove", "main"), ConfigurationError)
    assert "issuer main and gate main; say the identifier" in message


def test_a_zone_is_removed_by_epoch_or_as_a_whole(run: Run, home: Home) -> None:
    run("add", "north")
    assert "zone north epoch 0" in run("remove", "north-0", "--compromised").output
    assert "zone north epoch 0" in run("remove", "north", "--compromised").output


def test_check_names_what_is_wrong(run: Run, home: Home) -> None:
    assert "no root document" in refusal(run("check"), ConfigurationError)
    put_in_force(home, at=NOW - 2 * DAY, expires_at=NOW - DAY)
    run("add", "acme", "--zone", "north")
    result = run("check")
    assert result.exit_code == 1
    assert "WRONG: it has expired" in result.output
    assert "WRONG: the draft says something else" in result.output
    ends = trusted(KEY.public, NOW - DAY, NOW + 20 * DAY, {"north"})
    put_in_force(home, ends, at=NOW + DAY)
    result = run("check")
    assert "WRONG: it was issued in the future" in result.output
    assert f"WRONG: issuer acme has no active key from {NOW + 20 * DAY:%F}" in (
        result.output
    )
    assert "soon: issuer acme makes nothing new from" in result.output
    assert f"cannot outlive {NOW + 20 * DAY:%F}" in result.output


def test_check_looks_at_the_root_document_too(run: Run, home: Home) -> None:
    home.save_root(
        root := root_document(OWNER, expires_at=datetime(2021, 1, 1, tzinfo=UTC)),
        signed_root(root),
    )
    home.add_root_key(OWNER)
    run("sign")
    result = run("check")
    assert "WRONG: the root document has expired" in result.output
    assert result.exit_code == 1
