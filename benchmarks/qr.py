"""How long it takes to read a pass's code in a frame, and how often it works.

The code holds as much as a pass for one zone: 520 COSE bytes. Each degradation is drawn
anew for every frame. First the time in a 1280x720 frame, with a target of a median
under 10 ms; then reading rates in frames of three sizes, each with its 95 % interval
(Wilson's). The code takes two thirds of a frame's height, unless it is small. Level L
is for screens, M for paper; both are shown in all conditions.

    .venv/bin/python benchmarks/qr.py
"""

import math
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, get_args

import base45
import cv2
import numpy as np

from ostiary.capture.qr import MODULE_DOTS, Level, qr_image, read_qr
from ostiary.terms import Image

COSE_BYTES: Final = 520
FRAMES: Final = 60
TIMED: Final = (1280, 720)
SIZES: Final = ((640, 480), TIMED, (1920, 1080))

RNG: Final = np.random.default_rng(20261121)
TEXT: Final = base45.b45encode(RNG.bytes(COSE_BYTES)).decode()
UNIT: Final = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
NORMAL_95: Final = statistics.NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class View:
    """A frame in which the code is held up.

    Attributes:
        width: of the frame, in pixels.
        height: of the frame, in pixels.
    """

    width: int
    height: int

    @property
    def side(self) -> int:
        """How large the code is held up, quiet zone included, in pixels."""
        return 2 * self.height // 3

    def held_up(self, code: Image, tilt: float = 0, scale: float = 1) -> Image:
        """The code somewhere in a scene, each corner moved by up to `tilt` sides."""
        side = scale * self.side
        rough = (self.height // 8, self.width // 8, 3)
        scene = RNG.integers(90, 150, rough, dtype=np.uint8)
        size = (self.width, self.height)
        frame = cv2.resize(scene, size, interpolation=cv2.INTER_CUBIC)
        room = np.array(size) - side * (1 + 2 * tilt)
        corner = side * tilt + RNG.uniform(0, room)
        moved = side * RNG.uniform(-tilt, tilt, (4, 2))
        target = (UNIT * side + corner + moved).astype(np.float32)
        turn = cv2.getPerspectiveTransform(UNIT * code.shape[0], target)
        # Area averaging, which `warpPerspective` has not: no moire where it is small.
        shown = cv2.warpPerspective(_softened(code, side), turn, size)
        covered = cv2.warpPerspective(np.full_like(code, 255), turn, size)
        return np.where(covered > 0, shown, frame).astype(np.uint8)


def _softened(code: Image, side: float) -> Image:
    """The code as a lens of that resolution sees it, before it is made small."""
    dots = max(1, round(code.shape[0] / side))
    return np.asarray(cv2.blur(code, (dots, dots)), np.uint8)


def blurred(frame: Image, sigma: float) -> Image:
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma), np.uint8)


def noisy(frame: Image, sigma: float) -> Image:
    noise = RNG.normal(0, sigma, frame.shape)
    return np.clip(frame + noise, 0, 255).astype(np.uint8)


def glaring(code: Image) -> Image:
    """A lamp mirrored somewhere in it: white, fading with a radius of a tenth."""
    side = code.shape[0]
    x, y = RNG.uniform(0.2 * side, 0.8 * side, 2)
    rows, columns = np.mgrid[:side, :side]
    distance = ((columns - x) ** 2 + (rows - y) ** 2) / (0.1 * side) ** 2
    light = 400 * np.exp(-distance / 2)[:, :, None]
    return np.asarray(np.clip(code + light, 0, 255), np.uint8)


FINDERS: Final = (0, 1, 3)
FOURTH: Final = 2
"""Corners of `UNIT` with a finder pattern, and the one without."""


def torn(code: Image, corners: tuple[int, ...], part: float) -> Image:
    """One of those corners gone: a triangle of a part of each edge, with quiet zone."""
    side = code.shape[0]
    corner, leg = UNIT[RNG.choice(corners)] * side, part * side
    across, down = np.where(corner > 0, -leg, leg)
    x, y = corner
    triangle = np.array([(x, y), (x + across, y), (x, y + down)], np.int32)
    return np.asarray(cv2.fillPoly(code.copy(), [triangle], (120, 120, 120)), np.uint8)


