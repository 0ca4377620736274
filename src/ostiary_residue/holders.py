"""Holders that are planted: their looks from photographs, their templates made here."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from ostiary.capture.photographs import SUFFIXES, load_photograph
from ostiary.comparison import fuse
from ostiary.config import Vision
from ostiary.errors import CaptureError
from ostiary.gate.stopwatch import StageTimes
from ostiary.ports import AttackDetector
from ostiary.terms import Features, Probe
from ostiary.vision.chain import FaceChain
from ostiary_residue.errors import ResidueError
from ostiary_residue.film import Camera, Planes, as_picture, scene_with_face

LOOKS: Final = 3
"""Pictures of each holder in a film; a gate decides by three."""

_MOST_HOLDERS: Final = 8
_MOST_PHOTOGRAPHS: Final = 12
"""How many are tried of one person."""

_CLEAR: Final = 0.8
"""Least score of attack detection, 0 to 1: well above what suffices, since noise is
still to come."""

_STRAY: Final = 0.15
"""How far each template strays from its holder's features, so that no two are alike;
its comparison score falls by a hundredth."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody whom a gate lets in.

    Attributes:
        features: of all their looks, of length 1.
        looks: pictures in which they stand on the mark.
    """

    features: Features
    looks: tuple[Planes, ...] = field(repr=False)

    def template(self, rng: np.random.Generator) -> Features:
        """Features of length 1 that nobody else has, and yet the holder's."""
        size = self.features.values.size
        aside = rng.normal(0, _STRAY / np.sqrt(size), size)
        values = (self.features.values + aside).astype(np.float32)
        return Features(self.features.extractor, values / np.linalg.norm(values))


def holders_in(
    folder: Path, chain: FaceChain, attacks: AttackDetector, camera: Camera
) -> tuple[Holder, ...]:
    """Those people of a folder of whom there are photographs that a gate takes.

    Args:
        folder: photographs in one folder for each person.
        chain: as the gate's.
        attacks: as the gate's.
        camera: takes the pictures that are judged.

    Raises:
        ResidueError: there is nobody, so that nothing could be searched for.
        ModelError: a runtime fails.
    """
    try:
        people = sorted(each for each in folder.iterdir() if each.is_dir())
    except OSError as error:
        raise ResidueError(f"{folder} cannot be read: {error.strerror}") from None
    found = (_holder(person, chain, attacks, camera) for person in people)
    holders = tuple(islice(filter(None, found), _MOST_HOLDERS))
    if not holders:
        raise ResidueError(
            f"{folder}: nobody has {LOOKS} photographs that a gate takes; one folder "
            "for each person is wanted, with photographs in it"
        )
    return holders


def _holder(
    folder: Path, chain: FaceChain, attacks: AttackDetector, camera: Camera
) -> Holder | None:
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
    looks = _looks(paths[:_MOST_PHOTOGRAPHS], chain, attacks, camera)
    chosen = sorted(looks, key=_bona_fide, reverse=True)[:LOOKS]
    if len(chosen) < LOOKS:
        return None
    features = fuse([probe.features for _, probe in chosen])
    return Holder(features, tuple(planes for planes, _ in chosen))


def _looks(
    paths: list[Path], chain: FaceChain, attacks: AttackDetector, camera: Camera
) -> Iterator[tuple[Planes, Probe]]:
    """The pictures that a gate would let in without asking for moves."""
    zone = Vision().zone
    for path in paths:
        try:
            photograph = load_photograph(path)
        except CaptureError:
            continue
        faces = chain.detector.detect(photograph)
        if len(faces) != 1:
            continue
        planes = scene_with_face(photograph, faces[0])
        picture = as_picture(camera.take(planes))
        seen = chain.observe(zone.crop(picture), attacks, StageTimes())
        if isinstance(seen, Probe) and _bona_fide((planes, seen)) >= _CLEAR:
            yield planes, seen


def _bona_fide(look: tuple[Planes, Probe]) -> float:
    return look[1].bona_fide_score or 0.0
