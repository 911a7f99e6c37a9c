"""Sparsity: which share of the weights an L1 penalty has switched off."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

TOLERANCE = 0.01  # of a matrix's root mean square; trainer/measure/weights.py counts by the same


class Sparsity(NamedTuple):
    """Shares in 0..1: of entries that are exactly zero, and of entries that are nearly so."""

    exact: float
    near: float


def sparsity(weights: ArrayLike, *, tolerance: float = TOLERANCE) -> Sparsity:
    """Measure how sparse a weight matrix is.

    Parameters
    ----------
    weights
        One layer's matrix, of any shape.
    tolerance
        A weight of at most this share of the matrix's root mean square counts as nearly zero, whatever the layer's
        scale.

    Returns
    -------
    Sparsity
        The shares of entries that are ``exact`` zeros, and that are ``near`` zero or exactly so, each 0 to 1; 0 for an
        empty array.

    Raises
    ------
    ValueError
        An entry is no number.

    Examples
    --------
    >>> sparsity([[0.0, 3.0], [0.02, -4.0]])
    Sparsity(exact=0.25, near=0.5)
    """
    sizes = np.abs(np.asarray(weights, dtype=np.float64)).ravel()
    if not len(sizes):
        return Sparsity(0.0, 0.0)
    near = sizes <= tolerance * np.sqrt(np.mean(sizes**2))
    return Sparsity(float(np.mean(sizes == 0)), float(np.mean(near)))
