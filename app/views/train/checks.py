"""Train checks: what is wrong with a value of the form, in the words of its field."""

from __future__ import annotations

from typing import Any

from app.draft import DEFAULTS, Draft, value_of
from app.views.train import suggestion
from app.wording import sentence
from trainer.config import Config
from trainer.errors import TrainerError
from trainer.strengths import STRENGTHS

TOO_FEW = "Must be at most {:,}, the number of training samples."


def problem(draft: Draft, name: str) -> str:
    """Why a setting cannot be used, as far as it is its own fault; empty where it can."""
    value = value_of(draft, name)
    try:
        Config.from_dict({**_context(draft, name), name: value})
    except TrainerError as error:
        return _in_words(str(error))
    samples = suggestion.training_samples(draft)
    if name == "batch_size" and problem(draft, "train_size"):
        return ""  # how many there are is not known
    if name in ("batch_size", "train_size") and samples is not None and value is not None:
        there = suggestion.training_samples({**draft, "train_size": None}) if name == "train_size" else samples
        if there is not None and value > there:
            return TOO_FEW.format(there)
    return ""


def any_problem(draft: Draft) -> bool:
    """Is there a value to correct?"""
    return any(problem(draft, name) for name in DEFAULTS)


def strength_problem(name: str, key: str, value: Any) -> str:
    """Why a setting of a regularizer cannot be used; empty where it can."""
    said = STRENGTHS[name][key].problem(value)
    return "" if said is None else sentence(said)


def _context(draft: Draft, name: str) -> dict[str, Any]:
    """The other settings that decide whether this one can be: a warm-up is as long as the epochs allow."""
    others = {"warmup": ("epochs",), "target": ("dataset",)}.get(name, ())
    return {other: value_of(draft, other) for other in others if other not in draft or not problem(draft, other)}


def _in_words(message: str) -> str:
    """``epochs is -1; it must be at least 1`` as it is said beside the field."""
    said = message.rpartition("; it ")[2] if "; it must" in message else message
    return sentence(said)
