"""The pages as Streamlit runs them: each state of each page is designed, and no state is a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from app import actions, state, wording
from app.folder import watch
from app.views.overview import words as overview_words
from app.views.run import matching_words
from app.views.run import words as run_words
from app.views.train import words as training
from app.wording import plain
from diagnostics import Verdict
from tests import app_page
from tests.app_page import APP
from tests.test_wording import FROM_A_LOG
from tests.writers import LogWriter, write_run
from trainer import job
from trainer.config import Config
from trainer.status import Status, write_status
from trainer.strengths import STRENGTHS

streamlit.config.set_option("server.address", "127.0.0.1")  # as app/.streamlit/config.toml has it
ROOTS = ("/", "memory://", "gopher://", "s3://", "nope://")
FALLING = [1.0 / (i + 1) for i in range(30)]
TURNING = [abs(i - 10) / 20 + 0.3 for i in range(30)]
OVERFITTING = {"loss/train": FALLING, "loss/val": TURNING}


@pytest.fixture(autouse=True)
def _as_if_just_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    watch.watch.clear()
    monkeypatch.setattr(watch, "POLL_AT_MOST_EVERY", 0.0)
    monkeypatch.setattr(sys, "argv", ["streamlit_app.py", *(f"--root={root}" for root in ROOTS)])
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


def opened(page: str = "", **address: str) -> AppTest:
    """The app as a link with this address opens it."""
    return app_page.at(page, address.items())


def shown(app: AppTest) -> str:
    """Everything the page says in words."""
    assert not app.exception, app.exception
    kinds = ("title", "header", "subheader", "text", "markdown", "caption", "code", "warning", "error")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))


def widget(kind: Any, key: str) -> Any:
    """The one of its kind with this key, whose last parts tell its state."""
    return next(element for element in kind if element.key.split("@")[0] == key)


def charts(app: AppTest) -> list[Any]:
    return [element.proto for element in app.get("vega_lite_chart")]


def rows(app: AppTest) -> list[dict[str, Any]]:
    return app.dataframe[0].value.to_dict("records")


def test_without_runs_the_page_says_what_to_do_with_one_primary_button() -> None:
    app = opened()
    assert overview_words.WELCOME in shown(app)
    (button,) = app.main.button
    assert button.label == "Start the demonstration"
    assert button.proto.type == "primary"


@pytest.mark.parametrize(("page", "offered"), [("", False), ("train", True)])
def test_a_folder_with_runs_offers_the_demonstration_on_train_alone(tmp_path: Path, page: str, offered: bool) -> None:
    write_run(tmp_path / "logs" / "run", OVERFITTING)
    app = opened(page, logdir="logs")
    assert ("demonstrate" in [button.key for button in app.main.button]) is offered


def test_the_demonstration_is_started_and_its_page_opens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    app = opened()
    try:
        app.main.button[0].click().run()
        assert app.query_params["run"] == "demo-1"
        assert plain("demo-1") in shown(app)
        assert job.find(tmp_path / "runs")["demo-1"].live
    finally:
        stop_everything(tmp_path / "runs")


def stop_everything(folder: Path) -> None:
    deadline = time.monotonic() + 120
    while any(status.live for status in job.find(folder).values()) and time.monotonic() < deadline:
        for name, status in job.find(folder).items():
            if status.live and status.state != "starting":
                job.stop(folder / name)
        time.sleep(0.05)


def test_a_demonstration_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise job.JobError("cannot write to `runs`; choose another folder")

    monkeypatch.setattr(job, "start", refuse)
    app = opened()
    app.main.button[0].click().run()
    assert not app.exception
    assert app.error[0].value == plain("cannot write to `runs`; choose another folder")


def test_every_run_has_a_row_worst_first(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "over", OVERFITTING)
    write_run(tmp_path / "logs" / "fine", {"loss/train": FALLING, "loss/val": FALLING})
    write_run(tmp_path / "logs" / "alone", {"loss/train": FALLING})
    app = opened(logdir="logs")
    assert not app.exception
    table = rows(app)
    assert [row["run"] for row in table] == ["over", "fine", "alone"]
    look = wording.VERDICTS[Verdict.OVERFITTING]
    assert list(table[0]["verdict"]) == [f"{look.glyph} {look.word}"]
    assert table[0]["best"] == pytest.approx(0.3)
    assert table[0]["at"] == "epoch 11"
    assert table[0]["curves"].count("<path") == 2


@pytest.mark.parametrize("page", ["", "run"])
@pytest.mark.parametrize("kind", ["missing", "file", "empty", "no event files", "damaged", "unreadable name"])
def test_a_folder_without_runs_is_a_sentence_with_a_way_out(tmp_path: Path, kind: str, page: str) -> None:
    folder = tmp_path / "logs"
    if kind == "file":
        folder.write_text("no folder")
    elif kind != "missing":
        folder.mkdir()
    if kind == "no event files":
        (folder / "notes.txt").write_text("hello")
    if kind == "damaged":
        (folder / "events.out.tfevents.1.host").write_bytes(b"not a record at all")
    app = opened(page, logdir="x" * 5000 if kind == "unreadable name" else str(folder), run="gone")
    words = shown(app)
    assert len(words) > 40
    assert "Traceback" not in words


STATES = {
    "no validation": {"loss/train": FALLING},
    "too few points": {"loss/train": FALLING[:3], "loss/val": TURNING[:3]},
    "one point": {"loss/train": [1.0], "loss/val": [1.0]},
    "not finite": {"loss/train": [1.0, float("nan"), float("inf")] * 10, "loss/val": [1.0, float("nan"), 2.0] * 10},
    "all NaN": {"loss/train": [float("nan")] * 20, "loss/val": [float("nan")] * 20},
    "constant": {"loss/train": [0.5] * 20, "loss/val": [0.5] * 20},
    "only accuracy": {"accuracy/train": FALLING, "accuracy/val": TURNING},
    "nothing known": {"temperature": FALLING},
    "overfitting": OVERFITTING,
}


@pytest.mark.parametrize("name", STATES)
def test_every_kind_of_run_has_a_page(tmp_path: Path, name: str) -> None:
    write_run(tmp_path / "logs" / "run", STATES[name])
    app = opened("run", logdir="logs", run="run")
    words = shown(app)
    assert "run" in words
    look = wording.VERDICTS[watch.look(tmp_path / "logs").get("run").diagnosis.verdict]
    assert look.word in words


def test_a_log_without_scalars_says_what_is_missing(tmp_path: Path) -> None:
    with LogWriter(tmp_path / "logs" / "run") as log:
        log.text("notes", "hello")
    app = opened("run", logdir="logs", run="run")
    assert run_words.NOTHING_YET["ended"] in shown(app) or "No such run" in shown(app)


def test_a_starting_training_says_that_its_first_epoch_is_to_come(tmp_path: Path) -> None:
    (tmp_path / "logs" / "new").mkdir(parents=True)
    write_status(tmp_path / "logs" / "new", Status("starting", heartbeat=time.time(), epochs=9))
    app = opened("run", logdir="logs", run="new")
    assert run_words.NOTHING_YET["starting"] in shown(app)
    assert [button.label for button in app.main.button] == ["Stop training"]


def test_a_crashed_training_shows_the_last_lines_of_its_log(tmp_path: Path) -> None:
    run = tmp_path / "logs" / "bad"
    write_run(run, OVERFITTING)
    write_status(run, Status("failed", epoch=3, message="ValueError: **boom**"))
    (run / "trainer.log").write_text("epoch 3\nValueError: **boom**\n")
    (run / "config.json").write_text(Config().to_json())
    app = opened("run", logdir="logs", run="bad")
    words = shown(app)
    assert run_words.CRASHED in words
    assert app.code[0].value == "epoch 3\nValueError: **boom**"
    assert [button.label for button in app.main.button][:2] == ["Edit and train again", "Continue from checkpoint"]
    assert charts(app)


def test_a_training_that_was_refused_says_why_and_its_settings_can_be_changed(tmp_path: Path) -> None:
    run = tmp_path / "logs" / "bad"
    run.mkdir(parents=True)
    config = Config(epochs=7, regularizers={"drop_path": {}})
    (run / "config.json").write_text(config.to_json())
    write_status(run, Status("failed", message="drop_path needs a network of residual branches"))
    app = opened("run", logdir="logs", run="bad")
    assert run_words.NEVER_BEGAN in shown(app)
    (again,) = app.main.button
    again.click().run()
    assert widget(app.main.number_input, "set-epochs").value == 7
    assert widget(app.main.toggle, "on-drop_path").value


def test_settings_that_cannot_be_read_again_are_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(tmp_path / "logs" / "run", OVERFITTING)
    write_status(tmp_path / "logs" / "run", Status("finished"))
    config = tmp_path / "logs" / "run" / "config.json"
    config.write_text(Config().to_json())
    app = opened("run", logdir="logs", run="run")
    monkeypatch.setattr(actions, "is_ours", lambda _: True)  # as it was a moment ago
    config.unlink()
    app.main.button("again").click().run()
    assert not app.exception
    assert "cannot read" in app.toast[0].value


@pytest.mark.parametrize("state_name", actions.OFFERED)
def test_each_button_asks_the_training_for_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state_name: str
) -> None:
    asked: list[tuple[str, Path]] = []
    offered = {name: (lambda path, name=name: asked.append((name, path))) for name in actions.OFFERED[state_name]}
    monkeypatch.setitem(actions.OFFERED, state_name, offered)
    monkeypatch.setattr(watch, "_state", lambda *_: state_name)
    write_run(tmp_path / "logs" / "run", OVERFITTING)
    write_status(tmp_path / "logs" / "run", Status("stopped", epoch=3))
    app = opened("run", logdir="logs", run="run")
    for name in offered:
        app.main.button(name).click().run()
        assert not app.exception
        assert asked[-1] == (name, (tmp_path / "logs" / "run"))
    assert len(asked) == len(offered)


def test_an_act_that_is_refused_is_said_in_words(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "run", OVERFITTING)
    write_status(tmp_path / "logs" / "run", Status("stopped"))
    app = opened("run", logdir="logs", run="run")
    app.main.button("resume").click().run()
    assert not app.exception
    assert "there is no training in" in app.toast[0].value


@pytest.mark.parametrize("name", [name for name in FROM_A_LOG if "/" not in name and not name.startswith(" ")])
def test_a_name_from_a_log_is_shown_as_text(tmp_path: Path, name: str) -> None:
    write_run(tmp_path / "logs" / name, {**OVERFITTING, name: FALLING})
    assert [row["run"] for row in rows(opened(logdir="logs"))] == [name]
    app = unfolded(name)
    assert app.header[0].value == plain(name)
    bodies = [element.value for element in app.markdown]
    assert f"**{plain(name)}**" in bodies
    assert not any(name in body.replace(plain(name), "") for body in bodies)


def test_the_page_never_allows_html(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "run", OVERFITTING)
    app = opened("run", logdir="logs", run="run")
    assert not any(element.proto.allow_html for element in [*app.markdown, *app.caption])


def test_the_specification_of_a_chart_does_not_change_with_the_data(tmp_path: Path) -> None:
    tags = {"loss/train": FALLING, "loss/val": TURNING, "accuracy/train": FALLING, "accuracy/val": TURNING}
    with LogWriter(tmp_path / "logs" / "run") as log:
        app = None
        states = []
        for step in range(30):
            for tag, values in tags.items():
                log.scalar(tag, values[step], step + 1)
            if step in (4, 29):
                log.flush()
                app = unfolded() if app is None else app.run()
                states.append([(chart.id, chart.spec, chart.alt) for chart in charts(app)])
    before, after = states
    assert len(before) == 2
    assert before == after


def test_the_data_of_a_chart_goes_as_arrow(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "run", OVERFITTING)
    for chart in charts(unfolded()):
        assert "values" not in json.loads(chart.spec)
        assert "datasets" not in json.loads(chart.spec)
        assert all(dataset.data.data for dataset in chart.datasets)


def test_the_zoom_and_the_box_are_named_and_asked_for_alone(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "run", OVERFITTING)
    main = charts(opened("run", logdir="logs", run="run"))[0]
    assert sorted(main.selection_mode) == ["box", "zoom"]


@pytest.mark.parametrize(("age", "ticks"), [(0.0, True), (7200.0, False)], ids=["live", "finished"])
@pytest.mark.parametrize("page", ["", "run"])
def test_only_a_page_with_something_live_ticks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str, age: float, ticks: bool
) -> None:
    import streamlit as st

    asked: list[float | None] = []
    real = st.fragment
    monkeypatch.setattr(st, "fragment", lambda f, run_every=None, **more: (asked.append(run_every), real(f, **more))[1])
    write_run(tmp_path / "logs" / "run", OVERFITTING, start=time.time() - age)
    assert not opened(page, logdir="logs", run="run").exception
    assert [every is not None for every in asked[-1:]] == [ticks]


def test_the_address_keeps_folder_and_run(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "run", OVERFITTING)
    app = opened("run", logdir="logs", run="run")
    assert app.query_params["logdir"] == "logs"
    assert app.query_params["run"] == "run"


def test_the_folder_can_be_typed_and_then_stands_in_the_address(tmp_path: Path) -> None:
    write_run(tmp_path / "elsewhere" / "run", OVERFITTING)
    app = opened()
    app.sidebar.text_input[0].set_value("elsewhere").run()
    assert [row["run"] for row in rows(app)] == ["run"]
    assert app.query_params["logdir"] == "elsewhere"


def test_the_folder_of_the_command_line_is_opened_unless_the_address_names_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(tmp_path / "given" / "from-the-command-line", OVERFITTING)
    write_run(tmp_path / "linked" / "from-the-address", OVERFITTING)
    monkeypatch.setattr(sys, "argv", ["streamlit_app.py", "--logdir", "given", "--root", "linked"])
    assert [row["run"] for row in rows(opened())] == ["from-the-command-line"]
    assert [row["run"] for row in rows(opened(logdir="linked"))] == ["from-the-address"]


@pytest.mark.parametrize("arguments", [["--log-dir", "x"], ["--logdir"], ["logs"]])
def test_an_argument_that_is_not_known_is_named(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["streamlit_app.py", *arguments])
    app = opened()
    assert plain(arguments[0]) in app.sidebar.warning[0].value
    assert overview_words.WELCOME in shown(app)


def test_a_click_means_the_row_that_was_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamlit, "session_state", {})
    state.show_rows(["b", "a"], ["second", "first"], ["b", "a", "folded"])
    assert state.shown_rows() == ["b", "a"]
    assert state.shown_labels() == ["second", "first"]
    assert state.row_order() == ["b", "a", "folded"]


def unfolded(name: str = "run") -> AppTest:
    """The page of a run in ``logs``, with everything in view."""
    app = opened("run", logdir="logs", run=name)
    for fold in ("why", "how", "trials", "weights", "series"):
        app.session_state[fold] = True
    return app.run()


def verdict(app: AppTest) -> str:
    """The verdict as the run's page shows it."""
    assert not app.exception, app.exception
    looks = wording.VERDICTS.values()
    headline = app.subheader[0].value
    return next(look.word for look in looks if look.icon in headline and look.word in headline)


