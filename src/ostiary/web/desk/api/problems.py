"""What went wrong, for programs (RFC 9457): a closed list, and never what was sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from starlette.responses import JSONResponse

from ostiary.errors import (
    CaptureError,
    ConfigurationError,
    EnrolmentError,
    OstiaryError,
    RegistryError,
)
from ostiary.reasons import Reason

PREFIX: Final = "/api/v1"
"""Where all of it stands."""

MEDIA_TYPE: Final = "application/problem+json"

_TYPE: Final = "urn:ostiary:problem:"


class Kind(StrEnum):
    """Every kind of problem."""

    NO_TOKEN = "no-token"  # noqa: S105 - what is missing
    NOT_ALLOWED = "not-allowed"
    NOT_FOUND = "not-found"
    NO_SUCH_METHOD = "no-such-method"
    NOT_ACCEPTABLE = "not-acceptable"
    CONFLICT = "conflict"
    BUSY = "busy"
    MADE_BEFORE = "made-before"
    NO_LENGTH = "no-length"
    TOO_LARGE = "too-large"
    WRONG_TYPE = "wrong-type"
    INVALID = "invalid"
    KEY_REUSED = "idempotency-key-reused"
    TOO_MANY = "too-many-requests"
    FAULT = "fault"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class _About:
    status: int
    title: str


ABOUT: Final[Mapping[Kind, _About]] = MappingProxyType(
    {
        Kind.NO_TOKEN: _About(401, "No token that counts"),
        Kind.NOT_ALLOWED: _About(403, "The token is not for this"),
        Kind.NOT_FOUND: _About(404, "There is no such thing"),
        Kind.NO_SUCH_METHOD: _About(405, "Not to be done here"),
        Kind.NOT_ACCEPTABLE: _About(406, "No such form of it"),
        Kind.CONFLICT: _About(409, "Not as things stand"),
        Kind.BUSY: _About(409, "Somebody is at it"),
        Kind.MADE_BEFORE: _About(409, "This request made a pass before"),
        Kind.NO_LENGTH: _About(411, "A body says its length first"),
        Kind.TOO_LARGE: _About(413, "Too large"),
        Kind.WRONG_TYPE: _About(415, "Not of a type that is taken"),
        Kind.INVALID: _About(422, "Not as the description has it"),
        Kind.KEY_REUSED: _About(422, "The key stands for another request"),
        Kind.TOO_MANY: _About(429, "Too many requests"),
        Kind.FAULT: _About(500, "A fault of the desk"),
        Kind.UNAVAILABLE: _About(503, "Not at the moment"),
    }
)
"""What each is called and which status it has."""


@dataclass(slots=True)
class ProblemError(Exception):
    """An answer that is none.

    Attributes:
        kind: of the list.
        detail: a sentence for whoever reads the program's log; nothing that was sent.
        retry_after: seconds after which it may be tried again; None: not by itself.
        more: further members, by name.
    """

    kind: Kind
    detail: str
    retry_after: int | None = None
    more: Mapping[str, object] = field(default_factory=dict)

    def answer(self) -> JSONResponse:
        """It, as it is sent."""
        about, headers = ABOUT[self.kind], {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if self.kind is Kind.NO_TOKEN:
            headers["WWW-Authenticate"] = "Bearer"
        said = {
            "type": _TYPE + self.kind,
            "title": about.title,
            "status": about.status,
            "detail": self.detail,
            **self.more,
        }
        return JSONResponse(said, about.status, headers, MEDIA_TYPE)


def problem_of(error: OstiaryError, home: str) -> ProblemError:
    """What a program is told of an error of ours.

    Where the desk's files or database fail, that is its owner's business: their names
    and addresses are not told.

    Args:
        error: what was raised.
        home: path of the owner's directory, which is not told.
    """
    detail = str(error).replace(home, "the home")
    match error:
        case EnrolmentError():
            return refused_for(error.reason, detail)
        case RegistryError() | ConfigurationError() | CaptureError():
            return ProblemError(Kind.CONFLICT, detail)
        case _:
            pass
    kind = type(error).__name__
    detail = f"the desk cannot do this at the moment ({kind}); its owner has to look"
    return ProblemError(Kind.UNAVAILABLE, detail, retry_after=10)


_EVERYWHERE: Final = (
    Kind.NO_TOKEN,
    Kind.NOT_ALLOWED,
    Kind.NO_LENGTH,
    Kind.TOO_LARGE,
    Kind.WRONG_TYPE,
    Kind.INVALID,
    Kind.TOO_MANY,
    Kind.FAULT,
    Kind.UNAVAILABLE,
)

SCHEMA: Final = "#/components/schemas/ProblemBody"


def described(*kinds: Kind) -> dict[int | str, dict[str, object]]:
    """How the description says what may go wrong: this, and what may everywhere."""
    titles: dict[int | str, list[str]] = {}
    for about in (ABOUT[kind] for kind in (*_EVERYWHERE, *kinds)):
        titles.setdefault(about.status, []).append(about.title)
    content = {MEDIA_TYPE: {"schema": {"$ref": SCHEMA}}}
    return {
        status: {"description": "; ".join(said), "content": content}
        for status, said in sorted(titles.items())
    }


def refused_for(reason: Reason, detail: str) -> ProblemError:
    """An enrolment that comes to nothing, for a reason of the closed list."""
    return ProblemError(Kind.CONFLICT, detail, more={"reason": reason.value})


def invalid(places: Iterable[str]) -> ProblemError:
    """A request that is not as described.

    Args:
        places: of what is wrong, as `/body/zones`; nothing in them was sent.
    """
    return ProblemError(
        Kind.INVALID,
        f"not as {PREFIX}/openapi.json describes it",
        more={"places": sorted(set(places))},
    )
