"""Which authenticator an account opens with by hand: for the page that asks for it.

It says nothing of whether it may: that stands in the journal (docs/adr/0056).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from typing_extensions import override

from ostiary.credential.jsonfile import Members, read_object
from ostiary.errors import ConfigurationError, TrustListError
from ostiary.staff.accounts import MOST_ACCOUNTS, check_account_name
from ostiary.storage.private_file import PrivateFile

MAX_BYTES: Final = 512 * 1024

MOST_IDENTIFIER_BYTES: Final = 1_023
"""Of a credential identifier (WebAuthn level 2, section 4); at least 16."""

LEAST_IDENTIFIER_BYTES: Final = 16

_VERSION: Final = 1


class AuthenticatorsFile(PrivateFile[Mapping[str, bytes]]):
    """Of credential identifiers, by account; without a file, none."""

    __slots__ = ()

    most_bytes = MAX_BYTES
    nothing: Mapping[str, bytes] = MappingProxyType({})

    @classmethod
    def beside(cls, staff: Path) -> "AuthenticatorsFile":
        """That of the accounts in a file of staff."""
        return cls(staff.with_name("authenticators.json"))

    @override
    def load(self, data: bytes) -> Mapping[str, bytes]:
        return load_authenticators(data)

    @override
    def dump(self, content: Mapping[str, bytes]) -> bytes:
        data = dump_authenticators(content)
        load_authenticators(data)
        return data

    def put(self, account: str, identifier: bytes) -> None:
        """Let an account open with this authenticator, and with no other."""
        self.change(lambda known: {**known, account: identifier})


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
