"""Who is signed in: in memory alone, for a time, never past a change of the account.

A session is a random secret in the browser and its digest here, so that reading this
memory hands out no session. It ends when nobody did anything for a while, after a
whole working day, when its account changes, and when the process ends.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from ostiary.staff.accounts import Account, Accounts

SECRET_BYTES: Final = 32
"""256 bits: nobody guesses one."""

MOST_SESSIONS: Final = 64
"""At once; whoever signs in beyond that ends the one that was idle longest."""

MOST_OF_ONE: Final = 4
"""At once, of one account: a desk, a telephone, and what was forgotten open."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts.

    Attributes:
        idle_seconds: without anything that a person did (SP 800-63B-4, 2.2.3).
        whole_seconds: since the sign-in, whatever is done.
    """

    idle_seconds: float
    whole_seconds: float


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in.

    Attributes:
        account: as it was at the sign-in.
        csrf: what a form of this session's carries, and no other site knows.
        since: when it began, on a clock that never runs backwards.
        used: when the person last did something.
    """

    account: Account
    csrf: str = field(repr=False)
    since: float
    used: float


class Sessions:
    """All sessions of one process.

    Args:
        limits: how long they last.
        randomness: that many random bytes, unpredictable to anyone.
    """

    def __init__(self, limits: Limits, randomness: Callable[[int], bytes]) -> None:
        self._limits = limits
        self._randomness = randomness
        self._sessions: dict[bytes, Session] = {}

    def begin(self, account: Account, seconds: float) -> str:
        """A new session; its secret, for the browser alone."""
        secret, csrf = self._secret(), self._secret()
        self._sessions[_digest(secret)] = Session(account, csrf, seconds, seconds)
        self._end_oldest(account.name, MOST_OF_ONE)
        self._end_oldest(None, MOST_SESSIONS)
        return secret

    def find(self, secret: str, accounts: Accounts, seconds: float) -> Session | None:
        """The session of that secret, if it counts now; one that does not is ended.

        Args:
            secret: what the browser sent; anything.
            accounts: as they are now.
            seconds: now.
        """
        digest = _digest(secret)
        session = self._sessions.get(digest)
        if session is None:
            return None
        same = accounts.active(session.account.name) == session.account
        if not same or self.left(session, seconds) <= 0:
            del self._sessions[digest]
            return None
        return session

    def use(self, secret: str, seconds: float) -> None:
        """Note that the person did something."""
        digest = _digest(secret)
        if digest in self._sessions:
            self._sessions[digest] = replace(self._sessions[digest], used=seconds)

    def left(self, session: Session, seconds: float) -> float:
        """Seconds until it ends, if nothing is done; 0 or less: it has."""
        idle = self._limits.idle_seconds - (seconds - session.used)
        return min(idle, self._limits.whole_seconds - (seconds - session.since))

    def end(self, secret: str) -> None:
        """End it; harmless when there is none."""
        self._sessions.pop(_digest(secret), None)

    def __len__(self) -> int:
        return len(self._sessions)

    def _end_oldest(self, name: str | None, most: int) -> None:
        """End those used longest ago, of one account or of all, beyond that many."""
        found = [
            digest
            for digest, session in self._sessions.items()
            if name in {None, session.account.name}
        ]
        found.sort(key=lambda digest: self._sessions[digest].used)
        for digest in found[: max(0, len(found) - most)]:
            del self._sessions[digest]

    def _secret(self) -> str:
        octets = self._randomness(SECRET_BYTES)
        return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()
