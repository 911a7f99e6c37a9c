"""Charts: specifications that never change between two ticks; ``frames`` makes the data that does."""

from app.charts.curves import TRIAL_SIDES, curves_spec
from app.charts.gauge import gauge_spec
from app.charts.heat import heat_spec
from app.charts.look import (
    DASHES,
    INK,
    KNOWN,
    LINES,
    NEUTRAL,
    NUMBER,
    PAPER,
    SHARE,
    SIDES,
    Spec,
    Theme,
    horizontal,
    layered,
    lone,
)
from app.charts.small import small_spec

__all__ = [
    "DASHES",
    "INK",
    "KNOWN",
    "LINES",
    "NEUTRAL",
    "NUMBER",
    "PAPER",
    "SHARE",
    "SIDES",
    "TRIAL_SIDES",
    "Spec",
    "Theme",
    "curves_spec",
    "gauge_spec",
    "heat_spec",
    "horizontal",
    "layered",
    "lone",
    "small_spec",
]
