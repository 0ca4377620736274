"""Openings by hand: nothing moves the door but an entry that is on the disk."""

import sys
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ostiary.audit.findings import FindingKind
from ostiary.audit.trail import Trail
from ostiary.capture.qr import qr_image
from ostiary.credential import Hours
from ostiary.errors import JournalError, StorageError, WriteFailedError
from ostiary.gate.openings import SIGNING_SECONDS, Ended, HandOpenings, NotOpened
from ostiary.journal import (
    Answer,
    Assertion,
    AssertionFault,
    AuthenticatorSuspended,
    ClockSet,
    JournalEntry,
    ManualOpening,
    Opening,
    OpeningFault,
    OpeningHours,
    OpeningReason,
    OpeningRules,
    UserCheck,
    dump_entry,
    load_entry,
)
from ostiary.reasons import Reason
from ostiary.storage.journal import Appended, Journal
from ostiary.terms import Frame, Image, Outage, Sight
from tests.authenticator import ORIGIN, PARTY, Authenticator
from tests.conftest import NOW, drawn

World = Any
"""The fixture's type; test modules import nothing from one another."""

UNTIL = NOW + timedelta(days=365)
RULES = OpeningRules(NOW, PARTY, (ORIGIN,), UserCheck.VERIFIED, 3, 10)
KIM = Authenticator(b"kim", counter=None)


@dataclass
class Stand:
    """A gate's openings, their journal and one attendant's authenticator."""

    journal: Journal
    key: Authenticator = field(default_factory=lambda: Authenticator(b"ada"))
    wishes: int = 0

    def __post_init__(self) -> None:
        for entry in (RULES, self.key.added(NOW, UNTIL)):
            self.enter(entry)
        self.openings = HandOpenings(self.journal, "north", drawn(b"openings"))

    def enter(self, entry: JournalEntry) -> None:
        self.journal.append(dump_entry(entry))

    def draw(self, seconds: float, key: Authenticator | None = None) -> Opening | None:
        self.wishes += 1
        return self.openings.draw(
            f"wish {self.wishes}",
            (key or self.key).attendant,
            OpeningReason.ACCESSIBILITY,
            at(seconds),
            seconds,
        )

    def sign(self, assertion: Assertion, seconds: float, wish: int = 0) -> None:
        self.openings.sign(f"wish {wish or self.wishes}", assertion, seconds)

    def draw_and_sign(self, seconds: float) -> ManualOpening:
        opening = self.draw(seconds)
        assert opening is not None
        opened = self.key.open(opening)
        self.sign(opened.assertion, seconds)
        return opened

    def open(self, seconds: float) -> None:
        """Open for what was signed, as the gate does where the door takes the order."""
        assert self.openings.enter(seconds)
        self.openings.hear_door(opened=True)

    def ended(self) -> list[object]:
        return [each.refusal for each in self.openings.take_ended()]

    def entered(self) -> list[ManualOpening]:
        entries = map(load_entry, self.journal.reader.entries())
        return [each for each in entries if isinstance(each, ManualOpening)]


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(Journal.begin(tmp_path / "journal", "north", drawn(b"journal")))


def test_a_signed_opening_is_entered_and_only_then_opens(stand: Stand) -> None:
    assert not stand.openings.enter(0)
    opened = stand.draw_and_sign(1)
    assert stand.entered() == []
    assert stand.openings.enter(1.5)
    assert stand.entered() == [opened]
    assert stand.openings.take_ended() == ()
    stand.openings.hear_door(opened=True)
    assert stand.openings.take_ended() == (Ended("wish 1", None),)
    # Once.
    assert not stand.openings.enter(2)
    stand.openings.hear_door(opened=False)
    assert stand.ended() == []


def test_a_door_that_failed_is_not_said_to_have_opened(stand: Stand) -> None:
    opened = stand.draw_and_sign(1)
    assert stand.openings.enter(1)
    stand.openings.hear_door(opened=False)
    assert stand.ended() == [NotOpened.DOOR]
    # That it was asked for stands there all the same.
    assert stand.entered() == [opened]


