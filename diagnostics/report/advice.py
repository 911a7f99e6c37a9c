"""Advice: recommendations in a few words, for a terminal and a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from rich.text import Text

from diagnostics.recommend import Recommendation
from diagnostics.recommend.snippets import FRAMEWORKS, SNIPPETS, snippet, snippets_of
from diagnostics.report.changes import AND, change, step, use
from diagnostics.report.neutral import printable
from diagnostics.report.results import Advice, Advised, Result, worst_first
from diagnostics.report.words import ACTIONS, TO_CHECK, lever_name, strength
from diagnostics.trials.ledger_entry import LedgerEntry
from diagnostics.verdict import Verdict

MOST_RUNS = 10
FORMULA = re.compile(r"Take [^:]+")  # of a reason, what computes a strength that the log does not allow
CHECKS = {verdict: f"{check[0].lower()}{check[1:-1]}" for verdict, check in TO_CHECK.items()}  # within a sentence
LITTLE = "; little gain expected"
ALL_TRIED = "Every suggested change was tried; keep the weights of the best run."


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
    if advised.confirmed is None:
        return next_change(advised)
    whole = _use(advised.confirmed)
    return f"{whole[0].lower()}{whole[1:-1]}"


def code_of(
    results: Iterable[Result], advice: Advice, framework: str, names: Mapping[str, str] = MappingProxyType({})
) -> list[Text]:
    """The code for the next run of each run that ``advice_lines`` names, below its name."""
    codes = [(run.name, code_by_framework(advice[run.name]).get(framework, "")) for run, _ in worst_first(results)]
    return [
        Text.assemble((f"{printable(names.get(name, name))}:", "bold"), f"\n{code}") for name, code in codes if code
    ][:MOST_RUNS]


def code_by_framework(advised: Advised) -> Mapping[str, str]:
    """The code of what a trial has confirmed, else of the next run; empty where no strength is to be changed."""
    confirmed, due = advised.confirmed, advised.step.change
    if confirmed is None and advised.step.all_tried:
        return snippets_of(each for each in advised.recommendations if each.lever == "temperature")
    if confirmed is None and (due is None or due.advice):
        return snippets_of(advised.recommendations)
    strengths = due.strengths if due is not None else {}
    if confirmed is not None:
        strengths = {name: after for name, (_, after) in confirmed.change.items()}
    in_use = {name: strength for name, strength in strengths.items() if strength and name in SNIPPETS}
    return {name: snippet(name, in_use) for name in FRAMEWORKS} if in_use else {}


def in_words(recommendation: Recommendation) -> str:
    """The change without its reason: ``weight decay 0.01 → 2.5 (1 to 7)``; an action by its name."""
    lever, suggested, between = recommendation.lever, recommendation.suggested, recommendation.range
    if suggested is None or between is None:
        formula = FORMULA.search(recommendation.why) if "u" in recommendation.evidence else None
        return formula[0] if formula is not None else ACTIONS.get(lever, lever_name(lever))
    return f"{step(lever, recommendation.current, suggested)} ({strength(between[0])} to {strength(between[1])})"


def next_change(advised: Advised) -> str:
    """What to change next, how often that helped in the trials here, and whether hardly any gain is expected of it.

    Empty where no strength is to be changed. What trials of the run have settled is not named again.
    """
    due = advised.step.change
    if due is not None and not due.advice:
        return change({lever: (_now(lever, advised), after) for lever, after in due.strengths.items()})
    changes = next_levers(advised)
    if not changes:
        return ""
    trials, helped = (changes[0].evidence.get(f"ledger_{name}") for name in ("trials", "helped"))
    here = "" if trials is None else f"; helped in {helped:.0f} of {trials:.0f} trials here"
    little = any(each.expected is not None and each.expected.is_little for each in changes)
    return AND.join(map(in_words, changes)) + here + LITTLE * little


def next_levers(advised: Advised) -> list[Recommendation]:
    """The recommendations that the next training carries out, or the first one that is worth a training of its own."""
    if advised.step.all_tried:
        return []
    due = advised.step.change
    changes = [each for each in advised.recommendations if each.suggested is not None or "u" in each.evidence]
    return [each for each in changes if due is not None and each in due.advice] or changes[:1]


def next_in_words(advised: Advised, verdict: Verdict) -> str:
    """A sentence on what is next, or that trials have settled it; empty where there is nothing to do."""
    if advised.confirmed is not None:
        return _use(advised.confirmed)
    if due := next_change(advised) or CHECKS.get(verdict, ""):
        return f"Next: {due}."
    return ALL_TRIED if advised.step.all_tried else ""


def _use(confirmed: LedgerEntry) -> str:
    """The change that a trial has confirmed, as a page says it, with the trial's name."""
    return use(confirmed, printable(confirmed.trial)).replace("**", "")


def _now(lever: str, advised: Advised) -> float | None:
    """The strength in use of a later dose, which has no recommendation of its own."""
    return next((each.current for each in advised.recommendations if each.lever == lever), None)
