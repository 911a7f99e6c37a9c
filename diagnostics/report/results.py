"""Results: runs with their diagnoses and the advice for them, in the order of urgency and as JSON."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from diagnostics.logs import Logs
from diagnostics.logs.folders.directory import LogError
from diagnostics.logs.folders.names import path_of
from diagnostics.logs.pace import has_ended
from diagnostics.logs.run import Key, Pair, Run
from diagnostics.logs.settings import contradictions, strengths
from diagnostics.outlook import NO_OUTLOOK, outlook
from diagnostics.recommend import GivenSetup, Recommendation, recommend, setup_of
from diagnostics.recommend.snippets import has_code, in_next_run, snippets_of
from diagnostics.report.words import as_charted
from diagnostics.run_diagnosis import RunDiagnosis, diagnose_run
from diagnostics.seeds import Repeated, repeated
from diagnostics.trials.ledger import Ledger, LedgerError, folder_of, read
from diagnostics.trials.ledger_entry import LedgerEntry
from diagnostics.trials.next_step import NextStep, next_step, settled
from diagnostics.trials.trial_file import TrialError, read_trial
from diagnostics.verdict import Diagnosis, Verdict

SCHEMA = 1
NO_THRESHOLDS: Mapping[str, Any] = MappingProxyType({})

# from what needs a person's attention first to what needs none
URGENCY = (
    Verdict.DIVERGED,
    Verdict.NOT_LEARNING,
    Verdict.OVERFITTING,
    Verdict.UNSTABLE,
    Verdict.PLATEAU,
    Verdict.IMPROVING,
    Verdict.HEALTHY,
    Verdict.TOO_EARLY,
    Verdict.NO_VALIDATION,
)
Result = tuple[Run, RunDiagnosis]
NOTHING_DUE = NextStep(None, False, ())


@dataclass(frozen=True)
class Advised:
    """What is recommended for a run, and which training of it is due after the trials made so far.

    ``confirmed`` is the trial that improved the run the most; ``trial_of`` names the run that it is a trial or a
    repetition of.
    """

    recommendations: Sequence[Recommendation] = ()
    step: NextStep = NOTHING_DUE
    confirmed: LedgerEntry | None = None
    trial_of: str | None = None


Advice = Mapping[str, Advised]
Urgency = tuple[int, float, float, list[tuple[int, str]]]


def worst_first(results: Iterable[Result]) -> list[Result]:
    """The results in the order a person should look at them."""
    return sorted(results, key=lambda result: urgency(result[0].name, result[1]))


def urgency(name: str, diagnosis: Diagnosis) -> Urgency:
    """What sorts runs worst first: by verdict, of one verdict that which rose most, then the surest, then by name."""
    rise = diagnosis.signals.get("relative_rise", 0.0)
    return (
        URGENCY.index(diagnosis.verdict),
        -rise if math.isfinite(rise) else 0.0,
        -diagnosis.confidence,
        as_counted(name),
    )


def as_counted(name: str) -> list[tuple[int, str]]:
    """What sorts names as a person counts: demo-2 stands before demo-10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def advice_for(results: Iterable[Result], logdir: str | Path, given: GivenSetup | None = None) -> Advice:
    """What is advised for every run, by its name; ``given`` holds for all.

    A ledger that cannot be read counts as an empty one; ``ledger_problems`` says so.
    """
    ledger_in, advice = cache(_ledger), {}
    for run, diagnosis in results:
        folder, setup = path_of(logdir, run.name), setup_of(run, logdir, given)
        ledger = ledger_in(folder_of(folder))
        recommendations = recommend(diagnosis, setup, ledger)
        name = Path(os.path.abspath(folder)).name
        step = next_step(recommendations, diagnosis, setup, settled(ledger, name))
        advice[run.name] = Advised(recommendations, step, ledger.best_confirmed(name), _trial_of(folder, logdir))
    return advice


def on_their_own(results: Sequence[Result], advice: Advice) -> list[Result]:
    """The results of runs that are no trial or repetition of another one here: what is next is said of that one."""
    names = {run.name for run, _ in results}
    return [result for result in results if advice.get(result[0].name, Advised()).trial_of not in names]


def _trial_of(folder: Path, logdir: str | Path) -> str | None:
    try:
        trial = read_trial(folder)
    except TrialError:
        return None
    parent = None if trial is None else trial.parent_of(folder)
    return None if parent is None else Path(os.path.relpath(parent, os.path.abspath(logdir))).as_posix()


def judged(
    logs: Logs, *, val_samples: int | None = None, thresholds: Mapping[str, Any] = NO_THRESHOLDS
) -> list[Result]:
    """Every run with its diagnosis; ``val_samples`` and ``thresholds`` are those of ``diagnose``."""
    return [
        (run, diagnose_run(run, finished=has_ended(run, logs.path), val_samples=val_samples, **thresholds))
        for run in logs.runs.values()
    ]


def need_runs(logs: Logs) -> Logs:
    """The logs, which hold at least one run. Raises ``LogError`` where they do not."""
    if logs.nothing:
        raise LogError(logs.nothing)
    return logs


def ledger_problems(results: Iterable[Result], logdir: str | Path) -> list[str]:
    """A sentence for each ledger beside the runs that cannot be read."""
    problems = []
    for folder in dict.fromkeys(folder_of(path_of(logdir, run.name)) for run, _ in results):
        try:
            read(folder)
        except LedgerError as error:
            problems.append(str(error))
    return problems


def _ledger(folder: Path) -> Ledger:
    try:
        return read(folder)
    except LedgerError:
        return Ledger()


