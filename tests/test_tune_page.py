"""The Tune page: each state of a study is designed, a click opens the run, and its charts only grow."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import wording
from app.views.tune import parts
from app.views.tune import words as tune
from app.wording import plain
from tests.study_files import screened, study, write_study
from tests.test_app import OVERFITTING, _as_if_just_started, charts, opened, shown, widget  # noqa: F401
from tests.writers import LogWriter, write_run


def badges(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in app.markdown)


def test_without_a_study_the_page_says_what_one_is_and_how_to_start_it(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "run", OVERFITTING)
    words = shown(opened("tune", logdir="logs"))
    assert tune.NO_STUDY_ABOUT in words
    assert f"--logdir {tmp_path / 'logs'} --study tune-1" in words


def test_a_folder_that_is_not_there_is_no_traceback() -> None:
    assert tune.NO_STUDY in shown(opened("tune", logdir="missing"))


def test_over_a_url_the_page_leads_back_to_a_folder() -> None:
    app = opened("tune", logdir="memory://bucket/logs")
    assert tune.REMOTE_WAY_OUT in shown(app)
    assert [button.label for button in app.main.button] == [wording.DEFAULT_FOLDER.format("runs")]


@pytest.mark.parametrize("trials", [1, 5, 40, 200])
def test_a_study_of_any_size_has_its_best_its_charts_and_its_trials(tmp_path: Path, trials: int) -> None:
    made = study(trials)
    write_study(tmp_path / "logs" / "tune-1", made)
    app = opened("tune", logdir="logs")
    words = shown(app)
    assert made["next"] in words
    assert plain(tune.params(made["best"]["params"])) in words
    assert [metric.value for metric in app.metric] == [
        wording.number(made["best"]["value"]),
        str(trials),
        f"{sum(one['epochs'] for one in made['trials']):,}",
        "5 runs",
    ]
    assert len(charts(app)) == (6 if made["importance"] else 5)
    assert len(app.dataframe[0].value) == trials


def test_pruned_and_failed_trials_stand_in_the_table_with_their_reasons(tmp_path: Path) -> None:
    write_study(tmp_path / "logs" / "tune-1", study(10))
    rows = opened("tune", logdir="logs").dataframe[0].value.to_dict("records")
    pruned, failed = (tune.TRIAL_STATES[state] for state in ("pruned", "failed"))
    assert list(rows[2]["State"]) == [f"{pruned.glyph} {pruned.word}"]
    assert rows[2]["Reason"].startswith("hopeless")
    assert list(rows[9]["State"]) == [f"{failed.glyph} {failed.word}"]


def test_a_best_at_the_edge_and_a_rival_are_said(tmp_path: Path) -> None:
    made = study(12, edges=["weight_decay: best at the upper end of its range (0.001..10 log)"])
    made["best"]["rival"] = {"number": 3, "difference": 0.001, "error": 0.01, "distinct": False}
    write_study(tmp_path / "logs" / "tune-1", made)
    words = shown(opened("tune", logdir="logs"))
    assert plain("Weight decay: best at the upper end of its range (0.001..10 log).") in words
    assert tune.RIVAL.format(3) in words


@pytest.mark.parametrize("higher", [False, True])
def test_a_screen_says_which_regularizer_does_the_work(tmp_path: Path, higher: bool) -> None:
    metric = {"name": "accuracy/val" if higher else "loss/val", "higher_is_better": higher}
    made = study(8, screen=screened(higher_is_better=higher), importance=None, metric=metric)
    write_study(tmp_path / "logs" / "screen", made)
    app = opened("tune", logdir="logs")
    words = shown(app)
    assert "Weight decay makes the difference" in words
    assert "Mixup can't be told from noise." in words
    assert tune.PARALLEL not in words


def test_a_best_over_seeds_has_its_error(tmp_path: Path) -> None:
    made = study(5)
    made["best"]["error"] = 0.0123
    write_study(tmp_path / "logs" / "tune-1", made)
    (best, *_) = opened("tune", logdir="logs").metric
    assert best.delta == f"\u00b1 0.012, trial {made['best']['number']}"


def three_seeds() -> dict[str, Any]:
    """Two settings with three seeds each, 0.5 to 0.54 and 0.6 to 0.64."""
    made = study(2, repeats=3)
    for place, one in enumerate(made["trials"]):
        values = [0.5 + place / 10 + seed / 50 for seed in range(3)]
        one["runs"] = [{"run": one["run"], "value": value, "cost": value} for value in values]
        one["value"], one["state"] = values[1], "complete"
    return made


def test_a_screen_that_is_not_complete_has_no_effects_yet(tmp_path: Path) -> None:
    made = study(3, screen={**screened(), "effects": []})
    write_study(tmp_path / "logs" / "screen", made)
    assert tune.NO_EFFECTS in shown(opened("tune", logdir="logs"))


@pytest.mark.parametrize("text", ["{", '{"schema": 7}', ""])
def test_a_damaged_study_is_a_sentence_and_others_can_be_chosen(tmp_path: Path, text: str) -> None:
    write_study(tmp_path / "logs" / "bad", text)
    write_study(tmp_path / "logs" / "good", study(5))
    app = opened("tune", logdir="logs", study="bad")
    assert tune.DAMAGED in shown(app)
    widget(app.main.selectbox, "study").set_value("good").run()
    assert tune.SLICES in shown(app)
    assert app.query_params["study"] == "good"


@pytest.mark.parametrize(
    ("changes", "age", "state"),
    [
        ({"budget": {"runs": 5}}, 3600, "finished"),
        ({"budget": {"runs": 5}}, 0, "finished"),
        ({"budget": {"runs": 50}}, 3600, "stopped"),
        ({"budget": {"runs": 50}}, 0, "running"),
        ({"budget": {}}, 3600, "stopped"),
    ],
    ids=["budget spent", "just spent", "budget left", "between two trials", "no budget"],
)
def test_a_study_says_whether_it_runs_and_whether_anything_is_left(
    tmp_path: Path, changes: dict[str, Any], age: float, state: str
) -> None:
    write_study(tmp_path / "logs" / "tune-1", study(5, **changes), age=age)
    assert tune.STATES[state].word in badges(opened("tune", logdir="logs"))


def test_a_study_without_a_trial_says_whether_one_is_to_come(tmp_path: Path) -> None:
    write_study(tmp_path / "logs" / "tune-1", study(0))
    assert tune.NO_TRIAL_STOPPED in shown(opened("tune", logdir="logs"))
    with LogWriter(tmp_path / "logs" / "tune-1" / "trial-0000", start=time.time()) as log:
        for step in range(1, 5):
            log.scalar("loss/val", 1 / step, step, wall_time=time.time() + 60 * step)
    assert tune.NO_TRIAL in shown(opened("tune", logdir="logs"))


def test_while_no_trial_is_complete_there_is_no_best(tmp_path: Path) -> None:
    made = study(10)
    for one in made["trials"]:
        one.update(state="failed", value=None)
    write_study(tmp_path / "logs" / "tune-1", {**made, "best": None, "importance": None, "next": ""})
    app = opened("tune", logdir="logs")
    assert tune.NONE_COMPLETE in shown(app)
    assert app.metric[0].value in ("", wording.DASH, "—", None)


def test_a_study_that_runs_draws_the_same_charts_while_it_grows(tmp_path: Path) -> None:
    made = study(40, budget={"runs": 60})
    folder = tmp_path / "logs" / "tune-1"

    def grown(count: int) -> dict[str, Any]:
        trials = made["trials"][:count]
        best = min((one for one in trials if one["state"] == "complete"), key=lambda one: one["value"])
        running = {**made["trials"][count], "state": "running", "value": None}
        return {**made, "trials": [*trials, running], "best": {**best, "error": None}}

    write_study(folder, grown(20), age=0)
    app = opened("tune", logdir="logs")
    assert tune.STATES["running"].word in badges(app)
    first = [chart.spec for chart in charts(app)]
    write_study(folder, grown(39), age=0)
    app.run()
    assert [chart.spec for chart in charts(app)] == first
    assert len(app.dataframe[0].value) == 40


def test_a_click_on_a_trial_opens_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_study(tmp_path / "logs" / "tune-1", study(5))
    write_run(tmp_path / "logs" / "tune-1" / "trial-0003", OVERFITTING)
    monkeypatch.setattr(parts, "table", lambda found, *_: found.trials[3].run)
    app = opened("tune", logdir="logs")
    assert app.query_params["run"] == "tune-1/trial-0003"
    assert app.header[0].value == plain("tune-1/trial-0003")


def test_the_newest_study_is_shown_where_the_address_names_none(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_study(tmp_path / "logs" / name, study(3, study=name), age=900 if name == "b" else 1000)
    assert widget(opened("tune", logdir="logs").main.selectbox, "study").value == "b"


def test_the_command_that_goes_on_is_shown_where_it_is_known(tmp_path: Path) -> None:
    call = "python -m trainer tune --dataset digits --budget '20 runs' --study tune-1"
    write_study(tmp_path / "logs" / "tune-1", study(3, call=call))
    assert call in [code.value for code in opened("tune", logdir="logs").code]
    write_study(tmp_path / "logs" / "tune-1", study(3))
    assert tune.GO_ON not in shown(opened("tune", logdir="logs"))


def test_words_from_a_study_are_text(tmp_path: Path) -> None:
    made = study(3, study=":red[x] **y**", next="**bold** :material/home:")
    write_study(tmp_path / "logs" / "tune-1", made)
    app = opened("tune", logdir="logs")
    assert "**bold** :material/home:" in [text.value for text in app.text]
    assert plain(":red[x] **y**") in [header.value for header in app.subheader]
