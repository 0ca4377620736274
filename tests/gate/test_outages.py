"""A gate whose camera fails, and comes back."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from time import monotonic
from typing import Any, TypeAlias

import numpy as np
import pytest

from ostiary.capture.devices import open_stream
from ostiary.capture.lasting import LastingCamera
from ostiary.capture.qr import qr_image
from ostiary.gate.lines import DecisionLines, HourlyDisplay, JsonLines
from ostiary.gate.loop import Gate
from ostiary.ports import LiveSource
from ostiary.reasons import Reason
from ostiary.terms import Frame, Image, Outage, Sight
from ostiary.transaction import AwaitingFace, Rules
from tests.capture.rtsp_server import RtspCamera

World: TypeAlias = Any  # tests/gate/conftest.py makes it
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class Sights:
    """Pictures and outages, ten a second; before each, the test may look around."""

    def __init__(
        self,
        *shown: Image | Reason,
        before: Callable[[Image | Reason], None] = lambda _: None,
    ) -> None:
        self._shown = shown
        self._before = before

    def frames(self) -> Iterator[Sight]:
        for number, shown in enumerate(self._shown):
            self._before(shown)
            seconds = number / 10
            at = AT + timedelta(seconds=seconds)
            if isinstance(shown, Reason):
                yield Outage(shown, at, seconds)
            else:
                yield Frame(shown, at, seconds)

    def close(self) -> None:
        pass


def run(world: World, shown: Sequence[Image | Reason]) -> None:
    world.gate().run(Sights(*shown))


def test_an_outage_ends_the_transaction_and_the_gate_serves_again(
    world: World, empty_scene: Callable[[], Image]
) -> None:
    text = world.issue().text
    passing = [qr_image(text), *(empty_scene() for _ in range(3))]
    run(world, [*passing[:2], *[Reason.CAMERA_FAULT] * 40, *passing[:1], *passing[2:]])
    # The fourth picture alone is one too few.
    assert world.display.reasons == [Reason.CAMERA_FAULT]
    assert world.door.openings == 0
    again = [qr_image(text), *(empty_scene() for _ in range(3))]
    run(world, [*[Reason.CAMERA_FAULT] * 40, *again])
    assert world.display.reasons[1:] == [Reason.HOLDER_VERIFIED]


def test_what_is_biometric_is_overwritten_with_the_first_moment_of_an_outage(
    world: World, empty_scene: Callable[[], Image]
) -> None:
    gate = world.gate()
    held: list[AwaitingFace] = []
    looked: list[int] = []

    def look(shown: Image | Reason) -> None:
        if isinstance(gate._state, AwaitingFace):
            held.append(gate._state)
            looked.append(world.vision.forgotten)
        elif held:
            state = held[-1]
            assert state.probes
            assert not state.reference.values.any()
            assert not any(each.features.values.any() for each in state.probes)
            assert world.vision.forgotten > looked[-1]
            looked.append(world.vision.forgotten)

    shown = [qr_image(world.issue().text), empty_scene(), empty_scene()]
    gate.run(Sights(*shown, Reason.CAMERA_BLANK, Reason.CAMERA_BLANK, before=look))
    assert len(looked) == len(held) + 1
    assert world.display.reasons == [Reason.CAMERA_BLANK]
    assert world.display.calls == [Reason.CAMERA_BLANK]


def test_an_open_door_is_shut(world: World, empty_scene: Callable[[], Image]) -> None:
    open_at: list[bool] = []

    passing = [qr_image(world.issue().text), *(empty_scene() for _ in range(4))]
    faults = [Reason.CAMERA_FAULT] * 3
    world.gate().run(
        Sights(*passing, *faults, before=lambda _: open_at.append(world.door.is_open))
    )
    assert open_at == [False] * 4 + [True] * 2 + [False] * 2
    assert world.door.openings == 1
    assert world.display.calls == [Reason.CAMERA_FAULT]


def test_each_outage_is_told_once_and_so_is_its_end(
    world: World, empty_scene: Callable[[], Image]
) -> None:
    black, gone = [Reason.CAMERA_BLANK] * 3, Reason.CAMERA_FAULT
    run(world, [empty_scene(), *black, empty_scene(), empty_scene(), gone])
    assert world.display.camera_said == [
        Reason.CAMERA_BLANK,
        None,
        Reason.CAMERA_FAULT,
    ]
    assert not world.display.all


class Clock:
    """Noon when the test begins."""

    def __init__(self) -> None:
        self._began = monotonic()

    def now(self) -> datetime:
        return AT + timedelta(seconds=self.seconds())

    def seconds(self) -> float:
        return monotonic() - self._began


class Directed:
    """A source, and what happens before it between two of its sights."""

    def __init__(self, source: LiveSource, director: Iterator[None]) -> None:
        self._source = source
        self._director = director

    def frames(self) -> Iterator[Sight]:
        for number, sight in enumerate(self._source.frames()):
            yield sight
            assert number < 400, "the scene never ended"
            if next(self._director, self) is self:
                return

    def close(self) -> None:
        self._source.close()


def cut_while_a_face_is_awaited(
    world: World, gate: Gate, server: RtspCamera, code: Image, empty: Image
) -> Iterator[None]:
    said = world.display.camera_said
    server.picture = code
    while not world.vision.looked_at:
        yield
    server.cut()
    while not said:
        yield
    assert world.display.reasons == [Reason.CAMERA_FAULT]
    server.picture = empty
    server.plug_in()
    while said[-1] is not None:
        yield
    world.vision.faces = 1
    for _ in range(20):  # A pass counts again once it was out of view.
        yield
    server.picture = code
    while not isinstance(gate._state, AwaitingFace):
        yield
    server.picture = empty
    while len(world.display.reasons) < 2:
        yield


@pytest.mark.enable_socket
def test_a_gate_outlives_its_stream(world: World) -> None:
    """RTSP over a real socket: cut while a face is awaited, and plugged in again."""
    world.vision.faces = 0
    world.rules = Rules(0.5, passage_seconds=0.5, rest_seconds=0.2)
    code = qr_image(world.issue().text)
    empty = np.full_like(code, 170)
    gate = world.gate()
    with RtspCamera(empty) as server:
        camera = LastingCamera(lambda: open_stream(server.address), Clock())
        scene = cut_while_a_face_is_awaited(world, gate, server, code, empty)
        gate.run(Directed(camera, scene))
    assert world.display.reasons == [Reason.CAMERA_FAULT, Reason.HOLDER_VERIFIED]
    assert world.display.camera_said == [Reason.CAMERA_FAULT, None]
    assert world.door.openings == 1
    assert not world.door.is_open


def test_outages_are_counted_by_the_hour_and_a_blank_one_is_in_no_log() -> None:
    log = StringIO()
    display = HourlyDisplay(log)
    for fault in (Reason.CAMERA_BLANK, None, Reason.CAMERA_BLANK, None):
        display.camera(fault, AT)
    assert log.getvalue() == ""
    display.close()
    assert log.getvalue() == "2026-11-21 12h  outage camera-blank  2\n"


def test_a_camera_that_is_gone_is_said_at_once() -> None:
    log = StringIO()
    display = HourlyDisplay(log)
    display.camera(Reason.CAMERA_FAULT, AT)
    display.camera(None, AT)
    said, back = log.getvalue().splitlines()
    assert said.startswith("2026-11-21 12h  camera-fault: ")
    assert back == "2026-11-21 12h  the camera serves again"


def test_on_a_terminal_every_outage_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    page = StringIO()
    monkeypatch.setattr(page, "isatty", lambda: True)
    display = HourlyDisplay(page)
    display.camera(Reason.CAMERA_BLANK, AT)
    display.camera(None, AT)
    assert len(page.getvalue().splitlines()) == 2


def test_when_trying_it_is_said_as_a_line_or_as_json() -> None:
    lines, objects = StringIO(), StringIO()
    DecisionLines(lines).camera(Reason.CAMERA_REPEATS, AT)
    JsonLines(objects).camera(Reason.CAMERA_REPEATS, AT)
    JsonLines(objects).camera(None, AT)
    assert lines.getvalue().startswith("12:00:00  camera-repeats: ")
    assert [line.split('"camera": ')[1] for line in objects.getvalue().split("\n")[:2]]
    assert '"camera": "camera-repeats"' in objects.getvalue()
    assert '"camera": null' in objects.getvalue()
