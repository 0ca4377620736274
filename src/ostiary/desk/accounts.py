"""What owners do to accounts of staff, whether by a command or at a page.

Every act is entered in the journal first, with the file of accounts locked, and what
cannot be entered is not done.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias

from ostiary.errors import ConfigurationError
from ostiary.journal import OwnerAct, OwnerActKind
from ostiary.staff import (
    Account,
    Accounts,
    StaffRole,
    State,
    check_account_name,
    check_new_password,
)
from ostiary.storage.staff import StaffFile

_Changed: TypeAlias = tuple[Accounts, Account]
"""All accounts as they are to be, and the one that it is about."""

Enter: TypeAlias = Callable[[OwnerAct], object]
"""Enters what is about to be done; whatever it raises leaves all as it is."""

_STATES: Final = {
    State.SUSPENDED: OwnerActKind.STAFF_SUSPENDED,
    State.ACTIVE: OwnerActKind.STAFF_REINSTATED,
}


@dataclass(frozen=True, slots=True)
class AccountKeeper:
    """Who may sign in to the pages, as somebody says it who may.

    Every method raises `ConfigurationError` for an account that is not there or is so
    already, `JournalError` where the act could not be entered, and whatever the file
    raises.

    Attributes:
        staff: the file of accounts.
        enter: enters an act in the journal.
        at: now; timezone-aware.
        by: name of the owner's account that acts; None: whoever holds the directory.
    """

    staff: StaffFile
    enter: Enter
    at: datetime
    by: str | None = None

    def add(self, account: Account) -> None:
        """Let one more sign in."""

        def added(staff: Accounts) -> _Changed:
            refuse_known(staff, account.name)
            return staff.added(account), account

        self._change(OwnerActKind.STAFF_ADDED, added)

    def set_password(self, name: str, verifier: str) -> None:
        """Put another password in force; who is signed in with the old one is out."""
        self._alter(
            OwnerActKind.STAFF_PASSWORD_SET,
            name,
            lambda account: replace(account, verifier=verifier),
        )

    def set_own_password(self, account: Account, verifier: str) -> None:
        """Put the password in force that somebody chose for themself.

        Args:
            account: as it was when they showed that it is theirs; one that was changed
                meanwhile is not theirs to change any more.
            verifier: of the new password.
        """

        def chosen(staff: Accounts) -> _Changed:
            if staff.active(account.name) != account:
                raise ConfigurationError(
                    "the account was changed meanwhile, so nothing was done"
                )
            own = replace(account, verifier=verifier)
            return staff.changed(own), own

        self._change(OwnerActKind.STAFF_PASSWORD_SET, chosen)

    def set_state(self, name: str, state: State) -> None:
        """Suspend or reinstate somebody; who is suspended is signed out."""
        self._refuse_own(name)
        self._alter(_STATES[state], name, lambda account: replace(account, state=state))

    def remove(self, name: str) -> None:
        """Remove an account; whoever is signed in with it is out."""
        self._refuse_own(name)
        self._change(
            OwnerActKind.STAFF_REMOVED,
            lambda staff: (staff.without(name), staff.existing(name)),
        )

    def _alter(
        self, act: OwnerActKind, name: str, change: Callable[[Account], Account]
    ) -> None:
        def altered(staff: Accounts) -> _Changed:
            former = staff.existing(name)
            account = change(former)
            if account == former:
                raise ConfigurationError(f"{name} is {account.state} already")
            return staff.changed(account), account

        self._change(act, altered)

    def _change(
        self, act: OwnerActKind, change: Callable[[Accounts], _Changed]
    ) -> None:
        def entered(staff: Accounts) -> Accounts:
            self._check_owner(staff)
            changed, account = change(staff)
            self.enter(OwnerAct(self.at, act, account.digest))
            return changed

        self.staff.change(entered)

    def _refuse_own(self, name: str) -> None:
        """Whoever acts stays an owner, so that one is left who can sign in."""
        if name == self.by:
            raise ConfigurationError(
                "an owner neither suspends nor removes themself: another owner does, "
                f"or a command on this machine: ostiary staff suspend {name}"
            )

    def _check_owner(self, staff: Accounts) -> None:
        """Two owners may suspend each other at once: the second is none any more."""
        acting = None if self.by is None else staff.active(self.by)
        if self.by is not None and (
            acting is None or acting.role is not StaffRole.OWNER
        ):
            raise ConfigurationError(f"{self.by} is no owner any more")


def refuse_known(staff: Accounts, name: str) -> None:
    """Refuse the name of an account that is there.

    Raises:
        ConfigurationError: it is.
    """
    if staff.find(name) is not None:
        raise ConfigurationError(f"there is an account {name!r} already")


def checked_name(name: str) -> str:
    """A name that an account can have, given back.

    Raises:
        ConfigurationError: it cannot be one.
    """
    try:
        return check_account_name(name)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def check_typed_twice(password: str, again: str, name: str) -> None:
    """Refuse what is no password of that account, or was typed in two ways.

    Raises:
        ConfigurationError: it is; the message never quotes it.
    """
    try:
        check_new_password(password, name)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    if password != again:
        raise ConfigurationError("the two passwords differ; nothing was changed")
