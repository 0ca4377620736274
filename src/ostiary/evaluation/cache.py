"""Features between two runs, in a file that somebody asked for.

Features are biometric data, so this is never written unasked. The file is private to
its owner, belongs to one chain, and holds no name: a sample is found by the digest of
its picture.

    one line of JSON   what the features were made with, and how many there are
    digests            32 bytes each
    judgements         three bytes each: why a gate does not take the picture, why a
                       desk does not (0, or one more than the place among the reasons),
                       and its quality from 0 to 100
    features           float32, little-endian; zeros where neither takes it
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ostiary.errors import EvaluationError
from ostiary.reasons import Reason
from ostiary.storage.files import read_limited, write_atomically

MAX_BYTES: Final = 4 * 2**30
"""Longest cache that is read, in bytes: four million pictures."""

EVERY: Final = 500
"""How many new samples are lost at most when a process is killed."""

FORMAT: Final = 2
"""Version of the file."""

_TITLE: Final = b'{"ostiary-features": '
_DIGEST_BYTES: Final = 32
_JUDGEMENTS: Final = 3
_BEST_QUALITY: Final = 100
_REASONS: Final = tuple(Reason)
_UNIT_TOLERANCE: Final = 1e-3

NOTICE: Final = (
    "holds features of every face: biometric data. It is readable by you alone and not "
    "encrypted; delete it when you have finished. Overwriting does not reliably erase "
    "from flash storage."
)


@dataclass(frozen=True, slots=True)
class Sampled:
    """What one picture yielded.

    Attributes:
        features: of length 1; None where neither a gate nor a desk takes the picture.
        failure: why a gate takes no sample; None: it does.
        enrolment_failure: why a desk does not enrol it; None: it does.
        quality: unified score, 0 to 100.
    """

    features: NDArray[np.float32] | None = field(repr=False)
    failure: Reason | None
    enrolment_failure: Reason | None
    quality: int


class FeatureCache(Protocol):
    """Samples that are known already."""

    def get(self, digest: bytes) -> Sampled | None:
        """What the picture with that SHA-256 yielded; None: not known."""
        ...

    def put(self, digest: bytes, sampled: Sampled) -> None:
        """Remember what a picture yielded."""
        ...

    def close(self) -> None:
        """Nothing more will be put."""
        ...


class NoCache:
    """Nothing is known, and nothing is kept."""

    def get(self, digest: bytes) -> Sampled | None:
        """Never known."""
        del digest
        return None

    def put(self, digest: bytes, sampled: Sampled) -> None:
        """Not kept."""

    def close(self) -> None:
        """Nothing was kept."""


@dataclass(frozen=True, slots=True)
class Maker:
    """What features were made with; those of another are of no use.

    Attributes:
        extractor: identity of the extraction chain.
        rules: the rule for faces and the limits on quality, as text.
        dimensions: how many features to a sample.
    """

    extractor: str
    rules: str
    dimensions: int


class FileCache:
    """A cache in one file, written now and then and at the end."""

    def __init__(self, path: Path, maker: Maker) -> None:
        """Read what an earlier run left, if there is anything.

        Raises:
            EvaluationError: the file is no cache, or was made with another chain or by
                another version.
            StorageError: it cannot be read.
        """
        self._path, self._maker = path, maker
        self._known = _read(path, maker) if path.exists() else {}
        self._unsaved = 0

    def get(self, digest: bytes) -> Sampled | None:
        """What the picture with that SHA-256 yielded; None: not known."""
        return self._known.get(digest)

    def put(self, digest: bytes, sampled: Sampled) -> None:
        """Remember what a picture yielded.

        Raises:
            StorageError: it was time to write, and that failed.
        """
        self._known[digest] = sampled
        self._unsaved += 1
        if self._unsaved >= EVERY:
            self.close()

    def close(self) -> None:
        """Write what is not written yet.

        Raises:
            StorageError: it cannot be written.
        """
        if self._unsaved:
            write_atomically(self._path, self._content(), private=True)
            self._unsaved = 0

    def _content(self) -> bytes:
        count = len(self._known)
        judgements = np.zeros((count, _JUDGEMENTS), np.uint8)
        features = np.zeros((count, self._maker.dimensions), "<f4")
        for place, sampled in enumerate(self._known.values()):
            reasons = (sampled.failure, sampled.enrolment_failure)
            judgements[place] = (*map(_number_of, reasons), sampled.quality)
            if sampled.features is not None:
                features[place] = sampled.features
        digests = b"".join(self._known)
        header = _header(self._maker, count)
        return header + digests + judgements.tobytes() + features.tobytes()


def _header(maker: Maker, count: int) -> bytes:
    content = {
        "ostiary-features": FORMAT,
        "extractor": maker.extractor,
        "rules": maker.rules,
        "reasons": [reason.value for reason in _REASONS],
        "dimensions": maker.dimensions,
        "count": count,
    }
    return json.dumps(content).encode() + b"\n"


def _read(path: Path, maker: Maker) -> dict[bytes, Sampled]:
    data = read_limited(path, MAX_BYTES)
    if not data.startswith(_TITLE):
        raise EvaluationError(f"{path} is no cache of features; name another file")
    if not data.startswith(_TITLE + b"%d," % FORMAT):
        raise EvaluationError(
            f"{path} is a cache that another version of ostiary wrote; delete it, or "
            "name another file"
        )
    header, _, rest = data.partition(b"\n")
    each = _DIGEST_BYTES + _JUDGEMENTS + 4 * maker.dimensions
    count = len(rest) // each
    if header + b"\n" != _header(maker, count) or len(rest) != count * each:
        raise EvaluationError(
            f"{path} is no cache of {maker.extractor} under these rules (--face, and "
            "limits on quality), or is cut short; delete it, or name another file"
        )
    begin = _DIGEST_BYTES * count
    end = begin + _JUDGEMENTS * count
    judgements = np.frombuffer(rest[begin:end], np.uint8).reshape(count, _JUDGEMENTS)
    features = np.frombuffer(rest, "<f4", offset=end).reshape(count, maker.dimensions)
    return {
        rest[_DIGEST_BYTES * place : _DIGEST_BYTES * (place + 1)]: _sampled(*each)
        for place, each in enumerate(zip(judgements.tolist(), features, strict=True))
    }


def _sampled(judgement: Sequence[int], row: NDArray[np.float32]) -> Sampled:
    failure, enrolment_failure, quality = judgement
    if quality > _BEST_QUALITY:
        raise EvaluationError("the cache holds a quality that there is not")
    at_gate, at_desk = _reason_of(failure), _reason_of(enrolment_failure)
    if at_gate is not None and at_desk is not None:
        return Sampled(None, at_gate, at_desk, quality)
    # Written so that what is no number is refused too.
    if not abs(float(np.linalg.norm(row)) - 1) < _UNIT_TOLERANCE:
        raise EvaluationError("the cache holds features that are no direction")
    return Sampled(row.astype(np.float32), at_gate, at_desk, quality)


def _number_of(reason: Reason | None) -> int:
    return 0 if reason is None else 1 + _REASONS.index(reason)


def _reason_of(number: int) -> Reason | None:
    if number > len(_REASONS):
        raise EvaluationError("the cache names a reason that there is not")
    return _REASONS[number - 1] if number else None
