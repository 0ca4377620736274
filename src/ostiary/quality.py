"""Whether a face is fit to be compared: one measure, one function, in its own unit.

A first few of the measures of ISO/IEC 29794-5. What a picture lacks is told as a reason
that a person can act upon, never as a grade. Where each limit comes from stands beside
it; docs/adr/0008 has the figures.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ostiary.reasons import Reason
from ostiary.terms import Face, Image


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """What a face must fulfil before it is compared.

    Attributes:
        inter_eye_pixels: smallest distance of the eyes. Features of a face reduced to
            32 pixels keep a cosine of 0.99 or more to those of the original in 99 of
            100 pictures (NUAA, LFW); at 16 pixels, 0.91 (NUAA).
        zone_pixels: smallest height of a face's box that counts as inside the zone.
            Two thirds of the 93 pixels that go with 32 between the eyes (NUAA). The box
            rather than the eyes, since those draw together when a head turns.
        zone_share: largest side of the face, in shorter sides of the standing zone.
            Attack detection has to see what surrounds the face. Where faces take more
            than 0.7 of the zone it suspects three in ten frames of living people, below
            0.5 one in a hundred or fewer (NUAA; docs/adr/0010).
        outside_fraction: largest part of the face's box beyond the picture's edge. No
            face of NUAA and under 1 in 1,000 of LFW has as much as 0.01.
        turn: largest sideways offset of the nose, in inter-eye distances. Median mated
            scores on LFW fall by 0.04 up to 0.5, by 0.1 beyond; 2 in 100 of its faces
            have 0.38.
        roll_degrees: largest slope of the line of the eyes. Alignment undoes it; beyond
            20 degrees there was nothing to measure.
        blur: largest blur, 0 to 1. Every face softened by 2.5 pixels of its 128, where
            features begin to change (median cosine 0.9), has more; as they were taken,
            none of NUAA and 8 of 5,328 of LFW have.
    """

    inter_eye_pixels: float = 32.0
    zone_pixels: float = 64.0
    zone_share: float = 0.5
    outside_fraction: float = 0.1
    turn: float = 0.35
    roll_degrees: float = 20.0
    blur: float = 0.72


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

    Measures that are no numbers count as flaws.

    Args:
        face: as found.
        width: of the picture it was found in, in pixels.
        height: of that picture, in pixels.
        limits: what it must fulfil.
    """
    if not inter_eye_distance(face) >= limits.inter_eye_pixels:
        return Reason.FACE_TOO_SMALL
    if not fraction_outside(face, width, height) <= limits.outside_fraction:
        return Reason.FACE_CUT_OFF
    if not abs(turn(face)) <= limits.turn:
        return Reason.FACE_TURNED
    if not abs(roll(face)) <= limits.roll_degrees:
        return Reason.FACE_TURNED
    return None


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


def flaw_of_aligned(aligned: Image, limits: QualityLimits) -> Reason | None:
    """What is wrong with an aligned face; None: nothing.

    Args:
        aligned: side x side x 3, uint8, BGR.
        limits: what it must fulfil.
    """
    return None if blur(aligned) <= limits.blur else Reason.FACE_BLURRED


def inter_eye_distance(face: Face) -> float:
    """Distance between the centres of the eyes, in pixels."""
    return math.dist(face.right_eye, face.left_eye)


def face_side(face: Face) -> float:
    """Side of a square of the area of the face's box, in pixels; NaN if it has none."""
    _, _, width, height = face.box
    area = width * height
    return math.sqrt(area) if area >= 0 else math.nan


def fraction_outside(face: Face, width: int, height: int) -> float:
    """Part of the face's box that lies beyond the picture's edge, 0 to 1."""
    left, top, box_width, box_height = face.box
    inside = _overlap(left, box_width, width) * _overlap(top, box_height, height)
    area = box_width * box_height
    return 1 - inside / area if area > 0 else 1.0


def turn(face: Face) -> float:
    """How far the head is turned sideways.

    Returns:
        Offset of the nose from the middle between the eyes, along the line of the eyes,
        in inter-eye distances: 0 frontal, 0.5 below one eye, the sign is the direction.
        NaN where the eyes coincide.
    """
    eyes = complex(*face.left_eye) - complex(*face.right_eye)
    middle = (complex(*face.left_eye) + complex(*face.right_eye)) / 2
    nose = complex(*face.nose) - middle
    return (nose / eyes).real if eyes else math.nan


def roll(face: Face) -> float:
    """Slope of the line of the eyes, in degrees, -180 to 180; 0 upright."""
    across = face.left_eye[0] - face.right_eye[0]
    down = face.left_eye[1] - face.right_eye[1]
    return math.degrees(math.atan2(down, across))


_LUMA: Final = np.array([0.114, 0.587, 0.299], np.float32)
"""Weights of blue, green and red (ITU-R BT.601)."""

_WINDOW: Final = 9
"""Length of the averaging window, in pixels (Crete et al.)."""


def blur(aligned: Image) -> float:
    """How little a picture loses when it is blurred further.

    The measure of Crete et al., "The blur effect: perception and estimation with a new
    no-reference perceptual blur metric" (2007), on the middle of the face, where no
    border of the picture can reach. Contrast and brightness do not change it.

    Args:
        aligned: side x side x 3, uint8, BGR.

    Returns:
        0 (sharp) to 1 (nothing left to lose; a blank picture too).
    """
    margin = aligned.shape[0] // 8
    middle = aligned[margin:-margin, margin:-margin]
    luma = middle @ _LUMA
    return max(_blur_along_rows(luma), _blur_along_rows(luma.T))


def _blur_along_rows(luma: NDArray[np.float32]) -> float:
    """Share of the differences between neighbours that averaging leaves, 0 to 1."""
    sums = np.cumsum(luma, axis=1, dtype=np.float64)
    averaged = (sums[:, _WINDOW:] - sums[:, :-_WINDOW]) / _WINDOW
    half = _WINDOW // 2
    original = luma[:, half + 1 : -half]
    before = np.abs(np.diff(original, axis=1))
    after = np.abs(np.diff(averaged, axis=1))
    total = float(before.sum())
    lost = float(np.maximum(before - after, 0).sum())
    return 1 - lost / total if total > 0 else 1.0


def _overlap(start: float, length: float, limit: int) -> float:
    """How much of a stretch lies between 0 and the limit, in pixels."""
    return max(0.0, min(start + length, limit) - max(start, 0.0))
