"""Run: the words of the page of one run."""

from __future__ import annotations

import numpy as np

from app.wording import ADVICE, BORDERLINE_OVERFITTING, Look, duration, sentence
from app.wording.charts import Canaries
from app.wording.levers import REGULARIZERS
from diagnostics import Diagnosis, Outlook, Run, Verdict
from diagnostics.confidence import in_words
from diagnostics.diagnosis import CheckNotRun
from diagnostics.report import words as diagnostics_words

CHART_HELP = (
    "Drag a box to zoom in, Shift+drag to pan, Ctrl+wheel to zoom, double-click to reset. Shaded: the gap. Ring: the "
    "best validation."
)
RUN_CSV = "All series as CSV"
RUN_JSON = "Run as JSON"
RUN_HTML = "Report as HTML"

# states that ask for something although there are curves: what it means, and the way out
STATES_SAY = {
    "paused": "Training is paused. Resume it, or stop it and continue later.",
    "silent": "The training process is there but has not responded for minutes. It may hang, or an epoch may take "
    "long. If nothing happens, stop it and continue from its checkpoint.",
    "stopped": "Training was stopped early. Continue from its checkpoint to pick up exactly where it left off.",
    "gone": "The files of this run are missing; what is shown was read earlier. Restore them to continue.",
}
TREND = "Validation trend"
TREND_HELP = "Change in validation per point, from a line through its last {} points. Below 0, it falls."
NORM = "Weight norm"
NORM_HELP = "L2 norm of all weight matrices. Unbounded growth often accompanies overfitting."
SPARSITY = "Sparsity"
SPARSITY_HELP = "Share of weights close to zero."
RATIO = "Update ratio"
RATIO_HELP = "How far each epoch moves the weights, relative to their norm. It shrinks as training settles."
LAYER_MAP_ALT = "{} of every layer over the run, as color"
QUANTITY = "Quantity"
GREW = "{}, relative to its first value"
OTHER_LAYERS = "The first {} of {} layers."
AUDIT = "Are the regularizers really on?"
AUDIT_ON = Look("On", ":material/check:", "green")
AUDIT_DOUBTFUL = Look("Not as configured", ":material/warning:", "orange")
AUDITED = "Found active in the model and the optimizer."
AS_LOGGED = "According to the log. Only runs of Fitwatch's own trainer are checked."
OFF = "Off: {}."
ADVICE_WITHOUT_TRAIN = (
    "Overfitting can only be judged next to the training loss. Log it too, for example as loss/train."
)

# verdicts about what was logged, not about how the training goes: nothing to be sure or unsure of
CERTAIN = diagnostics_words.CERTAIN

