"""Backups: what is kept comes back, whole or not at all, and no index comes twice."""

import io
import tarfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.credential import (
    IssuerKey,
    StatusList,
    TokenKey,
    TokenUri,
    dump_key,
    new_issuer_key,
    new_zone_key,
    sign_status_list,
)
from ostiary.errors import (
    ConfigurationError,
    StorageError,
    TrustListError,
)
from ostiary.storage.backup import (
    MAX_BYTES,
    Backup,
    check,
    collect,
    lay_out,
    new_passphrase,
    read_archive,
    restored,
    write_archive,
)
from ostiary.storage.home import Home
from ostiary.storage.register import load_register

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SIZE = 64
ISSUER = new_issuer_key("acme", lambda size: b"\x01" * size)
ZONE = new_zone_key("north", 0, NOW, NOW + DAY, lambda size: b"\x02" * size)
REGISTER = "status/acme.register.json"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.add_issuer(ISSUER, "urn:acme", SIZE)
    home.add_zone_key(ZONE)
    return home


def issue(home: Home, drawn: Callable[[int], bytes]) -> int:
    return home.register("acme").hand_out(drawn)


def published(
    home: Home, key: IssuerKey = ISSUER, at: datetime = NOW, uri: str = "urn:acme"
) -> bytes:
    """The signed list of what the register says is revoked."""
    bits = home.register("acme").bits()
    return sign_status_list(StatusList("acme", uri, at, at + DAY, DAY, bits), key)


def laid_out(backup: Backup, folder: Path, *lists: bytes) -> Home:
    lay_out(restored(backup, lists, frozenset()), folder)
    return Home(folder)


def test_what_was_kept_comes_back(
    home: Home, tmp_path: Path, randomness: Callable[[int], bytes]
) -> None:
    issue(home, randomness)
    new = laid_out(collect(home), tmp_path / "new", published(home))
    assert [key.public for key in new.issuer_keys("acme")] == [ISSUER.public]
    assert [key.public for key in new.zone_keys("north")] == [ZONE.public]
    assert new.issuer_public_keys("acme") == (ISSUER.public,)
    modes = {path.stat().st_mode & 0o077 for path in new.path.rglob("*")}
    assert modes == {0}


def test_an_archive_is_one_that_tar_reads(home: Home) -> None:
    files = collect(home).files
    archive = write_archive(files)
    assert read_archive(archive) == files
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert set(tar.getnames()) == set(files)


def test_a_home_of_more_than_a_backup_holds_is_told() -> None:
    with pytest.raises(StorageError, match="at most"):
        write_archive({"status/acme.register.json": bytes(MAX_BYTES)})


def test_no_index_that_was_handed_out_after_the_backup_comes_twice(
    home: Home, tmp_path: Path, randomness: Callable[[int], bytes]
) -> None:
    issue(home, randomness)
    backup = collect(home)
    while home.register("acme").read().free:
        issue(home, randomness)
    new = laid_out(backup, tmp_path / "new", published(home))
    with pytest.raises(TrustListError, match="make a new issuer"):
        issue(new, randomness)


def test_what_was_revoked_after_the_backup_stays_revoked(
    home: Home, tmp_path: Path, randomness: Callable[[int], bytes]
) -> None:
    before, after, unsigned = (issue(home, randomness) for _ in range(3))
    home.register("acme").revoke([before])
    older = published(home)
    home.register("acme").revoke([unsigned])
    backup = collect(home)
    with pytest.raises(TrustListError, match="newest status list of acme"):
        restored(backup, (), frozenset())
    entries = load_register(restored(backup, [older], frozenset())[REGISTER])
    assert entries.bits == home.register("acme").bits()
    home.register("acme").revoke([after])
    newer = published(home, at=NOW + DAY)
    for lists in ([older, newer], [newer, older]):
        entries = load_register(restored(backup, lists, frozenset())[REGISTER])
        assert entries.bits == home.register("acme").bits()


