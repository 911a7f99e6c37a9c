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
