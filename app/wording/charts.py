"""Charts: the words around every chart, and the names of what is drawn."""

from __future__ import annotations

import re
from typing import NamedTuple

from app.charts.axes import Kind
from diagnostics.report import words

AXIS = "Axis"
AXES: dict[Kind, str] = {"epoch": "Epochs", "step": "Steps", "tree": "Trees", "time": "Time"}
AXIS_TITLES: dict[Kind, str] = {"epoch": "Epoch", "step": "Step", "tree": "Tree", "time": "Time since the start"}
SCALE = "Scale"
SCALES = {"linear": "Linear", "log": "Log"}
SMOOTHING = "Smoothing"
SCALE_HELP = (
    "Logarithmic once the largest value is more than {:g} times the smallest, but linear where that shows better that "
    "a run overfits; unless you choose. The axis names it."
)
VIEW = "Scale, range"
SMOOTHING_HELP = "A moving average that never crosses a missing value; the faint line is what was logged."
AUTOMATIC_LOG = "Log scale, chosen automatically: use linear"
LOG_SCALE = "{}, log scale"
METRIC = "Metric"
HEIGHT = "Vertical range"
HEIGHTS = {"validation": "Validation", "all": "All"}
HEIGHT_HELP = "Once a run overfits, the chart shows the rise of validation, unless you choose to see all."
WHOLE = "Show all"
ZOOMED = "Zoomed in on validation: show all"
ZOOM = "Zoom in on validation"
RANGES = ("Horizontal axis", "Vertical axis")
ENDS = ("from", "to")
SHOW = "Show this range"
EXPORT = "Export"
EXPORT_SVG = "Chart as SVG"
EXPORT_PNG = "Chart as PNG"
EXPORT_CSV = "Chart's data as CSV"


class Canaries(NamedTuple):
    """What the canaries show at the last point: recognized, expected by chance, and since which step above that."""

    now: float
    chance: float | None
    since: int | None


# tag -> (title, one sentence on what it tells), in the order in which the charts stand
SERIES = {
    "loss/train": ("Training loss as optimized", "Includes penalties, dropout and augmentation."),
    "calibration/temperature": ("Temperature", "What to divide the logits by. Above 1, the network is overconfident."),
    "loss/val_scaled": ("Validation loss, calibrated", "After fitting one temperature, which removes overconfidence."),
    "optim/lr": ("Learning rate", "At the end of each epoch."),
    "optim/lr_sum": ("Learning rate, summed", "Summed over the steps of each epoch."),
    "optim/grad_norm": ("Gradient norm", "Mean over the steps of each epoch. A jump often precedes divergence."),
    "optim/update_norm": ("Update norm", "How far the weights moved in each epoch."),
    "weights/l2_norm": (
        "Weight norm (L2)",
        "Over all weight matrices. Unbounded growth often accompanies overfitting.",
    ),
    "weights/sparsity": ("Sparsity", "Share of weights close to zero."),
    "weights/l1_norm": ("Weight norm (L1)", "Sum of the absolute weights of all matrices."),
    "weights/zeros": ("Exact zeros", "Share of weights that are exactly zero."),
}
LAYER_SERIES = {
    "l2_norm": "Weight norm (L2)",
    "l1_norm": "Weight norm (L1)",
    "sparsity": "Sparsity",
    "zeros": "Exact zeros",
}
SHARES = {"weights/sparsity", "weights/zeros"}
TRAIN = "Train {}"
VALIDATION = "Validation {}"
metric, GOES_ON = words.metric, words.GOES_ON
GAP = "Generalization gap"
CANARIES = "Canaries recognized"


def file_name(name: str) -> str:
    """A run's name as a file's."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "run"


def axis(unit: str) -> str:
    """The title of the horizontal axis."""
    return unit.capitalize()


def both(tags: list[str]) -> str:
    """Which series a chart with two sides shows."""
    return " and ".join(tags)
