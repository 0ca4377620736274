"""What the gate tells its attendants' pages, and what it hears from them.

Nothing that is told names a holder. Outcomes are told by the hour, when it is over.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from typing_extensions import override

from ostiary.gate.attendants import ConsoleAttendant
from ostiary.gate.condition import Condition, age_of
from ostiary.gate.counts import Counted, HourlyCounts
from ostiary.gate.displays import Display, Stage
from ostiary.gate.openings import HandOpenings, Waiting
from ostiary.journal import Answer, Assertion, write_receipt
from ostiary.ports import Attendant, Clock
from ostiary.reasons import Reason
from ostiary.terms import AccessDecision, Outcome
from ostiary.web.link import (
    Answered,
    Asked,
    AskedNoMore,
    Attended,
    Called,
    HandDrawn,
    HandDropped,
    HandEnded,
    HandReceipt,
    HandSeconded,
    HandSigned,
    HandWaits,
    HandWished,
    Health,
    HourOver,
    Message,
)
from ostiary.web.view import MOST
from ostiary.web.watched import MOST_HOURS

BELIEVED_SECONDS: Final = 8.0
"""How long the gate believes that somebody watches: pages that died do not."""

CHECK_SECONDS: Final = 10.0
"""How often it is asked whether passes can be judged, and how the gate is."""

_MINUTE: Final = timedelta(minutes=1)

MOST_WAITING: Final = 128
"""Messages that wait for pages that do not listen; the oldest are dropped."""


class Reports(Display):
    """Tells consoles what attendants have to know of one gate.

    Args:
        say: says something to the pages; False: it did not get through.
        attendant: who is asked about passes without a face, at a console or elsewhere.
        patience: seconds that a question waits.
        fault: why nobody at all can be let in now, or None.
        condition: what is known of the gate.
        clock: the gate's clock.
        openings: of doors by hand; None: none are.
    """

    def __init__(
        self,
        say: Callable[[Message], bool],
        attendant: Attendant,
        *,
        patience: float,
        fault: Callable[[datetime], Reason | None],
        condition: Callable[[], Condition],
        clock: Clock,
        openings: HandOpenings | None = None,
    ) -> None:
        self._say = say
        self._openings = openings
        # One that is asked elsewhere leaves the console without questions.
        self._attendant = (
            attendant if isinstance(attendant, ConsoleAttendant) else ConsoleAttendant()
        )
        self._patience = patience
        self._ask_fault = fault
        self._condition = condition
        self._clock = clock
        self._waiting: deque[Message] = deque(maxlen=MOST_WAITING)
        self._counts = HourlyCounts[Counted]()
        self._hours: deque[HourOver] = deque(maxlen=MOST_HOURS)
        self._health = Health()
        self._asked: tuple[int, float] | None = None
        self._waits: frozenset[str] = frozenset()
        self._watched = float("-inf")
        self._checked = float("-inf")

    def heed(self, message: Message) -> None:
        """Take what the pages say, if it is for attendants."""
        match message:
            case Attended(watched):
                self._watched = self._clock.seconds() if watched else float("-inf")
            case Answered(question, answer):
                self._attendant.take(question, answer)
            case _ if self._openings is not None:
                for each in heed_hand(self._openings, message, self._clock):
                    self._tell(each)
            case _:
                pass

    def tell_all(self) -> None:
        """Tell new pages what the ones before them knew; nobody watches them yet."""
        self._watched = float("-inf")
        self._waits = frozenset()
        self._waiting.clear()
        self._waiting.extend((self._health, *self._hours))
        if self._asked is not None:
            number, since = self._asked
            left = max(0.0, self._patience - (self._clock.seconds() - since))
            self._waiting.append(Asked(number, left))
        self._flush()

    @override
    def pass_time(self, at: datetime) -> None:
        """Tell what changed, and the hours that are over."""
        seconds = self._clock.seconds()
        self._attendant.present = 0 <= seconds - self._watched < BELIEVED_SECONDS
        if not 0 <= seconds - self._checked < CHECK_SECONDS:
            self._checked = seconds
            self._note(self._looked_at(at))
        for hour, counts in self._counts.take_before(at).items():
            over = _over(hour, counts)
            self._hours.append(over)
            self._waiting.append(over)
        self._tell_question(seconds)
        self._tell_openings(seconds)
        self._flush()

    @override
    def enter(self, stage: Stage) -> None:
        """A door that opened works."""
        if stage is Stage.PASSAGE:
            self._note(replace(self._health, door=None))

    @override
    def announce(
        self, decision: AccessDecision, at: datetime, stages: Mapping[str, float]
    ) -> None:
        """Count the decision; whatever was asked is over with it."""
        del stages
        self._counts.add(decision, at)
        self._attendant.end()
        if self._openings is not None:
            self._openings.hear_door(opened=decision.reason is Reason.OPENED_BY_HAND)
        if self._asked is not None:
            self._asked = None
            self._tell(AskedNoMore(decision.reason))

    @override
    def call_attendant(self, reason: Reason) -> None:
        """Call whoever watches."""
        if reason is Reason.DOOR_FAULT:
            self._note(replace(self._health, door=reason))
        self._tell(Called(reason))

    @override
    def camera(self, fault: Reason | None, at: datetime) -> None:
        """Tell what is wrong with it, or that it serves again."""
        del at
        self._note(replace(self._health, camera=fault))
        if fault is not None:
            self._tell(Called(fault))

    @override
    def reader(self, fault: Reason | None, at: datetime) -> None:
        """As of the camera."""
        del at
        self._note(replace(self._health, reader=fault))
        if fault is not None:
            self._tell(Called(fault))

    @override
    def alarm(self, reason: Reason, at: datetime) -> None:
        """Call whoever watches, and show it while it lasts."""
        del at
        self._note(replace(self._health, door=reason))
        self._tell(Called(reason))

    @override
    def alarm_over(self, reason: Reason, at: datetime) -> None:
        """Show it no more."""
        del at
        if self._health.door is reason:
            self._note(replace(self._health, door=None))

    def _looked_at(self, at: datetime) -> Health:
        """What is known now of what is not told by itself."""
        found = self._condition()
        ages = (age_of(issued, at) // _MINUTE for issued in found.issued.values())
        return replace(
            self._health,
            passes=self._ask_fault(at),
            power=found.power,
            broker=found.broker,
            ages=" ".join(map(str, tuple(ages)[:MOST])),
            reasons=" ".join(
                () if self._openings is None else self._openings.offered()
            ),
        )

    def _note(self, health: Health) -> None:
        if health != self._health:
            self._health = health
            self._tell(health)

    def _tell_question(self, seconds: float) -> None:
        question = self._attendant.question
        if question is not None and (self._asked is None or self._asked[0] != question):
            self._asked = (question, seconds)
            self._tell(Asked(question, self._patience))

    def _tell_openings(self, seconds: float) -> None:
        if self._openings is None:
            return
        self._openings.pass_time(seconds)
        waiting = self._openings.waiting(seconds)
        for each in waiting:
            if each.wish not in self._waits:
                self._tell(_waits(each))
        self._waits = frozenset(each.wish for each in waiting)
        for ended in self._openings.take_ended():
            self._tell(HandEnded(ended.wish, ended.refusal))

    def _tell(self, message: Message) -> None:
        self._waiting.append(message)
        self._flush()

    def _flush(self) -> None:
        while self._waiting and self._say(self._waiting[0]):
            self._waiting.popleft()


def heed_hand(
    openings: HandOpenings, message: Message, clock: Clock
) -> Iterable[Message]:
    """Take what the pages say of openings by hand; what they are to be told at once.

    What cannot be a wish or an assertion is dropped: our own pages send none such.
    """
    with suppress(ValueError):
        match message:
            case HandWished():
                return tuple(_heed_wish(openings, message, clock))
            case HandSigned(wish, data, client, signature):
                said = Assertion(*map(bytes.fromhex, (data, client, signature)))
                openings.sign(wish, said, clock.seconds())
            case HandSeconded(wish, first, attendant, data, client, signature):
                said = Assertion(*map(bytes.fromhex, (data, client, signature)))
                answer = Answer(bytes.fromhex(attendant), said)
                openings.countersign(wish, first, answer, clock.seconds())
            case HandDropped(wish):
                openings.drop(wish)
            case _:
                pass
    return ()


def _heed_wish(
    openings: HandOpenings, wished: HandWished, clock: Clock
) -> Iterable[Message]:
    """What is to be signed, if anything, and the receipt of it, if one is wanted."""
    key, seconds = bytes.fromhex(wished.attendant), clock.seconds()
    shown = openings.last_pass.age(seconds) if wished.receipt else None
    opening = openings.draw(
        wished.wish, key, wished.reason, clock.now(), seconds, receipt=wished.receipt
    )
    if opening is None:
        return
    receipt = openings.take_receipt()
    if receipt is not None:
        # The kiosk first: what is signed is signed with the receipt before the person.
        yield HandReceipt(wished.wish, write_receipt(receipt))
    yield HandDrawn(
        wished.wish,
        int(opening.at.timestamp()),
        opening.gate,
        opening.challenge.hex(),
        openings.signers(),
        shown,
    )


def _waits(waiting: Waiting) -> HandWaits:
    opening = waiting.opening
    return HandWaits(
        waiting.wish,
        int(opening.at.timestamp()),
        opening.gate,
        opening.reason,
        opening.attendant.hex(),
        opening.challenge.hex(),
        waiting.left,
    )


def _over(hour: datetime, counts: Mapping[Counted, int]) -> HourOver:
    """The totals of an hour; outages of the camera are no outcomes."""
    totals: Counter[Outcome] = Counter()
    for counted, count in counts.items():
        if isinstance(counted, AccessDecision):
            totals[counted.outcome] += count
    return HourOver(
        f"{hour:%Y-%m-%d %H}",
        totals[Outcome.GRANT],
        totals[Outcome.REFUSE],
        totals[Outcome.REFER],
    )
