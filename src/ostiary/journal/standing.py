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
from ostiary.journal.hours import Zones, utc_alone
from ostiary.journal.register import (
    AuthenticatorAdded,
    AuthenticatorSuspended,
    ClockSet,
    OpeningRules,
)

SIGNING: Final = timedelta(seconds=60)
"""How long an opening may wait for each of its signatures."""

TOLERANCE: Final = 2 * SIGNING
"""By how much a moment may lie before one that was entered earlier.

An opening has the moment at which it was drawn up, and is entered when it is signed;
meanwhile an owner, or another attendant, may have entered something.
"""

_HOUR: Final = timedelta(hours=1)

_TELLING: Final = 3 * _HOUR
"""How long after its clock was set a gate may take to tell a whole hour."""


class OpeningFault(StrEnum):
    """Why nobody may open now, whatever an authenticator says."""

    CLOCK_BACK = "clock-went-back"
    AHEAD = "drawn-before-clock-set"
    REPLAYED = "entered-twice"
    NO_RULES = "opened-without-rules"
    REASON = "reason-not-offered"
    HOURS = "outside-hours"
    ZONE = "hours-not-judged"
    UNKNOWN = "authenticator-unknown"
    SUSPENDED = "authenticator-suspended"
    ENDED = "authenticator-ended"
    TOO_SOON = "too-soon-after-another"
    TOO_MANY = "too-many-in-an-hour"
    ALONE = "signed-by-one-alone"
    TWICE = "signed-twice-by-one"


Fault: TypeAlias = OpeningFault | AssertionFault


@dataclass(slots=True)
class _Known:
    """An authenticator: as it was entered last, and what it has done since."""

    added: AuthenticatorAdded
    suspended: bool = False
    counter: int = 0
    recent: deque[datetime] = field(default_factory=deque)


@dataclass(frozen=True, slots=True)
class _SetBack:
    """A clock that was set back, while nothing tells yet that time went on from there.

    Attributes:
        over: what was drawn up before it is entered by then, or never.
        doubted: an opening of this moment or later was drawn up before it.
    """

    over: datetime
    doubted: datetime


