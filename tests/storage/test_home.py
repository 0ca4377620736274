import json
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import (
    Act,
    Entries,
    Entry,
    IssuerKey,
    LifeCycle,
    TrustedIssuer,
    ZoneKey,
    dump_key,
    new_issuer_key,
    new_root_key,
    new_zone_key,
)
from ostiary.errors import ConfigurationError, StorageError, TrustListError
from ostiary.storage.files import create_atomically
from ostiary.storage.home import Home, check_file_name
from tests.owner import (
    ROOT,
    put_in_force,
    signed_root,
    signed_trust,
    trust_list,
    trusted,
)

START = datetime(2026, 11, 21, tzinfo=UTC)
YEAR = timedelta(days=365)
URI = "urn:ostiary:acme"


def issuer_key(name: str = "acme", seed: int = 1) -> IssuerKey:
    return new_issuer_key(name, lambda size: bytes([seed]) * size)


def zone_key(zone: str = "north", epoch: int = 0) -> ZoneKey:
    seed = bytes([epoch % 251 + 1])
    return new_zone_key(zone, epoch, START, START + YEAR, lambda size: seed * size)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def modes(home: Home, pattern: str) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in home.path.glob(pattern)}


def test_without_a_choice_it_is_the_users_own_directory(tmp_path: Path) -> None:
    assert Home.at(None).path == platformdirs.user_data_path("ostiary")
    assert Home.at(tmp_path).path == tmp_path


def test_an_issuer_is_kept_and_found(home: Home) -> None:
    home.add_issuer(issuer_key(), URI)

    assert home.issuers() == ("acme",)
    assert home.issuer_keys("acme")[0].public == issuer_key().public
    assert home.issuer_public_keys("acme") == (issuer_key().public,)
    assert home.register("acme").uri == URI


def test_keys_of_a_zone_are_kept_and_found_by_epoch(home: Home) -> None:
    for epoch in (10, 2, 0):
        home.add_zone_key(zone_key(epoch=epoch))
    home.add_zone_key(zone_key("north-2", 7))

    assert home.zones() == ("north", "north-2")
    assert [key.epoch for key in home.zone_public_keys("north")] == [0, 2, 10]
    assert [key.public.epoch for key in home.zone_keys("north")] == [0, 2, 10]
    assert [key.epoch for key in home.zone_public_keys("north-2")] == [7]
    assert home.zone_public_keys("south") == ()
    assert [path.name for path in home.zone_key_paths("north")] == [
        "north-0.private.json",
        "north-2.private.json",
        "north-10.private.json",
    ]


def test_it_is_told_where_a_new_zones_private_key_lies(home: Home) -> None:
    path = home.add_zone_key(zone_key())

    assert path == home.path / "zones" / "north-0.private.json"
    assert path in home.zone_key_paths("north")


def test_directories_and_private_keys_are_their_owners_alone(home: Home) -> None:
    home.add_issuer(issuer_key(), URI)
    home.add_zone_key(zone_key())
    home.save_status_list("acme", b"token")

    directories = {stat.S_IMODE(home.path.stat().st_mode)} | modes(home, "*/")
    assert directories == {0o700}
    assert modes(home, "*/*.private.json") == {0o600}
    assert modes(home, "*/*.register.json") == {0o600}


def test_a_private_key_that_others_can_read_is_refused(home: Home) -> None:
    home.add_issuer(issuer_key(), URI)
    [path] = home.path.glob("issuer/*.private.json")
    path.chmod(0o640)

    with pytest.raises(TrustListError, match="chmod 600"):
        home.issuer_keys("acme")


def test_an_issuer_is_never_replaced(home: Home) -> None:
    home.add_issuer(issuer_key(seed=1), URI)

    with pytest.raises(StorageError, match="not replaced"):
        home.add_issuer(issuer_key(seed=2), URI)

    assert home.issuer_keys("acme")[0].public == issuer_key(seed=1).public


def test_a_zone_key_is_never_replaced(home: Home) -> None:
    home.add_zone_key(zone_key())

    with pytest.raises(StorageError, match="not replaced"):
        home.add_zone_key(zone_key())


def test_where_anothers_public_key_lies_no_private_one_is_made(home: Home) -> None:
    foreign = home.path / "issuer" / "acme.public.json"
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(dump_key(issuer_key(seed=2).public))

    with pytest.raises(StorageError, match="not replaced"):
        home.add_issuer(issuer_key(seed=1), URI)

    assert [path.name for path in foreign.parent.iterdir()] == ["acme.public.json"]
    assert home.issuer_public_keys("acme") == (issuer_key(seed=2).public,)


