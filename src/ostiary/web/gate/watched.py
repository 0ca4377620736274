"""The gates that a console watches: the one it stands at, and its end of others.

A gate is watched while somebody who is signed in has its page open; only then is a
person with a pass without a face asked to wait for an attendant.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from ostiary.reasons import Reason
from ostiary.terms import Confirmation
from ostiary.web.gate.board import Board, Help
from ostiary.web.gate.hand import Hands
from ostiary.web.gate.link import (
    Answered,
    Asked,
    AskedNoMore,
    Attended,
    Called,
    HandDrawn,
    HandEnded,
    HandReceipt,
    HandWaits,
    Health,
    HourOver,
    Message,
)
from ostiary.web.gate.view import (
    Act,
    Call,
    CallState,
    Deed,
    Hour,
    Question,
    Said,
    View,
    Wants,
)

FORGOTTEN_SECONDS: Final = 900.0
"""How long a call that nobody answers is shown: it is no record of who came by."""

ENDED_SECONDS: Final = 15.0
"""How long it is shown how a question ended."""

MOST_HOURS: Final = 24

MOST_CALLS: Final = 32

_ANSWERS: Final = {
    Deed.CONFIRM: Confirmation.CONFIRMED,
    Deed.DECLINE: Confirmation.DECLINED,
}


class Changes:
    """Something that changes, and whoever waits for it to."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def tell(self) -> None:
        """It changed."""
        # Whoever waits holds the old event; whoever comes next gets a new one.
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Wait for the next change, or as long as this."""
        changed = self._changed
        try:
            async with asyncio.timeout(seconds):
                await changed.wait()
        except TimeoutError:
            return


class Watched(Protocol):
    """A gate that attendants watch."""

    @property
    def name(self) -> str:
        """What attendants call it; no two gates of a console have one name."""
        ...

    @property
    def address(self) -> str | None:
        """Where its own pages are; None: these are they."""
        ...

    def view(self) -> View | None:
        """What is to be seen of it; None: it cannot be reached."""
        ...

    async def act(self, act: Act) -> Said:
        """Do something about one of its questions or calls."""
        ...

    def join(self) -> None:
        """One more watches it."""
        ...

    def leave(self) -> None:
        """One less does."""
        ...


@dataclass(frozen=True, slots=True)
class _Noted:
    number: int
    reason: Reason
    since: float
    state: CallState = CallState.WAITING


HELP_NUMBER: Final = 0
"""The call of whoever stands at the kiosk; the gate's own count from 1."""