def as_json(logdir: str | Path, results: Iterable[Result], given: GivenSetup | None = None) -> dict[str, Any]:
    """The whole folder in the documented schema; numbers that are not finite become ``null``, as JSON has none.

    ``given`` is what a person says of all its runs.
    """
    results = list(results)
    advice = advice_for(results, logdir, given)
    document = {
        "schema": SCHEMA,
        "logdir": str(logdir),
        "runs": [_record(run, diagnosis, logdir, advice[run.name]) for run, diagnosis in results],
        "seeds": [_seeds(group) for group in repeated(run for run, _ in results)],
    }
    return dict(finite(document))


def finite(value: Any) -> Any:
    """``value`` with ``None`` for every number in it that JSON cannot hold."""
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        return {name: finite(part) for name, part in value.items()}
    return [finite(part) for part in value] if isinstance(value, list | tuple) else value


def _record(run: Run, diagnosis: RunDiagnosis, logdir: str | Path, advised: Advised) -> dict[str, Any]:
    primary, ahead = run.primary, None if diagnosis.verdict in NO_OUTLOOK else outlook(run)
    return {
        "run": run.name,
        "train": _side(primary, "train"),
        "val": _side(primary, "val"),
        "metrics": [_metric(pair) for pair in run.pairs if pair is not primary],
        "x_axis": run.x_axis,
        "boosting": run.boosting,
        "sessions": run.sessions,
        "points": run.points,
        **_judged(diagnosis, run.unit),
        "signals": {name: _number(value) for name, value in diagnosis.signals.items()},
        "layers": _layers(run),
        "notes": list(diagnosis.notes),
        "checks_not_run": [check._asdict() for check in diagnosis.checks_not_run],
        "other_verdicts": _others(run, diagnosis),
        "outlook": ahead and {"points": ahead.points, "chance": ahead.chance, "minutes": ahead.minutes},
        "strengths": strengths(run, logdir),
        "contradictions": contradictions(run, logdir),
        "recommendations": _advice(advised.recommendations, run.unit),
        "next_step": _next_step(advised.step),
        "matched": {
            "why": run.why,
            "score": None if primary is None else _number(primary.score),
            "summed": [] if primary is None else [_metric(part) for part in primary.parts],
            "runners_up": [_metric(pair) | {"score": _number(pair.score)} for pair in run.runners_up],
        },
        "skipped": {"records": run.skipped.records, "files": list(run.skipped.files)},
    }


def _others(run: Run, diagnosis: RunDiagnosis) -> list[dict[str, Any]]:
    """The verdict of each other validation loss, with its two series."""
    pairs = [pair for pair in run.val_losses if pair.name in diagnosis.others]
    sides = [{"name": pair.name, "train": _side(pair, "train"), "val": _side(pair, "val")} for pair in pairs]
    return [{**two, **_judged(diagnosis.others[pair.name], run.unit)} for two, pair in zip(sides, pairs, strict=True)]


def _judged(diagnosis: Diagnosis, unit: str) -> dict[str, Any]:
    return {
        "verdict": diagnosis.verdict.value,
        "severity": diagnosis.severity,
        "confidence": _number(diagnosis.confidence),
        "probability": None if diagnosis.probability is None else _number(diagnosis.probability),
        "reason": as_charted(diagnosis.reason, unit),
        "best": diagnosis.best and {"step": diagnosis.best.step, "value": _number(diagnosis.best.value)},
        "onset_step": diagnosis.onset_step,
    }


def _advice(advice: Sequence[Recommendation], unit: str) -> list[dict[str, Any]]:
    """Each recommendation; the first one of the next run has the code of all of it, and of a temperature beside it."""
    first = next(filter(in_next_run, advice), next(filter(has_code, advice), None))
    return [
        {
            **recommendation.as_json(),
            "why": as_charted(recommendation.why, unit),
            "snippets": (snippets_of(advice) or None) if recommendation is first else None,
        }
        for recommendation in advice
    ]


def _next_step(step: NextStep) -> dict[str, Any]:
    change = step.change
    strengths = None if change is None else {name: value and _number(value) for name, value in change.strengths.items()}
    return {"strengths": strengths, "dose": change and change.dose, "all_tried": step.all_tried}


def _seeds(group: Repeated) -> dict[str, Any]:
    """Runs that differ only by their seed, as one."""
    judged = group.judgment.diagnosis
    return {
        "runs": list(group.runs),
        "agreeing": group.judgment.agreeing,
        "verdict": judged.verdict.value,
        "severity": judged.severity,
        "confidence": _number(judged.confidence),
        "reason": judged.reason,
        "onset_step": judged.onset_step,
    }


def _metric(pair: Pair) -> dict[str, Any]:
    return {
        "name": pair.name,
        "train": _side(pair, "train"),
        "val": _side(pair, "val"),
        "higher_is_better": pair.higher_is_better,
    }


def _layers(run: Run) -> dict[str, dict[str, float | None]]:
    """What was last measured of the weights of each layer."""
    layers: dict[str, dict[str, float | None]] = {}
    for quantity, curves in run.layers.items():
        for layer, curve in curves.items():
            layers.setdefault(layer, {})[quantity] = curve.last
    return layers


def _side(pair: Pair | None, side: Literal["train", "val"]) -> dict[str, str] | None:
    """The series of one side by a tag that stands in the log; of a sum, its first component."""
    key: Key | None = getattr(pair.parts[0] if pair.parts else pair, side) if pair is not None else None
    return None if key is None else {"run": key.run, "tag": key.tag}


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
