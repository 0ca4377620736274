import base64
import json
import multiprocessing
import os
import threading
import tracemalloc
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostiary.errors import OstiaryError, StorageError, TrustListError
from ostiary.storage.register import MAX_SIZE, SIZE, Entries, StatusRegister

URI = "urn:ostiary:acme"


@pytest.fixture
def register(tmp_path: Path) -> StatusRegister:
    return StatusRegister.create(tmp_path / "register.json", URI, 64)


def test_a_new_register_has_handed_out_and_revoked_nothing(tmp_path: Path) -> None:
    register = StatusRegister.create(tmp_path / "register.json", URI)
    entries = register.read()

    assert register.uri == URI
    assert entries.size == SIZE
    assert not entries.handed_out.any()
    assert register.bits() == bytes(SIZE // 8)


def test_it_is_compact_and_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "register.json"
    StatusRegister.create(path, URI)

    assert path.stat().st_size < 400
    assert path.stat().st_mode & 0o777 == 0o600


def test_even_the_largest_and_fullest_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "register.json"
    register = StatusRegister.create(path, URI, MAX_SIZE)
    rng = np.random.default_rng(1)
    handed_out, others = rng.integers(0, 256, (2, MAX_SIZE // 8), np.uint8)
    entries = Entries(URI, handed_out, handed_out & others)
    register._write(entries)

    assert register.read().bits == entries.bits
    assert entries.nth_free(entries.free - 1) > MAX_SIZE - 64


@given(st.binary(min_size=1, max_size=40), st.data())
def test_the_nth_free_index_is_the_one_that_counting_finds(
    handed_out: bytes, data: st.DataObject
) -> None:
    octets = np.frombuffer(handed_out, np.uint8)
    entries = Entries(URI, octets, np.zeros_like(octets))
    free = [index for index in range(entries.size) if not entries.is_handed_out(index)]

    assert entries.free == len(free)
    if free:
        number = data.draw(st.integers(0, len(free) - 1))
        assert entries.nth_free(number) == free[number]


def test_each_index_is_handed_out_once_until_the_register_is_full(
    register: StatusRegister,
) -> None:
    indices = [register.hand_out(os.urandom) for _ in range(64)]

    assert sorted(indices) == list(range(64))
    assert indices != sorted(indices)
    with pytest.raises(TrustListError, match="full"):
        register.hand_out(os.urandom)


def test_every_free_index_is_as_likely_as_any_other(register: StatusRegister) -> None:
    for _ in range(60):
        register.hand_out(os.urandom)
    before = register.read()
    free = [index for index in range(64) if not before.is_handed_out(index)]
    assert len(free) == 4

    for number, index in enumerate(free):
        drawn = (7 * 4 + number).to_bytes(16, "big")
        assert register.hand_out({16: drawn}.__getitem__) == index
        register._write(before)


def test_handing_out_is_quick_and_right_when_one_index_is_left(tmp_path: Path) -> None:
    register = StatusRegister.create(tmp_path / "register.json", URI)
    entries = register.read()
    handed_out = np.full_like(entries.handed_out, 0xFF)
    handed_out[77_777 // 8] ^= 1 << 77_777 % 8
    register._write(replace(entries, handed_out=handed_out))

    assert register.hand_out(os.urandom) == 77_777


def test_an_index_is_on_the_disk_before_it_is_returned(
    register: StatusRegister, tmp_path: Path
) -> None:
    index = register.hand_out(os.urandom)

    assert StatusRegister(tmp_path / "register.json").read().is_handed_out(index)


def test_what_cannot_be_written_is_not_handed_out(
    register: StatusRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(StorageError):
            register.hand_out(os.urandom)

    assert not register.read().handed_out.any()


def test_revoking_sets_the_bit_of_the_index_and_no_other(
    register: StatusRegister,
) -> None:
    indices = [register.hand_out(os.urandom) for _ in range(20)]
    register.revoke(indices[:3])
    register.revoke(indices[:1])

    bits = register.bits()

    revoked = [index for index in range(64) if bits[index // 8] >> index % 8 & 1]
    assert revoked == sorted(indices[:3])


def test_a_revoked_index_is_never_handed_out_again(register: StatusRegister) -> None:
    first = register.hand_out(os.urandom)
    register.revoke([first])

    assert first not in [register.hand_out(os.urandom) for _ in range(63)]


@pytest.mark.parametrize("wrong", [-1, 64, 2**70])
def test_an_index_that_is_none_is_not_revoked(
    register: StatusRegister, wrong: int
) -> None:
    with pytest.raises(TrustListError, match="never handed out"):
        register.revoke([wrong])


def test_all_are_revoked_or_none(register: StatusRegister) -> None:
    given_ = register.hand_out(os.urandom)

    with pytest.raises(TrustListError, match="never handed out"):
        register.revoke([given_, (given_ + 1) % 64])

    assert register.bits() == bytes(8)


def test_two_processes_never_get_the_same_index(tmp_path: Path) -> None:
    register = StatusRegister.create(tmp_path / "register.json", URI, 128)

    with multiprocessing.get_context("spawn").Pool(2) as pool:
        indices = pool.map(register.hand_out, [os.urandom] * 80, chunksize=10)

    assert len(set(indices)) == 80
    assert register.read().free == 48


def test_there_is_one_register_in_one_file(
    register: StatusRegister, tmp_path: Path
) -> None:
    register.hand_out(os.urandom)

    with pytest.raises(StorageError, match="not replaced"):
        StatusRegister.create(tmp_path / "register.json", URI, 64)

    assert register.read().free == 63


@pytest.mark.parametrize("size", [0, -8, 12, MAX_SIZE + 8])
def test_a_size_that_cannot_be_one_is_refused(tmp_path: Path, size: int) -> None:
    with pytest.raises(ValueError, match="holds"):
        StatusRegister.create(tmp_path / "register.json", URI, size)


@pytest.mark.parametrize("uri", ["", "urn:with space", "urn:ä", "u" * 257])
def test_an_address_that_cannot_be_one_is_refused(tmp_path: Path, uri: str) -> None:
    with pytest.raises(ValueError, match="address"):
        StatusRegister.create(tmp_path / "register.json", uri)


def test_a_register_that_is_not_there_is_not_made_up(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        StatusRegister(tmp_path / "missing.json").hand_out(os.urandom)


def deflated(bits: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(bits, 1)).decode().rstrip("=")


EMPTY = deflated(bytes(8))


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": True},
        {"size": 72},
        {"size": 56},
        {"size": 0},
        {"size": 10**12},
        {"size": "64"},
        {"uri": "two words"},
        {"uri": None},
        {"handed_out": ""},
        {"handed_out": "eJw"},
        {"handed_out": "!!!!"},
        {"handed_out": "ä"},
        {"handed_out": EMPTY[:-3]},
        {"handed_out": EMPTY + "AAAA"},
        {"revoked": deflated(b"\1" + bytes(7))},
        {"more": 1},
    ],
)
def test_a_register_with_one_thing_wrong_is_refused(
    register: StatusRegister, tmp_path: Path, change: dict[str, object]
) -> None:
    path = tmp_path / "register.json"
    content = json.loads(path.read_text())
    assert content["revoked"] == EMPTY
    path.write_text(json.dumps(content | change))

    with pytest.raises(TrustListError):
        register.read()


def test_bits_that_inflate_without_end_are_refused_early(
    register: StatusRegister, tmp_path: Path
) -> None:
    path = tmp_path / "register.json"
    bomb = {"handed_out": deflated(bytes(100 * 2**20))}
    path.write_text(json.dumps(json.loads(path.read_text()) | bomb))
    tracemalloc.start()
    try:
        with pytest.raises(TrustListError, match="does not fit"):
            register.read()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 10 * 2**20


@given(junk=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_junk_is_refused(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "junk.json").write_bytes(junk)

    with pytest.raises(OstiaryError):
        StatusRegister(tmp_path / "junk.json").read()


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_register_is_read_or_refused_and_nothing_else(
    tmp_path: Path, data: st.DataObject
) -> None:
    path = tmp_path / "damaged.json"
    path.unlink(missing_ok=True)
    register = StatusRegister.create(path, URI, 64)
    register.revoke([register.hand_out(bytes)])
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(
        st.integers(0, 255)
    )
    path.write_bytes(content)

    try:
        entries = register.read()
    except TrustListError:
        return
    assert entries.size == 64


def test_what_is_held_does_not_change_until_it_is_let_go(tmp_path: Path) -> None:
    """Two who publish at once do so one after the other, the later knowing more."""
    register = StatusRegister.create(tmp_path / "register.json", "urn:acme", 64)
    index = register.hand_out(bytes)
    revoking = threading.Thread(target=register.revoke, args=([index],))
    with register.held() as entries:
        revoking.start()
        revoking.join(0.2)
        assert revoking.is_alive()
        assert register.bits() == entries.bits
    revoking.join()
    with register.held() as entries:
        assert any(entries.bits)
