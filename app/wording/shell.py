"""Shell: the words that stand around every page."""

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


def tensorboard_trouble(said: str) -> str:
    """Why it is not there, and what to do about it where that is known."""
    return TENSORBOARD_MISSING if "No module named tensorboard" in said else TENSORBOARD_FAILED.format(said)
