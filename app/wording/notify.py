"""Words of the messages that are sent when a verdict turns."""

from datetime import datetime

from app import PROGRAM
from diagnostics.report.words import CERTAIN
from diagnostics.report.words import VERDICTS as NAMES

OFFERED = [verdict for verdict in NAMES if verdict not in CERTAIN]  # in the order of their urgency
NOTIFY = "Notify"
ABOUT = (
    "Sends a message when the verdict of a run in this folder changes. It works as long as the app runs, with or "
    "without an open tab."
)
GOES_TO = "Messages go to {host}."
URL = "Webhook address"
URL_HELP = (
    "The address that your chat (Slack, Discord, Mattermost) or program gives you for incoming messages. It is kept in "
    "a file that only you can read, and is not shown again."
)
URL_HINT = "https://…"
URL_KEPT = "unchanged"
VERDICTS = "When a run becomes"
RUNS = "Only runs whose name contains"
RUNS_HINT = "all runs"
SAVE = "Save"
TEST = "Send a test message"
TESTING = "Sending"
FORGET = "Turn off"
COMMAND = "{verdict}: runs {command}"
COMMANDS = "Set by --on-verdict on the command line:"
HOW_TO_MAIL = "To send mail instead, start the app with a command:"
MAIL = PROGRAM + " {folder} --on-verdict overfitting 'mail -s Fitwatch you@example.com'"
SAVED = "Saved."
NO_VERDICTS = "Choose at least one verdict."
NOT_SAVED = "The setting cannot be saved: {reason}"
FAILED = "The last message was not delivered: {reason}"
ARRIVED = "Last message delivered at {time}."


def arrived(seconds: float) -> str:
    """When a message was last delivered, by the clock of this machine."""
    return ARRIVED.format(time=datetime.fromtimestamp(seconds).strftime("%H:%M:%S"))
