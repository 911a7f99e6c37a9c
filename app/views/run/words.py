"""Run: the words of the page of one run."""

from __future__ import annotations

import re

import numpy as np

from app.wording import ADVICE, Look, duration, sentence, unit
from app.wording.charts import Canaries
from app.wording.levers import REGULARIZERS
from diagnostics import Diagnosis, Outlook, Run, Verdict

CHART_HELP = (
    "Drag to move, Ctrl and wheel to zoom, double-click for all. Shaded: the gap. Ring: the best validation. An "
    "automatic scale is logarithmic once the largest value is more than {:g} times the smallest. Smoothing is a moving "
    "average that never crosses a missing value; the faint line behind is what was logged."
)
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
NO_RUN = "No such run here"
CRASHED = "The training crashed"
NEVER_BEGAN = "The training could not begin"
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
BEST = "Best validation"
BEST_HELP = "The weights of this point are the ones to keep."
OVER = "last {}"
VERDICT = "Verdict"
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
MORE = "More series"


def audited(finding: str, *, ours: bool) -> tuple[Look, str]:
    """Whether a regularizer of which the audit found that is on, and why one can say so."""
    if finding:
        return AUDIT_DOUBTFUL, finding
    return AUDIT_ON, AUDITED if ours else AS_LOGGED


def regularizer(name: str) -> str:
    """A regularizer as a person calls it."""
    return REGULARIZERS[name].title if name in REGULARIZERS else name


def called(name: str, place: str) -> str:
    """What a run is called: by its folder's name where it is the whole place."""
    return place.rstrip("/").rpartition("/")[2] or name if name == "." else name


def reason(diagnosis: Diagnosis, run: Run | None) -> str:
    """The diagnosis's own sentence, with the axis named as the chart names it; or why there was nothing to judge."""
    if run is not None and run.primary is None:
        return sentence(run.why)
    return as_charted(diagnosis.reason, run)


def as_charted(text: str, run: Run | None) -> str:
    """A sentence about a run with "epoch 9" for "step 9" where the chart counts epochs."""
    return re.sub(r"\bstep(?= \d)", unit(run.x_axis if run is not None else None), text)


def advice(diagnosis: Diagnosis, run: Run | None) -> str:
    """What the verdict asks of the reader; nothing where the log holds nothing that could be judged."""
    if run is not None and run.primary is None:
        return ""
    one_sided = run is not None and run.val is not None and run.train is None
    return ADVICE_WITHOUT_TRAIN if one_sided else ADVICE[diagnosis.verdict]


def ahead(outlook: Outlook, run: Run) -> str:
    """How far the outlook looks, in epochs where validation counts them."""
    every = float(np.median(np.diff(run.val.steps))) if run.val is not None and len(run.val) > 1 else 0.0
    if run.x_axis == "epoch" and every >= 1:
        return f"{round(outlook.points * every)} epochs"
    return f"{outlook.points} validations"


def looks_ahead(outlook: Outlook, run: Run, *, live: bool) -> tuple[str, str]:
    """Whether training on is worth it, in a word and in its numbers."""
    low, high = OUTLOOK_SURE
    word = OUTLOOKS[live, "low" if outlook.chance < low else "high" if outlook.chance >= high else "open"]
    took = f" ({duration(outlook.minutes)})" if outlook.minutes else ""
    more = f"the next {ahead(outlook, run)}" if live else f"{ahead(outlook, run)} more"
    return word, f"{outlook.chance:.0%} chance of a new best in {more}{took}."


def memory(canaries: Canaries, unit_word: str) -> str:
    """What the canaries say."""
    share = f"{canaries.now:.0%} of the training samples with random labels are recognised"
    if canaries.chance is None:
        return f"{share}. The log does not say how many would be by chance."
    if canaries.since is None:
        return f"{share}, and chance alone gives about {canaries.chance:.0%}: no memorisation so far."
    return (
        f"Learning by heart began at {unit_word} {canaries.since}: {share}, where chance gives {canaries.chance:.0%}."
    )


def signed(value: float) -> str:
    """A change with its sign."""
    return f"{value:+.3g}"


def best_at(step: int, unit_word: str, since: int | None) -> str:
    """Where the best point is, and how many points ago."""
    place = f"{unit_word.removesuffix('s')} {step}"
    return f"{place}, the last point" if not since else f"{place}, {since} points ago"


def no_such_run(name: str, place: str) -> str:
    """Of an address that names a run that is not in the folder, or none."""
    return f"{place} holds no run named {name}." if name else "Choose a run from the table of all runs."


def chart_alt(name: str) -> str:
    """The main chart for those who do not see it; short and fixed, as it must not change with the data."""
    return f"Training and validation curves of {name}; the verdict beside the chart says what they show"
