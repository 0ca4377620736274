"""The gate that a console stands at: calls, questions, hours, and who watches."""

import asyncio
from dataclasses import dataclass, field

import pytest

from ostiary.gate.supply import Stage as PowerStage
from ostiary.reasons import Reason
from ostiary.terms import Confirmation
from ostiary.web.gate.attend_texts import BROKER_LOST, POWER, conditions
from ostiary.web.gate.board import Board
from ostiary.web.gate.link import (
    Answered,
    Asked,
    AskedNoMore,
    Attended,
    Called,
    Health,
    HourOver,
    Kind,
    Message,
    Scene,
)
from ostiary.web.gate.view import Act, CallState, Deed, Said, View
from ostiary.web.gate.watched import (
    ENDED_SECONDS,
    FORGOTTEN_SECONDS,
    MOST_CALLS,
    MOST_HOURS,
    Changes,
    OwnGate,
)
from tests import loops


@dataclass
class Watching:
    """A gate, what it was told, and its clock."""

    told: list[Message] = field(default_factory=list)
    now: float = 100.0

    def __post_init__(self) -> None:
        self.changes = Changes()
        self.gate = OwnGate(
            name="north",
            unsafe=("unsafe_x",),
            board=Board(self.told.append),
            tell=self.told.append,
            seconds=lambda: self.now,
            changes=self.changes,
        )

    def hear(self, *messages: Message) -> View:
        for each in messages:
            self.gate.hear(each)
        return self.gate.view()

    def act(self, deed: Deed, number: int) -> Said:
        return loops.run(self.gate.act(Act(deed, number)))


@pytest.fixture
def watching() -> Watching:
    return Watching()


def test_nothing_is_known_of_a_gate_that_said_nothing(watching: Watching) -> None:
    assert watching.gate.view() == View(gate="north", unsafe=("unsafe_x",))


def test_calls_wait_are_taken_and_end(watching: Watching) -> None:
    watching.hear(Called(Reason.DOOR_FAULT), Called(Reason.ATTACK_SUSPECTED))
    watching.now += 7
    first, second = watching.gate.view().calls
    assert (first.why, first.waited, first.state) == (
        Reason.DOOR_FAULT, 7.0, CallState.WAITING,
    )  # fmt: skip
    assert watching.act(Deed.COME, first.number) is Said.TAKEN
    assert watching.gate.view().calls[0].state is CallState.COMING
    assert watching.act(Deed.DONE, first.number) is Said.TAKEN
    assert watching.act(Deed.DONE, first.number) is Said.LATE
    assert watching.gate.view().calls == (second,)


def test_one_call_stands_for_others_of_its_reason(watching: Watching) -> None:
    assert len(watching.hear(*[Called(Reason.DOOR_FAULT)] * 5).calls) == 1


def test_a_call_is_no_record(watching: Watching) -> None:
    watching.hear(Called(Reason.DOOR_FAULT))
    watching.now += FORGOTTEN_SECONDS
    assert watching.gate.view().calls == ()


def test_calls_and_hours_are_bounded(watching: Watching) -> None:
    view = watching.hear(
        *map(Called, Reason),
        *(HourOver(f"h{number}", number, 0, 0) for number in range(100)),
    )
    assert len(view.calls) == MOST_CALLS
    assert len(view.hours) == MOST_HOURS
    assert view.hours[0].granted == 99


def test_the_first_answer_counts(watching: Watching) -> None:
    assert watching.hear(Asked(4, 20.0)).question is not None
    assert watching.act(Deed.CONFIRM, 3) is Said.LATE
    assert watching.act(Deed.DECLINE, 4) is Said.TAKEN
    assert watching.act(Deed.CONFIRM, 4) is Said.LATE
    assert watching.told == [Answered(4, Confirmation.DECLINED)]


def test_a_question_that_ended_takes_no_answer(watching: Watching) -> None:
    view = watching.hear(Asked(1, 20.0), AskedNoMore(Reason.ATTENDANT_ABSENT))
    assert (view.question, view.ended) == (None, Reason.ATTENDANT_ABSENT)
    assert watching.act(Deed.CONFIRM, 1) is Said.LATE
    watching.now += ENDED_SECONDS
    assert watching.gate.view().ended is None
    assert watching.told == []


def test_time_for_the_answer_runs(watching: Watching) -> None:
    watching.hear(Asked(1, 20.0))
    watching.now += 30
    question = watching.gate.view().question
    assert question is not None
    assert question.left == 0


def test_faults_are_shown_while_they_last(watching: Watching) -> None:
    broken = Health(Reason.CAMERA_FAULT, Reason.TRUST_EXPIRED, None)
    assert watching.hear(broken).faults == (Reason.CAMERA_FAULT, Reason.TRUST_EXPIRED)
    blind = Health(reader=Reason.READER_FAULT)
    assert watching.hear(blind).faults == (Reason.READER_FAULT,)
    assert watching.hear(Health()).faults == ()


def test_what_is_around_the_gate_is_shown(watching: Watching) -> None:
    view = watching.hear(Health(power=PowerStage.LOW, broker=False, ages="130 0"))
    assert (view.power, view.broker, view.ages) == (PowerStage.LOW, False, (130, 0))
    assert list(conditions(view)) == [POWER[PowerStage.LOW], BROKER_LOST]
    well = watching.hear(Health(power=PowerStage.MAINS, broker=True))
    assert list(conditions(well)) == []
    assert set(POWER) == set(PowerStage) - {PowerStage.MAINS}


def test_the_gate_is_told_whether_anybody_watches(watching: Watching) -> None:
    for act in (watching.gate.join, watching.gate.join, watching.gate.leave):
        act()
    watching.gate.leave()
    watched = [each.watched for each in watching.told if isinstance(each, Attended)]
    assert watched == [True, True, True, False]


def test_what_is_for_the_kiosk_is_no_news(watching: Watching) -> None:
    assert watching.hear(Scene(Kind.LOOK)) == View(gate="north", unsafe=("unsafe_x",))


def test_whoever_waits_hears_of_a_change() -> None:
    async def wait() -> bool:
        changes = Changes()
        waiting = asyncio.create_task(changes.wait(60))
        await asyncio.sleep(0)
        changes.tell()
        await waiting
        await changes.wait(0.001)
        return True

    assert loops.run(wait())
