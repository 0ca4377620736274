"""Owners sign: alone, or one after the other by a file that travels."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ostiary.credential import (
    Entries,
    RootDocument,
    RootKey,
    new_issuer_key,
    new_root_key,
    read_drawn_up_trust,
)
from ostiary.errors import ConfigurationError, StorageError, TrustListError
from ostiary.storage.home import Home
from ostiary.storage.owner import read_root_key, sign_pending, sign_root, sign_trust
from tests.owner import root_document, signed_trust, trust_list, trusted

AT = datetime(2026, 11, 21, tzinfo=UTC)
DAY = timedelta(days=1)
ALICE, BOB, CAROL = (
    new_root_key(name, os.urandom) for name in ("alice", "bob", "carol")
)
ALONE = RootDocument.alone(ALICE.public, AT, AT + 900 * DAY)
TWO = root_document(ALICE, BOB, CAROL, threshold=2)
ISSUER = new_issuer_key("acme", os.urandom).public


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "alice")


@pytest.fixture
def other(tmp_path: Path) -> Home:
    """The home of another owner."""
    return Home(tmp_path / "bob")


def draft(home: Home, days: int = 10) -> None:
    entry = trusted(ISSUER, AT, AT + days * DAY, {"north"})
    home.change_draft(lambda _: Entries.of([entry]))


def sign(home: Home, *keys: RootKey, days: int = 90) -> bool:
    return sign_trust(home, keys, AT, AT + days * DAY).in_force


def test_an_owner_alone_signs_one_list_after_the_other(home: Home) -> None:
    assert sign_root(home, ALONE, [ALICE]).in_force
    for version in (1, 2, 3):
        draft(home, days=version)
        assert sign(home, ALICE)
        assert home.trust().version == version
        assert home.trust().entries == home.draft()
        assert home.trust().root_version == 1


def test_nobody_else_signs(home: Home) -> None:
    with pytest.raises(ConfigurationError, match="it takes keys of alice"):
        sign_root(home, ALONE, [BOB])
    assert not home.root_path.exists()
    sign_root(home, ALONE, [ALICE])
    with pytest.raises(ConfigurationError, match="it takes keys of alice"):
        sign(home, BOB)
    with pytest.raises(ConfigurationError, match="--key FILE"):
        sign(home)
    assert not home.trust_path.exists()


def test_without_a_root_document_nothing_is_signed(home: Home) -> None:
    with pytest.raises(ConfigurationError, match="no root document"):
        sign(home, ALICE)


def test_a_first_root_document_travels_until_enough_have_signed(
    home: Home, other: Home
) -> None:
    begun = sign_root(home, TWO, [ALICE])
    assert not begun.in_force
    assert (begun.signers, begun.others) == (["alice"], ["bob", "carol"])
    assert not home.root_path.exists()

    ended = sign_pending(other, begun.path, [BOB])

    assert ended.in_force
    assert ended.signers == ["alice", "bob"]
    assert ended.digest == begun.digest
    assert other.root() == TWO
    assert sign_pending(home, begun.path, []).in_force
    assert home.root() == TWO
    assert not begun.path.exists()


def test_a_list_travels_until_enough_have_signed(home: Home, other: Home) -> None:
    for each in (home, other):
        sign_root(each, TWO, [ALICE, BOB])
    draft(home)
    assert not sign(home, ALICE)
    [path] = home.path.glob("*.pending.cose")
    assert not home.trust_path.exists()

    assert sign_pending(other, path, [CAROL]).signers == ["alice", "carol"]

    assert other.trust().entries == home.draft()
    assert sign_pending(home, path, []).in_force
    assert home.trust() == other.trust()
    assert not path.exists()


def test_no_version_is_given_out_twice(home: Home) -> None:
    sign_root(home, TWO, [ALICE, BOB])
    draft(home)
    sign(home, ALICE)
    [path] = home.path.glob("*.pending.cose")
    first = path.read_bytes()
    draft(home, days=20)
    sign(home, ALICE)
    assert read_drawn_up_trust(path.read_bytes())[1].version == 2
    assert sign(home, ALICE, BOB)
    assert home.trust().version == 3

    path.write_bytes(first)
    with pytest.raises(TrustListError, match="trust list 1 is older"):
        sign_pending(home, path, [BOB])
    assert home.trust().version == 3


def test_the_next_root_document_takes_the_old_owners_too(
    home: Home, tmp_path: Path
) -> None:
    sign_root(home, ALONE, [ALICE])
    following = root_document(BOB, version=2)
    begun = sign_root(home, following, [BOB])
    assert begun.others == ["alice"]
    assert home.root() == ALONE
    assert sign_pending(home, begun.path, [ALICE]).in_force
    assert home.root() == following
    assert (home.path / "root.1.cose").exists()
    assert (home.path / "root.2.cose").read_bytes() == home.root_path.read_bytes()


def test_a_root_document_follows_the_one_that_is_there(home: Home, other: Home) -> None:
    sign_root(home, ALONE, [ALICE])
    for version in (1, 3):
        with pytest.raises(TrustListError, match="does not follow 1"):
            sign_root(home, root_document(ALICE, version=version), [ALICE])
    with pytest.raises(ConfigurationError, match="lay the root document before 2 down"):
        sign_root(other, root_document(ALICE, version=2), [ALICE])


def test_a_list_of_former_owners_gives_way(home: Home) -> None:
    sign_root(home, ALONE, [ALICE])
    draft(home)
    sign(home, ALICE)
    sign_root(home, root_document(BOB, version=2), [ALICE, BOB])
    with pytest.raises(TrustListError, match="signed by 0 of the 1"):
        home.trust()
    assert sign(home, BOB)
    assert home.trust().root_version == 2


def test_versions_begin_anew_under_each_root_document(home: Home) -> None:
    """So a thief of the trust keys who counts to the end keeps nobody from going on."""
    sign_root(home, ALONE, [ALICE])
    last = trust_list(version=2**64 - 1)
    home.save_trust(signed_trust(last, [ALICE]))
    with pytest.raises(TrustListError, match="64 bits"):
        sign(home, ALICE)
    sign_root(home, root_document(BOB, version=2), [ALICE, BOB])
    assert sign(home, BOB)
    assert home.trust().version == 1


def test_what_waits_is_kept_when_an_older_list_comes_in_force(
    home: Home, tmp_path: Path
) -> None:
    sign_root(home, TWO, [ALICE, BOB])
    draft(home)
    sign(home, ALICE)
    [path] = home.path.glob("*.pending.cose")
    first = tmp_path / "first.cose"
    first.write_bytes(path.read_bytes())
    draft(home, days=20)
    sign(home, ALICE)
    assert sign_pending(home, first, [BOB]).in_force
    assert home.trust().version == 1
    assert read_drawn_up_trust(path.read_bytes())[1].version == 2
    assert sign_pending(home, path, [BOB]).in_force
    assert home.trust().version == 2


def test_a_draft_that_could_not_be_read_again_is_not_written(home: Home) -> None:
    draft(home)
    before = home.draft_path.read_bytes()
    zones = {f"{number:060}" for number in range(4000)}
    entry = trusted(ISSUER, AT, AT + DAY, zones)
    with pytest.raises(TrustListError, match="longer than"):
        home.change_draft(lambda _: Entries.of([entry]))
    assert home.draft_path.read_bytes() == before


def test_junk_is_not_signed(home: Home, tmp_path: Path) -> None:
    sign_root(home, ALONE, [ALICE])
    path = tmp_path / "junk.cose"
    path.write_bytes(b"junk")
    with pytest.raises(TrustListError):
        sign_pending(home, path, [ALICE])
    with pytest.raises(StorageError):
        sign_pending(home, tmp_path / "nothing.cose", [ALICE])


def test_a_root_key_comes_from_a_file_of_its_owners_alone(home: Home) -> None:
    path = home.add_root_key(ALICE)
    assert read_root_key(path).public == ALICE.public
    assert [key.name for key in home.root_keys()] == ["alice"]
    public = path.with_name("alice.public.json")
    public.chmod(0o600)
    with pytest.raises(TrustListError, match="not a private root key"):
        read_root_key(public)
    path.chmod(0o644)
    with pytest.raises(TrustListError, match="chmod 600"):
        read_root_key(path)