def test_what_opens_is_what_an_audit_finds_nothing_wrong_with(stand: Stand) -> None:
    for seconds in (1, 20, 40):
        stand.draw_and_sign(seconds)
        assert stand.openings.enter(seconds)
    trail = Trail("north")
    stand.journal.reader.verify(trail.see)
    assert trail.findings == []
    assert len(trail.openings) == 3


def test_every_opening_has_random_bytes_of_its_own(stand: Stand) -> None:
    made = [stand.draw_and_sign(seconds) for seconds in (1,)]
    assert stand.openings.enter(1)
    made.append(stand.draw_and_sign(20))
    assert made[0].opening.commitment != made[1].opening.commitment


def test_whoever_draws_and_never_signs_keeps_nobody_waiting(stand: Stand) -> None:
    stand.enter(KIM.added(NOW, UNTIL))
    stand.draw(1)
    other = stand.draw(2, KIM)
    assert other is not None
    stand.draw(3)
    stand.sign(KIM.open(other).assertion, 4, wish=2)
    stand.open(4)
    assert stand.ended() == [None]


def test_openings_are_entered_as_they_are_signed_and_no_audit_minds(
    stand: Stand,
) -> None:
    stand.enter(KIM.added(NOW, UNTIL))
    first, second = stand.draw(1), stand.draw(50, KIM)
    assert first is not None
    assert second is not None
    stand.sign(KIM.open(second).assertion, 51, wish=2)
    stand.open(51)
    stand.sign(stand.key.open(first).assertion, 60, wish=1)
    stand.open(60)
    trail = Trail("north")
    stand.journal.reader.verify(trail.see)
    assert [each.at for each in trail.openings] == [second.at, first.at]
    assert trail.findings == []


def test_an_attendant_has_one_opening_at_a_time(stand: Stand) -> None:
    first = stand.draw(1)
    assert first is not None
    # A newer wish takes the place of what was not signed, such as of a page reloaded.
    stand.draw_and_sign(2)
    stand.sign(stand.key.open(first).assertion, 3, wish=1)
    assert stand.ended() == [NotOpened.LATE]
    assert stand.draw(4) is None
    assert stand.ended() == [NotOpened.ANOTHER]
    stand.open(5)


def test_a_wish_that_is_dropped_is_not_signed(stand: Stand) -> None:
    opening = stand.draw(1)
    assert opening is not None
    stand.openings.drop("wish of somebody else")
    stand.openings.drop("wish 1")
    stand.sign(stand.key.open(opening).assertion, 2)
    assert stand.ended() == [NotOpened.LATE]
    assert not stand.openings.enter(2)


def test_what_is_signed_cannot_be_dropped_or_signed_again(stand: Stand) -> None:
    opened = stand.draw_and_sign(1)
    stand.openings.drop("wish 1")
    stand.sign(opened.assertion, 2)
    assert stand.ended() == [NotOpened.LATE]
    assert stand.openings.enter(2)


@pytest.mark.parametrize("seconds", [1 + SIGNING_SECONDS, 0.0])
def test_an_answer_that_is_late_opens_nothing(stand: Stand, seconds: float) -> None:
    opening = stand.draw(1)
    assert opening is not None
    stand.sign(stand.key.open(opening).assertion, seconds)
    assert not stand.openings.enter(seconds)
    assert NotOpened.LATE in stand.ended()
    assert stand.entered() == []


def test_one_whose_turn_comes_too_late_opens_nothing(stand: Stand) -> None:
    stand.draw_and_sign(1)
    assert not stand.openings.enter(1 + SIGNING_SECONDS)
    assert stand.ended() == [NotOpened.LATE]
    assert stand.entered() == []


def test_an_unknown_authenticator_is_refused_before_it_signs(stand: Stand) -> None:
    assert stand.draw(1, Authenticator(b"kim")) is None
    assert stand.ended() == [OpeningFault.UNKNOWN]