# verdicts that say the probability themselves, or beside which there is none to speak of
SAYS_PROBABILITY = {*CERTAIN, Verdict.OVERFITTING, Verdict.DIVERGED, Verdict.NOT_LEARNING}
NOTES = {
    "val_below_train": "Validation is better than training. This is common and usually harmless: dropout, "
    "augmentation and penalties raise the training loss but not the validation loss.",
    "memorizing": "Training samples with random labels are recognized more often than chance allows. Only memorization "
    "explains that.",
    "overconfident": "Validation loss rises more than the errors do: the network is hardly less right than before, but "
    "too confident where it is wrong.",
    "scale_mismatch": "The two curves are on different scales, so they probably measure different quantities. Compare "
    "their shapes, not their values.",
    "noisy_validation": "Validation jumps from point to point. A larger validation set would make the verdict more "
    "certain.",
    "few_points": "There are few validation points, so small changes can't be told from noise.",
    "flat": "Validation has barely moved in the whole run, by less than a twentieth of its level. Either nothing is "
    "learned, or the run started where it ended. A higher learning rate or a longer run will tell.",
    "not_finite": "Some values are NaN or infinite. The verdict is based on the others.",
    "other_loss_overfits": "Another validation loss of this run overfits by itself.",
    "metric_only": "Validation is judged by a metric, not by a loss: weaker evidence, because a metric moves in steps.",
    "disagree": "Validation loss and accuracy were not best at the same point. Decide which of the two counts.",
    "below_sampling_error": "The rise is smaller than the sampling error of a validation set of this size.",
    "data_limit": "The data is the limit: cleaner labels or more data would help more than regularization.",
    "level_shift": "Validation jumped once and has stood there since. Check what changed in the validation data.",
    "lr_changed": "Validation jumped where the learning rate changed.",
    "resumed": "Validation jumped where the training was resumed.",
    "augmentation_off": "Validation jumped where an augmentation was switched off.",
    "epoch_steps": "Validation rises in steps at the ends of epochs: each pass over the same samples adds to it.",
    "restarted": "The log contains more than one training. Only the newest is judged and shown.",
}
NO_RUN = "Run not found"
UNSAVED = "Not saved yet: {}. Training goes on with everything in memory, and tries again."
CRASHED = "The training crashed"
NEVER_BEGAN = "The training could not start"
NOTHING_YET = {
    "starting": "The training process is starting. Its first epoch will appear here in a few seconds.",
    "running": "The first epoch is still running. It will appear here when it is done.",
    "paused": "Training was paused before the first epoch finished. Resume it to see its curves.",
    "silent": "The training process is there but has not responded for minutes. Stop it and start it again.",
    "stopped": "Training was stopped before the first epoch finished. Continue it to see its curves.",
    "failed": "It ended before its first epoch, so there is nothing to draw. Edit its settings and train again.",
    "finished": "This training logged no scalars.",
    "written": "The log contains no scalars yet. Curves will appear here with the first ones.",
    "ended": "The log contains no scalars, only other data. Fitwatch needs a training and a validation loss as "
    "scalars.",
    "gone": "The files of this run are missing.",
}
OVER = "last {}"
CONFIDENCE = "{}, {:.0%}"
CONFIDENCE_HELP = "How certain the verdict is. Clear: at least 90%. Likely: at least 70%. Borderline: below that."
PROBABILITY = "Chance that training past the best point cost test loss: {:.0%}."
OTHER_LOSSES = "Other validation losses"
CHECKS_NOT_RUN = "Checks that could not run"
CHECKS_NOT_NEEDED = "Checks that do not apply to this run"
CHECKS = {
    "sampling_error": "Sampling error of validation",
    "gap": "Generalization gap",
    "clean_train": "Training loss without regularization",
    "accuracy": "Validation accuracy",
    "chance_level": "Chance level",
    "learning_rate": "Changes of the learning rate",
    "epoch_borders": "Steps at the ends of epochs",
    "resume": "Resumed training",
    "augmentation": "Augmentation switched off",
    "canaries": "Canaries",
    "label_noise": "Label noise",
}
ONLY_WHERE_USED = {"resume", "augmentation", "canaries"}  # checks of what a run need not have
TEXTBOOK = "Textbook check"
TEXTBOOK_HELP = (
    "The common rule of thumb: overfitting if the mean of the last 5 validation losses is more than 0.1 above that of "
    "training while the last 10 rise. It misses small losses and flags healthy runs; it is shown for comparison."
)
TEXTBOOK_SAYS = {
    True: Look("Overfitting", ":material/call_split:", "orange"),
    False: Look("Not overfitting", ":material/check:", "gray"),
}
TEXTBOOK_DIFFERS = {  # what it finds, and whether the last validation losses rise
    (True, True): "It differs from the verdict because it takes any such rise for overfitting, also one that is noise "
    "or has another cause.",
    (False, True): "It differs from the verdict because it counts no gap up to 0.1, however small the loss itself is.",
    (False, False): "It differs from the verdict because it sees the last 10 points alone: validation rose before them "
    "and has stayed above its best.",
}
TEXTBOOK_NOT_FINITE = "Can't be computed: some of the last values are not finite."
TEXTBOOK_NOT = "Not applicable: it needs a training and a validation loss over the same steps."
OUTLOOK_SURE = (0.1, 0.5)  # below the first, training longer hardly helps; from the second on it likely does
OUTLOOKS = {
    (True, "low"): "Stop now",
    (True, "open"): "Could go either way",
    (True, "high"): "Keep training",
    (False, "low"): "A new best is unlikely",
    (False, "open"): "A new best is possible",
    (False, "high"): "A new best is likely",
}
OUTLOOK_HELP = (
    "Several curve shapes are fitted to validation and extrapolated many times with its own noise. The chance is how "
    "often that gave a new best."
)
MEMORY = "Memorization"
MEMORY_HELP = (
    "Some training samples, the canaries, have random labels. Only memorization can get them right more often than "
    "chance, so their accuracy shows when it starts, even without validation data."
)
MEMORY_ALT = "Share of canaries recognized, compared with chance"
SETTINGS = "Settings"
SETTINGS_ALT = "The settings of this run, and those of the run that it is compared with where they differ"
NO_SETTINGS = "No settings were found beside this log."
COMPARED_WITH = "Compare with"
NOBODY = "No other run"
NOTHING_DIFFERS = "No setting differs."
SETTING_COLUMNS = ("Setting", "Value")
WHY = "Why this verdict"
HOW = "How to set it in your code"
WEIGHTS = "Weights and layers"
SERIES = "Series and settings"
PINNED = "Series pinned below the chart"
PIN = Look("Pin below the main chart", ":material/keep:", "gray")
UNPIN = Look("Unpin", ":material/keep_off:", "gray")
NO_WEIGHTS = "Nothing was logged about the weights. Fitwatch's trainer logs norms and sparsity of every layer."


