"""Receipts at the gate: of the pass that was shown last, and of nobody else's."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ostiary.capture.qr import qr_image
from ostiary.gate.attendants import TerminalAttendant
from ostiary.gate.last_pass import HELD_SECONDS, LastPass
from ostiary.gate.openings import HandOpenings, NotOpened
from ostiary.journal import (
    ManualOpening,
    Opening,
    OpeningFault,
    OpeningReason,
    OpeningRules,
    Receipt,
    UserCheck,
    dump_entry,
    load_entry,
)
from ostiary.reasons import Reason
from ostiary.storage.journal import Journal
from ostiary.terms import Confirmation, Image
from tests.authenticator import ORIGIN, PARTY, Authenticator
from tests.conftest import NOW, drawn

World = Any
"""The fixture's type; test modules import nothing from one another."""

RULES = OpeningRules(NOW, PARTY, (ORIGIN,), UserCheck.VERIFIED, 9, 10)
UNTIL = NOW + timedelta(days=365)
PASS, OTHER = bytes(range(16)), bytes(16)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@dataclass
class Stand:
    """A gate's openings, their journal and one attendant's authenticator."""

    journal: Journal
    key: Authenticator = field(default_factory=lambda: Authenticator(b"ada"))

    def __post_init__(self) -> None:
        for entry in (RULES, self.key.added(NOW, UNTIL)):
            self.journal.append(dump_entry(entry))
        self.openings = HandOpenings(self.journal, "north", drawn(b"openings"))

    def show(self, identifier: bytes | None, seconds: float) -> None:
        self.openings.last_pass.note(identifier, seconds)

    def draw(self, seconds: float, *, receipt: bool = True) -> Opening | None:
        reason, key = OpeningReason.FALSE_NON_MATCH, self.key.attendant
        wish = f"wish {seconds}"
        return self.openings.draw(
            wish, key, reason, at(seconds), seconds, receipt=receipt
        )

    def received(self, seconds: float) -> tuple[Receipt, ManualOpening]:
        """Draw up, sign and enter one with a receipt."""
        opening = self.draw(seconds)
        receipt = self.openings.take_receipt()
        assert opening is not None
        assert receipt is not None
        signed = self.key.open(opening)
        self.openings.sign(f"wish {seconds}", signed.assertion, seconds)
        assert self.openings.enter(seconds)
        return receipt, signed

    def ended(self) -> list[object]:
        return [each.refusal for each in self.openings.take_ended()]


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(Journal.begin(tmp_path / "journal", "north", drawn(b"journal")))


def test_a_receipt_is_of_the_pass_that_was_shown_and_of_what_was_entered(
    stand: Stand,
) -> None:
    stand.show(PASS, 1)
    receipt, signed = stand.received(20)
    assert receipt.log == stand.journal.reader.key.name
    entered = [load_entry(data) for data in stand.journal.reader.entries()]
    assert entered[-1] == signed
    assert receipt.fits(signed.opening, PASS)
    assert not receipt.fits(signed.opening, OTHER)


def test_the_gate_keeps_neither_receipt_nor_pass(stand: Stand) -> None:
    last = stand.openings.last_pass
    stand.show(PASS, 1)
    buffer = last._identifier
    assert buffer == PASS
    stand.received(20)
    assert buffer == bytes(16)
    assert stand.openings.take_receipt() is None
    assert stand.draw(40) is None
    assert stand.ended() == [NotOpened.NO_PASS]


def test_without_a_pass_there_is_no_receipt_and_the_attendant_may_do_without(
    stand: Stand,
) -> None:
    """As of one that cannot be read."""
    assert stand.draw(1) is None
    assert stand.ended() == [NotOpened.NO_PASS]
    assert stand.openings.take_receipt() is None
    assert stand.draw(2, receipt=False) is not None
    assert stand.openings.take_receipt() is None


