"""Run: the words of the page of one run."""

from __future__ import annotations

import re

from app.charts.axes import Kind
from app.wording import REGULARIZERS, Look

AXIS = "Axis"
AXES: dict[Kind, str] = {"epoch": "Epochs", "step": "Steps", "time": "Time"}
AXIS_TITLES: dict[Kind, str] = {"epoch": "Epoch", "step": "Step", "time": "Time since the start (h:mm)"}
SCALE = "Scale"
SCALES = {"": "Auto", "linear": "Linear", "log": "Log"}
SMOOTHING = "Smoothing"
SMOOTHING_FORMAT = "Smoothing %.2f"
CHART_HELP = (
    "Drag to move, Ctrl and wheel to zoom, double-click for all. Shaded: the gap. Ring: the best validation. An "
    "automatic scale is logarithmic once the largest value is more than {:g} times the smallest. Smoothing is a moving "
    "average that never crosses a missing value; the faint line behind is what was logged."
)
EXPORT = "Export"
EXPORT_SVG = "Chart as SVG"
EXPORT_PNG = "Chart as PNG"
EXPORT_CSV = "Chart's data as CSV"
RUN_CSV = "Every series as CSV"
RUN_JSON = "Run as JSON"
RUN_HTML = "Report as HTML"

# states that ask for something although there are curves: what it means, and the way out
STATES_SAY = {
    "paused": "The training waits where it was paused. Resume it to go on, or stop it and continue another day.",
    "silent": "Its process is there but has not said anything for minutes: it may hang, or an epoch takes long. If "
    "nothing comes, stop it and continue from its checkpoint.",
    "stopped": "It was stopped before its end. Continue it from its checkpoint, and it goes on as if it had not been.",
    "gone": "The files of this run are gone; what is shown was read before that. Put them back to go on with it.",
}

TREND = "Validation trend"
TREND_HELP = "How much validation changes per point, by the line through its last {} points. Below 0 it falls."
NORM = "Weight norm"
NORM_HELP = "The L2 norm of all weight matrices. Growth without end goes with overfitting."
SPARSITY = "Sparsity"
SPARSITY_HELP = "Share of the weights that are close to zero."
RATIO = "Update ratio"
RATIO_HELP = "How far an epoch moves the weights, as a share of their norm. It shrinks as a training settles."

LAYERS = "Layer by layer"
LAYER_MAP_ALT = "{} of every layer over the run, as colour"
QUANTITY = "Quantity"
GREW = "{}, times its first value"
OTHER_LAYERS = "The first {} of {} layers."

AUDIT = "Are the regularizers really on?"
AUDIT_ON = Look("On", ":material/check:", "green")
AUDIT_DOUBTFUL = Look("Not as asked", ":material/warning:", "orange")
AUDITED = "Found at work in the model and the optimizer that train."
AS_LOGGED = "As the log says; only trainings of Fitwatch's own trainer are looked into."
OFF = "Off: {}."


def audited(finding: str, *, ours: bool) -> tuple[Look, str]:
    """Whether a regularizer of which the audit found that is on, and why one can say so."""
    if finding:
        return AUDIT_DOUBTFUL, finding
    return AUDIT_ON, AUDITED if ours else AS_LOGGED


def regularizer(name: str) -> str:
    """A regularizer as a person calls it."""
    return REGULARIZERS[name].title if name in REGULARIZERS else name


def file_name(name: str) -> str:
    """A run's name as a file's."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "run"


def called(name: str, place: str) -> str:
    """What a run is called: by its folder's name where it is the whole place."""
    return place.rstrip("/").rpartition("/")[2] or name if name == "." else name
