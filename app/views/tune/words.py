"""Tune: the words of the page that shows what searches have found."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from statistics import fmean, variance
from typing import Any

from app.wording import Look, title
from app.wording.levers import REGULARIZERS
from trainer import PROGRAM
from trainer.tuning.study import BestTrial, FactorEffect, Study, StudyTrial

TUNE = "Tune"
STUDY = "Study"
STATES = {
    "running": Look("Running", ":material/play_circle:", "blue", "●"),
    "stopped": Look("Not running", ":material/pause_circle:", "gray", "■"),
    "finished": Look("Finished", ":material/flag:", "gray", ""),
}
TRIAL_STATES = {
    "complete": Look("Complete", ":material/check_circle:", "green", "✓"),
    "running": Look("Running", ":material/play_circle:", "blue", "●"),
    "pruned": Look("Pruned", ":material/content_cut:", "gray", "✂"),
    "failed": Look("Failed", ":material/error:", "red", "✕"),
}
NO_STUDY = "No study here yet"
NO_STUDY_ABOUT = (
    "A study searches for the regularizer strengths with which a run does best. It repeats the training with other "
    "strengths, stops hopeless ones early, and shows what it found."
)
RUN = "Run to improve"
RUNS = "Trials"
RUNS_HELP = "Each trial repeats the training with other strengths. Those that can't win are stopped early."
RUNS_REFUSED = "{:,} trials are not possible: a search takes {} to {}."
START = "Start the search"
NO_RUN_TO_TUNE = "Once a run trained by Fitwatch has finished, you can start a search for it here."
STOP = "Stop the search"
STOP_HELP = "What it has found so far stays, and the same command continues it."
STARTING = "The search is starting"
ENDED_EARLY = "The search ended before its first trial"
PROGRESS = "{} of {} runs done"
CHECK = "Verify the best with 3 seeds"
CHECK_HELP = "Trains the best and the original settings with three seeds each, and shows their means and errors."
OVER_SEEDS = "Means over seeds"
ANOTHER = "Start another search"
COMMAND = (
    PROGRAM + " tune --dataset digits --train-size 200 --label-noise 0.2 --budget '20 runs' --logdir {} --study {}"
)
FROM_TERMINAL = "From a terminal, with a new run:"
OTHER_PROGRAM = "For any other program that writes TensorBoard logs:"
OTHER_COMMAND = (
    PROGRAM + " tune --command 'python train.py --wd {{weight_decay}} --dropout {{dropout}} "
    "--logdir {{logdir}}' --logdir {} --study {}"
)
DAMAGED = "This study can't be read"
REMOTE = "Studies need a folder on this machine"
REMOTE_WAY_OUT = "You are viewing a URL. Enter the folder that contains the study under Log folder in the sidebar."
NO_TRIAL = "The study has started; its first trial is still running. It will appear here when it is done."
NO_TRIAL_STOPPED = "The study contains no trials. To continue it, run the command that created it."
NONE_COMPLETE = "No trial is complete yet, so there is no best one."
BEST = "Best {}"
BEST_HELP = "Trial {}, with {}."
TRIALS = "Trials"
TRIALS_HELP = "Complete, pruned and failed trials. Running ones are not counted."
EPOCHS = "Epochs trained"
EPOCHS_HELP = "Over all trials, including those pruned early."
LEFT = "Budget left"
NO_BUDGET = "no limit"
LEFT_HELP = "What the last call of the command can still spend."
MINUTES = "up to {:g} min per call"
NEXT = "Next step"
ONE_SEED_DECIDED = "One seed decided"
ONE_SEED = "One seed decided, so the best may be luck. Verify it with three seeds."
RIVAL = "Trial {} may be just as good: their difference is within its standard error over seeds."
SLICES = "Value by strength"
SLICES_HELP = (
    "Ring: the best trial. Cross: pruned, at the best value it reached. Tick at the bottom: no value. Trials far worse "
    "than most are drawn at the edge; hover over one for its value."
)
COURSE = "Trials, in the order they started"
SLICE_ALT = "{} of every trial against {}"
COURSE_ALT = "{} of every trial in the order they started, over the best so far"
METRICS = {"loss/val": "validation loss", "accuracy/val": "validation accuracy"}
CURVES = "Every trial's validation"
CURVES_HELP = "The best trial is drawn thick; pruned ones are dashed and end where they were stopped."
CURVES_ALT = "Validation of every trial along its training; the table below has their best values"
PARALLEL = "All strengths at once"
PARALLEL_HELP = "One line per trial. The best is orange; the others fade from best to worst. Dashed: pruned."
PARALLEL_ALT = "Every trial as a line over its strengths and its value"
IMPORTANCE = "Which strength matters"
IMPORTANCE_HELP = (
    "Each strength's share in what decides which trials are in the best quarter (PED-ANOVA). Pruned trials count with "
    "the best value that they reached."
)
IMPORTANCE_ALT = "Each strength's share of what decides a trial's value"
NO_IMPORTANCE = "The share of each strength appears here after eight trials that reached a value."
SCREEN = "Which regularizer makes the difference"
SCREEN_HELP = (
    "Each regularizer is off in four runs and on in the other four. Bars are two standard errors on each side."
)
SCREEN_ALT = "{}: each regularizer, with two standard errors"
NO_EFFECTS = "The effects appear here once all eight runs of the screen are complete."
EFFECT_AXIS = "Effect on {} (left is better)"
EFFECT_AXIS_HIGHER = "Effect on {} (right is better)"
GAP_AXIS = "Effect on the clean gap (left is better)"
TABLE = "All trials"
TABLE_HELP = "Click a trial to open its run."
TABLE_ALT = "Every trial with its state, value, strengths, epochs and reason"
GO_ON = "Continue or join this study"
GO_ON_ABOUT = (
    "The same command continues the study. Run it twice at the same time for two workers; with --storage, other "
    "machines can join."
)
COLUMNS = ("Trial", "State", "Epochs", "Reason")


def name(parameter: str) -> str:
    """A parameter for a person."""
    return REGULARIZERS[parameter].title if parameter in REGULARIZERS else title(parameter.replace("_", " "))


def lowered(text: str) -> str:
    """Within a sentence: a name that is written with capitals keeps them."""
    return text[:1].lower() + text[1:] if text[1:].islower() else text


def value(value: Any) -> str:
    """A parameter's value."""
    return f"{value:.3g}" if isinstance(value, float) else "off" if value is None else str(value)


