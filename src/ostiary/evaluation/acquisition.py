"""From pictures to samples, through the gate's own chain and its limits on quality.

Each picture is looked at once, and judged twice: by what a gate asks of a probe, and by
what a desk asks of a photograph for enrolment. A picture that cannot be read is no
failure to acquire: it is named, and counts for nothing. One that can be read and yields
no sample is counted, under its reason.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ostiary.capture.photographs import decode_photograph, read_photograph
from ostiary.erasure import overwrite
from ostiary.errors import CaptureError
from ostiary.evaluation.cache import FeatureCache, Sampled
from ostiary.evaluation.dataset import DataSet
from ostiary.ports import FaceDetector
from ostiary.reasons import Reason
from ostiary.terms import Face, Image
from ostiary.vision.chain import FaceChain

Progress: TypeAlias = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is."""

Floats: TypeAlias = NDArray[np.float32]

STEP: Final = "pictures"

NO_QUALITY: Final = 0
"""Of a picture without just one face: nothing was measured, and nothing is compared."""

_UNREAD: Final = Sampled(None, None, None, NO_QUALITY)


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
        features: n x d float32, each row of length 1, or zero where neither a gate nor
            a desk takes the picture.
        failures: by picture, why a gate takes no sample; None where it does.
        enrolment_failures: by picture, why a desk does not enrol it; None where it
            does.
        qualities: by picture, unified score from 0 to 100; None: not measured.
        unreadable: by picture, why it could not be read; None where it could.
        digests: SHA-256 of each file; empty where that could not be read at all.
    """

    features: Floats = field(repr=False)
    failures: tuple[Reason | None, ...]
    enrolment_failures: tuple[Reason | None, ...]
    qualities: tuple[int | None, ...]
    unreadable: tuple[str | None, ...]
    digests: tuple[bytes, ...] = field(repr=False)

    def has(self, row: int) -> bool:
        """Whether a gate takes a sample of a picture."""
        return self.failures[row] is None and self.unreadable[row] is None

    def of(self, rows: Sequence[int]) -> "Samples":
        """Those of some pictures."""
        return Samples(
            features=self.features[rows],
            failures=tuple(self.failures[row] for row in rows),
            enrolment_failures=tuple(self.enrolment_failures[row] for row in rows),
            qualities=tuple(self.qualities[row] for row in rows),
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
    found: list[Sampled | str] = []
    digests = [b""] * total
    try:
        for number, picture in enumerate(data_set.pictures):
            progress(STEP, number, total)
            try:
                data = read_photograph(picture.path)
                digests[number] = hashlib.sha256(data).digest()
                found.append(_sampled(data, digests[number], chain, cache))
            except CaptureError as error:
                found.append(str(error))
    finally:
        chain.forget()
    progress(STEP, total, total)
    return _samples(found, digests, chain.dimensions)


def _samples(
    found: Sequence[Sampled | str], digests: Sequence[bytes], dimensions: int
) -> Samples:
    """In one piece; a text says why a picture could not be read."""
    read = [each if isinstance(each, Sampled) else _UNREAD for each in found]
    features = np.zeros((len(found), dimensions), np.float32)
    for row, each in zip(features, read, strict=True):
        if each.features is not None:
            row[:] = each.features
    return Samples(
        features=features,
        failures=tuple(each.failure for each in read),
        enrolment_failures=tuple(each.enrolment_failure for each in read),
        qualities=tuple(each.quality for each in read),
        unreadable=tuple(each if isinstance(each, str) else None for each in found),
        digests=tuple(digests),
    )


def _sampled(
    data: bytes, digest: bytes, chain: FaceChain, cache: FeatureCache
) -> Sampled:
    """What a file yields, or is known to yield."""
    known = cache.get(digest)
    if known is not None:
        return known
    image = decode_photograph(data)
    try:
        sampled = sample(image, chain)
    finally:
        overwrite(image)
    cache.put(digest, sampled)
    return sampled


def sample(photograph: Image, chain: FaceChain) -> Sampled:
    """What gate and desk make of one photograph; features are taken once.

    Args:
        photograph: height x width x 3, uint8, BGR.
        chain: looks at it.

    Raises:
        ModelError: a runtime fails.
    """
    seen = chain.appraise(photograph)
    if isinstance(seen, Reason):
        return Sampled(None, seen, seen, NO_QUALITY)
    at_gate, at_desk = seen.flaw(chain.limits), seen.flaw(chain.enrolment_limits)
    taken = at_gate is None or at_desk is None
    features = chain.features.extract(seen.aligned).values if taken else None
    return Sampled(features, at_gate, at_desk, seen.quality)


def _centre(face: Face) -> complex:
    left, top, width, height = face.box
    return complex(left + width / 2, top + height / 2)
