"""What a gate tells its attendants' pages, whether they listen or not."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ostiary.gate.attendants import ConsoleAttendant
from ostiary.gate.condition import Condition
from ostiary.gate.displays import Stage
from ostiary.gate.openings import HandOpenings
from ostiary.gate.supply import Stage as PowerStage
from ostiary.journal import (
    Assertion,
    OpeningReason,
    OpeningRules,
    UserCheck,
    dump_entry,
)
from ostiary.journal import Opening as JournalOpening
from ostiary.reasons import Reason
from ostiary.storage.journal import Journal
from ostiary.terms import AccessDecision, Confirmation, Outcome
from ostiary.web.gate.link import (
    TO_PAGES,
    Answered,
    Asked,
    AskedNoMore,
    Attended,
    Called,
    HandDrawn,
    HandSeconded,
    HandSigned,
    HandWaits,
    HandWished,
    Health,
    HelpWanted,
    HourOver,
    Message,
    decode,
    encode,
)
from ostiary.web.gate.reports import BELIEVED_SECONDS, MOST_WAITING, Reports
from ostiary.web.gate.view import MOST
from tests.authenticator import ORIGIN, PARTY, Authenticator
from tests.conftest import drawn

AT = datetime(2026, 11, 21, 16, 59, tzinfo=UTC)
DECLINED = AccessDecision(Outcome.REFUSE, Reason.ATTENDANT_DECLINED)


@dataclass
class Pages:
    """Pages that listen, or do not."""

    openings: HandOpenings | None = None
    told: list[Message] = field(default_factory=list)
    listen: bool = True
    seconds_: float = 50.0
    fault: Reason | None = None
    condition: Condition = field(default_factory=Condition)

    def __post_init__(self) -> None:
        self.attendant = ConsoleAttendant()
        self.reports = Reports(
            self.say,
            self.attendant,
            patience=20.0,
            fault=lambda _: self.fault,
            condition=lambda: self.condition,
            clock=self,
            openings=self.openings,
        )

    def say(self, message: Message) -> bool:
        if self.listen:
            self.told.append(message)
        return self.listen

    def now(self) -> datetime:
        return AT

    def seconds(self) -> float:
        return self.seconds_

    def watch(self) -> None:
        self.reports.heed(Attended(watched=True))
        self.reports.pass_time(AT)

    def attended(self) -> bool:
        return self.attendant.present

    def of(self, kind: type[Message]) -> list[Message]:
        return [each for each in self.told if isinstance(each, kind)]


@pytest.fixture
def pages() -> Pages:
    return Pages()


def test_a_question_is_told_once_and_its_answer_counts(pages: Pages) -> None:
    pages.watch()
    pages.attendant.ask()
    pages.reports.pass_time(AT)
    pages.reports.pass_time(AT)
    assert pages.told == [Asked(1, 20.0)]
    pages.reports.heed(Answered(1, Confirmation.CONFIRMED))
    assert pages.attendant.answer() is Confirmation.CONFIRMED


def test_what_ended_is_told_and_later_answers_are_void(pages: Pages) -> None:
    pages.watch()
    pages.attendant.ask()
    pages.reports.pass_time(AT)
    pages.reports.announce(DECLINED, AT, {})
    pages.reports.heed(Answered(1, Confirmation.CONFIRMED))
    assert pages.attendant.answer() is None
    assert pages.told[-1] == AskedNoMore(Reason.ATTENDANT_DECLINED)
    pages.attendant.ask()
    pages.reports.heed(Answered(1, Confirmation.CONFIRMED))
    assert pages.attendant.answer() is None


def test_presence_is_forgotten_unless_it_is_said_again(pages: Pages) -> None:
    pages.watch()
    assert pages.attended()
    pages.seconds_ += BELIEVED_SECONDS
    pages.reports.pass_time(AT)
    assert not pages.attended()
    pages.watch()
    pages.reports.heed(Attended(watched=False))
    pages.reports.pass_time(AT)
    assert not pages.attended()


def test_nobody_there_is_told_at_once(pages: Pages) -> None:
    pages.reports.pass_time(AT)
    pages.attendant.ask()
    assert pages.attendant.answer() is Confirmation.NO_ANSWER
    pages.reports.pass_time(AT)
    assert pages.of(Asked) == []


def test_hours_are_told_when_they_are_over_and_to_new_pages_again(
    pages: Pages,
) -> None:
    granted = AccessDecision(Outcome.GRANT, Reason.HOLDER_VERIFIED)
    for decision in (granted, granted, DECLINED):
        pages.reports.announce(decision, AT, {})
    pages.reports.pass_time(AT)
    assert pages.of(HourOver) == []
    pages.reports.pass_time(AT + timedelta(minutes=1))
    over = HourOver("2026-11-21 16", 2, 1, 0)
    assert pages.of(HourOver) == [over]
    pages.reports.tell_all()
    assert pages.of(HourOver) == [over, over]


def test_new_pages_are_told_what_waits_and_for_how_long(pages: Pages) -> None:
    pages.watch()
    pages.attendant.ask()
    pages.reports.pass_time(AT)
    pages.seconds_ += 5
    pages.told.clear()
    pages.reports.tell_all()
    assert pages.told == [Health(), Asked(1, 15.0)]


def test_pages_that_do_not_listen_keep_nobody_waiting(pages: Pages) -> None:
    pages.listen = False
    for _ in range(3 * MOST_WAITING):
        pages.reports.call_attendant(Reason.ATTACK_SUSPECTED)
    assert pages.told == []
    pages.listen = True
    pages.reports.pass_time(AT)
    assert len(pages.told) == MOST_WAITING


def test_faults_are_told_when_they_change(pages: Pages) -> None:
    pages.fault = Reason.TRUST_EXPIRED
    pages.reports.pass_time(AT)
    pages.reports.camera(Reason.CAMERA_FAULT, AT)
    pages.reports.call_attendant(Reason.DOOR_FAULT)
    pages.reports.enter(Stage.PASSAGE)
    pages.reports.camera(None, AT)
    pages.reports.pass_time(AT)
    assert pages.of(Called) == [
        Called(Reason.CAMERA_FAULT),
        Called(Reason.DOOR_FAULT),
    ]
    assert pages.of(Health)[-1] == Health(passes=Reason.TRUST_EXPIRED)


def test_what_is_for_others_is_left_alone(pages: Pages) -> None:
    pages.reports.heed(HelpWanted())
    assert pages.told == []


def test_an_alarm_calls_and_is_shown_while_it_lasts(pages: Pages) -> None:
    pages.reports.alarm(Reason.DOOR_HELD_OPEN, AT)
    assert pages.told == [
        Health(door=Reason.DOOR_HELD_OPEN),
        Called(Reason.DOOR_HELD_OPEN),
    ]
    pages.reports.alarm_over(Reason.DOOR_FAULT, AT)
    pages.reports.alarm_over(Reason.DOOR_HELD_OPEN, AT)
    assert pages.told[2:] == [Health()]


def test_the_reader_power_broker_and_ages_of_lists_are_told(pages: Pages) -> None:
    pages.reports.reader(Reason.READER_FAULT, AT)
    assert pages.told == [
        Health(reader=Reason.READER_FAULT),
        Called(Reason.READER_FAULT),
    ]
    pages.reports.reader(None, AT)
    issued = {Path("a"): AT - timedelta(minutes=130), Path("b"): AT + timedelta(days=1)}
    pages.condition = Condition(
        issued=issued, power=PowerStage.ON_BATTERY, broker=False
    )
    pages.reports.pass_time(AT)
    known = Health(power=PowerStage.ON_BATTERY, broker=False, ages="130 0")
    assert pages.told[2:] == [Health(), known]
    for message in pages.of(Health):
        assert decode(encode(message), TO_PAGES) == message


def test_more_lists_than_a_view_holds_do_not_hide_the_gate(pages: Pages) -> None:
    pages.condition = Condition(issued={Path(str(each)): AT for each in range(200)})
    pages.reports.pass_time(AT)
    assert pages.told == [Health(ages=" ".join(["0"] * MOST))]


@pytest.fixture
def by_two(tmp_path: Path) -> Pages:
    """Of a gate that two attendants open by hand."""
    journal = Journal.begin(tmp_path / "journal", "home", drawn(b"journal"))
    rules = OpeningRules(AT, PARTY, (ORIGIN,), UserCheck.VERIFIED, 6, 30, signers=2)
    until = AT + timedelta(days=1)
    for entry in (rules, ADA.added(AT, until), KIM.added(AT, until)):
        journal.append(dump_entry(entry))
    return Pages(HandOpenings(journal, "north", drawn(b"openings")))


ADA, KIM = Authenticator(b"ada", None), Authenticator(b"kim", None)


def hexadecimal(said: Assertion) -> tuple[str, str, str]:
    data, client = said.authenticator_data.hex(), said.client_data.hex()
    return data, client, said.signature.hex()


def signed_first(pages: Pages) -> JournalOpening:
    """What the first of two has signed."""
    wished = HandWished("first", ADA.attendant.hex(), OpeningReason.OTHER)
    pages.reports.heed(wished)
    (drawn_up,) = pages.of(HandDrawn)
    assert isinstance(drawn_up, HandDrawn)
    assert drawn_up.signers == 2
    opening = JournalOpening(
        datetime.fromtimestamp(drawn_up.at, UTC),
        "north",
        OpeningReason.OTHER,
        ADA.attendant,
        drawn(b"openings")(32),
    )
    assert opening.challenge.hex() == drawn_up.challenge
    said = hexadecimal(ADA.open(opening).assertion)
    pages.reports.heed(HandSigned("first", *said))
    pages.reports.pass_time(AT)
    return opening


def test_what_waits_for_a_second_signature_is_told_once_and_to_new_pages_again(
    by_two: Pages,
) -> None:
    opening = signed_first(by_two)
    by_two.reports.pass_time(AT)
    (waits,) = by_two.of(HandWaits)
    assert isinstance(waits, HandWaits)
    assert waits.attendant == ADA.attendant.hex()
    assert waits.challenge == opening.challenge.hex()
    by_two.reports.tell_all()
    by_two.reports.pass_time(AT)
    assert by_two.of(HandWaits) == [waits, waits]


def test_the_second_signature_goes_to_the_gate(by_two: Pages) -> None:
    said = hexadecimal(KIM.open(signed_first(by_two)).assertion)
    attendant = KIM.attendant.hex()
    by_two.reports.heed(HandSeconded("second", "first", attendant, *said))
    assert by_two.openings is not None
    assert by_two.openings.enter(by_two.seconds())


def test_what_cannot_be_a_second_signature_is_dropped(by_two: Pages) -> None:
    signed_first(by_two)
    for attendant in ("", "7", "rubbish", "00" * 31):
        seconded = HandSeconded("second", "first", attendant, "00" * 37, "0000", "")
        by_two.reports.heed(seconded)
    assert by_two.openings is not None
    assert not by_two.openings.enter(by_two.seconds())
