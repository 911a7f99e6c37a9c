"""Advice on the command line, in JSON and on the page."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.text import Text

from diagnostics import Diagnosis, Recommendation, Run, Verdict, diagnose_run, open_logs
from diagnostics.__main__ import main
from diagnostics.recommend import ACTIONS
from diagnostics.report.advice import MOST_RUNS, advice_lines, in_words
from diagnostics.report.html_page import as_html
from diagnostics.report.results import Advised, advice_for, as_json, judged, on_their_own
from diagnostics.report.to_do import things_to_do
from diagnostics.report.words import lever_name
from diagnostics.trials.ledger_entry import LedgerEntry
from diagnostics.trials.trial_file import Change, Trial
from tests.overfitting import diagnosis, series
from tests.trial_runs import TINY, write_parent, write_settled
from tests.writers import write_run
from trainer.trials.parent import read_parent
from trainer.trials.proposal import proposals
from trainer.trials.settle import settle
from trainer.trials.writing import append, write_trial

LOGS = Path(__file__).parent / "logs"
LABELED = Path(os.environ.get("FITWATCH_LOGS", ""))
DECAY = Recommendation("weight_decay", "Forget sooner.", "measured", 0.01, 2.5, (1.0, 7.0), {"u": 0.25})
FORMULA = Recommendation(
    "weight_decay", "Take weight_decay = 0.25 / (mean lr x t*): no lr.", "measured", evidence={"u": 0.25}
)
STOP = Recommendation("stop_at_best", "Restore <it>.", "measured")


@pytest.fixture
def overfitting(tmp_path: Path) -> Path:
    """A run that overfits from epoch 10 on, at a learning rate of 0.001."""
    write_run(tmp_path / "exp", series())
    return tmp_path


def recommended(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, dict[str, Any]]:
    assert main([str(argument) for argument in (*arguments, "--json")]) == 0
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    return {one["lever"]: one for one in run["recommendations"]}


def test_json_holds_each_recommendation_in_the_documented_schema(overfitting: Path, capsys) -> None:
    found = recommended(capsys, overfitting, "--steps-per-epoch", "50", "--architecture", "mlp")
    decay = found["weight_decay"]
    assert set(decay) == {"lever", "current", "suggested", "range", "why", "evidence", "expected", "source", "snippets"}
    assert decay["suggested"] == pytest.approx(0.25 / (1e-3 * 500), rel=1e-3)
    assert decay["range"][0] <= decay["suggested"] <= decay["range"][1]
    assert decay["expected"]["low"] < decay["expected"]["median"] < decay["expected"]["high"]
    assert decay["expected"]["last_epoch"]["low"] < decay["expected"]["last_epoch"]["high"] < 0
    assert (found["stop_at_best"]["suggested"], found["stop_at_best"]["expected"]) == (None, None)


def test_a_flag_gives_what_the_log_lacks(overfitting: Path, capsys) -> None:
    assert recommended(capsys, overfitting)["weight_decay"]["suggested"] is None
    assert recommended(capsys, overfitting, "--steps-per-epoch", "50")["weight_decay"]["suggested"] is not None
    assert recommended(capsys, overfitting, "--steps-per-epoch", "50", "--lr", "1e-4")["weight_decay"]["suggested"] > 1
    assert "spatial_dropout" in recommended(capsys, overfitting, "--architecture", "cnn")
    assert "larger_validation_set" in recommended(capsys, overfitting, "--val-samples", "60")


@pytest.mark.parametrize(
    "flag", ["--architecture=rnn", "--val-samples=0", "--val-samples=1.5", "--lr=-1", "--lr=nan", "--steps-per-epoch=0"]
)
def test_a_flag_that_cannot_be_is_refused(overfitting: Path, capsys, flag: str) -> None:
    with pytest.raises(SystemExit) as refused:
        main([str(overfitting), flag])
    assert refused.value.code == 2
    assert flag.partition("=")[0] in capsys.readouterr().err


def test_the_runs_are_followed_by_what_to_change(overfitting: Path, capsys) -> None:
    main([str(overfitting), "--steps-per-epoch", "50", "--architecture", "mlp"])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("exp: ")]
    assert " Next: weight decay 0.5 (0.2 to 1.4) and dropout 0.1" in line


def test_a_dose_of_which_little_is_expected_is_said_to_be_that(tmp_path: Path, capsys) -> None:
    write_run(tmp_path / "exp", series() | {"loss/train": np.linspace(1.2, 0.96, 40)})
    main([str(tmp_path), "--steps-per-epoch", "50", "--architecture", "mlp"])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("exp: ")]
    assert line.endswith(" Next: dropout 0.1 (0.1 to 0.3); little gain expected.")
    (result,) = judged(open_logs(tmp_path))
    lines = things_to_do(*result, advice_for([result], tmp_path)["exp"])
    assert any(line.startswith("Little would be gained by training again with **dropout 0.1**") for line in lines), (
        lines
    )


def test_a_report_has_the_advice_with_its_reason(overfitting: Path, tmp_path: Path) -> None:
    main([str(overfitting), "--report", str(tmp_path / "report.html")])
    page = (tmp_path / "report.html").read_text()
    assert "Take weight_decay = 0.25 / (0.001 x 10 epochs x steps per epoch)" in page


def test_the_page_escapes_what_advice_says() -> None:
    run = Run("exp", {})
    page = as_html([(run, diagnose_run(run))], title="runs", advice={"exp": Advised([STOP])})
    assert "Restore &lt;it&gt;." in page


@pytest.mark.parametrize(
    ("advice", "words"),
    [
        (DECAY, "weight decay 0.01 → 2.5 (1 to 7)"),
        (FORMULA, "Take weight_decay = 0.25 / (mean lr x t*)"),
        (STOP, "Keep the best model"),
    ],
)
def test_advice_in_a_few_words(advice: Recommendation, words: str) -> None:
    assert in_words(advice) == words


def lines(advice: dict[str, list[Recommendation]], found: Diagnosis) -> list[Text]:
    advised = {name: Advised(recommendations) for name, recommendations in advice.items()}
    return advice_lines([(Run(name, {}), found) for name in advice], advised)


def test_a_run_without_a_strength_to_change_has_no_line() -> None:
    assert lines({"exp": [STOP], "other": []}, diagnosis()) == []


def test_of_many_runs_the_first_are_shown_and_the_others_counted() -> None:
    found = lines({f"run{number}": [DECAY] for number in range(MOST_RUNS + 3)}, diagnosis())
    assert len(found) == MOST_RUNS + 1
    assert "3 more" in found[-1].plain


@pytest.fixture
def confirmed(tmp_path: Path) -> Path:
    """A run, a confirmed trial of it, and its repetition with another seed."""
    parent = write_parent(tmp_path / "runs" / "exp")
    write_settled(parent.parent / "exp-try-1", parent, 1.0, change={"dropout": (0.0, 0.2)})
    repetition = write_parent(parent.parent / "exp-seed-1")
    write_trial(repetition, Trial("../exp", "repeat", {}))
    entry = LedgerEntry("exp-try-1", "exp", {"dropout": (0.0, 0.2)}, "full", "confirmed", None, -0.15, 0.03)
    append(parent.parent, entry)
    return parent.parent


def test_what_a_trial_confirmed_is_what_to_use_and_its_runs_are_not_advised_beside_it(
    confirmed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(confirmed)]) == 0
    printed = capsys.readouterr().out
    assert "Use dropout 0 → 0.2: confirmed by exp-try-1, 15% better." in printed
    assert "\nexp-seed-1: " not in printed
    assert "\nNext: " not in printed


def test_agents_are_told_what_a_trial_confirmed(confirmed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(confirmed), "--brief", "--json"])
    changes = {row["run"]: row["change"] for row in json.loads(capsys.readouterr().out)["runs"]}
    assert changes["exp"] == "use dropout 0 → 0.2: confirmed by exp-try-1, 15% better"


def test_a_repetition_is_advised_where_its_run_is_not_among_those_shown(confirmed: Path) -> None:
    shutil.rmtree(confirmed / "exp")
    results = judged(open_logs(str(confirmed)))
    advice = advice_for(results, confirmed)
    assert {run.name for run, _ in on_their_own(results, advice)} == {run.name for run, _ in results}


HEALTHY = [
    "torch_sw_healthy",
    "keras_tf_multi/logs/lr_0.0001",
    "ultralytics",
    "sb3",
    "hf_trainer_noeval",
    "keras_tf_multi/logs/no_val",
]


def prescribed(folder: Path) -> list[dict[str, Any]]:
    results = [(run, diagnose_run(run)) for run in open_logs(folder).runs.values()]
    found = [one for record in as_json(folder, results)["runs"] for one in record["recommendations"]]
    return [one for one in found if one["lever"] not in ACTIONS]


@pytest.mark.parametrize("folder", HEALTHY)
def test_nothing_is_prescribed_to_a_log_that_a_person_called_healthy_or_unclear(folder: str) -> None:
    assert prescribed(LOGS / folder) == []


def healthy_elsewhere() -> list[str]:
    if not os.environ.get("FITWATCH_LOGS"):
        return []
    labels = json.loads((LABELED / "labels.json").read_text(encoding="utf-8"))
    return [label["id"] for label in labels if "overfit" not in label["expected"]["acceptable_verdicts"]]


@pytest.mark.skipif(not os.environ.get("FITWATCH_LOGS"), reason="FITWATCH_LOGS names no folder of labeled logs")
@pytest.mark.parametrize("folder", healthy_elsewhere())
def test_nothing_is_prescribed_to_labeled_healthy_logs_kept_elsewhere(folder: str) -> None:
    assert prescribed(LABELED / folder) == []


def test_every_overfitting_log_gets_a_strength_or_the_formula_for_it() -> None:
    results = [(run, diagnose_run(run)) for run in open_logs(LOGS).runs.values()]
    advice = advice_for(results, LOGS)
    overfit = [run.name for run, found in results if found.verdict is Verdict.OVERFITTING]
    assert len(overfit) > 10
    levers = {name: {recommendation.lever for recommendation in advice[name].recommendations} for name in overfit}
    assert all({"weight_decay", "dropout"} & levers[name] for name in overfit)


def test_the_terminal_and_json_name_the_change_that_is_due_after_the_trials(tmp_path: Path, capsys) -> None:
    parent = write_parent(tmp_path / "exp", config=TINY)
    (parent / "status.json").write_text("{}")

    def next_step() -> tuple[dict[str, Any], dict[str, Any], str]:
        documents = []
        for options in (["--json"], ["--brief", "--json"]):
            main([str(tmp_path), *options])
            runs = json.loads(capsys.readouterr().out)["runs"]
            documents.append(next(run for run in runs if run["run"] == "exp"))
        main([str(tmp_path)])
        return documents[0]["next_step"], documents[1], capsys.readouterr().out

    ladder = [proposal.change(read_parent(parent)) for proposal in proposals(read_parent(parent))]
    step, brief, text = next_step()
    assert (step["dose"], step["all_tried"]) == (1, False)
    assert brief["change"].startswith("weight decay ")
    assert f"try {tmp_path}/exp" in text

    append_settled(parent, ladder[:1])
    step, brief, text = next_step()
    assert step["dose"] == 2
    assert step["strengths"] == pytest.approx({name: after for name, (_, after) in ladder[1].items()}, rel=0.01)
    assert all(f"{lever_name(name)} " in brief["change"] for name in ladder[1])
    assert brief["change"] in text
    main([str(tmp_path), "--code", "pytorch"])
    assert f'"weight_decay": {step["strengths"]["weight_decay"]:.3g}' in capsys.readouterr().out

    append_settled(parent, ladder[1:])
    main([str(tmp_path), "--code", "pytorch"])
    assert "# Yours" not in capsys.readouterr().out
    step, brief, text = next_step()
    assert step == {"strengths": None, "dose": None, "all_tried": True}
    assert (brief["change"], brief["all_tried"]) == (None, True)
    assert "Every suggested change was tried" in " ".join(text.split())
    assert f"try {tmp_path}/exp" not in text


def append_settled(parent: Path, changes: Sequence[Change]) -> None:
    """Trials of these changes that made no difference, as the ledger has them."""
    for change in changes:
        number = len(list(parent.parent.iterdir()))
        write_settled(parent.with_name(f"exp-try-{number}"), parent, 1.0, change=change)
    settle(parent.parent)


def test_the_code_of_the_next_run_is_printed_below_the_advice(overfitting: Path, capsys) -> None:
    assert main([str(overfitting), "--architecture", "mlp", "--steps-per-epoch", "50", "--code", "pytorch"]) == 0
    printed = capsys.readouterr().out
    assert printed.index("weight decay ") < printed.index("exp:\n# Yours: model, lr")
    assert "optimizer = torch.optim.AdamW(groups, lr=lr)" in printed
    compile(printed[printed.index("# Yours") :], "printed", "exec")


def test_json_has_the_code_of_every_framework_at_the_first_recommendation_of_the_dose(
    overfitting: Path, capsys
) -> None:
    main([str(overfitting), "--architecture", "mlp", "--steps-per-epoch", "50", "--json"])
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    first, *others = run["recommendations"]
    assert set(first["snippets"]) == {"pytorch", "lightning", "transformers", "keras"}
    assert others
    assert all(one["snippets"] is None for one in others)


def test_a_page_has_the_code_folded_and_escaped(overfitting: Path, tmp_path: Path) -> None:
    main([str(overfitting), "--report", str(tmp_path / "report.html")])
    page = (tmp_path / "report.html").read_text()
    assert page.count("<details><summary>The code in ") == 4
    assert "evaluate(model) -&gt; mean validation loss" in page


def test_a_run_that_is_the_whole_folder_goes_by_its_name(overfitting: Path, capsys) -> None:
    assert main([str(overfitting / "exp"), "--code", "pytorch"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].endswith(" exp")
    assert "exp:" in lines
    assert not [line for line in lines if line.startswith(".:") or line.endswith("  .")]
