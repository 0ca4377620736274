"""A small file that is a secret of its owner's: read whole, changed under a lock."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from ostiary.errors import ConfigurationError
from ostiary.storage.files import (
    locked,
    make_private_directory,
    read_private,
    write_atomically,
)

_Content = TypeVar("_Content")


@dataclass(frozen=True, slots=True)
class PrivateFile(ABC, Generic[_Content]):
    """The file, which need not exist yet; what it holds is said by a class below.

    Every method may raise `StorageError` where the disk does not do it,
    `TrustListError` where others than its owner can get at the file, and
    `ConfigurationError` where what lies there is not in order.
    """

    path: Path

    @property
    @abstractmethod
    def most_bytes(self) -> int:
        """Longest file."""

    @abstractmethod
    def load(self, data: bytes) -> _Content:
        """What a file says.

        Raises:
            ConfigurationError: it is not in order.
        """

    @abstractmethod
    def dump(self, content: _Content) -> bytes:
        """The one form of the file."""

    @property
    @abstractmethod
    def nothing(self) -> _Content:
        """What it says where there is none."""

    def read(self) -> _Content:
        """What it says now."""
        if not os.path.lexists(self.path):
            return self.nothing
        try:
            return self.load(read_private(self.path, self.most_bytes))
        except ConfigurationError as error:
            raise ConfigurationError(f"{self.path}: {error}") from None

    def change(self, change: Callable[[_Content], _Content]) -> _Content:
        """Change it, and give back what it says then.

        Whatever `change` raises leaves it as it is.
        """
        make_private_directory(self.path.parent)
        with locked(self.path):
            content = change(self.read())
            write_atomically(self.path, self.dump(content), private=True)
        return content
