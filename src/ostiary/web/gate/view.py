"""What attendants are shown of one gate, and what they can do: values and their form.

A gate tells its view to consoles elsewhere as well (docs/adr/0049), so a reader takes
what `dump_view` writes and nothing else. Nothing in it can say who somebody is: there
is no place for it.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Final, TypeVar

from ostiary.credential.checks import check_name
from ostiary.credential.jsonfile import Members, read_object
from ostiary.errors import TrustListError
from ostiary.gate.supply import Stage as PowerStage
from ostiary.reasons import Reason
from ostiary.web.gate.link import LinkError

MAX_BYTES: Final = 32 * 1024
"""Longest view. Ours are under four kilobytes."""

MOST: Final = 64
"""Most items in any of its lists."""

_Word = TypeVar("_Word", bound=StrEnum)
_Item = TypeVar("_Item")


class Wants(StrEnum):
    """What a call is for, where it is for no reason of the gate's."""

    HELP = "help"


class CallState(StrEnum):
    """Whether somebody said that they are coming."""

    WAITING = "waiting"
    COMING = "coming"


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody should come and look.

    Attributes:
        number: of this call, at its gate.
        why: the gate's reason, or that the person at the kiosk asks.
        waited: seconds so far.
        state: whether somebody is coming.
    """

    number: int
    why: Reason | Wants
    waited: float
    state: CallState


@dataclass(frozen=True, slots=True)
class Question:
    """A pass without a face was shown: an attendant is to look at the document.

    Attributes:
        number: of this question; an answer names it, and an answer to another is void.
        left: seconds that are left for the answer.
    """

    number: int
    left: float


@dataclass(frozen=True, slots=True)
class Hour:
    """How many of each outcome fell into an hour that is over.

    Attributes:
        hour: when it began on the gate's civil clock, such as `2026-11-21 16`.
        granted: passages.
        refused: refusals.
        referred: sent on to an attendant.
    """

    hour: str
    granted: int
    refused: int
    referred: int


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One gate, as its attendants see it.

    Attributes:
        gate: what attendants call it.
        faults: what keeps it from serving everybody.
        unsafe: names of weakening settings that are on.
        calls: who should be looked after.
        question: what waits for an answer.
        ended: how the question before ended; None: a while ago, or there was none.
        hours: latest first.
        power: how far a power cut has come; None: no supply is asked.
        broker: whether the broker hears the gate; None: none is told of it.
        ages: of the status lists that can be used, in minutes.
    """

    gate: str
    faults: tuple[Reason, ...] = ()
    unsafe: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    question: Question | None = None
    ended: Reason | None = None
    hours: tuple[Hour, ...] = ()
    power: PowerStage | None = None
    broker: bool | None = None
    ages: tuple[int, ...] = ()

    def older(self, seconds: float) -> "View":
        """The same, that many seconds later."""
        asked = self.question
        return replace(
            self,
            calls=tuple(
                replace(call, waited=call.waited + seconds) for call in self.calls
            ),
            question=asked and replace(asked, left=max(0.0, asked.left - seconds)),
        )


def steady(view: View) -> View:
    """The same without what changes by itself, to tell whether anything happened."""
    return replace(
        view,
        calls=tuple(replace(call, waited=0.0) for call in view.calls),
        question=None if view.question is None else replace(view.question, left=0.0),
    )


class Deed(StrEnum):
    """What an attendant can do about a question or call; doors are opened elsewhere."""

    CONFIRM = "confirm"
    DECLINE = "decline"
    COME = "come"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Act:
    """What an attendant does about one question or call of a gate."""

    deed: Deed
    number: int


class Said(StrEnum):
    """What came of it."""

    TAKEN = "taken"
    LATE = "late"
    LOST = "lost"


def dump_view(view: View) -> bytes:
    """The one form of a view: a JSON object on one line."""
    return json.dumps(asdict(view), separators=(",", ":")).encode()


def load_view(data: bytes) -> View:
    """Read a view.

    Raises:
        LinkError: anything but what `dump_view` writes.
    """
    try:
        members = read_object(data, MAX_BYTES)
        view = _view(members)
        members.finish()
    except (TrustListError, ValueError):
        raise LinkError("no view of a gate") from None
    return view


def dump_act(act: Act) -> bytes:
    """The one form of an act: a JSON object."""
    return json.dumps(asdict(act)).encode()


def load_act(data: bytes) -> Act:
    """Read an act.

    Raises:
        LinkError: anything but what `dump_act` writes.
    """
    try:
        members = read_object(data, MAX_BYTES)
        act = Act(_word(Deed, members.text("deed")), members.integer("number"))
        members.finish()
    except (TrustListError, ValueError):
        raise LinkError("no act of an attendant") from None
    return act


def _view(members: Members) -> View:
    names = ("question", "ended", "power", "broker")
    question, ended, power, broker = (_optional(members, name) for name in names)
    return View(
        gate=_name(members.text("gate")),
        faults=tuple(_word(Reason, each) for each in _few(members.texts("faults"))),
        unsafe=tuple(_name(each) for each in _few(members.texts("unsafe"))),
        calls=tuple(_call(each) for each in _few(members.objects("calls"))),
        question=_question(members.member("question")) if question else None,
        ended=_word(Reason, members.text("ended")) if ended else None,
        hours=tuple(_hour(each) for each in _few(members.objects("hours"))),
        power=_word(PowerStage, members.text("power")) if power else None,
        broker=members.truth("broker") if broker else None,
        ages=tuple(_age(each) for each in _few(members.integers("ages"))),
    )


def _optional(members: Members, name: str) -> bool:
    """Whether that member is there and not null; null is taken away."""
    if name in members and members.left[name] is None:
        del members.left[name]
        return False
    return True


def _call(members: Members) -> Call:
    why = members.text("why")
    call = Call(
        members.integer("number"),
        Wants.HELP if why == Wants.HELP else _word(Reason, why),
        members.number("waited"),
        _word(CallState, members.text("state")),
    )
    members.finish()
    return call


def _question(members: Members) -> Question:
    question = Question(members.integer("number"), members.number("left"))
    members.finish()
    return question


def _hour(members: Members) -> Hour:
    hour = Hour(
        _name(members.text("hour")),
        *(members.integer(name) for name in ("granted", "refused", "referred")),
    )
    members.finish()
    return hour


def _age(minutes: int) -> int:
    if minutes < 0:
        raise ValueError("nothing is younger than now")
    return minutes


def _few(items: Sequence[_Item]) -> Sequence[_Item]:
    if len(items) > MOST:
        raise ValueError("more than there can be")
    return items


def _name(text: str) -> str:
    check_name(text)
    return text


def _word(kind: type[_Word], text: str) -> _Word:
    return kind(text)
