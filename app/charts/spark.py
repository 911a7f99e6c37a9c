"""Spark: both curves of a run as a picture for a table cell, as Streamlit's own line column holds one series."""

from __future__ import annotations

import numpy as np

from diagnostics import Curve
from diagnostics.curves import downsample
from diagnostics.report.close_up import CloseUp

WIDTH, HEIGHT, MARGIN = 104, 36, 2
POINTS = 48  # of a side
SMALL, FEW_POINTS = (64, 22), 24  # of the list beside a page, which has hundreds of them
# between the shades of the light and the dark theme, with a contrast of at least 3.7 to either page, so that the
# picture need not change with the theme
TRAIN, VAL = "rgb(58,134,200)", "rgb(213,96,31)"
SVG = (
    "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' fill='none' "
    "stroke-width='1.6' stroke-linejoin='round'>{paths}</svg>"
)


def spark(train: Curve | None, val: Curve | None, part: CloseUp | None = None) -> str | None:
    """Train solid and validation dashed, over the same steps and in the same unit; ``None`` without two points.

    What is not finite is a hole in the line. What lies beyond a ``part`` of the height runs along the edge.
    """
    lines = spark_lines(train, val, part, points=POINTS, size=(WIDTH, HEIGHT))
    looks = {"train": f"stroke='{TRAIN}'", "val": f"stroke='{VAL}' stroke-dasharray='4 2'"}
    paths = "".join(f"<path d='{drawn}' {looks[side]}/>" for side, drawn in lines.items())
    return SVG.format(width=WIDTH, height=HEIGHT, paths=paths) if lines else None


def spark_lines(
    train: Curve | None,
    val: Curve | None,
    part: CloseUp | None = None,
    *,
    points: int = FEW_POINTS,
    size: tuple[int, int] = SMALL,
) -> dict[str, str]:
    """The same two lines as SVG paths, ``train`` and ``val``, in a picture of that ``size``; none without points."""
    log = part is not None and part.log
    sides = [
        (side, downsample(_raised(curve, log=log), points))
        for side, curve in (("train", train), ("val", val))
        if curve is not None
    ]
    steps = np.concatenate([np.empty(0), *(curve.steps for _, curve in sides)])
    values = np.concatenate([np.empty(0), *(curve.values for _, curve in sides)])
    values = values[np.isfinite(values)]
    if len(values) < 2 or steps.max() == steps.min():
        return {}
    x, y = (steps.min(), steps.max()), (values.max(), values.min())
    if part is not None:
        y = (np.log(part.high), np.log(part.low)) if log else (part.high, part.low)
    return {side: _path(curve, x, y, size) for side, curve in sides}


def _raised(curve: Curve, *, log: bool) -> Curve:
    """The curve with its values as heights; one that has none on that scale is a hole."""
    if not log:
        return curve
    with np.errstate(all="ignore"):
        return Curve(curve.steps, np.log(curve.values))


def _path(curve: Curve, x: tuple[float, float], y: tuple[float, float], size: tuple[int, int]) -> str:
    finite = np.isfinite(curve.values)
    across = _pixels(curve.steps.astype(float), x, size[0])
    down = np.where(finite, _pixels(np.where(finite, curve.values, y[1]), y, size[1]), 0)
    down = np.clip(down, MARGIN, size[1] - MARGIN)
    pens = np.where(np.r_[False, finite[:-1]], "L", "M")
    return "".join(
        f"{pen}{px:.0f} {py:.1f}" for pen, px, py, there in zip(pens, across, down, finite, strict=True) if there
    )


def _pixels(numbers: np.ndarray, ends: tuple[float, float], size: int) -> np.ndarray:
    """Numbers as pixels, the first end at the margin and the second at the size less the margin."""
    span = ends[1] - ends[0]
    share = (numbers - ends[0]) / span if span else np.full(len(numbers), 0.5)
    return MARGIN + share * (size - 2 * MARGIN)
