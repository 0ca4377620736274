"""Which authenticator an account opens with by hand: for the page that asks for it.

It says nothing of whether it may: that stands in the journal (docs/adr/0056).
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ostiary.credential.jsonfile import Members, read_object
from ostiary.errors import ConfigurationError, TrustListError
from ostiary.staff.accounts import MOST_ACCOUNTS, check_account_name
from ostiary.storage.files import (
    locked,
    make_private_directory,
    read_private,
    write_atomically,
)

MAX_BYTES: Final = 512 * 1024

MOST_IDENTIFIER_BYTES: Final = 1_023
"""Of a credential identifier (WebAuthn level 2, section 4); at least 16."""

LEAST_IDENTIFIER_BYTES: Final = 16

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class AuthenticatorsFile:
    """The file, which need not exist yet.

    Every method may raise `StorageError` where the disk does not do it,
    `TrustListError` where others than its owner can get at the file, and
    `ConfigurationError` where what lies there is not in order.
    """

    path: Path

    @classmethod
    def beside(cls, staff: Path) -> "AuthenticatorsFile":
        """That of the accounts in a file of staff."""
        return cls(staff.with_name("authenticators.json"))

    def read(self) -> Mapping[str, bytes]:
        """The credential identifier of each account's authenticator."""
        if not os.path.lexists(self.path):
            return MappingProxyType({})
        try:
            return load_authenticators(read_private(self.path, MAX_BYTES))
        except ConfigurationError as error:
            raise ConfigurationError(f"{self.path}: {error}") from None

    def put(self, account: str, identifier: bytes) -> None:
        """Let an account open with this authenticator, and with no other."""
        make_private_directory(self.path.parent)
        with locked(self.path):
            known = {**self.read(), account: identifier}
            data = dump_authenticators(known)
            load_authenticators(data)
            write_atomically(self.path, data, private=True)


def dump_authenticators(known: Mapping[str, bytes]) -> bytes:
    """The one form of the file: a JSON object, UTF-8, ending in a line feed."""
    rows = [
        {"account": account, "identifier": identifier.hex()}
        for account, identifier in sorted(known.items())
    ]
    content = {"version": _VERSION, "authenticators": rows}
    return (json.dumps(content, indent=2) + "\n").encode()


def load_authenticators(data: bytes) -> Mapping[str, bytes]:
    """Read the file.

    Raises:
        ConfigurationError: anything but what `dump_authenticators` writes.
    """
    try:
        members = read_object(data, MAX_BYTES)
        version = members.integer("version")
        rows = [_row(each) for each in members.objects("authenticators")]
        members.finish()
    except (TrustListError, ValueError) as error:
        raise ConfigurationError(f"no file of authenticators: {error}") from None
    known = dict(rows)
    if version != _VERSION or len(known) != len(rows) or len(rows) > MOST_ACCOUNTS:
        raise ConfigurationError(
            "no file of authenticators: another version, an account that stands "
            f"twice, or more than {MOST_ACCOUNTS}"
        )
    return MappingProxyType(known)


def _row(members: Members) -> tuple[str, bytes]:
    account = check_account_name(members.text("account"))
    identifier = bytes.fromhex(members.text("identifier"))
    members.finish()
    check_identifier(identifier)
    return account, identifier


def check_identifier(identifier: bytes) -> None:
    """Whether it can be one of a credential.

    Raises:
        ValueError: it has another length.
    """
    if not LEAST_IDENTIFIER_BYTES <= len(identifier) <= MOST_IDENTIFIER_BYTES:
        raise ValueError(
            f"a credential identifier has {LEAST_IDENTIFIER_BYTES} to "
            f"{MOST_IDENTIFIER_BYTES} bytes"
        )
