"""Wording: every word, icon and colour by which the app names what was found."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import numpy as np

from app import PROGRAM
from diagnostics import Diagnosis, Key, Outlook, Pair, Run, Verdict
from trainer.job import Status

DASH = "\u2013"  # where there is no number
JOINER = "\u2060"  # takes no room; breaks what Streamlit would replace even where it is escaped
REPLACED = re.compile(r":(?=\S)|@(?=\S)|www(?=\.)|(?<!\S)(?:<->|->|<-|--|>=|<=|~=)(?!\S)")
PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


class Canaries(NamedTuple):
    """What the canaries show at the last point: recognised, expected by chance, and since which step above that."""

    now: float
    chance: float | None
    since: int | None


class Limit(NamedTuple):
    """How a threshold is asked for: ``scale`` times its value, from ``low`` to ``high``."""

    label: str
    about: str
    low: float
    high: float
    step: float
    scale: float = 1


class Lever(NamedTuple):
    """A regularizer in a few words: its name, what it does, and the strengths that are usual."""

    title: str
    about: str
    usual: str


class Look(NamedTuple):
    """How one state or verdict is shown: never by colour alone. ``glyph`` stands where no icon can, in a table cell."""

    word: str
    icon: str
    color: str
    glyph: str = ""


VERDICTS = {
    Verdict.DIVERGED: Look("Diverged", ":material/error:", "red", "✕"),
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
    "silent": Look("No sign of life", ":material/sensors_off:", "orange", "◌"),
    "written": Look("Being written", ":material/edit:", "blue", "●"),
    "ended": Look("Ended", ":material/history:", "gray", ""),
    "gone": Look("Files are gone", ":material/delete:", "orange", ""),
}

# what each verdict asks of the reader; the numbers stand in the diagnosis's own reason
ADVICE = {
    Verdict.DIVERGED: "The numbers have left the range in which anything is learned. Stop this run; a smaller learning "
    "rate or gradient clipping usually holds the next one.",
    Verdict.OVERFITTING: "From here on the network learns its training examples by heart. The weights of the best "
    "epoch are the ones to keep.",
    Verdict.UNSTABLE: "Training itself got worse too, so this is not overfitting. Look at the learning rate and the "
    "gradient norm around that point.",
    Verdict.PLATEAU: "Validation has stopped gaining while training goes on. Longer training will hardly help.",
    Verdict.IMPROVING: "Validation is still getting better. Let it train on.",
    Verdict.HEALTHY: "Validation holds its best within its own noise. Nothing needs to be done.",
    Verdict.TOO_EARLY: "A verdict comes with more epochs; the curves are drawn from the first one on.",
    Verdict.NO_VALIDATION: "Overfitting shows only on data that was not trained on. Log a validation loss once an "
    "epoch, for example as loss/val beside loss/train.",
}

ADVICE_WITHOUT_TRAIN = (
    "Whether it overfits shows only beside the training loss. Log that too, for example as loss/train."
)

# verdicts about what was logged, not about how the training goes: nothing to be sure or unsure of
CERTAIN = {Verdict.NO_VALIDATION, Verdict.TOO_EARLY}

# verdicts beside which a forecast would mislead
NO_OUTLOOK = {*CERTAIN, Verdict.DIVERGED}

NOTES = {
    "val_below_train": "Validation is better than training. Dropout, augmentation and penalties are on while the "
    "training loss is measured and off for validation, so this is common and no fault.",
    "memorising": "Training samples with random labels are recognised more often than chance allows: the network has "
    "begun to learn by heart. Nothing but memory can get them right.",
    "overconfident": "Validation loss rises while validation accuracy still improves: the network is right more often "
    "and too sure where it is wrong.",
    "scale_mismatch": "The two curves are on different scales, so they are unlikely to be the same quantity. Compare "
    "their shapes, not their distance.",
    "noisy_validation": "Validation jumps from point to point. A larger validation set would make the verdict surer.",
    "few_points": "There are few validation points, so small changes cannot be told from noise.",
    "flat": "Validation has hardly moved in the whole run: within a twentieth of its level. Either nothing is learned, "
    "or the run began where it ends; a larger learning rate or a longer look tells which.",
    "not_finite": "From some point on the numbers are NaN or infinite. The verdict goes by what came before.",
    "restarted": "The log holds more than one training. Only the newest one is judged and shown.",
}

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

# tag -> (title, one sentence on what it tells), in the order in which the charts stand
SERIES = {
    "loss/train": ("Training loss as optimised", "With penalties, dropout and augmentation in it."),
    "loss/val_scaled": ("Validation loss, calibrated", "After one fitted temperature, so without overconfidence."),
    "optim/lr": ("Learning rate", "At the end of each epoch."),
    "optim/lr_sum": ("Learning rate, summed", "Over the steps of each epoch."),
    "optim/grad_norm": ("Gradient norm", "Mean over the steps of the epoch; a jump often comes before a divergence."),
    "optim/update_norm": ("Update norm", "How far the weights moved in the epoch."),
    "weights/l2_norm": ("Weight norm (L2)", "Of all weight matrices; growth without end goes with overfitting."),
    "weights/sparsity": ("Sparsity", "Share of weights that are close to zero."),
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

REGULARIZERS = {
    "dropout": Lever("Dropout", "Leaves out activations at random, so that no unit can rely on another.", "0.1 to 0.3"),
    "spatial_dropout": Lever("Spatial dropout", "Leaves out whole feature maps of a CNN.", "0.05 to 0.2"),
    "dropconnect": Lever("DropConnect", "Leaves out single weights instead of activations.", "0.1 to 0.5"),
    "drop_path": Lever("DropPath", "Skips whole residual branches, deeper ones more often.", "0.05 to 0.3"),
    "weight_decay": Lever("Weight decay", "Shrinks the weights a little at every step.", "0.01 to 0.1"),
    "l1": Lever("L1", "Charges for every weight, so that many become exactly zero.", "0.00001 to 0.001"),
    "augmentation": Lever("Augmentation", "Crops, turns and recolours the images it trains on.", "the defaults"),
    "randaugment": Lever(
        "RandAugment", "Draws a few of many changes for each image.", "2 changes of magnitude 5 to 15"
    ),
    "label_smoothing": Lever("Label smoothing", "Asks for a little less than certainty.", "0.05 to 0.1"),
    "mixup": Lever("Mixup", "Trains on blends of two samples and their labels.", "0.1 to 0.4; 0.8 in a ViT"),
    "cutmix": Lever("CutMix", "Pastes a box of one image into another, and mixes the labels.", "1"),
    "gradient_clipping": Lever("Gradient clipping", "Shortens gradients that are too long.", "0.5 to 5"),
    "ema": Lever("EMA of the weights", "Judges and keeps a running average of the weights.", "0.99 to 0.9999"),
    "early_stopping": Lever("Early stopping", "Stops when validation has not improved for long.", "5 to 20 epochs"),
}

WELCOME = "See overfitting while it happens"
WHAT_IT_IS = (
    "Fitwatch reads the TensorBoard logs of your trainings, live or old, and says of each whether it overfits, since "
    "when and how sure that is. There are no trainings here yet; begin with one of these."
)
DEMONSTRATION_TITLE = "Watch a demonstration"
DEMONSTRATION = (
    "A small network learns handwritten digits from too few examples, in the background on this machine. It trains for "
    "a minute or two, and overfits within seconds."
)
OWN_LOGS_TITLE = "Open your own logs"
OWN_LOGS = "Type the folder that holds your event files under **Log folder** in the sidebar, or start the app with it:"
OWN_LOGS_COMMAND = f"{PROGRAM} path/to/logs"
FOLDER = "Log folder"
FOLDER_HELP = (
    "One run, a folder of runs, or any folder above; also a URL such as s3://bucket/logs. It is kept in the address, "
    "so the view can be shared."
)
REFRESH = "Look again"
REFRESH_HELP = "Pages with a live run follow it by themselves; this looks for runs that began since."
UNKNOWN_ARGUMENTS = "The app was started with {}, which it does not know. It takes --logdir FOLDER."
NO_FOLDER = "This cannot be opened"
NOTHING_THERE = "No trainings there"
NOTHING_THERE_WAY_OUT = (
    "Type another folder or URL under Log folder in the sidebar, or let a training write its event files there."
)
DEFAULT_FOLDER = "Open {} instead"
NO_FOLDER_WAY_OUT = (
    "Type another one under Log folder in the sidebar; a relative path starts where the app was started."
)
RUNS = "Runs"
RUN = "Run"
COLUMNS = {
    "best": "Best validation value",
    "at": "The epoch or step of the best validation value",
    "gap": "Validation minus training at the last point",
    "onset": "Where the overfitting began",
    "points": "How many validation points the verdict goes by; of training where there is no validation",
}
FILES = {  # kind -> words, icon, MIME type
    "csv": ("Table (CSV)", ":material/table:", "text/csv"),
    "json": ("Everything (JSON)", ":material/data_object:", "application/json"),
    "html": ("Report with curves (HTML)", ":material/description:", "text/html"),
}
PROBLEMS = "Not everything in the folder could be read ({})"
NO_RUN = "No such run here"
BACK = "All runs"
CRASHED = "The training crashed"
NEVER_BEGAN = "The training could not begin"
NOTHING_PRINTED = "(it printed nothing)"
NOTHING_YET = {
    "starting": "The training process is starting. Its first epoch shows up here by itself in a few seconds.",
    "running": "The training runs, and its first epoch is not finished yet. It shows up here by itself.",
    "paused": "The training is paused before its first epoch was finished. Resume it to see its curves.",
    "silent": "The training process is there but has not said anything for minutes. Stop it, and start it again.",
    "stopped": "The training was stopped before its first epoch was finished. Continue it to see its curves.",
    "failed": "It ended before its first epoch, so there is nothing to draw. Change its settings and train again.",
    "finished": "This training left no scalars in its log.",
    "written": "The log holds no scalars yet. Curves show up here by themselves with the first ones.",
    "ended": "The log holds no scalars, only other data. Fitwatch needs a training and a validation loss as scalars.",
    "gone": "The files of this run are gone.",
}
TRAIN = "Train {}"
VALIDATION = "Validation {}"
GAP = "Generalization gap"
BEST = "Best validation"
BEST_HELP = "The weights of this point are the ones to keep."
OVER = "last {}"
VERDICT = "Verdict"
ACTIONS = {
    "train_longer": "Train longer",
    "stop_at_best": "Keep the best epoch",
    "evaluate_more_often": "Evaluate more often",
    "larger_validation_set": "A larger validation set",
    "nothing": "Nothing to change",
}
CONFIDENCE = "{:.0%} sure"
TEXTBOOK = "Textbook check"
TEXTBOOK_HELP = (
    "The common rule: overfitting when the mean of the last 5 validation losses is more than 0.1 above training's "
    "while the last 10 rise. It misses what is small in numbers and flags healthy runs; it stands here to compare."
)
TEXTBOOK_SAYS = {
    True: Look("Overfitting", ":material/call_split:", "orange"),
    False: Look("Not overfitting", ":material/check:", "gray"),
}
TEXTBOOK_NOT_FINITE = "Cannot be computed: the last values are not all finite."
TEXTBOOK_NOT = "Does not apply: it needs a training and a validation loss over the same steps."
OUTLOOK_SURE = (0.1, 0.5)  # below the first, training on hardly pays; from the second on it does
OUTLOOKS = {
    (True, "low"): "Stop now",
    (True, "open"): "Could go either way",
    (True, "high"): "Train on",
    (False, "low"): "Training on would hardly pay",
    (False, "open"): "Training on could go either way",
    (False, "high"): "Training on would likely pay",
}
OUTLOOK_HELP = (
    "Curves of several shapes are fitted to validation and carried on many times with its own noise; the chance is how "
    "often a new best came out."
)
MEMORY = "Memorisation"
MEMORY_HELP = (
    "Some training samples carry random labels, the canaries. Nothing but memory can get them right more often than "
    "chance, so their accuracy tells when learning by heart begins, even without validation data."
)
MEMORY_ALT = "Share of the canaries that are recognised, beside the share that chance gives"
CANARIES = "Canaries recognised"
MORE = "More series"
MATCHED = "What was matched and what was skipped"
BY_HAND = Look("Matched by hand", ":material/touch_app:", "gray")
MATCHED_BY_HAND = "You chose these two series yourself; that is remembered on this machine for this run."
MATCH_AUTOMATICALLY = "Match automatically again"
SIDE_HELP = "Every series of the run. Another choice takes effect at once and is remembered on this machine."
SIDE_MISSING = "None was found"
TRAIN_SERIES = "Training series"
VAL_SERIES = "Validation series"
CANDIDATES = "What else there is"
CANDIDATES_ALT = "Other pairs of series of this run with how well they fit together, best first"
CANDIDATE_COLUMNS = ("Quantity", "Training series", "Validation series", "Score")
SCORE_HELP = (
    "How well two series go together as training and validation: their names, the folders they lie in, the steps they "
    "cover. From 5 on they can be a pair."
)
FORGOTTEN = "It takes effect, but cannot be remembered: {}"
# what the matcher adds to its reason, and the same for a person
MATCH_REMARKS = {
    "their names do not say what they measure": "Their names do not say what they measure, so they are taken for "
    "losses.",
    "the test set stands in for validation": "The test set stands in for validation.",
}
ACTS = {
    "demonstrate": ("Start the demonstration", ":material/play_arrow:"),
    "pause": ("Pause", ":material/pause:"),
    "unpause": ("Resume", ":material/play_arrow:"),
    "stop": ("Stop training", ":material/stop:"),
    "resume": ("Continue from checkpoint", ":material/resume:"),
    "again": ("Change and train again", ":material/tune:"),
}


def plain(text: str) -> str:
    """``text`` for a place that reads Markdown, so that it shows as it is: no markup, no icon, no colour, no link."""
    one_line = " ".join(text.split()) or "(no name)"
    joined = REPLACED.sub(lambda found: found[0][0] + JOINER + found[0][1:], one_line)
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


def reason(found: Diagnosis, run: Run | None) -> str:
    """The diagnosis's own sentence, with the axis named as the chart names it; or why there was nothing to judge."""
    if run is not None and run.primary is None:
        return sentence(run.why)
    return as_charted(found.reason, run)


