"""Several displays are all told, in their order."""

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
from typing_extensions import override

from ostiary.gate.displays import Display, Several, Stage
from ostiary.presentation.challenge import Move
from ostiary.reasons import Reason
from ostiary.terms import AccessDecision, Image, Outcome

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
REFUSED = AccessDecision(Outcome.REFUSE, Reason.NON_MATCH)
STAGES: Mapping[str, float] = {}


class Told(Display):
    """A display that keeps all that it is told."""

    def __init__(self, told: list[object]) -> None:
        self._told = told

    @override
    def pass_time(self, at: datetime) -> None:
        self._told.append(at)

    @override
    def enter(self, stage: Stage) -> None:
        self._told.append(stage)

    @override
    def mirror(self, zone: Image, seconds: float) -> None:
        self._told.append((zone.shape, seconds))

    @override
    def announce(
        self, decision: AccessDecision, at: datetime, stages: Mapping[str, float]
    ) -> None:
        self._told.append((decision, at, stages))

    @override
    def guide(self, reason: Reason) -> None:
        self._told.append(reason)

    @override
    def prompt(self, move: Move) -> None:
        self._told.append(move)

    @override
    def call_attendant(self, reason: Reason) -> None:
        self._told.append(reason)

    @override
    def camera(self, fault: Reason | None, at: datetime) -> None:
        self._told.append((fault, at))

    @override
    def reader(self, fault: Reason | None, at: datetime) -> None:
        self._told.append(("reader", fault, at))

    @override
    def alarm(self, reason: Reason, at: datetime) -> None:
        self._told.append(("alarm", reason, at))

    @override
    def alarm_over(self, reason: Reason, at: datetime) -> None:
        self._told.append(("over", reason, at))

    @override
    def close(self) -> None:
        self._told.append("closed")


def test_each_of_several_is_told_everything() -> None:
    first: list[object] = []
    second: list[object] = []
    displays = Several(Told(first), Told(second))
    displays.pass_time(NOON)
    displays.enter(Stage.FACE)
    displays.mirror(np.zeros((2, 3, 3), np.uint8), 0.5)
    displays.announce(REFUSED, NOON, STAGES)
    displays.guide(Reason.NO_FACE)
    displays.prompt(Move.NOD)
    displays.call_attendant(Reason.ATTACK_SUSPECTED)
    displays.camera(Reason.CAMERA_FAULT, NOON)
    displays.reader(None, NOON)
    displays.alarm(Reason.DOOR_FORCED, NOON)
    displays.alarm_over(Reason.DOOR_FORCED, NOON)
    displays.close()
    assert first == [
        NOON,
        Stage.FACE,
        ((2, 3, 3), 0.5),
        (REFUSED, NOON, STAGES),
        Reason.NO_FACE,
        Move.NOD,
        Reason.ATTACK_SUSPECTED,
        (Reason.CAMERA_FAULT, NOON),
        ("reader", None, NOON),
        ("alarm", Reason.DOOR_FORCED, NOON),
        ("over", Reason.DOOR_FORCED, NOON),
        "closed",
    ]
    assert second == first


def test_a_display_shows_nothing_unless_its_kind_does() -> None:
    """So that whatever can be told has a name in `Display`, and `Several` passes it."""
    told = {name for name in vars(Display) if not name.startswith("_")}
    assert told == {name for name in vars(Several) if not name.startswith("_")}