def params(params: Mapping[str, Any]) -> str:
    """A point in one line."""
    parts = [f"{lowered(name(parameter))} {value(number)}" for parameter, number in params.items()]
    return ", ".join(parts) or "no change"


def means_over_seeds(study: Study) -> list[str]:
    """What each setting came to over its seeds; the error is that of the spread pooled over all settings."""
    values = [[run.value for run in trial.runs if run.value is not None] for trial in study.trials]
    several = [group for group in values if len(group) > 1]
    if not several:
        return []
    deviation = sqrt(sum(variance(group) * (len(group) - 1) for group in several) / sum(len(g) - 1 for g in several))
    return [
        f"{params(trial.params)}: {metric(study)} {fmean(group):.4g} \u00b1 {deviation / sqrt(len(group)):.2g} "
        f"({len(group)} seeds)"
        for trial, group in zip(study.trials, values, strict=True)
        if len(group) > 1
    ]


def metric(study: Study) -> str:
    """What is improved."""
    return METRICS.get(study.metric, study.metric) or "validation loss"


def next_move(study: Study, *, checkable: bool) -> str:
    """What would tell most now: what the study says, or where a button does that, the same without its command."""
    said = study.next or NONE_COMPLETE
    return ONE_SEED if checkable and said.startswith(ONE_SEED_DECIDED) else said


def reached_by(best: BestTrial) -> str:
    """Which trial is the best, with the error of its value over seeds where there is one."""
    return f"trial {best.number}" if best.error is None else f"\u00b1 {best.error:.2g}, trial {best.number}"


def left(study: Study) -> str:
    """What remains of the budget."""
    parts = [f"{left:g} {unit if left != 1 else unit.removesuffix('s')}" for unit, left in study.left.items()]
    minutes = [MINUTES.format(round(study.budget["minutes"], 1))] if "minutes" in study.budget else []
    return ", ".join([*parts, *minutes]) or NO_BUDGET


def tally(study: Study) -> str:
    """How many trials are in each state, for the line below their number."""
    counts = study.counts
    return ", ".join(f"{counts[state]} {state}" for state in TRIAL_STATES if counts[state] and state != "complete")


def edge(sentence: str) -> str:
    """A warning about an end of a range, with the parameter named for a person."""
    parameter, colon, rest = sentence.partition(": ")
    return f"{name(parameter)}: {rest}." if colon else sentence


def state_cell(trial: StudyTrial) -> str:
    """A trial's state for a table cell."""
    look = TRIAL_STATES[trial.state]
    return f"{look.glyph} {look.word}"


def works(study: Study, kinds: Mapping[str, str]) -> list[str]:
    """Which regularizer does the work, which harms, and which cannot be told from noise; ``kinds`` by its name."""
    effects = {effect.name: effect for effect in study.screen.effects} if study.screen else {}
    groups: dict[str, list[FactorEffect]] = {}
    for regularizer, kind in kinds.items():
        groups.setdefault(kind, []).append(effects[regularizer])
    sentences = []
    if better := sorted(groups.get("better", []), key=lambda effect: -abs(effect.best_val)):
        also = f" {_listed(better[1:])} also help{'s' if len(better) == 2 else ''}." if better[1:] else ""
        sentences.append(f"{name(better[0].name)} makes the difference: {_size(better[0])} on {metric(study)}.{also}")
    if worse := groups.get("worse", []):
        sentences.append(f"{_listed(worse)} make{'s' if len(worse) == 1 else ''} it worse.")
    if unclear := groups.get("unclear", []):
        sentences.append(f"{_listed(unclear)} can't be told from noise.")
    return sentences


def _size(effect: FactorEffect) -> str:
    return f"{effect.best_val:+.3g} \u00b1 {effect.best_val_error:.2g}"


def _listed(effects: list[FactorEffect]) -> str:
    names = [name(effect.name) if not place else lowered(name(effect.name)) for place, effect in enumerate(effects)]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
