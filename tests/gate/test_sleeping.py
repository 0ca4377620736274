"""A gate lets its camera go while the power fails, and comes back by itself."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeAlias

import numpy as np
from typing_extensions import override

from ostiary.capture.qr import qr_image
from ostiary.config import Power
from ostiary.errors import CaptureError
from ostiary.gate.sleeping import SleepingSource
from ostiary.gate.supply import Supply
from ostiary.gate.ups import PowerWatch
from ostiary.ports import LiveSource
from ostiary.reasons import Reason
from ostiary.terms import Frame, Image, Outage, Sight

World: TypeAlias = Any  # tests/gate/conftest.py makes it
AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SUPPLY = Power(ups="hall@127.0.0.1:1")


class Clock:
    """A clock that goes on by five seconds each time that it is asked."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> datetime:
        return AT

    def seconds(self) -> float:
        self.at += 5.0
        return self.at


class Watched(PowerWatch):
    """A watch of a supply that says one thing after the other, when it is looked at."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(SUPPLY, clock, lambda _: self.says)
        self.says = Supply.MAINS

    @override
    def start(self) -> None:
        """No thread."""

    def say(self, supply: Supply, times: int = 1) -> None:
        self.says = supply
        for _ in range(times):
            self.look()


class Endless:
    """A camera that always shows the same scene."""

    def __init__(self, scene: Callable[[], Image]) -> None:
        self.closed = False
        self._scene = scene

    def frames(self) -> Iterator[Sight]:
        while not self.closed:
            yield Frame(self._scene(), AT, 0.0)

    def close(self) -> None:
        self.closed = True


def grey() -> Image:
    return np.full((48, 64, 3), 127, np.uint8)


def kind(sight: Sight) -> str:
    return sight.reason if isinstance(sight, Outage) else "frame"


def test_the_camera_is_let_go_and_comes_back() -> None:
    clock = Clock()
    watch = Watched(clock)
    opened: list[Endless] = []
    fails = iter([False, True, False])

    def open_source() -> LiveSource:
        if next(fails):
            raise CaptureError("it has no power yet")
        opened.append(Endless(grey))
        return opened[-1]

    source = SleepingSource(open_source, watch, clock)
    sights = source.frames()
    assert [kind(next(sights)) for _ in range(2)] == ["frame", "frame"]
    watch.say(Supply.LOW, 3)
    assert kind(next(sights)) == Reason.POWER_FAILING
    assert opened[0].closed
    watch.say(Supply.UNKNOWN, 30)
    assert kind(next(sights)) == Reason.POWER_FAILING
    watch.say(Supply.MAINS, 10)
    assert [kind(next(sights)) for _ in range(3)] == [
        Reason.CAMERA_FAULT,
        "frame",
        "frame",
    ]
    source.close()
    assert list(sights) == []
    assert opened[1].closed


def test_a_source_that_ends_ends_it() -> None:
    clock = Clock()

    class Short(Endless):
        @override
        def frames(self) -> Iterator[Sight]:
            yield Frame(grey(), AT, 0.0)

    source = SleepingSource(lambda: Short(grey), Watched(clock), clock)
    assert [kind(sight) for sight in source.frames()] == ["frame"]


def test_whoever_is_being_served_is_refused_and_the_door_stays_shut(
    world: World, empty_scene: Callable[[], Image]
) -> None:
    clock = Clock()
    watch = Watched(clock)
    text = world.issue().text
    scenes = iter([qr_image(text), empty_scene()])

    class Film(Endless):
        @override
        def frames(self) -> Iterator[Sight]:
            for scene in scenes:
                yield Frame(scene, AT, 0.0)
            watch.say(Supply.LOW, 3)
            yield Frame(empty_scene(), AT, 0.1)

    source = SleepingSource(lambda: Film(empty_scene), watch, clock)

    class Ended:
        def frames(self) -> Iterator[Sight]:
            for sight in source.frames():
                yield sight
                if isinstance(sight, Outage):
                    return

        def close(self) -> None:
            source.close()

    world.rules = world.rules.__class__(0.5, probe_frames=5)
    world.gate().run(Ended())
    assert world.display.reasons == [Reason.POWER_FAILING]
    assert world.display.camera_said == [Reason.POWER_FAILING]
    assert world.display.calls == [Reason.POWER_FAILING]
    assert world.door.openings == 0
