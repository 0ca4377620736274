"""Makes heads and pictures that move before a camera, as points; nothing is drawn.

A head is a smooth surface with a nose, sockets, lips and a chin, each person's own; a
picture shows the points of such a head on a sheet that is flat, bent or twisted, and
may be bent anew between two looks. Both are turned, moved and seen through a lens with
distortion and noise. No network is asked anything: these points judge geometry and the
challenge, never an appearance network.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ostiary.presentation.parallax import Track

Points: TypeAlias = NDArray[np.float64]

EYES: Final = 63.0
"""Distance of the eyes, in millimetres (the median of adults)."""

FACE_WIDTH: Final = 140.0
"""Width of a face, in millimetres."""

HALF: Final = 62.0, 78.0
"""Half width and half height of the part of the face with points, in millimetres."""

BEND: Final = 60.0, 250.0
"""Radii of bent pictures, in millimetres."""

TWIST: Final = 0.4, 2.0
"""Twist of pictures, in degrees for each centimetre."""

TILT: Final = 15.0
"""How far a picture is tilted at the first look, at most, in degrees."""

DISTANCE: Final = 450.0, 900.0
"""From the camera to the face, in millimetres."""

DISTORTION: Final = 0.08
"""Largest radial distortion at half a picture's width, as a share of the radius."""

FLOW_SHARE: Final = 0.45
"""How much of a head's relief dense flow shows: it spreads a patch's motion. On NUAA
the parallax of a turn is this share of the turn's sine."""

SMOOTH: Final = 0.35
"""How far noise of flow reaches, in inter-eye distances: the patch of the flow."""

_FEATURES: Final = (
    # middle x and y, spread x and y, height; millimetres; y goes down
    (0.0, 12.0, 10.0, 15.0, 22.0),  # nose
    (0.0, -12.0, 8.0, 16.0, 7.0),  # its bridge
    (-31.0, -20.0, 14.0, 10.0, -9.0),  # sockets
    (31.0, -20.0, 14.0, 10.0, -9.0),
    (0.0, -42.0, 40.0, 10.0, 4.0),  # brow
    (0.0, 42.0, 20.0, 7.0, 5.0),  # lips
    (0.0, 68.0, 17.0, 11.0, 7.0),  # chin
    (-38.0, 8.0, 18.0, 16.0, 4.0),  # cheeks
    (38.0, 8.0, 18.0, 16.0, 4.0),
)
_DENSE: Final = 0.45
"""Share of the points about the nose. So the mean head's depth spreads by 0.08 about a
quadratic; that of MediaPipe's mesh by 0.11 inter-eye distances on NUAA's people."""
_RADII: Final = 78.0, 112.0, 88.0
_VARIATION: Final = 0.15
"""How far people differ from the mean in each measure, one standard deviation."""


@dataclass(frozen=True, slots=True)
class Camera:
    """What is between the points and the measurement.

    Attributes:
        face_pixels: width of the face at the first look, in pixels.
        noise_pixels: standard deviation of each point's place, in pixels.
        smooth: whether the noise of neighbours is alike, as that of flow is.
        points: how many points.
    """

    face_pixels: float = 160.0
    noise_pixels: float = 1.0
    smooth: bool = False
    points: int = 360


@dataclass(frozen=True, slots=True)
class Body:
    """Something with a face on it.

    Attributes:
        face: n x 2, where its points lie on the face, in millimetres, y down.
        surface: n x 3, where they lie before any turn; z towards the camera.
    """

    face: Points
    surface: Points


@dataclass(frozen=True, slots=True)
class Pose:
    """How something is held.

    Attributes:
        left: turn to its own left, in degrees.
        down: turn of the chin downwards, in degrees.
        roll: slope in the picture, in degrees.
        shift: where its middle is, x and y in millimetres.
        distance: from the camera, in millimetres.
    """

    left: float = 0.0
    down: float = 0.0
    roll: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    distance: float = 650.0


def face_points(count: int, rng: np.random.Generator) -> Points:
    """Places on a face, denser about the nose as a mesh's: n x 2, in mm."""
    radius = np.sqrt(rng.random(count))
    angle = rng.random(count) * 2 * np.pi
    even = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    middle = rng.normal((0.0, 0.1), 0.3, (count, 2)).clip(-0.7, 0.7)
    dense = rng.random(count) < _DENSE
    return np.where(dense[:, None], middle, even) * HALF


def mean_depth(face: Points) -> Points:
    """How far the mean head's points lie towards the camera, in millimetres."""
    return _depth(face, np.ones(len(_FEATURES)), np.ones(3))


def head(face: Points, rng: np.random.Generator) -> Body:
    """A person of their own."""
    heights = rng.normal(1.0, _VARIATION, len(_FEATURES))
    radii = rng.normal(1.0, _VARIATION / 2, 3).clip(0.85, None)
    return Body(face, np.column_stack([face, _depth(face, heights, radii)]))


def _depth(face: Points, heights: Points, radii: Points) -> Points:
    x, y = face.T
    across, along, deep = np.array(_RADII) * radii
    depth = deep * np.sqrt(np.maximum(1 - (x / across) ** 2 - (y / along) ** 2, 0.05))
    for (mid_x, mid_y, wide, high, height), own in zip(_FEATURES, heights, strict=True):
        bump = ((x - mid_x) / wide) ** 2 + ((y - mid_y) / high) ** 2
        depth = depth + own * height * np.exp(-bump / 2)
    return np.asarray(depth - depth.mean())