def test_a_wrong_status_address_leaves_nothing_behind(home: Home) -> None:
    with pytest.raises(ValueError, match="address"):
        home.add_issuer(issuer_key(), "two words")

    assert not home.path.exists()


def test_public_halves_from_elsewhere_are_enough_to_seal_to_a_zone(home: Home) -> None:
    (home.path / "zones").mkdir(parents=True)
    file = home.path / "zones" / "north-3.public.json"
    file.write_bytes(dump_key(zone_key(epoch=3).public))

    assert home.zone_public_keys("north") == (zone_key(epoch=3).public,)
    assert home.zone_keys("north") == ()


@pytest.mark.parametrize(("zone", "name"), [("other", "other-0"), ("north", "north-1")])
def test_a_key_under_another_name_than_its_own_is_refused(
    home: Home, zone: str, name: str
) -> None:
    (home.path / "zones").mkdir(parents=True)
    file = home.path / "zones" / f"{name}.public.json"
    file.write_bytes(dump_key(zone_key().public))

    with pytest.raises(TrustListError, match="another key"):
        home.zone_public_keys(zone)


def test_a_private_key_in_the_place_of_a_public_one_is_refused(home: Home) -> None:
    (home.path / "issuer").mkdir(parents=True)
    (home.path / "issuer" / "acme.public.json").write_bytes(dump_key(issuer_key()))

    with pytest.raises(TrustListError):
        home.issuer_public_keys("acme")


def test_files_that_are_no_keys_are_not_listed(home: Home) -> None:
    home.add_issuer(issuer_key(), URI)
    home.add_zone_key(zone_key())
    for stray in ("issuer/.hidden.public.json", "issuer/Acme.public.json"):
        (home.path / stray).touch()
    for stray in ("zones/north-01.public.json", "zones/north-x.public.json"):
        (home.path / stray).touch()

    assert home.issuers() == ("acme",)
    assert len(home.zone_public_keys("north")) == 1


def test_an_epoch_that_no_file_could_be_found_by_is_refused(home: Home) -> None:
    with pytest.raises(ConfigurationError, match="nine digits"):
        home.add_zone_key(zone_key(epoch=10**9))


def entry(name: str = "acme", seed: int = 1) -> TrustedIssuer:
    return trusted(issuer_key(name, seed).public, START, START + YEAR, {"north"})


def test_without_a_trust_list_there_is_a_next_step(home: Home) -> None:
    with pytest.raises(ConfigurationError, match="keys new root"):
        home.trust()
    home.save_root(ROOT, signed_root())
    with pytest.raises(ConfigurationError, match="trust sign"):
        home.trust()


def test_what_is_put_in_force_is_found(home: Home) -> None:
    home.save_root(ROOT, signed_root())
    home.save_trust(signed_trust(trust_list(entry())))
    assert home.root() == ROOT
    assert (home.path / "root.1.cose").read_bytes() == home.root_path.read_bytes()
    assert list(home.trust().entries) == [entry()]


def test_a_list_of_others_is_not_in_force(home: Home) -> None:
    home.save_root(ROOT, signed_root())
    stranger = new_root_key("owner", lambda size: b"\x01" * size)
    home.save_trust(signed_trust(trust_list(entry()), [stranger]))
    with pytest.raises(TrustListError, match="signed by 0 of the 1"):
        home.trust()


def test_a_list_that_has_expired_is_relied_upon_by_nobody(home: Home) -> None:
    home.save_root(ROOT, signed_root())
    home.save_trust(signed_trust(trust_list(entry(), expires_at=START)))
    assert home.trust_in_force(START - YEAR).version == 1
    with pytest.raises(TrustListError, match="trust sign"):
        home.trust_in_force(START)


def test_an_issuer_signs_with_its_newest_key_in_use(home: Home) -> None:
    home.add_issuer(issuer_key(seed=1), URI)
    second = home.add_issuer_key(issuer_key(seed=2))
    assert second.name == "acme.2.private.json"
    home.add_issuer_key(issuer_key(seed=3))
    life = LifeCycle(START, START + YEAR, START + 2 * YEAR)
    late = LifeCycle.between(START + YEAR, START + 3 * YEAR)
    lives = {1: life, 2: late}
    put_in_force(
        home,
        *(Entry(issuer_key(seed=n).public, life) for n, life in lives.items()),
    )

    def seed(act: Act, at: datetime) -> bytes:
        return home.issuer_key("acme", act, at).identifier

    first, other = (issuer_key(seed=n).identifier for n in (1, 2))
    assert seed(Act.ISSUE, START) == first
    assert seed(Act.ISSUE, START + YEAR) == other
    assert home.issuers() == ("acme",)
    assert home.only_issuer(None) == "acme"
    with pytest.raises(ConfigurationError, match="no key of issuer 'acme'"):
        home.issuer_key("acme", Act.ISSUE, START - YEAR)