def test_other_series_can_be_chosen_and_the_choice_taken_back(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "run", {**OVERFITTING, "odd/one": FALLING})
    app = unfolded()
    assert verdict(app) == "Overfitting"
    assert "loss/train and loss/val are the best match" in shown(app)
    widget(app.main.selectbox, "val-of-run").select_index(2).run()
    assert verdict(app) == "Improving"
    assert matching_words.MATCHED_BY_HAND in shown(app)
    assert verdict(unfolded()) == "Improving"
    (back,) = [button for button in app.main.button if button.label == matching_words.MATCH_AUTOMATICALLY]
    back.click().run()
    assert verdict(app) == "Overfitting"
    assert matching_words.MATCHED_BY_HAND not in shown(app)


def test_the_words_of_a_menu_do_not_change_while_a_run_grows(tmp_path: Path) -> None:
    with LogWriter(tmp_path / "logs" / "run") as log:
        words = []
        for step in range(30):
            log.scalar("loss/train", FALLING[step], step + 1)
            log.scalar("loss/val", TURNING[step], step + 1)
            if step in (15, 29):
                log.flush()
                words.append([box.options for box in unfolded().main.selectbox])
    assert words[0] == words[1]
    assert words[0]


def test_a_choice_that_cannot_be_remembered_takes_effect_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    write_run(tmp_path / "logs" / "run", {**OVERFITTING, "odd/one": FALLING})
    app = unfolded()
    widget(app.main.selectbox, "val-of-run").select_index(2).run()
    assert verdict(app) == "Improving"
    assert "be saved" in app.toast[0].value


