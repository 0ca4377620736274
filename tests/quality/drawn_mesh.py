"""A mesh drawn from its measures: those points that the measures of quality look at."""

import math
from typing import Final

import numpy as np

from ostiary.quality import QualityLimits
from ostiary.terms import Face, Image, Mesh

_RIGHT: Final = {
    # Corners of the eye, and what lies about it.
    33: (-0.75, 0.0),
    133: (-0.25, 0.0),
    226: (-0.8, -0.1),
    244: (-0.2, -0.1),
    233: (-0.25, 0.2),
    31: (-0.75, 0.2),
    # Cheek.
    117: (-0.8, 0.35),
    101: (-0.35, 0.35),
    205: (-0.45, 0.9),
    123: (-0.85, 0.8),
    118: (-0.7, 0.4),
    119: (-0.55, 0.4),
    100: (-0.4, 0.45),
    # Tip of the nose, forehead and jaw.
    198: (-0.12, 0.5),
    48: (-0.2, 0.7),
    104: (-0.6, -0.7),
    107: (-0.2, -0.4),
    136: (-0.7, 1.4),
}
"""Places in inter-eye distances from the middle of the eyes, right and down in the
picture; points of the subject's right side."""

_MIRRORED: Final = (
    *((33, 263), (133, 362), (226, 446), (244, 464), (233, 453), (31, 261)),
    *((117, 346), (101, 330), (205, 425), (123, 352), (118, 347), (119, 348)),
    *((100, 329), (104, 333), (107, 336), (136, 365), (198, 420), (48, 278)),
)

_CHIN: Final = 1.7
_LIDS: Final = (
    ((160, 144), (159, 145), (158, 153)),
    ((385, 380), (386, 374), (387, 373)),
)
_LIPS: Final = (
    *(61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375),
    *(321, 405, 314, 17, 84, 181, 91, 146, 82, 87, 312, 317),
)


def drawn_mesh(
    *,
    middle: tuple[float, float] = (150.0, 140.0),
    inter_eye: float = 60,
    opening: float = 0.07,
    pitch_degrees: float = 5,
    presence: float = 28,
) -> Mesh:
    """A frontal face.

    Args:
        middle: between the eyes, in pixels.
        inter_eye: in pixels.
        opening: of both eyes, in distances of eyes and chin.
        pitch_degrees: lean of the line from forehead to chin.
        presence: as the network would say.
    """
    points = np.zeros((468, 3))
    points[:, 1] = 0.6
    places = dict(_RIGHT)
    places |= {left: (-_RIGHT[right][0], _RIGHT[right][1]) for right, left in _MIRRORED}
    places |= {10: (0.0, -1.0), 152: (0.0, _CHIN), 9: (0.0, -0.35), 200: (0.0, 1.5)}
    for lids, centre in zip(_LIDS, (-0.5, 0.5), strict=True):
        for (upper, lower), step in zip(lids, (-0.1, 0, 0.1), strict=True):
            half = opening * _CHIN / 2
            places[upper] = (centre + step, -half)
            places[lower] = (centre + step, half)
    for number, lip in enumerate(_LIPS):
        angle = 2 * math.pi * number / len(_LIPS)
        places[lip] = (-0.35 * math.cos(angle), 1.05 - 0.12 * math.sin(angle))
    for number, place in places.items():
        points[number, :2] = place
    points[152, 2] = math.tan(math.radians(pitch_degrees)) * (1 + _CHIN)
    points *= inter_eye
    points[:, :2] += middle
    return Mesh(points.astype(np.float32), presence)


LENIENT: Final = QualityLimits(
    under_exposed=1,
    over_exposed=1,
    mouth_redness=-math.inf,
    eye_brightness=-math.inf,
)
"""For pictures of patterns, which have a face's places and no face's colours."""


class PatternMesher:
    """Sees a frontal face in every picture, whatever it shows."""

    def look(self, image: Image, face: Face) -> Mesh:
        """A mesh in the middle of the picture."""
        del face
        height, width = image.shape[:2]
        return drawn_mesh(middle=(width / 2, height * 0.4), inter_eye=width / 4)

    def forget(self) -> None:
        """Nothing is held."""
