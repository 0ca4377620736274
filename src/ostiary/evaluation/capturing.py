"""One sitting of a volunteer: frames in, features out, through the gate's own chain.

As at the gate only the standing zone is looked at, and a frame counts only with exactly
one face in it, of enough quality. Every frame is overwritten before the next is taken.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Final

import numpy as np

from ostiary.comparison import odd_one_out
from ostiary.erasure import overwrite
from ostiary.errors import CaptureError
from ostiary.evaluation.acquisition import Floats
from ostiary.ports import FrameSource
from ostiary.reasons import Reason
from ostiary.terms import Features, Probe, Rectangle
from ostiary.vision.appearance import AbsentAttackDetector
from ostiary.vision.chain import FaceChain

LONGEST_SECONDS: Final = 60.0
"""How long a sitting may take, in seconds."""


class NoStopwatch:
    """Measures nothing."""

    def stage(self, name: str) -> AbstractContextManager[None]:
        """Nothing happens."""
        del name
        return nullcontext()


def capture(
    source: FrameSource,
    chain: FaceChain,
    zone: Rectangle,
    frames: int,
    guide: Callable[[Reason], None],
) -> Floats:
    """Take features of so many usable frames.

    Args:
        source: gives the frames; closed when this returns.
        chain: the gate's.
        zone: the standing zone.
        frames: how many usable ones are wanted.
        guide: is told what a frame lacked.

    Returns:
        frames x d float32, each row of length 1, owned by the caller.

    Raises:
        CaptureError: the source ended, failed or took too long before there were
            enough, or somebody else came into them.
        ModelError: a runtime fails.
    """
    taken: list[Features] = []
    try:
        for features in _usable(source, chain, zone, guide):
            taken.append(features)
            if len(taken) == frames:
                break
        if len(taken) < frames:
            raise CaptureError(f"{len(taken)} usable frames, and {frames} are needed")
        if odd_one_out(taken, chain.threshold) is not None:
            raise CaptureError("not all frames show the same person")
        return np.array([each.values for each in taken], np.float32)
    finally:
        source.close()
        chain.forget()
        overwrite(*(each.values for each in taken))


def _usable(
    source: FrameSource,
    chain: FaceChain,
    zone: Rectangle,
    guide: Callable[[Reason], None],
) -> Iterator[Features]:
    """Features of every usable frame, for as long as a sitting may take."""
    began: float | None = None
    for frame in source.frames():
        began = frame.seconds if began is None else began
        if frame.seconds - began > LONGEST_SECONDS:
            overwrite(frame.image)
            return
        try:
            image = zone.crop(frame.image)
            seen = chain.observe(image, AbsentAttackDetector(), NoStopwatch())
        finally:
            overwrite(frame.image)
        if isinstance(seen, Probe):
            yield seen.features
        else:
            guide(seen.reason)
