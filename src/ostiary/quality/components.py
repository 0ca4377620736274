"""Native values and components from 0 to 100, after ISO/IEC 29794-5.

Each measure names its unit and the two native values between which its component rises
from 0 to 100 in a straight line. They span what LFW and NUAA hold; the standard's own
curves were made for portraits for documents.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ostiary.quality.features import (
    eye_brightness,
    eye_opening,
    mouth_redness,
    pitch,
)
from ostiary.quality.placement import (
    fraction_outside,
    inter_eye_distance,
    roll,
    turn,
)
from ostiary.quality.sharpness import blur
from ostiary.quality.surface import over_exposure, under_exposure, uniformity
from ostiary.terms import Face, Image, Mesh


class Component(StrEnum):
    """Everything that is measured, in the order in which it is looked at."""

    INTER_EYE_DISTANCE = "inter-eye-distance"
    WHOLE_FACE = "whole-face"
    TURN = "turn"
    ROLL = "roll"
    FACE_VISIBLE = "face-visible"
    MOUTH_VISIBLE = "mouth-visible"
    EYES_VISIBLE = "eyes-visible"
    PITCH = "pitch"
    UNDER_EXPOSURE = "under-exposure"
    OVER_EXPOSURE = "over-exposure"
    UNIFORMITY = "uniformity"
    EYES_OPEN = "eyes-open"
    SHARPNESS = "sharpness"


@dataclass(frozen=True, slots=True)
class Measure:
    """What a native value means.

    Attributes:
        unit: of the native value.
        worst: native value from which the component is 0.
        best: native value from which it is 100.
    """

    unit: str
    worst: float
    best: float

    def component(self, native: float) -> int:
        """A number as 0 to 100."""
        share = (native - self.worst) / (self.best - self.worst)
        return round(100 * min(max(share, 0.0), 1.0))


MEASURES: Final[Mapping[Component, Measure]] = MappingProxyType(
    {
        Component.INTER_EYE_DISTANCE: Measure("pixels", 16, 40),
        Component.WHOLE_FACE: Measure("part of the box outside", 0.2, 0),
        Component.TURN: Measure("inter-eye distances", 0.5, 0),
        Component.ROLL: Measure("degrees", 40, 0),
        Component.FACE_VISIBLE: Measure("logit", 0, 25),
        Component.MOUTH_VISIBLE: Measure("log of red over green", -0.3, 0),
        Component.EYES_VISIBLE: Measure("brightness of the cheeks", 0.1, 0.6),
        Component.PITCH: Measure("degrees", 40, 0),
        Component.UNDER_EXPOSURE: Measure("part of the face", 0.25, 0),
        Component.OVER_EXPOSURE: Measure("part of the face", 0.8, 0),
        Component.UNIFORMITY: Measure("shared light", 0.1, 0.8),
        Component.EYES_OPEN: Measure("distances of eyes and chin", 0, 0.06),
        Component.SHARPNESS: Measure("blur", 0.85, 0.45),
    }
)

OF_FACE: Final[Mapping[Component, Callable[[Face, int, int], float]]] = (
    MappingProxyType(
        {
            Component.INTER_EYE_DISTANCE: lambda face, *_: inter_eye_distance(face),
            Component.WHOLE_FACE: fraction_outside,
            Component.TURN: lambda face, *_: abs(turn(face)),
            Component.ROLL: lambda face, *_: abs(roll(face)),
        }
    )
)
"""What box and five points tell, in a picture of a width and a height."""

OF_MESH: Final[Mapping[Component, Callable[[Image, Mesh], float]]] = MappingProxyType(
    {
        Component.FACE_VISIBLE: lambda _, mesh: mesh.presence,
        Component.MOUTH_VISIBLE: lambda image, mesh: mouth_redness(image, mesh.points),
        Component.EYES_VISIBLE: lambda image, mesh: eye_brightness(image, mesh.points),
        Component.PITCH: lambda _, mesh: abs(pitch(mesh.points)),
        Component.UNDER_EXPOSURE: lambda image, mesh: under_exposure(
            image, mesh.points
        ),
        Component.OVER_EXPOSURE: lambda image, mesh: over_exposure(image, mesh.points),
        Component.UNIFORMITY: lambda image, mesh: uniformity(image, mesh.points),
        Component.EYES_OPEN: lambda _, mesh: eye_opening(mesh.points),
    }
)
"""What the mesh tells, and the picture beneath it. What hides the face comes before the
light, since dark glasses and black cloth make a face dark too."""

OF_ALIGNED: Final[Mapping[Component, Callable[[Image], float]]] = MappingProxyType(
    {Component.SHARPNESS: blur}
)
"""What the aligned face tells."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What one measure says of one picture.

    Attributes:
        native: the value, in the unit of its measure.
        component: 0 (worst) to 100 (best).
    """

    native: float
    component: int


def assess(
    image: Image, face: Face, mesh: Mesh, aligned: Image
) -> Mapping[Component, Assessment | None]:
    """Every measure of one face in one picture; None: could not be assessed.

    Args:
        image: height x width x 3, uint8, BGR.
        face: as found in it.
        mesh: of that face.
        aligned: the face, side x side x 3, uint8, BGR.
    """
    height, width = image.shape[:2]
    natives = {name: measure(face, width, height) for name, measure in OF_FACE.items()}
    natives |= {name: measure(image, mesh) for name, measure in OF_MESH.items()}
    natives |= {name: measure(aligned) for name, measure in OF_ALIGNED.items()}
    return {name: _assessment(name, native) for name, native in natives.items()}


def unified(assessments: Iterable[Assessment | None]) -> int:
    """One number for all of them, 0 to 100: the mean of the components.

    What could not be assessed counts as 0. The standard's own unified score is a large
    network's; this one uses what is measured anyhow. docs/adr/0031 compares it with the
    length of the features, which does much the same.

    Raises:
        ValueError: none at all.
    """
    components = [each.component if each else 0 for each in assessments]
    if not components:
        raise ValueError("a unified score needs assessments")
    return round(math.fsum(components) / len(components))


def _assessment(name: Component, native: float) -> Assessment | None:
    if not math.isfinite(native):
        return None
    return Assessment(native, MEASURES[name].component(native))