def flat(face: Points, rng: np.random.Generator) -> Body:
    """A sheet."""
    del rng
    return Body(face, np.column_stack([face, np.zeros(len(face))]))


def bent(face: Points, rng: np.random.Generator) -> Body:
    """A sheet about a cylinder, with the bend to or from the camera, at any slope."""
    radius = rng.uniform(*BEND) * rng.choice([-1.0, 1.0])
    slope = rng.random() * np.pi
    along = np.array([np.cos(slope), np.sin(slope)])
    arc = face @ along
    inward = radius * np.sin(arc / radius) - arc
    xy = face + inward[:, None] * along
    return Body(face, np.column_stack([xy, radius * (np.cos(arc / radius) - 1)]))


def twisted(face: Points, rng: np.random.Generator) -> Body:
    """A sheet whose upper edge is turned against its lower edge."""
    rate = np.radians(rng.uniform(*TWIST)) / 10.0 * rng.choice([-1.0, 1.0])
    x, y = face.T
    turned = rate * y
    return Body(face, np.column_stack([x * np.cos(turned), y, x * np.sin(turned)]))


SPECIES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "flat": ("flat", "flat"),
        "bent": ("bent", "same"),
        "bent anew": ("bent", "bent"),
        "twisted": ("twisted", "same"),
        "twisted anew": ("twisted", "twisted"),
    }
)
"""What is held up at the first look, and at the second."""

_SHEETS: Final = MappingProxyType({"flat": flat, "bent": bent, "twisted": twisted})


def picture(species: str, face: Points, rng: np.random.Generator) -> tuple[Body, Body]:
    """A picture of a face at the first look and at the second."""
    first, second = SPECIES[species]
    before = _SHEETS[first](face, rng)
    return before, before if second == "same" else _SHEETS[second](face, rng)


def seen(body: Body, pose: Pose, focal: float, distortion: float) -> Points:
    """Where a camera sees the points: n x 2, in pixels from the middle."""
    turned = body.surface @ _rotation(pose).T
    x = (turned[:, 0] + pose.shift[0]) / (pose.distance - turned[:, 2])
    y = (turned[:, 1] + pose.shift[1]) / (pose.distance - turned[:, 2])
    # Half of the picture's width goes with 0.5 at a usual opening of 53 degrees.
    bulge = 1 + distortion * 4 * (x * x + y * y)
    return focal * np.column_stack([x * bulge, y * bulge])


def _rotation(pose: Pose) -> Points:
    """Left and down above 0; x to the right, y down, z towards the camera."""
    left, down, roll = np.radians([pose.left, pose.down, pose.roll])
    yaw = np.array(
        [
            [np.cos(left), 0, np.sin(left)],
            [0, 1, 0],
            [-np.sin(left), 0, np.cos(left)],
        ]
    )
    pitch = np.array(
        [
            [1, 0, 0],
            [0, np.cos(down), np.sin(down)],
            [0, -np.sin(down), np.cos(down)],
        ]
    )
    slope = np.array(
        [
            [np.cos(roll), -np.sin(roll), 0],
            [np.sin(roll), np.cos(roll), 0],
            [0, 0, 1],
        ]
    )
    return np.asarray(slope @ pitch @ yaw)


def noise(points: Points, camera: Camera, rng: np.random.Generator) -> Points:
    """Errors of place, n x 2, in pixels."""
    if not camera.smooth:
        return rng.normal(0.0, camera.noise_pixels, (len(points), 2))
    # A random field by random waves (Rahimi and Recht 2007).
    reach = SMOOTH * EYES
    waves = rng.normal(0.0, 1 / reach, (64, 2))
    phase = points @ waves.T + rng.random(64) * 2 * np.pi
    share = rng.normal(0.0, camera.noise_pixels * np.sqrt(2 / 64), (64, 2))
    return np.asarray(np.cos(phase) @ share)


@dataclass(frozen=True, slots=True)
class View:
    """One camera's way to see: fixed for both looks.

    Attributes:
        camera: pixels and noise.
        focal: focal length, in pixels.
        distortion: of the lens.
    """

    camera: Camera
    focal: float
    distortion: float

    def look(self, body: Body, pose: Pose, rng: np.random.Generator) -> Points:
        """The points as they are measured: n x 2, in pixels."""
        exact = seen(body, pose, self.focal, self.distortion)
        return exact + noise(body.face, self.camera, rng)


def view(camera: Camera, distance: float, rng: np.random.Generator) -> View:
    """A camera that shows the face at its width from that distance."""
    focal = camera.face_pixels / FACE_WIDTH * distance
    return View(camera, focal, rng.uniform(-DISTORTION, DISTORTION))


def track(face: Points, here: Points, there: Points, eyes_pixels: float) -> Track:
    """What flow would hand on, if it found each point where it was measured.

    Args:
        face: n x 2, places on the face, in millimetres.
        here: n x 2, as measured at the first look, in pixels.
        there: n x 2, as measured at the second look.
        eyes_pixels: distance of the eyes at the first look, in pixels.
    """
    laid = _onto(there, here)
    return Track(
        here=here / eyes_pixels,
        flow=(laid - here) / eyes_pixels,
        there=there / eyes_pixels,
        depth=mean_depth(face) / EYES / FLOW_SHARE,
        similarity=1.0,
        inconsistency=np.zeros(len(face)),
    )


def _onto(there: Points, here: Points) -> Points:
    """The second look's points laid onto the first by the best affine map."""
    ones = np.column_stack([there, np.ones(len(there))])
    return np.asarray(ones @ np.linalg.lstsq(ones, here, rcond=None)[0])
