"""Keys that were handed over to a gate, in its folder and on their way there."""

import errno
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ostiary.credential import (
    Entries,
    GateKey,
    LifeCycle,
    ZoneKey,
    ZonePublicKey,
    dump_key,
    hand_over,
    new_gate_key,
    new_zone_key,
)
from ostiary.errors import ConfigurationError, StorageError, TrustListError
from ostiary.storage.sync import Folder
from ostiary.storage.zone_keys import SealedKeys, read_gate_key, sealed_name
from tests.conftest import drawn
from tests.owner import listed

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
DRAW = drawn(b"zone keys")
GATE = new_gate_key("door", DRAW)


def zone_key(epoch: int, zone: str = "north") -> ZoneKey:
    return new_zone_key(zone, epoch, AT, AT + 90 * DAY, DRAW)


FIRST, SECOND = zone_key(0), zone_key(1)


@pytest.fixture
def sealed(tmp_path: Path) -> SealedKeys:
    """A gate's folder, empty."""
    (tmp_path / "gate").mkdir()
    return SealedKeys(tmp_path / "gate", GATE, "north")


@pytest.fixture
def stick(tmp_path: Path) -> Folder:
    (tmp_path / "stick").mkdir()
    return Folder(tmp_path / "stick")


def lay(folder: Path, key: ZoneKey, gate: GateKey = GATE, *, name: str = "") -> Path:
    """Lay a key there that was handed over to a gate."""
    path = folder / (name or sealed_name(key.public, gate.name))
    path.write_bytes(hand_over(key, (gate.public,), DRAW))
    return path


def taken(sealed: SealedKeys, *keys: ZoneKey) -> list[ZonePublicKey]:
    return [key.public for key in sealed.read(key.public for key in keys)]


def test_a_file_is_called_by_zone_epoch_and_gate() -> None:
    assert sealed_name(SECOND.public, "door") == "north-1.door.sealed"


@pytest.mark.parametrize("gate", ["", "../door", "a/b", "Door"])
def test_a_gate_that_could_lead_elsewhere_names_no_file(gate: str) -> None:
    with pytest.raises(ConfigurationError, match="lower-case"):
        sealed_name(FIRST.public, gate)
    with pytest.raises(ConfigurationError, match="lower-case"):
        sealed_name(replace(FIRST.public, zone="../north"), "door")


def test_the_keys_that_have_come_are_opened(sealed: SealedKeys) -> None:
    assert taken(sealed, FIRST, SECOND) == []
    lay(sealed.folder, SECOND)
    assert taken(sealed, FIRST, SECOND) == [SECOND.public]
    lay(sealed.folder, FIRST)
    assert taken(sealed, FIRST, SECOND) == [FIRST.public, SECOND.public]


def test_nothing_of_a_key_is_written(sealed: SealedKeys) -> None:
    lay(sealed.folder, FIRST)
    assert taken(sealed, FIRST)
    (path,) = sealed.folder.iterdir()
    assert FIRST.key.private_bytes_raw() not in path.read_bytes()


def test_a_key_that_the_list_does_not_name_is_refused(sealed: SealedKeys) -> None:
    # Anyone can seal a key to a gate, with a zone and an epoch of their choice.
    lay(sealed.folder, zone_key(0))
    with pytest.raises(TrustListError, match=r"north-0\.door\.sealed.*not the key"):
        taken(sealed, FIRST)


def test_an_epoch_in_anothers_place_is_refused(sealed: SealedKeys) -> None:
    lay(sealed.folder, SECOND, name="north-0.door.sealed")
    with pytest.raises(TrustListError, match="not the key"):
        taken(sealed, FIRST)


def test_another_gates_file_is_refused(sealed: SealedKeys) -> None:
    other = new_gate_key("yard", DRAW)
    lay(sealed.folder, FIRST, other, name="north-0.door.sealed")
    with pytest.raises(TrustListError, match="not sealed to the key of gate 'door'"):
        taken(sealed, FIRST)


