"""One journal, entry by entry: what was in force, and whether it was kept to."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from ostiary.audit.findings import Finding, FindingKind
from ostiary.credential.windows import window_text
from ostiary.errors import JournalError
from ostiary.journal import (
    AssertionFault,
    AuthenticatorAdded,
    AuthenticatorSuspended,
    ClockSet,
    DeskHour,
    DoorReleased,
    Fault,
    GateHour,
    JournalEntry,
    ManualOpening,
    Opening,
    OpeningHours,
    OpeningRules,
    OwnerAct,
    Standing,
    load_entry,
)
from ostiary.journal.register import RegisterEntry
from ostiary.storage.civil_time import civil_zone

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Change:
    """Something that an owner did.

    Attributes:
        index: the entry's number.
        at: when it says it was done.
        what: in words.
    """

    index: int
    at: datetime
    what: str


@dataclass(slots=True)
class Trail:
    """What is found in a journal, read from its beginning.

    Attributes:
        log: the journal's origin.
        count: entries so far.
        findings: in order.
        openings: all of them, also those that break a rule.
        releases: doors that were released past their gates, each once: a gate enters
            one again where it could not tell whether it had.
        seconds: who signed second, 32 bytes, by the opening's place among them.
        changes: what owners did.
        gates: by gate and hour.
        desks: by account and hour.
    """

    log: str
    count: int = 0
    findings: list[Finding] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    releases: dict[DoorReleased, None] = field(default_factory=dict)
    seconds: dict[int, bytes] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    gates: defaultdict[str, dict[datetime, GateHour]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    desks: defaultdict[bytes, dict[datetime, DeskHour]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    _standing: Standing = field(default_factory=lambda: Standing(civil_zone))

    def see(self, data: bytes) -> None:
        """Take the next entry."""
        try:
            entry = load_entry(data)
        except JournalError as error:
            self._find(FindingKind.UNREADABLE, str(error))
        else:
            self._take(entry)
            for fault in self._standing.see(entry):
                self._find(_kind(fault), _detail(fault, entry))
        self.count += 1

    def _take(self, entry: JournalEntry) -> None:
        match entry:
            case GateHour():
                self._tell(entry.at in self.gates[entry.gate], entry.at)
                self.gates[entry.gate].setdefault(entry.at, entry)
            case DeskHour():
                self._tell(entry.at in self.desks[entry.account], entry.at)
                self.desks[entry.account].setdefault(entry.at, entry)
            case ManualOpening(opening=opening, second=second):
                if second is not None:
                    self.seconds[len(self.openings)] = second.attendant
                self.openings.append(opening)
            case DoorReleased():
                self.releases.setdefault(entry)
            case _:
                self._note(entry)

    def find_gaps(self) -> None:
        """Note the hours that a gate does not tell, between its first and its last."""
        for gate, hours in self.gates.items():
            told = sorted(hours)
            for one, next_one in pairwise(told):
                missing = round((next_one - one) / _HOUR) - 1
                if missing:
                    begins = f"{one + _HOUR:%F %R}"
                    detail = f"gate {gate}: {missing} hours from {begins} on"
                    self.findings.append(
                        Finding(FindingKind.GAP, self.log, None, detail)
                    )

    def _note(self, entry: OwnerAct | RegisterEntry) -> None:
        """Note what an owner did."""
        self.changes.append(Change(self.count, entry.at, in_words(entry)))
        if isinstance(entry, ClockSet):
            latest = self._standing.latest
            before = "nothing" if latest is None else f"{latest:%F %T}"
            detail = f"as of {entry.at:%F %T}, after {before}"
            self._find(FindingKind.CLOCK_SET, detail)

    def _tell(self, known: bool, hour: datetime) -> None:  # noqa: FBT001 - one word
        if known:
            self._find(FindingKind.HOUR_TWICE, f"{hour:%F %R}")

    def _find(self, kind: FindingKind, detail: str) -> None:
        self.findings.append(Finding(kind, self.log, self.count, detail))


def _kind(fault: Fault) -> FindingKind:
    if isinstance(fault, AssertionFault):
        return FindingKind.ASSERTION
    return FindingKind(fault.value)


def _detail(fault: Fault, entry: JournalEntry) -> str:
    """Whose entry it is, or from where."""
    match entry:
        case ManualOpening():
            said = f"{fault}: " if isinstance(fault, AssertionFault) else ""
            signers = " and ".join(each.attendant.hex() for each in entry.answers)
            return f"{said}{signers}, gate {entry.opening.gate}"
        case AuthenticatorSuspended(attendant=attendant):
            return attendant.hex()
        case _:
            return f"entered as of {entry.at:%F %T}"


def in_words(entry: OwnerAct | RegisterEntry) -> str:
    """What an owner did, without its moment."""
    match entry:
        case OwnerAct():
            by = ", ".join(each.hex() for each in entry.by) or "no key"
            return f"{entry.act}, by {by}: {entry.what.hex()}"
        case AuthenticatorAdded():
            return (
                f"authenticator {entry.attendant.hex()} added until "
                f"{entry.until:%F %T}, {entry.algorithm}"
            )
        case AuthenticatorSuspended():
            return f"authenticator {entry.attendant.hex()} suspended"
        case OpeningRules():
            return (
                f"rules of openings: {entry.relying_party}, from "
                f"{', '.join(entry.origins)}, user {entry.user}, at most "
                f"{entry.most_an_hour} an hour, {entry.pause} s between two, signed "
                f"by {entry.signers}, {_hours_in_words(entry.hours)}, for "
                f"{', '.join(entry.reasons)}"
            )
        case ClockSet():
            return "time is measured anew from here on"


def _hours_in_words(hours: OpeningHours | None) -> str:
    if hours is None:
        return "at any hour"
    windows = ", ".join(map(window_text, hours.windows))
    return f"{windows}, {hours.time_zone}"
