"""The fit of the verdict's formulas: what it takes for an example, and what it gives for a plain set of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from diagnostics.probability import TERMS
from tests.benchmarks import fit_verdict

Values = NDArray[np.float64]
EPOCH = np.arange(40)
TURNING = np.where(EPOCH < 15, 1 - 0.03 * EPOCH, 0.58 + 0.01 * (EPOCH - 15))
FALLING = 0.3 + np.exp(-EPOCH / 10)


def training(name: str, label: str, val: Values, **more: Any) -> dict[str, Any]:
    noisy = val + np.random.default_rng(len(name)).normal(0, 0.003, len(val))
    return {"workload": "digits", "name": name, "label": label, "train": FALLING, "val": noisy, "test": val} | {
        "test_error": np.full(len(val), 0.001),
        "val_samples": 200,
        **more,
    }


def test_a_prefix_is_labeled_by_what_test_had_done_and_small_rises_by_what_became_of_them() -> None:
    row = training("a", "overfit", TURNING)
    assert fit_verdict.label(row, 10) is False
    assert fit_verdict.label(row, 30) is True
    assert fit_verdict.label(row, 17) is True
    recovered = training("a", "not", np.where(EPOCH < 18, TURNING, 0.5))
    assert fit_verdict.label(recovered, 17) is False


def test_a_training_whose_training_loss_rose_is_no_example() -> None:
    assert not fit_verdict.examples([training("a", "overfit", TURNING, train=1 + FALLING[::-1])])


def test_logistic_regression_finds_the_odds_it_was_drawn_with() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(20_000), rng.normal(size=20_000)])
    y = (rng.random(20_000) < 1 / (1 + np.exp(-(x @ [0.5, 2.0])))).astype(float)
    assert fit_verdict.logistic(x, y) == pytest.approx([0.5, 2.0], abs=0.1)


def test_the_command_prints_all_four_formulas_and_leaves_what_is_reported_on_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [training(f"{i}", "overfit" if i % 2 else "not", TURNING if i % 2 else FALLING) for i in range(12)]
    rows.append(training("kept", "overfit", TURNING) | {"workload": "wine"})
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row, default=np.ndarray.tolist) for row in rows), encoding="utf-8")
    assert fit_verdict.main([str(path)]) == 0
    printed = capsys.readouterr().out
    assert printed.count("Formula(") == 4
    assert "of 1 workloads" in printed
    assert all(term in printed for term in TERMS)