def test_a_link_that_leads_nowhere_is_not_taken_for_a_missing_file(
    sealed: SealedKeys,
) -> None:
    (sealed.folder / "north-0.door.sealed").symlink_to("nowhere")
    with pytest.raises(StorageError):
        taken(sealed, FIRST)


def test_what_the_list_says_decides_which_keys_are_wanted(sealed: SealedKeys) -> None:
    ended = LifeCycle(AT, AT + DAY, AT + 2 * DAY)
    stolen = replace(ended, compromised_at=AT)
    entries = Entries(
        zones=(
            listed(FIRST),
            replace(listed(SECOND), life=ended),
            replace(listed(zone_key(2)), life=stolen),
            listed(zone_key(0, "south")),
        )
    )
    assert [key.epoch for key in sealed.listed(entries)] == [0, 1, 2]
    assert [key.epoch for key in sealed.wanted(entries, AT - DAY)] == [0, 1]
    assert [key.epoch for key in sealed.wanted(entries, AT + DAY)] == [0, 1]
    assert [key.epoch for key in sealed.wanted(entries, AT + 2 * DAY)] == [0]


def test_of_keys_that_count_no_more_what_cannot_be_opened_is_left(
    sealed: SealedKeys,
) -> None:
    lay(sealed.folder, FIRST, new_gate_key("yard", DRAW), name="north-0.door.sealed")
    lay(sealed.folder, SECOND)
    keys = [FIRST.public, SECOND.public, zone_key(2).public]
    assert [key.public for key in sealed.read_past(keys)] == [SECOND.public]


def test_a_stick_brings_a_key_once(sealed: SealedKeys, stick: Folder) -> None:
    lay(stick.path, FIRST)
    assert sealed.sync(FIRST.public, stick)
    assert taken(sealed, FIRST) == [FIRST.public]
    assert not sealed.sync(FIRST.public, stick)


def test_a_key_that_is_here_need_not_be_on_the_stick(
    sealed: SealedKeys, stick: Folder
) -> None:
    with pytest.raises(StorageError):
        sealed.sync(FIRST.public, stick)
    lay(sealed.folder, FIRST)
    assert not sealed.sync(FIRST.public, stick)
    sealed.path(FIRST.public).write_bytes(b"damaged")
    with pytest.raises(StorageError):
        sealed.sync(FIRST.public, stick)


@pytest.mark.parametrize("wrong", ["half", "forged", "another gate's", "too long"])
def test_what_is_not_that_key_does_not_take_its_place(
    sealed: SealedKeys, stick: Folder, wrong: str
) -> None:
    there = lay(sealed.folder, FIRST).read_bytes()
    path = lay(stick.path, FIRST if wrong == "half" else zone_key(0))
    if wrong == "half":
        path.write_bytes(path.read_bytes()[:-40])
    if wrong == "another gate's":
        lay(stick.path, FIRST, new_gate_key("yard", DRAW), name=path.name)
    if wrong == "too long":
        path.write_bytes(bytes(5000))
        assert not sealed.sync(FIRST.public, stick)
    else:
        with pytest.raises(TrustListError):
            sealed.sync(FIRST.public, stick)
    assert sealed.path(FIRST.public).read_bytes() == there


def test_a_full_disk_leaves_the_key_that_is_here(
    sealed: SealedKeys, stick: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    there = lay(sealed.folder, FIRST).read_bytes()
    lay(stick.path, FIRST)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="No space left"):
            sealed.sync(FIRST.public, stick)
    assert sealed.path(FIRST.public).read_bytes() == there


def test_a_gates_key_is_read_from_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "door.private.json"
    path.write_bytes(dump_key(GATE))
    path.chmod(0o644)
    with pytest.raises(TrustListError, match="chmod 600"):
        read_gate_key(path)
    path.chmod(0o600)
    assert read_gate_key(path).public == GATE.public
    for other in (GATE.public, FIRST):
        path.write_bytes(dump_key(other))
        with pytest.raises(TrustListError, match="not the private key of a gate"):
            read_gate_key(path)
