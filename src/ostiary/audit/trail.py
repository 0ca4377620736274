"""One journal, entry by entry: what was in force, and whether it was kept to."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from ostiary.audit.findings import Finding, FindingKind
from ostiary.errors import JournalError
from ostiary.journal import (
    AuthenticatorAdded,
    AuthenticatorSuspended,
    DeskHour,
    GateHour,
    ManualOpening,
    Opening,
    OpeningRules,
    OwnerAct,
    judge_assertion,
    load_entry,
)
from ostiary.journal.register import RegisterEntry

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
class Attendant:
    """An authenticator, as far as the journal was read.

    Attributes:
        added: as it was entered last.
        suspended: whether it is.
        counter: of its last assertion that held.
        recent: its openings of the last hour.
    """

    added: AuthenticatorAdded
    suspended: bool = False
    counter: int = 0
    recent: deque[datetime] = field(default_factory=deque)


@dataclass(slots=True)
class Trail:
    """What is found in a journal, read from its beginning.

    Attributes:
        log: the journal's origin.
        count: entries so far.
        findings: in order.
        openings: all of them, also those that break a rule.
        changes: what owners did.
        gates: by gate and hour.
        desks: by account and hour.
    """

    log: str
    count: int = 0
    findings: list[Finding] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    gates: defaultdict[str, dict[datetime, GateHour]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    desks: defaultdict[bytes, dict[datetime, DeskHour]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    _attendants: dict[bytes, Attendant] = field(default_factory=dict)
    _rules: OpeningRules | None = None
    _latest: datetime | None = None
    _openings: set[bytes] = field(default_factory=set)

    def see(self, data: bytes) -> None:
        """Take the next entry."""
        try:
            entry = load_entry(data)
        except JournalError as error:
            self._find(FindingKind.UNREADABLE, str(error))
        else:
            match entry:
                case GateHour():
                    self._tell(entry.at in self.gates[entry.gate], entry.at)
                    self.gates[entry.gate].setdefault(entry.at, entry)
                case DeskHour():
                    self._tell(entry.at in self.desks[entry.account], entry.at)
                    self.desks[entry.account].setdefault(entry.at, entry)
                case ManualOpening():
                    self._check_clock(entry.opening.at)
                    self._open(entry)
                case _:
                    self._check_clock(entry.at)
                    self._change(entry)
        self.count += 1

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

    def _tell(self, known: bool, hour: datetime) -> None:  # noqa: FBT001 - one word
        if known:
            self._find(FindingKind.HOUR_TWICE, f"{hour:%F %R}")

    def _change(self, entry: OwnerAct | RegisterEntry) -> None:
        """Note what an owner did; what it says is in force from here on."""
        match entry:
            case OwnerAct():
                pass
            case AuthenticatorAdded():
                self._add(entry)
            case AuthenticatorSuspended():
                self._suspend(entry)
            case OpeningRules():
                self._rules = entry
        self.changes.append(Change(self.count, entry.at, in_words(entry)))

    def _suspend(self, entry: AuthenticatorSuspended) -> None:
        known = self._attendants.get(entry.attendant)
        if known is None:
            self._find(FindingKind.UNKNOWN, f"suspended: {entry.attendant.hex()}")
        else:
            known.suspended = True

    def _add(self, entry: AuthenticatorAdded) -> None:
        before = self._attendants.get(entry.attendant)
        same = before is not None and before.added.key == entry.key
        # The same key goes on counting where it was.
        counter = before.counter if before is not None and same else 0
        self._attendants[entry.attendant] = Attendant(entry, counter=counter)

    def _open(self, opened: ManualOpening) -> None:
        opening = opened.opening
        self.openings.append(opening)
        self._check_once(opened)
        if self._rules is None:
            self._find(FindingKind.NO_RULES, f"gate {opening.gate}")
        attendant = self._attendants.get(opening.attendant)
        if attendant is None:
            self._find(FindingKind.UNKNOWN, opening.attendant.hex())
            return
        self._check_in_force(attendant, opening)
        if self._rules is not None:
            self._check_answer(attendant, opened, self._rules)
            self._check_pace(attendant, opening, self._rules)

    def _check_once(self, opened: ManualOpening) -> None:
        """The same opening twice, whatever assertion it carries."""
        challenge = opened.opening.challenge
        if challenge in self._openings:
            self._find(FindingKind.REPLAYED, f"gate {opened.opening.gate}")
        self._openings.add(challenge)

    def _check_in_force(self, attendant: Attendant, opening: Opening) -> None:
        name = opening.attendant.hex()
        if attendant.suspended:
            self._find(FindingKind.SUSPENDED, name)
        if opening.at >= attendant.added.until:
            self._find(FindingKind.ENDED, name)

    def _check_answer(
        self, attendant: Attendant, opened: ManualOpening, rules: OpeningRules
    ) -> None:
        judged = judge_assertion(opened, attendant.added, rules, attendant.counter)
        if judged.fault is None:
            attendant.counter = judged.counter
        else:
            name = opened.opening.attendant.hex()
            self._find(FindingKind.ASSERTION, f"{judged.fault}: {name}")

    def _check_pace(
        self, attendant: Attendant, opening: Opening, rules: OpeningRules
    ) -> None:
        recent = attendant.recent
        while recent and opening.at - recent[0] >= _HOUR:
            recent.popleft()
        if recent and opening.at - recent[-1] < timedelta(seconds=rules.pause):
            self._find(FindingKind.TOO_SOON, opening.attendant.hex())
        recent.append(opening.at)
        if len(recent) > rules.most_an_hour:
            self._find(FindingKind.TOO_MANY, opening.attendant.hex())

    def _check_clock(self, at: datetime) -> None:
        """Hours are told when they are over, so they are no measure."""
        if self._latest is not None and at < self._latest:
            self._find(
                FindingKind.CLOCK_BACK, f"from {self._latest:%F %T} to {at:%F %T}"
            )
        self._latest = at

    def _find(self, kind: FindingKind, detail: str) -> None:
        self.findings.append(Finding(kind, self.log, self.count, detail))


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
                f"{entry.most_an_hour} an hour, {entry.pause} s between two"
            )