def test_a_reason_is_offered_as_long_as_the_owner_offers_it(stand: Stand) -> None:
    assert stand.openings.offered() == RULES.reasons
    stand.enter(replace(RULES, at=at(1), reasons=(OpeningReason.EMERGENCY,)))
    assert stand.openings.offered() == (OpeningReason.EMERGENCY,)
    assert stand.draw(2) is None
    assert stand.ended() == [OpeningFault.REASON]


def test_nothing_is_offered_where_nobody_may_open(tmp_path: Path) -> None:
    journal = Journal.begin(tmp_path / "journal", "north", drawn(b"journal"))
    openings = HandOpenings(journal, "north", drawn(b"openings"))
    assert openings.offered() == ()
    (tmp_path / "journal" / "log" / "checkpoint").unlink()
    assert openings.offered() == ()
    damaged = HandOpenings(journal, "north", drawn(b"openings"))
    assert damaged.damage is not None
    assert damaged.offered() == ()


def test_a_suspension_by_another_process_counts_at_once(stand: Stand) -> None:
    stand.enter(AuthenticatorSuspended(at(1), stand.key.attendant))
    assert stand.draw(2) is None
    assert stand.ended() == [OpeningFault.SUSPENDED]


def test_a_suspension_between_asking_and_signing_counts(stand: Stand) -> None:
    opening = stand.draw(1)
    assert opening is not None
    stand.enter(AuthenticatorSuspended(at(1), stand.key.attendant))
    stand.sign(stand.key.open(opening).assertion, 2)
    assert not stand.openings.enter(2)
    assert stand.ended() == [OpeningFault.SUSPENDED]
    assert stand.entered() == []


