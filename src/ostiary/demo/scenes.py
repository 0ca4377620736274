"""Composes what a gate's camera would see: a code held up, then somebody steps in.

Good enough to exercise capture, reading, detection and comparison. No test of attack
detection: a portrait pasted into a scene is neither a person nor an attack.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from ostiary.capture.qr import qr_image
from ostiary.errors import CaptureError
from ostiary.terms import Image

WIDTH: Final = 1280
HEIGHT: Final = 720
FRAMES_PER_SECOND: Final = 15

CODE_FRAMES: Final = 8
"""How long the code is held up: about half a second."""

STEP_FRAMES: Final = 6
"""How long a person takes to step in: blurred, and not yet in the middle."""

STRAIGHT_FRAMES: Final = 18
"""How long a picture is held straight before it is tilted: time for the probes."""

TILT_FRAMES: Final = 12
"""How long it takes to tilt it."""

CODE_SIDE: Final = 420
"""Side of the code in the picture, in pixels: a card held up at arm's length."""

PORTRAIT_HEIGHT: Final = 640
"""Height of a portrait in the picture, in pixels; its face is about a third of it."""

NOISE_LEVEL: Final = 3.0
"""Standard deviation of the camera's noise, in grey levels."""

_WALL: Final = (178, 186, 190)


@dataclass(frozen=True, slots=True)
class Scene:
    """What happens in front of the camera.

    Attributes:
        code: text of the code that is held up.
        portraits: who steps into the zone: nobody, one person, or several.
        stay_frames: how long they stay once they stand there, in frames.
        tilt: how far the portraits are turned in the end, as the flat pictures that
            they are, in degrees.
    """

    code: str
    portraits: Sequence[Image]
    stay_frames: int
    tilt: float = 0.0


def write_video(scene: Scene, path: Path) -> None:
    """Write the scene as a video file (Motion JPEG in AVI, 1280 x 720, 15 a second).

    Raises:
        CaptureError: the file cannot be written.
    """
    codec = cv2.VideoWriter.fourcc(*"MJPG")
    size = (WIDTH, HEIGHT)
    video = cv2.VideoWriter(str(path), codec, FRAMES_PER_SECOND, size)
    if not video.isOpened():
        raise CaptureError(f"cannot write a video to {path}")
    try:
        for picture in _pictures(scene):
            video.write(picture)
    finally:
        video.release()


def _pictures(scene: Scene) -> Iterator[Image]:
    rng = np.random.default_rng(0)
    noise = rng.normal(0.0, NOISE_LEVEL, (HEIGHT, WIDTH, 3)).astype(np.float32)
    for picture in _still_pictures(scene):
        # The camera's noise: one sheet of it, laid on at a new place each time.
        shift = tuple(rng.integers(0, (HEIGHT, WIDTH)))
        noisy = picture.astype(np.float32) + np.roll(noise, shift, axis=(0, 1))
        yield np.clip(noisy, 0, 255).astype(np.uint8)


def _still_pictures(scene: Scene) -> Iterator[Image]:
    code = qr_image(scene.code)
    for number in range(CODE_FRAMES):
        yield _held_up(code, drift=number)
    for number in range(STEP_FRAMES):
        away = 1 - number / STEP_FRAMES
        picture = _standing(scene.portraits, away)
        cv2.GaussianBlur(picture, (0, 0), 0.5 + 4 * away, dst=picture)
        yield picture
    for number in range(scene.stay_frames):
        share = np.clip((number - STRAIGHT_FRAMES) / TILT_FRAMES, 0, 1)
        portraits = [_tilted(each, scene.tilt * share) for each in scene.portraits]
        picture = _standing(portraits, away=0.0, sway=number)
        cv2.GaussianBlur(picture, (0, 0), 0.5, dst=picture)
        # The camera's exposure settles on the new scene.
        exposure = 0.85 + 0.15 * min(1.0, number / 8)
        cv2.convertScaleAbs(picture, dst=picture, alpha=exposure)
        yield picture


def _wall() -> Image:
    shade = np.linspace(1.05, 0.85, WIDTH, dtype=np.float32)[None, :, None]
    wall = np.empty((HEIGHT, WIDTH, 3), np.float32)
    wall[:] = _WALL
    return (wall * shade).astype(np.uint8)


def _held_up(code: Image, drift: int) -> Image:
    """The code on its card, tilted a little, as a hand holds it."""
    side = float(code.shape[0])
    left, top = 430 + 2 * drift, 150 + drift
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    tilt = np.array([[0, 6], [CODE_SIDE, 0], [CODE_SIDE - 8, CODE_SIDE], [10, 412]])
    warp = cv2.getPerspectiveTransform(
        corners, (tilt + np.array((left, top))).astype(np.float32)
    )
    picture = _wall()
    cv2.warpPerspective(
        code,
        warp,
        (WIDTH, HEIGHT),
        dst=picture,
        flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
    return picture


def _standing(portraits: Sequence[Image], away: float, sway: int = 0) -> Image:
    """The people side by side in the zone, or still `away` (1 to 0) from the mark."""
    picture = _wall()
    shares = len(portraits) + 1
    for number, portrait in enumerate(portraits, start=1):
        person = _scaled(portrait, PORTRAIT_HEIGHT * 1.4 / (1 + 0.4 * len(portraits)))
        zone = WIDTH // 2
        middle = zone // 2 + zone * number // shares + round(200 * away)
        _paste(picture, person, middle + round(3 * np.sin(sway / 3)))
    return picture


def _tilted(portrait: Image, degrees: float) -> Image:
    """A portrait on a sheet that is turned to the side, before the wall."""
    if not degrees:
        return portrait
    height, width = portrait.shape[:2]
    # As from two and a half times its width away.
    near = np.sin(np.radians(degrees)) / 2.5
    across = np.cos(np.radians(degrees)) / 2
    corners = np.array([(x, y) for x in (-0.5, 0.5) for y in (-0.5, 0.5)])
    scale = 1 / (1 - 2 * near * corners[:, :1])
    turned = corners * (2 * across, 1) * scale
    size = np.array([width, height])
    warp = cv2.getPerspectiveTransform(
        ((corners + 0.5) * size).astype(np.float32),
        ((turned + 0.5) * size).astype(np.float32),
    )
    tilted = cv2.warpPerspective(portrait, warp, (width, height), borderValue=_WALL)
    return np.asarray(tilted, np.uint8)


def _scaled(portrait: Image, height: float) -> Image:
    scale = height / portrait.shape[0]
    size = (round(portrait.shape[1] * scale), round(height))
    return np.asarray(
        cv2.resize(portrait, size, interpolation=cv2.INTER_AREA), np.uint8
    )


def _paste(picture: Image, person: Image, middle: int) -> None:
    """Lay a portrait onto the picture, standing on its lower edge."""
    height, width = person.shape[:2]
    left = middle - width // 2
    first, last = max(0, left), min(WIDTH, left + width)
    picture[HEIGHT - height :, first:last] = person[:, first - left : last - left]
