"""What the routes share, and the program that asks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final, TypeAlias

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ostiary.credential import Randomness
from ostiary.desk.service import Desk
from ostiary.staff.access import AccessToken, Scope
from ostiary.storage.registry.records import By
from ostiary.web.desk.api.entry import Entry
from ostiary.web.desk.api.sittings import Enrolments

_BEARER: Final = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="As `ostiary desk token new` shows it, once.",
)


@dataclass(frozen=True, slots=True)
class Api:
    """What the routes share.

    Attributes:
        desk: the home, its registry and its journal.
        entry: lets programs in.
        enrolments: those that are under way.
        now: the time, in UTC, to the second.
        randomness: a source of random bytes fit for keys.
    """

    desk: Desk
    entry: Entry
    enrolments: Enrolments
    now: Callable[[], datetime]
    randomness: Randomness


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that asks, and may.

    Attributes:
        api: what the routes share.
        token: by which it was let in.
    """

    api: Api = field(repr=False)
    token: AccessToken

    @property
    def by(self) -> By:
        """Who acts, for the registry and the journal."""
        return self.api.desk.by(self.api.now(), self.token.account)

    @property
    def desk(self) -> Desk:
        """The desk at which it acts."""
        return self.api.desk


@dataclass(frozen=True, slots=True)
class Admission:
    """Lets in who may do something.

    Attributes:
        scope: what.
    """

    scope: Scope

    async def let_in(self, request: Request) -> None:
        """Note who asks, before anything that they sent is read.

        Raises:
            ProblemError: they may not.
        """
        api: Api = request.app.state.api
        shown = await _BEARER(request)
        secret = None if shown is None else shown.credentials
        token = api.entry.admit(request, secret, self.scope)
        request.state.caller = Caller(api, token)

    async def __call__(
        self,
        request: Request,
        _described: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    ) -> Caller:
        """Who was let in."""
        caller: Caller = request.state.caller
        return caller


Issuer: TypeAlias = Annotated[Caller, Depends(Admission(Scope.ISSUE))]
Reader: TypeAlias = Annotated[Caller, Depends(Admission(Scope.READ))]
Revoker: TypeAlias = Annotated[Caller, Depends(Admission(Scope.REVOKE))]
Eraser: TypeAlias = Annotated[Caller, Depends(Admission(Scope.ERASE))]
"""Programs with that scope."""