def test_a_suspension_while_it_is_entered_keeps_the_door_shut(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Journal.append

    def race(journal: Journal, entry: bytes) -> Appended:
        suspended = AuthenticatorSuspended(at(1), stand.key.attendant)
        append(journal, dump_entry(suspended))
        return append(journal, entry)

    stand.draw_and_sign(1)
    monkeypatch.setattr(Journal, "append", race)
    assert not stand.openings.enter(2)
    assert stand.ended() == [OpeningFault.SUSPENDED]
    # It stands there for the audit to find.
    assert len(stand.entered()) == 1


def test_a_clock_set_back_opens_nothing(stand: Stand) -> None:
    stand.enter(replace(RULES, at=at(171)))
    assert stand.draw(50) is None
    assert stand.ended() == [OpeningFault.CLOCK_BACK]


def test_limits_are_kept_by_the_gate(stand: Stand) -> None:
    stand.draw_and_sign(1)
    stand.open(1)
    assert stand.draw(2) is None
    assert stand.ended() == [None, OpeningFault.TOO_SOON]


def test_signing_late_does_not_shorten_the_pause(stand: Stand) -> None:
    opening = stand.draw(1)
    assert opening is not None
    stand.sign(stand.key.open(opening).assertion, 50)
    stand.open(50)
    assert stand.draw(59) is None
    assert stand.ended() == [None, OpeningFault.TOO_SOON]
    assert stand.draw(60) is not None


def replayed(stand: Stand, opening: Opening) -> ManualOpening:
    return stand.key.open(replace(opening, commitment=bytes(32)))


def elsewhere(stand: Stand, opening: Opening) -> ManualOpening:
    return stand.key.open(replace(opening, gate="south"))


def cloned(stand: Stand, opening: Opening) -> ManualOpening:
    stand.key.counter = None
    return stand.key.open(opening)


def forged(_: Stand, opening: Opening) -> ManualOpening:
    return Authenticator(b"mallory").open(opening)


@pytest.mark.parametrize(
    ("sign", "fault"),
    [
        (replayed, AssertionFault.CHALLENGE),
        (elsewhere, AssertionFault.CHALLENGE),
        (cloned, AssertionFault.CLONED),
        (forged, AssertionFault.SIGNATURE),
    ],
)
def test_assertions_that_do_not_hold_are_refused_by_name(
    stand: Stand,
    sign: Callable[[Stand, Opening], ManualOpening],
    fault: AssertionFault,
) -> None:
    stand.draw_and_sign(1)
    stand.open(1)
    opening = stand.draw(20)
    assert opening is not None
    stand.sign(sign(stand, opening).assertion, 21)
    assert not stand.openings.enter(21)
    assert stand.ended() == [None, fault]
    assert len(stand.entered()) == 1


# Two attendants.


@pytest.fixture
def two(stand: Stand) -> Stand:
    """Where two attendants sign; kim is the other one."""
    stand.enter(replace(RULES, at=NOW, signers=2))
    stand.enter(KIM.added(NOW, UNTIL))
    return stand


def second(
    stand: Stand,
    opening: Opening,
    seconds: float,
    key: Authenticator = KIM,
    first: int = 1,
) -> None:
    answer = Answer(key.attendant, key.open(opening).assertion)
    stand.openings.countersign(f"{key.seed!r}", f"wish {first}", answer, seconds)


def test_a_door_opens_when_the_second_has_signed_too(two: Stand) -> None:
    opening = two.draw(1)
    assert opening is not None
    assert two.openings.signers() == 2
    assert two.openings.waiting(1) == ()
    two.sign(two.key.open(opening).assertion, 10)
    (waiting,) = two.openings.waiting(15)
    assert (waiting.opening, waiting.left) == (opening, SIGNING_SECONDS - 5)
    assert not two.openings.enter(20)
    second(two, opening, 65)
    assert two.openings.waiting(65) == ()
    two.open(65)
    assert two.openings.take_ended() == (
        Ended("wish 1", None),
        Ended(f"{KIM.seed!r}", None),
    )
    (entered,) = two.entered()
    assert [each.attendant for each in entered.answers] == [
        two.key.attendant,
        KIM.attendant,
    ]
    trail = Trail("north")
    two.journal.reader.verify(trail.see)
    assert trail.findings == []
    assert trail.seconds == {0: KIM.attendant}


def test_where_nobody_else_signs_nothing_is_opened(two: Stand) -> None:
    two.draw_and_sign(1)
    assert not two.openings.enter(60)
    assert two.ended() == []
    assert not two.openings.enter(1 + SIGNING_SECONDS)
    assert two.ended() == [NotOpened.ALONE]
    assert two.entered() == []


def test_nobody_signs_second_what_the_first_did_not_sign(two: Stand) -> None:
    opening = two.draw(1)
    assert opening is not None
    second(two, opening, 2)
    assert two.ended() == [NotOpened.LATE]
    two.sign(Authenticator(b"mallory").open(opening).assertion, 3)
    assert two.ended() == [AssertionFault.SIGNATURE]
    assert two.openings.waiting(3) == ()


def test_who_cannot_be_the_second_leaves_it_to_others(two: Stand) -> None:
    stranger = Authenticator(b"mallory")
    opened = two.draw_and_sign(1)
    second(two, opened.opening, 2, stranger)
    second(two, opened.opening, 3, two.key)
    second(two, replace(opened.opening, commitment=bytes(32)), 4)
    second(two, opened.opening, 5, first=7)
    assert two.ended() == [
        OpeningFault.UNKNOWN,
        OpeningFault.TWICE,
        AssertionFault.CHALLENGE,
        NotOpened.LATE,
    ]
    second(two, opened.opening, 6)
    two.open(6)
    assert two.ended() == [None, None]
    # It is signed, and over.
    second(two, opened.opening, 7)
    assert two.ended() == [NotOpened.LATE]


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (
            AuthenticatorSuspended(at(2), Authenticator(b"ada").attendant),
            OpeningFault.SUSPENDED,
        ),
        (
            replace(RULES, signers=2, reasons=(OpeningReason.OTHER,)),
            OpeningFault.REASON,
        ),
    ],
)
def test_what_does_not_hold_any_more_ends_for_the_first_and_blames_no_second(
    two: Stand, entry: JournalEntry, fault: OpeningFault
) -> None:
    opened = two.draw_and_sign(1)
    two.enter(entry)
    second(two, opened.opening, 3)
    assert two.openings.take_ended() == (
        Ended("wish 1", fault),
        Ended(f"{KIM.seed!r}", NotOpened.LATE),
    )
    assert two.openings.waiting(3) == ()
    assert not two.openings.enter(3)
    assert two.entered() == []


