"""Train: the words of the page that puts a training together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from app.draft import DEFAULTS, Draft, ends, value_of
from app.views.train.suggestion import rounded
from app.wording import sentence
from app.wording.levers import REGULARIZERS, setting_label
from diagnostics import Recommendation
from trainer.presets import PRESETS
from trainer.strengths import USUAL, Setting

TRAINING = "Train"
TRAINING_ABOUT = (
    "Set up a training and start it. It runs in the background on this machine, whether or not this page is open."
)
# the settings of a training in groups, the last one folded; what stands in none is in the last
GROUPS = {
    "Data": ("dataset", "target", "train_size", "val_share", "test_share"),
    "Network": ("model", "width", "depth"),
    "Optimization": ("epochs", "batch_size", "optimizer", "lr", "schedule", "warmup", "momentum", "seed"),
}
MORE_SETTINGS = "More settings"
AUTOMATIC = "automatic"
WHEN_EMPTY = {
    "train_size": "all",
    "width": "default",
    "depth": "default",
    "threads": "automatic",
}
PRESET = "Preset"
PRESET_HELP = "Sets the regularizers and the learning rate below. You can change every value afterwards."
OWN_PRESET = "Custom values"
NO_REGULARIZER = "no regularizer"
LEVERS = "Regularizers"
START_LINE = "Suggested start"
USE_START = "Use these"
CORRECT_FIRST = "Correct the values that are marked in red."
START = "Start training"
START_TITLE = "New training"
RUN_STEM = "Name"
RUN_STEM_HELP = "A number is appended, so no run is overwritten."
COMMAND = "The same from a terminal"
WRITES = "Writes to {}"
AT_WORK = "Running now"
NONE_AT_WORK = "No training is running. Finished ones are listed on the Overview page."
LOG_TAIL = "Last lines of its output"
OPEN_RUN = "Open"
LOCAL_ONLY = "Training needs a folder on this machine"
LOCAL_ONLY_WAY_OUT = "You are viewing a URL. Enter a folder under Log folder in the sidebar to train into it."


def other_settings() -> tuple[str, ...]:
    """The settings that stand in no group."""
    grouped = {name for names in GROUPS.values() for name in names}
    return tuple(name for name in DEFAULTS if name not in grouped)


def applies(name: str, draft: Draft) -> bool:
    """Whether a setting means something beside the others."""
    if name == "target":
        return str(value_of(draft, "dataset")).startswith("csv:")
    return name != "momentum" or value_of(draft, "optimizer") == "sgd"


def meaning(about: Setting) -> str:
    """What a setting of a regularizer means, and what it may be."""
    sentence_of = sentence(about.meaning)
    span = ends(about)
    if span is None:
        return sentence_of
    low, high, from_low, to_high = span
    if math.isinf(high):
        return f"{sentence_of} {'At least' if from_low else 'Above'} {low:g}."
    return f"{sentence_of} {'From' if from_low else 'Above'} {low:g} {'to' if to_high else 'and below'} {high:g}."


def preset_line(name: str) -> str:
    """A preset with its values in one line."""
    values = [
        f"{setting_label(key).lower()} {value:g}" for key, value in PRESETS[name].items() if key != "regularizers"
    ]
    for regularizer, settings in PRESETS[name].get("regularizers", {}).items():
        strengths = " / ".join(f"{value:g}" for value in settings.values())
        values.append(f"{REGULARIZERS[regularizer].title.lower()} {strengths}".strip())
    return f"{name}: {', '.join(values) or NO_REGULARIZER}"


def start_line(starts: Sequence[Recommendation]) -> str:
    """What to start with, in a line."""
    strengths = [
        f"{REGULARIZERS[each.lever].title.lower()} **{rounded(each.suggested):g}**" for each in starts if each.suggested
    ]
    return f"{START_LINE}: {', '.join(strengths) or NO_REGULARIZER}"


def start_help(starts: Sequence[Recommendation]) -> str:
    """The reasons and the sources."""
    return " ".join(f"{each.why} Source: {each.source}." for each in starts)


def typical(regularizer: str, start: Recommendation | None = None) -> str:
    """Which strengths of a regularizer published recipes use, and which one to start with."""
    low, high = (np.format_float_positional(strength, trim="-") for strength in USUAL[regularizer].typical)
    first = "" if start is None or start.suggested is None else f" {START_LINE}: {rounded(start.suggested):g}."
    return f"Typical: {low} to {high}.{first}"
