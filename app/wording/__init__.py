"""Wording: the words, icons and colors that several pages share, and how they write numbers and names."""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import NamedTuple

from diagnostics import Verdict
from diagnostics.report import words
from diagnostics.report.neutral import printable
from diagnostics.report.run_names import shortened
from trainer.job import Status

DASH, number, title = words.DASH, words.number, words.title
better, expectation, spread = words.better, words.expectation, words.spread
JOINER = "\u2060"  # takes no room; breaks what Streamlit would replace even where it is escaped
REPLACED = re.compile(r":(?=\S)|@(?=\S)|www(?=\.)|(?<!\S)(?:<->|->|<-|--|>=|<=|~=)(?!\S)")
PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


class Look(NamedTuple):
    """How one state or verdict is shown: never by color alone. ``glyph`` stands where no icon can, in a table cell."""

    word: str
    icon: str
    color: str
    glyph: str = ""


ICONS = {
    Verdict.DIVERGED: (":material/error:", "red"),
    Verdict.NOT_LEARNING: (":material/do_not_disturb_on:", "red"),
    Verdict.OVERFITTING: (":material/call_split:", "orange"),
    Verdict.UNSTABLE: (":material/ssid_chart:", "yellow"),
    Verdict.PLATEAU: (":material/trending_flat:", "violet"),
    Verdict.IMPROVING: (":material/trending_up:", "blue"),
    Verdict.HEALTHY: (":material/check_circle:", "green"),
    Verdict.TOO_EARLY: (":material/hourglass_top:", "gray"),
    Verdict.NO_VALIDATION: (":material/visibility_off:", "gray"),
}
VERDICTS = {verdict: Look(name.word, *ICONS[verdict], name.glyph) for verdict, name in words.VERDICTS.items()}
ADVICE, BORDERLINE_OVERFITTING = words.ADVICE, words.BORDERLINE_OVERFITTING
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
LONGEST_NAME = 200  # bytes: a file system takes 255, of which a number and a trial's ending need some
LONG_NAME = "The name is too long. A folder's name has room for about 200 letters."
BAD_NAME = "A name must be a single folder name: without / or \\, and not just . or .."
FORGOTTEN = "The change applies now but can't be saved: {}"
ACTS = {
    "demonstrate": ("Start the demonstration", ":material/play_arrow:"),
    "pause": ("Pause", ":material/pause:"),
    "unpause": ("Resume", ":material/play_arrow:"),
    "stop": ("Stop training", ":material/stop:"),
    "resume": ("Continue from checkpoint", ":material/resume:"),
    "repair": ("Repair", ":material/healing:"),
    "again": ("Edit and train again", ":material/tune:"),
}
ACTS_HELP = {
    "repair": "After this epoch, training goes back to its best weights and continues from there with the suggested "
    "strengths.",
}


def plain(text: str) -> str:
    """``text`` for a place that reads Markdown, so that it shows as it is: no markup, no icon, no color, no link.

    A control character is shown as its escape.
    """
    one_line = printable(" ".join(text.split())) or "(no name)"
    joined = REPLACED.sub(lambda match: match[0][0] + JOINER + match[0][1:], one_line)
    return PUNCTUATION.sub(r"\\\1", joined)


def ago(seconds: float) -> str:
    """How long ago, in the largest whole unit."""
    units = ((365.25 * 86400, "year"), (30.44 * 86400, "month"), (86400, "day"), (3600, "hour"), (60, "minute"))
    for size, word in units:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    return "just now"


def duration(minutes: float) -> str:
    """A time as short as a person writes it: ``45 s``, ``12 min``, ``1 h 30 min``, ``2 d 4 h``."""
    if minutes < 1:
        return f"{max(1, min(59, round(60 * minutes)))} s"
    whole = round(minutes)
    if whole < 60:
        return f"{whole} min"
    larger, size, units = (whole, 60, ("h", "min")) if whole < 24 * 60 else (round(whole / 60), 24, ("d", "h"))
    first, rest = divmod(larger, size)
    return f"{first} {units[0]}" + (f" {rest} {units[1]}" if rest else "")


def rate(value: float) -> str:
    """A learning rate as practitioners write it: ``0.01``, ``1e-3``, ``2.5e-4``."""
    short = float(f"{value:.3g}")
    if not 0 < short < 0.01:
        return f"{short:g}"
    digits, power = f"{short:e}".split("e")
    return f"{float(digits):g}e{int(power)}"


def sentence(text: str) -> str:
    """A message as a sentence: a capital at its beginning, unless a path or a name stands there, and a full stop."""
    whole = text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text
    return whole if whole.endswith((".", "!", "?")) or not whole else f"{whole}."


def from_home(place: str) -> str:
    """A folder as a person would write it: from their own folder on, where it lies in that."""
    path, home = PurePath(place), Path.home()
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) and path != home else place


def short(name: str, most: int = 34) -> str:
    """A run's name for a narrow column: its beginning and its end, which tell more of a path than its middle."""
    return shortened(name, most)


def progress(job: Status | None, age: float | None = None) -> str:
    """What stands behind a run's state: how far a training of our own is, or how long ago another one was written."""
    if job is not None:
        return f" {job.epoch}/{job.epochs}" if job.epochs else ""
    return f", updated {ago(age)}" if age is not None else ""
