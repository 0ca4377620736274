"""What a picture of a face must fulfil: at a gate, and at enrolment."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """What a face must fulfil before it is compared.

    Missed comparisons are those at the built-in threshold with a picture beyond the
    limit, by `benchmarks/quality.py`; of all of LFW's, 14 % are missed.

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
        pitch_degrees: largest nod of the head, up or down. Beyond 20, 26 % of the mated
            comparisons of LFW are missed, beyond 30, 43 %.
        under_exposed: largest part of the face that is black, 0 to 1. Beyond 0.1, 38 %
            are missed, beyond 0.15, 66 %.
        over_exposed: largest part of the face that is white, 0 to 1. LFW has none
            beyond 0.2; two people of NUAA have one session each, and 18 % of the
            comparisons with it are missed, where 8 % of all are. Not for a gate: they
            could not have helped it.
        uniformity: least likeness of the light on both halves, 0 to 1; 0 asks nothing.
            Below 0.25, 16 % are missed (LFW), 40 % (NUAA, nine pictures).
        presence: least certainty of the mesh that it sees a face, a logit. Below 12,
            37 % are missed, below 10, 38 %; no face of NUAA is.
        mouth_redness: least redness of mouth and nose over the skin, a logarithm. Below
            -0.08, 33 % are missed, below -0.12, 32 %.
        eye_brightness: least brightness about each eye, in that of the cheeks. Below
            0.3, 53 % are missed, below 0.2, 71 %; no face of NUAA is.
        eye_opening: least opening of both eyes, in distances of eyes and chin. OFIQ's
            own middle at the gate; below 0.035, 55 % are missed.
    """

    inter_eye_pixels: float = 32.0
    zone_pixels: float = 64.0
    zone_share: float = 0.5
    outside_fraction: float = 0.1
    turn: float = 0.35
    roll_degrees: float = 20.0
    blur: float = 0.72
    pitch_degrees: float = 30.0
    under_exposed: float = 0.15
    over_exposed: float = 0.6
    uniformity: float = 0.0
    presence: float = 10.0
    mouth_redness: float = -0.12
    eye_brightness: float = 0.2
    eye_opening: float = 0.02


ENROLMENT_LIMITS: Final = QualityLimits(
    inter_eye_pixels=36.0,
    outside_fraction=0.02,
    turn=0.3,
    blur=0.68,
    pitch_degrees=20.0,
    under_exposed=0.1,
    over_exposed=0.2,
    uniformity=0.25,
    presence=12.0,
    mouth_redness=-0.08,
    eye_brightness=0.3,
    eye_opening=0.035,
)
"""What a photograph for enrolment must fulfil. A reference is compared for as long as
its pass lives, the desk has time, and its light can be set: docs/adr/0031."""
