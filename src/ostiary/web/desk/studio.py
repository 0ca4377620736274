"""Where faces are looked at for the desk's pages: one worker, many people in turn.

Each sign-in has one enrolment at a time. It is forgotten when it is done, when its
sign-in ends or begins another, and when nothing was sent for a while.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeVar

from ostiary.capture.photographs import decode_photograph
from ostiary.credential import BiometricReference
from ostiary.desk.enrolment import WANTED, Enrolment
from ostiary.desk.issuing import forget
from ostiary.erasure import overwrite
from ostiary.errors import CaptureError, EnrolmentError
from ostiary.reasons import Reason

IDLE_SECONDS: Final = 120.0
"""How long an enrolment waits for the next picture."""

SECONDS_BETWEEN: Final = 0.2
"""Least time between two pictures of one enrolment: five a second."""

MOST_ENROLMENTS: Final = 8
"""At once; the next has to wait."""

_Result = TypeVar("_Result")


class Unseen(StrEnum):
    """Why a picture was not looked at."""

    NONE_BEGUN = "none-begun"
    TOO_SOON = "too-soon"
    NO_PICTURE = "no-picture"


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a picture.

    Attributes:
        reason: why it was not taken; None: it was.
        taken: how many have been, of `enrolment.WANTED`.
        is_complete: whether that is all of them.
    """

    reason: Reason | None
    taken: int
    is_complete: bool


@dataclass(slots=True)
class _Sitting:
    """One enrolment under way."""

    enrolment: Enrolment
    used: float
    is_busy: bool = False
    reference: BiometricReference | None = field(default=None, repr=False)


class Studio:
    """All enrolments of one process.

    Args:
        begin: makes an enrolment; called in the worker, where the models live.
        seconds: a clock that never runs backwards.
    """

    def __init__(
        self, begin: Callable[[], Enrolment], seconds: Callable[[], float]
    ) -> None:
        self._begin = begin
        self._seconds = seconds
        self._sittings: dict[str, _Sitting] = {}
        # One: the networks hold one picture at a time, and whoever came first is first.
        self._worker = ThreadPoolExecutor(1, "studio")

    async def begin(self, who: str) -> bool:
        """Begin an enrolment, and forget the one before; whether there was room.

        Args:
            who: whose it is: the secret of a session.

        Raises:
            ModelError: the models do not load.
        """
        await self.forget(who)
        await self.forget_idle()
        if len(self._sittings) >= MOST_ENROLMENTS:
            return False
        enrolment = await self._work(self._begin)
        # Of another tab's, begun in the meantime, nothing is left, either.
        former = self._sittings.get(who)
        self._sittings[who] = _Sitting(enrolment, self._seconds())
        if former is not None:
            await self._work(lambda: _forget(former))
        return True

    async def look(self, who: str, data: bytearray) -> Seen | Unseen:
        """Look at a picture's file, and overwrite it.

        Args:
            who: whose enrolment.
            data: JPEG, PNG or WebP.

        Raises:
            ModelError: a runtime fails.
        """
        try:
            sitting = self._sittings.get(who)
            if sitting is None or sitting.reference is not None:
                return Unseen.NONE_BEGUN
            if sitting.is_busy or self._seconds() - sitting.used < SECONDS_BETWEEN:
                return Unseen.TOO_SOON
            sitting.is_busy = True
            try:
                return await self._work(lambda: _look(sitting, data))
            finally:
                sitting.is_busy = False
                sitting.used = self._seconds()
        finally:
            overwrite(data)

    def is_complete(self, who: str) -> bool:
        """Whether `take` gives a template."""
        sitting = self._sittings.get(who)
        return sitting is not None and sitting.reference is not None

    def take(self, who: str) -> BiometricReference | None:
        """The template of a complete enrolment, which ends; the caller owns it."""
        sitting = self._sittings.get(who)
        if sitting is None or sitting.reference is None:
            return None
        return self._sittings.pop(who).reference

    async def forget(self, who: str) -> None:
        """End an enrolment; harmless when there is none."""
        sitting = self._sittings.pop(who, None)
        if sitting is not None:
            await self._work(lambda: _forget(sitting))

    async def forget_idle(self) -> None:
        """End what nobody goes on with."""
        oldest = self._seconds() - IDLE_SECONDS
        idle = [who for who, each in self._sittings.items() if each.used < oldest]
        for who in idle:
            await self.forget(who)

    def close(self) -> None:
        """End all of them, and the worker."""
        for sitting in self._sittings.values():
            self._worker.submit(_forget, sitting)
        self._sittings.clear()
        self._worker.shutdown()

    async def _work(self, work: Callable[[], _Result]) -> _Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, work)


def _look(sitting: _Sitting, data: bytearray) -> Seen | Unseen:
    enrolment = sitting.enrolment
    try:
        photograph = decode_photograph(data)
    except CaptureError:
        return Unseen.NO_PICTURE
    reason = enrolment.look(photograph)
    if not enrolment.is_complete:
        return Seen(reason, enrolment.taken, is_complete=False)
    try:
        sitting.reference = enrolment.finish()
    except EnrolmentError as error:
        return Seen(error.reason, 0, is_complete=False)
    return Seen(None, WANTED, is_complete=True)


def _forget(sitting: _Sitting) -> None:
    sitting.enrolment.forget()
    forget(sitting.reference)
