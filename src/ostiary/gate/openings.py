"""A door that an attendant opens by hand: entered first, and only then opened.

    wish -> entry drawn up -> signed by the authenticator -> entered -> the door

One opening at a time is drawn up. Whatever does not hold is refused by its name, and
nothing moves the door but an entry that is on the disk and that no audit would object
to. An entry that turns out to be wrong after it was written stands, and opens nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from ostiary.credential import Randomness
from ostiary.errors import OstiaryError, TamperedError
from ostiary.gate.last_pass import LastPass
from ostiary.journal import (
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
from ostiary.storage.journal import Journal

SIGNING_SECONDS: Final = 60.0
"""From drawing up to the door: an attendant reads, signs, and the gate is free."""


class NotOpened(StrEnum):
    """Why the gate does not open, whatever the journal says of the attendant."""

    ANOTHER = "another-is-signed"
    LATE = "answer-late"
    NO_PASS = "no-pass-for-a-receipt"  # noqa: S105 - what somebody shows
    NOT_ENTERED = "not-entered"
    DAMAGED = "journal-damaged"
    DOOR = "door-fault"


Refusal: TypeAlias = NotOpened | Fault


@dataclass(frozen=True, slots=True)
class _Drawn:
    """An opening that was drawn up.

    Attributes:
        wish: names the wish; whoever signs has to know it.
        opening: what is to be entered.
        since: when it was drawn up, in seconds on the gate's clock.
        assertion: what the authenticator said; None: nothing yet.
    """

    wish: str
    opening: Opening
    since: float
    assertion: Assertion | None = None


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
        self._standing = Standing()
        self._drawn: _Drawn | None = None
        self._at_door: str | None = None
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

        Args:
            wish: names this wish; drawn at random by whoever asks.
            attendant: SHA-256 of the authenticator's credential identifier; 32 bytes.
            reason: from the list.
            at: now; timezone-aware.
            seconds: now, on a clock that never runs backwards.
            receipt: whether the person wants one, which `take_receipt` hands over.
        """
        self.pass_time(seconds)
        if self.damage is not None or self._drawn is not None:
            shut = NotOpened.ANOTHER if self.damage is None else NotOpened.DAMAGED
            self._end(wish, shut)
            return None
        # Where nobody wants a receipt, random bytes look the same as a commitment.
        drawn = self._randomness(COMMITMENT_BYTES)
        commitment = self.last_pass.commit(drawn) if receipt else drawn
        if commitment is None:
            self._end(wish, NotOpened.NO_PASS)
            return None
        opening = Opening(
            at.replace(microsecond=0), self._gate, reason, attendant, commitment
        )
        try:
            self._catch_up()
        except OstiaryError:
            self._end(wish, NotOpened.NOT_ENTERED)
            return None
        objections = (
            *self._standing.objections(opening),
            *self._haste(opening, seconds),
        )
        if objections:
            self._end(wish, objections[0])
            return None
        self._drawn = _Drawn(wish, opening, seconds)
        if receipt:
            log = self._journal.reader.key.name
            self._receipt = Receipt(log, opening.challenge, drawn)
            self.last_pass.note(None, seconds)
        return opening

    def take_receipt(self) -> Receipt | None:
        """The receipt of what was drawn up last, once: it is not kept here."""
        taken, self._receipt = self._receipt, None
        return taken

    def sign(self, wish: str, assertion: Assertion, seconds: float) -> None:
        """Take what the authenticator said; it is entered when the gate is free."""
        self.pass_time(seconds)
        drawn = self._drawn
        if drawn is None or drawn.wish != wish or drawn.assertion is not None:
            self._end(wish, NotOpened.LATE)
        else:
            self._drawn = _Drawn(wish, drawn.opening, drawn.since, assertion)

    def drop(self, wish: str) -> None:
        """Whoever wished it does not sign; what is signed already goes on."""
        drawn = self._drawn
        if drawn is not None and drawn.wish == wish and drawn.assertion is None:
            self._drawn = None

    def enter(self, seconds: float) -> bool:
        """Enter what was signed, if anything was; whether the door is to open for it.

        When this says so, the entry is on the disk, and `hear_door` ends the wish.
        """
        self.pass_time(seconds)
        drawn = self._drawn
        if drawn is None or drawn.assertion is None:
            return False
        self._drawn = None
        try:
            refusal = self._entered(ManualOpening(drawn.opening, drawn.assertion))
        except OstiaryError:
            refusal = NotOpened.NOT_ENTERED
        if refusal is None:
            self._at_door = drawn.wish
            self._entered_at[drawn.opening.attendant] = seconds
        else:
            self._end(drawn.wish, refusal)
        return refusal is None

    def hear_door(self, *, opened: bool) -> None:
        """What the door did about the last entry; nothing where it was told already."""
        wish, self._at_door = self._at_door, None
        if wish is not None:
            self._end(wish, None if opened else NotOpened.DOOR)

    def pass_time(self, seconds: float) -> None:
        """Forget what took too long to be signed, or whose turn never came."""
        self.last_pass.pass_time(seconds)
        drawn = self._drawn
        if drawn is not None and not 0 <= seconds - drawn.since < SIGNING_SECONDS:
            self._drawn = None
            self._end(drawn.wish, NotOpened.LATE)

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

    def _entered(self, opened: ManualOpening) -> Refusal | None:
        """Enter an opening; why the door stays shut all the same, or None."""
        self._catch_up()
        faults = self._standing.judge(opened)
        if not faults:
            done = self._journal.append(dump_entry(opened))
            # Somebody may have entered something in between, such as a suspension.
            faults = self._catch_up()[done.index]
        return next(iter(faults), None)

    def _haste(self, opening: Opening, seconds: float) -> Iterator[OpeningFault]:
        """Whether the attendant's last opening was entered only just.

        Entries have the moments at which they were drawn up: whoever signs one late
        would have two doors open at once, with a pause between the entries.
        """
        rules, last = self._standing.rules, self._entered_at.get(opening.attendant)
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

    def _end(self, wish: str, refusal: Refusal | None) -> None:
        self._ended.append(Ended(wish, refusal))
