import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console, RenderableType

from app.folder.entries import Entry, Measured, urgency
from diagnostics import Curve, Key, Pair, Recommendation, Run, Verdict, diagnose_run
from diagnostics.report.advice import next_in_words
from diagnostics.report.html_page import as_html
from diagnostics.report.html_scale import Scale
from diagnostics.report.results import URGENCY, Advised, Result, as_json, worst_first
from diagnostics.report.table import EXPLAINED, as_lines, as_table, explained, summary, unjudged
from diagnostics.report.to_do import things_to_do
from diagnostics.report.words import TO_CHECK
from diagnostics.trials.next_step import NextStep, SuggestedChange

EPOCHS = np.arange(1, 61)
TURNING = 1 / EPOCHS + 0.01 * np.maximum(EPOCHS - 20, 0)
FALLING = 1 / EPOCHS
RISES = {"run-10": 0.0, "run-2": 0.0, "steep": 0.01}


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


def test_of_one_verdict_the_run_that_rose_most_comes_first_in_the_terminal_the_report_and_the_app() -> None:
    rising = [result(TURNING + rise * np.maximum(EPOCHS - 20, 0), name=name) for name, rise in RISES.items()]
    ordered = ["steep", "run-2", "run-10"]
    assert [run.name for run, _ in worst_first(rising)] == ordered
    entries = [Entry(run.name, None, "ended", Measured(run), diagnosis) for run, diagnosis in rising]
    assert [entry.name for entry in sorted(entries, key=urgency)] == ordered
    page = as_html(rising, title="runs")
    assert sorted(ordered, key=lambda name: page.index(f">{name}<")) == ordered


def test_an_unstable_run_is_to_be_checked_before_its_best_weights_are_kept() -> None:
    run, diagnosis = result(TURNING)
    diagnosis = replace(diagnosis, verdict=Verdict.UNSTABLE)
    check, kept = things_to_do(run, diagnosis, Advised())
    assert next_in_words(Advised(), Verdict.UNSTABLE) == f"Next: {check[0].lower()}{check[1:]}"
    assert check == TO_CHECK[Verdict.UNSTABLE]
    assert kept == "Keep epoch 20: no training needed."


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


def shown(*parts: RenderableType, width: int) -> str:
    """What a terminal of this width shows."""
    console = Console(width=width, file=io.StringIO())
    console.print(*parts, sep="\n")
    return console.file.getvalue()


def test_best_values_stand_below_one_another_by_their_decimal_points() -> None:
    results = [result(scale * np.asarray(TURNING), name=f"run-{scale}") for scale in (1, 200)]
    _, _, *lines = shown(*as_lines(results, title="2 runs", width=80), width=80).splitlines()
    values = [line.split("clear")[1].partition("@")[0] for line in lines]
    points = [value.index(".") if "." in value else len(value.rstrip()) for value in values]
    assert len(set(points)) == 1
    assert len({line.index("@") for line in lines}) == 1


def test_a_run_is_one_line_however_long_its_name_is() -> None:
    names = [f"experiments/a-sweep-with-a-long-name/learning-rate-{rate}/seed-1" for rate in (1, 2, 3)]
    results = [result(TURNING, name=name) for name in names]
    first, heading, *lines = shown(*as_lines(results, title="3 runs", width=80), width=80).splitlines()
    assert first == "3 runs"
    assert heading.split("  ")[0] == "Verdict"
    assert heading.index("Run") == lines[0].index("learning-rate-")
    assert len(set(lines)) == 3
    assert all(line.startswith("▲ Overfitting  clear  0.05 @ epoch 20  learning-rate-") for line in lines)
    assert max(map(len, lines)) <= 80


def test_a_pipe_gets_the_names_whole() -> None:
    results = [result(TURNING, name="folder/" + "x" * 100), result(FALLING, name="folder/y")]
    lines = [line.plain.split()[-1] for line in as_lines(results, title="", width=None)[2:]]
    assert lines == ["folder/" + "x" * 100, "folder/y"]


def test_only_runs_that_need_attention_are_explained_and_only_a_few() -> None:
    needy = [result(TURNING, name=f"exp{number}") for number in range(EXPLAINED + 4)]
    reasons = explained([*needy, result(FALLING, name="fine")], {})
    assert list(reasons) == [f"exp{number}" for number in range(EXPLAINED)]
    assert "best at epoch 20" in reasons["exp0"].plain


def test_one_run_of_each_verdict_is_explained_before_a_second_of_any() -> None:
    turning, diagnosis = result(TURNING, name="folder/turning")
    worse = replace(diagnosis, verdict=Verdict.DIVERGED)
    diverged = [(replace(turning, name=f"nan{number}"), worse) for number in range(EXPLAINED)]
    reasons = explained([*diverged, (turning, diagnosis)], {}, {"folder/turning": "turning"})
    assert list(reasons) == ["nan0", "nan1", "folder/turning"]
    assert reasons["folder/turning"].plain.startswith("turning: ")


def test_why_runs_have_no_verdict_is_said_once_for_all_of_them() -> None:
    runs = [replace(Run(f"run{number}", {}), why="no scalars were logged") for number in range(5)]
    runs.append(Run("rl", {}, why="rewards were logged"))
    lines = [line.plain for line in unjudged([(run, diagnose_run(run)) for run in runs])]
    assert lines == ["run0, run1, run2 and 2 more: No scalars were logged.", "rl: Rewards were logged."]