def test_every_other_pair_is_listed_with_its_score(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "run", {**OVERFITTING, "accuracy/train": FALLING, "accuracy/val": FALLING})
    (table,) = [frame.value for frame in unfolded().dataframe]
    assert table["Validation series"].tolist() == ["accuracy/val"]


def test_thresholds_change_every_verdict_of_the_tab_and_stay_in_the_address(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "run", OVERFITTING, start=time.time())  # one that has ended is never too early
    app = opened("run", logdir="logs", run="run")
    widget(app.sidebar.number_input, "min_points-box").set_value(500).run()
    assert verdict(app) == "Too early"
    assert app.query_params["min_points"] == "500"
    linked = opened("run", logdir="logs", run="run", min_points="500")
    assert verdict(linked) == "Too early"
    linked.switch_page("views/overview/page.py").run()
    assert rows(linked)[0]["verdict"] == [f"{wording.VERDICTS[Verdict.TOO_EARLY].glyph} Too early"]
    assert verdict(opened("run", logdir="logs", run="run")) == "Overfitting"
    app.sidebar.button("reset-limits").click().run()
    assert verdict(app) == "Overfitting"
    assert "min_points" not in app.query_params


def test_a_share_is_asked_for_in_percent(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "run", OVERFITTING)
    app = opened("run", logdir="logs", run="run")
    assert widget(app.sidebar.number_input, "min_rise-box").value == 2.5
    widget(app.sidebar.number_input, "min_rise-box").set_value(90.0).run()
    assert app.query_params["min_rise"] == "0.9"