def test_a_second_key_needs_a_first_one(home: Home) -> None:
    with pytest.raises(ConfigurationError, match="no issuer 'acme' here yet"):
        home.add_issuer_key(issuer_key())


def test_the_only_one_needs_no_name(home: Home) -> None:
    with pytest.raises(ConfigurationError, match="keys new issuer NAME"):
        home.only_issuer(None)
    home.add_issuer(issuer_key("one", 1), "urn:one")
    assert home.only_issuer(None) == home.only_issuer("one") == "one"
    home.add_issuer(issuer_key("two", 2), "urn:two")
    with pytest.raises(ConfigurationError, match="several issuers here; say --issuer"):
        home.only_issuer(None)
    with pytest.raises(ConfigurationError, match="no issuer 'three' here"):
        home.only_issuer("three")
    with pytest.raises(ConfigurationError, match="keys new zone NAME"):
        home.only_zone(None)


def test_changing_a_draft_several_times_at_once_loses_nothing(home: Home) -> None:
    entries = [entry(f"desk-{seed}", seed) for seed in range(8)]

    def add(one: TrustedIssuer) -> None:
        home.change_draft(lambda draft: draft.having(one))

    adders = [threading.Thread(target=add, args=(each,)) for each in entries]
    for adder in adders:
        adder.start()
    for adder in adders:
        adder.join()

    assert {each.key.identifier for each in home.draft()} == {
        each.key.identifier for each in entries
    }


def test_a_damaged_draft_is_refused_and_left_as_it_is(home: Home) -> None:
    home.path.mkdir()
    home.draft_path.write_text("{}")

    with pytest.raises(TrustListError):
        home.draft()
    with pytest.raises(TrustListError):
        home.change_draft(lambda draft: draft)

    assert json.loads(home.draft_path.read_text()) == {}


def test_what_no_list_can_say_is_not_drafted(home: Home) -> None:
    with pytest.raises(TrustListError, match="twice"):
        home.change_draft(lambda _: Entries(issuers=(entry(), entry())))
    assert not home.draft_path.exists()


def test_status_lists_are_kept_and_found(home: Home) -> None:
    assert home.status_paths() == ()

    home.save_status_list("beta", b"beta's")
    path = home.save_status_list("acme", b"acme's")
    home.save_status_list("acme", b"acme's newer")

    assert home.status_paths() == (path, path.with_name("beta.cwt"))
    assert path.read_bytes() == b"acme's newer"


UNSAFE = [
    "",
    "-acme",
    "Acme",
    "a" * 33,
    "../acme",
    "a/b",
    "a.b",
    "a b",
    "ä",
    "a\0",
    "a\n",
]


@pytest.mark.parametrize("name", UNSAFE)
def test_a_name_that_could_lead_elsewhere_is_refused(home: Home, name: str) -> None:
    for take in (
        home.issuer_keys,
        home.issuer_public_keys,
        home.register,
        home.zone_keys,
        home.zone_public_keys,
        home.zone_key_paths,
        lambda each: home.save_status_list(each, b""),
    ):
        with pytest.raises(ConfigurationError, match="cannot be a name"):
            take(name)

    assert not home.path.exists()


@pytest.mark.parametrize("name", ["../acme", "Acme", "a b"])
def test_a_key_of_an_unsafe_name_is_not_kept(home: Home, name: str) -> None:
    with pytest.raises(ConfigurationError):
        home.add_issuer(issuer_key(name), URI)
    with pytest.raises(ConfigurationError):
        home.add_zone_key(zone_key(name))

    assert not home.path.exists()


@given(st.from_regex(r"[a-z0-9][a-z0-9-]{0,31}", fullmatch=True))
def test_safe_names_stay_within_their_directory(name: str) -> None:
    assert check_file_name(name) == name
    assert (Path("/home") / name).resolve().parent == Path("/home")


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    safe = all("a" <= one <= "z" or "0" <= one <= "9" or one == "-" for one in text)
    if safe and 0 < len(text) <= 32 and text[0] != "-":
        assert check_file_name(text) == text
    else:
        with pytest.raises(ConfigurationError):
            check_file_name(text)


def test_half_a_key_is_never_left_behind(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A public half alone would have passes sealed to a key that nobody holds."""

    def full(path: Path, data: bytes, *, private: bool = False) -> None:
        if not private:
            raise StorageError("the disk is full")
        create_atomically(path, data, private=private)

    monkeypatch.setattr("ostiary.storage.home.create_atomically", full)
    with pytest.raises(StorageError, match="full"):
        home.add_issuer(issuer_key("acme"), "urn:acme")
    assert not list((home.path / "issuer").iterdir())
