"""Advice: recommendations in a few words, for a terminal and a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from rich.text import Text

from diagnostics.recommend import Recommendation
from diagnostics.recommend.snippets import snippets_of
from diagnostics.report.neutral import printable
from diagnostics.report.results import Advice, Advised, Result, worst_first
from diagnostics.report.words import ACTIONS
from diagnostics.trials.ledger_entry import LedgerEntry

MOST_RUNS = 10
FORMULA = re.compile(r"Take [^:]+")  # of a reason, what computes a strength that the log does not allow
ALL_TRIED = "Every suggested change was tried; keep the weights of the best run."
NEXT = 2  # weight decay and dropout together are the next run; what comes after them waits


def advice_lines(
    results: Iterable[Result],
    advice: Advice,
    *,
    most: int = MOST_RUNS,
    names: Mapping[str, str] = MappingProxyType({}),
) -> list[Text]:
    """One line for each run with a strength to change, worst first; of many runs, the worst ``most``.

    ``names`` has what a run is called, where that is shorter.
    """
    changes = {run.name: in_a_line(advice[run.name]) for run, _ in worst_first(results)}
    changed = [(name, change) for name, change in changes.items() if change]
    lines = [Text.assemble((printable(names.get(name, name)), "bold"), ": ", change) for name, change in changed[:most]]
    left = len(changed) - most
    runs = "run has" if left == 1 else "runs have"
    return [*lines, Text(f"{left} more {runs} advice: see --json or --report FILE.")] if left > 0 else lines


def in_a_line(advised: Advised) -> str:
    """What to use, or to change next, in a few words; empty where there is nothing to do."""
    return next_change(advised) if advised.confirmed is None else f"use {use(advised.confirmed)}"


def code_of(results: Iterable[Result], advice: Advice, framework: str) -> list[Text]:
    """The code for the next run of each run that ``advice_lines`` names, below its name."""
    codes = [
        (run.name, snippets_of(advice[run.name].recommendations).get(framework, "")) for run, _ in worst_first(results)
    ]
    return [Text.assemble((f"{printable(name)}:", "bold"), f"\n{code}") for name, code in codes if code][:MOST_RUNS]


def in_words(recommendation: Recommendation) -> str:
    """The change without its reason: ``weight_decay 0.01 -> 2.5 (1 to 7)``; an action by its name."""
    lever, suggested, between = recommendation.lever, recommendation.suggested, recommendation.range
    if suggested is None or between is None:
        formula = FORMULA.search(recommendation.why) if "u" in recommendation.evidence else None
        return formula[0] if formula is not None else ACTIONS.get(lever, lever.replace("_", " "))
    now = "" if recommendation.current is None else f" {recommendation.current:.3g}"
    return f"{lever}{now} -> {suggested:.3g} ({between[0]:.3g} to {between[1]:.3g})"


def next_change(advised: Advised) -> str:
    """What to change next, and how often that helped in the trials here; empty where no strength is to be changed.

    What trials of the run have settled is not named again.
    """
    change = advised.step.change
    if change is not None and change.strengths and not change.advice:
        return "; ".join(_to(lever, strength, advised) for lever, strength in change.strengths.items())
    changes = [*filter(_changes, advised.recommendations)][:NEXT]
    if not changes or advised.step.all_tried:
        return ""
    evidence = changes[0].evidence
    trials = evidence.get("ledger_trials")
    here = [] if trials is None else [f"helped in {evidence['ledger_helped']:.0f} of {trials:.0f} trials here"]
    return "; ".join([*map(in_words, changes), *here])


def next_in_words(advised: Advised) -> str:
    """A sentence on what is next, or that trials have settled it; empty where there is nothing to do."""
    if advised.confirmed is not None:
        return f"Use {use(advised.confirmed)}."
    if change := next_change(advised):
        return f"Next: {change}."
    return ALL_TRIED if advised.step.all_tried else ""


def use(confirmed: LedgerEntry) -> str:
    """The strengths that a trial has confirmed: ``weight_decay 0.57, dropout 0.1 (confirmed by exp-try-1, -15%)``."""
    strengths = ", ".join(f"{lever} {after or 0:.3g}" for lever, (_, after) in confirmed.change.items())
    difference = "" if confirmed.difference is None else f", {confirmed.difference:+.0%}"
    return f"{strengths} (confirmed by {printable(confirmed.trial)}{difference})"


def _to(lever: str, strength: float | None, advised: Advised) -> str:
    """A strength of a later dose, which has no recommendation of its own."""
    now = next((each.current for each in advised.recommendations if each.lever == lever), None)
    return f"{lever}{'' if now is None else f' {now:.3g}'} -> {strength or 0:.3g}"


def _changes(recommendation: Recommendation) -> bool:
    """Is it a strength, as a number or as a formula?"""
    return recommendation.suggested is not None or "u" in recommendation.evidence
