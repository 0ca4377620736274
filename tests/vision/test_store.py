import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from ostiary.errors import ModelError
from ostiary.vision.catalogue import (
    CARDS,
    ModelCard,
    ModelFile,
    RegistryArchive,
    RegistryWheel,
    Web,
)
from ostiary.vision.store import ModelStore, Standing

CONTENT = b"weights"
FILE = ModelFile("net.onnx", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
CARD = ModelCard(
    name="net",
    job="a test",
    licence="none",
    training="none",
    folder="nets",
    source=Web("https://models.invalid/nets/"),
    files=(FILE,),
)


def no_progress(file: str, done: int, total: int) -> None:
    raise AssertionError("nothing was to be fetched")


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "given", tmp_path / "cache", cards=(CARD,))


def put(root: Path | None, content: bytes = CONTENT) -> Path:
    assert root is not None
    path = root / CARD.folder / FILE.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_file_of_the_given_directory_comes_first(store: ModelStore) -> None:
    given = put(store.directory)
    put(store.cache)
    assert store.path("net", "net.onnx") == given
    assert store.locate("net", "net.onnx") == given
    assert store.read("net", "net.onnx") == CONTENT


def test_the_cache_serves_what_the_directory_lacks(store: ModelStore) -> None:
    cached = put(store.cache)
    assert store.path("net", "net.onnx") == cached
    assert replace(store, directory=None).path("net", "net.onnx") == cached


def test_a_missing_file_is_an_error_that_says_what_to_do(store: ModelStore) -> None:
    assert store.locate("net", "net.onnx") is None
    assert store.verify("net") == {"net.onnx": Standing.MISSING}
    with pytest.raises(ModelError, match=r"ostiary models pull net.*nets/net\.onnx"):
        store.read("net", "net.onnx")


def test_a_file_that_is_too_long_is_not_even_read(store: ModelStore) -> None:
    path = put(store.directory, CONTENT + b".")
    with pytest.raises(ModelError) as caught:
        store.read("net", "net.onnx")
    assert str(caught.value) == f"{path}: expected 7 bytes, found 8"


@pytest.mark.parametrize("content", [b"", b"weight5"])
def test_a_wrong_digest_is_never_handed_out(store: ModelStore, content: bytes) -> None:
    path = put(store.directory, content)
    put(store.cache)
    found = hashlib.sha256(content).hexdigest()
    expected = f"{path}: expected sha256 {FILE.sha256}, found {found}"
    for take in (store.read, store.path):
        with pytest.raises(ModelError) as caught:
            take("net", "net.onnx")
        assert str(caught.value) == expected
    assert store.verify("net") == {"net.onnx": Standing.WRONG_DIGEST}


def test_an_unreadable_file_is_no_crash(store: ModelStore) -> None:
    path = put(store.directory)
    path.unlink()
    path.symlink_to(path)
    put(store.cache)
    assert store.read("net", "net.onnx") == CONTENT


def test_unknown_names_are_refused(store: ModelStore) -> None:
    with pytest.raises(ModelError, match="known: net"):
        store.read("other", "net.onnx")
    with pytest.raises(ModelError, match="has no file"):
        store.read("net", "other.onnx")


def test_pulling_what_is_there_fetches_nothing(store: ModelStore) -> None:
    put(store.directory)
    store.pull("net", no_progress)
    assert not store.cache.exists()


def test_pulling_does_not_hide_a_wrong_file_in_the_given_directory(
    store: ModelStore,
) -> None:
    path = put(store.directory, b"altered")
    with pytest.raises(ModelError, match="expected sha256"):
        store.pull("net", no_progress)
    assert path.read_bytes() == b"altered"


def test_every_card_is_complete() -> None:
    assert len({card.name for card in CARDS}) == len(CARDS)
    for card in CARDS:
        assert card.files
        assert card.size == sum(file.size for file in card.files)
        assert all(len(file.sha256) == 64 and file.size > 0 for file in card.files)


def test_every_address_is_https_and_every_archive_pinned() -> None:
    for card in CARDS:
        match card.source:
            case Web(folder):
                assert folder.startswith("https://")
                assert folder.endswith("/")
            case RegistryArchive(_, version, sha256, folder):
                assert len(sha256) == 64
                assert version in folder
                assert folder.endswith("/")
            case RegistryWheel(sha256=sha256, folder=folder):
                assert len(sha256) == 64
                assert folder.endswith("/")


def test_the_points_that_forbid_commercial_use_are_not_in_the_catalogue() -> None:
    assert not any("68" in file.name for card in CARDS for file in card.files)
