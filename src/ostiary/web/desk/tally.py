"""What a desk tells its owner of what it is asked: how often, and never by whom.

Sign-ins, refusals and faults are counted by the hour, as a gate counts (`gate/counts`),
each as one of a closed list of kinds: no name, no address, nothing that was sent. What
failed by a fault of ours is told at once, by its kind and place in the program alone.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from traceback import walk_tb
from types import MappingProxyType
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ostiary.gate.clock import SystemClock
from ostiary.gate.counts import HourlyCounts
from ostiary.gate.logs import Log
from ostiary.web.desk.api.problems import PREFIX

SIGN_IN: Final = "/sign-in"
_SIGN_OUT: Final = "/sign-out"

SIGN_INS: Final[Mapping[int, str]] = MappingProxyType(
    {
        303: "sign-in: let in",
        401: "sign-in: wrong name or password",
        403: "sign-in: an account of other pages",
        429: "sign-in: too soon after others that failed",
        503: "sign-in: too many at once, or no account that could",
    }
)
"""What becomes of sign-ins, by the status of the answer."""

NOBODY: Final = "pages: asked by nobody who is signed in"

ELSEWHERE: Final = "all: not from our pages, not by our name, or too long"


class Tally:
    """Counts what is answered, and tells it when the hour is over.

    Args:
        log: where it is told.
        now: the time, in UTC.
    """

    def __init__(self, log: Log, now: Callable[[], datetime]) -> None:
        self._log = log
        self._now = now
        self._counts = HourlyCounts[str]()
        self._faults: set[str] = set()

    @classmethod
    def to_stderr(cls) -> "Tally":
        """One that tells it where an owner's service keeps what is said."""
        return cls(Log(sys.stderr), SystemClock(UTC).now)

    def count(self, kind: str) -> None:
        """Count one.

        Args:
            kind: of a closed list, so that what is sent makes no new one.
        """
        self._counts.add(kind, self._now())

    def refuse(self) -> None:
        """Count what is refused before any page sees it."""
        self.count(ELSEWHERE)

    def fail(self, error: Exception) -> None:
        """Count a fault of ours, and tell it if it is the hour's first of its kind."""
        kind = f"fault: {type(error).__name__} in {_place(error)}"
        self.count(kind)
        if kind not in self._faults:
            self._faults.add(kind)
            self._log.tell("fault", kind)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Count what fails inside, and go on: for what is tried again by itself."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a chore that ends is a chore undone
            self.fail(error)

    def tell(self) -> None:
        """Tell the hours that are over."""
        self._tell(self._counts.take_before(self._now()))

    def close(self) -> None:
        """Tell what is left."""
        self._tell(self._counts.take_all())

    def _tell(self, hours: Mapping[datetime, Mapping[str, int]]) -> None:
        if hours:
            self._faults.clear()
        for hour, counts in hours.items():
            for kind, count in Counter(counts).most_common():
                self._log.tell("count", f"{kind}  {count}", hour, count=count)


class Tallied:
    """Counts the answers of an application.

    Args:
        app: what it stands before.
        tally: where they are counted.
    """

    def __init__(self, app: ASGIApp, tally: Tally) -> None:
        self._app = app
        self._tally = tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                kind = _kind(scope, message["status"], Headers(scope=message))
                if kind is not None:
                    self._tally.count(kind)
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except ClientDisconnect:
            # Whoever goes away is no fault of ours.
            raise
        except Exception as error:
            self._tally.fail(error)
            raise


def _kind(scope: Scope, status: int, headers: Headers) -> str | None:
    """What an answer counts as; None: nothing that an owner has to know."""
    path, method = scope["path"], scope["method"]
    if path == SIGN_IN and method == "POST":
        return SIGN_INS.get(status)
    if path.startswith(f"{PREFIX}/"):
        return f"programs: {_words(status)}"
    if headers.get("location") == SIGN_IN and path != _SIGN_OUT:
        return NOBODY
    return f"pages: {_words(status)}" if status >= HTTPStatus.BAD_REQUEST else None


def _words(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def _place(error: Exception) -> str:
    """The innermost line of ours; neither its words nor what its variables hold."""
    frames = [
        f"{frame.f_globals['__name__']}:{line}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    ours = [place for place in frames if place.startswith("ostiary.")]
    return ours[-1] if ours else "a library"
