"""Logistic regression, small: a few measures, weights for each sample, a ridge."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ROUNDS = 100
_TOLERANCE = 1e-10


def fit(values: Floats, targets: Floats, weights: Floats, ridge: float) -> Floats:
    """Coefficients that give the targets most likelihood (Newton's method).

    Args:
        values: n x d.
        targets: n, 0 to 1; probabilities rather than classes are legal.
        weights: n, not negative, of sum 1.
        ridge: what large coefficients cost, above 0; the offset costs nothing.

    Returns:
        d + 1 coefficients, the offset last.
    """
    design = _with_offset(values)
    penalty = np.diag([ridge] * values.shape[1] + [0.0])
    found = np.zeros(design.shape[1])
    for _ in range(_ROUNDS):
        likely = probability(design @ found)
        slope = design.T @ (weights * (likely - targets)) + penalty @ found
        curve = (design * (weights * likely * (1 - likely))[:, None]).T @ design
        # A trace on the diagonal keeps the step finite where all is certain.
        step = np.linalg.solve(curve + penalty + 1e-12 * np.eye(len(found)), slope)
        found -= step
        if np.abs(step).max() < _TOLERANCE:
            break
    return found


def log_odds(values: Floats, coefficients: Floats) -> Floats:
    """Weighted sum of the measures and the offset: n."""
    return _with_offset(values) @ coefficients


def probability(odds: Floats) -> Floats:
    """From log-odds to probability."""
    return 0.5 * (1 + np.tanh(0.5 * odds))


def _with_offset(values: Floats) -> Floats:
    return np.column_stack([values, np.ones(len(values))])
