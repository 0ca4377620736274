"""Accounts of those who work at the pages, and the one form of the file they lie in."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeVar

from ostiary.credential.jsonfile import Members, read_object
from ostiary.errors import ConfigurationError, TrustListError
from ostiary.staff.passwords import check_verifier

MAX_BYTES: Final = 64 * 1024
"""Longest file, in bytes; an account takes about 200."""

MOST_ACCOUNTS: Final = 200

_VERSION: Final = 1
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_Word = TypeVar("_Word", bound=StrEnum)


class StaffRole(StrEnum):
    """What somebody may do at the pages."""

    ATTENDANT = "attendant"
    ISSUER = "issuer"
    OWNER = "owner"


class State(StrEnum):
    """Whether an account can be signed in to."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


def check_account_name(name: str) -> str:
    """The name of an account, given back when it can be one.

    Plain letters, so that no two names look alike.

    Raises:
        ValueError: it is not 1 to 32 lower-case letters, digits and hyphens, the first
            no hyphen.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            "the name of an account takes 1 to 32 lower-case letters, digits and "
            "hyphens, the first no hyphen"
        )
    return name


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in.

    Attributes:
        name: by `check_account_name`.
        role: what they may do.
        verifier: what is kept in place of the password; PHC form.
        state: whether it can be used.
    """

    name: str
    role: StaffRole
    verifier: str = field(repr=False)
    state: State = State.ACTIVE

    def __post_init__(self) -> None:
        """Check name and verifier.

        Raises:
            ValueError: one that cannot be.
        """
        check_account_name(self.name)
        check_verifier(self.verifier)

    @property
    def digest(self) -> bytes:
        """SHA-256 of all that is said of it, 32 bytes: another with any change.

        It stands in journals. Its salt keeps it from telling the name to whoever does
        not have the file.
        """
        said = json.dumps(_members_of(self), sort_keys=True)
        return hashlib.sha256(said.encode()).digest()


@dataclass(frozen=True, slots=True)
class Accounts:
    """All of them, in the order of their names."""

    all: tuple[Account, ...] = ()

    def __post_init__(self) -> None:
        """Hold them to their order.

        Raises:
            ValueError: a name twice, out of order, or too many.
        """
        names = [account.name for account in self.all]
        if names != sorted(set(names)):
            raise ValueError("accounts stand in the order of their names, each once")
        if len(names) > MOST_ACCOUNTS:
            raise ValueError(f"there are at most {MOST_ACCOUNTS} accounts")

    def __iter__(self) -> Iterator[Account]:
        return iter(self.all)

    def find(self, name: str) -> Account | None:
        """The account of that name, active or not."""
        return next((each for each in self.all if each.name == name), None)

    def active(self, name: str) -> Account | None:
        """The account of that name that can be signed in to."""
        found = self.find(name)
        return found if found is not None and found.state is State.ACTIVE else None

    def added(self, account: Account) -> "Accounts":
        """With one more.

        Raises:
            ConfigurationError: there is one of that name, or there are too many.
        """
        try:
            return Accounts(tuple(sorted((*self.all, account), key=lambda a: a.name)))
        except ValueError as error:
            raise ConfigurationError(str(error)) from None

    def changed(self, account: Account) -> "Accounts":
        """With that one in the place of the one of its name.

        Raises:
            ConfigurationError: there is none.
        """
        self.existing(account.name)
        return Accounts(
            tuple(account if each.name == account.name else each for each in self.all)
        )

    def without(self, name: str) -> "Accounts":
        """Without that one.

        Raises:
            ConfigurationError: there is none.
        """
        gone = self.existing(name)
        return Accounts(tuple(each for each in self.all if each is not gone))

    def existing(self, name: str) -> Account:
        """The account of that name.

        Raises:
            ConfigurationError: there is none.
        """
        found = self.find(name)
        if found is None:
            raise ConfigurationError(
                f"there is no account {name!r}; see: ostiary staff list"
            )
        return found


def dump_accounts(accounts: Accounts) -> bytes:
    """The file of all accounts: a JSON object, UTF-8, ending in a line feed."""
    content = {
        "version": _VERSION,
        "accounts": [_members_of(account) for account in accounts],
    }
    return (json.dumps(content, indent=1) + "\n").encode()


def load_accounts(data: bytes) -> Accounts:
    """Read the file of all accounts.

    Raises:
        ConfigurationError: anything but what `dump_accounts` says; the message never
            quotes the file.
    """
    try:
        members = read_object(data, MAX_BYTES)
        if members.integer("version") != _VERSION:
            raise ConfigurationError("accounts of a version that is not known")
        accounts = tuple(_read(each) for each in members.objects("accounts"))
        members.finish()
        return Accounts(accounts)
    except (TrustListError, ValueError) as error:
        raise ConfigurationError(f"accounts that cannot be read: {error}") from None


def _members_of(account: Account) -> dict[str, str]:
    return {
        "name": account.name,
        "role": account.role.value,
        "password": account.verifier,
        "state": account.state.value,
    }


def _read(members: Members) -> Account:
    account = Account(
        name=members.text("name"),
        role=_word(StaffRole, members, "role"),
        verifier=members.text("password"),
        state=_word(State, members, "state"),
    )
    members.finish()
    return account


def _word(kind: type[_Word], members: Members, name: str) -> _Word:
    try:
        return kind(members.text(name))
    except ValueError:
        # The enumeration's own message would quote what may be anything.
        raise ValueError(f"{name!r} is not of the list") from None
