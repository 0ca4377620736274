"""The same with one's own camera and face, and nothing staged."""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TextIO

import numpy as np

from ostiary.capture.qr import qr_png
from ostiary.capture.sources import open_source
from ostiary.config import Vision
from ostiary.credential import BiometricReference
from ostiary.demo.rehearsal import equip_demo, maker
from ostiary.desk.issuing import enrol
from ostiary.erasure import overwrite
from ostiary.errors import CaptureError, EnrolmentError
from ostiary.gate.clock import SystemClock
from ostiary.gate.displays import Display
from ostiary.gate.lines import DecisionLines
from ostiary.gate.loop import Gate
from ostiary.ports import FrameSource
from ostiary.storage.files import write_atomically
from ostiary.storage.home import Home
from ostiary.terms import Image
from ostiary.vision.chain import FaceChain, open_chain
from ostiary.vision.store import ModelStore

PHOTOGRAPHS: Final = 3
"""How many photographs of the holder make the template."""

SECONDS_BETWEEN: Final = 0.5
"""Least time between two looks, so that no two photographs are the same."""

MOST_SECONDS: Final = 60.0
"""How long the demo waits for good photographs."""


def try_with_camera(
    spec: str,
    *,
    store: ModelStore,
    chain_name: str,
    attack_detector: str,
    out: Path,
    page: TextIO,
) -> None:
    """Enrol whoever stands before the camera, then be their gate until interrupted.

    The person consented to exactly this. The pass is the only copy of their template;
    it lies in `out` afterwards, for them to keep or to delete.

    Args:
        spec: the camera, as `open_source` takes it.
        store: where models lie.
        chain_name: the extraction chain.
        attack_detector: the attack detector; `absent` refers everybody.
        out: directory for the picture of the pass's code.
        page: where to say what to do.

    Raises:
        OstiaryError: no camera, no usable face within a minute, no models.
    """
    clock = SystemClock(UTC)
    with TemporaryDirectory(prefix="ostiary-demo-") as folder:
        home = Home(Path(folder))
        print("Stand before the camera and look into it.", file=page)
        chain = open_chain(chain_name, store)
        display = DecisionLines(page)
        reference = enrol_from(open_source(spec, clock), chain, display)
        code = out / "pass-of-camera.png"
        text = maker(home, reference).prepare_one()
        overwrite(np.frombuffer(reference.data, np.uint8))
        write_atomically(code, qr_png(text, "L"), private=True)
        print(
            f"Your pass: {code}. Show it to the camera, on a phone or printed, and "
            "then look into the camera. Ctrl-C ends; then delete the pass.",
            file=page,
        )
        gear = equip_demo(home, store, chain_name, attack_detector, display)
        Gate(gear).run(open_source(spec, clock))


def enrol_from(
    source: FrameSource, chain: FaceChain, display: Display
) -> BiometricReference:
    """Make a reference of whoever consented and stands there.

    Args:
        source: the camera, which is closed at the end.
        chain: from picture to features.
        display: is shown the standing zone, and told what keeps a photograph.

    Raises:
        CaptureError: no camera, or no usable photographs within a minute.
    """
    photographs: list[Image] = []
    try:
        for picture in _looks(source, display):
            if _usable(picture, chain, display):
                photographs.append(picture)
            else:
                overwrite(picture)
            if len(photographs) == PHOTOGRAPHS:
                return enrol(photographs, chain)
    finally:
        source.close()
        overwrite(*photographs)
    raise CaptureError("no three usable photographs could be taken")


def _looks(source: FrameSource, display: Display) -> Iterator[Image]:
    """The standing zone every half second, for a minute; the rest is overwritten."""
    began: float | None = None
    last = float("-inf")
    for frame in source.frames():
        began = frame.seconds if began is None else began
        if frame.seconds - began > MOST_SECONDS:
            return
        zone = Vision().zone.crop(frame.image)
        display.pass_time(frame.at)
        display.mirror(zone, frame.seconds)
        if frame.seconds - last >= SECONDS_BETWEEN:
            last = frame.seconds
            yield zone.copy()
        overwrite(frame.image)


def _usable(picture: Image, chain: FaceChain, display: Display) -> bool:
    try:
        overwrite(chain.enrol([picture]).values)
    except EnrolmentError as error:
        display.guide(error.reason)
        return False
    return True