def test_the_summary_counts_what_needs_attention() -> None:
    results = [result(TURNING, name="a"), result(FALLING, name="b")]
    first, *rest = summary(results, {}, logdir="my runs", program="fitwatch check")
    assert first.plain == "1 of 2 runs needs attention: 1 overfitting."
    assert [line.plain for line in rest] == ["See the curves: streamlit run app -- --logdir 'my runs'"]
    assert summary(results[1:], {}, logdir=".", program="")[0].plain == "1 run; none needs attention."


def test_what_a_log_says_moves_no_cursor() -> None:
    results = [result(TURNING, name="\x1b[2Jx")]
    assert "\x1b" not in shown(as_table(results, title="\x1b[2J"), *as_lines(results, title="", width=80), width=200)


def test_the_table_shows_a_name_as_it_stands() -> None:
    text = shown(as_table([result(TURNING, name="[red]x[/red]")], title="[b]runs[/b]"), width=200)
    assert "[red]x[/red]" in text
    assert "[b]runs[/b]" in text


def test_the_page_escapes_what_a_log_says() -> None:
    page = as_html([result(TURNING, name="<script>alert(1)</script>")], title="<i>")
    assert page.count("<script>") == 1  # the one that sorts
    assert "<i>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_says_what_to_do_as_the_app_does_and_draws_the_other_quantities_too() -> None:
    run, diagnosis = result(TURNING)
    keys = Key("exp", "accuracy/train"), Key("exp", "accuracy/val")
    accuracy = Pair("accuracy", *keys, higher_is_better=True)
    curves = {**run.curves, keys[0]: Curve(EPOCHS, 1 - FALLING), keys[1]: Curve(EPOCHS, 0.9 - TURNING / 2)}
    run = replace(run, curves=curves, pairs=(*run.pairs, accuracy))
    strong = Recommendation("dropout", "Because.", "measured", 0.0, 0.1, (0.1, 0.3), {"dose": 1.0})
    step = NextStep(SuggestedChange({"dropout": 0.1}, (strong,), 1), False, ())
    page = as_html([(run, diagnosis)], title="runs", advice={"exp": Advised([strong], step)})
    assert "<li>Keep epoch 20: no training needed.</li>" in page
    assert "<li>Train again with <b>dropout 0 → 0.1</b>.</li>" in page
    assert 'data-label="Next">Dropout 0.1<' in page
    fold = page[page.index("<summary>Accuracy</summary>") :]
    assert "Best 0.875" in fold[: fold.index("</details>")]


def test_the_page_draws_both_curves_and_loads_nothing() -> None:
    page = as_html([result(TURNING)], title="runs")
    (plot,) = re.findall(r'<div class="plot linear".*?</svg>', page)
    assert re.findall(r'<path class="(\w+)"', plot) == ["gap", "train", "val"]
    assert '<line class="mark"' in plot
    assert not re.search(r"src=|href=\"[^#]|url\(|@import|https?://", page)


def test_the_page_says_what_the_app_says() -> None:
    run, diagnosis = result(TURNING)
    page = as_html([(run, diagnosis)], title="runs")
    assert "Overfitting, clearly, since epoch 20" in page
    assert "Validation loss 0.05 \u2192 0.4167." in page
    assert "1 of 1 run needs attention: 1 overfitting." in page
    assert "Overfits from epoch 20" in page
    assert "Best 0.05" in page


@pytest.mark.parametrize(
    ("val", "scales"),
    [(TURNING, ["linear", "log"]), (TURNING - 0.2, ["close", "linear"])],
    ids=["positive", "not positive"],
)
def test_a_logarithmic_scale_is_offered_where_every_value_has_a_place_on_it(val: np.ndarray, scales: list[str]) -> None:
    page = as_html([result(val)], title="runs")
    assert re.findall(r'<div class="plot (\w+)"', page) == scales


@pytest.mark.parametrize(
    ("scale", "ticks"),
    [
        (Scale(0, 60), [0, 10, 20, 30, 40, 50, 60]),
        (Scale(6.2, 19.4), [8, 10, 12, 14, 16, 18]),
        (Scale(0.05, 1, log=True), [0.05, 0.1, 0.2, 0.5, 1]),
        (Scale(1e-4, 1e3, log=True), [1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000]),
        (Scale(2.1, 2.4, log=True), [2.1, 2.15, 2.2, 2.25, 2.3, 2.35]),
        (Scale(3, 3), [3]),
    ],
)
def test_an_axis_has_round_numbers(scale: Scale, ticks: list[float]) -> None:
    assert scale.ticks() == pytest.approx(ticks)


def test_a_gap_in_the_numbers_is_a_gap_in_the_line() -> None:
    val = TURNING.copy()
    val[30] = np.nan
    plot = as_html([result(val)], title="runs").partition('<div class="plot linear"')[2]
    assert re.findall(r'<path class="val" d="([^"]+)"', plot)[0].count("M") == 2


@pytest.mark.parametrize("val", [np.full(60, 2.0), np.full(60, np.nan)], ids=["constant", "nothing finite"])
def test_the_page_stands_whatever_the_numbers_are(val: np.ndarray) -> None:
    assert "<section>" in as_html([result(val)], title="runs")


def test_a_long_name_breaks_after_its_words() -> None:
    assert ">torch_<wbr>step/<wbr>a</a>" in as_html([result(TURNING, name="torch_step/a")], title="runs")


def test_a_run_without_curves_is_listed() -> None:
    run = Run("empty", {})
    assert "No validation" in as_html([(run, diagnose_run(run))], title="runs")
