"""Frozen and repeated pictures, from real video files and at a whole gate."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from ostiary.capture.qr import qr_image
from ostiary.capture.sources import VideoFile
from ostiary.gate.feed import FeedWatch
from ostiary.presentation.parallax import Parallax
from ostiary.reasons import Reason
from ostiary.terms import Frame, Image, Outcome
from tests.gate.conftest import ScriptedMeter, World

SIDE = 64
RATE = 10


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def seconds(self) -> float:
        return 0.0


def noisy(seed: int, height: int = 240, width: int = 320) -> Image:
    generator = np.random.default_rng(seed)
    return generator.integers(90, 110, (height, width, 3), np.uint8)


def video(path: Path, seeds: list[int]) -> list[Frame]:
    """Frames of a real file, as a gate takes them."""
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter.fourcc(*"MJPG"), RATE, (320, 240)
    )
    for seed in seeds:
        writer.write(noisy(seed))
    writer.release()
    source = VideoFile(path, FixedClock())
    frames = list(source.frames())
    source.close()
    assert len(frames) == len(seeds)
    return frames


def said(frames: list[Frame]) -> list[Reason | None]:
    watch = FeedWatch()
    return [watch.look(frame) for frame in frames]


def test_a_video_that_runs_once_is_believed(tmp_path: Path) -> None:
    assert set(said(video(tmp_path / "once.avi", list(range(20))))) == {None}


def test_a_video_that_was_looped_before_it_was_stored_is_noticed(
    tmp_path: Path,
) -> None:
    found = said(video(tmp_path / "loop.avi", [*range(8), *range(8)]))
    assert found[:10] == [None] * 10
    assert set(found[10:]) == {Reason.CAMERA_REPEATS}


def test_a_video_of_a_still_picture_is_noticed_after_a_second(tmp_path: Path) -> None:
    found = said(video(tmp_path / "still.avi", [1] * 20))
    assert found[:RATE] == [None] * RATE
    assert set(found[RATE:]) == {Reason.CAMERA_REPEATS}


def test_the_same_file_shown_later_is_noticed(tmp_path: Path) -> None:
    frames = video(tmp_path / "once.avi", list(range(10)))
    watch = FeedWatch()
    assert not any(watch.look(frame) for frame in frames)
    later = [Frame(f.image, f.at, f.seconds + 600) for f in frames]
    assert [watch.look(frame) for frame in later].count(Reason.CAMERA_REPEATS) >= 7


def test_noise_laid_over_a_loop_hides_it(tmp_path: Path) -> None:
    """What the check cannot do, written down."""
    frames = video(tmp_path / "loop.avi", [*range(8), *range(8)])
    generator = np.random.default_rng(1)
    for frame in frames:
        noise = generator.integers(0, 2, frame.image.shape, np.uint8)
        np.add(frame.image, noise, out=frame.image)
    assert set(said(frames)) == {None}


def test_a_covered_lens_is_believed() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    black = np.zeros((240, 320, 3), np.uint8)
    frames = [Frame(black, at, number / 10) for number in range(50)]
    assert set(said(frames)) == {None}


def test_a_change_of_one_pixel_in_sixteen_is_seen() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    first, second = noisy(1), noisy(1)
    second[0, 0, 0] ^= 1
    watch = FeedWatch()
    assert watch.look(Frame(first, at, 0.0)) is None
    assert watch.look(Frame(second, at, 5.0)) is None
    assert watch.look(Frame(second.copy(), at, 6.0)) is Reason.CAMERA_REPEATS


@pytest.mark.parametrize(
    ("pictures", "reason"),
    [
        (lambda: [noisy(1)] * 2 + [noisy(1)] * 12, Reason.CAMERA_REPEATS),
        (lambda: [noisy(1), noisy(2, height=480)], Reason.CAMERA_CHANGED),
    ],
)
def test_a_gate_refuses_calls_somebody_and_forgets(
    world: World,
    pictures: Callable[[], list[Image]],
    reason: Reason,
) -> None:
    world.vision.faces = 0
    shown = [picture.copy() for picture in pictures()]
    display = world.run(qr_image(world.issue().text), *shown)
    assert [(d.outcome, d.reason) for d in display.all] == [(Outcome.REFUSE, reason)]
    assert display.calls == [reason]
    assert not world.door.openings


def test_pictures_are_watched_while_moves_are_asked_for(world: World) -> None:
    world.vision.score = 0.4
    world.meter = ScriptedMeter([Parallax(0.0, 0.0, 1.0, 1.0)])
    fresh = [noisy(seed, height=480, width=640) for seed in range(4)]
    frozen = [noisy(4, height=480, width=640) for _ in range(12)]
    display = world.run(qr_image(world.issue().text), *fresh, *frozen)
    assert display.prompts
    assert display.reasons == [Reason.CAMERA_REPEATS]
    assert display.calls == [Reason.CAMERA_REPEATS]
    assert not world.meter.begun
    assert not world.door.openings
