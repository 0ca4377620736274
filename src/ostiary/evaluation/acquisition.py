"""From pictures to samples, through the gate's own chain and its limits on quality.

A picture that cannot be read is no failure to acquire: it is named, and counts for
nothing. One that can be read and yields no sample is counted, under its reason.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ostiary.capture.photographs import load_photograph
from ostiary.erasure import overwrite
from ostiary.errors import CaptureError
from ostiary.evaluation.cache import FeatureCache, Sampled
from ostiary.evaluation.dataset import DataSet
from ostiary.ports import FaceDetector
from ostiary.reasons import Reason
from ostiary.terms import Face, Features, Image
from ostiary.vision.chain import FaceChain

Progress: TypeAlias = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is."""

Floats: TypeAlias = NDArray[np.float32]

STEP: Final = "pictures"


class FaceRule(StrEnum):
    """Which face of a picture is that of the person it is filed under."""

    SOLE = "sole"
    """The only one, as at the gate; a picture of several people yields no sample."""

    CENTRAL = "central"
    """The one nearest to the middle, as LFW was labelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """What a data set's pictures yielded, in their order.

    Attributes:
        features: n x d float32, each row of length 1, or zero where there is no sample.
        failures: by picture, why there is no sample; None where there is one.
        unreadable: by picture, why it could not be read; None where it could.
        digests: SHA-256 of each file; empty where it could not be read.
    """

    features: Floats = field(repr=False)
    failures: tuple[Reason | None, ...]
    unreadable: tuple[str | None, ...]
    digests: tuple[bytes, ...] = field(repr=False)

    def has(self, row: int) -> bool:
        """Whether there is a sample of a picture."""
        return self.failures[row] is None and self.unreadable[row] is None

    def of(self, rows: Sequence[int]) -> "Samples":
        """Those of some pictures."""
        return Samples(
            features=self.features[rows],
            failures=tuple(self.failures[row] for row in rows),
            unreadable=tuple(self.unreadable[row] for row in rows),
            digests=tuple(self.digests[row] for row in rows),
        )


class CentralFace:
    """A detector that finds the face nearest to the middle, and no other."""

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector

    def detect(self, image: Image) -> Sequence[Face]:
        """That one, or none."""
        middle = complex(image.shape[1], image.shape[0]) / 2
        return sorted(
            self._detector.detect(image), key=lambda face: abs(_centre(face) - middle)
        )[:1]

    def forget(self) -> None:
        """Overwrite what the runtime still holds of the last picture."""
        self._detector.forget()


def acquire(
    data_set: DataSet,
    chain: FaceChain,
    face: FaceRule,
    cache: FeatureCache,
    progress: Progress,
) -> Samples:
    """Take a sample from every picture.

    Args:
        data_set: which pictures.
        chain: makes the features.
        face: which face of a picture counts.
        cache: has what an earlier run left, and is given what this one finds.
        progress: is told how far it has come.

    Raises:
        ModelError: a runtime fails.
    """
    if face is FaceRule.CENTRAL:
        chain = replace(chain, detector=CentralFace(chain.detector))
    total = len(data_set.pictures)
    features = np.zeros((total, chain.dimensions), np.float32)
    failures: list[Reason | None] = [None] * total
    unreadable: list[str | None] = [None] * total
    digests = [b""] * total
    try:
        for number, picture in enumerate(data_set.pictures):
            progress(STEP, number, total)
            try:
                digest, sampled = _sampled(picture.path, chain, cache)
            except CaptureError as error:
                unreadable[number] = str(error)
                continue
            digests[number] = digest
            if isinstance(sampled, Reason):
                failures[number] = sampled
            else:
                features[number] = sampled
    finally:
        chain.forget()
    progress(STEP, total, total)
    return Samples(
        features=features,
        failures=tuple(failures),
        unreadable=tuple(unreadable),
        digests=tuple(digests),
    )


def _sampled(
    path: Path, chain: FaceChain, cache: FeatureCache
) -> tuple[bytes, Sampled]:
    """The digest of a file, and its features or why there are none."""
    digest = _digest(path)
    known = cache.get(digest)
    if known is not None:
        return digest, known
    image = load_photograph(path)
    try:
        found = chain.sample(image, chain.limits)
    finally:
        overwrite(image)
    sampled = found.values if isinstance(found, Features) else found
    cache.put(digest, sampled)
    return digest, sampled


def _digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        # The cause is left out: it carries the name.
        message = f"the picture cannot be read: {error.strerror}"
        raise CaptureError(message) from None


def _centre(face: Face) -> complex:
    left, top, width, height = face.box
    return complex(left + width / 2, top + height / 2)
