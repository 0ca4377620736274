"""People who come to a gate one after the other, and what befalls it between them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from ostiary.capture.qr import qr_image
from ostiary.terms import Frame, Image

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@dataclass
class Visit:
    """Somebody shows a pass and looks into the camera.

    Attributes:
        text: the pass.
        before: what is done to the gate before they come.
        off: by how much the clock on the wall is wrong from then on.
    """

    text: str
    before: Callable[[], object] = lambda: None
    off: timedelta = field(default_factory=timedelta)


class Day:
    """A frame source: each visit begins ten seconds after the one before."""

    def __init__(self, *visits: Visit) -> None:
        self.visits = visits
        self.shown: list[Image] = []

    def frames(self) -> Iterator[Frame]:
        for number, visit in enumerate(self.visits):
            seconds = 10.0 * number
            visit.before()
            pictures = [qr_image(visit.text), *(empty() for _ in range(3))]
            before = [empty() for _ in range(4)]
            for picture in [*before, *pictures, empty(), empty()]:
                self.shown.append(picture)
                seconds += 0.1
                at = AT + timedelta(seconds=seconds) + visit.off
                yield Frame(picture, at, seconds)

    def close(self) -> None:
        pass


def empty() -> Image:
    """Nothing that any model would see."""
    return np.full((480, 640, 3), 127, np.uint8)


def serve(world: Any, *visits: Visit) -> list[str]:  # noqa: ANN401 - of tests/gate/conftest.py
    """The reasons that the gate of a world gives to these, one after the other."""
    before = len(world.display.reasons)
    gate = world.gate()
    gate._gear.knowledge.at(AT)
    gate.run(Day(*visits))
    assert not world.door.is_open
    reasons: list[str] = world.display.reasons[before:]
    return reasons