@pytest.mark.parametrize("written", ["many", "nan", "-1", "1e9", "inf"])
def test_a_threshold_that_no_address_should_hold_is_as_by_default(tmp_path: Path, written: str) -> None:
    write_run(tmp_path / "logs" / "run", OVERFITTING)
    app = opened("run", logdir="logs", run="run", min_points=written, min_sigmas=written)
    assert verdict(app) == "Overfitting"
    assert widget(app.sidebar.number_input, "min_points-box").value == 3


def test_what_stands_behind_the_verdicts_can_be_read(tmp_path: Path) -> None:
    app = opened()
    app.sidebar.button("method").click().run()
    assert "### `min_rise`" in shown(app)


@pytest.mark.parametrize(("live", "says"), [(True, "Stop now"), (False, "A new best is unlikely")])
def test_the_outlook_stands_beside_the_verdict(tmp_path: Path, live: bool, says: str) -> None:
    start = time.time() if live else 1.75e9
    write_run(tmp_path / "logs" / "run", OVERFITTING, start=start)
    assert f"{says}: " in shown(unfolded())
    assert "chance of a new best in" in shown(unfolded())


@pytest.mark.parametrize("name", ["no validation", "too few points", "not finite"])
def test_where_nothing_can_be_expected_there_is_no_outlook(tmp_path: Path, name: str) -> None:
    write_run(tmp_path / "logs" / "run", STATES[name])
    assert "new best in" not in shown(opened("run", logdir="logs", run="run"))


