"""Which limit a picture fails first, as a reason that a person can act upon.

Values that are no numbers fail: what could not be measured is not taken for good.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from ostiary.quality.components import (
    OF_ALIGNED,
    OF_FACE,
    OF_MESH,
    Assessment,
    Component,
)
from ostiary.quality.limits import QualityLimits
from ostiary.quality.placement import face_side
from ostiary.reasons import Reason
from ostiary.terms import Face, Image, Mesh

_Met: TypeAlias = Callable[[float, QualityLimits], bool]

REQUIREMENTS: Final[Mapping[Component, tuple[Reason, _Met]]] = MappingProxyType(
    {
        Component.INTER_EYE_DISTANCE: (
            Reason.FACE_TOO_SMALL,
            lambda native, limits: native >= limits.inter_eye_pixels,
        ),
        Component.WHOLE_FACE: (
            Reason.FACE_CUT_OFF,
            lambda native, limits: native <= limits.outside_fraction,
        ),
        Component.TURN: (
            Reason.FACE_TURNED,
            lambda native, limits: native <= limits.turn,
        ),
        Component.ROLL: (
            Reason.FACE_TURNED,
            lambda native, limits: native <= limits.roll_degrees,
        ),
        Component.FACE_VISIBLE: (
            Reason.FACE_COVERED,
            lambda native, limits: native >= limits.presence,
        ),
        Component.MOUTH_VISIBLE: (
            Reason.FACE_COVERED,
            lambda native, limits: native >= limits.mouth_redness,
        ),
        Component.EYES_VISIBLE: (
            Reason.EYES_COVERED,
            lambda native, limits: native >= limits.eye_brightness,
        ),
        Component.PITCH: (
            Reason.FACE_TURNED,
            lambda native, limits: native <= limits.pitch_degrees,
        ),
        Component.UNDER_EXPOSURE: (
            Reason.FACE_TOO_DARK,
            lambda native, limits: native <= limits.under_exposed,
        ),
        Component.OVER_EXPOSURE: (
            Reason.FACE_TOO_BRIGHT,
            lambda native, limits: native <= limits.over_exposed,
        ),
        Component.UNIFORMITY: (
            Reason.FACE_HALF_LIT,
            lambda native, limits: native >= limits.uniformity,
        ),
        Component.EYES_OPEN: (
            Reason.EYES_CLOSED,
            lambda native, limits: native >= limits.eye_opening,
        ),
        Component.SHARPNESS: (
            Reason.FACE_BLURRED,
            lambda native, limits: native <= limits.blur,
        ),
    }
)


def sole_face(faces: Sequence[Face], limits: QualityLimits) -> Face | Reason:
    """The face in the zone, if there is exactly one; never the best of several.

    The zone has a depth. A face too small to be anywhere near the smallest that could
    be compared stands behind it: it is nobody's here, and nobody's companion.
    """
    match [face for face in faces if not face.box[3] < limits.zone_pixels]:
        case []:
            return Reason.NO_FACE
        case [face]:
            return face
        case _:
            return Reason.SEVERAL_FACES


def flaw_of_face(
    face: Face, width: int, height: int, limits: QualityLimits
) -> Reason | None:
    """What is wrong with a face in its picture; None: nothing.

    Args:
        face: as found.
        width: of the picture it was found in, in pixels.
        height: of that picture, in pixels.
        limits: what it must fulfil.
    """
    return _first_flaw(
        ((name, measure(face, width, height)) for name, measure in OF_FACE.items()),
        limits,
    )


def flaw_in_zone(
    face: Face, width: int, height: int, limits: QualityLimits
) -> Reason | None:
    """What is wrong with a face as it stands in the zone; None: nothing.

    Over and above `flaw_of_face`: a photograph for enrolment may be filled by its face,
    but nobody could tell it from a picture of one.

    Args:
        face: as found.
        width: of the zone's picture, in pixels.
        height: of that picture, in pixels.
        limits: what it must fulfil.
    """
    if not face_side(face) <= limits.zone_share * min(width, height):
        return Reason.FACE_TOO_CLOSE
    return flaw_of_face(face, width, height, limits)


def flaw_of_surface(image: Image, mesh: Mesh, limits: QualityLimits) -> Reason | None:
    """What is wrong with the surface of a face and the light on it; None: nothing.

    Args:
        image: height x width x 3, uint8, BGR.
        mesh: of the face in it.
        limits: what it must fulfil.
    """
    return _first_flaw(
        ((name, measure(image, mesh)) for name, measure in OF_MESH.items()), limits
    )


def flaw_of_aligned(aligned: Image, limits: QualityLimits) -> Reason | None:
    """What is wrong with an aligned face; None: nothing.

    Args:
        aligned: side x side x 3, uint8, BGR.
        limits: what it must fulfil.
    """
    return _first_flaw(
        ((name, measure(aligned)) for name, measure in OF_ALIGNED.items()), limits
    )


def flaw_of_assessed(
    assessments: Mapping[Component, Assessment | None], limits: QualityLimits
) -> Reason | None:
    """What is wrong with a face that was assessed whole; None: nothing.

    The same reason that `flaw_of_face`, `flaw_of_surface` and `flaw_of_aligned` give,
    one after the other; these measure no more than they have to.

    Args:
        assessments: as `assess` gives them, in its order.
        limits: what the face must fulfil.
    """
    natives = (
        (name, math.nan if each is None else each.native)
        for name, each in assessments.items()
    )
    return _first_flaw(natives, limits)


def _first_flaw(
    natives: Iterable[tuple[Component, float]], limits: QualityLimits
) -> Reason | None:
    """The first requirement that is not met; nothing is measured after it."""
    for component, native in natives:
        reason, met = REQUIREMENTS[component]
        if not met(native, limits):
            return reason
    return None
