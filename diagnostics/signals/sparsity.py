"""Sparsity: which share of the weights an L1 penalty has switched off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from diagnostics.curves import Curve


class Sparsity(NamedTuple):
    """Shares in 0..1: of entries that are exactly zero, and of entries that are nearly so."""

    exact: float
    near: float


def sparsity(weights: ArrayLike, *, tolerance: float = 1e-3) -> Sparsity:
    """Sparsity of one weight matrix of any shape; near means ``|w| <= tolerance * RMS(w)``, and includes exact zeros.

    The root mean square makes the tolerance free of the layer's scale. An empty array is not sparse: 0, 0.
    """
    sizes = np.abs(np.asarray(weights, dtype=np.float64)).ravel()
    if not len(sizes):
        return Sparsity(0.0, 0.0)
    near = sizes <= tolerance * np.sqrt(np.mean(sizes**2))
    return Sparsity(float(np.mean(sizes == 0)), float(np.mean(near)))


def per_layer(curves: Mapping[str, Curve], *, suffix: str = "/sparsity", prefix: str = "weights/") -> dict[str, float]:
    """Last finite value of each layer's curve, by layer: of ``weights/<layer>/sparsity``, or another ``suffix``."""
    layers = {}
    for tag, curve in curves.items():
        a_layer = tag.startswith(prefix) and tag.endswith(suffix) and len(tag) > len(prefix) + len(suffix)
        if a_layer and (last := curve.last) is not None:
            layers[tag[len(prefix) : -len(suffix)]] = last
    return layers
