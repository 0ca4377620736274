"""How large a face is, where it lies, which way it looks: from box and five points."""

import math

from ostiary.terms import Face


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


def _overlap(start: float, length: float, limit: int) -> float:
    """How much of a stretch lies between 0 and the limit, in pixels."""
    return max(0.0, min(start + length, limit) - max(start, 0.0))
