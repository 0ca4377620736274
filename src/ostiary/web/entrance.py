"""How staff come in at pages: sign-in, its delays, and who is signed in now."""

import asyncio
import ipaddress
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ostiary.errors import OstiaryError
from ostiary.staff import (
    Account,
    Accounts,
    Limits,
    Session,
    Sessions,
    StaffRole,
    Throttle,
    is_password,
)
from ostiary.staff.passwords import NOBODY
from ostiary.storage.staff import StaffFile

LONGEST_OF_A_NAME: Final = 60.0
"""Seconds. Whoever guesses at a name keeps its owner out no longer (docs/adr/0050)."""

LONGEST_OF_AN_ADDRESS: Final = 900.0
"""Seconds."""

MOST_WAITING: Final = 4
"""Sign-ins that wait for their turn: each takes 64 MiB and a good part of a second."""


class SignIn(StrEnum):
    """What becomes of a sign-in that is not let in."""

    WRONG = "wrong"
    ELSEWHERE = "elsewhere"
    WAIT = "wait"
    BUSY = "busy"
    CLOSED = "closed"


@dataclass(slots=True, kw_only=True)
class Entrance:
    """How staff come in at the pages of one process.

    Attributes:
        staff: the file of accounts; None: nobody comes in.
        limits: how long sessions last.
        roles: whose pages these are.
        cookie: name of the cookie of a session; of other pages' on the same machine
            it has to differ, since browsers do not tell ports apart.
        seconds: a clock that never runs backwards.
    """

    staff: StaffFile | None
    limits: Limits
    roles: frozenset[StaffRole]
    cookie: str
    seconds: Callable[[], float] = time.monotonic
    _sessions: Sessions = field(init=False, repr=False)
    _names: Throttle = field(init=False, repr=False)
    _addresses: Throttle = field(init=False, repr=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    _waiting: int = 0

    def __post_init__(self) -> None:
        """Nobody is signed in."""
        self._sessions = Sessions(self.limits, secrets.token_bytes)
        self._names = Throttle(LONGEST_OF_A_NAME, secrets.token_bytes)
        self._addresses = Throttle(LONGEST_OF_AN_ADDRESS, secrets.token_bytes)

    def accounts(self) -> Accounts:
        """All accounts as they are now; nobody's where they cannot be read."""
        try:
            return Accounts() if self.staff is None else self.staff.read()
        except OstiaryError:
            return Accounts()

    @property
    def is_open(self) -> bool:
        """Whether there is anybody who could sign in."""
        return any(account.role in self.roles for account in self.accounts())

    async def sign_in(
        self, name: str, password: str, address: str, former: str
    ) -> str | SignIn:
        """The secret of a new session, or why there is none.

        Whether there is such an account shows neither in the answer nor in its time.

        Args:
            name: as it was typed.
            password: as it was typed.
            address: where it comes from.
            former: the secret that the browser held; its session ends.
        """
        if not self.is_open:
            return SignIn.CLOSED
        account = await self._known(name, password, address)
        if isinstance(account, SignIn):
            return account
        if account.role not in self.roles:
            return SignIn.ELSEWHERE
        self._sessions.end(former)
        return self._sessions.begin(account, self.seconds())

    async def confirm(
        self, session: Session, password: str, address: str
    ) -> SignIn | None:
        """Whether it is still they who sit there; None: it is, by their password.

        It counts as a sign-in: whoever found a page open guesses no faster at it.
        """
        account = await self._known(session.account.name, password, address)
        return account if isinstance(account, SignIn) else None

    async def _known(self, name: str, password: str, address: str) -> Account | SignIn:
        """Whose name and password these are, or why nobody is let in."""
        network = _network(address)
        if self._wait(name, network) > 0:
            return SignIn.WAIT
        if self._waiting >= MOST_WAITING:
            return SignIn.BUSY
        # Counted before it is looked at: many at once are many.
        self._names.fail(name, self.seconds())
        self._addresses.fail(network, self.seconds())
        account = await self._checked(name, password)
        if account is None:
            return SignIn.WRONG
        self._names.succeed(name)
        self._addresses.succeed(network)
        return account

    def wait(self, name: str, address: str) -> float:
        """Seconds until the next sign-in of that name from there is looked at."""
        return self._wait(name, _network(address))

    def session(self, secret: str) -> Session | None:
        """Whoever holds that secret, if they are signed in now."""
        if self.staff is None:
            return None
        return self._sessions.find(secret, self.accounts(), self.seconds())

    def use(self, secret: str) -> None:
        """Note that the person did something."""
        self._sessions.use(secret, self.seconds())

    def left(self, session: Session) -> float:
        """Seconds until it ends, if nothing is done."""
        return self._sessions.left(session, self.seconds())

    def sign_out(self, secret: str) -> None:
        """End a session."""
        self._sessions.end(secret)

    def _wait(self, name: str, network: str) -> float:
        now = self.seconds()
        return max(self._names.wait(name, now), self._addresses.wait(network, now))

    async def _checked(self, name: str, password: str) -> Account | None:
        account = self.accounts().active(name)
        verifier = NOBODY if account is None else account.verifier
        self._waiting += 1
        try:
            # One at a time, apart from what serves the others.
            async with self._turn:
                right = await asyncio.to_thread(is_password, verifier, password)
        finally:
            self._waiting -= 1
        # As it is now: it may have been suspended meanwhile.
        same = account is not None and self.accounts().active(name) == account
        return account if right and same else None


def _network(address: str) -> str:
    """What one household or office has: an IPv4 address, or 64 bits of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(ipaddress.IPv6Network((parsed, 64), strict=False))
