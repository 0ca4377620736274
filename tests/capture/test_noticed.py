"""A camera that fails is noticed within two seconds, told by a clock of the test's."""

import threading
from datetime import UTC, datetime

import numpy as np
import pytest

from ostiary.capture import lasting
from ostiary.capture.lasting import LastingCamera
from ostiary.capture.pace import Pace
from ostiary.reasons import Reason
from ostiary.terms import Frame, Image, Outage

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
PERIOD = 1 / 15
WELL = 3.0
"""How long the camera serves before it fails, in seconds."""
NOTICED = 2.0


class Failing:
    """Fifteen pictures a second, then a fault. A device and its clock in one.

    Each picture waits until the one before was looked at, so that nothing depends on
    how fast the machine is.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._at = 0.0
        self._rng = np.random.default_rng(5)
        self._frozen = self._noise()
        self.turn = threading.Semaphore(1)
        self.closed = threading.Event()

    def read(self) -> Image | None:
        self.turn.acquire(timeout=10)
        self._at += PERIOD
        if self._at < WELL:
            return self._noise()
        match self._kind:
            case "vanishes":
                return None
            case "turns black":
                return self._rng.integers(0, 20, (48, 64, 3), np.uint8)
            case "freezes":
                return self._frozen.copy()
            case _:
                self.closed.wait(10)
                return None

    def skip(self) -> bool:
        return self.read() is not None

    def release(self) -> None:
        pass

    def now(self) -> datetime:
        return START

    def seconds(self) -> float:
        if self._kind == "stalls" and self._at >= WELL:
            self._at += 0.05  # Time goes by though nothing comes.
        return self._at

    def _noise(self) -> Image:
        return self._rng.integers(60, 200, (48, 64, 3), np.uint8)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lasting, "_TICK_SECONDS", 0.02)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("pace", [0.0, 0.05])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("stalls", Reason.CAMERA_FAULT),
        ("vanishes", Reason.CAMERA_FAULT),
        ("turns black", Reason.CAMERA_BLANK),
        ("freezes", Reason.CAMERA_REPEATS),
    ],
)
def test_a_fault_is_noticed_within_two_seconds(
    kind: str, reason: Reason, pace: float
) -> None:
    """At rest, when every second picture is passed over, as well."""
    device, wanted = Failing(kind), Pace()
    wanted.seconds = pace
    camera = LastingCamera(lambda: device, device, wanted)
    noticed: Outage | None = None
    for _, sight in zip(range(400), camera.frames(), strict=False):
        if isinstance(sight, Outage):
            noticed = sight
            break
        assert isinstance(sight, Frame)
        for _ in range(2 if pace else 1):
            device.turn.release()
    device.closed.set()
    device.turn.release()
    camera.close()
    assert noticed is not None
    assert noticed.reason is reason
    assert noticed.seconds - WELL <= NOTICED
