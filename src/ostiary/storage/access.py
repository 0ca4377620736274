"""The file of a desk's access tokens: a secret of its owner's, read at each request.

So one that was revoked is out at once.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ostiary.errors import ConfigurationError
from ostiary.staff.access import MAX_BYTES, AccessTokens, dump_tokens, load_tokens
from ostiary.storage.files import (
    locked,
    make_private_directory,
    read_private,
    write_atomically,
)


@dataclass(frozen=True, slots=True)
class AccessFile:
    """The file, which need not exist yet.

    Every method may raise `StorageError` where the disk does not do it,
    `TrustListError` where others than its owner can get at the file, and
    `ConfigurationError` where what lies there is not in order.
    """

    path: Path

    def read(self) -> AccessTokens:
        """What it says; without a file, no token."""
        if not os.path.lexists(self.path):
            return AccessTokens()
        try:
            return load_tokens(read_private(self.path, MAX_BYTES))
        except ConfigurationError as error:
            raise ConfigurationError(f"{self.path}: {error}") from None

    def change(self, change: Callable[[AccessTokens], AccessTokens]) -> AccessTokens:
        """Change it, and give back what it says then.

        Whatever `change` raises leaves it as it is.
        """
        make_private_directory(self.path.parent)
        with locked(self.path):
            tokens = change(self.read())
            write_atomically(self.path, dump_tokens(tokens), private=True)
        return tokens
