"""Made-up studies as the tuning engine writes them: ``study.json`` and nothing else."""

from __future__ import annotations

import json
import math
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

SPACE: dict[str, Any] = {
    "weight_decay": {"low": 0.001, "high": 10.0, "log": True},
    "dropout": {"low": 0.0, "high": 0.5, "log": False},
    "label_smoothing": {"choices": [0, 0.05, 0.1]},
}
METRIC = {"name": "loss/val", "higher_is_better": False}


def study(count: int, *, seed: int = 0, **changes: Any) -> dict[str, Any]:
    """A search of three strengths whose best is near a weight decay of 1 and a dropout of 0.2."""
    rng = np.random.default_rng(seed)
    made = [trial(number, rng) for number in range(count)]
    complete = [one for one in made if one["state"] == "complete"]
    best = min(complete, key=lambda one: one["value"], default=None)
    enough = len(complete) >= 8
    found = {
        "schema": 1,
        "study": "tune-1",
        "space": SPACE,
        "command": None,
        "objective": "best_val",
        "metric": METRIC,
        "sampler": "tpe",
        "pruner": "fitwatch",
        "budget": {"runs": count + 5},
        "repeats": 1,
        "trials": made,
        "best": best and {**{key: best[key] for key in ("number", "params", "value", "run")}, "error": None},
        "importance": {"weight_decay": 0.71, "dropout": 0.22, "label_smoothing": 0.07} if enough else None,
        "edges": [],
        "screen": None,
        "next": "One seed decided: check the winner with --repeats 3 under another --study.",
    }
    return {**found, **changes}


def trial(number: int, rng: np.random.Generator) -> dict[str, Any]:
    """One trial: every third is pruned, every tenth fails without a value."""
    decay, dropout = 10 ** rng.uniform(-3, 1), rng.uniform(0, 0.5)
    smoothing = float(rng.choice([0, 0.05, 0.1]))
    state = "failed" if number % 10 == 9 else "pruned" if number % 3 == 2 else "complete"
    worse = 0.1 * math.log10(decay) ** 2 + (dropout - 0.2) ** 2 + rng.normal(0, 0.01)
    value = None if state == "failed" else 0.5 + worse + (0.05 if state == "pruned" else 0)
    why = {"failed": "the command ended with exit code 1", "pruned": "hopeless: 0.61 after 9 of 30 points"}
    return {
        "number": number,
        "params": {"weight_decay": decay, "dropout": dropout, "label_smoothing": smoothing or 0},
        "state": state,
        "value": value,
        "run": f"trial-{number:04d}",
        "epochs": 30 if state == "complete" else 9,
        "reason": why.get(state, ""),
    }


def screened(*, higher_is_better: bool = False) -> dict[str, Any]:
    """A screen in which weight decay does the work, dropout helps, L1 harms and mixup is noise."""
    sign = -1 if higher_is_better else 1
    effects = {"weight_decay": -0.12, "dropout": -0.06, "l1": 0.08, "mixup": 0.01}
    return {
        "factors": list(effects),
        "resolution": "Resolution IV: an effect may hide the interaction of three others, not of two.",
        "effects": [
            {
                "name": name,
                "on": 1.0,
                "best_val": sign * value,
                "best_val_error": 0.02,
                "clean_gap": 2 * value,
                "clean_gap_error": 0.05,
            }
            for name, value in effects.items()
        ],
    }


def write_study(folder: Path, found: Any, *, age: float = 3600.0) -> Path:
    """``study.json`` in a folder, which is made; its path. A text is written as it stands, ``age`` seconds ago."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "study.json"
    path.write_text(found if isinstance(found, str) else json.dumps(found), encoding="utf-8")
    written = time.time() - age
    os.utime(path, (written, written))
    return path
