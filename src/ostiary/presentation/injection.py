"""Pictures that no camera takes: the same again, or suddenly of another size.

A sensor is never twice in exactly the same state; its noise alone makes two pictures
differ in some bits. A picture that repeats another bit by bit was stored on the way. So
a frozen picture tells of a fault or a stall, and a picture that comes back after others
tells of a recording that runs again. A picture of one single colour tells nothing: a
covered lens gives the same one for ever.

What it cannot see: a recording that runs once, one that is encoded anew or has noise
added each time, and a face that is made up on the fly. Nothing in a frame is signed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from ostiary.reasons import Reason

FROZEN_SECONDS: Final = 1.0
"""How long a picture may stay the same while somebody stands there. Compressed streams
repeat a picture for a few frames when nothing moves; a person does within a second."""

RETURNS: Final = 3
"""Pictures in a row that were all seen before, after others: one could be chance where
a camera's compression leaves next to nothing of its noise."""

REMEMBERED: Final = 4096
"""Digests that are kept: more than four minutes of faces at 15 pictures a second."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is kept of a picture.

    Attributes:
        shape: its height and width, in pixels.
        digest: keyed digest of its bits; None of a picture of one single colour.
    """

    shape: tuple[int, int]
    digest: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Feed:
    """What is known of a camera's pictures so far.

    Attributes:
        last: the latest picture of more than one colour; None before the first of any.
        since: when it was first seen, in seconds on a clock that never runs backwards.
        returns: how many in a row were seen before.
        digests: of the latest pictures, each once, the oldest first.
    """

    last: Picture | None = field(default=None, repr=False)
    since: float = 0.0
    returns: int = 0
    digests: tuple[bytes, ...] = field(default=(), repr=False)


def watch(feed: Feed, picture: Picture, seconds: float) -> tuple[Feed, Reason | None]:
    """Take one picture.

    Args:
        feed: what is known so far.
        picture: the next one, while a face is awaited.
        seconds: when it was taken.

    Returns:
        What is known now, and why the camera is not to be believed; None: nothing
        speaks against it. A picture of another size does not become the new measure.
    """
    if feed.last is not None and picture.shape != feed.last.shape:
        return feed, Reason.CAMERA_CHANGED
    if picture.digest is None:
        # Nor does one between others make up for what those tell.
        return replace(feed, last=feed.last or picture), None
    if feed.last == picture:
        frozen = not 0 <= seconds - feed.since < FROZEN_SECONDS
        return feed, Reason.CAMERA_REPEATS if frozen else None
    returns = feed.returns + 1 if picture.digest in feed.digests else 0
    digests = _remembered(feed.digests, picture.digest)
    now = Feed(picture, seconds, returns, digests)
    return now, Reason.CAMERA_REPEATS if returns >= RETURNS else None


def _remembered(digests: Iterable[bytes], digest: bytes) -> tuple[bytes, ...]:
    kept = [each for each in digests if each != digest]
    return (*kept[-(REMEMBERED - 1) :], digest)
