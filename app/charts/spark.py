"""Spark: both curves of a run as a picture for a table cell, as Streamlit's own line column holds one series."""

from __future__ import annotations

import numpy as np

from diagnostics import Curve
from diagnostics.curves import downsample

WIDTH, HEIGHT, MARGIN = 160, 36, 2
POINTS = 48  # of a side
# between the shades of the light and the dark theme, with a contrast of at least 3.7 to either page, so that the
# picture need not change with the theme
TRAIN, VAL = "rgb(58,134,200)", "rgb(213,96,31)"
SVG = (
    "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' fill='none' "
    "stroke-width='1.6' stroke-linejoin='round'>{paths}</svg>"
)


def spark(train: Curve | None, val: Curve | None) -> str | None:
    """Train solid and validation dashed, over the same steps and in the same unit; ``None`` without two points.

    What is not finite is a hole in the line.
    """
    sides = [(side, downsample(curve, POINTS)) for side, curve in (("train", train), ("val", val)) if curve is not None]
    steps = np.concatenate([np.empty(0), *(curve.steps for _, curve in sides)])
    values = np.concatenate([np.empty(0), *(curve.values for _, curve in sides)])
    values = values[np.isfinite(values)]
    if len(values) < 2 or steps.max() == steps.min():
        return None
    x, y = (steps.min(), steps.max()), (values.max(), values.min())
    paths = "".join(_path(side, curve, x, y) for side, curve in sides)
    return SVG.format(width=WIDTH, height=HEIGHT, paths=paths)


def _path(side: str, curve: Curve, x: tuple[float, float], y: tuple[float, float]) -> str:
    finite = np.isfinite(curve.values)
    across = _pixels(curve.steps.astype(float), x, WIDTH)
    down = np.where(finite, _pixels(np.where(finite, curve.values, y[1]), y, HEIGHT), 0)
    pens = np.where(np.r_[False, finite[:-1]], "L", "M")
    drawn = "".join(
        f"{pen}{px:.0f} {py:.1f}" for pen, px, py, there in zip(pens, across, down, finite, strict=True) if there
    )
    look = f"stroke='{TRAIN}'" if side == "train" else f"stroke='{VAL}' stroke-dasharray='4 2'"
    return f"<path d='{drawn}' {look}/>"


def _pixels(numbers: np.ndarray, ends: tuple[float, float], size: int) -> np.ndarray:
    """Numbers as pixels, the first end at the margin and the second at the size less the margin."""
    span = ends[1] - ends[0]
    share = (numbers - ends[0]) / span if span else np.full(len(numbers), 0.5)
    return MARGIN + share * (size - 2 * MARGIN)
