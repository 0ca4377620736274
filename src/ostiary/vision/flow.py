"""Parallax between two pictures of a face, by dense optical flow.

The landmark homography lays the second picture onto the first; that takes out shift,
size, slope and most of any turn, real or imagined, and what is left is small enough to
be followed. Flow (DIS, Kroeger et al. 2016) goes there and back on pictures whose local
contrast is normalised, so that shading that wanders over a turning head counts little.
What follows from it is said by `ostiary.presentation.parallax`.
"""

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from ostiary.erasure import overwrite
from ostiary.errors import ModelError
from ostiary.presentation.parallax import Parallax, Track, measure
from ostiary.terms import Image, Mesh
from ostiary.vision.face_mesh import POINTS

_Points = NDArray[np.float64]
_Picture = NDArray[np.float32]

_SIDE: Final = 224
_EYES: Final = 64.0
"""Side of the crop, and distance of the eyes in it, in pixels: the face of a person at
the mark is about that large, and one pair takes 9 ms."""

_REACH: Final = 8.0
"""Standard deviation of the window in which contrast is normalised, in pixels."""

_GRAIN: Final = 3.0
"""Contrast below this, in grey levels, is taken for the camera's noise."""

_GREYS: Final = 40.0
"""Grey levels for one standard deviation of contrast: DIS takes bytes."""

_BLANK: Final = 1e-6
"""Contrast of a whole face below which it shows nothing."""

_PRESET: Final = cv2.DISOPTICAL_FLOW_PRESET_MEDIUM

_RIGHT_EYE: Final = (33, 133)
_LEFT_EYE: Final = (362, 263)
_OUTLINE: Final = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378),
    *(400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21),
    *(54, 103, 67, 109),
)
_LIPS: Final = (
    *(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37),
    *(39, 40, 185, 78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311),
    *(312, 13, 82, 81, 80, 191, 62, 76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306),
    *(292, 408, 304, 303, 302, 11, 72, 73, 74, 184, 183, 42, 41, 38, 12, 268, 271),
    *(272, 407, 96, 89, 179, 86, 15, 316, 403, 319, 325),
)
_LIDS: Final = (
    *(263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398),
    *(33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173),
)
"""Points of MediaPipe's mesh that move by themselves, or have no skin beside them."""

RIGID: Final = np.setdiff1d(np.arange(POINTS), (*_OUTLINE, *_LIPS, *_LIDS))
"""The rest, which a head carries with it: 320 points."""


@dataclass(frozen=True, slots=True)
class _First:
    """The first look.

    Attributes:
        points: n x 2, the rigid points in pixels of the picture.
        depth: n, towards the camera, in inter-eye distances.
        eyes: distance of the eyes, in pixels of the picture.
        place: 3 x 3, from the picture to the crop.
        crop: the face, contrast normalised.
        skin: where in the crop the face is.
        detail: what is there, about its mean, of length 1.
    """

    points: _Points = field(repr=False)
    depth: _Points = field(repr=False)
    eyes: float = field(repr=False)
    place: _Points = field(repr=False)
    crop: _Picture = field(repr=False)
    skin: NDArray[np.bool_] = field(repr=False)
    detail: _Picture = field(repr=False)

    def forget(self) -> None:
        overwrite(self.points, self.depth, self.place)
        overwrite(self.crop, self.skin, self.detail)


class FlowMeter:
    """Holds the first look at a face, and measures the parallax of each later one.

    Between looks it holds the first crop and its points; `forget` overwrites them, and
    runs flow and fit once on nothing, for what OpenCV and BLAS keep of their own.
    """

    def __init__(self) -> None:
        """Prepare for a first look."""
        cv2.setNumThreads(1)
        self._flow = cv2.DISOpticalFlow.create(_PRESET)
        self._first: _First | None = None

    @property
    def begun(self) -> bool:
        """Whether there is a first look."""
        return self._first is not None

    def begin(self, image: Image, mesh: Mesh) -> None:
        """Take the first look; nothing happens where the eyes coincide.

        Args:
            image: height x width x 3, uint8, BGR.
            mesh: of the face in it, which should look ahead; remains the caller's.
        """
        eyes = _eyes(mesh.points)
        if eyes > 0:
            self._first = _first(image, mesh.points, eyes)

    def measure(self, image: Image, mesh: Mesh) -> Parallax | None:
        """The parallax between the first look and this one; None: not assessed.

        Args:
            image: height x width x 3, uint8, BGR.
            mesh: of the face in it; remains the caller's.

        Raises:
            ModelError: a runtime fails.
        """
        first = self._first
        if first is None:
            return None
        try:
            points = mesh.points[RIGID, :2].astype(np.float64)
            track = self._track(first, image, points)
        except cv2.error as error:
            raise ModelError("OpenCV cannot follow a face") from error
        if track is None:
            return None
        parallax = measure(track)
        overwrite(track.here, track.flow, track.there, track.depth, track.inconsistency)
        return parallax

    def forget(self) -> None:
        """Overwrite the first look, and run flow and fit once on nothing."""
        if self._first is not None:
            self._first.forget()
            self._first = None
        blank = np.zeros((_SIDE, _SIDE), np.uint8)
        self._flow.calc(blank, blank, np.zeros((_SIDE, _SIDE, 2), np.float32))
        measure(_nobody())

    def _track(self, first: _First, image: Image, points: _Points) -> Track | None:
        onto: MatLike | None = cv2.findHomography(first.points, points)[0]
        if onto is None or not np.isfinite(onto).all():
            return None
        back = onto @ np.linalg.inv(first.place)
        if abs(np.linalg.det(back)) < np.finfo(np.float64).tiny:
            return None
        crop = _crop(image, np.linalg.inv(back))
        there, again = self._flow_of(first.crop, crop), self._flow_of(crop, first.crop)
        here = _through(first.place, first.points)
        flow = _at(there, here)
        ended = here + flow
        track = Track(
            here=here / _EYES,
            flow=flow / _EYES,
            there=_through(back, ended) / first.eyes,
            depth=first.depth.copy(),
            similarity=_similarity(first, crop, there),
            inconsistency=np.linalg.norm(flow + _at(again, ended), axis=1),
        )
        overwrite(crop, there, again, here, flow, ended)
        return track

    def _flow_of(self, first: _Picture, second: _Picture) -> _Picture:
        """Where each pixel of the first went: side x side x 2, in pixels."""
        here, there = _bytes(first), _bytes(second)
        flow = np.zeros((_SIDE, _SIDE, 2), np.float32)
        self._flow.calc(here, there, flow)
        overwrite(here, there)
        return flow