@pytest.mark.parametrize("sides", [["loss/train"], ["loss/train", "loss/val"]], ids=["without validation", "with it"])
def test_canaries_have_a_gauge_and_a_sentence(tmp_path: Path, sides: list[str]) -> None:
    seen = [0.1] * 15 + [0.9] * 15
    with LogWriter(tmp_path / "logs" / "run") as log:
        log.hparams({"canary_chance": 0.1, "canary_samples": 50.0})
        for step, value in enumerate(seen, 1):
            log.scalar("accuracy/canary", value, step)
            for side in sides:
                log.scalar(side, FALLING[step - 1], step)
    app = unfolded()
    assert "Memorization began at" in shown(app)
    assert "90% of the training samples" in shown(app)
    assert run_words.MEMORY_ALT in [chart.alt for chart in charts(app)]
    assert f"**{plain('accuracy/canary')}**" not in [body.value for body in app.markdown]


def test_the_form_starts_what_it_shows_and_opens_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[Config, Path]] = []
    monkeypatch.setattr(job, "start", lambda config, path: started.append((config, path)))
    app = opened("train", logdir="logs")
    widget(app.main.number_input, "set-epochs").set_value(7).run()
    widget(app.main.toggle, "on-dropout").set_value(True).run()
    widget(app.main.number_input, "set-dropout-p").set_value(0.35).run()
    assert "python -m trainer train --epochs 7 --dropout 0.35 --logdir" in shown(app)
    widget(app.main.text_input, "stem").set_value("mine").run()
    app.main.button("start").click().run()
    assert not app.exception
    ((config, path),) = started
    assert (config.epochs, config.regularizers) == (7, {"dropout": {"p": 0.35, "attention": None}})
    assert path == tmp_path / "logs" / "mine-1"
    assert app.query_params["run"] == "mine-1"


