"""A door that an attendant opens by hand: entered first, and only then opened.

    wish -> entry drawn up -> signed -> (signed by another) -> entered -> the door

Each attendant has one opening at a time. Whatever does not hold is refused by its name,
and nothing moves the door but an entry that is on the disk and that no audit would
object to. An entry that turns out to be wrong after it was written stands, and opens
nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from ostiary.credential import Randomness
from ostiary.errors import OstiaryError, TamperedError
from ostiary.gate.last_pass import LastPass
from ostiary.journal import (
    Answer,
    Assertion,
    Edge,
    Fault,
    ManualOpening,
    Opening,
    OpeningFault,
    OpeningReason,
    Receipt,
    Standing,
    dump_entry,
    load_entry,
    read_entry,
)
from ostiary.journal.entry import COMMITMENT_BYTES
from ostiary.journal.standing import SIGNING
from ostiary.storage.civil_time import civil_zone
from ostiary.storage.journal import Journal, Mended

SIGNING_SECONDS: Final = SIGNING.total_seconds()
"""From drawing up to the door: an attendant reads, signs, and the gate is free. Where
two sign, the second has as long again."""


class NotOpened(StrEnum):
    """Why the gate does not open, whatever the journal says of the attendant."""

    ANOTHER = "another-is-signed"
    LATE = "answer-late"
    ALONE = "nobody-else-signed"
    NO_PASS = "no-pass-for-a-receipt"  # noqa: S105 - what somebody shows
    NOT_ENTERED = "not-entered"
    DAMAGED = "journal-damaged"
    DOOR = "door-fault"


Refusal: TypeAlias = NotOpened | Fault


@dataclass(frozen=True, slots=True)
class _Drawn:
    """An opening that was drawn up.

    Attributes:
        wishes: name whoever is told what comes of it: the wish, and who signs second.
        opening: what is to be entered.
        since: when it was drawn up, or signed first where another one has to sign it
            too; in seconds on the gate's clock.
        signed: the same with what was said to it; None: nothing yet.
        whole: whether nothing is missing.
    """

    wishes: tuple[str, ...]
    opening: Opening
    since: float
    signed: ManualOpening | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """An opening that one attendant signed, and another one has to.

    Attributes:
        wish: names it.
        opening: what is to be signed.
        left: seconds that are left for it.
    """

    wish: str
    opening: Opening
    left: float


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a wish.

    Attributes:
        wish: which.
        refusal: why the door stays shut; None: it was entered, and the door opened.
    """

    wish: str
    refusal: Refusal | None


