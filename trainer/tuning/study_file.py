"""Study file: ``study.json`` in a study's folder, written and read; the one place for its schema."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from diagnostics.logs.folders.names import name_of
from trainer import files
from trainer.errors import TrainerError
from trainer.tuning.spaces import range_from
from trainer.tuning.study import BestTrial, FactorEffect, Rival, Screen, Study, StudyTrial, TrialRun

STUDY = "study.json"
SCHEMA = 1
STATES = ("complete", "running", "pruned", "failed")
PATTERNS = (STUDY, f"*/{STUDY}", f"*/*/{STUDY}")  # how deep a study may lie below the folder that is looked at


class StudyFileError(TrainerError):
    """A study's file that cannot be read; the message says what was found and the way out."""


def as_json(study: Study) -> dict[str, Any]:
    """The whole of ``study.json``."""
    metric = {"name": study.metric, "higher_is_better": study.higher_is_better}
    return {
        "schema": SCHEMA,
        "study": study.name,
        "space": {name: span.as_json() for name, span in study.space.items()},
        "command": study.command or None,
        "objective": study.objective,
        "metric": metric if study.metric else None,
        "call": study.call,
        "sampler": study.sampler,
        "pruner": study.pruner,
        "budget": dict(study.budget),
        "repeats": study.repeats,
        "points": study.points,
        "trials": [asdict(trial) for trial in study.trials],
        "best": None if study.best is None else asdict(study.best),
        "importance": None if study.importance is None else dict(study.importance),
        "edges": list(study.edges),
        "screen": None if study.screen is None else asdict(study.screen),
        "next": study.next,
    }


def find(place: str) -> list[str]:
    """The folders of all studies, relative to the place, in the order of their names; ``"."`` for itself."""
    folders = {path.parent for pattern in PATTERNS for path in Path(place).glob(pattern)}
    return sorted(name_of(path.relative_to(place).as_posix()) for path in folders)


def read(folder: Path) -> Study:
    """The study in that folder; what an older file does not say is at its default. Raises ``StudyFileError``."""
    path = folder / STUDY
    try:
        written, content = path.stat().st_mtime, json.loads(files.read(path))
    except OSError as error:
        raise StudyFileError(f"cannot read {path}: {error.strerror}; choose another study") from error
    except (ValueError, RecursionError) as error:
        raise StudyFileError(f"{path} is damaged ({error}); the same tune command writes it anew") from error
    try:
        return _study(content, folder, written)
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError) as error:
        raise StudyFileError(
            f"{path} is not as this Fitwatch writes it ({error!r}); update Fitwatch, or run the same tune command again"
        ) from error


def _study(content: Any, folder: Path, written: float) -> Study:
    if content["schema"] != SCHEMA:
        raise ValueError(f"its schema is {content['schema']!r}; this version reads {SCHEMA}")
    metric, budget = content.get("metric") or {}, content.get("budget") or {}
    texts = {key: str(content.get(key) or "") for key in ("command", "objective", "call", "sampler", "pruner", "next")}
    importance = {name: _number(share) for name, share in (content.get("importance") or {}).items()}
    return Study(
        folder,
        str(content["study"]),
        {name: range_from(span) for name, span in content["space"].items()},
        tuple(sorted(map(_trial, content["trials"]), key=lambda trial: trial.number)),
        metric=str(metric.get("name") or ""),
        higher_is_better=bool(metric.get("higher_is_better")),
        budget={name: _number(limit) for name, limit in budget.items() if limit is not None},
        repeats=int(content.get("repeats") or 1),
        points=int(content.get("points") or (8 if content.get("screen") else 0)),
        best=_best(content.get("best")),
        importance=importance or None,
        edges=tuple(map(str, content.get("edges") or ())),
        screen=_screen(content.get("screen")),
        written=written,
        **texts,
    )


def _trial(content: Any) -> StudyTrial:
    if content["state"] not in STATES:
        raise ValueError(f"a trial's state is {content['state']!r}; it must be one of {', '.join(STATES)}")
    value, epochs, reason = _maybe(content.get("value")), int(content.get("epochs") or 0), content.get("reason") or ""
    runs = content.get("runs", [{"run": str(content["run"]), "value": value, "epochs": epochs, "reason": reason}])
    return StudyTrial(
        number=int(content["number"]),
        params=_params(content["params"]),
        state=content["state"],
        value=value,
        run=str(content["run"]),
        epochs=epochs,
        reason=str(reason),
        runs=tuple(TrialRun(**run) for run in runs),
    )


def _best(content: Any) -> BestTrial | None:
    if content is None:
        return None
    rival = content.get("rival")
    return BestTrial(
        number=int(content["number"]),
        params=_params(content["params"]),
        value=_number(content["value"]),
        error=_maybe(content.get("error")),
        run=str(content["run"]),
        weights=content.get("weights"),
        rival=Rival(**rival) if rival else None,
    )


def _screen(content: Any) -> Screen | None:
    if content is None:
        return None
    effects = tuple(
        FactorEffect(
            name=str(effect["name"]),
            on=effect.get("on"),
            best_val=_number(effect["best_val"]),
            best_val_error=_number(effect["best_val_error"]),
            clean_gap=_maybe(effect.get("clean_gap")),
            clean_gap_error=_maybe(effect.get("clean_gap_error")),
        )
        for effect in content["effects"]
    )
    return Screen(tuple(map(str, content["factors"])), str(content.get("resolution") or ""), effects)


def _params(params: dict[str, Any]) -> dict[str, Any]:
    """The values of a trial; one that is a number is finite."""
    return {name: _number(value) if isinstance(value, float) else value for name, value in params.items()}


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not a finite number")
    return number


def _maybe(value: Any) -> float | None:
    """A number that may be missing; one that is not finite is."""
    return None if value is None or not math.isfinite(float(value)) else float(value)