def test_a_pass_is_kept_for_as_long_as_an_attendant_needs(stand: Stand) -> None:
    stand.show(PASS, 0)
    buffer = stand.openings.last_pass._identifier
    stand.openings.pass_time(HELD_SECONDS - 0.1)
    assert stand.openings.last_pass.age(HELD_SECONDS - 0.1) == 119
    stand.openings.pass_time(HELD_SECONDS)
    assert buffer == bytes(16)
    assert stand.draw(HELD_SECONDS) is None
    assert stand.ended() == [NotOpened.NO_PASS]


@pytest.mark.parametrize("after", [OTHER, None])
def test_another_pass_ends_it(stand: Stand, after: bytes | None) -> None:
    stand.show(PASS, 0)
    buffer = stand.openings.last_pass._identifier
    stand.show(after, 1)
    assert buffer == bytes(16)
    if after is None:
        assert stand.draw(2) is None
    else:
        receipt, signed = stand.received(2)
        assert not receipt.fits(signed.opening, PASS)


def test_a_clock_that_runs_backwards_ends_it() -> None:
    last = LastPass()
    last.note(PASS, 100)
    assert last.age(99) is None
    assert last.commit(bytes(32)) is None


def test_what_may_not_be_opened_costs_no_receipt(stand: Stand) -> None:
    stand.show(PASS, 0)
    stand.received(1)
    stand.show(OTHER, 2)
    assert stand.draw(3) is None
    assert OpeningFault.TOO_SOON in stand.ended()
    assert stand.openings.take_receipt() is None
    receipt, signed = stand.received(15)
    assert receipt.fits(signed.opening, OTHER)


def test_as_many_random_bytes_are_drawn_with_one_as_without(stand: Stand) -> None:
    asked: list[int] = []

    def counting(length: int) -> bytes:
        asked.append(length)
        return bytes(length)

    stand.openings = HandOpenings(stand.journal, "north", counting)
    stand.show(PASS, 0)
    stand.draw(1, receipt=True)
    stand.draw(2, receipt=False)
    assert asked == [32, 32]


class Kept:
    """What the gate's loop says of passes, in order."""

    def __init__(self, world: World) -> None:
        self.all: list[bytes | None] = []
        world.note_pass = lambda identifier, _: self.all.append(identifier)


def answered(
    world: World, monkeypatch: pytest.MonkeyPatch, answer: Confirmation
) -> None:
    """An attendant says that at once."""
    monkeypatch.setattr(TerminalAttendant, "ask", lambda _: None)
    monkeypatch.setattr(TerminalAttendant, "answer", lambda _: answer)
    world.attendant = TerminalAttendant()


def test_a_verified_pass_is_noted_and_one_that_is_not_ends_it(
    world: World, empty_scene: Callable[[], Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(world)
    answered(world, monkeypatch, Confirmation.DECLINED)
    gone = [empty_scene() for _ in range(60)]
    issued = world.issue(faceless=True)
    world.run(qr_image(issued.text), *gone, qr_image("RUBBISH"), *gone)
    assert world.display.reasons[0] is Reason.ATTENDANT_DECLINED
    assert len(world.display.reasons) == 2
    verified, other, end = kept.all
    assert verified is not None
    assert len(verified) == 16
    assert (other, end) == (None, None)


def test_a_door_that_opens_ends_it(
    world: World, empty_scene: Callable[[], Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(world)
    answered(world, monkeypatch, Confirmation.CONFIRMED)
    issued = world.issue(faceless=True)
    world.run(qr_image(issued.text), *(empty_scene() for _ in range(3)))
    assert world.display.reasons == [Reason.ATTENDANT_CONFIRMED]
    assert [each is None for each in kept.all] == [False, True, True]


def test_several_passes_at_once_are_of_nobody(
    world: World, empty_scene: Callable[[], Image]
) -> None:
    kept = Kept(world)
    both = [qr_image(world.issue(faceless=True).text) for _ in range(2)]
    height = max(each.shape[0] for each in both)
    padded = [
        np.pad(
            each,
            ((0, height - each.shape[0]), (20, 20), (0, 0)),
            constant_values=255,
        )
        for each in both
    ]
    world.run(np.hstack(padded), empty_scene())
    assert world.display.reasons == [Reason.SEVERAL_PASSES]
    # As with the end of the gate.
    assert kept.all == [None, None]