def test_what_was_put_together_is_still_there_after_a_look_at_another_page() -> None:
    app = opened("train")
    widget(app.main.number_input, "set-epochs").set_value(7).run()
    app.switch_page("views/overview/page.py").run()
    app.switch_page("views/train/page.py").run()
    assert widget(app.main.number_input, "set-epochs").value == 7
    assert "--epochs 7" in shown(app)


def test_a_preset_sets_the_switches_and_a_change_makes_it_ones_own() -> None:
    app = opened("train")
    widget(app.main.selectbox, "preset").set_value("vit").run()
    assert not app.exception
    assert widget(app.main.toggle, "on-mixup").value
    assert widget(app.main.number_input, "set-mixup-alpha").value == 0.8
    widget(app.main.toggle, "on-mixup").set_value(False).run()
    assert widget(app.main.selectbox, "preset").value is None
    assert "--mixup" not in shown(app)
    widget(app.main.selectbox, "preset").set_value("none").run()
    assert not widget(app.main.toggle, "on-dropout").value


@pytest.mark.parametrize("name", STRENGTHS)
def test_every_regularizer_can_be_switched_on(name: str) -> None:
    app = opened("train")
    widget(app.main.toggle, f"on-{name}").set_value(True).run()
    assert not app.exception
    assert f"--{name.replace('_', '-')} " in shown(app)


