"""Enrolments of programs that are under way, and whose they are."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from ostiary.credential import BiometricReference, Randomness
from ostiary.storage.registry.records import Consent
from ostiary.web.desk.api.problems import Kind, ProblemError
from ostiary.web.desk.studio import IDLE_SECONDS, SECONDS_BETWEEN, Seen, Studio, Unseen

MOST_OF_ONE: Final = 4
"""Enrolments of one token at once, so that it leaves room for others, and for pages."""

IDENTIFIER_BYTES: Final = 16

NO_PICTURE: Final = (
    "no picture that can be looked at: JPEG, PNG or WebP, still, whole, of at most 50 "
    "megapixels"
)


@dataclass(slots=True)
class _Begun:
    account: bytes
    consent: Consent
    used: float
    is_busy: bool = False


@dataclass(frozen=True, slots=True)
class Enrolments:
    """Whose enrolments are under way; the faces are the studio's.

    Attributes:
        studio: looks at pictures, and forgets whom nobody goes on with.
        seconds: a clock that never runs backwards.
        randomness: that many random bytes, unpredictable to anyone.
    """

    studio: Studio
    seconds: Callable[[], float]
    randomness: Randomness
    begun: dict[str, _Begun] = field(default_factory=dict, repr=False)

    async def begin(self, account: bytes, consent: Consent) -> str:
        """Begin one; its identifier.

        Raises:
            ProblemError: there are too many at once.
            ModelError: the models do not load.
        """
        oldest = self.seconds() - IDLE_SECONDS
        for idle in [each for each, it in self.begun.items() if it.used < oldest]:
            del self.begun[idle]
        mine = sum(each.account == account for each in self.begun.values())
        identifier = self.randomness(IDENTIFIER_BYTES).hex()
        if mine < MOST_OF_ONE and await self.studio.begin(_who(identifier)):
            self.begun[identifier] = _Begun(account, consent, self.seconds())
            return identifier
        raise ProblemError(Kind.BUSY, "too many enrolments at once", retry_after=10)

    @contextmanager
    def turn(self, account: bytes, identifier: str) -> Iterator[None]:
        """Let one picture come in, and no other one meanwhile.

        Raises:
            ProblemError: there is no such enrolment of theirs, or another picture of it
                comes in.
        """
        begun = self._mine(account, identifier)
        if begun.is_busy:
            raise _too_many()
        begun.is_busy = True
        try:
            yield
        finally:
            begun.is_busy = False
            begun.used = self.seconds()

    async def look(self, account: bytes, identifier: str, data: bytearray) -> Seen:
        """Look at a picture's file, and overwrite it.

        Raises:
            ProblemError: there is no such enrolment of theirs, or it is no picture.
            ModelError: a runtime fails.
        """
        begun = self._mine(account, identifier)
        # Programs are quick: the next picture waits here, and is not refused.
        early = begun.used + SECONDS_BETWEEN - self.seconds()
        await asyncio.sleep(max(0.0, early))
        seen = await self.studio.look(_who(identifier), data)
        match seen:
            case Seen():
                return seen
            case Unseen.NO_PICTURE:
                raise ProblemError(Kind.CONFLICT, NO_PICTURE)
            case Unseen.NONE_BEGUN:
                raise _none()
            case Unseen.TOO_SOON:
                raise _too_many()

    def take(
        self, account: bytes, identifier: str
    ) -> tuple[BiometricReference, Consent]:
        """The template of a complete one, which ends; the caller owns it.

        Raises:
            ProblemError: there is no such enrolment of theirs, or it is not complete.
        """
        begun = self._mine(account, identifier)
        reference = self.studio.take(_who(identifier))
        if reference is None:
            raise ProblemError(Kind.CONFLICT, "the enrolment is not complete")
        del self.begun[identifier]
        return reference, begun.consent

    async def forget(self, account: bytes, identifier: str) -> None:
        """End one.

        Raises:
            ProblemError: there is no such enrolment of theirs.
        """
        self._mine(account, identifier)
        del self.begun[identifier]
        await self.studio.forget(_who(identifier))

    def _mine(self, account: bytes, identifier: str) -> _Begun:
        begun = self.begun.get(identifier)
        if begun is None or begun.account != account:
            raise _none()
        return begun


def _who(identifier: str) -> str:
    return f"api:{identifier}"


def _too_many() -> ProblemError:
    why = "one picture after the other, each with its answer"
    return ProblemError(Kind.TOO_MANY, why, retry_after=1)


def _none() -> ProblemError:
    return ProblemError(
        Kind.NOT_FOUND, "there is no such enrolment, or it was forgotten meanwhile"
    )
