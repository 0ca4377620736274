"""What volunteers gave to the calibration of one site: features, and nothing else.

    one line of JSON   the chain; of each sitting volunteer, session, consent, rows
    features           float32, little-endian, sitting after sitting

This is what is sealed between two sessions (`sealed_captures`); it is never written
open. Volunteers have numbers or other made-up names.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ostiary.credential.checks import check_name
from ostiary.credential.jsonfile import Members, read_object
from ostiary.erasure import overwrite
from ostiary.errors import ConfigurationError, TrustListError
from ostiary.evaluation.acquisition import Floats

MOST_FRAMES: Final = 100
"""Most frames of one sitting."""

MOST_DIMENSIONS: Final = 4_096

_MAX_HEADER_BYTES: Final = 4 * 2**20
_TYPE: Final = "ostiary-calibration-captures"
_VERSION: Final = 1
_UNIT_TOLERANCE: Final = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """What one volunteer gave at one time.

    Attributes:
        volunteer: a number or made-up name.
        session: which sitting of theirs.
        consent: version of the text that they accepted for it.
        features: n x d float32, each row of length 1, in the order of capture; owned,
            and overwritten by `forget`.
    """

    volunteer: str
    session: str
    consent: str
    features: Floats = field(repr=False)

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ValueError: a name that cannot be one, no features, too many, or rows that
                are no directions.
        """
        for name in (self.volunteer, self.session, self.consent):
            check_name(name)
        if not 1 <= len(self.features) <= MOST_FRAMES:
            raise ValueError(f"a sitting has 1 to {MOST_FRAMES} frames")
        # First, since a signalling NaN cannot even be cast without a warning.
        finite = bool(np.isfinite(self.features).all())
        # In double precision no float32 overflows.
        if not (finite and _are_directions(self.features.astype(np.float64))):
            raise ValueError("features have length 1")


def _are_directions(rows: NDArray[np.float64]) -> bool:
    lengths = np.linalg.norm(rows, axis=1)
    return bool((np.abs(lengths - 1) < _UNIT_TOLERANCE).all())


@dataclass(frozen=True, slots=True)
class Captures:
    """All sittings for one calibration.

    Attributes:
        extractor: identity of the chain that made the features.
        dimensions: how many features to a frame.
        sittings: in the order in which they were taken.
    """

    extractor: str
    dimensions: int
    sittings: tuple[Sitting, ...] = ()

    def __post_init__(self) -> None:
        """Check that they belong together.

        Raises:
            ValueError: a chain that cannot be one, features of another length, or a
                sitting twice.
        """
        check_name(self.extractor)
        if not 1 <= self.dimensions <= MOST_DIMENSIONS:
            raise ValueError(f"a chain has 1 to {MOST_DIMENSIONS} features")
        if any(each.features.shape[1] != self.dimensions for each in self.sittings):
            raise ValueError("features of one chain have one length")
        keys = {(each.volunteer, each.session) for each in self.sittings}
        if len(keys) != len(self.sittings):
            raise ValueError("a sitting stands twice")

    @property
    def volunteers(self) -> tuple[str, ...]:
        """Who they are, in order of their names."""
        return tuple(sorted({each.volunteer for each in self.sittings}))

    def refuse_twice(self, volunteer: str, session: str) -> None:
        """Take no sitting twice.

        Raises:
            ConfigurationError: this volunteer's sitting of that name is there already.
        """
        if any((volunteer, session) == (s.volunteer, s.session) for s in self.sittings):
            raise ConfigurationError(
                f"session {session!r} of volunteer {volunteer!r} is there already"
            )

    def with_sitting(self, sitting: Sitting) -> "Captures":
        """The same, and one sitting more.

        Raises:
            ConfigurationError: it is there already.
            ValueError: its features are of another length.
        """
        self.refuse_twice(sitting.volunteer, sitting.session)
        return replace(self, sittings=(*self.sittings, sitting))

    def without(self, volunteer: str) -> "Captures":
        """The same without one volunteer, whose features are overwritten.

        Raises:
            ConfigurationError: there is no such volunteer.
        """
        if volunteer not in self.volunteers:
            raise ConfigurationError(f"there is no volunteer {volunteer!r}")
        kept = tuple(each for each in self.sittings if each.volunteer != volunteer)
        for each in self.sittings:
            if each.volunteer == volunteer:
                overwrite(each.features)
        return replace(self, sittings=kept)

    def forget(self) -> None:
        """Overwrite all features."""
        overwrite(*(each.features for each in self.sittings))


def dump_captures(captures: Captures) -> bytearray:
    """What is to be sealed; the caller overwrites it."""
    header = {
        "type": _TYPE,
        "version": _VERSION,
        "extractor": captures.extractor,
        "dimensions": captures.dimensions,
        "sittings": [
            {
                "volunteer": each.volunteer,
                "session": each.session,
                "consent": each.consent,
                "frames": len(each.features),
            }
            for each in captures.sittings
        ],
    }
    content = bytearray(json.dumps(header).encode() + b"\n")
    for each in captures.sittings:
        content += each.features.astype("<f4", copy=False).data.cast("B")
    return content


def load_captures(content: bytearray) -> Captures:
    """Read what was sealed.

    Raises:
        TrustListError: anything but what `dump_captures` writes.
    """
    header, _, _ = content.partition(b"\n")
    members = read_object(bytes(header), _MAX_HEADER_BYTES)
    if members.text("type") != _TYPE or members.integer("version") != _VERSION:
        raise TrustListError("captures of another version")
    try:
        captures = Captures(
            members.text("extractor"),
            dimensions := members.integer("dimensions"),
            tuple(
                _sittings(members, memoryview(content)[len(header) + 1 :], dimensions)
            ),
        )
        members.finish()
    except ValueError as error:
        raise TrustListError(f"captures that cannot be: {error}") from None
    return captures


def _sittings(members: Members, rest: memoryview, dimensions: int) -> Iterator[Sitting]:
    for entry in members.objects("sittings"):
        size = 4 * dimensions * entry.integer("frames")
        if not 0 < size <= len(rest):
            raise TrustListError("captures cut short")
        rows = np.frombuffer(rest[:size], "<f4").reshape(-1, dimensions)
        rest = rest[size:]
        yield Sitting(
            volunteer=entry.text("volunteer"),
            session=entry.text("session"),
            consent=entry.text("consent"),
            features=rows.astype(np.float32),
        )
        entry.finish()
    if rest:
        raise TrustListError("captures with something after them")
