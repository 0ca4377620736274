"""Features between two runs, in a file that somebody asked for.

Features are biometric data, so this is never written unasked. The file is private to
its owner, belongs to one chain, and holds no name: a sample is found by the digest of
its picture.

    one line of JSON   what the features were made with, and how many there are
    digests            32 bytes each
    outcomes           one byte each: 0, or one more than the place among the reasons
    features           float32, little-endian; zeros where there is no sample
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ostiary.errors import EvaluationError
from ostiary.reasons import Reason
from ostiary.storage.files import read_limited, write_atomically

MAX_BYTES: Final = 4 * 2**30
"""Longest cache that is read, in bytes: four million pictures."""

EVERY: Final = 500
"""How many new samples are lost at most when a process is killed."""

Sampled: TypeAlias = NDArray[np.float32] | Reason
"""Features of length 1, or why there are none."""

_DIGEST_BYTES: Final = 32
_REASONS: Final = tuple(Reason)
_UNIT_TOLERANCE: Final = 1e-3

NOTICE: Final = (
    "holds features of every face: biometric data. It is readable by you alone and not "
    "encrypted; delete it when you have finished. Overwriting does not reliably erase "
    "from flash storage."
)


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
            EvaluationError: the file is no cache, or was made with another chain.
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
        outcomes = np.zeros(count, np.uint8)
        features = np.zeros((count, self._maker.dimensions), "<f4")
        for place, sampled in enumerate(self._known.values()):
            if isinstance(sampled, Reason):
                outcomes[place] = 1 + _REASONS.index(sampled)
            else:
                features[place] = sampled
        digests = b"".join(self._known)
        header = _header(self._maker, count)
        return header + digests + outcomes.tobytes() + features.tobytes()


def _header(maker: Maker, count: int) -> bytes:
    content = {
        "ostiary-features": 1,
        "extractor": maker.extractor,
        "rules": maker.rules,
        "reasons": [reason.value for reason in _REASONS],
        "dimensions": maker.dimensions,
        "count": count,
    }
    return json.dumps(content).encode() + b"\n"


def _read(path: Path, maker: Maker) -> dict[bytes, Sampled]:
    data = read_limited(path, MAX_BYTES)
    header, _, rest = data.partition(b"\n")
    each = _DIGEST_BYTES + 1 + 4 * maker.dimensions
    count = len(rest) // each
    if header + b"\n" != _header(maker, count) or len(rest) != count * each:
        raise EvaluationError(
            f"{path} is no cache of {maker.extractor} under these rules, or is cut "
            "short; delete it, or name another file"
        )
    digests = rest[: _DIGEST_BYTES * count]
    outcomes = rest[len(digests) : len(digests) + count]
    features = np.frombuffer(rest, "<f4", offset=len(digests) + count)
    return {
        digests[_DIGEST_BYTES * place : _DIGEST_BYTES * (place + 1)]: _sampled(
            outcomes[place], row
        )
        for place, row in enumerate(features.reshape(count, maker.dimensions))
    }


def _sampled(outcome: int, row: NDArray[np.float32]) -> Sampled:
    if outcome > len(_REASONS):
        raise EvaluationError("the cache names a reason that there is not")
    if outcome:
        return _REASONS[outcome - 1]
    # Written so that what is no number is refused too.
    if not abs(float(np.linalg.norm(row)) - 1) < _UNIT_TOLERANCE:
        raise EvaluationError("the cache holds features that are no direction")
    return row.astype(np.float32)