def test_it_counts_for_both_who_signed(two: Stand) -> None:
    opened = two.draw_and_sign(1)
    second(two, opened.opening, 50)
    two.open(50)
    for key in (two.key, KIM):
        assert two.draw(59, key) is None
    assert two.ended() == [None, None, OpeningFault.TOO_SOON, OpeningFault.TOO_SOON]
    assert two.draw(60, KIM) is not None


def test_nobody_opens_two_doors_at_once_as_first_and_as_second(two: Stand) -> None:
    opened, own = two.draw_and_sign(1), two.draw(20, KIM)
    assert own is not None
    second(two, opened.opening, 50)
    two.open(50)
    two.sign(KIM.open(own).assertion, 51, wish=2)
    assert two.ended() == [None, None, OpeningFault.TOO_SOON]


def test_rules_that_ask_for_two_from_now_on_shut_what_one_signed(
    stand: Stand,
) -> None:
    stand.draw_and_sign(1)
    stand.enter(replace(RULES, at=at(2), signers=2))
    assert not stand.openings.enter(3)
    assert stand.ended() == [OpeningFault.ALONE]
    assert stand.entered() == []


def test_a_second_who_is_suspended_meanwhile_keeps_the_door_shut(two: Stand) -> None:
    opened = two.draw_and_sign(1)
    second(two, opened.opening, 2)
    two.enter(AuthenticatorSuspended(at(3), KIM.attendant))
    assert not two.openings.enter(4)
    assert two.ended() == [OpeningFault.SUSPENDED, OpeningFault.SUSPENDED]
    assert two.entered() == []


# Time.


def test_an_owner_s_act_while_somebody_signs_does_not_refuse_the_opening(
    stand: Stand,
) -> None:
    opening = stand.draw(1)
    assert opening is not None
    stand.enter(replace(RULES, at=at(50)))
    stand.sign(stand.key.open(opening).assertion, 55)
    stand.open(55)
    trail = Trail("north")
    stand.journal.reader.verify(trail.see)
    assert trail.findings == []


def test_after_a_wrong_clock_a_gate_opens_when_an_owner_has_said_so(
    stand: Stand,
) -> None:
    stand.enter(replace(RULES, at=NOW + timedelta(days=3650)))
    assert stand.draw(1) is None
    stand.enter(ClockSet(at(2)))
    assert stand.draw(3) is not None
    assert stand.ended() == [OpeningFault.CLOCK_BACK]
    trail = Trail("north")
    stand.journal.reader.verify(trail.see)
    (found,) = trail.findings
    assert (found.kind, found.wrong) == (FindingKind.CLOCK_SET, False)


def test_a_clock_that_is_set_while_somebody_signs_keeps_the_door_shut(
    stand: Stand,
) -> None:
    ahead = 100 * 24 * 3600
    stand.enter(replace(RULES, at=at(ahead)))
    opened = stand.draw_and_sign(ahead + 1)
    stand.enter(ClockSet(at(2)))
    assert not stand.openings.enter(ahead + 2)
    assert stand.ended() == [OpeningFault.AHEAD]
    assert opened not in stand.entered()
    # Whoever comes now has the clock that is right.
    stand.draw_and_sign(3)
    stand.open(3)