class AbsentMeter:
    """Assesses no motion, for a gate that never asks for any."""

    begun: Final = False

    def begin(self, image: Image, mesh: Mesh) -> None:
        """Nothing."""
        del image, mesh

    def measure(self, image: Image, mesh: Mesh) -> Parallax | None:
        """None: not assessed."""
        del image, mesh
        return None

    def forget(self) -> None:
        """Nothing was kept."""


def _first(image: Image, mesh: NDArray[np.float32], eyes: float) -> _First:
    points = mesh[RIGID, :2].astype(np.float64)
    scale = _EYES / eyes
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    left, top = _SIDE / 2 - scale * middle
    place = np.array([[scale, 0, left], [0, scale, top], [0, 0, 1]])
    skin = np.zeros((_SIDE, _SIDE), np.uint8)
    hull = cv2.convexHull(_through(place, points).astype(np.float32))
    cv2.fillConvexPoly(skin, hull.astype(np.int32), 1)
    crop, inside = _crop(image, place), skin.astype(np.bool_)
    return _First(
        points=points,
        depth=-mesh[RIGID, 2].astype(np.float64) / eyes,
        eyes=eyes,
        place=place,
        crop=crop,
        skin=inside,
        detail=_detail(crop, inside),
    )


def _nobody() -> Track:
    """As many points as ever, of no face, that the fit goes all the way with."""
    across = np.linspace(-1, 1, len(RIGID))
    here = np.column_stack([across, np.cos(37 * across)])
    return Track(
        here=here,
        flow=np.zeros_like(here),
        there=here,
        depth=np.sin(11 * across),
        similarity=1.0,
        inconsistency=np.zeros(len(RIGID)),
    )


def _eyes(mesh: NDArray[np.float32]) -> float:
    """Distance of the eyes, in pixels."""
    ends = [mesh[list(eye), :2].mean(axis=0) for eye in (_RIGHT_EYE, _LEFT_EYE)]
    return float(np.linalg.norm(ends[1] - ends[0]))


def _crop(image: Image, place: _Points) -> _Picture:
    """The face as the first look has it, its local contrast normalised."""
    colour = cv2.warpPerspective(image, place, (_SIDE, _SIDE))
    grey = cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY).astype(np.float32)
    detail = grey - cv2.GaussianBlur(grey, (0, 0), _REACH)
    spread = cv2.GaussianBlur(detail * detail, (0, 0), _REACH)
    normal = np.asarray(detail / np.sqrt(spread + _GRAIN**2), np.float32)
    overwrite(np.asarray(colour), grey, detail, np.asarray(spread))
    return normal


def _bytes(picture: _Picture) -> NDArray[np.uint8]:
    return np.asarray(np.clip(picture * _GREYS + 128, 0, 255), np.uint8)


def _through(matrix: _Points, points: _Points) -> _Points:
    """Points carried by a homography: n x 2."""
    carried = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(carried[:, :2] / carried[:, 2:])


def _at(flow: _Picture, points: _Points) -> _Points:
    """The flow at points between pixels: n x 2, in pixels."""
    x, y = points.astype(np.float32).T
    found = cv2.remap(flow, x.copy(), y.copy(), cv2.INTER_LINEAR)
    return np.asarray(found, np.float64).reshape(-1, 2)


_COLUMNS, _ROWS = np.meshgrid(*[np.arange(_SIDE, dtype=np.float32)] * 2)


def _similarity(first: _First, crop: _Picture, flow: _Picture) -> float:
    """Correlation of the two pictures of the face once the flow is undone, -1 to 1."""
    x, y = _COLUMNS + flow[..., 0], _ROWS + flow[..., 1]
    undone = np.asarray(cv2.remap(crop, x, y, cv2.INTER_LINEAR), np.float32)
    detail = _detail(undone, first.skin)
    similarity = float(first.detail @ detail)
    overwrite(undone, detail)
    return similarity


def _detail(picture: _Picture, skin: NDArray[np.bool_]) -> _Picture:
    """What a picture shows of the face, about its mean, as a vector of length 1."""
    pixels = picture[skin]
    pixels -= pixels.mean()
    pixels /= max(float(np.linalg.norm(pixels)), _BLANK)
    return pixels
