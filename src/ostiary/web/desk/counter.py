"""Passes that are being made at the desk: one at a time for each sign-in.

    wish -> consent -> face -> signed, on record as reserved -> handed over, confirmed

What is given up on the way is forgotten; a pass that was signed and never handed over
is revoked (docs/adr/0054). Nothing of this is written down but what the registry says.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Final

from ostiary.credential import BiometricReference
from ostiary.desk.issuing import IssuedPass, draft_pass, forget
from ostiary.desk.service import Desk, Order
from ostiary.errors import OstiaryError, RegistryError
from ostiary.staff.rate import Rate
from ostiary.storage.registry.records import Consent, PassState
from ostiary.web.desk.studio import Studio
from ostiary.web.desk.wishes import Wish

PATIENCE_SECONDS: Final = 600.0
"""How long a pass that is being made, or waits to be handed over, waits for its next
step."""


FACELESS_BURST: Final = 20.0
FACELESS_PER_SECOND: Final = 4 / 60
"""Passes without a face of one account: nothing but a click stands between two of them.
Whoever hands each one over is not that fast; for many there is `issue-batch`."""


@dataclass(slots=True)
class Making:
    """One pass on its way.

    Attributes:
        number: of all that this process made: a page's forms name it, so that none
            that was left open in another tab is taken for another pass's.
        wish: what it is to be.
        account: who makes it; 32 bytes.
        used: when the last step was made.
        consent: to the face; None where none was given yet, or there is no face.
        issued: the pass, from when it is signed until it is confirmed.
    """

    number: int
    wish: Wish
    account: bytes = field(repr=False)
    used: float
    consent: Consent | None = None
    issued: IssuedPass | None = field(default=None, repr=False)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)


class Counter:
    """All passes that are being made in one process.

    Args:
        desk: the home, its registry and its journal.
        studio: where faces are looked at.
        now: the time, in UTC, to the second.
        seconds: a clock that never runs backwards.
    """

    def __init__(
        self,
        desk: Desk,
        studio: Studio,
        now: Callable[[], datetime],
        seconds: Callable[[], float],
    ) -> None:
        self._desk = desk
        self._studio = studio
        self._now = now
        self._seconds = seconds
        self._faceless = Rate(FACELESS_BURST, FACELESS_PER_SECOND)
        self._making: dict[str, Making] = {}
        self._numbers = count(1)

    def of(self, who: str) -> Making | None:
        """The pass that a sign-in is making; it made a step."""
        making = self._making.get(who)
        if making is not None:
            making.used = self._seconds()
        return making

    async def begin(self, who: str, wish: Wish, account: bytes) -> None:
        """Begin another pass, and give up the one before."""
        await self.forget(who)
        number = next(self._numbers)
        self._making[who] = Making(number, wish, account, self._seconds())

    def admit(self, making: Making) -> float:
        """Seconds until it may be issued; 0: now, which counts for its account."""
        if making.wish.face or making.issued is not None:
            return 0.0
        return self._faceless.take(making.account, self._seconds())

    async def issue(self, who: str, making: Making) -> bool:
        """Sign a pass and have it on record; whether it is there now.

        Args:
            who: whose it is.
            making: what `of` gave.

        Returns:
            False: its face is not complete, or was forgotten meanwhile.

        Raises:
            ConfigurationError: the wish does not fit the keys any more.
            RegistryError: no place is left, or the pass that is renewed does not count.
            StorageError: the registry cannot be reached.
        """
        async with making.turn:
            if making.issued is not None:
                return True
            reference = self._studio.take(who)
            try:
                if making.wish.face != (reference is not None):
                    return False
                making.issued = await asyncio.to_thread(self._sign, making, reference)
            finally:
                forget(reference)
            return True

    def _sign(self, making: Making, reference: BiometricReference | None) -> IssuedPass:
        wish, at = making.wish, self._now()
        draft = draft_pass(wish.request(at), self._desk.home, at)
        order = Order(draft, reference, making.consent, wish.own, wish.renews)
        return self._desk.prepare(order, self._desk.by(at, making.account), os.urandom)

    async def hand_over(self, who: str, identifier: bytes) -> None:
        """Confirm that a pass was handed over; twice is harmless.

        Args:
            who: whose it is.
            identifier: of the pass: another one may wait here by now.

        Raises:
            RegistryError: it does not wait here, or was revoked meanwhile.
            StorageError: the registry cannot be reached.
        """
        making = self.of(who)
        if making is None:
            return await asyncio.to_thread(self._require_there, identifier)
        async with making.turn:
            issued = making.issued
            if issued is None or issued.claims.identifier != identifier:
                return await asyncio.to_thread(self._require_there, identifier)
            await asyncio.to_thread(self._confirm, making, identifier)
            making.issued = None
        self._making.pop(who, None)
        return None

    async def give_up(self, who: str, making: Making) -> None:
        """Give a pass up; one that was signed and not handed over is revoked.

        Raises:
            StorageError: the registry cannot be reached; it waits on.
        """
        async with making.turn:
            await self._studio.forget(who)
            if making.issued is not None:
                await asyncio.to_thread(self._end, making, making.issued)
                making.issued = None
        if self._making.get(who) is making:
            del self._making[who]

    async def forget(self, who: str) -> bytes | None:
        """Give up whatever a sign-in was making; harmless when there is nothing.

        Returns:
            Identifier of a pass that could not be revoked, as where the registry cannot
            be reached: it stays on record as reserved, and `ostiary registry check`
            finds it. None: nothing is left.
        """
        await self._studio.forget(who)
        making = self._making.get(who)
        if making is None:
            return None
        try:
            await self.give_up(who, making)
        except OstiaryError:
            left = making.issued
            return None if left is None else left.claims.identifier
        finally:
            self._making.pop(who, None)
        return None

    async def forget_idle(self, is_there: Callable[[str], bool]) -> None:
        """Give up what nobody goes on with.

        Args:
            is_there: whether a sign-in still counts.
        """
        oldest = self._seconds() - PATIENCE_SECONDS
        for who, making in list(self._making.items()):
            if making.used < oldest or not is_there(who):
                await self.forget(who)

    async def close(self) -> None:
        """Give up everything: the process ends."""
        for who in list(self._making):
            await self.forget(who)

    def _confirm(self, making: Making, identifier: bytes) -> None:
        if self._state(identifier) is PassState.ISSUED:
            # It was done before, and the database's answer was lost.
            return
        by = self._desk.by(self._now(), making.account)
        self._desk.confirm(identifier, by, making.wish.renews)

    def _require_there(self, identifier: bytes) -> None:
        state = self._state(identifier)
        if state is not PassState.ISSUED:
            raise RegistryError(
                f"pass {identifier.hex()} does not wait here to be handed over: it is "
                f"{state}"
            )

    def _state(self, identifier: bytes) -> PassState:
        return self._desk.registry.record(identifier).state

    def _end(self, making: Making, issued: IssuedPass) -> None:
        by = self._desk.by(self._now(), making.account)
        # One that somebody confirmed or revoked meanwhile stays as it is.
        self._desk.give_up(issued.claims.identifier, by)
