"""How long it takes to read a pass's code in a 1280x720 frame, and how often it works.

The code holds as much as a pass for one zone: 520 COSE bytes. Each degradation is drawn
anew for every frame. The target: a median under 10 ms.

    .venv/bin/python benchmarks/qr.py
"""

import platform
import statistics
import time
from collections.abc import Callable
from typing import Final, get_args

import base45
import cv2
import numpy as np

from ostiary.capture.qr import MODULE_DOTS, Level, qr_image, read_qr
from ostiary.terms import Image

COSE_BYTES: Final = 520
FRAMES: Final = 60
WIDTH, HEIGHT = 1280, 720
CODE_SIDE: Final = 480
"""How large the code is held up, in pixels: two thirds of the frame's height."""

RNG: Final = np.random.default_rng(20261121)
TEXT: Final = base45.b45encode(RNG.bytes(COSE_BYTES)).decode()


def held_up(code: Image, tilt: float, side: int = CODE_SIDE) -> Image:
    """The code somewhere in a scene, each corner moved by up to `tilt` pixels."""
    scene = RNG.integers(90, 150, (HEIGHT // 8, WIDTH // 8, 3), dtype=np.uint8)
    frame = cv2.resize(scene, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    left = RNG.uniform(60, WIDTH - side - 60)
    top = RNG.uniform(60, HEIGHT - side - 60)
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    moved = RNG.uniform(-tilt, tilt, (4, 2))
    target = (unit * side + (left, top) + moved).astype(np.float32)
    turn = cv2.getPerspectiveTransform(unit * code.shape[0], target)
    size = (WIDTH, HEIGHT)
    shown = cv2.warpPerspective(code, turn, size, flags=cv2.INTER_AREA)
    covered = cv2.warpPerspective(np.full_like(code, 255), turn, size)
    return np.where(covered > 0, shown, frame).astype(np.uint8)


def blurred(frame: Image, sigma: float) -> Image:
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma), np.uint8)


def noisy(frame: Image, sigma: float) -> Image:
    noise = RNG.normal(0, sigma, frame.shape)
    return np.clip(frame + noise, 0, 255).astype(np.uint8)


CONDITIONS: Final[dict[str, Callable[[Image], Image]]] = {
    "clean": lambda code: held_up(code, 0),
    "tilted (corners +-40 px)": lambda code: held_up(code, 40),
    "farther (320 px)": lambda code: held_up(code, 10, 320),
    "blurred (sigma 1.2 px)": lambda code: blurred(held_up(code, 0), 1.2),
    "noisy (sigma 20)": lambda code: noisy(held_up(code, 0), 20),
    "all three, milder": lambda code: noisy(blurred(held_up(code, 25), 0.9), 12),
    "no code": lambda code: held_up(np.full_like(code, 128), 40),
}


def measure(make: Callable[[Image], Image], code: Image) -> tuple[float, float, int]:
    """Median and 95th percentile in milliseconds, and how many frames were read."""
    times, read = [], 0
    for _ in range(FRAMES):
        frame = make(code)
        began = time.perf_counter()
        texts = read_qr(frame)
        times.append(1000 * (time.perf_counter() - began))
        read += texts == (TEXT,)
    return statistics.median(times), statistics.quantiles(times, n=20)[-1], read


def main() -> None:
    print(
        f"{platform.machine()}, OpenCV {cv2.__version__}, {cv2.getNumThreads()} threads"
    )
    print(f"{COSE_BYTES} COSE bytes, {len(TEXT)} characters, {WIDTH}x{HEIGHT}")
    for level in get_args(Level):
        code = qr_image(TEXT, level)
        modules = code.shape[0] // MODULE_DOTS - 8
        pixels = CODE_SIDE / (modules + 8)
        print(
            f"\nlevel {level}: version {(modules - 17) // 4}, {pixels:.1f} px a module"
        )
        for condition, make in CONDITIONS.items():
            median, slow, read = measure(make, code)
            print(
                f"  {condition:<26} median {median:5.2f} ms   95% {slow:5.2f} ms"
                f"   read {read}/{FRAMES}"
            )


if __name__ == "__main__":
    main()