def as_charted(text: str, run: Run | None) -> str:
    """A sentence about a run with "epoch 9" for "step 9" where the chart counts epochs."""
    return re.sub(r"\bstep(?= \d)", unit(run.x_axis if run is not None else None), text)


def advice(found: Diagnosis, run: Run | None) -> str:
    """What the verdict asks of the reader; nothing where the log holds nothing that could be judged."""
    if run is not None and run.primary is None:
        return ""
    one_sided = run is not None and run.val is not None and run.train is None
    return ADVICE_WITHOUT_TRAIN if one_sided else ADVICE[found.verdict]


def duration(minutes: float) -> str:
    """A time as a person says it, in one unit."""
    units = ((60 * 24, "day"), (60, "hour"), (1, "minute"), (1 / 60, "second"))
    size, word = next(((size, word) for size, word in units if minutes >= 1.5 * size), units[-1])
    count = max(1, round(minutes / size))
    return f"{count} {word}{'s' if count > 1 else ''}"


def ahead(seen: Outlook, run: Run) -> str:
    """How far the outlook looks, in epochs where validation counts them."""
    every = float(np.median(np.diff(run.val.steps))) if run.val is not None and len(run.val) > 1 else 0.0
    if run.x_axis == "epoch" and every >= 1:
        return f"{round(seen.points * every)} epochs"
    return f"{seen.points} validations"


