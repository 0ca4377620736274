"""The file of staff accounts: a secret of its owner's, read anew when it changed."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ostiary.errors import ConfigurationError
from ostiary.staff import MAX_BYTES, Accounts, dump_accounts, load_accounts
from ostiary.storage.files import (
    locked,
    make_private_directory,
    read_private,
    write_atomically,
)


@dataclass(frozen=True, slots=True)
class StaffFile:
    """The file, which need not exist yet.

    Every method may raise `StorageError` where the disk does not do it,
    `TrustListError` where others than its owner can get at the file, and
    `ConfigurationError` where what lies there is not in order.
    """

    path: Path

    def read(self) -> Accounts:
        """What it says; without a file, nobody."""
        if not os.path.lexists(self.path):
            return Accounts()
        try:
            return load_accounts(read_private(self.path, MAX_BYTES))
        except ConfigurationError as error:
            raise ConfigurationError(f"{self.path}: {error}") from None

    def change(self, change: Callable[[Accounts], Accounts]) -> Accounts:
        """Change it, and give back what it says then.

        Whatever `change` raises leaves it as it is.
        """
        make_private_directory(self.path.parent)
        with locked(self.path):
            accounts = change(self.read())
            write_atomically(self.path, dump_accounts(accounts), private=True)
        return accounts
