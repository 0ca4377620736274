"""A gate whose owner signs settings starts on signed ones only."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from ostiary.config import load_config
from ostiary.credential import (
    Entry,
    FileKind,
    LifeCycle,
    ListedSettings,
    dump_key,
    new_gate_key,
    new_settings_key,
)
from ostiary.errors import TrustListError
from ostiary.gate.signed_settings import SettingsGuard
from ostiary.storage.file_signatures import signature_path, write_signature
from ostiary.storage.files import write_atomically

World: TypeAlias = Any  # tests/gate/conftest.py makes it
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
KEY = new_settings_key("owner", lambda size: b"\x01" * size)
OTHER = new_settings_key("other", lambda size: b"\x02" * size)
LIFE = LifeCycle(NOW - 10 * DAY, NOW + 10 * DAY, NOW + 20 * DAY)
LISTED: ListedSettings = Entry(KEY.public, LIFE)
CONTENT = b'zone = "north"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "gate.toml"
    path.write_bytes(CONTENT)
    return path


def check(
    file: Path,
    *listed: ListedSettings,
    gate: str | None = "north-door",
    at: datetime = NOW,
    content: bytes = CONTENT,
) -> None:
    SettingsGuard(listed, gate, at).check(file, content, FileKind.CONFIGURATION)


def test_without_a_settings_key_no_signature_is_asked_for(file: Path) -> None:
    check(file)


def test_a_signed_file_is_relied_upon(file: Path) -> None:
    write_signature(file, "north-door", NOW, KEY)
    check(file, LISTED)
    check(file, Entry(OTHER.public, LIFE), LISTED)


def test_naming_a_settings_key_refuses_files_without_a_signature(file: Path) -> None:
    with pytest.raises(TrustListError, match=r"signed files only: .*gate\.toml\.sig"):
        check(file, LISTED)


def test_a_file_is_judged_by_the_bytes_that_are_relied_upon(file: Path) -> None:
    write_signature(file, None, NOW, KEY)
    with pytest.raises(TrustListError, match="changed since"):
        check(file, LISTED, content=b'zone = "south"\n')


@pytest.mark.parametrize("gate", ["south-door", None])
def test_another_gates_file_is_refused(file: Path, gate: str | None) -> None:
    write_signature(file, "north-door", NOW, KEY)
    with pytest.raises(TrustListError, match="for the gate 'north-door'"):
        check(file, LISTED, gate=gate)


def test_a_key_that_is_not_listed_signs_nothing(file: Path) -> None:
    write_signature(file, None, NOW, OTHER)
    with pytest.raises(TrustListError, match="none that may sign settings"):
        check(file, LISTED)


def test_a_signature_that_is_damaged_is_refused(file: Path) -> None:
    signature_path(file).write_bytes(b"\xd2\x84")
    with pytest.raises(TrustListError, match="not the signature of a file"):
        check(file, LISTED)


@pytest.mark.parametrize(
    ("signed_at", "at", "counts"),
    [
        (NOW, NOW, True),
        (NOW, NOW + 15 * DAY, True),  # ending: what it signed before still counts
        (NOW + 11 * DAY, NOW + 15 * DAY, False),  # signed while it was ending
        (NOW, NOW + 20 * DAY, False),  # ended
        (NOW - 11 * DAY, NOW, False),  # signed before it was in use
        (NOW + timedelta(seconds=60), NOW, True),  # clocks differ
        (NOW + timedelta(seconds=61), NOW, False),
    ],
)
def test_a_signature_counts_by_the_life_of_its_key(
    file: Path, signed_at: datetime, at: datetime, *, counts: bool
) -> None:
    write_signature(file, None, signed_at, KEY)
    if counts:
        check(file, LISTED, at=at)
    else:
        with pytest.raises(TrustListError, match=r"did not count|in the future"):
            check(file, LISTED, at=at)


def test_a_compromised_key_still_asks_and_vouches_for_nothing(file: Path) -> None:
    write_signature(file, None, NOW, KEY)
    found = replace(LIFE, compromised_at=NOW + DAY)
    with pytest.raises(TrustListError, match="did not count"):
        check(file, Entry(KEY.public, found))


def test_a_gate_goes_by_the_name_of_its_own_key(world: World) -> None:
    settings = world.home.path / "gate.toml"
    assert SettingsGuard.of(load_config(settings).files, NOW).gate is None
    key = new_gate_key("north-door", world.randomness)
    private = world.home.path / "door.private.json"
    write_atomically(private, dump_key(key), private=True)
    named = settings.read_text().replace(
        "[files]", '[files]\ngate_key = "door.private.json"'
    )
    settings.write_text(named)
    assert SettingsGuard.of(load_config(settings).files, NOW).gate == "north-door"