class OwnGate:
    """The gate that these pages belong to.

    Args:
        name: what attendants call it.
        unsafe: names of weakening settings that are on.
        board: its kiosk.
        tell: says something to the gate.
        seconds: a clock that never runs backwards.
        changes: is told of every change.

    Attributes:
        address: none: these are its own pages.
        hands: openings of it by hand.
    """

    address: None = None

    def __init__(
        self,
        *,
        name: str,
        unsafe: tuple[str, ...],
        board: Board,
        tell: Callable[[Message], None],
        seconds: Callable[[], float],
        changes: Changes,
    ) -> None:
        self.name = name
        self._unsafe = unsafe
        self._board = board
        self._tell = tell
        self._seconds = seconds
        self._changes = changes
        self.hands = Hands(tell)
        self._watchers = 0
        self._health = Health()
        self._calls: list[_Noted] = []
        self._number = HELP_NUMBER
        self._help_since: float | None = None
        self._asked: tuple[int, float] | None = None
        self._ended: tuple[Reason, float] | None = None
        self._hours: tuple[Hour, ...] = ()

    def hear(self, message: Message) -> None:
        """Take what the gate says, if it is for attendants."""
        match message:
            case Called(reason):
                self._call(reason)
            case Health():
                self._health = message
                self.hands.offered = frozenset(message.reasons.split())
            case HourOver(hour, granted, refused, referred):
                over = Hour(hour, granted, refused, referred)
                self._hours = (over, *self._hours)[:MOST_HOURS]
            case Asked(number, seconds):
                self._asked, self._ended = (number, self._seconds() + seconds), None
            case AskedNoMore(reason):
                self._asked, self._ended = None, (reason, self._seconds())
            case HandReceipt() | HandDrawn() | HandWaits() | HandEnded():
                self._hear_hand(message)
            case _:
                return
        self._changes.tell()

    def _hear_hand(
        self, message: HandReceipt | HandDrawn | HandWaits | HandEnded
    ) -> None:
        match message:
            case HandReceipt():
                self._board.show_receipt(message)
            case HandEnded(wish, refusal) if refusal is not None:
                # Nothing was opened, so there is nothing to have a receipt of.
                self._board.end_receipt(wish)
            case _:
                pass
        self.hands.hear(message)

    def view(self) -> View:
        """What is to be seen of it now."""
        now = self._seconds()
        self._calls = [
            call for call in self._calls if now - call.since < FORGOTTEN_SECONDS
        ]
        ended = self._ended
        health = self._health
        faults = (health.camera, health.reader, health.passes, health.door)
        return View(
            gate=self.name,
            faults=tuple(each for each in faults if each is not None),
            unsafe=self._unsafe,
            calls=(*self._help(now), *(_shown(call, now) for call in self._calls)),
            question=self._question(now),
            ended=ended[0] if ended and now - ended[1] < ENDED_SECONDS else None,
            hours=self._hours,
            power=health.power,
            broker=health.broker,
            ages=tuple(map(int, health.ages.split())),
        )

    async def act(self, act: Act) -> Said:
        """The first answer to a question counts; every other hears that it is late."""
        said = self._done(act)
        self._changes.tell()
        return said

    def join(self) -> None:
        """One more watches it."""
        self._watchers += 1
        self.beat()

    def leave(self) -> None:
        """One less does."""
        self._watchers -= 1
        self.beat()

    def beat(self) -> None:
        """Tell the gate whether anybody watches; it forgets that soon."""
        self._tell(Attended(self._watchers > 0))

    def _done(self, act: Act) -> Said:
        answer = _ANSWERS.get(act.deed)
        if answer is not None:
            return self._answer(act.number, answer)
        if act.number == HELP_NUMBER:
            return self._attend(act.deed)
        return self._heed(act.number, act.deed)

    def _call(self, reason: Reason) -> None:
        """Note a call; one of its reason that waits already stands for both."""
        if any(call.reason is reason for call in self._calls):
            return
        self._number += 1
        self._calls.append(_Noted(self._number, reason, self._seconds()))
        del self._calls[:-MOST_CALLS]

    def _question(self, now: float) -> Question | None:
        if self._asked is None:
            return None
        number, until = self._asked
        return Question(number, max(0.0, until - now))

    def _answer(self, number: int, answer: Confirmation) -> Said:
        if self._asked is None or self._asked[0] != number:
            return Said.LATE
        self._asked = None
        self._tell(Answered(number, answer))
        return Said.TAKEN

    def _heed(self, number: int, deed: Deed) -> Said:
        found = [call for call in self._calls if call.number == number]
        if not found:
            return Said.LATE
        place = self._calls.index(found[0])
        if deed is Deed.DONE:
            del self._calls[place]
        else:
            self._calls[place] = replace(found[0], state=CallState.COMING)
        return Said.TAKEN

    def _attend(self, deed: Deed) -> Said:
        if self._board.help is Help.NOT_CALLED:
            return Said.LATE
        if deed is Deed.COME:
            self._board.answer_help()
        else:
            self._board.end_help()
        return Said.TAKEN

    def _help(self, now: float) -> tuple[Call, ...]:
        """The call of whoever stands at the kiosk."""
        if self._board.help is Help.NOT_CALLED:
            self._help_since = None
            return ()
        since = now if self._help_since is None else self._help_since
        self._help_since = since
        coming = self._board.help is Help.COMING
        state = CallState.COMING if coming else CallState.WAITING
        return (Call(HELP_NUMBER, Wants.HELP, now - since, state),)


def _shown(call: _Noted, now: float) -> Call:
    return Call(call.number, call.reason, now - call.since, call.state)
