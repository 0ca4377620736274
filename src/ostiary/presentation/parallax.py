"""Relief, from how the points of a face move between two pictures.

Two pictures of a plane differ by a homography H, however it is turned. Two pictures of
a head that turned differ by more: what is nearer moves further, x' ~ H x + e z, all of
it along one direction e. So relief shows only when the head turns, and which way it
turned shows with it.

The points have to come from the pictures themselves (optical flow). A landmark network
imagines a head even on a flat picture; its depth z serves here only as the pattern to
look for, and nothing follows from where it says that points are.
"""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Matrix: TypeAlias = NDArray[np.float64]

LEAST_SIMILARITY: Final = 0.85
"""Lowest likeness of the two pictures, once the flow is undone, that can be trusted.
On NUAA 1 of 260 pairs of two people passes this and the next limit (docs/adr/0032)."""

MOST_INCONSISTENCY: Final = 0.5
"""Furthest that a point may end from where it began, there and back, in pixels."""

FEWEST_POINTS: Final = 120
"""A third of the mesh's points. A bent picture needs the sides of the face to be told
from a head."""

_ROUNDS: Final = 5
"""Reweightings; after three, none of NUAA's pairs changes by more than 1 %."""

_TUNING: Final = 1.345
"""Huber's constant: 95 % of the efficiency of least squares under normal noise."""

_TO_SIGMA: Final = 1.4826
"""From the median of absolute residuals to a standard deviation (normal noise)."""

_LEAST_DEPTH: Final = 0.03
"""How much depth has to vary beyond a quadratic to be a pattern that can be looked for,
in inter-eye distances. MediaPipe's mesh varies by 0.11 on NUAA's people."""

_SMALLEST: Final = 1e-6
"""Taken for zero, in inter-eye distances."""


@dataclass(frozen=True, slots=True)
class Track:
    """Points of a face in one picture, found again in another.

    Lengths are in inter-eye distances of the first picture unless said otherwise.

    Attributes:
        here: n x 2 float, x to the right and y down, in the first picture.
        flow: n x 2 float, how far each is from its place once the second picture is
            laid onto the first by a homography.
        there: n x 2 float, where each is in the second picture.
        depth: n float, how far each lies towards the camera on a head.
        similarity: correlation of the two pictures of the face once the flow is
            undone, local contrast normalised (ZNCC), -1 to 1.
        inconsistency: n float, how far from its place each point ends that is followed
            there and back, in pixels.
    """

    here: Matrix = field(repr=False)
    flow: Matrix = field(repr=False)
    there: Matrix = field(repr=False)
    depth: Matrix = field(repr=False)
    similarity: float
    inconsistency: Matrix = field(repr=False)


@dataclass(frozen=True, slots=True)
class Parallax:
    """What one pair of pictures shows of relief.

    Attributes:
        right: how far what is one inter-eye distance nearer moved to the right of the
            picture, in inter-eye distances: above 0 when a head turns to its own left.
        down: the same, downwards: above 0 when the chin goes down.
        growth: size in the second picture, in sizes in the first.
        foreshortening: how much the face was narrowed in the direction in which it was
            narrowed most, beside the one in which it was least: 1 (not at all) to 0.
    """

    right: float
    down: float
    growth: float
    foreshortening: float

    @property
    def relief(self) -> float:
        """Length of the parallax: about the sine of the turn, less what flow misses."""
        return float(np.hypot(self.right, self.down))

    @property
    def finite(self) -> bool:
        """Whether all of it is numbers."""
        values = (self.right, self.down, self.growth, self.foreshortening)
        return bool(np.isfinite(values).all())


def measure(track: Track) -> Parallax | None:
    """The parallax of one pair of pictures; None: it could not be assessed.

    A quadratic in x and y is taken out of flow and depth alike: it holds every small
    homography and most of what bending or twisting a picture does. What is left of the
    flow is fitted by what is left of the depth, robustly (Huber).

    Args:
        track: points of one face in two pictures.

    Returns:
        None where the pictures do not fit well enough, or something is no number.
    """
    good = track.inconsistency < MOST_INCONSISTENCY
    if not track.similarity > LEAST_SIMILARITY or good.sum() < FEWEST_POINTS:
        return None
    here, depth = track.here[good], track.depth[good]
    moved = np.hstack([track.flow[good], track.there[good]])
    if not np.isfinite(np.hstack([here, moved, depth[:, None]])).all():
        return None
    if not _spread(here, depth) >= _LEAST_DEPTH:
        return None
    weights = _weights(here, depth, moved[:, :2])
    along = _coefficients(here, depth, moved[:, :2], weights)[-1]
    growth, foreshortening = _stretch(here, depth, moved[:, 2:], weights)
    parallax = Parallax(float(along[0]), float(along[1]), growth, foreshortening)
    return parallax if parallax.finite else None


def _spread(here: Matrix, depth: Matrix) -> float:
    """How much the depth varies beyond a quadratic (root of the mean square)."""
    shape = _basis(here, depth)[:, :-1]
    rest = depth - shape @ np.linalg.lstsq(shape, depth, rcond=None)[0]
    return float(np.sqrt(np.mean(rest**2)))


def _weights(here: Matrix, depth: Matrix, flow: Matrix) -> Matrix:
    """How far each point is to be believed, 0 to 1: little where it fits badly."""
    weights = np.ones(len(here))
    for _ in range(_ROUNDS):
        fitted = _basis(here, depth) @ _coefficients(here, depth, flow, weights)
        misfit = np.linalg.norm(flow - fitted, axis=1)
        limit = _TUNING * max(_TO_SIGMA * float(np.median(misfit)), _SMALLEST)
        weights = limit / np.maximum(misfit, limit)
    return weights


def _coefficients(
    here: Matrix, depth: Matrix, moved: Matrix, weights: Matrix
) -> Matrix:
    """Weighted least squares: 7 x 2, the last row belongs to the depth.

    To fit quadratic and depth together is to take the quadratic out of both first
    (Frisch, Waugh and Lovell).
    """
    scale = np.sqrt(weights)[:, None]
    basis = _basis(here, depth) * scale
    normal = basis.T @ basis
    try:
        return np.asarray(np.linalg.solve(normal, basis.T @ (moved * scale)))
    except np.linalg.LinAlgError:
        return np.full((basis.shape[1], moved.shape[1]), np.nan)


def _basis(here: Matrix, depth: Matrix) -> Matrix:
    x, y = here.T
    return np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y, depth])


def _stretch(
    here: Matrix, depth: Matrix, there: Matrix, weights: Matrix
) -> tuple[float, float]:
    """Growth and foreshortening: the singular values of the map about the middle."""
    centred = here - here.mean(axis=0)
    affine = _coefficients(centred, depth, there, weights)[1:3]
    if not np.isfinite(affine).all():
        return np.nan, np.nan
    most, least = np.linalg.svd(affine, compute_uv=False)
    return float(np.sqrt(most * least)), float(least / max(most, _SMALLEST))
