"""The nouns of ISO/IEC 2382-37 and 30107-3, as frozen values.

Values that hold biometric data keep it out of their `repr`, so that a log line or a
traceback that catches one shows its type and nothing of the person.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ostiary.reasons import Reason

Image: TypeAlias = NDArray[np.uint8]
"""Height x width x 3, uint8, blue-green-red, 0-255."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture from a capture device.

    Attributes:
        image: height x width x 3, uint8, BGR. Whoever takes the frame may overwrite it.
        at: wall-clock time of capture, timezone-aware.
        seconds: time of capture on a clock that never runs backwards, in seconds.
    """

    image: Image = field(repr=False)
    at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Outage:
    """A moment in which a camera gives no picture that could serve.

    Attributes:
        reason: what is wrong with it.
        at: wall-clock time, timezone-aware.
        seconds: time on a clock that never runs backwards, in seconds.
    """

    reason: Reason
    at: datetime
    seconds: float


Sight: TypeAlias = Frame | Outage
"""What a camera has to show for a moment."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """An upright rectangle as fractions of a picture's width and height, 0 to 1."""

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        """Refuse what does not lie within the picture.

        Raises:
            ValueError: empty, or not within 0 to 1.
        """
        inside = self.left >= 0 and self.top >= 0
        inside = inside and self.left + self.width <= 1 and self.top + self.height <= 1
        if not (inside and self.width > 0 and self.height > 0):
            raise ValueError("a rectangle lies within the picture and is not empty")

    def crop(self, image: Image) -> Image:
        """The part of the picture inside, as a view: height x width x 3, uint8."""
        height, width = image.shape[:2]
        left, top = round(self.left * width), round(self.top * height)
        right = round((self.left + self.width) * width)
        bottom = round((self.top + self.height) * height)
        return image[top:bottom, left:right]

    def blank_around(self, image: Image) -> Image:
        """The part inside, as `crop`, after everything outside was overwritten."""
        inside = self.crop(image)
        height, width = image.shape[:2]
        top, left = round(self.top * height), round(self.left * width)
        image[:top] = 0
        image[top + inside.shape[0] :] = 0
        image[:, :left] = 0
        image[:, left + inside.shape[1] :] = 0
        return inside


@dataclass(frozen=True, slots=True)
class Face:
    """A detected face, in pixels of the picture it was found in.

    Attributes:
        box: left, top, width, height; float; may reach past the picture's edge.
        landmarks: 5 x 2 float32 (x, y), in the detector's own order.
        right_eye: centre of the subject's right eye (left in the picture), x and y.
        left_eye: centre of the subject's left eye, x and y.
        nose: tip or base of the nose, x and y.
    """

    box: tuple[float, float, float, float] = field(repr=False)
    landmarks: NDArray[np.float32] = field(repr=False)
    right_eye: tuple[float, float] = field(repr=False)
    left_eye: tuple[float, float] = field(repr=False)
    nose: tuple[float, float] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mesh:
    """A mesh of points that was put on a face.

    Attributes:
        points: 468 x 3 float32 in the order of MediaPipe's canonical face: x and y in
            pixels of the picture, z in the same unit, growing away from the camera, 0
            near the middle of the head. Owned by the holder of this value, who
            overwrites it when it has served.
        presence: how sure the network is that it sees a face, a logit: 0 is one half.
    """

    points: NDArray[np.float32] = field(repr=False)
    presence: float = field(repr=False)


@dataclass(frozen=True, slots=True)
class Features:
    """What an extractor makes of one or several samples of a face.

    Attributes:
        extractor: identity of the whole extraction chain, such as `retail-0095/2`.
        values: d float32 of Euclidean length 1; owned by the holder of this value, who
            overwrites it when it has served.
    """

    extractor: str
    values: NDArray[np.float32] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Probe:
    """One usable sample of a capture subject: exactly one face, of enough quality.

    Attributes:
        features: what is compared with the reference.
        bona_fide_score: the attack detector's calibrated score, 0 (attack) to 1 (bona
            fide), or None where it could not be assessed.
    """

    features: Features
    bona_fide_score: float | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Undetermined:
    """A frame from which no probe could be taken, and why."""

    reason: Reason


Observation: TypeAlias = Probe | Undetermined


class ComparisonDecision(StrEnum):
    """Outcome of one 1:1 comparison, over all probes of a transaction."""

    MATCH = "match"
    NON_MATCH = "non-match"
    UNDETERMINED = "undetermined"


class Appearance(StrEnum):
    """What the look of single frames says of a presentation, over all its probes."""

    SUFFICES = "suffices"
    OPEN = "open"
    ATTACK = "attack"
    NOT_ASSESSED = "not-assessed"


class Challenge(StrEnum):
    """What came of asking the person to move."""

    NOT_ASKED = "not-asked"
    MADE = "made"
    OTHER_MOVE = "other-move"
    PICTURE = "picture"
    NOT_MADE = "not-made"


class PresentationDecision(StrEnum):
    """Outcome of presentation-attack detection, over all evidence of a transaction."""

    BONA_FIDE = "bona-fide"
    SUSPECTED_ATTACK = "suspected-attack"
    OTHER_MOVE = "other-move"
    NOT_MOVED = "not-moved"
    NOT_ASSESSED = "not-assessed"


class Confirmation(StrEnum):
    """What an attendant said to a pass without a face."""

    CONFIRMED = "confirmed"
    DECLINED = "declined"
    NO_ANSWER = "no-answer"


class Contact(StrEnum):
    """What the contact of a door says; unknown where a door has none."""

    SHUT = "shut"
    OPEN = "open"
    UNKNOWN = "unknown"


class ReleaseCause(StrEnum):
    """Why a door is free for everybody, whatever the gate told it."""

    WIRED = "wired-release"
    SUPPLY = "supply-failed"


@dataclass(frozen=True, slots=True)
class Doorway:
    """What the sensors of a door tell at one moment.

    Attributes:
        contact: whether the door stands open.
        passages: how many people were seen going through since the driver began; never
            falls. None: nothing counts them.
        blocked: whether something is in the passage at this moment.
        release: by what the door is released past the gate; None: by nothing, as far as
            its wires tell.
    """

    contact: Contact = Contact.UNKNOWN
    passages: int | None = None
    blocked: bool = False
    release: ReleaseCause | None = None

    @property
    def senses(self) -> bool:
        """Whether there is a sensor that would tell of a passage."""
        return self.contact is not Contact.UNKNOWN or self.passages is not None


class Outcome(StrEnum):
    """What the gate does. Only `GRANT` moves the door."""

    GRANT = "grant"
    REFUSE = "refuse"
    REFER = "refer"


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """An outcome and its reason."""

    outcome: Outcome
    reason: Reason
