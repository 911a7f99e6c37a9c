"""Shell: the words that stand around every page."""

from typing import NamedTuple

OVERVIEW = "Overview"
RUN = "Run"
COMPARE = "Compare"
TRAIN = "Train"
TUNE = "Tune"
GUIDE = "Guide"
TICK = "Updates"
TICK_HELP = (
    "How often a page with a live run draws itself anew: every half second, second or two seconds, or not at all. A "
    "page without one never does, and a training goes on either way."
)
TICKS = {"fast": "0.5 s", "": "1 s", "slow": "2 s", "paused": "Off"}
TENSORBOARD = "TensorBoard"
TENSORBOARD_HELP = "Starts TensorBoard over the same folder, on this machine alone. It ends when the app ends."
TENSORBOARD_STARTING = "TensorBoard is starting"
TENSORBOARD_OPEN = "Open TensorBoard"
TENSORBOARD_STOP = "Stop TensorBoard"
TENSORBOARD_FAILED = "TensorBoard could not be started: {}"
TENSORBOARD_MISSING = "TensorBoard is not installed here: pip install tensorboard"
READING = "Reading {}"


class Limit(NamedTuple):
    """How a threshold is asked for: ``scale`` times its value, from ``low`` to ``high``."""

    label: str
    about: str
    low: float
    high: float
    step: float
    scale: float = 1


THRESHOLDS = {
    "min_points": Limit("Points needed", "Fewer validation points than this give no verdict yet.", 3, 1000, 1),
    "min_rise": Limit(
        "Rise, % of the best",
        "How far validation must have risen over its best value, as a share of that value, where values are measured "
        "from zero.",
        0,
        1,
        0.5,
        100,
    ),
    "min_range": Limit(
        "Rise, % of the range",
        "How far it must have risen as a share of all that the chart shows: the bar that separates healthy from "
        "overfitting best.",
        0,
        1,
        0.5,
        100,
    ),
    "min_sigmas": Limit(
        "Rise, times the noise",
        "How far it must have risen in units of the jitter from point to point; lower is quicker and cries wolf more "
        "often.",
        0,
        20,
        0.5,
    ),
}
LIMITS = "How strict"
LIMITS_CHANGED = "How strict (changed)"
LIMITS_ABOUT = "A rise of validation counts once it clears all three bars. All verdicts of this tab follow."
LIMITS_RESET = "Back to the defaults"
METHOD = "How a verdict comes about"
FOLDER = "Log folder"
FOLDER_HELP = (
    "One run, a folder of runs, or any folder above; also a URL such as s3://bucket/logs. It is kept in the address, "
    "so the view can be shared."
)
REFRESH = "Look again"
REFRESH_HELP = "Pages with a live run follow it by themselves; this looks for runs that began since."
UNKNOWN_ARGUMENTS = "The app was started with {}, which it does not know. It takes --logdir FOLDER."


def tensorboard_trouble(trouble: str) -> str:
    """Why it is not there, and what to do about it where that is known."""
    return TENSORBOARD_MISSING if "No module named tensorboard" in trouble else TENSORBOARD_FAILED.format(trouble)
