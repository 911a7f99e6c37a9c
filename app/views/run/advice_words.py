"""Advice: the words in which a run is told what to change, and how to make a trial of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from app.views.run.words import as_charted
from app.wording import Look, expectation, number, sentence, spread
from app.wording.levers import ACTIONS, REGULARIZERS
from diagnostics import Recommendation, Run
from diagnostics.recommend import OPTIMIZERS as OPTIMIZERS_KNOWN
from diagnostics.recommend import Architecture
from diagnostics.recommend.from_ledger import HERE
from diagnostics.report.words import lever_name, strength
from diagnostics.trials.trial_file import Effect

NOTHING = "There is nothing to set: this verdict asks for no change of a strength."
EVIDENCE = "Evidence"
SOURCES = {
    "here": Look("Measured here", ":material/verified:", "green"),
    "measured": Look("Measured", ":material/science:", "blue"),
    "literature": Look("Literature", ":material/menu_book:", "gray"),
    "not measured": Look("Not measured", ":material/question_mark:", "gray"),
}
# evidence -> what it is, and whether it is a share
NUMBERS: dict[str, tuple[str, bool]] = {
    "t_star": ("Steps until validation began to get worse", False),
    "t_star_epochs": ("Epochs until then", False),
    "f": ("Share of the training done by then", True),
    "last_above_best": ("How far validation ended above its best", True),
    "gap": ("Gap at the end, as a share of the validation loss", True),
    "gap_at_best": ("Gap at the best checkpoint, as a share of its validation loss", True),
    "temperature": ("Temperature of the best checkpoint; above 1, it is too sure of itself", False),
    "scaled_gain": ("What that temperature takes off its validation loss", True),
    "u": ("Dose: weight decay times the learning rate summed until then", False),
    "forgets_over_t_star": ("Memory of the current weight decay, in multiples of that time", False),
    "forgets_over_steps": ("Memory of the current weight decay, in steps", False),
    "wd_hat": ("Second estimate of the weight decay, from how far training moves the weights", False),
    "disagreement": ("Factor between the two estimates", False),
    "hypergradient": ("Cosine between the validation gradient and the weights; above 0, more decay would help", False),
    "points": ("Validation points", False),
    "val_samples": ("Validation samples", False),
}

ASK = "To compute a value, Fitwatch needs:"
ASK_MORE = "Add details about this run"
TELL = "Apply"
UNSURE = "I don't know"
LR = "Mean learning rate"
STEPS_PER_EPOCH = "Steps per epoch"
STEPS_PER_EPOCH_HELP = "Number of batches in one pass over the training samples."
VAL_SAMPLES = "Validation samples"
VAL_SAMPLES_HELP = "With fewer than 100, a better run can't be told from luck."
ARCHITECTURE = "Type of network"
KINDS: dict[Architecture, str] = dict(
    zip(
        get_args(Architecture),
        (
            *("MLP, table", "CNN", "Recurrent network", "Transformer", "Vision Transformer"),
            *("Language model, one pass", "Fine-tuning", "Another kind"),
        ),
        strict=True,
    )
)
OPTIMIZER = "Optimizer"
OPTIMIZERS = dict(zip(OPTIMIZERS_KNOWN, ("AdamW", "Adam", "SGD", "SGD, decoupled decay"), strict=True))
MOMENTUM = "Momentum"
NOW_HELP = "The strength this run was trained with; 0 if it was off."
FRAMEWORKS = {"pytorch": "PyTorch", "lightning": "Lightning", "transformers": "Transformers", "keras": "Keras"}

BRANCH = "Quick look"
BRANCH_HELP = (
    "Continues from the best weights for a fifth of the length, next to an unchanged control run. It ranks doses; only "
    "a full-length trial proves an effect."
)
BY_COMMAND = "Another program trained this run. To run the same trial, put its command into this one:"


def now(name: str) -> str:
    """What the strength in use of a regularizer is called."""
    return f"{REGULARIZERS[name].title} in use"


def lever(advised: Recommendation) -> str:
    """What to change, from what to what."""
    title = REGULARIZERS[advised.lever].title if advised.lever in REGULARIZERS else ACTIONS[advised.lever]
    if advised.suggested is None:
        return title
    now = f"{strength(advised.current)} \u2192 " if advised.current is not None else ""
    return f"{title}: {now}{strength(advised.suggested)}"


def why(advised: Recommendation, run: Run | None) -> str:
    """The reason, with the axis named as the chart names it."""
    return as_charted(advised.why, run)


def between(advised: Recommendation) -> str:
    """The range that the suggestion lies in."""
    if advised.range is None:
        return ""
    return f"Sensible range: {strength(advised.range[0])} to {strength(advised.range[1])}."


def source(advised: Recommendation) -> tuple[Look, str]:
    """Where a recommendation comes from, in a word and in its own words."""
    kinds = (kind for kind in ("literature", "not measured") if advised.source.startswith(kind))
    return SOURCES["here" if advised.source == HERE else next(kinds, "measured")], sentence(advised.source)


def expects(advice: Sequence[Recommendation]) -> list[str]:
    """What the dose, which several recommendations make up, is expected to do; empty where nobody measured it."""
    dose = [advised for advised in advice if advised.expected is not None and advised.in_first_dose]
    if not dose or dose[0].expected is None:
        return []
    names = " and ".join(lever_name(advised.lever) for advised in dose)
    together = " together" if len(dose) > 1 else ""
    sentences = [
        f"Expected effect of {names}{together} on the best validation loss: {in_80_percent(dose[0].expected)}."
    ]
    if dose[0].last_epoch is not None:
        sentences.append(f"On the last validation loss: {in_80_percent(dose[0].last_epoch)}.")
    return [" ".join(sentences)]


def in_80_percent(expected: Effect) -> str:
    """The median and where four of five cases lie."""
    return f"{expectation(expected.median)} (in 80% of cases {spread(expected.low, expected.high)})"


def evidence(advice: Sequence[Recommendation]) -> list[str]:
    """The numbers behind the advice, a line each."""
    numbers: dict[str, float] = {}
    for advised in advice:
        numbers |= advised.evidence
    return [
        f"{NUMBERS[name][0]}: {f'{value:.0%}' if NUMBERS[name][1] else number(value)}"
        for name, value in numbers.items()
        if name in NUMBERS
    ]