@pytest.mark.parametrize("setting", ["epochs", "lr", "val_share"])
def test_a_value_that_cannot_be_used_is_said_before_anything_starts(setting: str) -> None:
    app = opened("train")
    widget(app.main.number_input, f"set-{setting}").set_value(-1).run()
    assert not app.exception
    assert app.error[0].value == training.CORRECT_FIRST
    assert app.main.button("start").disabled


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("epochs", 10**9, "Must be at most 1,000,000"),
        ("lr", 1e6, "Must be at most 1,000"),
        ("batch_size", 100_000, "at most 1,079, the number of training samples"),
        ("train_size", 5000, "at most 1,079, the number of training samples"),
        ("val_share", 1.5, "Must be above 0 and below 1"),
        ("warmup", 100.0, "Must be below the 60 epochs"),
    ],
)
def test_an_absurd_value_is_refused_beside_its_field(setting: str, value: float, said: str) -> None:
    app = opened("train")
    widget(app.main.number_input, f"set-{setting}").set_value(value).run()
    assert not app.exception
    marked = [body.value for body in app.markdown if body.value.startswith(":red[")]
    assert [said in sentence.replace("\\", "") for sentence in marked] == [True]
    assert app.main.button("start").disabled
    widget(app.main.number_input, f"set-{setting}").set_value(None).run()
    assert not [body for body in app.markdown if body.value.startswith(":red[")]
    assert not app.main.button("start").disabled


def test_a_strength_out_of_range_is_refused_beside_its_field() -> None:
    app = opened("train")
    widget(app.main.toggle, "on-dropout").set_value(True).run()
    widget(app.main.number_input, "set-dropout-p").set_value(1.5).run()
    (marked,) = (body.value for body in app.markdown if body.value.startswith(":red["))
    assert "ust be in" in marked
    assert app.main.button("start").disabled


def test_the_suggested_start_is_shown_beside_the_fields_and_taken_with_a_button() -> None:
    app = opened("train")
    widget(app.main.number_input, "set-epochs").set_value(200).run()
    expected = f"{1 / (3 * 1e-3 * 34 * 200):.3g}"
    assert f"Suggested start: weight decay **{expected}**, dropout **0.1**" in shown(app)
    app.main.button("use-start").click().run()
    assert not app.exception
    assert f"--dropout 0.1 --weight-decay {expected} --logdir" in shown(app)
    assert f"Suggested start: {expected}." in shown(app)
    assert app.main.button("use-start").disabled
    widget(app.main.number_input, "set-epochs").set_value(40).run()
    assert "Suggested start: no regularizer" in shown(app)


@pytest.mark.parametrize(
    ("name", "why"),
    [(name, wording.BAD_NAME) for name in ("../up", "a/b", "..")] + [("x" * 300, wording.LONG_NAME)],
)
def test_a_name_that_is_no_folder_is_refused(name: str, why: str) -> None:
    app = opened("train")
    widget(app.main.text_input, "stem").set_value(name).run()
    assert app.error[0].value == plain(why)
    assert app.main.button("start").disabled


def test_a_training_at_work_is_shown_with_its_progress_and_can_be_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setitem(actions.OFFERED, "running", {"stop": asked.append})
    started = psutil.Process().create_time()
    write_run(tmp_path / "logs" / "mine", OVERFITTING)
    working = Status("running", pid=os.getpid(), started=started, epoch=60, epochs=120, heartbeat=time.time())
    write_status(tmp_path / "logs" / "mine", working)
    app = opened("train", logdir="logs")
    (bar,) = app.get("progress")
    assert (bar.proto.value, bar.proto.text) == (50, "about 1 min left")
    app.main.button("stop-mine").click().run()
    assert asked == [tmp_path / "logs" / "mine"]
    app.main.button("open-mine").click().run()
    assert app.header[0].value == "mine"


def test_no_training_is_started_into_a_url(memory: Any) -> None:
    app = opened("train", logdir="memory://bucket/logs")
    assert training.LOCAL_ONLY in shown(app)
    assert [button.label for button in app.main.button] == [wording.DEFAULT_FOLDER.format("runs")]


@pytest.fixture
def memory() -> Iterator[Any]:
    """A remote store that lives in this process."""
    fsspec = pytest.importorskip("fsspec")
    store = fsspec.filesystem("memory")
    yield store
    store.rm("/", recursive=True)


