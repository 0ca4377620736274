"""Who may open by hand now, as the entries so far say it.

The gate asks before a door moves, and the auditor asks of every opening afterwards:
both go by what is written here, so that a gate opens for nothing that an audit finds.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from ostiary.journal.assertion import AssertionFault, Judged, judge_assertion
from ostiary.journal.entry import (
    DeskHour,
    DoorReleased,
    GateHour,
    JournalEntry,
    ManualOpening,
    Opening,
    OwnerAct,
)
from ostiary.journal.register import (
    AuthenticatorAdded,
    AuthenticatorSuspended,
    OpeningRules,
)

_HOUR: Final = timedelta(hours=1)


class OpeningFault(StrEnum):
    """Why nobody may open now, whatever an authenticator says."""

    CLOCK_BACK = "clock-went-back"
    REPLAYED = "entered-twice"
    NO_RULES = "opened-without-rules"
    UNKNOWN = "authenticator-unknown"
    SUSPENDED = "authenticator-suspended"
    ENDED = "authenticator-ended"
    TOO_SOON = "too-soon-after-another"
    TOO_MANY = "too-many-in-an-hour"


Fault: TypeAlias = OpeningFault | AssertionFault


@dataclass(slots=True)
class _Known:
    """An authenticator: as it was entered last, and what it has done since."""

    added: AuthenticatorAdded
    suspended: bool = False
    counter: int = 0
    recent: deque[datetime] = field(default_factory=deque)


@dataclass(slots=True)
class Standing:
    """What is in force after the entries that it has seen, from the first one on.

    Attributes:
        rules: of openings by hand; None: none were entered, so nobody opens.
    """

    rules: OpeningRules | None = None
    _known: dict[bytes, _Known] = field(default_factory=dict, repr=False)
    _latest: datetime | None = None
    _openings: set[bytes] = field(default_factory=set, repr=False)

    def see(self, entry: JournalEntry) -> tuple[Fault, ...]:
        """Take the next entry; what is wrong with it. From here on it is in force."""
        match entry:
            case GateHour() | DeskHour() | DoorReleased():
                # They are told afterwards, so they are no measure of time.
                return ()
            case ManualOpening():
                return self._open(entry)
            case _:
                faults = tuple(self._clock_faults(entry.at))
                self._latest = entry.at
                return (*faults, *self._change(entry))

    def is_in_force(self, attendant: bytes, at: datetime) -> bool:
        """Whether an authenticator is entered, not suspended, and not at its end."""
        known = self._known.get(attendant)
        return known is not None and not known.suspended and at < known.added.until

    def objections(self, opening: Opening) -> tuple[OpeningFault, ...]:
        """Why this opening must not be, before anybody signs it; nothing if it may."""
        known = self._known.get(opening.attendant)
        return (
            *self._own_faults(opening),
            *_faults_of(known, opening),
            *_haste(known, opening, self.rules),
            # Last: an owner's act between drawing up and signing shows as this too.
            *self._clock_faults(opening.at),
        )

    def judge(self, opened: ManualOpening) -> tuple[Fault, ...]:
        """Why this opening must not be, now that it is signed; nothing if it may."""
        judged = self._judged(opened)
        answer = () if judged is None or judged.fault is None else (judged.fault,)
        return (*self.objections(opened.opening), *answer)

    def _open(self, opened: ManualOpening) -> tuple[Fault, ...]:
        opening, judged = opened.opening, self._judged(opened)
        faults: tuple[Fault, ...] = self.objections(opening)
        known = self._known.get(opening.attendant)
        if judged is not None and known is not None:
            known.recent.append(opening.at)
            while opening.at - known.recent[0] >= _HOUR:
                known.recent.popleft()
            if judged.fault is None:
                known.counter = judged.counter
            else:
                faults = (*faults, judged.fault)
        self._openings.add(opening.challenge)
        self._latest = opening.at
        return faults

    def _judged(self, opened: ManualOpening) -> Judged | None:
        """What the assertion comes to; None: there is nothing to judge it by."""
        known = self._known.get(opened.opening.attendant)
        if known is None or self.rules is None:
            return None
        return judge_assertion(opened, known.added, self.rules, known.counter)

    def _change(
        self,
        entry: OwnerAct | AuthenticatorAdded | AuthenticatorSuspended | OpeningRules,
    ) -> tuple[OpeningFault, ...]:
        match entry:
            case OwnerAct():
                pass
            case AuthenticatorAdded():
                self._add(entry)
            case AuthenticatorSuspended(attendant=attendant):
                known = self._known.get(attendant)
                if known is None:
                    return (OpeningFault.UNKNOWN,)
                known.suspended = True
            case OpeningRules():
                self.rules = entry
        return ()

    def _add(self, entry: AuthenticatorAdded) -> None:
        known = self._known.get(entry.attendant)
        if known is None:
            self._known[entry.attendant] = _Known(entry)
            return
        if known.added.key != entry.key:
            # Another key counts from its own beginning; what was opened stays opened.
            known.counter = 0
        known.added, known.suspended = entry, False

    def _clock_faults(self, at: datetime) -> Iterator[OpeningFault]:
        if self._latest is not None and at < self._latest:
            yield OpeningFault.CLOCK_BACK

    def _own_faults(self, opening: Opening) -> Iterator[OpeningFault]:
        # The same opening twice, whatever assertion it carries.
        if opening.challenge in self._openings:
            yield OpeningFault.REPLAYED
        if self.rules is None:
            yield OpeningFault.NO_RULES


def _faults_of(known: _Known | None, opening: Opening) -> Iterator[OpeningFault]:
    if known is None:
        yield OpeningFault.UNKNOWN
        return
    if known.suspended:
        yield OpeningFault.SUSPENDED
    if opening.at >= known.added.until:
        yield OpeningFault.ENDED


def _haste(
    known: _Known | None, opening: Opening, rules: OpeningRules | None
) -> Iterator[OpeningFault]:
    """Whether the attendant has opened too often, or has only just."""
    if known is None or rules is None:
        return
    recent = [at for at in known.recent if opening.at - at < _HOUR]
    if recent and opening.at - recent[-1] < timedelta(seconds=rules.pause):
        yield OpeningFault.TOO_SOON
    if len(recent) >= rules.most_an_hour:
        yield OpeningFault.TOO_MANY
