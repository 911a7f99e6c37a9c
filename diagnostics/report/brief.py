"""Brief: the runs of a folder that need attention most, one line each, and the command to run next; fits one screen."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterable
from typing import Any

from diagnostics.recommend import GivenSetup
from diagnostics.report.advice import CHECKS, in_a_line
from diagnostics.report.courses import courses
from diagnostics.report.next_command import folder_of, next_command
from diagnostics.report.results import SCHEMA, URGENCY, Advice, Result, advice_for, finite, worst_first
from diagnostics.report.words import ATTENTION, costs, headline, metric

MOST = 10


def as_brief(
    logdir: str, results: Iterable[Result], given: GivenSetup | None = None, *, program: str
) -> dict[str, Any]:
    """The folder in few words: how many runs have which verdict, and the ``MOST`` worst. Raises ``LedgerError``.

    ``given`` is what a person says of all its runs; ``program`` is how this command line is called.
    """
    ordered = worst_first(results)
    advice = advice_for(ordered[:MOST], logdir, given)
    many = Counter(diagnosis.verdict for _, diagnosis in ordered)
    document = {
        "schema": SCHEMA,
        "logdir": logdir,
        "counted": len(ordered),
        "need_attention": sum(many[verdict] for verdict in ATTENTION),
        "verdicts": {verdict.value: many[verdict] for verdict in URGENCY if many[verdict]},
        "next": next_command(ordered[:MOST], advice, logdir=logdir, program=program, given=given) or None,
        "runs": [_record(result, advice, logdir, program, given) for result in ordered[:MOST]],
    }
    return dict(finite(document))


def brief_text(document: dict[str, Any]) -> str:
    """The document as JSON with a line for each run."""
    rows = ",\n  ".join(json.dumps(row, allow_nan=False) for row in document["runs"])
    head = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in document.items() if name != "runs"]
    return "{" + ",\n ".join([*head, '"runs": [' + (f"\n  {rows}\n ]" if rows else "]")]) + "}"


def _record(result: Result, advice: Advice, logdir: str, program: str, given: GivenSetup | None) -> dict[str, Any]:
    run, diagnosis = result
    change = in_a_line(advice[run.name]) or CHECKS.get(diagnosis.verdict)
    whole = f"{headline(diagnosis, run.unit)}. {costs(courses(run), metric(run.primary), diagnosis.verdict)}".strip()
    command = next_command([result], advice, logdir=logdir, program=program, given=given)
    return {
        "run": run.name,
        "verdict": diagnosis.verdict.value,
        "confidence": round(diagnosis.confidence, 3),
        "x_axis": "epoch" if run.x_axis == "epoch" else "step",
        "onset_step": diagnosis.onset_step,
        "best": diagnosis.best and {"step": diagnosis.best.step, "value": float(f"{diagnosis.best.value:.6g}")},
        "summary": whole,
        "change": change,
        "all_tried": advice[run.name].step.all_tried,
        "next": command or f"{program} {shlex.quote(folder_of(run.name, logdir))}",
    }
