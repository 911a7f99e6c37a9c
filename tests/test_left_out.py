"""The verdict on published trainings that its formula has not seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diagnostics import probability
from tests.benchmarks import left_out
from tests.benchmarks.fit_verdict import examples
from tests.benchmarks.outcomes.cases import Case
from tests.test_fit_verdict import FALLING, TURNING, training

OWN = [training(f"{i}", "overfit" if i % 2 else "not", TURNING if i % 2 else FALLING) for i in range(12)]


def case(workload: str, number: int) -> Case:
    row = OWN[number]
    return Case(row["name"], workload, bool(number % 2), row["train"], row["val"], rise=0.1 if number % 2 else 0.0)


def test_a_formula_takes_the_place_of_the_products_while_it_judges_and_no_longer() -> None:
    before = dict(probability.FORMULAS)
    cases = [case("a", number) for number in range(12)]
    certain = {key: formula._replace(constant=-100.0) for key, formula in before.items()}
    assert left_out.judge(cases, {})[1::2, 0].all()
    assert not left_out.judge(cases, certain)[:, 0].any()
    assert before == probability.FORMULAS


def test_a_workload_is_judged_by_a_formula_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[set[str]] = []
    published = [example._replace(workload=name) for name in "ab" for example in examples(OWN)]
    formulas = left_out.formulas
    monkeypatch.setattr(
        left_out, "formulas", lambda rows: fitted.append({row.workload for row in rows}) or formulas(rows)
    )
    left_out.table(examples(OWN), published, [case(name, number) for name in "ab" for number in range(12)])
    assert {frozenset(workloads) for workloads in fitted} == {
        frozenset({"digits"}),
        frozenset({"digits", "a"}),
        frozenset({"digits", "b"}),
    }


def test_the_command_prints_a_row_for_each_way_of_fitting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def published(row: dict[str, Any]) -> dict[str, Any]:
        rise = ">20" if row["label"] == "overfit" else "no"
        return {name: row[name] for name in ("name", "train", "val", "test")} | {"workload": "a", "test_rise": rise}

    paths = tmp_path / "own.jsonl", tmp_path / "published.jsonl"
    for path, rows in zip(paths, (OWN, [published(row) for row in OWN]), strict=True):
        path.write_text("\n".join(json.dumps(row, default=np.ndarray.tolist) for row in rows), encoding="utf-8")
    assert left_out.main([str(path) for path in paths]) == 0
    printed = capsys.readouterr().out
    assert "12 published trainings, judged by formulas fitted on 12 networks of 1 data sets" in printed
    assert printed.count("| 100% | 0 of 6 |") == 3