def test_a_restored_register_revokes_what_it_never_knew(
    home: Home, tmp_path: Path, randomness: Callable[[int], bytes]
) -> None:
    backup = collect(home)
    index = issue(home, randomness)
    new = laid_out(backup, tmp_path / "new", published(home))
    new.register("acme").revoke([index])
    assert new.register("acme").bits()[index // 8] >> index % 8 & 1


def test_an_owner_may_say_that_an_issuer_never_signed_a_list(home: Home) -> None:
    files = restored(collect(home), (), frozenset({"acme"}))
    assert load_register(files[REGISTER]).free == 0


@pytest.mark.parametrize(
    ("token", "told"),
    [
        (lambda home: published(home, uri="urn:other"), "no register"),
        (
            lambda home: published(
                home, new_issuer_key("acme", lambda size: b"\x09" * size)
            ),
            "no issuer of this backup",
        ),
        (lambda _home: b"", "no issuer of this backup"),
        (lambda _home: b"x" * 5_000_000, "no issuer of this backup"),
        (
            lambda _home: sign_status_list(
                StatusList("acme", "urn:acme", NOW, NOW + DAY, DAY, bytes(1)), ISSUER
            ),
            "another size",
        ),
    ],
)
def test_a_list_that_is_not_the_registers_is_refused(
    home: Home, token: Callable[[Home], bytes], told: str
) -> None:
    with pytest.raises(TrustListError, match=told):
        restored(collect(home), [token(home)], frozenset())


def test_what_belongs_to_one_machine_and_what_others_have_stays_out(
    home: Home,
) -> None:
    home.high_water_path.write_text("{}")
    home.save_status_list("acme", published(home))
    with home.register("acme").held():
        files = collect(home).files
    assert sorted(files) == [
        "issuer/acme.private.json",
        "issuer/acme.public.json",
        REGISTER,
        "zones/north-0.private.json",
        "zones/north-0.public.json",
    ]


def test_a_key_on_a_token_is_named(home: Home) -> None:
    uri = TokenUri("/driver.so", "signs", b"", {"token": "desk"}, None)
    issuer = new_issuer_key("beta", lambda size: b"\x03" * size)
    home.add_issuer(TokenKey(issuer.public, uri), "urn:beta", SIZE)
    assert collect(home).on_tokens == ("issuer/beta.private.json",)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("../zones/north-0.private.json", dump_key(ZONE)),
        ("/etc/passwd", b""),
        ("zones/a/b.json", b""),
        ("zones/.hidden.json", b""),
        ("issuer/acme.private.json", dump_key(ISSUER.public)),
        ("issuer/acme.private.json", dump_key(ZONE)),
        ("issuer/acme.private.json", b"{}"),
        ("zones/north-0.public.json", b""),
        (REGISTER, b"{}"),
    ],
)
def test_nothing_is_made_of_a_backup_with_anything_wrong(
    home: Home, path: str, content: bytes
) -> None:
    with pytest.raises(TrustListError):
        check({**collect(home).files, path: content})


def test_a_directory_that_holds_anything_is_left_alone(home: Home) -> None:
    before = {path: path.read_bytes() for path in home.path.rglob("*.json")}
    with pytest.raises(StorageError, match="there already"):
        lay_out({"issuer/x.public.json": b"other"}, home.path)
    assert {path: path.read_bytes() for path in home.path.rglob("*.json")} == before


def test_a_directory_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        lay_out({"zones/x.json": b"", "zones/x.json/y": b""}, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_home_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nothing to back up"):
        collect(Home(tmp_path))


def archive_of(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for entry, content in entries:
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def odd_entry(kind: bytes) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo("zones/odd.json")
    entry.type, entry.linkname = kind, "/etc/passwd"
    return entry, b""


@pytest.mark.parametrize(
    "archive",
    [
        archive_of((tarfile.TarInfo("a.json"), b"1"), (tarfile.TarInfo("a.json"), b"")),
        *(
            archive_of(odd_entry(kind))
            for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE)
        ),
        b"",
        b"no archive",
    ],
)
def test_an_archive_of_anything_but_plain_files_is_refused(archive: bytes) -> None:
    with pytest.raises(TrustListError):
        read_archive(archive)


@given(st.binary(max_size=2_000), st.integers(0, 1_600))
def test_only_the_documented_error_comes_of_any_archive(noise: bytes, at: int) -> None:
    whole = archive_of((tarfile.TarInfo("a.json"), b"content"))
    for data in (noise, whole[:at], whole[:at] + noise[:1] + whole[at + 1 :]):
        with suppress(TrustListError):
            assert set(read_archive(data)) <= {"a.json"} or at < 100


def test_an_offered_passphrase_is_long_and_easy_to_read(
    randomness: Callable[[int], bytes],
) -> None:
    passphrase = new_passphrase(randomness)
    assert [len(group) for group in passphrase.split("-")] == [5] * 5
    assert not set("ilou") & set(passphrase)
    assert passphrase != new_passphrase(randomness)