Condition = Callable[[View, Image], Image]

CONDITIONS: Final[dict[str, Condition]] = {
    "clean": lambda view, code: view.held_up(code),
    "perspective (1/12 of a side)": lambda view, code: view.held_up(code, 1 / 12),
    "perspective (1/6 of a side)": lambda view, code: view.held_up(code, 1 / 6),
    "small (4/9 of the height)": lambda view, code: view.held_up(code, 1 / 50, 2 / 3),
    "tiny (1/3 of the height)": lambda view, code: view.held_up(code, 1 / 50, 1 / 2),
    "blurred (sigma 1.2 px)": lambda view, code: blurred(view.held_up(code), 1.2),
    "blurred (sigma 2.5 px)": lambda view, code: blurred(view.held_up(code), 2.5),
    "noisy (sigma 20)": lambda view, code: noisy(view.held_up(code), 20),
    "glare": lambda view, code: view.held_up(glaring(code)),
    "torn, any corner (1/10)": lambda view, code: view.held_up(
        torn(code, (*FINDERS, FOURTH), 1 / 10)
    ),
    "torn, a finder's (1/7)": lambda view, code: view.held_up(
        torn(code, FINDERS, 1 / 7)
    ),
    "torn, the fourth (1/7)": lambda view, code: view.held_up(
        torn(code, (FOURTH,), 1 / 7)
    ),
    "tilt, blur, noise, milder": lambda view, code: noisy(
        blurred(view.held_up(code, 1 / 20), 0.9), 12
    ),
    "no code": lambda view, code: view.held_up(np.full_like(code, 128), 1 / 12),
}


def measure(make: Condition, view: View, code: Image) -> tuple[list[float], int]:
    """Times in milliseconds, and how many frames were read."""
    times, read = [], 0
    for _ in range(FRAMES):
        frame = make(view, code)
        began = time.perf_counter()
        texts = read_qr(frame)
        times.append(1000 * (time.perf_counter() - began))
        read += texts == (TEXT,)
    return times, read


def interval(read: int, frames: int) -> tuple[float, float]:
    """Wilson's score interval for a share, at 95 %, in percent."""
    share, z2 = read / frames, NORMAL_95**2
    middle = share + z2 / (2 * frames)
    half = NORMAL_95 * math.sqrt(
        share * (1 - share) / frames + z2 / (4 * frames * frames)
    )
    scale = 100 / (1 + z2 / frames)
    return scale * (middle - half), scale * (middle + half)


def print_times(code: Image) -> None:
    view = View(*TIMED)
    print(f"times in {view.width}x{view.height}")
    for condition, make in CONDITIONS.items():
        times, _ = measure(make, view, code)
        slow = statistics.quantiles(times, n=20)[-1]
        print(
            f"  {condition:<29} median {statistics.median(times):6.2f} ms"
            f"   95% {slow:6.2f} ms"
        )


def print_rates(code: Image) -> None:
    sizes = "".join(f"{f'{width}x{height}':>20}" for width, height in SIZES)
    print(f"read of {FRAMES} frames, 95 % interval in percent\n{'':<31}{sizes}")
    for condition, make in CONDITIONS.items():
        cells = []
        for width, height in SIZES:
            _, read = measure(make, View(width, height), code)
            low, high = interval(read, FRAMES)
            cells.append(f"{read:>6} [{low:5.1f}, {high:5.1f}]")
        print(f"  {condition:<29}{''.join(cells)}", flush=True)


def main() -> None:
    print(
        f"{platform.machine()}, OpenCV {cv2.__version__}, {cv2.getNumThreads()} threads"
    )
    print(f"{COSE_BYTES} COSE bytes, {len(TEXT)} characters")
    for level in get_args(Level):
        code = qr_image(TEXT, level)
        modules = code.shape[0] // MODULE_DOTS
        scales = ", ".join(f"{View(*size).side / modules:.1f}" for size in SIZES)
        print(f"\nlevel {level}: version {(modules - 25) // 4}, {scales} px a module")
        print_times(code)
        print_rates(code)


if __name__ == "__main__":
    main()