def looks_ahead(seen: Outlook, run: Run, *, live: bool) -> tuple[str, str]:
    """Whether training on is worth it, in a word and in its numbers."""
    low, high = OUTLOOK_SURE
    word = OUTLOOKS[live, "low" if seen.chance < low else "high" if seen.chance >= high else "open"]
    took = f" ({duration(seen.minutes)})" if seen.minutes else ""
    more = f"the next {ahead(seen, run)}" if live else f"{ahead(seen, run)} more"
    return word, f"{seen.chance:.0%} chance of a new best in {more}{took}."


def memory(seen: Canaries, unit_word: str) -> str:
    """What the canaries say."""
    share = f"{seen.now:.0%} of the training samples with random labels are recognised"
    if seen.chance is None:
        return f"{share}. The log does not say how many would be by chance."
    if seen.since is None:
        return f"{share}, and chance alone gives about {seen.chance:.0%}: no memorisation so far."
    return f"Learning by heart began at {unit_word} {seen.since}: {share}, where chance gives {seen.chance:.0%}."


def signed(value: float) -> str:
    """A change with its sign."""
    return f"{value:+.3g}"


def axis(x_axis: str | None) -> str:
    """The title of the horizontal axis."""
    return unit(x_axis).capitalize()


def sentence(text: str) -> str:
    """A message as a sentence: a capital at its beginning, unless a path or a name stands there, and a full stop."""
    whole = text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text
    return whole if whole.endswith((".", "!", "?")) or not whole else f"{whole}."


