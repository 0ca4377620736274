"""A gate whose passes are read by a scanner; and how it idles meanwhile."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any, TypeAlias

import numpy as np
import pytest
from typing_extensions import override

from ostiary.capture.idling import LOOK_SECONDS
from ostiary.capture.qr import qr_image
from ostiary.capture.readers import OwnCamera
from ostiary.capture.readers.line import UNREADABLE
from ostiary.gate.displays import Display
from ostiary.gate.lines import DecisionLines, HourlyDisplay, JsonLines
from ostiary.reasons import Reason
from ostiary.terms import Frame, Image, Outage, Sight
from ostiary.transaction import Idle, Rules, State

World: TypeAlias = Any  # tests/gate/conftest.py makes it
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TENTH = 0.1


class Scanner:
    """Hands over what the test scans, once, and breaks when the test says so."""

    def __init__(self) -> None:
        self.waiting: tuple[str, ...] = ()
        self.fault: Reason | None = None
        self.closed = False

    def read(self, image: Image | None) -> Sequence[str]:
        waiting, self.waiting = self.waiting, ()
        return waiting

    def close(self) -> None:
        self.closed = True


class Scene:
    """An empty room, ten pictures a second, and what happens in it by the clock.

    Attributes:
        states: the gate's state before each sight.
    """

    def __init__(self, world: World, happens: dict[int, Callable[[], None]]) -> None:
        self._gate = world.gate()
        self._happens = happens
        self.failing = range(0)
        self.states: list[State] = []

    def frames(self) -> Iterator[Sight]:
        for number in range(max(self._happens) + 60):
            self._happens.get(number, lambda: None)()
            self.states.append(self._gate._state)
            seconds = number * TENTH
            at = AT + timedelta(seconds=seconds)
            if number in self.failing:
                yield Outage(Reason.CAMERA_FAULT, at, seconds)
            else:
                yield Frame(np.full((480, 640, 3), 127, np.uint8), at, seconds)

    def close(self) -> None:
        """Nothing is held."""

    def run(self) -> None:
        self._gate.run(self)


@pytest.fixture
def scanner(world: World) -> Scanner:
    world.reader = Scanner()
    world.rules = Rules(0.5, passage_seconds=0.5, rest_seconds=2.0)
    return world.reader  # type: ignore[no-any-return]  # as the line above has it


def scan(scanner: Scanner, *texts: str) -> Callable[[], None]:
    def now() -> None:
        scanner.waiting = texts

    return now


def test_a_pass_that_is_scanned_once_is_served(world: World, scanner: Scanner) -> None:
    Scene(world, {5: scan(scanner, world.issue().text)}).run()
    assert world.display.reasons == [Reason.HOLDER_VERIFIED]
    assert scanner.closed


def test_codes_before_the_camera_are_not_read_then(
    world: World, scanner: Scanner
) -> None:
    world.run(*(qr_image(world.issue().text) for _ in range(10)))
    assert not world.display.all


def test_what_cannot_be_read_is_refused_with_advice(
    world: World, scanner: Scanner
) -> None:
    Scene(world, {5: scan(scanner, UNREADABLE)}).run()
    assert world.display.reasons == [Reason.TEXT_NOT_BASE45]


def test_two_passes_at_once_are_refused(world: World, scanner: Scanner) -> None:
    both = world.issue().text, world.issue().text
    Scene(world, {5: scan(scanner, *both)}).run()
    assert world.display.reasons == [Reason.SEVERAL_PASSES]


def test_a_pass_scanned_while_somebody_is_served_opens_to_nobody_later(
    world: World, scanner: Scanner
) -> None:
    world.vision.faces = 0
    first, second = world.issue().text, world.issue().text
    Scene(world, {5: scan(scanner, first), 10: scan(scanner, second)}).run()
    world.vision.faces = 1
    Scene(world, {60: lambda: None}).run()
    assert world.display.reasons == []


def test_a_pass_scanned_while_the_last_decision_is_shown_is_next(
    world: World, scanner: Scanner
) -> None:
    refused, passing = world.issue(), world.issue().text
    world.home.register("acme").revoke([refused.status_index])
    world.publish()
    Scene(world, {5: scan(scanner, refused.text), 15: scan(scanner, passing)}).run()
    assert world.display.reasons == [Reason.REVOKED, Reason.HOLDER_VERIFIED]


def test_a_pass_scanned_twice_is_decided_upon_once(
    world: World, scanner: Scanner
) -> None:
    issued = world.issue()
    world.home.register("acme").revoke([issued.status_index])
    world.publish()
    again = scan(scanner, issued.text)
    Scene(world, dict.fromkeys(range(5, 40, 10), again)).run()
    assert world.display.reasons == [Reason.REVOKED]


def test_a_pass_scanned_while_the_camera_fails_does_not_wait_for_it(
    world: World, scanner: Scanner
) -> None:
    scene = Scene(world, {12: scan(scanner, world.issue().text)})
    scene.failing = range(10, 15)
    scene.run()
    assert not world.display.all


def test_a_pass_scanned_early_does_not_outlast_an_outage(
    world: World, scanner: Scanner
) -> None:
    happens = {5: scan(scanner, UNREADABLE), 15: scan(scanner, world.issue().text)}
    scene = Scene(world, happens)
    scene.failing = range(16, 70)
    scene.run()
    assert world.display.reasons == [Reason.TEXT_NOT_BASE45]


def test_a_reader_that_fails_is_told_once_and_the_person_is_served_on(
    world: World, scanner: Scanner
) -> None:
    def unplug() -> None:
        scanner.fault = Reason.READER_FAULT

    def plug_in() -> None:
        scanner.fault = None

    Scene(world, {5: scan(scanner, world.issue().text), 6: unplug, 30: plug_in}).run()
    assert world.display.reasons == [Reason.HOLDER_VERIFIED]
    assert world.display.reader_said == [Reason.READER_FAULT, None]


def test_a_reader_that_fails_is_said_and_counted() -> None:
    log, lines, objects = StringIO(), StringIO(), StringIO()
    display = HourlyDisplay(log)
    for each in (display, DecisionLines(lines), JsonLines(objects)):
        each.reader(Reason.READER_FAULT, AT)
        each.reader(None, AT)
    display.close()
    said, back, counted = log.getvalue().splitlines()
    assert said.startswith("2026-11-21 12h  reader-fault: ")
    assert back == "2026-11-21 12h  the reader serves again"
    assert counted == "2026-11-21 12h  outage reader-fault  1"
    assert lines.getvalue().endswith("12:00:00  the reader serves again\n")
    assert '"reader": "reader-fault"' in objects.getvalue()


# -- Idling --------------------------------------------------------------------------


class CountingCamera(OwnCamera):
    """Notes when it was given a picture, and of which state."""

    def __init__(self) -> None:
        self.looks: list[bool] = []

    @override
    def read(self, image: Image | None) -> Sequence[str] | None:
        self.looks.append(image is not None)
        return super().read(image)


def test_nobody_there_is_looked_at_seldom(world: World) -> None:
    """Ten pictures a second: all for three seconds, then one a second."""
    world.reader = CountingCamera()
    scene = Scene(world, {120: lambda: None})
    scene.run()
    assert all(world.reader.looks[:30])
    assert sum(world.reader.looks[30:]) == 15
    assert all(isinstance(state, Idle) for state in scene.states)


class Listening(Display):
    """Counts how often it was told the time."""

    def __init__(self) -> None:
        self.times = 0

    @override
    def pass_time(self, at: datetime) -> None:
        self.times += 1


def test_displays_are_kept_up_to_date_while_it_sleeps(world: World) -> None:
    """Whoever touches the kiosk or is signed in waits for the next picture at most."""
    world.display = Listening()
    scene = Scene(world, {120: lambda: None})
    scene.run()
    assert world.pace.seconds == LOOK_SECONDS
    assert world.display.times == len(scene.states)


def test_a_pass_that_appears_while_it_sleeps_is_read_at_once(world: World) -> None:
    def room() -> Image:
        return np.full((480, 640, 3), 127, np.uint8)

    code = qr_image(world.issue().text)
    held = np.full((1200, 1200, 3), 127, np.uint8)
    held[100 : 100 + code.shape[0], 100 : 100 + code.shape[1]] = code
    room_there = [np.full_like(held, 127) for _ in range(80)]
    shown = world.run(*room_there, held, *(room() for _ in range(3)))
    assert shown.reasons == [Reason.HOLDER_VERIFIED]


def test_the_camera_is_at_full_speed_whenever_somebody_is_served(
    world: World, scanner: Scanner
) -> None:
    paces: list[tuple[State, float]] = []
    gate: Any = None

    def note() -> None:
        paces.append((gate._gate._state, world.pace.seconds))

    happens: dict[int, Callable[[], None]] = dict.fromkeys(range(100), note)
    text = world.issue().text

    def present() -> None:
        note()
        scanner.waiting = (text,)

    happens[60] = present
    gate = Scene(world, happens)
    gate.run()
    assert any(pace > 0 for state, pace in paces if isinstance(state, Idle))
    served = [pace for state, pace in paces if not isinstance(state, Idle)]
    # The one frame in which the pass came was still taken at rest.
    assert served
    assert not any(served[1:])


def test_a_poster_in_a_still_room_is_refused_once(world: World) -> None:
    poster = qr_image("HTTPS://EXAMPLE.ORG")
    shown = world.run(*(poster.copy() for _ in range(200)))
    assert shown.reasons == [Reason.TEXT_NOT_BASE45]
