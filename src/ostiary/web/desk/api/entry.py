"""Who may ask: a token that counts, for this, and not too often."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.requests import Request

from ostiary.credential import Randomness
from ostiary.staff.access import AccessToken, Scope
from ostiary.staff.rate import Rate
from ostiary.staff.throttle import Throttle
from ostiary.storage.access import AccessFile
from ostiary.web.desk.api.problems import Kind, ProblemError
from ostiary.web.forms import address_of

BURST: Final = 60.0
PER_SECOND: Final = 10.0
"""Requests of one token: an enrolment is five pictures a second for some seconds."""

LONGEST_DELAY: Final = 60.0
"""Of an address that shows tokens that are none. It never keeps out one that counts: a
proxy may be the address of everybody."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Lets programs in.

    Attributes:
        tokens: the file, read at each request.
        now: the time.
        seconds: a clock that never runs backwards.
        failures: delays of addresses.
        rate: requests of tokens.
    """

    tokens: AccessFile
    now: Callable[[], datetime]
    seconds: Callable[[], float]
    failures: Throttle
    rate: Rate

    @classmethod
    def make(
        cls,
        tokens: AccessFile,
        now: Callable[[], datetime],
        seconds: Callable[[], float],
        randomness: Randomness,
    ) -> "Entry":
        """One at which nobody has asked yet."""
        failures = Throttle(LONGEST_DELAY, randomness)
        return cls(tokens, now, seconds, failures, Rate(BURST, PER_SECOND))

    def admit(self, request: Request, secret: str | None, scope: Scope) -> AccessToken:
        """The token, if it may be used for this now.

        Args:
            request: tells the address.
            secret: what was shown; None: nothing.
            scope: what for.

        Raises:
            ProblemError: it may not.
            OstiaryError: the file of tokens cannot be read: nobody gets in.
        """
        found = self.tokens.read().presented(secret or "", self.now())
        if found is None:
            raise self._failed(address_of(request))
        wait = self.rate.take(found.account, self.seconds())
        if wait:
            raise _wait(wait, "this token asks too often")
        if scope not in found.scopes:
            raise ProblemError(Kind.NOT_ALLOWED, f"it takes a token with scope {scope}")
        return found

    def _failed(self, address: str) -> ProblemError:
        seconds = self.seconds()
        wait = self.failures.wait(address, seconds)
        if wait:
            return _wait(wait, "too many tokens that do not count")
        self.failures.fail(address, seconds)
        return ProblemError(
            Kind.NO_TOKEN,
            "send Authorization: Bearer TOKEN; an owner makes one, for a time: "
            "ostiary desk token new",
        )


def _wait(seconds: float, why: str) -> ProblemError:
    return ProblemError(Kind.TOO_MANY, why, retry_after=math.ceil(seconds))