class HandOpenings:
    """Openings by hand at one gate.

    Args:
        journal: where they are entered; verified here from its beginning.
        gate: its name, as entries have it.
        randomness: that many random bytes, unpredictable to anyone.

    Attributes:
        last_pass: of what a receipt can be made now.
        damage: why nothing is opened until the gate starts again: the journal cannot
            be read, is not as it was signed, or has an entry that is none; or None.
    """

    def __init__(self, journal: Journal, gate: str, randomness: Randomness) -> None:
        self._journal = journal
        self._gate = gate
        self._randomness = randomness
        self._standing = Standing(civil_zone)
        self._drawn: dict[bytes, _Drawn] = {}
        self._at_door: tuple[str, ...] = ()
        self._entered_at: dict[bytes, float] = {}
        self._ended: list[Ended] = []
        self._edge = Edge()
        self._receipt: Receipt | None = None
        self.last_pass = LastPass()
        self.damage: OstiaryError | None = None
        try:
            self._verify()
        except OstiaryError as error:
            # Whoever comes with a pass is served all the same.
            self.damage = error

    def offered(self) -> tuple[OpeningReason, ...]:
        """For which reasons a door may be opened now; none where nobody may open."""
        if self.damage is not None:
            return ()
        try:
            self._catch_up()
        except OstiaryError:
            return ()
        rules = self._standing.rules
        return () if rules is None else rules.reasons

    def draw(
        self,
        wish: str,
        attendant: bytes,
        reason: OpeningReason,
        at: datetime,
        seconds: float,
        *,
        receipt: bool = False,
    ) -> Opening | None:
        """Draw up what is to be signed; None: refused, and `take_ended` says why.

        It takes the place of one that the same attendant has not signed.

        Args:
            wish: names this wish; drawn at random by whoever asks.
            attendant: SHA-256 of the authenticator's credential identifier; 32 bytes.
            reason: from the list.
            at: now; timezone-aware.
            seconds: now, on a clock that never runs backwards.
            receipt: whether the person wants one, which `take_receipt` hands over.
        """
        self.pass_time(seconds)
        if self.damage is not None:
            self._end(NotOpened.DAMAGED, wish)
            return None
        former = self._drawn.get(attendant)
        if former is not None and former.signed is not None:
            self._end(NotOpened.ANOTHER, wish)
            return None
        # Where nobody wants a receipt, random bytes look the same as a commitment.
        drawn = self._randomness(COMMITMENT_BYTES)
        commitment = self.last_pass.commit(drawn) if receipt else drawn
        if commitment is None:
            self._end(NotOpened.NO_PASS, wish)
            return None
        opening = Opening(
            at.replace(microsecond=0), self._gate, reason, attendant, commitment
        )
        refusal = self._refusal(lambda: self._objections(opening, seconds))
        if refusal is not None:
            self._end(refusal, wish)
            return None
        self._drawn[attendant] = _Drawn((wish,), opening, seconds)
        if receipt:
            log = self._journal.reader.key.name
            self._receipt = Receipt(log, opening.challenge, drawn)
            self.last_pass.note(None, seconds)
        return opening

    def take_receipt(self) -> Receipt | None:
        """The receipt of what was drawn up last, once: it is not kept here."""
        taken, self._receipt = self._receipt, None
        return taken

    def signers(self) -> int:
        """How many attendants sign an opening, by the rules in force."""
        return 1 if self._standing.rules is None else self._standing.rules.signers

    def sign(self, wish: str, assertion: Assertion, seconds: float) -> None:
        """Take what the authenticator said; it is entered when the gate is free.

        Where the rules ask for two attendants, it is entered when another one signs.
        """
        self.pass_time(seconds)
        drawn = self._of(wish)
        if drawn is None or drawn.signed is not None:
            self._end(NotOpened.LATE, wish)
            return
        signed = ManualOpening(drawn.opening, assertion)
        refusal = self._refusal(lambda: self._faults(signed, seconds))
        attendant = drawn.opening.attendant
        if refusal is None:
            self._drawn[attendant] = replace(drawn, signed=signed, whole=True)
        elif refusal is OpeningFault.ALONE:
            self._drawn[attendant] = replace(drawn, signed=signed, since=seconds)
        else:
            del self._drawn[attendant]
            self._end(refusal, wish)

    def countersign(
        self, wish: str, first: str, answer: Answer, seconds: float
    ) -> None:
        """Take what another attendant's authenticator said to what one has signed.

        Where it does not hold, somebody else may still sign; unless what the first one
        signed does not hold any more, which ends that.

        Args:
            wish: names this one; drawn at random by whoever asks.
            first: names the opening, as in `Waiting`.
            answer: whose, and what.
            seconds: now, on a clock that never runs backwards.
        """
        self.pass_time(seconds)
        drawn = self._of(first)
        if drawn is None or drawn.signed is None or drawn.whole:
            self._end(NotOpened.LATE, wish)
            return
        signed = replace(drawn.signed, second=answer)
        refusal = self._refusal(lambda: self._faults(signed, seconds))
        if refusal is None:
            self._drawn[drawn.opening.attendant] = replace(
                drawn, wishes=(*drawn.wishes, wish), signed=signed, whole=True
            )
        elif self._has_ended(drawn.signed, seconds):
            self._end(NotOpened.LATE, wish)
        else:
            self._end(refusal, wish)

    def waiting(self, seconds: float) -> tuple[Waiting, ...]:
        """What waits for the signature of another attendant."""
        return tuple(
            Waiting(
                drawn.wishes[0],
                drawn.opening,
                SIGNING_SECONDS - (seconds - drawn.since),
            )
            for drawn in self._drawn.values()
            if drawn.signed is not None and not drawn.whole
        )

    def drop(self, wish: str) -> None:
        """Whoever wished it does not sign; what is signed already goes on."""
        drawn = self._of(wish)
        if drawn is not None and drawn.signed is None:
            del self._drawn[drawn.opening.attendant]

    def enter(self, seconds: float) -> bool:
        """Enter what was signed, if anything was; whether the door is to open for it.

        When this says so, the entry is on the disk, and `hear_door` ends the wish.
        """
        self.pass_time(seconds)
        drawn = next((each for each in self._drawn.values() if each.whole), None)
        if drawn is None or drawn.signed is None:
            return False
        del self._drawn[drawn.opening.attendant]
        signed = drawn.signed
        refusal = self._refusal(lambda: self._entered(signed, seconds))
        if refusal is None:
            self._at_door = drawn.wishes
            for answer in signed.answers:
                self._entered_at[answer.attendant] = seconds
        else:
            self._end(refusal, *drawn.wishes)
        return refusal is None

    def hear_door(self, *, opened: bool) -> None:
        """What the door did about the last entry; nothing where it was told already."""
        wishes, self._at_door = self._at_door, ()
        self._end(None if opened else NotOpened.DOOR, *wishes)

    def pass_time(self, seconds: float) -> None:
        """Forget what took too long to be signed, or whose turn never came."""
        self.last_pass.pass_time(seconds)
        for attendant, drawn in tuple(self._drawn.items()):
            if not 0 <= seconds - drawn.since < SIGNING_SECONDS:
                del self._drawn[attendant]
                alone = drawn.signed is not None and not drawn.whole
                late = NotOpened.ALONE if alone else NotOpened.LATE
                self._end(late, *drawn.wishes)

    def take_ended(self) -> tuple[Ended, ...]:
        """What came of wishes since this was asked last."""
        ended, self._ended = tuple(self._ended), []
        return ended

    def _verify(self) -> None:
        """See the whole journal, from its first entry."""
        reader = self._journal.reader
        # What it sees counts once the whole tree is verified; this raises otherwise.
        checkpoint = reader.verify(lambda data: self._standing.see(load_entry(data)))
        self._edge = reader.edge()
        if self._edge.size != checkpoint.size:
            raise TamperedError(
                f"{self._journal.path}: it changed while it was verified"
            )

    def _has_ended(self, signed: ManualOpening, seconds: float) -> bool:
        """End what one attendant signed if it does not hold any more, by its name."""

        def faults() -> Iterator[Fault]:
            every = self._faults(signed, seconds)
            return (each for each in every if each is not OpeningFault.ALONE)

        refusal = self._refusal(faults)
        # A journal that cannot be read just now may be read when somebody else signs.
        if refusal is None or refusal is NotOpened.NOT_ENTERED:
            return False
        drawn = self._drawn.pop(signed.opening.attendant)
        self._end(refusal, *drawn.wishes)
        return True

    def _of(self, wish: str) -> _Drawn | None:
        """The opening that was drawn up for that wish."""
        found = (each for each in self._drawn.values() if each.wishes[0] == wish)
        return next(found, None)

    def _refusal(self, faults: Callable[[], Iterable[Fault]]) -> Refusal | None:
        """The first of what is wrong, by all that was entered so far; None: nothing."""
        try:
            self._catch_up()
            return next(iter(faults()), None)
        except OstiaryError:
            return NotOpened.NOT_ENTERED

    def _objections(self, opening: Opening, seconds: float) -> Iterator[Fault]:
        yield from self._standing.objections(opening)
        yield from self._haste(opening.attendant, seconds)

    def _faults(self, opened: ManualOpening, seconds: float) -> Iterator[Fault]:
        for answer in opened.answers:
            yield from self._haste(answer.attendant, seconds)
        yield from self._standing.judge(opened)

    def _entered(self, opened: ManualOpening, seconds: float) -> tuple[Fault, ...]:
        """Enter an opening; why the door stays shut all the same."""
        # One that was cut short comes to stand there only now, and counts too.
        if self._journal.mend() is Mended.FINISHED:
            self._catch_up()
        faults = tuple(self._faults(opened, seconds))
        if not faults:
            done = self._journal.append(dump_entry(opened))
            # Somebody may have entered something in between, such as a suspension.
            faults = self._catch_up()[done.index]
        return faults

    def _haste(self, attendant: bytes, seconds: float) -> Iterator[OpeningFault]:
        """Whether the attendant's last opening was entered only just.

        Entries have the moments at which they were drawn up: whoever signs one late
        would have two doors open at once, with a pause between the entries.
        """
        rules, last = self._standing.rules, self._entered_at.get(attendant)
        if rules is not None and last is not None and seconds - last < rules.pause:
            yield OpeningFault.TOO_SOON

    def _catch_up(self) -> dict[int, tuple[Fault, ...]]:
        """See what was entered since; what is wrong with it, by its number."""
        reader = self._journal.reader
        there, edge = reader.checkpoint(), self._edge
        read = []
        for index in range(edge.size, there.size):
            data = read_entry(index, there.size, reader.tile)
            edge, _ = edge.appended(data)
            read.append((index, load_entry(data)))
        if (edge.size, edge.root) != (there.size, there.root):
            raise TamperedError(f"{self._journal.path}: not what it was grown to")
        self._edge = edge
        return {index: self._standing.see(entry) for index, entry in read}

    def _end(self, refusal: Refusal | None, *wishes: str) -> None:
        self._ended.extend(Ended(wish, refusal) for wish in wishes)