def test_a_clock_that_is_set_while_it_is_entered_keeps_the_door_shut(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = 100 * 24 * 3600
    stand.enter(replace(RULES, at=at(ahead)))
    stand.draw_and_sign(ahead + 1)
    append = Journal.append

    def overtaken(journal: Journal, entry: bytes) -> Appended:
        append(journal, dump_entry(ClockSet(at(2))))
        return append(journal, entry)

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "append", overtaken)
        assert not stand.openings.enter(ahead + 2)
    assert stand.ended() == [OpeningFault.AHEAD]
    assert stand.draw(20) is not None
    trail = Trail("north")
    stand.journal.reader.verify(trail.see)
    assert [each.kind for each in trail.findings] == [
        FindingKind.CLOCK_SET,
        FindingKind.AHEAD,
    ]


def test_hours_are_kept_by_the_gate(stand: Stand) -> None:
    night = OpeningHours("Asia/Seoul", (Hours(frozenset(range(7)), 0, 60),))
    stand.enter(replace(RULES, hours=night))
    assert stand.draw(1) is None
    assert stand.ended() == [OpeningFault.HOURS]
    # Noon in UTC is nine in the evening there.
    day = OpeningHours("Asia/Seoul", (Hours(frozenset(range(7)), 21 * 60, 22 * 60),))
    stand.enter(replace(RULES, at=at(2), hours=day))
    assert stand.draw(3) is not None