def metric(pair: Pair | None) -> str:
    """What the main chart shows."""
    if pair is None:
        return "Loss"
    return "Summed loss" if pair.parts else title(pair.name)


def title(name: str) -> str:
    """A name as it stands over a chart."""
    return name[:1].upper() + name[1:]


def both(tags: list[str]) -> str:
    """Which series a chart with two sides shows."""
    return " and ".join(tags)


def short(name: str, most: int = 34) -> str:
    """A run's name for a narrow column: the end of a path tells more than its beginning."""
    return name if len(name) <= most else "\u2026" + name[1 - most :]


def progress(job: Status | None, age: float | None = None) -> str:
    """What stands behind a run's state: how far a training of our own is, or how long ago another one was written."""
    if job is not None:
        return f" {job.epoch}/{job.epochs}" if job.epochs else ""
    return f", {ago(age)}" if age is not None else ""


def state_cell(state: str, job: Status | None) -> str:
    """A run's state for a table cell."""
    look = STATES[state]
    return f"{look.glyph} {look.word}{progress(job)}".strip()


def best_at(step: int, unit_word: str, since: int | None) -> str:
    """Where the best point is, and how many points ago."""
    place = f"{unit_word.removesuffix('s')} {step}"
    return f"{place}, the last point" if not since else f"{place}, {since} points ago"


