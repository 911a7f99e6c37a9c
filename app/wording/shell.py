"""Shell: the words that stand around every page."""

from typing import NamedTuple

OVERVIEW = "Overview"
RUN = "Run"
COMPARE = "Compare"
TRAIN = "Train"
TUNE = "Tune"
GUIDE = "Guide"
TICK = "Updates"
TICK_HELP = "How often a page with a live run refreshes. Other pages don't need to, and training continues either way."
TICKS = {"fast": "0.5 s", "": "1 s", "slow": "2 s", "paused": "Off"}
TENSORBOARD = "TensorBoard"
TENSORBOARD_HELP = "Starts TensorBoard for this folder, reachable from this machine only. It stops when the app does."
TENSORBOARD_STARTING = "Starting TensorBoard"
TENSORBOARD_OPEN = "Open TensorBoard"
TENSORBOARD_STOP = "Stop TensorBoard"
TENSORBOARD_FAILED = "TensorBoard could not be started: {}"
TENSORBOARD_MISSING = "TensorBoard is not installed. Install it with: pip install tensorboard"
READING = "Reading {}"
LANGUAGE = "Language"


class Limit(NamedTuple):
    """How a threshold is asked for: ``scale`` times its value, from ``low`` to ``high``."""

    label: str
    about: str
    low: float
    high: float
    step: float
    scale: float = 1


THRESHOLDS = {
    "min_points": Limit(
        "Points needed", "With fewer validation points than this, there is no verdict yet.", 3, 1000, 1
    ),
    "min_rise": Limit(
        "Rise, % of the best",
        "How far validation must rise above its best value, as a percentage of that value. Applies to quantities "
        "measured from zero.",
        0,
        1,
        0.5,
        100,
    ),
    "min_range": Limit(
        "Rise, % of the range",
        "How far validation must rise, as a percentage of what it has improved since the first tenth of the run.",
        0,
        1,
        0.5,
        100,
    ),
    "min_sigmas": Limit(
        "Rise, times the noise",
        "How far validation must rise, in multiples of its noise from point to point. A lower value detects "
        "overfitting sooner and raises more false alarms.",
        0,
        20,
        0.5,
    ),
    "min_probability": Limit(
        "Probability, %",
        "How likely it must be that training past validation's best costs test loss. A lower value detects overfitting "
        "sooner and raises more false alarms.",
        0,
        1,
        5,
        100,
    ),
}
LIMITS = "Verdict thresholds"
LIMITS_CHANGED = "Verdict thresholds (changed)"
LIMITS_ABOUT = (
    "A rise in validation counts once it exceeds all of these thresholds. They apply to every verdict in this tab."
)
LIMITS_RESET = "Reset to defaults"
METHOD = "How verdicts are decided"
FOLDER = "Log folder"
FOLDER_HELP = (
    "A run, or a folder of runs, in the folder that the app was started with (--logdir or --root; also a URL such as "
    "s3://bucket/logs). It is part of the page's address, so you can share what you see."
)
REFRESH = "Refresh"
REFRESH_HELP = "Looks for new runs now. Pages with a live run update by themselves."
UNKNOWN_ARGUMENTS = (
    "Unknown arguments: {}. The app accepts --logdir FOLDER, --root FOLDER, --read-only, --token [TOKEN] and "
    "--on-verdict VERDICT COMMAND."
)


def tensorboard_trouble(trouble: str) -> str:
    """Why it is not there, and what to do about it where that is known."""
    return TENSORBOARD_MISSING if "No module named tensorboard" in trouble else TENSORBOARD_FAILED.format(trouble)