@pytest.fixture
def no_zones(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without a time zone database."""
    monkeypatch.setitem(sys.modules, "tzdata", None)
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath(to=before)
    zoneinfo.ZoneInfo.clear_cache()


@pytest.mark.usefixtures("no_zones")
def test_without_a_time_zone_database_hours_are_judged_in_utc_alone(
    stand: Stand,
) -> None:
    always = Hours(frozenset(range(7)), 0, 1_440)
    berlin = OpeningHours("Europe/Berlin", (always,))
    stand.enter(replace(RULES, hours=berlin))
    assert stand.draw(1) is None
    assert stand.ended() == [OpeningFault.ZONE]
    stand.enter(replace(RULES, hours=replace(berlin, time_zone="UTC")))
    stand.draw_and_sign(2)
    stand.open(2)


def fail(*_: object) -> Appended:
    raise WriteFailedError("the disk is full")


def test_a_journal_that_cannot_be_written_keeps_the_door_shut(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.draw_and_sign(1)
    with monkeypatch.context() as patched:
        patched.setattr(Journal, "append", fail)
        assert not stand.openings.enter(2)
    assert stand.ended() == [NotOpened.NOT_ENTERED]
    stand.draw_and_sign(3)
    assert stand.openings.enter(3)


def test_an_opening_of_which_the_last_step_failed_is_no_fault_of_the_next(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(unread: Path, path: Path) -> None:
        raise StorageError(f"{path} cannot be published: the disk is full")

    stand.draw_and_sign(1)
    with monkeypatch.context() as patched:
        patched.setattr("ostiary.storage.journal.publish", full)
        assert not stand.openings.enter(2)
    # The next one finishes it, so it is the first of two, and too soon before it.
    stand.draw_and_sign(3)
    assert not stand.openings.enter(4)
    assert stand.ended() == [NotOpened.NOT_ENTERED, OpeningFault.TOO_SOON]
    trail = Trail("north")
    stand.journal.reader.verify(trail.see)
    assert (trail.findings, len(trail.openings)) == ([], 1)
    stand.draw_and_sign(12)
    stand.open(12)


def test_a_journal_that_was_cut_back_keeps_the_door_shut(
    stand: Stand, tmp_path: Path
) -> None:
    checkpoint = tmp_path / "journal/log/checkpoint"
    older = checkpoint.read_bytes()
    stand.draw_and_sign(1)
    stand.open(1)
    checkpoint.write_bytes(older)
    assert stand.draw(20) is None
    assert stand.ended() == [None, NotOpened.NOT_ENTERED]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("tile/entries/000.p/2", b"rubbish"),
        ("tile/0/000.p/2", b""),
        ("checkpoint", b"rubbish"),
        ("checkpoint", None),
    ],
)
def test_a_journal_that_is_not_in_order_opens_nothing_by_hand(
    stand: Stand, tmp_path: Path, name: str, data: bytes | None
) -> None:
    path = tmp_path / "journal/log" / name
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    stand.openings = HandOpenings(stand.journal, "north", drawn(b"openings"))
    assert isinstance(stand.openings.damage, JournalError)
    assert stand.draw(1) is None
    assert stand.ended() == [NotOpened.DAMAGED]
    assert not stand.openings.enter(1)


def test_an_entry_that_is_none_opens_nothing_by_hand(stand: Stand) -> None:
    stand.journal.append(b"rubbish")
    # Whether it was there from the beginning, or came later.
    assert stand.draw(1) is None
    assert stand.ended() == [NotOpened.NOT_ENTERED]
    stand.openings = HandOpenings(stand.journal, "north", drawn(b"openings"))
    assert stand.draw(2) is None
    assert stand.ended() == [NotOpened.DAMAGED]


class Sights:
    """Sights ten a second, with things done before some of them."""

    def __init__(self, *sights: Image | Reason, **do: Callable[[], object]) -> None:
        self._sights = sights
        self._do = {int(name.removeprefix("at_")): act for name, act in do.items()}

    def frames(self) -> Iterator[Sight]:
        for number, sight in enumerate(self._sights):
            self._do.get(number, bool)()
            seconds = number / 10
            if isinstance(sight, Reason):
                yield Outage(sight, at(seconds), seconds)
            else:
                yield Frame(sight, at(seconds), seconds)

    def close(self) -> None:
        """Nothing is held."""


def blank() -> Image:
    return np.full((480, 640, 3), 127, np.uint8)


def test_the_gate_opens_for_the_entry_and_watches_the_passage(
    world: World, stand: Stand
) -> None:
    world.by_hand = stand.openings.enter
    opened: list[bool] = []
    sights = Sights(
        *(blank() for _ in range(6)),
        at_2=lambda: stand.draw_and_sign(0.2),
        at_4=lambda: opened.append(world.door.is_open),
    )
    world.gate().run(sights)
    assert opened == [True]
    assert world.display.reasons == [Reason.OPENED_BY_HAND]
    assert world.display.alarms == []
    assert not world.door.is_open


def test_it_opens_without_a_camera_too_and_shuts_in_time(
    world: World, stand: Stand
) -> None:
    world.by_hand = stand.openings.enter
    opened: list[bool] = []
    passage = int(world.rules.passage_seconds * 10)
    sights = Sights(
        *(Reason.CAMERA_FAULT for _ in range(passage + 10)),
        at_2=lambda: stand.draw_and_sign(0.2),
        at_5=lambda: opened.append(world.door.is_open),
        **{f"at_{passage + 6}": lambda: opened.append(world.door.is_open)},
    )
    world.gate().run(sights)
    assert opened == [True, False]


def test_it_stays_shut_where_nothing_could_be_entered(
    world: World, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.by_hand = stand.openings.enter
    monkeypatch.setattr(Journal, "append", fail)
    world.gate().run(
        Sights(*(blank() for _ in range(6)), at_2=lambda: stand.draw_and_sign(0.2))
    )
    assert world.door.openings == 0
    assert world.display.reasons == []
    assert stand.ended() == [NotOpened.NOT_ENTERED]


def test_whoever_is_being_served_is_served_first(world: World, stand: Stand) -> None:
    world.by_hand = stand.openings.enter
    pass_ = qr_image(world.issue().text)
    world.gate().run(
        Sights(
            pass_, *(blank() for _ in range(3)), at_1=lambda: stand.draw_and_sign(0.1)
        )
    )
    assert world.display.reasons == [Reason.HOLDER_VERIFIED]
    assert stand.entered() == []
