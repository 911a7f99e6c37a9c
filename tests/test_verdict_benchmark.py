"""The benchmark of the verdicts: what it generates is judged right, and what it counts is counted right."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.benchmarks import record, verdicts
from tests.benchmarks.families import FAMILIES, History, generate
from tests.benchmarks.rivals import early_stopping, sagemaker, spearman, textbook
from tests.benchmarks.scores import load, replay, score, watch

Values = NDArray[np.float64]
FALLING, TURNING = np.linspace(1, 0.1, 40), np.abs(np.linspace(-1, 2, 40)) + 0.5
PAIR = [History("healthy", False, FALLING, FALLING + 0.05), History("overfit", True, FALLING, TURNING)]


@pytest.mark.parametrize("name", FAMILIES)
def test_a_generated_family_is_judged_right(name: str) -> None:
    assert score(verdicts.fitwatch, list(generate(name, 16))).macro_f1 > 0.9


def test_a_family_is_the_same_each_time() -> None:
    first, second = next(generate("noisy", 1)), next(generate("noisy", 1))
    assert np.array_equal(first.val, second.val)


def test_thinning_keeps_both_ends() -> None:
    thin = PAIR[1].thinned(13)
    assert len(thin.val) == 13
    assert (thin.val[0], thin.val[-1]) == (TURNING[0], TURNING[-1])


def test_the_score_counts_both_classes() -> None:
    assert score(lambda train, val: True, PAIR)[:3] == (0.5, 1.0, pytest.approx(1 / 3))
    assert score(lambda train, val: val is TURNING, PAIR)[:3] == (1.0, 1.0, 1.0)


def test_watching_counts_alarms_and_delay() -> None:
    def late(train: Values, val: Values) -> NDArray[np.bool_]:
        return np.arange(len(val)) >= 30

    live = watch(late, PAIR)
    assert live == (1, 1, 30 - int(np.argmin(TURNING)))
    assert math.isnan(watch(lambda train, val: np.zeros(len(val), np.bool_), PAIR).delay)


def test_a_slow_replay_asks_after_each_point() -> None:
    assert replay(lambda train, val: len(val) > 3)(FALLING[:5], FALLING[:5]).tolist() == [False] * 3 + [True] * 2


@pytest.mark.parametrize("rival", [textbook, sagemaker, spearman, early_stopping(5)])
def test_a_rival_sees_the_plainest_case(rival: object) -> None:
    assert rival(FALLING, TURNING)  # type: ignore[operator]


@pytest.mark.parametrize("rival", [textbook, spearman, early_stopping(5)])
def test_a_rival_lets_the_plainest_case_pass(rival: object) -> None:
    assert not rival(FALLING, FALLING + 0.05)  # type: ignore[operator]


def test_histories_are_read_plain_and_gzipped(tmp_path: Path) -> None:
    text = json.dumps([{"name": "a", "label": 1, "train": [1, 0], "val": [1, 2]}]).encode()
    (tmp_path / "a.json").write_bytes(text)
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(text))
    for path in tmp_path.iterdir():
        (history,) = load(path)
        assert (history.name, history.overfit, history.val.tolist()) == ("a", True, [1, 2])


def test_a_missing_file_is_said_and_not_raised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verdicts.main(["--data", str(tmp_path / "none.json")]) == 2
    assert "is no file" in capsys.readouterr().err


def test_a_record_replaces_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- x: begin -->\nold\n<!-- x: end -->\nafter", encoding="utf-8")
    monkeypatch.setattr(record, "DOCS", tmp_path)
    for text in ("new", "newer"):
        record.record("page.md", "x", text, write=True)
    record.record("page.md", "x", "only printed", write=False)
    found = page.read_text(encoding="utf-8")
    assert found == f"before\n<!-- x: begin -->\nnewer\n\n{record.machine()}\n<!-- x: end -->\nafter"


def test_a_page_without_the_place_is_said() -> None:
    with pytest.raises(ValueError, match="nowhere: begin"):
        record.record("method.md", "nowhere", "text", write=True)


def test_the_tables_of_labeled_histories_are_not_overwritten_without_them() -> None:
    with pytest.raises(SystemExit):
        verdicts.main(["--write"])