def audited(finding: str, *, ours: bool) -> tuple[Look, str]:
    """Whether a regularizer of which the audit found that is on, and why one can say so."""
    if finding:
        return AUDIT_DOUBTFUL, finding
    return AUDIT_ON, AUDITED if ours else AS_LOGGED


def regularizer(name: str) -> str:
    """A regularizer as a person calls it."""
    return REGULARIZERS[name].title if name in REGULARIZERS else name


def reason(diagnosis: Diagnosis, run: Run | None) -> str:
    """The diagnosis's own sentence, with the axis named as the chart names it; or why there was nothing to judge."""
    if run is not None and run.primary is None:
        return sentence(run.why)
    return as_charted(diagnosis.reason, run)


def textbook_differs(flagged: bool, *, rises: bool) -> str:
    """Why the textbook check does not say what the verdict says."""
    return TEXTBOOK_DIFFERS[flagged, flagged or rises]


def confidence(diagnosis: Diagnosis) -> str:
    """How certain the verdict is, as a word and as a number."""
    return CONFIDENCE.format(in_words(diagnosis.confidence).capitalize(), diagnosis.confidence)


def check(missing: CheckNotRun) -> str:
    """A check that could not run, and why."""
    return f"{CHECKS.get(missing.check, missing.check)}: {missing.reason}."


def as_charted(text: str, run: Run | None) -> str:
    """A sentence about a run with "epoch 9" or "tree 9" for "step 9" where the chart counts these."""
    return diagnostics_words.as_charted(text, run.unit if run is not None else None)


def advice(diagnosis: Diagnosis, run: Run | None) -> str:
    """What the verdict asks of the reader; nothing where the log holds nothing that could be judged."""
    if run is not None and run.primary is None:
        return ""
    one_sided = run is not None and run.val is not None and run.train is None and run.train_loss is None
    if diagnosis.verdict == Verdict.OVERFITTING and in_words(diagnosis.confidence) == "borderline":
        return BORDERLINE_OVERFITTING
    return ADVICE_WITHOUT_TRAIN if one_sided else ADVICE[diagnosis.verdict]


def ahead(outlook: Outlook, run: Run) -> tuple[int, str]:
    """How far the outlook looks, in epochs where validation counts them."""
    every = float(np.median(np.diff(run.val.steps))) if run.val is not None and len(run.val) > 1 else 0.0
    if run.x_axis == "epoch" and every >= 1:
        return round(outlook.points * every), "epochs"
    return outlook.points, "validations"


def is_likely(outlook: Outlook) -> bool:
    """Whether a new best is likelier than not."""
    return outlook.chance >= OUTLOOK_SURE[1]


def looks_ahead(outlook: Outlook, run: Run, *, live: bool) -> tuple[str, str]:
    """Whether training longer is worth it, in a word and in its numbers."""
    likely = "high" if is_likely(outlook) else "open"
    word = OUTLOOKS[live, "low" if outlook.chance < OUTLOOK_SURE[0] else likely]
    took = f" ({duration(outlook.minutes)})" if outlook.minutes else ""
    count, unit_word = ahead(outlook, run)
    more = f"the next {count} {unit_word}" if live else f"{count} more {unit_word}"
    return word, f"{outlook.chance:.0%} chance of a new best in {more}{took}."


def memory(canaries: Canaries, unit_word: str) -> str:
    """What the canaries say."""
    share = f"{canaries.now:.0%} of the training samples with random labels are recognized"
    if canaries.chance is None:
        return f"{share}. The log does not say what chance would give."
    if canaries.since is None:
        return f"{share}; chance gives about {canaries.chance:.0%}. No memorization so far."
    began = f"Memorization began at {unit_word} {canaries.since}"
    return f"{began}: {share}, where chance gives {canaries.chance:.0%}."


def no_such_run(name: str, place: str) -> str:
    """Of an address that names a run that is not in the folder, or none."""
    return f"{place} contains no run named {name}." if name else "Choose a run on the Overview page."


def chart_alt(metric: str, name: str) -> str:
    """The main chart for those who do not see it; short and fixed, as it must not change with the data."""
    return f"{metric} in training and validation of {name}; the verdict above the chart says what they show"
