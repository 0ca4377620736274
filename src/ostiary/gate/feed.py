"""Looks at whether the camera's pictures are fresh, and keeps digests to tell."""

import hashlib
import secrets
from typing import Final

import numpy as np

from ostiary.presentation.injection import Feed, Picture, watch
from ostiary.reasons import Reason
from ostiary.terms import Frame, Image

_STEP: Final = 4
"""Every fourth pixel of every fourth row: a sixteenth is enough to tell pictures apart,
and takes 0.2 ms."""

_DIGEST_BYTES: Final = 8
_KEY_BYTES: Final = 16


class FeedWatch:
    """Watches the pictures that are taken while a face is awaited.

    What it keeps are digests under a key of this process alone, in memory, without
    their times: nobody can tell from one what a picture showed.
    """

    def __init__(self) -> None:
        self._key: Final = secrets.token_bytes(_KEY_BYTES)
        self._feed = Feed()

    def look(self, frame: Frame) -> Reason | None:
        """Why the camera is not to be believed; None: nothing speaks against it."""
        picture = Picture(frame.image.shape[:2], self._digest(frame.image))
        self._feed, reason = watch(self._feed, picture, frame.seconds)
        return reason

    def _digest(self, image: Image) -> bytes | None:
        some = np.ascontiguousarray(image[::_STEP, ::_STEP])
        if (some == some[0, 0]).all():
            return None
        return hashlib.blake2b(
            some.data, digest_size=_DIGEST_BYTES, key=self._key
        ).digest()
