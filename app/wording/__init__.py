"""Wording: the words, icons and colours that several pages share, and how they write numbers and names."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from diagnostics import Verdict
from diagnostics.report.run_names import shortened
from trainer.job import Status

DASH = "\u2013"  # where there is no number
JOINER = "\u2060"  # takes no room; breaks what Streamlit would replace even where it is escaped
REPLACED = re.compile(r":(?=\S)|@(?=\S)|www(?=\.)|(?<!\S)(?:<->|->|<-|--|>=|<=|~=)(?!\S)")
PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


class Look(NamedTuple):
    """How one state or verdict is shown: never by colour alone. ``glyph`` stands where no icon can, in a table cell."""

    word: str
    icon: str
    color: str
    glyph: str = ""


VERDICTS = {
    Verdict.DIVERGED: Look("Diverged", ":material/error:", "red", "✕"),
    Verdict.NOT_LEARNING: Look("Not learning", ":material/do_not_disturb_on:", "red", "○"),
    Verdict.OVERFITTING: Look("Overfitting", ":material/call_split:", "orange", "▲"),
    Verdict.UNSTABLE: Look("Unstable", ":material/ssid_chart:", "yellow", "≈"),
    Verdict.PLATEAU: Look("Plateau", ":material/trending_flat:", "violet", "→"),
    Verdict.IMPROVING: Look("Improving", ":material/trending_up:", "blue", "↗"),
    Verdict.HEALTHY: Look("Healthy", ":material/check_circle:", "green", "✓"),
    Verdict.TOO_EARLY: Look("Too early", ":material/hourglass_top:", "gray", "…"),
    Verdict.NO_VALIDATION: Look("No validation", ":material/visibility_off:", "gray", "?"),
}
NO_VERDICT = Look("No verdict", ":material/help:", "gray", "?")
STATES = {
    "starting": Look("Starting", ":material/hourglass_top:", "blue", "◌"),
    "running": Look("Training", ":material/play_circle:", "blue", "●"),
    "paused": Look("Paused", ":material/pause_circle:", "gray", "‖"),
    "stopped": Look("Stopped", ":material/stop_circle:", "gray", "■"),
    "finished": Look("Finished", ":material/flag:", "gray", ""),
    "failed": Look("Crashed", ":material/report:", "red", "✕"),
    "silent": Look("Not responding", ":material/sensors_off:", "orange", "◌"),
    "written": Look("Live", ":material/edit:", "blue", "●"),
    "ended": Look("Ended", ":material/history:", "gray", ""),
    "gone": Look("Files missing", ":material/delete:", "orange", ""),
}

# what each verdict asks of the reader; the numbers stand in the diagnosis's own reason
ADVICE = {
    Verdict.DIVERGED: "The loss has left the range in which anything is learned. Stop this run; a lower learning rate "
    "or gradient clipping usually prevents this in the next one.",
    Verdict.OVERFITTING: "From here on, the network memorises its training examples. Keep the weights of the best "
    "epoch.",
    Verdict.UNSTABLE: "The curves do not show overfitting by themselves. Check the learning rate, the gradient norm "
    "and the validation data.",
    Verdict.PLATEAU: "Validation has stopped improving while training continues. Keep the weights of the best epoch.",
    Verdict.IMPROVING: "Validation is still improving: the training has not converged yet.",
    Verdict.HEALTHY: "Validation stays at its best, within its own noise. Nothing needs to change.",
    Verdict.NOT_LEARNING: "Nothing has been learned: check the learning rate, the labels and whether all weights are "
    "trained.",
    Verdict.TOO_EARLY: "A verdict needs more epochs. The curves are drawn from the first one on.",
    Verdict.NO_VALIDATION: "Overfitting only shows on data that was not trained on. Log a validation loss every epoch, "
    "for example as loss/val next to loss/train.",
}
BORDERLINE_OVERFITTING = (
    "Validation may be getting worse. Keep the weights of the best epoch, and see what the next ones show."
)
DEFAULT_FOLDER = "Open {} instead"
RUN = "Run"
COLUMNS = {
    "best": "Best validation value",
    "at": "Epoch or step of the best validation value",
    "gap": "Validation minus training at the last point",
    "onset": "Where overfitting began",
    "points": "Number of validation points the verdict is based on; of training points where there is no validation",
}
FILES = {  # kind -> words, icon, MIME type
    "csv": ("Table (CSV)", ":material/table:", "text/csv"),
    "json": ("Everything (JSON)", ":material/data_object:", "application/json"),
    "html": ("Report with curves (HTML)", ":material/description:", "text/html"),
}
BACK = "All runs"
LEFT = "about {} left"
NOTHING_PRINTED = "(no output)"
BAD_NAME = "A name must be a single folder name: without / or \\, and not just . or .."
FORGOTTEN = "The change applies now but can't be saved: {}"
ACTS = {
    "demonstrate": ("Start the demonstration", ":material/play_arrow:"),
    "pause": ("Pause", ":material/pause:"),
    "unpause": ("Resume", ":material/play_arrow:"),
    "stop": ("Stop training", ":material/stop:"),
    "resume": ("Continue from checkpoint", ":material/resume:"),
    "again": ("Edit and train again", ":material/tune:"),
}


def plain(text: str) -> str:
    """``text`` for a place that reads Markdown, so that it shows as it is: no markup, no icon, no colour, no link."""
    one_line = " ".join(text.split()) or "(no name)"
    joined = REPLACED.sub(lambda match: match[0][0] + JOINER + match[0][1:], one_line)
    return PUNCTUATION.sub(r"\\\1", joined)


def number(value: float | None) -> str:
    """Four significant digits, as a person would write them; a dash where there is none."""
    return DASH if value is None or math.isnan(value) else f"{value:.4g}"


def unit(x_axis: str | None, count: int | None = None) -> str:
    """What the horizontal axis counts: "epoch" or "step", in the plural unless ``count`` is 1 or left out."""
    word = "epoch" if x_axis == "epoch" else "step"
    return word if count in (1, None) else f"{word}s"


def ago(seconds: float) -> str:
    """How long ago, in the largest whole unit."""
    units = ((365.25 * 86400, "year"), (30.44 * 86400, "month"), (86400, "day"), (3600, "hour"), (60, "minute"))
    for size, word in units:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    return "just now"


def duration(minutes: float) -> str:
    """A time as a person says it, in one unit."""
    units = ((60 * 24, "day"), (60, "hour"), (1, "minute"), (1 / 60, "second"))
    size, word = next(((size, word) for size, word in units if minutes >= 1.5 * size), units[-1])
    count = max(1, round(minutes / size))
    return f"{count} {word}{'s' if count > 1 else ''}"


def sentence(text: str) -> str:
    """A message as a sentence: a capital at its beginning, unless a path or a name stands there, and a full stop."""
    whole = text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text
    return whole if whole.endswith((".", "!", "?")) or not whole else f"{whole}."


def title(name: str) -> str:
    """A name as it stands over a chart."""
    return name[:1].upper() + name[1:]


def short(name: str, most: int = 34) -> str:
    """A run's name for a narrow column: its beginning and its end, which tell more of a path than its middle."""
    return shortened(name, most)


def progress(job: Status | None, age: float | None = None) -> str:
    """What stands behind a run's state: how far a training of our own is, or how long ago another one was written."""
    if job is not None:
        return f" {job.epoch}/{job.epochs}" if job.epochs else ""
    return f", updated {ago(age)}" if age is not None else ""