def nothing_in(place: str) -> str:
    """Of a place without runs: where was looked, and for what."""
    return f"Looked in {place} for files with tfevents in their name."


def no_such_run(name: str, place: str) -> str:
    """Of an address that names a run that is not in the folder, or none."""
    return f"{place} holds no run named {name}." if name else "Choose a run from the table of all runs."


def chart_alt(name: str) -> str:
    """The main chart for those who do not see it; short and fixed, as it must not change with the data."""
    return f"Training and validation curves of {name}; the verdict beside the chart says what they show"


def series(key: Key, run: Run) -> str:
    """A series as a menu names it."""
    return key.tag if key.run == run.name else f"{key.run} / {key.tag}"


def why_matched(run: Run) -> str:
    """Why these two series were taken, in words for a person; how close the next ones came."""
    pair = run.primary
    if (
        pair is None
        or not pair.train
        or not pair.val
        or pair.parts
        or not pair.score
        or " go together best" not in run.why
    ):
        return MATCHED_BY_HAND if by_hand(run) else sentence(run.why)
    why = f"{both([pair.train.tag, pair.val.tag])} fit together best of all series, with a score of {pair.score:g}"
    then = "no other pair came close"
    if run.runners_up:
        second = run.runners_up[0]
        then = f"the next, {both([key.tag for key in (second.train, second.val) if key])}, has {second.score:g}"
    remarks = [words for remark, words in MATCH_REMARKS.items() if remark in run.why]
    return " ".join([f"{why}; {then}.", *remarks])


def by_hand(run: Run | None) -> bool:
    """Whether a person chose the two series."""
    return run is not None and run.why == "chosen by hand"


def skipped(run: Run, empty: list[str]) -> list[str]:
    """What was left out, a sentence each; ``empty`` are tags without a number."""
    sessions = "" if run.sessions < 2 else f"The log holds {run.sessions} sessions; the newest is shown."
    lost = f"{run.skipped.records} damaged records were skipped." if run.skipped.records else ""
    blank = f"No finite value was logged in {', '.join(empty)}." if empty else ""
    return [line for line in (sessions, lost, blank, *run.skipped.files) if line] or ["Nothing was skipped."]