@dataclass(slots=True)
class Standing:
    """What is in force after the entries that it has seen, from the first one on.

    Attributes:
        zones: the civil clocks that hours of openings are read on.
        rules: of openings by hand; None: none were entered, so nobody opens.
        latest: the latest moment of any entry, hours aside; None: there is none.
    """

    zones: Zones = utc_alone
    rules: OpeningRules | None = None
    latest: datetime | None = None
    _known: dict[bytes, _Known] = field(default_factory=dict, repr=False)
    _openings: set[bytes] = field(default_factory=set, repr=False)
    _set_back: _SetBack | None = None

    def see(self, entry: JournalEntry) -> tuple[Fault, ...]:
        """Take the next entry; what is wrong with it. From here on it is in force."""
        match entry:
            case GateHour() | DeskHour() | DoorReleased():
                # They are told afterwards, so they are no measure of time.
                self._hear_of(entry.at)
                return ()
            case ManualOpening():
                return self._open(entry)
            case ClockSet(at=at):
                self._set_clock(at)
                return ()
            case _:
                faults = tuple(self._clock_faults(entry.at))
                self._pass_time(entry.at)
                return (*faults, *self._change(entry))

    def knows(self, attendant: bytes) -> bool:
        """Whether an authenticator was ever entered."""
        return attendant in self._known

    def has_key(self, attendant: bytes, key: bytes) -> bool:
        """Whether that public key is the one that was entered last of an attendant."""
        known = self._known.get(attendant)
        return known is not None and known.added.key == key

    def attendants_of(self, key: bytes) -> Iterator[bytes]:
        """Those that this public key was entered last of; 32 bytes each."""
        return (each for each in self._known if self.has_key(each, key))

    def admitted(self, at: datetime) -> Iterator[AuthenticatorAdded]:
        """Every authenticator that may open then."""
        return (
            known.added
            for attendant, known in self._known.items()
            if self.is_in_force(attendant, at)
        )

    def is_in_force(self, attendant: bytes, at: datetime) -> bool:
        """Whether an authenticator is entered, not suspended, and not at its end."""
        known = self._known.get(attendant)
        return known is not None and not known.suspended and at < known.added.until

    def objections(self, opening: Opening) -> tuple[OpeningFault, ...]:
        """Why this opening must not be, before anybody signs it; nothing if it may."""
        return (
            *self._own_faults(opening),
            *self._attendant_faults(opening.attendant, opening.at),
            # Last: this one mends itself, or an owner does.
            *self._clock_faults(opening.at),
            *((OpeningFault.AHEAD,) if self._is_doubted(opening.at) else ()),
        )

    def judge(self, opened: ManualOpening) -> tuple[Fault, ...]:
        """Why this opening must not be, now that it is signed; nothing if it may.

        `ALONE` stands last: where it is first, all that lacks is another's answer.
        """
        return self._faults(opened, self._judged(opened))

    def _open(self, opened: ManualOpening) -> tuple[Fault, ...]:
        opening, judged = opened.opening, self._judged(opened)
        faults = self._faults(opened, judged)
        at = self._measured(opening.at)
        for known, each in judged:
            known.recent.append(at)
            while at - known.recent[0] >= _HOUR:
                known.recent.popleft()
            if each.fault is None:
                known.counter = each.counter
        self._openings.add(opening.challenge)
        self._pass_time(at)
        return faults

    def _faults(
        self, opened: ManualOpening, judged: tuple[tuple[_Known, Judged], ...]
    ) -> tuple[Fault, ...]:
        answers = (each.fault for _, each in judged if each.fault is not None)
        return (
            *self.objections(opened.opening),
            *answers,
            *self._company_faults(opened),
        )

    def _judged(self, opened: ManualOpening) -> tuple[tuple[_Known, Judged], ...]:
        """What the assertions come to, of whoever there is anything to judge by."""
        rules, challenge = self.rules, opened.opening.challenge
        judged: list[tuple[_Known, Judged]] = []
        for answer in opened.answers:
            known = self._known.get(answer.attendant)
            if known is not None and rules is not None:
                added, counter = known.added, known.counter
                said = answer.assertion
                each = judge_assertion(challenge, said, added, rules, counter)
                judged.append((known, each))
        return tuple(judged)

    def _company_faults(self, opened: ManualOpening) -> Iterator[OpeningFault]:
        """Whether as many signed as have to, and each of them may."""
        second, opening = opened.second, opened.opening
        if second is None:
            if self.rules is not None and self.rules.signers > 1:
                yield OpeningFault.ALONE
        elif self._is_one(second.attendant, opening.attendant):
            yield OpeningFault.TWICE
        else:
            yield from self._attendant_faults(second.attendant, opening.at)

    def _is_one(self, attendant: bytes, other: bytes) -> bool:
        """Whether both are one authenticator: two names of a key make nobody two."""
        known = self._known.get(attendant)
        return attendant == other or (
            known is not None and self.has_key(other, known.added.key)
        )

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
        if self.latest is not None and at < self.latest - TOLERANCE:
            yield OpeningFault.CLOCK_BACK

    def _pass_time(self, at: datetime) -> None:
        """Time does not go back, so that many small steps are as many as one large."""
        self.latest = at if self.latest is None else max(at, self.latest)
        self._hear_of(at)

    def _hear_of(self, at: datetime) -> None:
        if self._set_back is not None and at > self._set_back.over:
            self._set_back = None

    def _is_doubted(self, at: datetime) -> bool:
        """Whether an opening of then was drawn up by a clock that was set back since.

        It was ahead of what was entered by that clock, and nothing tells of a moment
        between: a gate that went on since would have told an hour.
        """
        return self._set_back is not None and at >= self._set_back.doubted

    def _measured(self, at: datetime) -> datetime:
        """The moment as which an opening of then counts."""
        return self.latest if self.latest and self._is_doubted(at) else at

    def _set_clock(self, at: datetime) -> None:
        """Measure time anew; what lies ahead of it counts as of this moment."""
        former, self.latest = self.latest, at
        self._hear_of(at)
        if former is not None and at < former:
            doubted = max(former - TOLERANCE, at + _TELLING)
            self._set_back = _SetBack(at + TOLERANCE, doubted)
        for known in self._known.values():
            known.recent = deque(min(each, at) for each in known.recent)

    def _own_faults(self, opening: Opening) -> Iterator[OpeningFault]:
        # The same opening twice, whatever assertion it carries.
        if opening.challenge in self._openings:
            yield OpeningFault.REPLAYED
        if self.rules is None:
            yield OpeningFault.NO_RULES
            return
        if opening.reason not in self.rules.reasons:
            yield OpeningFault.REASON
        if self.rules.hours is not None:
            zone = self.zones(self.rules.hours.time_zone)
            if zone is None:
                yield OpeningFault.ZONE
            elif not self.rules.hours.contain(opening.at, zone):
                yield OpeningFault.HOURS

    def _attendant_faults(
        self, attendant: bytes, at: datetime
    ) -> Iterator[OpeningFault]:
        """Whether one who signs may, and has not opened too often or only just."""
        known = self._known.get(attendant)
        if known is None:
            yield OpeningFault.UNKNOWN
            return
        if known.suspended:
            yield OpeningFault.SUSPENDED
        if at >= known.added.until:
            yield OpeningFault.ENDED
        if self.rules is not None:
            yield from _haste(known, at, self.rules)


def _haste(known: _Known, at: datetime, rules: OpeningRules) -> Iterator[OpeningFault]:
    recent = [each for each in known.recent if at - each < _HOUR]
    if any(at - each < timedelta(seconds=rules.pause) for each in recent):
        yield OpeningFault.TOO_SOON
    if len(recent) >= rules.most_an_hour:
        yield OpeningFault.TOO_MANY
