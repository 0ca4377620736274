"""Files under a passphrase: ours open with age, and age's with ours."""

import base64
from collections.abc import Callable

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.errors import StorageError, TrustListError
from ostiary.storage import age

SECRET = " ".join(("a passphrase", "of a test,", "with ü"))
CHUNK = 65_536

# What `pyrage` 1.4 made of b"content", with a work of 2**15.
OTHERS = base64.b64decode(
    "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCBDdXF1WVcxY0VYeDlqUWNDbFlwZ253IDE1"
    "ClJxNE1rZ2VJTVlnU2RISFpPY0YvOGZDTlkrWkprODk2TTZtbmVuWVFDcDAKLS0tIHpFckpnTkww"
    "cStIdmo3d3RSNnloQkttZWw0V2c5bWhnYVZ3ZVl2WFo2WlkKcyaOkpskzIshs+pQUmSxlSXVg559"
    "32s3tjbZH+68ONEvmrY5Us/3"
)


@pytest.fixture(autouse=True)
def little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not what a file is sealed with, but for one test: it takes a second."""
    monkeypatch.setattr(age, "WORK", 10)


@pytest.fixture(scope="module")
def sealed() -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(age, "WORK", 10)
        return age.seal(b"content", SECRET, lambda size: bytes(range(size)))


@pytest.mark.parametrize(
    "size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7]
)
def test_what_is_sealed_here_opens_here_and_elsewhere(
    size: int, randomness: Callable[[int], bytes]
) -> None:
    content = randomness(size)
    sealed = age.seal(content, SECRET, randomness)
    assert age.unseal(sealed, SECRET) == content
    assert pyrage.passphrase.decrypt(sealed, SECRET) == content


def test_what_others_seal_opens_here() -> None:
    assert age.unseal(OTHERS, SECRET) == b"content"


def test_a_file_is_sealed_with_as_much_work_as_age_asks_for(
    monkeypatch: pytest.MonkeyPatch, randomness: Callable[[int], bytes]
) -> None:
    monkeypatch.undo()
    sealed = age.seal(b"content", SECRET, randomness)
    assert sealed.split(b"\n")[1].endswith(b" 18")
    assert age.unseal(sealed, SECRET) == b"content"


@pytest.mark.parametrize("other", ["", "another", SECRET + " "])
def test_another_passphrase_opens_nothing(sealed: bytes, other: str) -> None:
    with pytest.raises(TrustListError, match="another passphrase, or it is damaged"):
        age.unseal(sealed, other)


def test_more_work_than_was_meant_is_refused(sealed: bytes) -> None:
    with pytest.raises(TrustListError, match="no file"):
        age.unseal(sealed.replace(b" 10\n", b" 21\n"), SECRET)


def test_too_little_memory_is_told(
    sealed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scrypt(*_values: object, **_named: object) -> object:
        raise MemoryError

    monkeypatch.setattr(age, "Scrypt", scrypt)
    with pytest.raises(StorageError, match="1 MiB of memory"):
        age.unseal(sealed, SECRET)


@given(st.data())
def test_no_bit_of_a_file_can_be_changed(sealed: bytes, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    changed = bytearray(sealed)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(TrustListError):
        age.unseal(bytes(changed), SECRET)


@given(st.data())
def test_a_file_cut_short_or_with_more_behind_is_refused(
    sealed: bytes, data: st.DataObject
) -> None:
    end = data.draw(st.integers(0, len(sealed) - 1))
    for changed in (sealed[:end], sealed + data.draw(st.binary(min_size=1))):
        with pytest.raises(TrustListError):
            age.unseal(changed, SECRET)


def test_a_last_chunk_of_nothing_is_refused(
    randomness: Callable[[int], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = age._chunks

    def one_too_many(total: int, length: int) -> object:
        return chunks(total + 1, length) if total == CHUNK else chunks(total, length)

    monkeypatch.setattr(age, "_chunks", one_too_many)
    sealed = age.seal(randomness(CHUNK), SECRET, randomness)
    monkeypatch.setattr(age, "_chunks", chunks)
    with pytest.raises(TrustListError):
        age.unseal(sealed, SECRET)


@given(st.binary(max_size=300))
def test_only_the_documented_error_comes_of_any_bytes(noise: bytes) -> None:
    for data in (noise, b"age-encryption.org/v1\n" + noise):
        with pytest.raises(TrustListError):
            age.unseal(data, SECRET)
