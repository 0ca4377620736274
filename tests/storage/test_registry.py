"""The registry: what becomes of a pass, in both databases."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.errors import ConfigurationError, RegistryError, StorageError
from ostiary.storage.home import Home
from ostiary.storage.registry import open_registry
from ostiary.storage.registry.closing import Brought
from ostiary.storage.registry.database import open_engine
from ostiary.storage.registry.dump import dump, restore
from ostiary.storage.registry.hours import LATE, MOST_HOURS
from ostiary.storage.registry.own_reference import blind, open_own, seal_own
from ostiary.storage.registry.records import (
    RETENTION,
    PassState,
    Place,
    RevocationReason,
    check_own,
    own_octets,
)
from ostiary.storage.registry.registry import Registry
from tests.registries import AT, BY, CONSENT, DAY, KEY, wanted


@pytest.fixture
def registry(database: str) -> Registry:
    """A tenant of its own, with a list of 16 places."""
    registry = Registry.create(Place(database, uuid4().hex, KEY))
    registry.add_list("acme", "urn:acme", 16)
    return registry


def issued(registry: Registry, own: str | None = None) -> bytes:
    """A pass that was handed over."""
    reserved = registry.reserve(wanted(own), BY, os.urandom)
    registry.confirm(reserved.identifier, BY)
    return reserved.identifier


def bits(registry: Registry, number: int = 1) -> int:
    with registry.held("acme", number) as (_, said):
        return int.from_bytes(said, "little")


def test_a_pass_is_on_record_before_it_is_signed_and_confirmed_after(
    registry: Registry,
) -> None:
    reserved = registry.reserve(wanted(), BY, os.urandom)
    record = registry.record(reserved.identifier)
    assert record.state is PassState.RESERVED
    registry.confirm(reserved.identifier, BY)
    record = registry.record(reserved.identifier)
    assert record.state is PassState.ISSUED
    assert (record.uri, record.index) == ("urn:acme", reserved.index)
    assert (record.zones, record.consent) == (("north", "south"), CONSENT)
    assert (record.not_before, record.expires_at) == (AT, AT + 30 * DAY)
    with pytest.raises(RegistryError, match="not reserved any more"):
        registry.confirm(reserved.identifier, BY)


def test_a_revoked_pass_has_its_bit_and_is_revoked_once(registry: Registry) -> None:
    identifier = issued(registry)
    registry.revoke(identifier, RevocationReason.LOST, BY)
    record = registry.record(identifier)
    assert (record.state, record.reason) == (PassState.REVOKED, RevocationReason.LOST)
    assert bits(registry) == 1 << record.index
    with pytest.raises(RegistryError, match="was revoked before"):
        registry.revoke(identifier, RevocationReason.LOST, BY)
    with pytest.raises(RegistryError, match="knows no pass"):
        registry.revoke(bytes(16), RevocationReason.LOST, BY)


def test_the_old_pass_ends_with_the_new_one_s_confirmation_or_not_at_all(
    registry: Registry,
) -> None:
    old, new = issued(registry), registry.reserve(wanted(), BY, os.urandom)
    assert bits(registry) == 0
    registry.confirm(new.identifier, BY, renews=old)
    assert registry.record(old).reason is RevocationReason.RENEWED
    third = registry.reserve(wanted(), BY, os.urandom)
    with pytest.raises(RegistryError, match="was revoked before"):
        registry.confirm(third.identifier, BY, renews=old)
    assert registry.record(third.identifier).state is PassState.RESERVED


def test_every_place_is_handed_out_once_then_the_next_list_is_asked(
    registry: Registry,
) -> None:
    first = {registry.reserve(wanted(), BY, os.urandom).index for _ in range(16)}
    assert first == set(range(16))
    with pytest.raises(RegistryError, match="ostiary registry roll acme"):
        registry.reserve(wanted(), BY, os.urandom)
    assert registry.add_list("acme", "urn:acme:2", 8).number == 2
    assert registry.reserve(wanted(), BY, os.urandom).uri == "urn:acme:2"
    with pytest.raises(ConfigurationError, match="already"):
        registry.add_list("acme", "urn:acme", 8)


def test_an_issuer_without_a_list_is_named(registry: Registry) -> None:
    with pytest.raises(ConfigurationError, match="no issuer 'other'"):
        registry.reserve(replace(wanted(), issuer="other"), BY, os.urandom)


def test_an_index_is_revoked_as_its_pass(registry: Registry) -> None:
    identifier = issued(registry)
    index = registry.record(identifier).index
    for _ in range(2):
        registry.revoke_index("acme", 1, index, BY)
    assert registry.record(identifier).reason is RevocationReason.UNSPECIFIED
    with pytest.raises(RegistryError, match="never handed out"):
        registry.revoke_index("acme", 1, (index + 1) % 16, BY)
    with pytest.raises(RegistryError, match="no list 2"):
        registry.revoke_index("acme", 2, 0, BY)


def test_tenants_see_nothing_of_each_other(registry: Registry, database: str) -> None:
    identifier = issued(registry, "staff 7")
    other = Registry.create(Place(database, uuid4().hex, KEY))
    with pytest.raises(ConfigurationError, match="another one in the same database"):
        other.add_list("acme", "urn:acme", 16)
    other.add_list("acme", "urn:other", 16)
    assert other.find("staff 7") == []
    assert bits(other) == 0
    for act in (
        lambda: other.record(identifier),
        lambda: other.own(identifier),
        lambda: other.revoke(identifier, RevocationReason.LOST, BY),
        lambda: other.erase(identifier, BY),
    ):
        with pytest.raises(RegistryError, match="knows no pass"):
            act()
    assert other.prune(AT + 3650 * DAY) == 0
    assert registry.record(identifier).state is PassState.ISSUED


def test_an_own_reference_is_found_and_read_with_the_key_alone(
    registry: Registry,
) -> None:
    identifier = issued(registry, "staff 7")
    issued(registry)
    assert [each.identifier for each in registry.find("staff 7")] == [identifier]
    assert registry.own(identifier) == "staff 7"
    stranger = replace(registry, key=bytes(32))
    assert stranger.find("staff 7") == []
    with pytest.raises(StorageError, match=r"registry\.key"):
        stranger.own(identifier)


def test_withdrawing_takes_the_own_reference_at_once(registry: Registry) -> None:
    identifier = issued(registry, "staff 7")
    registry.revoke(identifier, RevocationReason.CONSENT_WITHDRAWN, BY)
    assert registry.find("staff 7") == []
    assert registry.own(identifier) is None
    assert registry.prune(AT) == 1
    assert bits(registry) != 0


@pytest.mark.parametrize("reason", RETENTION)
def test_a_record_is_kept_as_long_as_the_table_says(
    registry: Registry, reason: RevocationReason | None
) -> None:
    identifier, keep = issued(registry), RETENTION[reason]
    ends = registry.record(identifier).expires_at
    if reason is not None:
        registry.revoke(identifier, reason, BY)
        ends = AT
    if keep.days:
        assert registry.prune(ends + keep.time - timedelta(seconds=1)) == 0
    assert registry.prune(ends + keep.time) == 1
    with pytest.raises(RegistryError, match="knows no pass"):
        registry.record(identifier)
    assert registry.lists("acme")[0].taken == 1


def test_the_table_names_every_reason() -> None:
    assert set(RETENTION) == {None, *RevocationReason}


def test_an_erased_record_is_not_in_the_file_any_more(tmp_path: Path) -> None:
    place = Place.make(Home(tmp_path / "home"), None, "main", KEY)
    registry = Registry.create(place)
    registry.add_list("acme", "urn:acme", 64)
    identifier = issued(registry, "staff 7")
    file = tmp_path / "home" / "registry.sqlite"
    assert identifier in file.read_bytes()
    assert b"staff 7" not in file.read_bytes()
    registry.erase(identifier, BY)
    assert identifier not in file.read_bytes()
    assert bits(registry) != 0
    assert file.stat().st_mode & 0o77 == 0


def test_what_is_left_behind_is_found_after_an_hour(registry: Registry) -> None:
    reserved = registry.reserve(wanted(), BY, os.urandom)
    issued(registry)
    hour = timedelta(hours=1)
    assert registry.left_behind(AT + hour - timedelta(seconds=1)) == []
    [left] = registry.left_behind(AT + hour)
    assert left.identifier == reserved.identifier
    registry.revoke(left.identifier, RevocationReason.NEVER_HANDED_OVER, BY)
    assert registry.left_behind(AT + hour) == []


def test_only_what_nobody_was_handed_is_given_up(registry: Registry) -> None:
    living = issued(registry)
    assert not registry.give_up(living, BY)
    assert registry.record(living).state is PassState.ISSUED
    assert bits(registry) == 0
    reserved = registry.reserve(wanted(), BY, os.urandom).identifier
    assert registry.give_up(reserved, BY)
    record = registry.record(reserved)
    assert record.reason is RevocationReason.NEVER_HANDED_OVER
    assert bits(registry) == 1 << record.index
    assert not registry.give_up(reserved, BY)
    with pytest.raises(RegistryError, match="knows no pass"):
        registry.give_up(b"0" * 16, BY)


def test_totals_are_those_of_the_acts(registry: Registry) -> None:
    hour = timedelta(hours=1)
    first, second = issued(registry), issued(registry)
    registry.revoke(first, RevocationReason.LOST, BY)
    registry.revoke(second, RevocationReason.LOST, replace(BY, at=AT + hour))
    with pytest.raises(RegistryError):
        registry.revoke(second, RevocationReason.LOST, BY)
    late = AT + hour + LATE
    assert registry.due_hours(BY.desk, late - timedelta(seconds=1)) == []
    [due] = registry.due_hours(BY.desk, late)
    assert (due.hour.at, due.hour.issued, due.hour.revoked) == (AT, 2, 1)
    assert registry.due_hours(bytes(32), late) == []
    assert registry.begin_hour(BY.desk, due.hour, 5) == due.hour
    assert registry.due_hours(BY.desk, late)[0].entering == 5
    registry.end_hour(BY.desk, due.hour)
    assert registry.due_hours(BY.desk, late) == []


def test_an_act_whose_hour_is_being_entered_counts_in_the_next(
    registry: Registry,
) -> None:
    """After a clock was set back, say: a revocation does not wait."""
    hour, passes = timedelta(hours=1), [issued(registry) for _ in range(4)]
    for number in range(MOST_HOURS):
        registry.revoke(passes[number], RevocationReason.LOST, BY)
        due = registry.due_hours(BY.desk, AT + 9 * hour)
        assert [each.hour.at for each in due] == [
            AT + each * hour for each in range(number + 1)
        ]
        assert due[-1].hour.revoked == 1
        registry.begin_hour(BY.desk, due[-1].hour, 5)
    with pytest.raises(RegistryError, match="being entered"):
        registry.revoke(passes[3], RevocationReason.LOST, BY)
    assert registry.record(passes[3]).state is PassState.ISSUED


def test_a_home_is_connected_by_its_two_files(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with pytest.raises(ConfigurationError, match="ostiary registry init"):
        open_registry(home)
    place = Place.make(home, None, "main", KEY)
    Registry.create(place)
    place.connect(home)
    assert open_registry(home).tenant == "main"
    (home.path / "registry.sqlite").unlink()
    with pytest.raises(StorageError, match=r"registry\.sqlite"):
        open_registry(home)
    assert (home.path / "registry.sqlite").stat().st_mode & 0o77 == 0


@pytest.mark.parametrize(
    "text", ["", "url = 1", 'url = "x"', "\0", "tenant", "a = [[["]
)
def test_rubbish_in_the_settings_is_named(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path / "home")
    Place.make(home, None, "main", KEY).connect(home)
    (home.path / "registry.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"registry\.toml"):
        open_registry(home)


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "rubbish", "sqlite://", "sqlite:///:memory:", "://", ""]
)
def test_another_kind_of_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="registry"):
        Registry.create(Place(url, "main", KEY))


def test_a_damaged_or_foreign_file_is_told_without_its_content(tmp_path: Path) -> None:
    file = tmp_path / "registry.sqlite"
    file.write_bytes(b"secret" * 1000)
    with pytest.raises(StorageError, match="not a database"):
        Registry.connect(Place(f"sqlite:///{file}", "main", KEY))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://desk:secret@/x?host=/nonexistent",
        "postgresql://desk@/x?host=/nonexistent&password=secret",
    ],
)
def test_a_server_that_is_away_is_told_without_the_password(url: str) -> None:
    with pytest.raises(StorageError) as error:
        Registry.connect(Place(url, "main", KEY))
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://desk@server.example/x",
        "postgresql://desk@server.example/x?sslmode=require",
        "postgresql://desk@/x?host=server.example",
        "postgresql://desk@/x?host=/run&host=server.example",
        "postgresql://desk@/x?host=/run,server.example",
        "postgresql://desk@/x?service=elsewhere",
        "postgresql://desk@localhost/x?hostaddr=192.0.2.1",
        "postgresql://desk@server.example/x?sslmode=verify-full&sslmode=disable",
    ],
)
def test_a_server_elsewhere_is_spoken_to_over_tls_alone(url: str) -> None:
    with pytest.raises(ConfigurationError, match="sslmode=verify-full"):
        open_engine(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://desk@server.example/x?sslmode=verify-full",
        "postgresql://desk@localhost/x",
        "postgresql://desk@/x",
        "postgresql://desk@/x?host=/run/postgresql",
    ],
)
def test_over_tls_or_without_a_network_it_is_taken(url: str) -> None:
    assert open_engine(url).url.username == "desk"


def test_a_file_with_options_is_refused(tmp_path: Path) -> None:
    """Its owner would make another file private than the one that is written."""
    place = Place(f"sqlite:///{tmp_path}/registry.sqlite?timeout=1", "main", KEY)
    with pytest.raises(ConfigurationError, match="options"):
        Registry.create(place)
    assert not list(tmp_path.iterdir())


@given(st.text(max_size=40), st.binary(min_size=16, max_size=16))
def test_what_is_sealed_opens_for_its_pass_alone(own: str, identifier: bytes) -> None:
    try:
        check_own(own)
    except ValueError:
        return
    sealed = seal_own(own, KEY, identifier, os.urandom)
    assert len(sealed) == 60
    assert open_own(sealed, KEY, identifier) == own_octets(own).decode()
    other = bytes(octet ^ 1 for octet in identifier)
    with pytest.raises(StorageError):
        open_own(sealed, KEY, other)
    assert blind(own, KEY, "a") != blind(own, KEY, "b")


def test_a_backup_of_either_database_is_restored_in_a_file(
    registry: Registry, tmp_path: Path
) -> None:
    reserved = registry.reserve(wanted("staff 7"), BY, os.urandom)
    place = Place(f"sqlite:///{tmp_path}/copy.sqlite", registry.tenant, KEY)
    copy = Registry.create(place)
    addresses = {each.uri for each in registry.lists("acme")}
    restore(copy, list(dump(registry)), Brought([], addresses))
    assert copy.record(reserved.identifier) == registry.record(reserved.identifier)
    assert copy.own(reserved.identifier) == "staff 7"
    assert all(each.closed for each in copy.lists("acme"))


def test_a_server_that_falls_silent_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    psycopg = pytest.importorskip("psycopg")
    asked: dict[str, object] = {}

    def connect(**wanted: object) -> None:
        asked.update(wanted)
        raise psycopg.OperationalError("nobody is there")

    monkeypatch.setattr(psycopg, "connect", connect)
    with pytest.raises(StorageError, match="nobody is there"):
        Registry.connect(Place("postgresql://desk@localhost/x", "main", KEY))
    assert asked["tcp_user_timeout"] == 30_000
    assert asked["keepalives_idle"] == 10
