import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from diagnostics import Curve, Key, Pair, Run, Verdict, diagnose_run
from diagnostics.report.html_page import as_html
from diagnostics.report.results import URGENCY, Result, as_json, as_table, worst_first

EPOCHS = np.arange(1, 61)
TURNING = 1 / EPOCHS + 0.01 * np.maximum(EPOCHS - 20, 0)
FALLING = 1 / EPOCHS


def result(val: np.ndarray, *, name: str = "exp") -> Result:
    train_key, val_key = Key(name, "loss/train"), Key(name, "loss/val")
    pair = Pair("loss", train_key, val_key)
    curves = {
        train_key: Curve(EPOCHS, FALLING * 0.9),
        val_key: Curve(EPOCHS, val),
        Key(name, "weights/sparsity"): Curve(EPOCHS, np.linspace(0, 0.25, 60)),
    }
    run = Run(name, curves, primary=pair, pairs=(pair,), why="same base", x_axis="epoch")
    return run, diagnose_run(run)


def test_every_verdict_has_a_place_in_the_order_of_urgency() -> None:
    assert sorted(URGENCY) == sorted(Verdict)


def test_the_run_that_needs_a_person_comes_first() -> None:
    healthy, overfitting = result(FALLING, name="a"), result(TURNING, name="b")
    assert [run.name for run, _ in worst_first([healthy, overfitting])] == ["b", "a"]


def test_json_holds_the_documented_fields(tmp_path) -> None:
    document = as_json(tmp_path, [result(TURNING)])
    assert (document["schema"], document["logdir"]) == (1, str(tmp_path))
    (record,) = document["runs"]
    assert record["train"] == {"run": "exp", "tag": "loss/train"}
    assert (record["verdict"], record["points"], record["x_axis"]) == ("overfitting", 60, "epoch")
    assert record["best"] == {"step": 20, "value": pytest.approx(0.05)}
    assert record["signals"]["sparsity"] == 0.25
    documented = "run train val metrics x_axis sessions points verdict severity confidence reason best onset_step"
    assert {*documented.split(), "signals", "layers", "notes", "strengths", "recommendations", "skipped"} <= set(record)


def test_json_holds_what_was_last_measured_of_each_layer(tmp_path) -> None:
    run, diagnosis = result(TURNING)
    measured = {
        "weights/fc/1/sparsity": [0.1, 0.3, np.nan],
        "weights/fc/1/l2_norm": [7.0],
        "weights/out/zeros": [np.nan],
    }
    curves = {Key("exp", tag): Curve.of(values) for tag, values in measured.items()}
    (record,) = as_json(tmp_path, [(replace(run, curves={**run.curves, **curves}), diagnosis)])["runs"]
    assert record["layers"] == {"fc/1": {"sparsity": 0.3, "l2_norm": 7.0}, "out": {"zeros": None}}


def test_json_says_why_a_pair_won_and_what_else_there_was(tmp_path) -> None:
    run, found = result(TURNING)
    other = Pair("nll", Key("exp", "nll/train"), Key("exp", "nll/val"), score=6.5)
    (record,) = as_json(tmp_path, [(replace(run, runners_up=(other,)), found)])["runs"]
    assert record["matched"]["why"] == "same base"
    assert [(pair["name"], pair["score"]) for pair in record["matched"]["runners_up"]] == [("nll", 6.5)]


def test_json_names_a_sum_by_the_tags_that_stand_in_the_log(tmp_path) -> None:
    run, found = result(TURNING)
    parts = tuple(Pair(name, Key("exp", f"train/{name}"), Key("exp", f"val/{name}")) for name in ("box", "cls", "dfl"))
    summed = replace(run.primary, parts=parts)
    (record,) = as_json(tmp_path, [(replace(run, primary=summed), found)])["runs"]
    assert record["val"] == {"run": "exp", "tag": "val/box"}
    assert [part["val"]["tag"] for part in record["matched"]["summed"]] == ["val/box", "val/cls", "val/dfl"]


def test_json_says_how_strongly_the_run_regularizes_already(tmp_path) -> None:
    run, found = result(TURNING)
    (record,) = as_json(tmp_path, [(replace(run, hparams={"weight_decay": 0.01}), found)])["runs"]
    assert record["strengths"] == {"weight_decay": 0.01}


def test_json_has_null_where_a_number_is_not_finite(tmp_path) -> None:
    text = json.dumps(as_json(tmp_path, [result(np.full(60, np.nan))]), allow_nan=False)
    assert json.loads(text)["runs"][0]["probability"] is None


def test_the_table_shows_a_name_as_it_stands() -> None:
    console = Console(width=200, file=io.StringIO())
    with console.capture() as printed:
        console.print(as_table([result(TURNING, name="[red]x[/red]")], title="[b]runs[/b]"))
    text = printed.get()
    assert "[red]x[/red]" in text
    assert "[b]runs[/b]" in text


def test_the_page_escapes_what_a_log_says() -> None:
    page = as_html([result(TURNING, name="<script>alert(1)</script>")], title="<b>")
    assert "<script>" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_draws_both_curves_and_loads_nothing() -> None:
    page = as_html([result(TURNING)], title="runs")
    assert re.findall(r'<path class="(\w+)"', page) == ["train", "val"]
    assert '<line class="mark"' in page
    assert not re.search(r"(src|href)=|url\(|@import|http", page)


def test_a_gap_in_the_numbers_is_a_gap_in_the_line() -> None:
    val = TURNING.copy()
    val[30] = np.nan
    (path,) = re.findall(r'<path class="val" d="([^"]+)"', as_html([result(val)], title="runs"))
    assert path.count("M") == 2


@pytest.mark.parametrize("val", [np.full(60, 2.0), np.full(60, np.nan)], ids=["constant", "nothing finite"])
def test_the_page_stands_whatever_the_numbers_are(val: np.ndarray) -> None:
    assert "<section>" in as_html([result(val)], title="runs")


def test_a_run_without_curves_is_listed() -> None:
    run = Run("empty", {})
    assert "no_validation" in as_html([(run, diagnose_run(run))], title="runs")
