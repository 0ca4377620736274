"""A generated film goes through a real gate; a real browser shows what it decides."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from ostiary.capture.camera import Feed
from ostiary.capture.devices import open_video
from ostiary.capture.lasting import LastingCamera
from ostiary.capture.qr import qr_image
from ostiary.errors import CaptureError
from ostiary.gate.displays import Several
from ostiary.reasons import Reason
from ostiary.terms import Image
from ostiary.transaction import Rules
from pages.drawn import drawn_face
from pages.staged import Stand, stand

pytestmark = pytest.mark.enable_socket

World = Any
"""The fixture's type; test modules import nothing from one another."""

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
"""When the world's keys, trust and lists count."""

SIZE = (1280, 720)
OTHER = (0, 1, 0, 0)


def film(path: Path, picture: Image) -> Path:
    """A second of video, in which a camera looks at that."""
    still = np.full((SIZE[1], SIZE[0], 3), 127, np.uint8)
    height, width = picture.shape[:2]
    left = (SIZE[0] - width) // 2
    still[:height, left : left + width] = picture
    fourcc = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), fourcc, 15, SIZE)
    for _ in range(15):
        writer.write(still)
    writer.release()
    return path


class FakeCamera:
    """A camera's device: plays a generated video over and over, and can be pulled."""

    def __init__(self, video: Path) -> None:
        self.video = video
        self.pulled = Event()
        self._noise = np.random.default_rng(0)

    def open(self) -> Feed:
        if self.pulled.is_set():
            raise CaptureError("there is no such device")
        self._played = self._play()
        return self

    def read(self) -> Image | None:
        time.sleep(1 / 15)
        return None if self.pulled.is_set() else next(self._played)

    def skip(self) -> bool:
        return self.read() is not None

    def release(self) -> None:
        pass

    def _play(self) -> Iterator[Image]:
        while True:
            playing = self.video
            pictures = open_video(str(playing))
            while self.video is playing and (picture := pictures.read()) is not None:
                # No two pictures of a camera are the same.
                picture[0] = self._noise.integers(0, 255, picture[0].shape)
                yield picture
            pictures.release()


class FilmClock:
    """Goes on from the moment at which the world's keys and lists count."""

    def __init__(self, begins: datetime) -> None:
        self._begins, self._started = begins, time.monotonic()

    def now(self) -> datetime:
        return self._begins + timedelta(seconds=self.seconds() - self._started)

    def seconds(self) -> float:
        return time.monotonic()


@pytest.fixture
def kiosk(browser: Browser) -> Iterator[tuple[Page, Stand]]:
    """A page of the browser that is the kiosk of pages that are served."""
    with stand() as there:
        page = browser.new_page()
        page.goto(there.pages.invite())
        yield page, there
        page.close()


@pytest.fixture
def camera(tmp_path: Path) -> FakeCamera:
    """A camera that sees nobody."""
    nobody = np.full((480, 640, 3), 90, np.uint8)
    return FakeCamera(film(tmp_path / "nobody.avi", nobody))


def happenings(
    vision: object, camera: FakeCamera, passes: Sequence[Path], person: Path
) -> list[tuple[Callable[[], object], str]]:
    """What happens before the camera, and what the kiosk then says."""
    nobody = camera.video

    def seen(video: Path, **script: object) -> Callable[[], None]:
        def happens() -> None:
            for name, value in script.items():
                setattr(vision, name, value)
            camera.video = video

        return happens

    return [
        (seen(nobody, faces=0), "Show your pass"),
        (seen(passes[0]), "Look here"),
        (seen(person, faces=1), "Welcome"),
        (seen(nobody, faces=0), "Show your pass"),
        (seen(passes[1]), "Look here"),
        (seen(person, faces=1, person=OTHER), "The door stays closed"),
        (seen(nobody, faces=0), "Show your pass"),
        (camera.pulled.set, "Out of service"),
        (camera.pulled.clear, "Show your pass"),
    ]


def test_a_film_goes_through_the_gate_and_onto_the_kiosk(
    world: World, kiosk: tuple[Page, Stand], camera: FakeCamera, tmp_path: Path
) -> None:
    page, there = kiosk
    passes = [film(tmp_path / f"{n}.avi", qr_image(world.issue().text)) for n in (1, 2)]
    person = film(tmp_path / "person.avi", drawn_face())
    title = page.locator("h1")
    clock = FilmClock(AT)
    source = LastingCamera(camera.open, clock)
    world.rules = Rules(
        0.5, face_seconds=15.0, passage_seconds=1.0, held_seconds=5.0, rest_seconds=1.0
    )
    decisions = world.display
    world.display = Several(decisions, there.pages)
    running = Thread(target=world.gate().run, args=[source])
    running.start()
    try:
        for happens, shown in happenings(world.vision, camera, passes, person):
            happens()
            expect(title).to_have_text(shown, timeout=40_000)
    finally:
        source.close()
        running.join()
    assert decisions.reasons[:2] == [Reason.HOLDER_VERIFIED, Reason.NON_MATCH]
