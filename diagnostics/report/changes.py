"""Changes: a change of strengths in words, the same on every page, in a report and in a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from diagnostics.recommend.from_ledger import EPOCHS
from diagnostics.report.words import ACTIONS, REGULARIZERS, better, lever_name, strength
from diagnostics.trials.ledger_entry import LedgerEntry
from diagnostics.trials.trial_file import Change

AND = " and "
USE, SHORT_USE = "Use **{change}**: confirmed by {trial}{difference}.", "\u2713 {change}"
ONE_TRIAL = "one trial"  # where a link to it stands beside the sentence


def change(strengths: Change, *, between: str = AND) -> str:
    """``dropout 0 → 0.2``; only the new strength where the one in use is not known."""
    return between.join(step(name, before, after) for name, (before, after) in strengths.items())


def step(lever: str, before: float | None, after: float | None) -> str:
    """The same of one lever; without a new strength it is off."""
    now = "" if before is None else f"{strength(before)} \u2192 "
    return f"{lever_name(lever)} {now}{strength(after or 0.0)}"


def new_strengths(strengths: Change) -> str:
    """The new strengths alone: ``dropout 0.2, mixup off``."""
    return ", ".join(_strengthened(lever, after or 0.0) for lever, (_, after) in strengths.items())


def short_change(strengths: Mapping[str, float | None]) -> str:
    """The same of strengths that may not be known yet, in a cell: ``Weight decay 0.5 + dropout 0.1``."""
    actions = {**ACTIONS, EPOCHS: ACTIONS["train_longer"]}
    whole = " + ".join(actions.get(lever) or _strengthened(lever, value) for lever, value in strengths.items())
    return whole[:1].upper() + whole[1:]


def use(confirmed: LedgerEntry, trial: str = ONE_TRIAL, *, said: bool = False) -> str:
    """The change that a trial has confirmed, and what that did to the best validation loss unless that is said."""
    difference = "" if said or confirmed.difference is None else f", {better(confirmed.difference)}"
    return USE.format(change=change(confirmed.change), trial=trial, difference=difference)


def use_in_short(confirmed: LedgerEntry) -> str:
    """The same in a cell, by the new strengths."""
    return SHORT_USE.format(change=short_change({name: after for name, (_, after) in confirmed.change.items()}))


def _strengthened(lever: str, value: float | None) -> str:
    if value is None:
        return lever_name(lever)
    return f"{lever_name(lever)} {'off' if lever in REGULARIZERS and not value else strength(value)}"
