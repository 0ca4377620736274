"""Whether a face is fit to be compared, after ISO/IEC 29794-5.

One measure, one function: `placement` measures box and five points, `surface` and
`features` what the mesh and the picture beneath it show, `sharpness` the aligned face.
`limits` says what is asked at a gate and at enrolment, `flaws` which limit a picture
fails, as a reason that a person can act upon, and `components` turns native values into
0 to 100. Where each figure comes from stands beside it; docs/adr/0008 and 0031.
"""

from ostiary.quality.components import (
    MEASURES,
    Assessment,
    Component,
    Measure,
    assess,
    unified,
)
from ostiary.quality.features import (
    eye_brightness,
    eye_opening,
    mouth_redness,
    pitch,
)
from ostiary.quality.flaws import (
    flaw_in_zone,
    flaw_of_aligned,
    flaw_of_assessed,
    flaw_of_face,
    flaw_of_surface,
    sole_face,
)
from ostiary.quality.limits import ENROLMENT_LIMITS, QualityLimits
from ostiary.quality.placement import (
    face_side,
    fraction_outside,
    inter_eye_distance,
    roll,
    turn,
)
from ostiary.quality.sharpness import blur
from ostiary.quality.surface import over_exposure, under_exposure, uniformity

__all__ = [
    "ENROLMENT_LIMITS",
    "MEASURES",
    "Assessment",
    "Component",
    "Measure",
    "QualityLimits",
    "assess",
    "blur",
    "eye_brightness",
    "eye_opening",
    "face_side",
    "flaw_in_zone",
    "flaw_of_aligned",
    "flaw_of_assessed",
    "flaw_of_face",
    "flaw_of_surface",
    "fraction_outside",
    "inter_eye_distance",
    "mouth_redness",
    "over_exposure",
    "pitch",
    "roll",
    "sole_face",
    "turn",
    "under_exposure",
    "unified",
    "uniformity",
]
