"""The page of all runs: what needs attention first, and a way out of every state in which nothing is listed."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from app import state, wording
from app.charts.spark import SMALL, spark
from app.folder import entries, watch
from app.views.overview import cells as overview_cells
from app.views.overview import rows as overview_rows
from app.views.overview import words
from app.views.overview.cells import Folder
from app.views.overview.rows import Row
from app.wording import shell
from diagnostics import Curve
from diagnostics.report.changes import short_change
from diagnostics.trials.ledger_entry import LedgerEntry
from diagnostics.trials.trial_file import Trial
from tests.test_app import FALLING, OVERFITTING, TURNING, _as_if_just_started, opened, rows, shown  # noqa: F401
from tests.trial_runs import append_proven, write_parent, write_settled
from tests.writers import write_run
from trainer.processes.liveness import identity, now
from trainer.status import Status, write_status
from trainer.trials.parent import read_parent
from trainer.trials.proposal import proposals
from trainer.trials.writing import write_trial

HEALTHY = {"loss/train": FALLING, "loss/val": FALLING}


def names(app: AppTest) -> list[str]:
    return [row["run"] for row in rows(app)]


def tick(app: AppTest, *ticked: int) -> AppTest:
    """The rows at these places ticked."""
    key = app.dataframe[0].key
    app.session_state[key] = {"selection": {"rows": list(ticked), "columns": [], "cells": []}}
    return app.run()


def button(app: AppTest, key: str) -> Any:
    return app.main.button(key)


@pytest.fixture
def three(tmp_path: Path) -> Path:
    write_run(tmp_path / "logs" / "over", OVERFITTING)
    write_run(tmp_path / "logs" / "fine", HEALTHY)
    write_run(tmp_path / "logs" / "alone", {"loss/train": FALLING})
    return tmp_path / "logs"


def test_a_sentence_says_how_many_runs_need_attention_and_why(three: Path) -> None:
    write_run(three / "bad", HEALTHY)
    write_status(three / "bad", Status("failed", epoch=3))
    app = opened(logdir="logs")
    assert "2 of 4 runs need attention: 1 crashed, 1 overfitting." in shown(app)
    assert names(app)[0] == "bad"


def test_where_no_run_has_validation_it_is_said_what_to_log(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "alone", {"loss/train": FALLING})
    assert words.NOTHING_TO_JUDGE.format("1 run") in shown(opened(logdir="logs"))


def test_runs_of_which_none_needs_attention_are_called_so(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "fine", HEALTHY)
    assert "1 run; none needs attention." in shown(opened(logdir="logs"))


@pytest.mark.parametrize(
    ("needs", "runs", "studies", "said"),
    [
        ({"overfitting": 1}, 20, 0, "1 of 20 runs needs attention: 1 overfitting."),
        ({"silent": 2}, 3, 0, "2 of 3 runs need attention: 2 not responding."),
        ({}, 3, 1, "3 runs; none needs attention. Plus 1 study."),
        ({"diverged": 1}, 3, 2, "1 of 3 runs needs attention: 1 diverged. Plus 2 studies."),
    ],
)
def test_the_sentence_fits_its_numbers(needs: dict[str, int], runs: int, studies: int, said: str) -> None:
    assert words.attention(needs, runs, studies) == said


def test_runs_are_found_by_a_part_of_their_name_which_stands_in_the_address(three: Path) -> None:
    app = opened(logdir="logs")
    app.main.text_input[0].set_value("FI ne").run()
    assert names(app) == ["fine"]
    assert app.query_params["find"] == "FI ne"
    assert names(opened(logdir="logs", find="o")) == ["over", "alone"]


@pytest.mark.parametrize(
    ("find", "found"),
    [("^(over|fine)$", ["over", "fine"]), ("O.E", ["over", "alone"]), ("(", []), ("e r$", ["over"]), ("*", [])],
)
def test_a_word_is_a_regular_expression_or_itself_where_it_is_none(three: Path, find: str, found: list[str]) -> None:
    app = opened(logdir="logs", find=find)
    assert (names(app) if app.dataframe else []) == found


def test_an_expression_that_would_search_for_ever_ends_at_once(three: Path) -> None:
    write_run(three / ("a" * 60), HEALTHY)
    assert words.NONE_MATCHES in shown(opened(logdir="logs", find="(a+)+(a+)+(a+)+$x"))


def test_many_runs_without_anything_to_judge_are_one_line_until_they_are_asked_for(three: Path) -> None:
    for number in range(5):
        write_run(three / f"blind-{number}", {"loss/train": FALLING})
    app = opened(logdir="logs")
    assert names(app) == ["over", "fine"]
    assert button(app, "unreadable").label == words.UNREADABLE.format(6)
    button(app, "unreadable").click().run()
    assert len(names(app)) == 8
    button(app, "unreadable").click().run()
    assert len(names(app)) == 2
    assert len(names(opened(logdir="logs", find="blind"))) == 5
    assert len(names(opened(logdir="logs", verdicts="no_validation"))) == 6


def test_of_one_verdict_the_run_that_rose_most_stands_first(three: Path) -> None:
    write_run(three / "worse", {name: [3 * value for value in values] for name, values in OVERFITTING.items()})
    worse = {**OVERFITTING, "loss/val": [value * (1 + step / 40) for step, value in enumerate(OVERFITTING["loss/val"])]}
    write_run(three / "worst", worse)
    assert names(opened(logdir="logs"))[0] == "worst"


def test_a_row_says_since_when_what_it_cost_and_what_to_do(three: Path) -> None:
    (row,) = (row for row in rows(opened(logdir="logs")) if row["run"] == "over")
    diagnosis = watch.look(three).get("over").diagnosis  # type: ignore[union-attr]
    assert row["since"] == f"epoch {diagnosis.onset_step}"  # type: ignore[union-attr]
    assert row["loss"] == f"{min(TURNING):.3g} → {TURNING[-1]:.3g}"
    assert row["advice"]


def test_what_to_do_next_counts_the_trials_already_made(tmp_path: Path) -> None:
    parent = write_parent(tmp_path / "logs" / "exp")
    for number, proposal in enumerate(proposals(read_parent(parent)), 1):
        (row,) = (row for row in rows(opened(logdir="logs")) if row["run"] == "exp")
        assert row["advice"] == short_change(proposal.strengths)
        trial = parent.parent / f"exp-try-{number}"
        write_settled(trial, parent, 1.0, change=proposal.change(read_parent(parent)))
        if number == 1:
            write_status(trial, Status("running", epoch=40, epochs=80, **identity(), **now()))
            (row,) = (row for row in rows(opened(logdir="logs")) if row["run"] == "exp")
            assert row["advice"] == words.ON_TRIAL
            write_status(trial, Status("finished", epoch=40, epochs=40))
    (row,) = (row for row in rows(opened(logdir="logs")) if row["run"] == "exp")
    assert row["advice"].startswith("Keep ")


def test_a_change_that_a_trial_confirmed_is_what_to_use(tmp_path: Path) -> None:
    parent = write_parent(tmp_path / "logs" / "exp")
    append_proven(
        parent.parent, LedgerEntry("t", "exp", {"dropout": (0.0, 0.2)}, "full", "confirmed", None, -0.1, 0.01)
    )
    (row,) = (row for row in rows(opened(logdir="logs")) if row["run"] == "exp")
    assert row["advice"] == "\u2713 Dropout 0.2"


def test_a_run_that_is_the_whole_folder_is_called_as_it(tmp_path: Path) -> None:
    write_run(tmp_path / "logs", OVERFITTING)
    assert names(opened(logdir="logs")) == ["logs"]
    assert watch.look(tmp_path / "logs").short == {".": "logs"}


def test_columns_are_picked_and_stand_in_the_address(three: Path) -> None:
    app = opened(logdir="logs", columns="gap points nonsense")
    assert list(app.dataframe[0].proto.column_order) == ["run", "verdict", "gap", "points"]
    button(app, "reset-columns").click().run()
    assert "since" in app.dataframe[0].proto.column_order
    assert "columns" not in app.query_params


@pytest.mark.parametrize(
    ("pixels", "last"), [(370, "advice"), (590, "loss"), (710, "curves"), (1120, "lr"), (2000, "written")]
)
def test_as_many_columns_are_shown_as_there_is_room_for(
    three: Path, monkeypatch: pytest.MonkeyPatch, pixels: int, last: str
) -> None:
    monkeypatch.setattr(state, "width", lambda: pixels)
    assert list(opened(logdir="logs").dataframe[0].proto.column_order)[-1] == last


def test_the_table_is_there_as_text_for_who_reads_no_picture(three: Path) -> None:
    found = watch.look(three)
    table = overview_cells.text(overview_rows.rows(found.entries, unfold=False), Folder(str(three), found.short, {}))
    (over,) = (row for row in table.to_dict("records") if row["Run"] == "over")
    assert over["Verdict"] == "Overfitting"
    assert over["Curves"].startswith("validation rose after epoch")
    assert not table.isna().any().any()


def test_runs_are_chosen_by_verdict_with_counts(three: Path) -> None:
    app = opened(logdir="logs")
    pills = app.main.pills[0]
    assert [option.split()[-1] for option in pills.options] == ["1", "1", "1"]
    pills.set_value(["overfitting", "no_validation"]).run()
    assert names(app) == ["over", "alone"]
    assert app.query_params["verdicts"] == "overfitting no_validation"
    assert names(opened(logdir="logs", verdicts="overfitting")) == ["over"]


def test_a_verdict_in_the_address_that_no_run_has_leaves_a_way_out(three: Path) -> None:
    app = opened(logdir="logs", verdicts="diverged", find="x")
    assert words.NONE_MATCHES in shown(app)
    button(app, "forget-filter").click().run()
    assert len(names(app)) == 3
    assert "find" not in app.query_params
    assert "verdicts" not in app.query_params


def test_ticked_runs_are_picked_by_name_for_the_page_that_compares_them(three: Path) -> None:
    app = opened(logdir="logs")
    assert button(app, "compare").disabled
    tick(app, 0, 2)
    assert app.query_params["runs"] == "over alone"
    assert button(app, "compare").label == "Compare 2 runs"
    assert not button(app, "compare").disabled
    button(app, "untick").click().run()
    assert "runs" not in app.query_params
    assert button(app, "compare").disabled


def test_picks_outlast_a_filter_and_a_reload(three: Path) -> None:
    app = tick(opened(logdir="logs"), 0, 2)
    app.main.text_input[0].set_value("fine").run()
    assert names(app) == ["fine"]
    tick(app, 0)
    assert app.query_params["runs"] == "over alone fine"
    assert button(opened(logdir="logs", runs="over alone"), "compare").label == "Compare 2 runs"


def test_a_table_with_other_rows_is_another_one_that_keeps_the_ticks(three: Path) -> None:
    app = tick(opened(logdir="logs"), 1)
    before = app.dataframe[0].key
    write_run(three / "boom", {"loss/train": [1.0, 2.0, float("nan")] * 10, "loss/val": [1.0, 9.0, float("nan")] * 10})
    app.run()
    assert len(names(app)) == 4
    assert app.dataframe[0].key != before
    assert app.query_params["runs"] == "fine"


def press(monkeypatch: pytest.MonkeyPatch, app: AppTest, place: int) -> None:
    """The name in that row clicked."""
    with monkeypatch.context() as patch:
        patch.setattr(state, "clicked_row", lambda _key: place)
        app.run()


def test_a_click_on_a_name_opens_the_run(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(logdir="logs")
    press(monkeypatch, app, 1)
    assert app.query_params["run"] == "fine"
    assert app.header[0].value == "fine"


def test_a_ticked_run_is_opened_by_a_button_that_needs_exactly_one(three: Path) -> None:
    app = opened(logdir="logs")
    assert button(app, "open").disabled
    assert button(tick(app, 0, 1), "open").disabled
    button(tick(app, 1), "open").click().run()
    assert app.query_params["run"] == "fine"


def test_hidden_runs_are_left_out_until_they_are_shown_again(three: Path) -> None:
    app = tick(opened(logdir="logs"), 0, 1)
    button(app, "hide").click().run()
    assert names(app) == ["alone"]
    assert "runs" not in app.query_params
    assert names(opened(logdir="logs")) == ["alone"]
    button(app, "hidden").click().run()
    assert names(app) == ["over", "fine"]
    tick(app, 0)
    button(app, "hide").click().run()
    assert names(app) == ["fine"]
    button(app, "hidden").click().run()
    assert names(app) == ["over", "alone"]


def test_when_all_are_hidden_one_click_brings_them_back(three: Path) -> None:
    app = tick(opened(logdir="logs"), 0, 1, 2)
    button(app, "hide").click().run()
    assert words.ALL_HIDDEN in shown(app)
    button(app, "show-all-again").click().run()
    assert len(names(app)) == 3


def test_what_cannot_be_remembered_is_said(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(state, "hide", refuse)
    app = tick(opened(logdir="logs"), 0)
    button(app, "hide").click().run()
    assert "no space left" in app.toast[0].value
    assert len(names(app)) == 3


def study(folder: Path) -> None:
    """A study of two trials and one that has not begun to log."""
    for number, curves in enumerate((HEALTHY, OVERFITTING)):
        write_run(folder / f"trial-{number:04d}", curves)
    (folder / "study.json").write_text(json.dumps({"schema": 1, "study": folder.name}))
    (folder / "trial-0002").mkdir()
    write_status(folder / "trial-0002", Status("starting", heartbeat=time.time(), epochs=9))


def test_a_study_is_one_row_with_its_best_trial_until_it_is_unfolded(three: Path) -> None:
    study(three / "tune-1")
    app = opened(logdir="logs")
    row = next(row for row in rows(app) if "tune-1" in row["run"])
    assert "3 trials" in row["run"]
    assert row["best"] == pytest.approx(min(FALLING))
    assert "1 of 3 running" in row["state"]
    assert len(names(app)) == 4
    assert "1 of 3 runs needs attention: 1 overfitting. Plus 1 study." in shown(app)
    app.main.toggle[0].set_value(True).run()
    assert len(names(app)) == 6
    assert "1 of 3 runs needs attention: 1 overfitting. Plus 1 study." in shown(app)
    assert app.query_params["trials"]


def test_a_ticked_study_is_compared_by_its_best_trial_and_hidden_as_a_whole(three: Path) -> None:
    study(three / "tune-1")
    app = opened(logdir="logs")
    at = next(at for at, name in enumerate(names(app)) if "tune-1" in name)
    tick(app, at)
    assert app.query_params["runs"] == "tune-1/trial-0000"
    button(app, "hide").click().run()
    assert len(names(app)) == 3


def test_a_click_opens_the_study(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study(three / "tune-1")
    app = opened(logdir="logs")
    press(monkeypatch, app, next(at for at, name in enumerate(names(app)) if "tune-1" in name))
    assert app.query_params["study"] == "tune-1"
    assert app.header[0].value == shell.TUNE


def test_hiding_touches_what_is_listed_alone(three: Path) -> None:
    app = tick(opened(logdir="logs"), 0)
    app.main.text_input[0].set_value("fine").run()
    assert button(app, "hide").disabled
    tick(app, 0)
    button(app, "hide").click().run()
    button(app, "forget-filter").click().run()
    assert names(app) == ["over", "alone"]


def test_without_studies_nobody_is_asked_about_them(three: Path) -> None:
    assert not opened(logdir="logs").main.toggle


def test_a_trial_says_of_which_run_it_is_and_what_was_changed(three: Path) -> None:
    change = {"dropout": (None, 0.2), "weight_decay": (0.01, 2.1), "mixup": (0.2, None)}
    write_trial(three / "fine", Trial(parent="../over", kind="full", change=change))
    (row,) = (row for row in rows(opened(logdir="logs")) if row["run"] == "fine")
    assert row["trial"] == "over: dropout 0.2, weight decay 0.01 → 2.1, mixup 0.2 → 0"


@pytest.mark.parametrize("written", ["{", '{"schema": 99}', "[]"])
def test_a_damaged_trial_is_a_run_like_any_other(three: Path, written: str) -> None:
    (three / "fine" / "trial.json").write_text(written)
    assert len(names(opened(logdir="logs"))) == 3


def test_the_control_of_a_trial_is_called_unchanged() -> None:
    assert words.trial(Trial(parent="../over", kind="control", change={})) == "over: unchanged"
    assert words.trial(None) is None


def judged(tmp_path: Path, *runs: str) -> list[Row]:
    return [Row(entry) for entry in watch.look(tmp_path / "logs").entries if entry.name in runs]


def test_no_row_leaves_its_place_while_its_verdict_stays(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_run(tmp_path / "logs" / name, HEALTHY)
    write_run(tmp_path / "logs" / "over", OVERFITTING)
    found = judged(tmp_path, "a", "b", "c", "over")
    order = [line.name for line in overview_rows.steady(found, ["c", "a", "over"])]
    assert order == ["over", "c", "a", "b"]


def test_a_row_is_built_from_what_is_kept_of_a_run_until_it_changes(
    three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Curve | None] = []
    monkeypatch.setattr(entries, "spark", lambda train, val, part: drawn.append(val))
    for _ in range(3):
        overview_cells.frame(overview_rows.rows(watch.look(three).entries, unfold=False), Folder(str(three), {}, {}))
    assert len(drawn) == 3


def test_a_crashed_run_without_a_log_and_one_without_a_sign_of_life_have_rows(three: Path) -> None:
    for name, status in {
        "crashed": Status("failed", message="boom"),
        "mute": Status("running", pid=1, started=0.0, heartbeat=time.time()),
    }.items():
        (three / name).mkdir()
        write_status(three / name, status)
    found = {row["run"]: row for row in rows(opened(logdir="logs"))}
    assert wording.STATES["failed"].word in found["crashed"]["state"]
    assert np.isnan(found["crashed"]["best"])
    assert list(found["crashed"]["verdict"]) == [f"{wording.NO_VERDICT.glyph} {wording.NO_VERDICT.word}"]
    assert set(found) >= {"mute", "over"}


def test_few_points_and_no_validation_have_rows(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "few", {"loss/train": FALLING[:2], "loss/val": TURNING[:2]}, start=time.time())
    write_run(tmp_path / "logs" / "one", {"loss/train": [1.0], "loss/val": [1.0]})
    write_run(tmp_path / "logs" / "alone", {"loss/train": FALLING})
    table = {row["run"]: row for row in rows(opened(logdir="logs"))}
    assert "Too early" in table["few"]["verdict"][0]
    assert not isinstance(table["one"]["curves"], str)
    assert "No validation" in table["alone"]["verdict"][0]


def test_a_folder_that_may_not_be_read_is_a_sentence(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(place: str) -> None:
        raise PermissionError(13, "Permission denied", place)

    monkeypatch.setattr(watch, "Logs", refuse)
    said = shown(opened(logdir="logs"))
    assert words.NO_FOLDER in said
    assert "Permission denied" in said


PAIR = (Curve.of([3.0, 2.0, 1.0]), Curve.of([3.0, float("nan"), 2.0]))


def test_a_spark_has_both_curves_and_a_hole_where_nothing_is_known() -> None:
    drawn = spark(*PAIR)
    assert drawn is not None
    train, val = drawn.split("<path ")[1:]
    assert train.count("M") == 1
    assert val.count("M") == 2
    assert "#" not in drawn  # which would end a data address


def test_a_spark_of_a_run_that_overfits_shows_the_rise(tmp_path: Path) -> None:
    train, val = np.geomspace(5.0, 1e-3, 60), np.r_[np.geomspace(5.0, 0.5, 20), np.linspace(0.5, 0.6, 40)]
    write_run(tmp_path / "logs" / "over", {"loss/train": train, "loss/val": val})
    (entry,) = watch.look(tmp_path / "logs").entries
    assert entry.measured is not None
    drawn = entry.measured.lines(entry.diagnosis)
    heights = {
        side: [float(point.split(" ")[1]) for point in path.replace("M", "L").split("L")[1:]]
        for side, path in drawn.items()
    }
    assert max(heights["val"]) - heights["val"][-1] > SMALL[1] / 4  # downwards; of all there is, it is a fiftieth
    assert max(heights["train"]) == heights["train"][-1] <= SMALL[1]  # what lies below is drawn along the edge


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, 1e300])
def test_a_spark_of_any_numbers_is_finite(value: float) -> None:
    drawn = spark(Curve.of([value] * 5), Curve.of([1.0, value, 2.0]))
    assert drawn is not None
    assert "nan" not in drawn
    assert "inf" not in drawn


@pytest.mark.parametrize(
    "curves", [(None, None), (Curve.of([1.0]), None), (Curve.of([]), Curve.of([float("nan")] * 3))]
)
def test_without_two_points_there_is_no_spark(curves: tuple[Curve | None, Curve | None]) -> None:
    assert spark(*curves) is None


@pytest.mark.parametrize(("speed", "every"), [("fast", 0.5), ("slow", 2.0), ("", 1.0), ("paused", None), ("odd", 1.0)])
def test_the_address_says_how_often_a_live_page_draws_itself_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speed: str, every: float | None
) -> None:
    import streamlit as st

    asked: list[float | None] = []
    real = st.fragment
    monkeypatch.setattr(st, "fragment", lambda f, run_every=None, **more: (asked.append(run_every), real(f, **more))[1])
    write_run(tmp_path / "logs" / "run", OVERFITTING, start=time.time())
    app = opened(logdir="logs", tick=speed)
    assert not app.exception
    assert asked[-1] == every


def test_the_speed_chosen_in_the_sidebar_stands_in_the_address_of_every_page(three: Path) -> None:
    app = opened(logdir="logs")
    app.sidebar.button_group[0].set_value("slow").run()
    assert app.query_params["tick"] == "slow"
    app.switch_page("views/train/page.py").run()
    assert app.query_params["tick"] == "slow"
    app.sidebar.button_group[0].set_value("").run()
    assert "tick" not in app.query_params


def test_what_is_shared_outlasts_a_change_of_page_and_goes_with_its_folder(three: Path) -> None:
    app = opened(logdir="logs", anything="kept", find="o", runs="over fine")
    app.switch_page("views/train/page.py").run()
    assert app.query_params["anything"] == "kept"
    assert app.query_params["find"] == "o"
    app.sidebar.text_input[0].set_value("elsewhere").run()
    assert app.query_params["anything"] == "kept"
    assert "find" not in app.query_params
    assert "runs" not in app.query_params


@pytest.mark.parametrize("names", [["a b", "c"], ["50%", "x/y", "a+b", "ü,&=?#"], [" "], []])
def test_names_of_any_characters_can_be_shared(monkeypatch: pytest.MonkeyPatch, names: list[str]) -> None:
    monkeypatch.setattr(streamlit, "session_state", {})
    monkeypatch.setattr(streamlit, "query_params", {})
    state.share_names("runs", [*names, *names])
    assert state.picked() == names


def test_a_folder_that_takes_long_to_read_is_named_meanwhile(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit as st

    said: list[str] = []
    real = st.spinner
    monkeypatch.setattr(st, "spinner", lambda text, **more: (said.append(text), real(text, **more))[1])
    opened(logdir=str(three))
    assert said == [wording.plain(shell.READING.format(wording.short(str(three), 60)))]


def test_a_run_whose_files_are_gone_says_so(three: Path) -> None:
    app = opened(logdir="logs")
    for path in (three / "fine").iterdir():
        path.unlink()
    app.run()
    assert {row["run"]: row["state"] for row in rows(app)}["fine"] == wording.STATES["gone"].word


def test_all_that_cannot_be_read_is_listed_below_the_runs(three: Path) -> None:
    (three / "broken").mkdir()
    (three / "broken" / "events.out.tfevents.1.host").symlink_to(three / "nowhere")
    app = opened(logdir="logs")
    assert len(names(app)) == 3
    assert words.PROBLEMS.format(1) in [one.label for one in app.expander]
    assert "is no file" in shown(app)


def test_a_repetition_is_called_by_its_seed() -> None:
    assert words.trial(Trial(parent="../over", kind="repeat", change={"seed": (0.0, 1.0)})) == "over: seed 0 \u2192 1"


def test_what_takes_long_to_read_follows_at_the_next_drawing(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview_cells, "PATIENCE", -1.0)
    found = watch.look(three)
    listed = overview_rows.rows(found.entries, unfold=False)
    table = overview_cells.frame(listed, Folder(str(three), {}, {}))
    assert table["advice"] == [None, None, None]
    assert overview_cells.pending(found.entries)
    whole = overview_cells.frame(listed, Folder(str(three), {}, {}, at_once=True))
    assert any(whole["advice"])
    assert not overview_cells.pending(found.entries)


@pytest.mark.parametrize("written", [float("nan"), float("inf"), -(2.0**62), 1e307])
def test_a_log_written_at_no_time_there_is_has_no_time_in_the_table(three: Path, written: float) -> None:
    listed = overview_rows.rows(watch.look(three).entries, unfold=False)
    assert listed[0].entry.measured is not None
    listed[0].entry.measured.pace = listed[0].entry.measured.pace._replace(written=written)
    table = overview_cells.frame(listed, Folder(str(three), {}, {}))
    assert [seconds is None for seconds in table["written"]] == [True, False, False]