def upload(store: Any, folder: Path, url: str) -> None:
    for path in folder.rglob("*tfevents*"):
        store.pipe_file(f"{url}/{path.relative_to(folder)}", path.read_bytes())


def test_a_url_is_opened_like_a_folder_without_trainings_of_ours(tmp_path: Path, memory: Any) -> None:
    write_run(tmp_path / "logs" / "run", OVERFITTING)
    upload(memory, tmp_path / "logs", "memory://bucket/logs")
    app = opened()
    app.sidebar.text_input[0].set_value("memory://bucket/logs").run()
    assert [row["run"] for row in rows(app)] == ["run"]
    assert app.query_params["logdir"] == "memory://bucket/logs"
    assert not {button.key for button in app.main.button} & wording.ACTS.keys()
    app = opened("run", logdir="memory://bucket/logs", run="run")
    assert verdict(app) == "Overfitting"
    assert not {button.key for button in app.main.button} & wording.ACTS.keys()
    assert not (tmp_path / "memory:").exists()


def test_the_command_line_takes_a_url(tmp_path: Path, memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(tmp_path / "logs" / "run", OVERFITTING)
    upload(memory, tmp_path / "logs", "memory://bucket/logs")
    monkeypatch.setattr(sys, "argv", ["streamlit_app.py", "--logdir", "memory://bucket/logs"])
    assert [row["run"] for row in rows(opened())] == ["run"]


@pytest.mark.parametrize("page", ["", "run"])
@pytest.mark.parametrize("url", ["memory://nothing/there", "gopher://x/y", "memory://file/notes.txt"])
def test_a_url_that_cannot_be_opened_is_a_sentence_with_a_way_out(memory: Any, url: str, page: str) -> None:
    memory.pipe_file("memory://file/notes.txt", b"hello")
    app = opened(page, logdir=url, run="run")
    assert "Traceback" not in shown(app)
    assert url in shown(app)
    assert not [button for button in app.main.button if button.key == "demonstrate"]


def test_a_url_without_logs_says_where_was_looked_and_offers_no_training_there(memory: Any) -> None:
    memory.pipe_file("memory://empty/notes.txt", b"hello")
    app = opened(logdir="memory://empty")
    assert overview_words.NOTHING_THERE in shown(app)
    assert not app.main.button


@pytest.mark.parametrize(("place", "seconds"), [("s3://bucket/logs", 15.0), ("runs", 1.0)])
def test_a_page_over_a_url_ticks_rarely(monkeypatch: pytest.MonkeyPatch, place: str, seconds: float) -> None:
    monkeypatch.setattr(sys.modules["app.state.address"], "_shared", lambda: {"logdir": place})
    assert state.tick() == seconds


@pytest.mark.parametrize(("page", "unneeded"), [("overview", {"altair"}), ("run", {"optuna"}), ("train", {"altair"})])
def test_the_app_runs_with_its_own_folder_alone_on_the_path_and_without_what_it_does_not_need(
    tmp_path: Path, page: str, unneeded: set[str]
) -> None:
    write_run(tmp_path / "logs" / "run", OVERFITTING)
    program = f"""
import sys
from streamlit.testing.v1 import AppTest
sys.argv = ["streamlit_app.py", "--logdir", "logs"]
import streamlit
streamlit.config.set_option("server.address", "127.0.0.1")  # as app/.streamlit/config.toml has it
import threading
threading.Timer.start = lambda timer: None  # what is loaded ahead is for the next page
app = AppTest.from_file({str(APP)!r}, default_timeout=240)
app.query_params["logdir"] = {str(tmp_path / "logs")!r}
app.query_params["run"] = "run"
app.run()
app.switch_page("views/{page}/page.py").run()
assert not app.exception, app.exception
assert app.get("vega_lite_chart") or app.dataframe or app.code
print(*sorted({{"torch", "tensorboard.summary", *{unneeded!r}}} & sys.modules.keys()))
"""
    ran = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == []
