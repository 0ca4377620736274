"""Digests of pictures, to tell whether one was there before and nothing else of it."""

import hashlib
import secrets
from typing import Final

import numpy as np

from ostiary.terms import Image

STEP: Final = 4
"""Every fourth pixel of every fourth row: a sixteenth is enough to tell pictures apart,
and takes 0.2 ms."""

_DIGEST_BYTES: Final = 8
_KEY_BYTES: Final = 16


class Digests:
    """Makes digests under a key of its own, which is in memory alone.

    Nobody can tell from one what a picture showed.
    """

    def __init__(self) -> None:
        self._key: Final = secrets.token_bytes(_KEY_BYTES)

    def of(self, image: Image) -> bytes | None:
        """The digest of a picture; None of one that has a single colour.

        Args:
            image: height x width x 3, uint8, BGR.
        """
        some = np.ascontiguousarray(image[::STEP, ::STEP])
        if (some == some[0, 0]).all():
            return None
        return hashlib.blake2b(
            some.data, digest_size=_DIGEST_BYTES, key=self._key
        ).digest()
